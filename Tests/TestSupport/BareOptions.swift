// What a hint names that can be typed. The rule: an option that stands by itself is one of the command that failed; another command's stands
// behind its name, in the same clause.

/// The options in a hint that stand behind no command's name.
package func bareOptions(in hint: String) -> [String] {
    hint.split { ";,".contains($0) }.flatMap { clause in
        clause.matches(of: /--[a-z-]+/).filter { option in
            let before = clause[..<option.range.lowerBound]
            return !["losnap ", "`", "cp "].contains { before.contains($0) }
        }.map { String($0.output) }
    }
}
