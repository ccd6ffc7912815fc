// What `prune` says of one source, as JSON (Docs/json.md). The rule: all fields are there, whether the source was pruned, planned or failed.

import Policy
import Snapshots

extension PruneOutcome {
    /// The source's object.
    func json(_ context: RenderContext) -> JSON {
        var removed = plan?.removed ?? []
        var failed: [FailedRemoval] = []
        var error = JSON.null
        switch result {
        case .success(.planned): break
        case .success(.done(let report)):
            removed = report.removed
            failed = report.failed
        case .failure(let problem): error = context.json(problem)
        }
        let now = context.now
        let reach: [JSON] = (plan?.reach ?? []).map(\.json)
        let kept: [JSON] = (plan?.kept ?? []).map { $0.json(now) }
        var fields: [JSON.Field] = [("source", .string(source.name.text)), ("now", JSON(plan?.now ?? now))]
        fields += [("timezone", .string(zoneName)), ("policy", JSON(plan?.policyName)), ("reach", .array(reach)), ("kept", .array(kept))]
        fields += [("removed", Self.wrapped(removed, now)), ("out_of_scope", Self.wrapped(plan?.outOfScope ?? [], now))]
        fields += [("failed", .array(failed.map { .failure($0, context) })), ("error", error)]
        fields += [("warnings", .array(warnings.map(\.json))), ("reclaimable_bytes", JSON(plan?.reclaimableBytes))]
        fields += [("schedule", expected.map { $0.schedule.json } ?? .null)]
        fields += [("expected", expected.map { .object($0.forecast.numbers) } ?? .null)]
        return .object(fields)
    }

    /// Snapshots in objects of their own, to which more can be said later.
    private static func wrapped(_ snapshots: [ListedSnapshot], _ now: Instant) -> JSON {
        .array(snapshots.map { .object([("snapshot", .snapshot($0, now: now))]) })
    }
}

extension KeptSnapshot {
    fileprivate func json(_ now: Instant) -> JSON {
        .object([("snapshot", .snapshot(snapshot, now: now)), ("reasons", .array(reasons.map(\.json)))])
    }
}

extension Reason {
    var json: JSON {
        .object([("rule", .string(rule.rawValue)), ("ordinal", JSON(ordinal.map { Int64($0) })), ("oldest", .bool(oldest))])
    }
}

extension Reach {
    fileprivate var json: JSON { .object([("rule", .string(rule.rawValue)), ("from", JSON(from))]) }
}
