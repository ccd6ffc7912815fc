// How a source is named on the command line. The rule: what has a `/` in it is a path, everything else is a name, so that nothing in the
// working directory can change what a name means.

import CloneCore
public import SystemPackage

/// A source as somebody named it.
public enum SourceReference: Hashable, Sendable {
    /// By its name.
    case name(SourceName)
    /// By a path: an image or a mount point, which the caller traces to its image.
    case path(FilePath)

    /// What `text` means.
    ///
    /// - Throws: ``SnapshotsError/invalidSourceName(text:problem:)``, ``SnapshotsError/invalidPath(path:problem:)``
    public init(parsing text: String) throws(SnapshotsError) {
        // As bytes: what follows a slash may join with it to another character.
        guard text.utf8.contains(UInt8(ascii: "/")) else {
            self = .name(try SourceName(parsing: text))
            return
        }
        guard !text.utf8.contains(0) else { throw .invalidSourceName(text: text, problem: .controlCharacter) }
        let path = FilePath(text)
        guard path.length < 4096 else { throw .invalidPath(path: path, problem: .tooLong) }
        self = .path(path)
    }

    /// The name or the path, for messages.
    public var text: String {
        switch self {
        case .name(let name): name.text
        case .path(let path): path.string
        }
    }

    /// Whether what has these names and this image is meant.
    package func means(_ names: [String], image: FilePath) -> Bool {
        switch self {
        case .name(let name): names.contains(name.text)
        case .path(let path): path == image
        }
    }
}

extension [Source] {
    /// The source that is meant: one in use, else the one removed source of that name that is kept listed. A path must be the image's own.
    ///
    /// - Throws: ``SnapshotsError/unknownSource(reference:nearest:)``, ``SnapshotsError/ambiguousSource(reference:candidates:)``
    public func resolve(_ reference: SourceReference) throws(SnapshotsError) -> Source {
        let text = reference.text
        let matches = filter { reference.means([$0.name.text], image: $0.imagePath) }
        if let current = matches.first(where: { !$0.isRemoved }) { return current }
        guard let removed = matches.first else {
            let known = self.filter { !$0.isRemoved }.map { text.contains("/") ? $0.imagePath.string : $0.name.text }
            throw .unknownSource(reference: text, nearest: nearestNames(to: text, among: known))
        }
        guard matches.count == 1 else { throw .ambiguousSource(reference: text, candidates: matches.map(\.id)) }
        return removed
    }
}
