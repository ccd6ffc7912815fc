// What `create --command` shows at its end. As text each half is told when it is taken, so this is mostly for JSON.

import Policy
import Snapshots

/// Two snapshots, or two groups, with a command between them.
struct CreatePairPresentation: Presentation {
    /// What both are tagged with.
    var tag: Tag
    /// Taken before the command.
    var before: CreateReport
    /// How the command ended; nil if it could not be run.
    var commandStatus: Int32?
    /// Taken after the command; nil if they could not be.
    var after: CreateReport?

    func text(_ context: RenderContext) -> String {
        CreatePresentation(report: before).text(context) + (after.map { CreatePresentation(report: $0).text(context) } ?? "")
    }

    func fields(_ context: RenderContext) -> [JSON.Field] {
        [
            ("pair", .string(tag.text)), ("before", .snapshots(before.snapshots, now: context.now)),
            ("command_status", JSON(commandStatus.map { Int64($0) })),
            ("after", .snapshots(after?.snapshots ?? [], now: context.now)),
        ]
    }
}
