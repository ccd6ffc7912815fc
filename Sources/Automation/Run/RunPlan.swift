// What a run is to do, as values. The rule: it is made of what the catalogue and the configuration say, without a look at any pool; a dry run shows
// this very value.

public import CloneCore
import Configuration
import Foundation
public import Policy
public import Snapshots
public import SystemPackage

/// An image that a run sees to.
public struct RunTarget: Sendable {
    /// What its source is called, or will be.
    public let name: String
    /// Where the image is.
    public let image: FilePath
    /// Its source; nil: it is registered with its first snapshot.
    public let source: Source?
    /// When the schedule was last seen to; nil: never.
    public let last: Instant?
    /// Why it can't be taken, if that is known already.
    let problem: (any ExplainedError)?
    let configured: ConfiguredImage
    /// Whether it is due by its own schedule; nil for a member of a group that has none.
    let own: DueState?
    /// The calendar of its schedule.
    let zone: TimeZone
}

/// What is taken in one freeze: one image, or those of a group.
public struct RunUnit: Sendable {
    /// The group; nil for an image by itself.
    public let group: String?
    /// Its images, in the order of the configuration.
    public let targets: [RunTarget]
    /// Whether it is due: a group is as soon as one of its images is.
    public internal(set) var state: DueState
    /// How often taking it has failed since it was last seen to; nil: it has not, or it is not due anyway.
    public internal(set) var failures: TakeFailures?

    /// Whether all of it is there because of a pattern.
    var isOfPatterns: Bool { targets.allSatisfy(\.configured.isMatch) }

    /// "home", or "data, log (group database)".
    public var subject: String {
        let names = targets.map(\.name).joined(separator: ", ")
        return group.map { targets.count > 1 ? "\(names) (group \($0))" : names } ?? names
    }
}

/// Everything that a run is to take, and what is wrong before it begins.
public struct RunPlan: Sendable {
    /// The time it was made for.
    public let now: Instant
    /// What is seen to, in the order of the configuration.
    public internal(set) var units: [RunUnit]
    /// What keeps entries from being seen to at all.
    public let failures: [RunFailure]
    /// What patterns match and is skipped.
    public var skipped: [SkippedMatches] = []
}

/// Something that went wrong in a run.
public struct RunFailure: Sendable {
    /// What it is about, for people.
    public let subject: String
    /// The names of the sources that it befell.
    public let names: [String]
    /// At what.
    public let stage: RunStage
    /// What.
    public let error: any ExplainedError
    let sources: [Source]
    /// Whether it is about a pattern: the name is that of no source, though a source may have it.
    var isOfPattern = false
}

extension RunPlan {
    /// What is told in a run: whoever puts files into a directory is not to make every run say so, only those that see to what else is there.
    func skippedOfDue(_ selection: RunSelection) -> [SkippedMatches] {
        let due = Set(units.filter(\.state.isDue).flatMap(\.targets).map(\.configured.entry.name))
        return skipped.filter { !selection.references.isEmpty || due.contains($0.entry) }
    }
}
