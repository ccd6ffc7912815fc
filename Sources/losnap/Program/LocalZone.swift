// The time zone of the machine or the user, found out once. The rule: a zone that TZ names and that does not exist is never taken for GMT
// where it decides what is removed; for showing times UTC will do.
//
// FoundationInternationalization brings the zone data; Policy uses it by name, which keeps it in a static link.

import Foundation
import FoundationInternationalization
import Policy

/// A time zone with the name that it was given.
struct LocalZone {
    let zone: TimeZone
    /// Its name as it was given, which `TimeZone` may have replaced by another ("GMT" for "UTC").
    let name: String
    /// Why its name could not be understood; nil if it was.
    let problem: PolicyError?

    /// The zone that TZ names, or the system's.
    static func current(_ variable: String?) -> LocalZone {
        guard let variable else {
            let zone = TimeZone.current
            return LocalZone(zone: zone, name: zone.identifier == "GMT" ? "UTC" : zone.identifier, problem: nil)
        }
        var name = variable.drop { $0 == ":" }
        if name.hasPrefix("/usr/share/zoneinfo/") { name = name.dropFirst("/usr/share/zoneinfo/".count) }
        do {
            return try LocalZone(named: String(name))
        } catch {
            return LocalZone(zone: .gmt, name: "UTC", problem: error)
        }
    }

    /// The zone of that name.
    init(named name: String) throws(PolicyError) {
        self.init(zone: try timeZone(named: name), name: name, problem: nil)
    }

    private init(zone: TimeZone, name: String, problem: PolicyError?) {
        self.zone = zone
        self.name = name
        self.problem = problem
    }
}
