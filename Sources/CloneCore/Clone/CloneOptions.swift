// What may be chosen when a clone is taken, and what comes back.

/// What a clone can be trusted for.
public enum Consistency: String, Sendable, Hashable, CaseIterable {
    /// Taken with the filesystem inside frozen.
    case frozen
    /// Nobody had the image open for writing.
    case unmounted
    /// Taken live, on request: as after a power cut.
    case crash
}

/// How to take clones.
public struct CloneOptions: Sendable {
    /// `frozen`: freeze what is mounted, and refuse what can't be frozen. `crash`: take it as it is.
    public var consistency: Consistency
    /// The longest time that anything may stay frozen, FIFREEZE's own writing-out included, in nanoseconds.
    public var maxFreezeNanoseconds: UInt64
    /// The longest time that each step before the freeze may take, in nanoseconds; also the cloning of what is not frozen, where that goes in pieces.
    public var maxPrepareNanoseconds: UInt64
    /// Whether to wait for another losnap that works on the same image or filesystem, and how.
    public var wait: LockWait
    /// Is told what was found frozen and left behind by dead processes meanwhile, and what became of it.
    public var thawed: (@Sendable (LeftFrozen) -> Void)?
    /// Where locks and freeze records lie.
    public var places: RuntimePlaces
    /// How frozen images are cloned; nil: as fits each best.
    public var way: CloneWay?
    /// Is told how much of an image is cloned before the freeze, in bytes, and of how many. Never while anything is frozen.
    public var progress: (@Sendable (_ done: UInt64, _ total: UInt64) -> Void)?
    /// What only tests choose.
    package var tuning = TwoPhaseTuning()

    /// Five minutes, in nanoseconds.
    public static let usualPreparation: UInt64 = 300_000_000_000

    /// The design's defaults: frozen, ten seconds, five minutes, no waiting.
    public init(
        consistency: Consistency = .frozen, maxFreezeNanoseconds: UInt64 = 10_000_000_000,
        maxPrepareNanoseconds: UInt64 = CloneOptions.usualPreparation, wait: LockWait = .none, places: RuntimePlaces = .system,
        way: CloneWay? = nil
    ) {
        self.consistency = consistency
        self.maxFreezeNanoseconds = maxFreezeNanoseconds
        self.maxPrepareNanoseconds = maxPrepareNanoseconds
        self.wait = wait
        self.places = places
        self.way = way
    }
}

/// One image to be cloned, and the directory that is to hold its clone.
public struct CloneTarget: Sendable {
    /// The image.
    public var image: ImageFile
    /// An open directory on the same pool.
    public var directory: OpenFile
    /// `frozen` or `crash` for this one; nil: as the options say.
    public var consistency: Consistency?
    /// How this one is cloned if it is frozen; nil: as the options say.
    public var way: CloneWay?

    /// An image and where its clone goes.
    public init(image: ImageFile, directory: OpenFile, consistency: Consistency? = nil, way: CloneWay? = nil) {
        self.image = image
        self.directory = directory
        self.consistency = consistency
        self.way = way
    }
}

/// A whole clone of one instant, still without a name.
public struct TakenClone: Sendable {
    /// The file.
    public let clone: NamelessClone
    /// The image it was taken of.
    public let image: ImageFile
    /// The instant of the data: milliseconds since 1970, UTC.
    public let takenAt: Int64
    /// What it can be trusted for.
    public let consistency: Consistency
    /// How long the filesystems were frozen, in nanoseconds; nil if they were not.
    public let frozenNanoseconds: UInt64?
    /// How it was made.
    public let making: CloneMaking
}

/// How a clone was made.
public struct CloneMaking: Sendable, Hashable {
    /// The way; what was not frozen is always cloned the plain way.
    public var way = CloneWay.plain
    /// How many extents the image had, about; nil if they were not counted.
    public var extents: Int?
    /// What had to be cloned again while frozen, in bytes; nil for the plain way.
    public var reclonedBytes: UInt64?
    /// How long it was to be frozen, as reckoned before (nanoseconds); nil if that was not reckoned.
    public var predictedNanoseconds: UInt64?
    /// Why writes were not tracked, if they were to be.
    public var refusal: TrackingRefusal?
}
