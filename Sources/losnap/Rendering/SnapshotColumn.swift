// The columns of a list of snapshots: what each is called, shows, sorts by, and gives as comma-separated value.

import CloneCore
import FoundationEssentials
import Policy
import Snapshots
import SystemPackage

/// A column of `losnap list`.
enum SnapshotColumn: String, CaseIterable {
    case number, source, taken, size, allocated, consistency, origin, status, label, tags, hold, group, frozen, predicted, method, extents,
        recloned, image, path, id

    /// What is shown if nobody asks for others.
    static let usual: [SnapshotColumn] = [.number, .source, .taken, .allocated, .consistency, .status, .label, .tags]
    /// All names, for help and hints.
    static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }

    /// The column of that name.
    init(named name: String) throws(FrontError) {
        guard let column = SnapshotColumn(rawValue: name.lowercased()) else {
            let nearest = Suggestion.nearest(to: name, among: SnapshotColumn.allCases.map(\.rawValue))
            throw .usage(
                "there is no column '\(name)'", hint: nearest.map { "did you mean '\($0)'?" } ?? "the columns are: \(SnapshotColumn.names)")
        }
        self = column
    }

    /// The columns whose names are joined by commas.
    static func list(_ text: String) throws -> [SnapshotColumn] {
        try text.split(separator: ",", omittingEmptySubsequences: false).map { try SnapshotColumn(named: String($0.drop { $0 == " " })) }
    }

    var alignment: Alignment {
        switch self {
        case .number, .size, .allocated, .frozen, .predicted, .extents, .recloned: .right
        default: .left
        }
    }

    /// Whether it shows something of the file, which has to be looked for.
    var isMeasured: Bool { self == .allocated || self == .status }

    /// The cell for people.
    func cell(_ listed: ListedSnapshot, _ context: RenderContext) -> String {
        let snapshot = listed.snapshot
        return switch self {
        case .taken: context.time(snapshot.takenAt)
        case .size: Quantity.bytes(snapshot.logicalBytes)
        case .allocated: Quantity.bytes(listed.allocatedBytes)
        case .frozen: snapshot.frozenMicroseconds.map(Quantity.microseconds) ?? ""
        case .predicted: snapshot.predictedMicroseconds.map(Quantity.microseconds) ?? ""
        case .recloned: snapshot.reclonedBytes.map(Quantity.bytes) ?? ""
        case .status: status(listed, context, separator: ",")
        case .group: snapshot.group?.prefix ?? ""
        default: value(listed, context)
        }
    }

    /// The exact value, as it stands among comma-separated ones.
    func value(_ listed: ListedSnapshot, _ context: RenderContext) -> String {
        let snapshot = listed.snapshot
        return switch self {
        case .number: snapshot.number.description
        case .source: snapshot.sourceName.text
        case .taken: snapshot.takenAt.description
        case .size: String(snapshot.logicalBytes)
        case .allocated: String(listed.allocatedBytes)
        case .consistency: snapshot.consistency.rawValue
        case .origin: snapshot.origin.rawValue
        case .status: status(listed, context, separator: " ")
        case .label: snapshot.label?.text ?? ""
        case .tags: snapshot.tags.isEmpty ? "" : snapshot.tags.map(\.text).joined(separator: ",")
        case .hold: snapshot.isHeld(at: context.now) ? snapshot.hold?.reason ?? "held" : ""
        case .group: snapshot.group?.description ?? ""
        case .frozen: snapshot.frozenMicroseconds.map { JSON.thousandths($0).text } ?? ""
        case .predicted: snapshot.predictedMicroseconds.map { JSON.thousandths($0).text } ?? ""
        case .method: snapshot.cloneMethod.rawValue
        case .extents: snapshot.extentCount.map(String.init) ?? ""
        case .recloned: snapshot.reclonedBytes.map(String.init) ?? ""
        case .image: snapshot.imagePath.string
        case .path: snapshot.path?.string ?? ""
        case .id: snapshot.id.description
        }
    }

    /// What is out of the ordinary: nothing for a snapshot that is complete, present and free.
    private func status(_ listed: ListedSnapshot, _ context: RenderContext, separator: String) -> String {
        var words: [String] = []
        if listed.snapshot.isHeld(at: context.now) { words.append("held") }
        if listed.snapshot.origin == .safety { words.append("safety") }
        if listed.snapshot.state != .complete { words.append(listed.snapshot.state.rawValue) }
        // Before it is published a snapshot has no file that could be missing.
        if listed.snapshot.state != .pending, listed.presence != .present { words.append(listed.presence.rawValue) }
        return words.isEmpty ? "" : words.joined(separator: separator)
    }
}

/// The order of a list.
struct SnapshotOrder {
    let column: SnapshotColumn?
    let isReversed: Bool

    /// Whether it is the order in which snapshots come, or that turned round.
    var isByTime: Bool { column == nil || column == .taken }

    /// The snapshots, which come oldest first, in that order; of equal ones the older stays first.
    func sorted(_ snapshots: [ListedSnapshot]) -> [ListedSnapshot] {
        guard let column else { return isReversed ? snapshots.reversed() : snapshots }
        let context = RenderContext(zone: .gmt, now: .earliest)
        let sorted: [ListedSnapshot]
        switch column {
        case .number: sorted = snapshots.sorted { $0.snapshot.number < $1.snapshot.number }
        case .taken: sorted = snapshots
        case .size: sorted = snapshots.sorted { $0.snapshot.logicalBytes < $1.snapshot.logicalBytes }
        case .allocated: sorted = snapshots.sorted { $0.allocatedBytes < $1.allocatedBytes }
        case .frozen: sorted = snapshots.sorted { $0.snapshot.frozenMicroseconds ?? -1 < $1.snapshot.frozenMicroseconds ?? -1 }
        case .predicted:
            sorted = snapshots.sorted { $0.snapshot.predictedMicroseconds ?? -1 < $1.snapshot.predictedMicroseconds ?? -1 }
        case .extents: sorted = snapshots.sorted { $0.snapshot.extentCount ?? -1 < $1.snapshot.extentCount ?? -1 }
        case .recloned: sorted = snapshots.sorted { $0.snapshot.reclonedBytes ?? -1 < $1.snapshot.reclonedBytes ?? -1 }
        default: sorted = snapshots.sorted { column.value($0, context) < column.value($1, context) }
        }
        return isReversed ? sorted.reversed() : sorted
    }
}
