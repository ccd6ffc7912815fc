// By which names a run or a check can be asked to see to something: a source's own, its entry's in the configuration, and its group's. The rule:
// the same for all commands, so that what is named means the same everywhere.

import Configuration
import Snapshots

extension ConfiguredSource {
    /// The entry's name and its group.
    var selectors: [String] { [name, group].compactMap(\.self) }
}

extension ConfiguredSources {
    /// The names of a source of the catalogue; of one that the configuration contradicts only its own.
    func selectors(of source: Source) -> [String] {
        guard case .entry(let entry) = match(source) else { return [source.name.text] }
        return [source.name.text] + entry.selectors
    }
}

extension RunTarget {
    /// The names of an image that a run sees to.
    var selectors: [String] { [name] + configured.entry.selectors }
}

extension SourceReference {
    /// The same with the image behind a mount point; what can't be traced stays as it is.
    func traced(in store: Store?) -> SourceReference {
        guard case .path(let path) = self, let image = try? store?.imagePath(behind: path) else { return self }
        return .path(image)
    }
}
