// What a command shows, as a value that can be shown in each format. The rule: it holds typed values; words, columns and fields are made of
// them only here and in the neighbouring files.

import Foundation
import Policy
import Snapshots

/// What can be shown, all at once or a piece after the other.
protocol Showable {
    /// Gives the text in that form to `write`, in one piece or several that belong together.
    ///
    /// - Parameter warnings: asked for once, by JSON alone and last: whatever came up until then.
    func show(
        _ format: OutputFormat, _ context: RenderContext, warnings: () -> JSON, to write: (String) throws -> Void
    ) throws
}

/// A result that is there as a whole.
protocol Presentation: Showable {
    /// For people, ending in a line feed; empty if there is nothing to say.
    func text(_ context: RenderContext) -> String
    /// The fields of the JSON object, but for the warnings.
    func fields(_ context: RenderContext) -> [JSON.Field]
    /// Comma-separated values with a heading, for the few that have that form.
    func csv(_ context: RenderContext) -> String
}

extension Presentation {
    func csv(_ context: RenderContext) -> String { text(context) }

    func show(
        _ format: OutputFormat, _ context: RenderContext, warnings: () -> JSON, to write: (String) throws -> Void
    ) throws {
        switch format {
        case .json: try write(JSON.object(fields(context) + [("warnings", warnings())]).text + "\n")
        case .csv: try write(csv(context))
        case .text: try write(text(context))
        }
    }
}

/// What rendering depends on besides the value.
struct RenderContext {
    /// The zone that times are shown in.
    let zone: TimeZone
    /// The time, by which holds end.
    var now: Instant
    /// Colours, or none.
    var style: TextStyle
    /// The arguments that were typed, for hints that name no option which their command lacks; nil: a hint may name any.
    var arguments: [String]?
    private let offsets: ZoneOffsets

    init(zone: TimeZone, now: Instant, style: TextStyle = .plain, arguments: [String]? = nil) {
        self.zone = zone
        self.now = now
        self.style = style
        self.arguments = arguments
        offsets = ZoneOffsets(zone)
    }

    /// The time as it is shown and can be typed back.
    func time(_ instant: Instant) -> String { instant.local(offsetSeconds: offsets.seconds(at: instant)).text(.seconds) }

    /// An error inside a result, with the hint that this command would give.
    func json(_ error: any Error) -> JSON {
        ToldError(error) { option in arguments.map { OfferedOptions.of($0).contains(option) } ?? true }.json
    }
}
