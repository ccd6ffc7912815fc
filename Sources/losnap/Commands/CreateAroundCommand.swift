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

extension Create {
    /// Takes the first, runs the command, takes the second, and leaves the command's status to the session.
    func take(_ request: CreateRequest, around command: String, with taking: Taking, _ session: Session) throws {
        let pair = try SnapshotPair(request)
        let (before, hookFailure) = try create(pair.before, with: taking, session)
        var result = CreatePairPresentation(tag: pair.tag, before: before)
        do {
            // What a hook was to start again is not running: no time for the command.
            if let hookFailure { throw hookFailure }
            let status = try UserCommand.run(command, output: display.json ? 2 : 1)
            result.commandStatus = status
            session.passOn(status)
            let (after, hookFailure) = try create(pair.after, with: taking.renewed(), session)
            result.after = after
            if let hookFailure { throw hookFailure }
        } catch {
            // What is there is told all the same; the error is told last.
            if display.json { try session.present(result, display) }
            throw error
        }
        if display.json { try session.present(result, display) }
    }

    private func create(
        _ request: CreateRequest, with taking: Taking, _ session: Session
    ) throws -> (report: CreateReport, hookFailure: HookFailure?) {
        let taken = try taking.take(request, session)
        if !display.json { try session.present(CreatePresentation(report: taken.report), display, quiet: change.quiet, aside: true) }
        return taken
    }
}
