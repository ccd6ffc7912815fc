// What happened to a source or snapshot, when and why: what `losnap log` shows. The rule: an event is written in the transaction of the
// change that it tells of, and never changed; it names things by value, since they may be gone when it is read.

public import Policy

/// What kind of thing happened. Kinds are only ever added; one that a newer program wrote is shown by its word.
public struct EventKind: RawRepresentable, Hashable, Sendable {
    /// The word in the catalogue and in JSON.
    public let rawValue: String

    /// The kind of that word.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// A snapshot was made.
    public static let created = EventKind(rawValue: "created")
    /// A snapshot that a crash had left was found whole, and completed.
    public static let completed = EventKind(rawValue: "completed")
    /// A snapshot that was never made was struck off.
    public static let dropped = EventKind(rawValue: "dropped")
    /// A snapshot was removed by policy.
    public static let pruned = EventKind(rawValue: "pruned")
    /// A snapshot was removed by name.
    public static let deleted = EventKind(rawValue: "deleted")
    /// A removal was undone because the snapshot is held.
    public static let kept = EventKind(rawValue: "kept")
    /// A missing snapshot was struck off on request.
    public static let forgotten = EventKind(rawValue: "forgotten")
    /// A snapshot was taken into the catalogue.
    public static let adopted = EventKind(rawValue: "adopted")
    /// A hold was set.
    public static let held = EventKind(rawValue: "held")
    /// A hold was released.
    public static let released = EventKind(rawValue: "released")
    /// A label was set or taken away.
    public static let labelled = EventKind(rawValue: "labelled")
    /// Tags were changed.
    public static let tagged = EventKind(rawValue: "tagged")
    /// Row and file were made to agree.
    public static let settled = EventKind(rawValue: "settled")
    /// An image was restored from a snapshot.
    public static let restored = EventKind(rawValue: "restored")
    /// A filesystem that had been left frozen was thawed.
    public static let thawed = EventKind(rawValue: "thawed")
    /// A source was registered.
    public static let sourceAdded = EventKind(rawValue: "source_added")
    /// A source got another name.
    public static let sourceRenamed = EventKind(rawValue: "source_renamed")
    /// A source's image or snapshot directory is somewhere else now.
    public static let sourceMoved = EventKind(rawValue: "source_moved")
    /// A source was removed.
    public static let sourceRemoved = EventKind(rawValue: "source_removed")
    /// Something was tried in vain.
    public static let failed = EventKind(rawValue: "failed")
    /// No snapshot was taken, for too little had changed since the one that the event names.
    public static let unchanged = EventKind(rawValue: "unchanged")
    /// The same of a run by schedule, whose slot is seen to by that.
    public static let runUnchanged = EventKind(rawValue: "run_unchanged")
    /// A scheduled run failed for a source.
    public static let runFailed = EventKind(rawValue: "run_failed")
}

/// When, what and why: what a caller says of the change it makes. The catalogue adds whom it befell.
public struct Occasion: Hashable, Sendable {
    /// When.
    public var at: Instant
    /// What.
    public var kind: EventKind
    /// Why: the rule, the old and the new value, the error. Text or JSON, for people.
    public var reason: String?
    /// The command that did it.
    public var command: String?

    /// That occasion.
    public init(at: Instant, kind: EventKind, reason: String? = nil, command: String? = nil) {
        self.at = at
        self.kind = kind
        self.reason = reason
        self.command = command
    }
}

/// An occasion with whom it befell, as it stands in the log.
public struct Event: Hashable, Sendable {
    /// When, what and why.
    public var occasion: Occasion
    /// The source; nil when it befell none.
    public var sourceID: Identifier?
    /// What the source was called then.
    public var sourceName: SourceName?
    /// The snapshot; nil when it befell none.
    public var snapshotNumber: SnapshotNumber?
    /// The snapshot's UUID.
    public var snapshotID: Identifier?

    /// That event.
    public init(
        _ occasion: Occasion, sourceID: Identifier? = nil, sourceName: SourceName? = nil, snapshotNumber: SnapshotNumber? = nil,
        snapshotID: Identifier? = nil
    ) {
        self.occasion = occasion
        self.sourceID = sourceID
        self.sourceName = sourceName
        self.snapshotNumber = snapshotNumber
        self.snapshotID = snapshotID
    }
}

extension Event {
    /// What befell a snapshot.
    init(_ occasion: Occasion, _ snapshot: Snapshot) {
        self.init(
            occasion, sourceID: snapshot.sourceID, sourceName: snapshot.sourceName, snapshotNumber: snapshot.number,
            snapshotID: snapshot.id)
    }
}

/// Why a snapshot is being removed. It is kept in the row, so that a removal that a crash has cut off is logged with its true reason.
public struct Removal: Hashable, Sendable {
    /// ``EventKind/pruned`` or ``EventKind/deleted``.
    public var kind: EventKind
    /// Which rule, or why.
    public var reason: String?
    /// The command that decided it.
    public var command: String?

    /// That removal.
    public init(kind: EventKind, reason: String? = nil, command: String? = nil) {
        self.kind = kind
        self.reason = reason
        self.command = command
    }

    /// The occasion to log when the snapshot is gone.
    public func occasion(at instant: Instant) -> Occasion {
        Occasion(at: instant, kind: kind, reason: reason, command: command)
    }
}
