// `losnap create --command`: one snapshot before and one after a command of the user's own. The rules: no lock is held and no transaction open
// while it runs; stdout is the command's, unless it is to hold the one JSON object; what became of the command is passed on.

import Automation
import CloneCore
import Policy
import Snapshots

/// Snapshots before and after a command, as a pair.
struct SnapshotPair {
    /// The tag that both have, and no other: it names the pair.
    let tag: Tag
    let before: CreateRequest
    let after: CreateRequest

    /// The pair to be made like that request.
    init(_ request: CreateRequest) throws {
        let tag = try Tag(parsing: "pair-\(Identifier.random().prefix)")
        func half(_ word: String) throws -> CreateRequest {
            var half = request
            half.tags = try request.tags.changed(adding: [tag, Tag(parsing: word)], removing: [])
            half.label = try request.label.map { try Label(parsing: "\($0.text)-\(word)") }
            return half
        }
        self.tag = tag
        before = try half("pre")
        after = try half("post")
    }
}

/// Sources with what holds for a snapshot of them, and with their hooks.
struct ConfiguredTaking {
    let store: Store
    var orders: [TakeOrder]
    let surroundings: HookSurroundings

    func take(_ request: CreateRequest) -> TakeOutcome { store.take(orders, request, surroundings) }

    /// The same for the sources as they are now: a command may have renamed or moved them.
    func refreshed() throws(SnapshotsError) -> ConfiguredTaking {
        var taking = self
        for index in orders.indices {
            if let source = try store.catalogue.source(id: orders[index].source.id) { taking.orders[index].source = source }
        }
        return taking
    }
}

extension Create {
    /// Takes the first, runs the command, takes the second, and leaves the command's status to the session.
    func take(_ request: CreateRequest, around command: String, _ taking: ConfiguredTaking, _ session: Session) throws {
        let pair = try SnapshotPair(request)
        let before = try create(pair.before, taking, session)
        var result = CreatePairPresentation(tag: pair.tag, before: before.report)
        do {
            // What a hook was to start again may not be running: nothing is begun on top of that.
            if let failure = before.failure { throw failure }
            let status = try UserCommand.run(command, output: display.json ? 2 : 1)
            result.commandStatus = status
            session.passOn(status)
            let after = try create(pair.after, try taking.refreshed(), session)
            result.after = after.report
            if let failure = after.failure { throw failure }
        } catch {
            // What is there is told all the same; the error is told last.
            if display.json { try session.present(result, display) }
            throw error
        }
        if display.json { try session.present(result, display) }
    }

    private func create(
        _ request: CreateRequest, _ taking: ConfiguredTaking, _ session: Session
    ) throws -> (report: CreateReport, failure: HookFailure?) {
        let outcome = taking.take(request)
        let report = try session.report(of: outcome)
        report.warnings.map(Warning.init).forEach(session.warn)
        if !display.json { try session.present(CreatePresentation(report: report), display, quiet: change.quiet, aside: true) }
        return (report, outcome.hookFailures.first)
    }
}
