// From the name of a time zone to the zone. The rule it keeps: a name that is not one of the tz database is an error, never
// GMT and never a guess. ICU also accepts abbreviations, and means places by them that few would expect ("BST" is Dhaka).
//
// `knownTimeZoneIdentifiers` is a symbol of FoundationInternationalization. This use of it is what makes a static link carry
// ICU and its zone data: with the import alone the linker drops them, every name is unknown and every zone is GMT.

public import FoundationEssentials
import FoundationInternationalization

/// The time zone with that name of the tz database ("Europe/London", "UTC"). The zone's own `identifier` may differ ("GMT" for
/// "UTC"): show the name that was given.
public func timeZone(named name: String) throws(PolicyError) -> TimeZone {
    // A NUL would end the name early on its way into ICU, which then finds the zone of what comes before it.
    let isPlain = name.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    let acceptable = isPlain && name.contains("/") || namesWithoutSlash.contains(name)
    if acceptable, let zone = TimeZone(identifier: name) { return zone }
    let lowered = name.lowercased()
    let similar = TimeZone.knownTimeZoneIdentifiers.first { identifier in
        let known = identifier.lowercased()
        return known == lowered || known.split(separator: "/").last.map(String.init) == lowered.replacing(" ", with: "_")
    }
    throw .unknownTimeZone(name: name, similar: similar)
}

/// All names of the tz database (2025) that have no slash.
private let namesWithoutSlash: Set<String> = [
    "CET", "CST6CDT", "Cuba", "EET", "EST", "EST5EDT", "Egypt", "Eire", "GB", "GB-Eire", "GMT", "GMT+0", "GMT-0", "GMT0",
    "Greenwich", "HST", "Hongkong", "Iceland", "Iran", "Israel", "Jamaica", "Japan", "Kwajalein", "Libya", "MET", "MST",
    "MST7MDT", "NZ", "NZ-CHAT", "Navajo", "PRC", "PST8PDT", "Poland", "Portugal", "ROC", "ROK", "Singapore", "Turkey",
    "UCT", "UTC", "Universal", "W-SU", "WET", "Zulu",
]
