// Pruning within a run: what `losnap prune` does without rules, source by source. The rule: a source of which nothing would go is not even looked
// at on its pool. That is sure from the rows alone: files that turn out to be missing take no place, so the others can only be kept the more.

import CloneCore
import Configuration
import Policy
import Snapshots

extension Runner {
    /// Prunes by the configured policies. Another run that is at it already does the same, so this one leaves it to that.
    func prune(_ selection: RunSelection, _ report: inout RunReport) throws {
        let lock: FileLock
        do {
            lock = try store.runLock(.prune)
        } catch is RunBusy {
            report.pruningElsewhere = store.pruningUnderway()
            return
        }
        defer { withExtendedLifetime(lock) {} }
        let requests = try pruneRequests(selection, &report)
        for request in try requests.filter(by: store.haveRemovals(requests)) {
            do throws(SnapshotsError) {
                let done = try store.prune(request)
                report.warnings += done.warnings.filter { !report.warnings.contains($0) }
                report.pruned.append(
                    PrunedSource(
                        source: request.source, policyName: request.policyName, removed: done.removed,
                        judged: done.plan.kept.count + done.plan.removed.count, failed: done.failed))
                for failed in done.failed { fail(request.source, failed.error, at: failed.snapshot.snapshot.number, &report) }
            } catch {
                fail(request.source, error, &report)
            }
        }
    }

    /// What pruning would do now. Changes nothing.
    public func prunePlan(_ selection: RunSelection) throws -> RunReport {
        var report = RunReport()
        report.pruningElsewhere = store.pruningUnderway()
        let requests = try pruneRequests(selection, &report)
        for request in try requests.filter(by: store.haveRemovals(requests)) {
            do throws(SnapshotsError) {
                let plan = try store.planPrune(request)
                report.pruned.append(
                    PrunedSource(
                        source: request.source, policyName: request.policyName, removed: plan.removed,
                        judged: plan.kept.count + plan.removed.count, failed: []))
            } catch {
                report.failures.append(failure(request.source, error))
            }
        }
        return report
    }

    private func pruneRequests(_ selection: RunSelection, _ report: inout RunReport) throws -> [PruneRequest] {
        var requests: [PruneRequest] = []
        for source in try store.catalogue.sources(.inUse) where configured.isConfigured(source) && configured.isSelected(source, selection)
        {
            let order: PruneOrders
            do throws(AutomationError) {
                order = try configured.pruneOrder(for: source)
            } catch {
                order = .refused(source, error)
            }
            switch order {
            case .prune(var request, _, _):
                // It would be told to nobody.
                request.measuresReclaim = false
                requests.append(request)
            case .refused(let source, let error):
                // Its taking may have failed for the same reason.
                if !report.failures.contains(where: { $0.names.contains(source.name.text) && $0.error.message == error.message }) {
                    fail(source, error, &report)
                }
            }
        }
        return requests
    }

    private func fail(_ source: Source, _ error: any ExplainedError, at number: SnapshotNumber? = nil, _ report: inout RunReport) {
        let failure = failure(source, error, at: number)
        report.failures.append(failure)
        log(failure)
    }

    private func failure(_ source: Source, _ error: any ExplainedError, at number: SnapshotNumber? = nil) -> RunFailure {
        RunFailure(
            subject: number.map { "\(source.name): snapshot \($0)" } ?? source.name.text, names: [source.name.text], stage: .prune,
            error: error, sources: [source])
    }
}

extension ConfiguredSources {
    /// Whether an entry is about the source.
    func isSeenTo(_ source: Source) -> Bool {
        if case .none = match(source) { false } else { true }
    }

    func isSelected(_ source: Source, _ selection: RunSelection) -> Bool {
        selection.includes(selectors(of: source), image: source.imagePath)
    }
}

extension [PruneRequest] {
    fileprivate func filter(by wanted: [Bool]) -> [PruneRequest] { zip(self, wanted).filter(\.1).map(\.0) }
}
