// The completion scripts as the parser makes them, and what losnap's own words need besides: a word with a slash is a path, which the shell
// itself completes best; and in bash, @, = and : stand inside words (home@latest, a time), where readline would divide them. The rule: each
// addition goes to a place that is looked for by its text; a test asks each shell whether it came to be.

/// A completion script.
enum CompletionScript {
    /// The script with the additions; whatever else the text is comes back as it is.
    static func complete(_ text: String) -> String {
        if text.hasPrefix("#!/bin/bash\n") { return bash(text) }
        if text.hasPrefix("#compdef ") {
            return text.adding(#"    if [[ "${PREFIX}" == */* ]]; then _files; return; fi"#, after: "__losnap_custom_complete() {\n")
        }
        return text.adding(
            "    if string match -q '*/*' -- (commandline -t)\n        __fish_complete_path (commandline -t)\n        return\n    end",
            after: "function __losnap_custom_completion\n")
    }

    private static func bash(_ text: String) -> String {
        // It is read, not run: no line that names an interpreter.
        text.replacing("#!/bin/bash\n", with: "# Completion for bash.\n", maxReplacements: 1)
            .adding(bashNames, after: "__losnap_add_completions() {\n")
            .replacing("complete -o filenames -F _losnap losnap", with: bashWords + "complete -o filenames -F __losnap_words losnap")
    }

    /// At the start of what takes a list of names in: a path instead, or names that are not to be treated as files.
    private static let bashNames = """
            if [[ "${1}" == -W && "${cur}" == */* ]]; then
                set -- -f
            elif [[ "${1}" == -W ]]; then
                compopt +o filenames 2>/dev/null
            fi
        """

    /// Joins what readline has divided, completes, and gives back what readline expects: what follows its last division.
    private static let bashWords = #"""
        __losnap_words() {
            local rest=${COMP_LINE} word before='' cut
            local -a whole=()
            local -i index current=0
            for index in "${!COMP_WORDS[@]}"; do
                word=${COMP_WORDS[index]}
                cut=${rest%%[![:space:]]*}
                rest=${rest#"${cut}"}
                rest=${rest#"${word}"}
                if [[ index -gt 0 && -z ${cut} && (${word} == [@=:]* || ${before} == *[@=:]) ]]; then
                    whole[${#whole[@]} - 1]+=${word}
                else
                    whole+=("${word}")
                fi
                before=${word}
                [[ index -ne COMP_CWORD ]] || current=$((${#whole[@]} - 1))
            done
            local -a COMP_WORDS=("${whole[@]}")
            local -i COMP_CWORD=current
            local word=${COMP_WORDS[COMP_CWORD]} previous=''
            [[ COMP_CWORD -eq 0 ]] || previous=${COMP_WORDS[COMP_CWORD - 1]}

            _losnap "${1}" "${word}" "${previous}"

            local divided=${word%"${word##*[@=:]}"}
            [[ -z ${divided} || ${COMP_WORDBREAKS} != *"${divided: -1}"* ]] || COMPREPLY=("${COMPREPLY[@]#"${divided}"}")
        }

        """#
}

extension String {
    fileprivate func adding(_ lines: String, after place: String) -> String {
        replacing(place, with: place + lines + "\n", maxReplacements: 1)
    }
}
