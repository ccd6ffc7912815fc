// Names, choices and commands, as text. The rule: what losnap would refuse later is refused here, with its place.

import CloneCore
import Policy

/// How a snapshot is to be taken.
public enum ConfiguredConsistency: String, Sendable, Hashable, CaseIterable {
    /// With its filesystem frozen.
    case frozen
    /// As it is at that moment.
    case crash
}

/// One of a few words.
func choice<Value: RawRepresentable & CaseIterable>(_ text: String) throws(Refusal) -> Value where Value.RawValue == String {
    if let value = Value(rawValue: text) { return value }
    let known = Value.allCases.map(\.rawValue)
    let near = nearestNames(to: text, among: known, limit: 1).first
    let listed = known.dropLast().joined(separator: ", ") + " or " + known[known.count - 1]
    throw Refusal(
        "expected \(listed), found '\(text.shown)'", hint: near.map { "did you mean \($0)?" })
}

/// `true` or `false`. YAML 1.1 would also take yes, no, on and off, which YAML 1.2 has as text.
func flag(_ text: String) throws(Refusal) -> Bool {
    switch text {
    case "true": return true
    case "false": return false
    default: throw Refusal("expected true or false, found '\(text.shown)'")
    }
}

/// The name of a policy, source or group.
func name(_ text: String) throws(Refusal) -> String {
    let hint = "names have up to 64 letters, digits, '.', '_' and '-', and start with neither dot nor dash"
    let isPlain = text.utf8.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
        default: false
        }
    }
    guard isPlain, (1...64).contains(text.utf8.count), !text.hasPrefix("."), !text.hasPrefix("-") else {
        throw Refusal("'\(text.shown)' is not a name", hint: hint)
    }
    return text
}

/// A command for the shell.
func command(_ text: String) throws(Refusal) -> String {
    if text.allSatisfy(\.isWhitespace) { throw Refusal("expected a command, found an empty text", hint: "write null to switch it off") }
    if text.unicodeScalars.contains("\0") { throw Refusal("a command can't have a NUL") }
    return text
}

/// The program of a hook, or an argument of it.
func argument(_ text: String) throws(Refusal) -> String {
    if text.unicodeScalars.contains("\0") { throw Refusal("an argument can't have a NUL") }
    return text
}

/// A tag: what a snapshot can have.
func tag(_ text: String) throws(Refusal) -> String {
    let isPlain = !text.unicodeScalars.contains { $0.properties.generalCategory == .control || $0 == "," }
    guard isPlain, (1...64).contains(text.utf8.count) else {
        throw Refusal("'\(text.shown)' can't be a tag", hint: "tags have up to 64 bytes, without commas and control characters")
    }
    return text
}

/// A pattern to keep by, and any other text.
func word(_ text: String) throws(Refusal) -> String {
    if text.isEmpty { throw Refusal("expected a text, found an empty one") }
    return text
}

/// How many to keep.
func limit(_ text: String) throws(Refusal) -> Limit {
    do {
        return try Limit(parsing: text)
    } catch {
        throw Refusal(error.message, hint: error.hint)
    }
}

/// The name of a time zone that there is.
func zoneName(_ text: String) throws(Refusal) -> String {
    do {
        _ = try timeZone(named: text)
        return text
    } catch {
        throw Refusal(error.message, hint: error.hint)
    }
}
