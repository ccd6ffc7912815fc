// The time zone of the machine or the user, found out once. The rule: a zone that is named and does not exist is never taken for GMT where
// it decides what is removed; for showing times UTC will do, with a warning.
//
// FoundationInternationalization brings the zone data; Policy uses it by name, which keeps it in a static link.

import Automation
import CloneCore
import Foundation
import FoundationInternationalization
import Glibc
import Policy

/// Finds the zone that TZ names, or the system's.
///
/// - Parameter variable: what TZ is set to.
/// - Returns: the zone, or why its name could not be understood.
func findLocalZone(_ variable: String?) -> Result<NamedZone, PolicyError> {
    guard let variable else { return systemZone() }
    // A colon before the name is allowed by tzset(3) and means nothing.
    let name = String(variable.drop { $0 == ":" })
    return zone(named: name.hasPrefix("/") ? nameOfFile(name) ?? name : name)
}

/// The zone that /etc/localtime leads to, which is how systems are set up; without that file it is UTC.
private func systemZone() -> Result<NamedZone, PolicyError> {
    if let name = nameOfFile("/etc/localtime") { return zone(named: name) }
    guard access("/etc/localtime", F_OK) == 0 else { return zone(named: "UTC") }
    // A copy of a zone file has no name; Foundation looks for one that is the same.
    let zone = TimeZone.current
    return .success(NamedZone(name: zone.identifier, zone: zone))
}

/// What stands after `zoneinfo/` in the path that a file of zone data really has.
private func nameOfFile(_ path: String) -> String? {
    guard let text = try? pathMindingLinks(path, kernel: .linux) else { return nil }
    return text.firstRange(of: "/zoneinfo/").map { String(text[$0.upperBound...]) }
}

private func zone(named name: String) -> Result<NamedZone, PolicyError> {
    Result { () throws(PolicyError) in try NamedZone(named: name) }
}
