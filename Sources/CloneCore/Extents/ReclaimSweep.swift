// What removing a set of files frees: the blocks that only files of the set use. That is more than the sum of their exclusive bytes, for two
// of them may share a block with each other alone. The rule: a doubtful byte is counted as doubtful, never as freed.

/// The space that removing a set of files gives back.
public struct ReclaimableSpace: Sendable, Hashable {
    /// Bytes that are freed for certain.
    public var bytes: UInt64
    /// Bytes that may be freed besides: compressed, without a place on disk, or shared with a file outside of all that were added.
    public var doubtfulBytes: UInt64

    public init(bytes: UInt64, doubtfulBytes: UInt64) {
        self.bytes = bytes
        self.doubtfulBytes = doubtfulBytes
    }
}

/// Adds up what removing some files of a pool frees, when others stay.
///
/// Give it the maps of every file that may share blocks with those to be removed: the image and all snapshots of it. A file that
/// is left out is noticed only where it is the one sharer (the kernel's flag `shared`).
///
/// Takes 32 bytes of memory an extent and O(n log n) time for n extents. On a btrfs an extent is freed only when all of it is unused, so
/// after partial overwrites less may come back than is said here. Maps of files on the realtime device of an XFS must not be mixed with others.
public struct ReclaimSweep: Sendable {
    /// What is to happen to a file.
    public enum Fate: Sendable {
        case removed
        case kept
    }

    private struct Event {
        var position: UInt64
        /// How the number of users changes here.
        var removed: Int8 = 0
        var kept: Int8 = 0
        var markedShared: Int8 = 0
    }

    private var events: [Event] = []
    private var unplacedBytes: UInt64 = 0

    public init() {}

    /// Adds one file.
    public mutating func add(_ map: ExtentMap, _ fate: Fate) {
        for extent in map.extents {
            guard extent.isPlaced else {
                if fate == .removed { unplacedBytes &+= extent.length }
                continue
            }
            let (end, overflow) = extent.physical.addingReportingOverflow(extent.length)
            guard !overflow, extent.length > 0 else { continue }
            let removed: Int8 = fate == .removed ? 1 : 0
            let shared: Int8 = extent.flags.contains(.shared) ? 1 : 0
            events.append(Event(position: extent.physical, removed: removed, kept: 1 - removed, markedShared: shared))
            events.append(Event(position: end, removed: -removed, kept: removed - 1, markedShared: -shared))
        }
    }

    /// What removing the files frees.
    public func result() -> ReclaimableSpace {
        var space = ReclaimableSpace(bytes: 0, doubtfulBytes: unplacedBytes)
        var removed = 0
        var kept = 0
        var markedShared = 0
        var position: UInt64 = 0
        for event in events.sorted(by: { $0.position < $1.position }) {
            if removed > 0 && kept == 0 {
                // One user known, but the kernel says there are more.
                if removed == 1 && markedShared > 0 {
                    space.doubtfulBytes &+= event.position - position
                } else {
                    space.bytes &+= event.position - position
                }
            }
            position = event.position
            removed += Int(event.removed)
            kept += Int(event.kept)
            markedShared += Int(event.markedShared)
        }
        return space
    }
}
