// Who could change what a hook of root does. The rule: no program that the command names by its path is run for root if somebody else may write it,
// or exchange what leads to it. What a program does in its turn is its own matter, and so is a name without a path, found where root's programs are.

import CloneCore
import Glibc

enum HookTrust {
    /// Programs that run what their argument names, whether that may be executed or not.
    private static let interpreters: Set<Substring> = [
        ".", "source", "sh", "bash", "dash", "ksh", "zsh", "python", "python3", "perl", "ruby", "awk",
    ]

    /// Why that command must not be run by this user; nil if it may.
    static func problem(_ command: String, user: UInt32 = geteuid(), kernel: Kernel = .linux) -> HookProblem? {
        guard user == 0 else { return nil }
        for path in programs(in: command) {
            if let found = exposure(ofProgram: path, kernel: kernel) { return .exposed(path: found.path, found.exposure) }
        }
        return nil
    }

    /// The paths of programs in a command: absolute ones that may be executed, or that an interpreter is given.
    static func programs(in command: String) -> [String] {
        let words = command.split { $0.isWhitespace || ";|&()<>{}`'\"".contains($0) }
        return words.indices.filter { index in
            guard words[index].first == "/" else { return false }
            var status = stat()
            guard stat(String(words[index]), &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return false }
            let before = index > 0 ? words[index - 1].split(separator: "/").last : nil
            return status.st_mode & 0o111 != 0 || before.map { interpreters.contains($0) } ?? false
        }.map { String(words[$0]) }
    }
}
