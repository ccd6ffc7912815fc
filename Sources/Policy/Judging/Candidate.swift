// What the policy sees of a snapshot: nothing that must be measured or looked up.

/// Where a snapshot came from.
public enum Origin: String, Sendable, Hashable, CaseIterable {
    /// Made by hand.
    case manual
    /// Made by `run`.
    case run
    /// Made before a restore, of what the restore replaced.
    case safety
    /// Given a time of its own when it was made.
    case `import`
    /// An older clone that was taken in.
    case adopted
}

/// One snapshot as the policy sees it.
public struct Candidate: Sendable, Hashable {
    /// Its number, unique among the candidates; the higher one is the newer where times are equal.
    public var number: Int64
    /// The instant of its data.
    public var takenAt: Instant
    /// Its label.
    public var label: String?
    /// Its tags.
    public var tags: [String]
    /// Whether it is held now: a hold that has ended is none. The caller looks at the end, with the same `now`.
    public var held: Bool
    /// Where it came from.
    public var origin: Origin
    /// Whether it is complete and its file is there. Any other is left alone and takes no place that a real one could have.
    public var complete: Bool

    /// Makes one.
    public init(
        number: Int64, takenAt: Instant, label: String? = nil, tags: [String] = [], held: Bool = false, origin: Origin = .manual,
        complete: Bool = true
    ) {
        self.number = number
        self.takenAt = takenAt
        self.label = label
        self.tags = tags
        self.held = held
        self.origin = origin
        self.complete = complete
    }
}
