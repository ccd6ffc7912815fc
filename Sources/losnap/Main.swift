// Where the process starts and ends. The rule: one way in and one way out; nothing else in the front calls exit.

import CloneCore
import Glibc

@main
enum Main {
    static func main() {
        StandardStreams.fill()
        // A reader that goes away (`losnap list | head`) is an error of write(2), not the end of a change that is half done.
        signal(SIGPIPE, SIG_IGN)
        // So is a limit to the size of files (`ulimit -f`): it is told, not died of.
        signal(SIGXFSZ, SIG_IGN)
        let arguments = Array(CommandLine.arguments.dropFirst())
        let session = Session.ofProcess(arguments: arguments)
        // The session is never given up: see `Session.keepOpen`.
        withExtendedLifetime(session) {
            let own = Program.run(arguments, in: session)
            exit(session.passedOn ?? own.rawValue)
        }
    }
}
