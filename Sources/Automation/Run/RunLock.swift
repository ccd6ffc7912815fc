// One run at a time. The rule: taking and pruning have a lock each, of one catalogue, so that a long prune keeps no later run from taking.

public import CloneCore
import Snapshots

/// What only one run does at a time.
enum RunPart: String {
    case take, prune
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
    /// Takes the lock of a part of the run; throws ``RunBusy`` if another one has it.
    func runLock(_ part: RunPart) throws -> FileLock {
        do {
            return try FileLock.take(
                "run-\(part.rawValue)-\(catalogue.id)", for: "run",
                in: try openPrivateDirectory(options.places.locks, kernel: options.kernel), wait: false, kernel: options.kernel)
        } catch CloneError.locked(_, let holder) {
            throw RunBusy(holder: holder)
        }
    }
}
