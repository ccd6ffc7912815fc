// How long to wait between two clone calls of a live image. The rule: whoever uses the image gets most of the time, for a call lets no write through
// and leaves the writer a log to force and blocks to copy; while nobody does, little time is given away.

internal import SystemPackage

/// The pace of one image, told by what its loop devices have done since it was last asked.
struct ClonePace {
    private let statistics: [String]
    private let view: SystemView
    private var seen: [UInt64] = []

    /// A pause is so many times the call before it where the image is in use.
    static let inUse: UInt64 = 3
    /// The part of the call before it that a pause takes otherwise.
    static let idlePart: UInt64 = 4

    init(of image: FileIdentity, view: SystemView) {
        self.view = view
        statistics = view.loopDevices().filter { $0.identity == image }.map { "/sys/block/\($0.name)/stat" }
        _ = isInUse()
    }

    /// How long to pause after a call that took so long (nanoseconds).
    mutating func pause(after took: UInt64) -> UInt64 { isInUse() ? took * Self.inUse : took / Self.idlePart }

    /// Whether anything was read or written since the last look, or is waiting. What can't be told is taken to be in use.
    private mutating func isInUse() -> Bool {
        guard !statistics.isEmpty else { return true }
        var now: [UInt64] = []
        for path in statistics {
            // Documentation/block/stat.rst: the first and the fifth number count what was read and written, the ninth what is under way.
            let numbers = view.read(path)?.split(whereSeparator: \.isWhitespace).compactMap { UInt64($0) } ?? []
            guard numbers.count >= 9, numbers[8] == 0 else { return true }
            now += [numbers[0], numbers[4]]
        }
        defer { seen = now }
        return now != seen
    }
}
