// The configuration as this machine has it: its images where they really are, its time zones found. The rule: paths are looked up once, when it is
// made, so that everything that is asked of it afterwards has the same answer.

public import Configuration
public import Policy
public import Snapshots
public import SystemPackage

/// The sources of a configuration.
public struct ConfiguredSources: Sendable {
    /// What it says.
    public let configuration: LosnapConfiguration
    /// Its entries, in the order of the file.
    let entries: [ResolvedEntry]
    private let systemZone: Result<NamedZone, PolicyError>

    /// - Parameters:
    ///   - configuration: what was read.
    ///   - systemZone: the zone of those who name none, or why it can't be told.
    ///   - resolving: a path without symbolic links, if it leads anywhere.
    public init(
        _ configuration: LosnapConfiguration, systemZone: Result<NamedZone, PolicyError>, resolving: (FilePath) -> FilePath
    ) {
        self.configuration = configuration
        self.systemZone = systemZone
        entries = configuration.sources.map { ResolvedEntry(entry: $0, image: $0.image.resolved(resolving)) }
    }

    /// Whether any source has a policy.
    public var hasRules: Bool { entries.contains { $0.entry.policy != nil } }

    /// Whether any source is due by itself.
    public var hasSchedules: Bool { entries.contains { $0.entry.schedule != nil } }

    /// What it has for a source of the catalogue.
    public func match(_ source: Source) -> ConfiguredMatch { ConfiguredMatch(source, among: entries) }

    /// Whether there is a policy for the source, or something that speaks against touching it.
    public func isConfigured(_ source: Source) -> Bool { match(source).isConfigured }

    /// The zone whose calendar an entry goes by: its own, else its policy's, else the system's.
    public func zone(of entry: ConfiguredSource) throws(AutomationError) -> NamedZone {
        try zone(named: entry.timeZone ?? entry.policy.flatMap { configuration.policy($0) }?.timeZone)
    }

    /// The zone of a policy by itself: its own, else the system's.
    public func zone(of policy: ConfiguredPolicy) throws(AutomationError) -> NamedZone {
        try zone(named: policy.timeZone)
    }

    private func zone(named name: String?) throws(AutomationError) -> NamedZone {
        guard let name else { do { return try systemZone.get() } catch { throw .timeZone(name: "TZ", error) } }
        do { return try NamedZone(named: name) } catch { throw .timeZone(name: "timezone", error) }
    }

    /// The configured sources with a policy that the catalogue does not have, each with its image.
    public func notRegistered(_ known: [Source]) -> [(name: String, image: FilePath)] {
        entries.compactMap { item in
            guard item.entry.policy != nil, case .one(let path) = item.image,
                !known.contains(where: { $0.name.text == item.entry.name || $0.imagePath == path })
            else { return nil }
            return (item.entry.name, path)
        }
    }
}

/// An entry with its image, or the directory of its pattern, where that really is.
struct ResolvedEntry: Sendable, Hashable {
    let entry: ConfiguredSource
    let image: ImagePattern
}
