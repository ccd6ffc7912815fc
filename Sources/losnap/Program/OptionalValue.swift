// Options whose value may be left out: `--hold`, `--hold=REASON`, `--if-changed`. The rule: only what is joined on by `=` is the value, so that the word after
// `--hold` is never swallowed: `losnap create --hold home` takes a snapshot of home.

enum OptionalValue {
    /// The options of this kind.
    static let names: Set<String> = ["--hold", "--if-changed"]

    /// What stands for a value that was left out: no argument of a process can have a NUL in it.
    static let absent = "\u{0}"

    /// The arguments with that value where one was left out. (The parser would take an empty one for none, and the next word for the value.)
    static func spelledOut(_ arguments: [String]) -> [String] {
        let end = arguments.firstIndex(of: "--") ?? arguments.endIndex
        return arguments[..<end].map { argument in
            let name = argument.hasSuffix("=") ? String(argument.dropLast()) : argument
            return names.contains(name) ? "\(name)=\(absent)" : argument
        } + arguments[end...]
    }
}
