// What tells which blocks of an image have changed since they were cloned. Two can: the maps of image and clone, compared; and the kernel's own
// record of what the loop devices wrote. The rule: a finder may name too much, never too little; one that can't be sure says so.

/// Why a finder's answer can't be relied on.
enum FinderDoubt: Sendable, Hashable {
    case tracking(TrackingRefusal)
    /// The window was broken on the way.
    case stopped
}

/// Finds what has changed.
protocol ChangeFinder: AnyObject, Sendable {
    /// Adds what has changed since the last time, or since the clone was made. With nothing frozen: it may take memory and time.
    func collect(into changed: ChangedBlocks) throws(CloneError)

    /// The last thing before the freeze.
    func prepare() throws(CloneError)

    /// Adds all the rest. While frozen: it takes no memory, and makes prepared system calls only.
    ///
    /// - Parameters:
    ///   - size: the image's length now.
    ///   - goOn: whether it is worth going on.
    /// - Returns: why the answer is worth nothing; nil if it is complete.
    func finish(into changed: ChangedBlocks, size: UInt64, while goOn: () -> Bool) -> FinderDoubt?
}
