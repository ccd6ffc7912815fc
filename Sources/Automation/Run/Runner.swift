// The run: what is due is taken, then every source is pruned by its policy. The rules: sources are independent, so that one that fails stops no
// other; all takings come before the first prune; the lock of the taking is given up before that, so that a long prune delays no later run;
// each failure is in the log, for `check` and for people.

import CloneCore
import Configuration
import Policy
public import Snapshots

/// Runs a configuration on a store.
public struct Runner {
    let store: Store
    let configured: ConfiguredSources
    let surroundings: HookSurroundings
    let hooks: HookRunner

    /// How long a run waits for a lock before it gives that source up, in nanoseconds: longer than a prune holds one at a stretch.
    public static let longestWaitNanoseconds: UInt64 = 30_000_000_000

    /// - Parameter store: should wait for locks, for ``longestWaitNanoseconds`` at most.
    public init(_ store: Store, _ configured: ConfiguredSources, _ surroundings: HookSurroundings, hooks: HookRunner = .shell) {
        self.store = store
        self.configured = configured
        self.surroundings = surroundings
        self.hooks = hooks
    }

    /// Does all that is to be done now.
    ///
    /// - Throws: ``RunBusy`` if another run is taking, and what keeps the run as a whole from being done; failures of single sources are in
    ///   the report.
    public func run(_ selection: RunSelection) throws -> RunReport {
        let selection = selection.traced(in: store)
        var report = RunReport()
        var lock: FileLock? = try store.runLock(.take)
        let known = try store.catalogue.sources(.inUse)
        report.warnings += store.mend(known.filter { configured.isSeenTo($0) })
        let plan = try plan(selection, known: known)
        report.failures = plan.failures
        report.skipped = plan.skippedOfDue(selection)
        for unit in plan.units {
            if unit.state.isDue { take(unit, &report) } else { report.notDue.append(unit) }
        }
        for failure in plan.failures { log(failure) }
        withExtendedLifetime(lock) {}
        lock = nil
        do {
            try pruning(after: report).prune(selection, &report)
        } catch let error as any ExplainedError {
            // What was taken, and what failed before, is told all the same.
            let failure = RunFailure(subject: "pruning", names: [], stage: .prune, error: error, sources: [])
            report.failures.append(failure)
        }
        return report
    }

    /// Prunes, and takes nothing: where there is no room in the catalogue for another snapshot, there must be some for removing one.
    public func pruneOnly(_ selection: RunSelection) throws -> RunReport {
        var report = RunReport()
        try prune(selection.traced(in: store), &report)
        return report
    }

    /// What prunes: where taking has filled the disk with the catalogue, one that may give up the reserve.
    private func pruning(after report: RunReport) throws -> Runner {
        let isFull = report.failures.contains { if case SnapshotsError.catalogueFull = $0.error { true } else { false } }
        guard isFull else { return self }
        return Runner(try Store(store.options, mode: .writing, whenFull: .useReserve), configured, surroundings, hooks: hooks)
    }

    private func plan(_ selection: RunSelection, known: [Source]) throws -> RunPlan {
        let now = store.now
        return try configured.runPlan(selection, known: known, lastRuns: try store.catalogue.lastRuns(now: now), now: now)
            .waiting(selection, by: store.catalogue)
    }

    // MARK: Taking

    private func take(_ unit: RunUnit, _ report: inout RunReport) {
        let isHooked = unit.targets.contains { !Hooks($0.configured.entry).isEmpty }
        // Until a failure is in the log, too; hooks hold signals back anyhow.
        if isHooked { DeferredSignals.hold() }
        defer { if isHooked { DeferredSignals.release() } }
        var orders: [TakeOrder] = []
        do throws(RunProblem) {
            for target in unit.targets { orders.append(try order(for: target)) }
        } catch {
            let members = unit.targets.map {
                HookSequence.Member(
                    name: $0.name, image: $0.image, hooks: Hooks($0.configured.entry), group: $0.configured.entry.group)
            }
            report.hookFailures += HookSequence(members: members, surroundings: surroundings, runner: hooks).tell(error.error)
            fail(unit, [], .take, error.error, &report)
            return
        }
        var request = CreateRequest(sources: [], origin: .run)
        // Without a word about it in one of them the group is taken anyhow; else when the least has changed that one of them wants.
        let limits = unit.targets.map(\.configured.entry.ifChanged?.bytes)
        request.ifChanged = limits.contains(nil) ? nil : limits.compactMap { $0 }.min()
        let outcome = store.take(orders, request, surroundings, runner: hooks)
        switch outcome.result {
        case .failed(let error):
            fail(unit, orders.map(\.source), .take, error, &report)
            report.hookFailures += outcome.hookFailures
        case .taken(let taken):
            report.taken += taken.snapshots
            report.unchanged += taken.unchanged
            report.warnings += taken.warnings
            for failure in outcome.hookFailures { fail(unit, orders.map(\.source), .hook, failure, &report) }
        }
    }

    private func order(for target: RunTarget) throws(RunProblem) -> TakeOrder {
        if let problem = target.problem { throw RunProblem(problem) }
        do throws(SnapshotsError) {
            if let source = target.source { return configured.order(source, target.configured.entry) }
            let source = try store.proposeSource(name: try SourceName(parsing: target.name), image: target.image)
            return configured.order(source, target.configured.entry)
        } catch {
            throw RunProblem(error)
        }
    }

    private func fail(
        _ unit: RunUnit, _ sources: [Source], _ stage: RunStage, _ error: any ExplainedError, _ report: inout RunReport
    ) {
        let known = unit.targets.compactMap { target in sources.first { $0.imagePath == target.image } ?? target.source }
        let failure = RunFailure(subject: unit.subject, names: unit.targets.map(\.name), stage: stage, error: error, sources: known)
        report.failures.append(failure)
        log(failure)
    }

    func log(_ failure: RunFailure) {
        for name in failure.names {
            // It is told on stderr all the same; a full disk must not keep the run from its work.
            try? store.logRunFailure(
                of: failure.sources.first { $0.name.text == name }, called: failure.isOfPattern ? nil : name, at: failure.stage,
                because: failure.isOfPattern ? "\(failure.subject): \(failure.error.message)" : failure.error.message)
        }
    }
}

/// Why one source can't be taken.
private struct RunProblem: Error {
    let error: any ExplainedError

    init(_ error: any ExplainedError) {
        self.error = error
    }
}
