// A time zone with the name that it was given, which `TimeZone` may have replaced by another ("GMT" for "UTC").

public import Foundation
public import Policy

/// A time zone by a name.
public struct NamedZone: Sendable, Hashable {
    /// Its name as it was given.
    public let name: String
    /// The zone.
    public let zone: TimeZone

    /// A zone that is known already.
    public init(name: String, zone: TimeZone) {
        self.name = name
        self.zone = zone
    }

    /// The zone of that name.
    public init(named name: String) throws(PolicyError) {
        self.init(name: name, zone: try timeZone(named: name))
    }
}
