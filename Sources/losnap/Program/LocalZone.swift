// The time zone of the machine or the user, found out once. The rule: a zone that is named and does not exist is never taken for GMT where
// it decides what is removed; for showing times UTC will do, with a warning.
//
// FoundationInternationalization brings the zone data; Policy uses it by name, which keeps it in a static link.

import Foundation
import FoundationInternationalization
import Glibc
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
        guard let variable else { return system() }
        // A colon before the name is allowed by tzset(3) and means nothing.
        let name = String(variable.drop { $0 == ":" })
        return found(name.hasPrefix("/") ? nameOfFile(name) ?? name : name)
    }

    /// The zone that /etc/localtime leads to, which is how systems are set up; without that file it is UTC.
    private static func system() -> LocalZone {
        if let name = nameOfFile("/etc/localtime") { return found(name) }
        guard access("/etc/localtime", F_OK) == 0 else { return found("UTC") }
        // A copy of a zone file has no name; Foundation looks for one that is the same.
        let zone = TimeZone.current
        return LocalZone(zone: zone, name: zone.identifier, problem: nil)
    }

    /// What stands after `zoneinfo/` in the path that a file of zone data really has.
    private static func nameOfFile(_ path: String) -> String? {
        guard let real = realpath(path, nil) else { return nil }
        defer { free(real) }
        let text = String(cString: real)
        return text.firstRange(of: "/zoneinfo/").map { String(text[$0.upperBound...]) }
    }

    private static func found(_ name: String) -> LocalZone {
        do {
            return try LocalZone(named: name)
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
