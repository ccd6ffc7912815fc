// The status of a command that did several things of which some failed. The rule: if all failed, or there was but one, it is the error's own;
// else 3. Each failure is told by itself.

import Snapshots

/// What failed, out of how many.
struct Failures {
    /// The errors, each with what it is about.
    let errors: [(subject: String, error: any Error)]
    /// How many things were tried.
    let count: Int
    /// What is said in the end: how many of the things that people see failed.
    let summary: FrontError
    /// Whether each is told with what it is about also if there is but one.
    var namesAlways = false

    /// Tells them; throws if there are any.
    func report(in session: Session) throws {
        guard let first = errors.first else { return }
        // With --json the object on stdout has each of them; the line on stderr sums up.
        if !session.isJSON, namesAlways || errors.count > 1 || count > 1 {
            for (subject, error) in errors { session.complain(ToldError(error), about: subject) }
            throw ReportedFailure(status: errors.count == count ? ExitStatus(ToldError(first.error).category) : .partial)
        }
        if errors.count == count { throw first.error }
        throw summary
    }
}

extension Failures {
    /// Of removals.
    init(removed: Int, failed: [FailedRemoval]) {
        self.init(
            errors: failed.map { ("snapshot \($0.snapshot.snapshot.number)", $0.error) }, count: removed + failed.count,
            summary: .partial(failed: failed.count, of: removed + failed.count, what: "snapshots"))
    }

    /// Of pruning: sources that failed as a whole, and single snapshots of the others.
    init(_ outcomes: [PruneOutcome]) {
        var errors: [(subject: String, error: any Error)] = []
        var count = 0
        for outcome in outcomes {
            switch outcome.result {
            case .failure(let error):
                errors.append((outcome.source.name.text, error))
                count += 1
            case .success(.planned): count += 1
            case .success(.done(let report)):
                errors += report.failed.map { ("\(outcome.source.name): snapshot \($0.snapshot.snapshot.number)", $0.error) }
                count += max(1, report.removed.count + report.failed.count)
            }
        }
        let failed = outcomes.count > 1 ? outcomes.count(where: \.hasFailed) : errors.count
        let summary = FrontError.partial(
            failed: failed, of: outcomes.count > 1 ? outcomes.count : count, what: outcomes.count > 1 ? "sources" : "snapshots")
        self.init(errors: errors, count: count, summary: summary)
    }
}
