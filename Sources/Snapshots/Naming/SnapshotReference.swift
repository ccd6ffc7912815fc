// How a snapshot is named on the command line: `42`, `home@latest`, `home@latest~2`, `home@2026-11-22`, `home@2h`, `home@before-upgrade`. The rule: the
// last `@` divides, since paths may have one; which of the forms follows it is told by its looks alone (`SelectorShape`).

/// Which of a source's snapshots is meant.
public enum SnapshotSelector: Hashable, Sendable {
    /// The one of that number, if it is the source's.
    case number(SnapshotNumber)
    /// The newest, or the one that many before it. Like `oldest` and `age` it does not count safety snapshots, unless there are no others.
    case latest(back: Int)
    /// The oldest.
    case oldest
    /// The newest whose time is printed so.
    case time(TimePrefix)
    /// The newest that is at least so old: a duration, not looked into here.
    case age(String)
    /// The newest with that label.
    case label(Label)
}

/// A snapshot as somebody named it.
public struct SnapshotReference: Hashable, Sendable {
    /// What was typed.
    public let text: String
    /// The source before the `@`; nil for a number alone.
    public let source: SourceReference?
    /// Which of its snapshots.
    public let selector: SnapshotSelector

    /// What `text` means.
    ///
    /// - Throws: ``SnapshotsError/invalidReference(text:problem:)``, and the errors of ``SourceReference/init(parsing:)`` and
    ///   ``Label/init(parsing:)``.
    public init(parsing text: String) throws(SnapshotsError) {
        self.text = text
        // As a byte: a label may begin with what joins with the @ to another character.
        guard let division = text.utf8.lastIndex(of: UInt8(ascii: "@")) else {
            guard SelectorShape(of: text) == .number else { throw .invalidReference(text: text, problem: .noSelector) }
            source = nil
            selector = try Self.selector(text, in: text)
            return
        }
        guard division != text.startIndex else { throw .invalidReference(text: text, problem: .noSource) }
        let selected = String(text[text.utf8.index(after: division)...])
        guard !selected.isEmpty else { throw .invalidReference(text: text, problem: .nothingSelected) }
        source = try SourceReference(parsing: String(text[..<division]))
        selector = try Self.selector(selected, in: text)
    }

    private static func selector(_ selected: String, in text: String) throws(SnapshotsError) -> SnapshotSelector {
        switch SelectorShape(of: selected) {
        case .number:
            guard let number = SnapshotNumber(parsing: selected) else { throw .invalidReference(text: text, problem: .number) }
            return .number(number)
        case .latest:
            let rest = selected.dropFirst("latest".count)
            if rest.isEmpty { return .latest(back: 0) }
            guard rest.dropFirst().utf8.allSatisfy({ (0x30...0x39).contains($0) }), let back = Int(rest.dropFirst()) else {
                throw .invalidReference(text: text, problem: .count)
            }
            return .latest(back: back)
        case .oldest:
            guard selected.count == "oldest".count else { throw .invalidReference(text: text, problem: .count) }
            return .oldest
        case .time: return .time(try TimePrefix(parsing: selected, reference: text))
        case .age: return .age(selected)
        case .label: return .label(try Label(parsing: selected))
        }
    }
}
