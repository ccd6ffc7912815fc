// From a source of the catalogue to the entry of the configuration that is about it. The rule: name and image must agree; where only one of them
// does, nothing is done to that source, for it might be another one than is meant.

import Configuration
import Snapshots
import SystemPackage

/// What the configuration has for a source.
enum ConfiguredMatch {
    /// Nothing.
    case none
    /// This entry.
    case entry(ConfiguredSource)
    /// An entry that agrees in name or image only.
    case contradiction(FrontError)

    init(_ source: Source, in configuration: LosnapConfiguration, resolving: (FilePath) -> FilePath) {
        var pattern: ConfiguredSource?
        for entry in configuration.sources {
            let image = entry.image.resolved(resolving)
            guard case .one(let path) = image else {
                if pattern == nil, image.matches(source.imagePath) { pattern = entry }
                continue
            }
            let sameName = entry.name == source.name.text
            let sameImage = path == source.imagePath
            if sameName, sameImage {
                self = .entry(entry)
                return
            }
            if sameName || sameImage {
                self = .contradiction(
                    .configuredOtherwise(
                        source: source.name.text, image: source.imagePath.string, configured: entry.name, path: path.string,
                        place: entry.position.description))
                return
            }
        }
        self = pattern.map { .entry($0) } ?? .none
    }

    /// Whether there is a policy for it, or something that speaks against touching it.
    var isConfigured: Bool {
        switch self {
        case .none: false
        case .entry(let entry): entry.policy != nil
        case .contradiction: true
        }
    }
}
