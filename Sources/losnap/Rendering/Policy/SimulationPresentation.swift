// What `policy simulate` shows: a table over time, and the picture at the end.

import Automation
import Foundation
import Policy
import Snapshots

struct SimulationPresentation: Presentation {
    /// The configured policy; nil for rules of the command line.
    var policyName: String?
    var keep: Keep
    var schedule: Schedule
    var zone: NamedZone
    var length: CalendarDuration
    var course: SimulatedCourse

    func text(_ context: RenderContext) -> String {
        var sheet = FactSheet()
        sheet.add("Policy", policyName)
        sheet.add("Keeps", keep.reachSentence)
        sheet.add("Taken", "\(schedule.words), from \(time(course.start)) for \(length.spoken), \(zone.name)")
        var table = Table([
            ("AFTER", .left), ("TIME", .left), ("TAKEN", .right), ("KEPT", .right), ("OLDEST", .left), ("NEWEST IS", .left),
        ])
        for moment in course.moments {
            table.add([
                moment.occasion.words, time(moment.at), "\(moment.taken)", "\(moment.count)", moment.oldest.map(time) ?? "-", age(moment),
            ])
        }
        let picture = PictureText(course.judged, keep: keep, zone: zone.zone)
        return sheet.text + "\n" + table.text(context.style) + "\n" + picture.text(context.style)
    }

    private func time(_ instant: Instant) -> String { instant.local(in: zone.zone).text(.minutes) }

    /// How old the newest one is: more than a slot only in a pause.
    private func age(_ moment: SimulatedCourse.Moment) -> String {
        guard let newest = moment.newest else { return "-" }
        let age = moment.at.milliseconds - newest.milliseconds
        return age < 1000 ? "just taken" : LongTime.words(age) + " old"
    }

    func fields(_ context: RenderContext) -> [JSON.Field] {
        [
            ("policy", JSON(policyName)), ("reach", .string(keep.reachSentence)), ("schedule", schedule.json),
            ("timezone", .string(zone.name)), ("from", JSON(course.start)), ("until", JSON(course.end)),
            ("moments", .array(course.moments.map(\.json))), ("kept", .array(course.judged.map(\.json))),
        ]
    }
}

extension SimulatedCourse.Occasion {
    fileprivate var words: String {
        switch self {
        case .after(let duration): duration.spoken
        case .pauseBegins: "pause begins"
        case .pauseEnds: "pause ends"
        case .dayAfterPause: "a day later"
        }
    }

    fileprivate var code: String {
        switch self {
        case .after: "after"
        case .pauseBegins: "pause_begins"
        case .pauseEnds: "pause_ends"
        case .dayAfterPause: "day_after_pause"
        }
    }

    fileprivate var duration: String? {
        if case .after(let duration) = self { duration.description } else { nil }
    }
}

extension SimulatedCourse.Moment {
    fileprivate var json: JSON {
        .object([
            ("occasion", .string(occasion.code)), ("after", JSON(occasion.duration)), ("at", JSON(at)),
            ("taken_count", .integer(Int64(taken))), ("kept_count", .integer(Int64(count))), ("oldest", JSON(oldest)),
            ("newest", JSON(newest)),
        ])
    }
}
