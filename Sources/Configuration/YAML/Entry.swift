// One key with its value, and the ways to read it. The rule: a value of another type than expected is told and left out; `null` is told apart
// from what is not there.

import Yams

/// A key of a mapping, with its value.
struct Entry {
    let key: String
    let keyPosition: Position
    let node: Node
    let problems: ProblemList
    let repeated: [Position: String]

    /// Where the value stands; a value that is left out stands where its key does.
    var position: Position {
        let position = problems.position(node.mark)
        return isNull && node.scalar?.string == "" ? keyPosition : position
    }

    /// Whether the value is `null`, `~` or nothing.
    var isNull: Bool { node.scalar?.style == .plain && node.tag == Tag(.null) }

    /// Whether the value is a list.
    var isList: Bool { if case .sequence = node { true } else { false } }

    /// How many keys its mapping has; nil if it is none.
    var keyCount: Int? { node.mapping?.count }

    /// Whether its mapping has that key.
    func has(_ key: String) -> Bool { node.mapping?.contains { $0.key.string == key } ?? false }

    func complain(_ message: String, hint: String? = nil, at place: Position? = nil) {
        problems.add(place ?? position, "\(key): \(message)", hint: hint)
    }

    /// One text, as `parse` understands it.
    func one<Value>(_ expected: String, _ parse: (String) throws(Refusal) -> Value) -> Setting<Value>? {
        if isNull { return Setting(value: nil, position: position) }
        guard let text = text(node, after: keyPosition, expected) else { return nil }
        return parsed(text, at: position, parse).map { Setting(value: $0, position: position) }
    }

    /// One text or a list of them.
    func several<Value>(_ expected: String, _ parse: (String) throws(Refusal) -> Value) -> Setting<[Value]>? {
        guard case .sequence(let list) = node, isTaken(node, after: keyPosition) else {
            return one(expected, parse).map { Setting(value: $0.value.map { [$0] }, position: $0.position) }
        }
        if list.isEmpty {
            complain("expected \(expected), found an empty list", hint: "leave the key out, or write null")
            return nil
        }
        var values: [Value] = []
        for node in list {
            guard let text = text(node, after: position, expected) else { continue }
            if let value = parsed(text, at: problems.position(node.mark), parse) { values.append(value) }
        }
        return Setting(value: values, position: position)
    }

    /// A mapping with these keys.
    func block(_ known: [String]?, _ expected: String) -> Block? {
        guard isTaken(node, after: keyPosition) else { return nil }
        guard case .mapping(let mapping) = node, node.tag == Tag(.map) else {
            complain("expected \(expected), found \(node.kind)")
            return nil
        }
        return Block(mapping, name: key, known: known, problems: problems, repeated: repeated)
    }

    private func text(_ node: Node, after start: Position, _ expected: String) -> String? {
        guard isTaken(node, after: start) else { return nil }
        let place = problems.position(node.mark)
        guard let scalar = node.scalar, !(scalar.style == .plain && node.tag == Tag(.null)) else {
            complain("expected \(expected), found \(node.kind)", at: place)
            return nil
        }
        let plain: [Tag.Name] = [.str, .int, .float, .bool, .null, .timestamp, .merge, .value]
        guard plain.contains(where: { node.tag == Tag($0) }) else {
            complain("tags are not understood here", hint: "write the value without '!'", at: place)
            return nil
        }
        return scalar.string
    }

    /// Whether the value stands where it is used: an alias shows the place of what it repeats.
    private func isTaken(_ node: Node, after start: Position) -> Bool {
        guard let mark = node.mark, problems.position(mark) < start else { return true }
        complain("aliases are not understood here", hint: "write the value out, or let a policy inherit another", at: start)
        return false
    }

    private func parsed<Value>(_ text: String, at place: Position, _ parse: (String) throws(Refusal) -> Value) -> Value? {
        do throws(Refusal) {
            return try parse(text)
        } catch {
            complain(error.message, hint: error.hint, at: place)
            return nil
        }
    }
}

extension Node {
    /// What it is, in words.
    var kind: String {
        switch self {
        case .scalar(let scalar): scalar.style == .plain && tag == Tag(.null) ? "nothing" : "a text"
        case .mapping: "a mapping"
        case .sequence: "a list"
        case .alias: "an alias"
        }
    }
}
