// How far long work has come, for whoever watches. The rule: it is told between steps and never while anything is frozen; what is done with it
// changes nothing of the work.

/// How far work has come.
public struct WorkProgress: Sendable, Hashable {
    /// What is being done.
    public enum Work: String, Sendable, Hashable, CaseIterable {
        /// Blocks of an image are being cloned; counted in bytes.
        case cloning
        /// Snapshots are being removed; counted one by one.
        case removing
        /// Files are being read for what they say of themselves; counted one by one.
        case reading
        /// The extents of files are being read; counted by files.
        case measuring
    }

    /// What is being done.
    public var work: Work
    /// How much of it is done.
    public var done: Int64
    /// How much there is in all.
    public var total: Int64

    /// That far.
    public init(_ work: Work, done: Int64, total: Int64) {
        self.work = work
        self.done = done
        self.total = total
    }
}

/// Is told how far work has come: often, so it must be quick.
public typealias ProgressWatcher = @Sendable (WorkProgress) -> Void

extension StoreOptions {
    /// Tells the watcher, if there is one.
    func tell(_ work: WorkProgress.Work, _ done: Int, of total: Int) {
        progress?(WorkProgress(work, done: Int64(done), total: Int64(total)))
    }
}
