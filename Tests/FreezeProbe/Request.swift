// The words of the probe's command line.

internal import CloneCore

struct Request {
    enum Verb: String { case clone, thaw, map }

    struct Misuse: Error { let word: String }

    let verb: Verb
    let runtime: String
    private(set) var deadlineMilliseconds: UInt64 = 10_000
    private(set) var waits = false
    private(set) var consistency = Consistency.frozen
    private(set) var faults: [Fault] = []
    private(set) var way: CloneWay?
    private(set) var tuning = TwoPhaseTuning()
    /// Whether a plain clone is made in the same freeze, as DEST.plain.
    private(set) var clonesBeside = false
    /// A command of the shell for between the phases.
    private(set) var between: String?
    private(set) var pairs: [(image: String, destination: String)] = []

    init(_ words: [String]) throws {
        guard words.count >= 2, let verb = Verb(rawValue: words[0]) else { throw Misuse(word: words.first ?? "") }
        self.verb = verb
        runtime = words[1]
        var rest = words[2...]
        var names: [String] = []
        while let word = rest.popFirst() {
            switch word {
            case "--wait": waits = true
            case "--crash": consistency = .crash
            case "--deadline":
                guard let number = rest.popFirst().flatMap({ UInt64($0) }) else { throw Misuse(word: word) }
                deadlineMilliseconds = number
            case "--way":
                guard let found = rest.popFirst().flatMap({ CloneWay(rawValue: $0) }) else { throw Misuse(word: word) }
                way = found
            case "--ring":
                guard let bytes = rest.popFirst().flatMap({ Int($0) }) else { throw Misuse(word: word) }
                tuning.ringBytes = bytes
                tuning.drainsInBackground = false
            case "--restarts":
                guard let number = rest.popFirst().flatMap({ Int($0) }) else { throw Misuse(word: word) }
                tuning.restarts = number
            case "--refuse-tracking": tuning.refusal = .notPermitted
            case "--two-phase": tuning.plainAtMost = 0
            case "--beside": clonesBeside = true
            case "--between":
                guard let command = rest.popFirst() else { throw Misuse(word: word) }
                between = command
            case "--stall", "--fail", "--signal", "--stall-after":
                guard let fault = rest.popFirst().flatMap({ Fault(word, $0) }) else { throw Misuse(word: word) }
                faults.append(fault)
            default: names.append(word)
            }
        }
        guard names.count % 2 == 0 else { throw Misuse(word: names.last ?? "") }
        pairs = stride(from: 0, to: names.count, by: 2).map { (names[$0], names[$0 + 1]) }
    }
}
