// One run at a time. The rule: taking and pruning have a lock each, of one catalogue, so that a long prune keeps no later run from taking.

public import CloneCore
public import Policy
public import Snapshots

/// What only one run does at a time.
enum RunPart: String {
    case take, prune
}

/// A run that is pruning, or that hangs over it.
public struct PruningUnderway: Sendable, Hashable {
    /// Its process.
    public let pid: Int32
    /// Since when.
    public let since: Instant

    /// That run.
    public init(pid: Int32, since: Instant) {
        self.pid = pid
        self.since = since
    }
}

/// Another run is at work.
public struct RunBusy: ExplainedError, Hashable {
    /// Who holds the lock.
    public let holder: String?

    public var code: String { "locked" }
    public var category: ErrorCategory { .busy }
    public var message: String { "another run is at work" + (holder.map { " (\($0))" } ?? "") }
    public var hint: String? { "wait for it to finish; without --busy-fails this is no error" }
}

extension Store {
    private func name(_ part: RunPart) -> String { "run-\(part.rawValue)-\(catalogue.id)" }

    /// Who is pruning in a run; nil: nobody, or it can't be told. The lock is not touched.
    public func pruningUnderway() -> PruningUnderway? {
        LockHolder.of(name(.prune), in: options.places.locks).map {
            PruningUnderway(pid: $0.pid, since: Instant(clamping: $0.sinceMilliseconds))
        }
    }

    /// Takes the lock of a part of the run; throws ``RunBusy`` if another one has it.
    func runLock(_ part: RunPart) throws -> FileLock {
        do {
            return try FileLock.take(
                name(part), for: "run",
                in: try openPrivateDirectory(options.places.locks, kernel: options.kernel), waiting: .none, kernel: options.kernel)
        } catch CloneError.locked(_, let holder) {
            throw RunBusy(holder: holder)
        }
    }
}
