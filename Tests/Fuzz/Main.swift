// Feeds the parsers with inputs that were made from a kept corpus by mutation, as many as asked for. The rule: the same seed, the same inputs; and
// the input at work is in a file before it is tried, so that a trap or a hang leaves behind what caused it.
//
// fuzzer [TARGET...] [--inputs N] [--seed S] [--corpus DIR] [--memory MIB] [--note FILE]
// fuzzer TARGET --replay FILE...
// fuzzer [TARGET...] --huge
// fuzzer --list
//
// Without a target: all. Exit status 0: all is well; 1: an input broke a promise, or took too much memory; 64: usage. A trap ends it by SIGILL or
// SIGTRAP, a hang by SIGALRM; then the input is in the file of --note (by default fuzzer-input in TMPDIR).

internal import Glibc

@main
enum Main {
    static func main() {
        do {
            let request = try Request(Array(CommandLine.arguments.dropFirst()))
            if request.lists {
                for target in Target.all { print(target.name) }
                return
            }
            let note = try InputNote(path: request.note)
            for target in request.targets {
                let session = Session(target: target, request: request, note: note)
                if request.isHuge {
                    try session.tryHuge()
                } else if request.replayed.isEmpty {
                    try session.run()
                } else {
                    try session.replay(request.replayed)
                }
            }
            note.remove()
        } catch let fault as Fault {
            print("FAULT \(fault.words)")
            exit(1)
        } catch {
            print("\(error)")
            exit(64)
        }
    }
}

/// A promise that an input has broken.
struct Fault: Error {
    let words: String

    init(_ words: String) { self.words = words }
}

/// Throws unless the promise holds.
func expect(_ holds: Bool, _ words: @autoclosure () -> String) throws(Fault) {
    if !holds { throw Fault(words()) }
}
