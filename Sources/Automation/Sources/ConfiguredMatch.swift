// From a source of the catalogue to the entry of the configuration that is about it. The rule: name and image must agree; where only one of them
// does, nothing is done to that source, for it might be another one than is meant.

public import Configuration
import Snapshots
import SystemPackage

/// What the configuration has for a source.
public enum ConfiguredMatch: Sendable {
    /// Nothing.
    case none
    /// This entry.
    case entry(ConfiguredSource)
    /// An entry that agrees in name or image only.
    case contradiction(AutomationError)

    init(_ source: Source, among entries: [ResolvedEntry]) {
        var pattern: ConfiguredSource?
        for item in entries {
            guard case .one(let path) = item.image else {
                if pattern == nil, item.image.matches(source.imagePath) { pattern = item.entry }
                continue
            }
            let sameName = item.entry.name == source.name.text
            let sameImage = path == source.imagePath
            if sameName, sameImage {
                self = .entry(item.entry)
                return
            }
            if sameName || sameImage {
                self = .contradiction(
                    .configuredOtherwise(
                        source: source.name.text, image: source.imagePath.string, configured: item.entry.name, path: path.string,
                        place: item.entry.position.description))
                return
            }
        }
        self = pattern.map { .entry($0) } ?? .none
    }

    /// Whether there is a policy for it, or something that speaks against touching it.
    public var isConfigured: Bool {
        switch self {
        case .none: false
        case .entry(let entry): entry.policy != nil
        case .contradiction: true
        }
    }
}
