// Who could change what a hook of root does. The rule: no hook is run for root if somebody else could change or put something at an absolute path that
// it names, whatever lies there now. What a program does in its turn is its own matter, and so is a name without a path, found where root's
// programs are.

import CloneCore
import Configuration
import Glibc
import SystemPackage

enum HookTrust {
    /// Why that hook must not, or can't, be run by this user; nil if it may.
    static func problem(_ command: HookCommand, user: UInt32 = geteuid(), kernel: Kernel = .linux) -> HookProblem? {
        switch command {
        case .shell(let line):
            guard user == 0 else { return nil }
            return problem(ofPaths: ShellPaths.paths(in: line), kernel: kernel)
        case .program(let words):
            do throws(HookProblem) {
                _ = try program(words, user: user, kernel: kernel)
                return nil
            } catch {
                return error
            }
        }
    }

    /// The program of a hook that is a list, held so that what is run is what was judged.
    static func program(
        _ words: [String], user: UInt32 = geteuid(), kernel: Kernel = .linux
    ) throws(HookProblem) -> TrustedProgram {
        guard let path = words.first else { throw .programNotStarted(path: "", .invalidArgument) }
        let program: TrustedProgram
        do throws(TrustedProgram.Problem) {
            program = try TrustedProgram(path, isJudged: user == 0, kernel: kernel)
        } catch {
            switch error {
            case .doubt(let doubt): throw HookProblem(doubt, named: path)
            case .system(let error): throw .programNotStarted(path: path, error)
            }
        }
        // An argument may be what the program is to run, as that of sh or env, or a line itself, as behind `sh -c`. Else what follows a `=` is for the
        // program to judge.
        // Hooks begin in the root directory.
        let paths = words.dropFirst().flatMap { pathsInArgument($0) }
        if user == 0, let problem = problem(ofPaths: paths, kernel: kernel) { throw problem }
        return program
    }

    /// What an argument may name: a path, from the root directory, where hooks begin; the value of an option (`-S/x`); where programs are looked for
    /// (`PATH=/x:/y`, as env(1) takes it); the paths of a line.
    private static func pathsInArgument(_ word: String) -> [String] {
        if ShellPaths.isLine(word) { return ShellPaths.paths(in: word) + (word.hasPrefix("/") ? [word] : []) }
        if word.hasPrefix("PATH=") { return word.dropFirst(5).split(separator: ":").map { $0.hasPrefix("/") ? String($0) : "/" + $0 } }
        guard let slash = word.firstIndex(of: "/"), !word[..<slash].contains("=") else { return [] }
        return [word.hasPrefix("-") ? String(word[slash...]) : word.hasPrefix("/") ? word : "/" + word]
    }

    private static func problem(ofPaths paths: [String], kernel: Kernel) -> HookProblem? {
        for path in paths {
            do throws(PathDoubt) { try judgeMatches(of: path, kernel: kernel) } catch { return HookProblem(error, named: path) }
        }
        return nil
    }
}
