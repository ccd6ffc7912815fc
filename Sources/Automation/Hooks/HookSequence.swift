// The order of hooks around a taking. The rules: all `before` in the order of the sources, then the snapshots, then `after` in the opposite order for
// every source whose turn for `before` had come, whatever became of it; `failed` last, where there is no snapshot or `after` failed.
// From before the first hook to behind the last one a signal that would end losnap waits, so that what was begun is put back; nothing new
// is begun once one is waiting. While anything is frozen no hook runs: the snapshots are one call, which returns thawed.

public import CloneCore
public import Snapshots
import SystemPackage

/// Whether there are snapshots.
public enum TakeResult: Sendable {
    /// These.
    case taken(CreateReport)
    /// None, for this reason.
    case failed(any ExplainedError)
}

/// What came of a taking.
public struct TakeOutcome: Sendable {
    /// What was taken, or why nothing was.
    public let result: TakeResult
    /// What `after` and `failed` did wrong.
    public let hookFailures: [HookFailure]
    /// Whether losnap is to end by a signal.
    let isInterrupted: Bool

    /// The snapshots that were taken.
    public var snapshots: [ListedSnapshot] {
        if case .taken(let report) = result { report.snapshots } else { [] }
    }

    /// Why there is no snapshot.
    public var error: (any ExplainedError)? {
        if case .failed(let error) = result { error } else { nil }
    }
}

/// The hooks of the sources of one taking.
struct HookSequence {
    /// A source with its hooks.
    struct Member {
        let name: String
        let image: FilePath
        let hooks: Hooks
        let group: String?
    }

    let members: [Member]
    let surroundings: HookSurroundings
    let runner: HookRunner

    /// Takes, with the hooks around it.
    ///
    /// - Parameters:
    ///   - check: what shows before any hook is run that there can be no snapshot.
    ///   - take: takes the snapshots.
    func run(
        check: () throws(SnapshotsError) -> Void, take: () throws(SnapshotsError) -> CreateReport
    ) -> TakeOutcome {
        let hasHooks = members.contains { !$0.hooks.isEmpty }
        if hasHooks { DeferredSignals.hold() }
        // What waits is raised here, and ends losnap as it would have without hooks.
        defer { if hasHooks { DeferredSignals.release() } }
        var begun: [Member] = []
        let result = begin(&begun, check, take)
        let isInterrupted = DeferredSignals.isEnding
        var failures: [HookFailure] = []
        for member in begun.reversed() {
            if let failure = run(.after, of: member, after: result) { failures.append(failure) }
        }
        // Whoever sent a signal knows that there is no snapshot.
        for member in members where !isInterrupted {
            let own = failures.first { $0.moment == .after && $0.source == member.name }
            if case .taken = result, own == nil { continue }
            if let failure = run(.failed, of: member, after: result, because: own) { failures.append(failure) }
        }
        return TakeOutcome(result: result, hookFailures: failures, isInterrupted: isInterrupted)
    }

    /// Tells the hooks of something that failed before there was anything to take.
    func tell(_ error: any ExplainedError) -> [HookFailure] {
        let hasHooks = members.contains { $0.hooks.failed != nil }
        if hasHooks { DeferredSignals.hold() }
        defer { if hasHooks { DeferredSignals.release() } }
        return members.compactMap { run(.failed, of: $0, after: .failed(error)) }
    }

    private func begin(
        _ begun: inout [Member], _ check: () throws(SnapshotsError) -> Void, _ take: () throws(SnapshotsError) -> CreateReport
    ) -> TakeResult {
        // Before anything is stopped that another hook is to start again.
        for member in members {
            for moment in HookMoment.allCases {
                guard let problem = member.hooks.command(moment).flatMap({ HookTrust.problem($0) }) else { continue }
                return .failed(HookFailure(source: member.name, moment: moment, problem: problem, snapshotStands: false))
            }
        }
        do throws(SnapshotsError) {
            if members.contains(where: { $0.hooks.before != nil || $0.hooks.after != nil }) { try check() }
            for member in members {
                if let signal = DeferredSignals.waiting { return .failed(CloneError.interrupted(signal: signal)) }
                begun.append(member)
                if let failure = run(.before, of: member, after: nil) { return .failed(failure) }
            }
            return .taken(try take())
        } catch {
            return .failed(error)
        }
    }

    private func run(_ moment: HookMoment, of member: Member, after result: TakeResult?, because own: HookFailure? = nil) -> HookFailure? {
        guard let command = member.hooks.command(moment) else { return nil }
        var variables = surroundings.environment
        variables["LOSNAP_HOOK"] = moment.rawValue
        variables["LOSNAP_SOURCE"] = member.name
        variables["LOSNAP_IMAGE"] = member.image.string
        variables["LOSNAP_GROUP"] = member.group
        var stands = false
        switch result {
        case nil: break
        case .failed(let error)?:
            variables["LOSNAP_STATUS"] = "failed"
            variables["LOSNAP_ERROR"] = error.message
        case .taken(let report)?:
            stands = true
            variables["LOSNAP_STATUS"] = own != nil ? "failed" : report.unchanged.isEmpty ? "ok" : "unchanged"
            variables["LOSNAP_ERROR"] = own?.message
            if let snapshot = report.snapshots.first(where: { $0.snapshot.imagePath == member.image })?.snapshot {
                variables["LOSNAP_SNAPSHOT"] = snapshot.number.description
                variables["LOSNAP_SNAPSHOT_PATH"] = snapshot.path?.string
            }
        }
        let call = HookCall(moment: moment, command: command, seconds: member.hooks.seconds, variables: variables)
        return runner.run(call).map {
            HookFailure(source: member.name, moment: moment, problem: $0, snapshotStands: stands)
        }
    }
}
