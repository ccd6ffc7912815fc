// What schedules and rules lead to, found out once for all sources that share them.

import Foundation
import Policy

/// The forecasts that were asked for.
struct Forecasts {
    private struct Question: Hashable {
        let keep: Keep
        let schedule: Schedule
        let zone: String
    }

    private let now: Instant
    private var known: [Question: Forecast] = [:]

    init(now: Instant) {
        self.now = now
    }

    /// What the rules and the schedule lead to in that zone.
    mutating func forecast(_ keep: Keep, _ schedule: Schedule, zoneName: String, _ zone: TimeZone) -> Forecast {
        let question = Question(keep: keep, schedule: schedule, zone: zoneName)
        if let forecast = known[question] { return forecast }
        let forecast = Forecast(keep: keep, schedule: schedule, zone: zone, now: now)
        known[question] = forecast
        return forecast
    }
}
