// At what a scheduled run failed. The rule: the word stands before the first colon of the reason in the log, where it is looked for again.

/// A part of a run.
public enum RunStage: String, Sendable, Hashable, CaseIterable {
    /// Finding out what there is.
    case plan
    /// Taking the snapshot.
    case take
    /// A hook, though the snapshot is there.
    case hook
    /// Pruning.
    case prune

    /// What the reason of a `run_failed` event begins with.
    var prefix: String { "\(rawValue): " }
}

extension Event {
    /// At what the run failed that it tells of; nil if it tells of no such failure.
    public var runStage: RunStage? {
        guard occasion.kind == .runFailed, let reason = occasion.reason else { return nil }
        return RunStage.allCases.first { reason.hasPrefix($0.prefix) }
    }
}
