// What is fuzzed: one small function for each thing that reads what others wrote. The rule: it never traps, and what it says of an input it says
// twice the same; where there is a way back, it leads back.

/// A reader of inputs.
struct Target: Sendable {
    let name: String
    /// Words of its language, for the mutator.
    let tokens: [String]
    /// Reads one input. Whether it was understood; throws a `Fault` for a broken promise.
    let attempt: @Sendable (_ input: [UInt8]) throws -> Bool

    static let all: [Target] = [
        mountInfo, sysfs, record, mark, configuration, duration, schedule, sizes, instant, reference, names, glob, freezeRecord, locks,
    ]
}

/// The text of an input, as the program would have it.
func text(_ input: [UInt8]) -> String { String(decoding: input, as: UTF8.self) }
