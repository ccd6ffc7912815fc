// From the entries of a configuration to single images: one each, or all that match a pattern now. The rule: an image belongs to the entry that
// names it, else to the first pattern that it matches; only regular files match, for a link may lead out of the directory that was meant, and
// in a directory where anybody can put files only those of root, its owner and ours, for whoever put one there has no say in what root does.

import CloneCore
import Configuration
public import Snapshots
import SystemPackage

/// One image that an entry is about.
struct ConfiguredImage: Sendable, Hashable {
    /// The entry.
    let entry: ConfiguredSource
    /// What a source of it is to be called: the entry's name, or of a pattern the file's without its extension.
    let name: String
    /// Where it is.
    let path: FilePath
    /// Whether the entry has a pattern, so that it is no loss when there is no such image.
    let isMatch: Bool
}

extension ConfiguredSources {
    /// The images of an entry.
    ///
    /// - Throws: what keeps the directory of a pattern from being read.
    func images(of item: ResolvedEntry) throws(CloneError) -> [ConfiguredImage] { try matches(of: item).images }

    /// The images of an entry, and the files that its pattern matches but that are skipped; nil: none.
    ///
    /// - Parameter registered: images that are sources already: of too many these stay.
    func matches(
        of item: ResolvedEntry, registered: Set<FilePath> = []
    ) throws(CloneError) -> (images: [ConfiguredImage], skipped: SkippedMatches?) {
        guard case .glob(let directory, _) = item.image else {
            guard case .one(let path) = item.image else { return ([], nil) }
            return ([ConfiguredImage(entry: item.entry, name: item.entry.name, path: path, isMatch: false)], nil)
        }
        let earlier = entries.prefix { $0 != item }
        let named = Set(entries.compactMap { if case .one(let path) = $0.image { path } else { nil } })
        var images: [ConfiguredImage] = []
        var skipped = SkippedMatches(entry: item.entry.name)
        for file in try regularFiles(in: directory) {
            let path = directory.appending(file.name)
            guard item.image.matches(path), !named.contains(path), !earlier.contains(where: { $0.image.matches(path) }) else { continue }
            if let owner = file.foreignOwner {
                skipped.add(path, owner: owner)
            } else {
                images.append(ConfiguredImage(entry: item.entry, name: path.stem ?? file.name, path: path, isMatch: true))
            }
        }
        skipped.beyond = max(0, images.count - SkippedMatches.mostImages)
        if skipped.beyond > 0 {
            let kept = images.filter { registered.contains($0.path) } + images.filter { !registered.contains($0.path) }
            images = Array(kept.prefix(SkippedMatches.mostImages))
        }
        return (images, skipped.isEmpty ? nil : skipped)
    }

    /// The names of the sources that entries have for single images.
    var singleNames: Set<String> {
        Set(entries.compactMap { if case .one = $0.image { $0.entry.name } else { nil } })
    }

    /// What the sources of its images are called, or would be; what a pattern matches in a directory that can't be read is left out.
    public var imageNames: [String] { entries.flatMap { (try? images(of: $0).map(\.name)) ?? [] } }

    /// The image that a source of that name would have.
    private func image(called name: String) -> FilePath? {
        for item in entries where item.entry.name == name { if case .one(let path) = item.image { return path } }
        for item in entries {
            if case .glob = item.image, let match = try? images(of: item).first(where: { $0.name == name }) { return match.path }
        }
        return nil
    }

    /// The source that is meant, to take a snapshot of: one of the catalogue, one of the configuration, or an image that is new to both. What is
    /// new is registered with its first snapshot, under the name that the configuration has for it.
    public func source(_ reference: SourceReference, in store: Store) throws(SnapshotsError) -> Source {
        switch reference {
        case .path(let path):
            let image = try store.imagePath(behind: path)
            if let item = entries.first(where: { $0.image == .one(image) }), try store.registered(image) == nil {
                return try store.proposeSource(name: SourceName(parsing: item.entry.name), image: image)
            }
            return try store.findOrPropose(reference)
        case .name(let name):
            do throws(SnapshotsError) {
                return try store.findOrPropose(reference)
            } catch .unknownSource(let reference, let nearest) {
                guard let image = image(called: name.text) else { throw .unknownSource(reference: reference, nearest: nearest) }
                return try store.proposeSource(name: name, image: image)
            }
        }
    }
}

/// The regular files in a directory, by name, each with the owner who is foreign where that matters; a name that is not UTF-8 can't be given to a
/// source.
private func regularFiles(in directory: FilePath) throws(CloneError) -> [(name: String, foreignOwner: UInt32?)] {
    try calling(.list, directory.string) { () throws(Errno) in
        var stream = try DirectoryStream(directory.string)
        let isOpen = try stream.isOpenToOthers()
        var files: [(name: String, foreignOwner: UInt32?)] = []
        while let entry = try stream.next() {
            guard entry.isExact, stream.isRegularFile(entry) else { continue }
            files.append((entry.name, isOpen ? stream.foreignOwner(entry) : nil))
        }
        return files.sorted { $0.name < $1.name }
    }
}
