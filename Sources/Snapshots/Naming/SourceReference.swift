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
        guard text.contains("/") else {
            self = .name(try SourceName(parsing: text))
            return
        }
        guard !text.utf8.contains(0) else { throw .invalidSourceName(text: text, problem: .controlCharacter) }
        let path = FilePath(text)
        guard path.length < 4096 else { throw .invalidPath(path: path, problem: .tooLong) }
        self = .path(path)
    }
}

extension [Source] {
    /// The source that is meant: one in use, else the one removed source of that name that is kept listed. A path must be the image's own.
    ///
    /// - Throws: ``SnapshotsError/unknownSource(reference:nearest:)``, ``SnapshotsError/ambiguousSource(reference:candidates:)``
    public func resolve(_ reference: SourceReference) throws(SnapshotsError) -> Source {
        let text: String
        let matches: [Source]
        switch reference {
        case .name(let name):
            text = name.text
            matches = filter { $0.name == name }
        case .path(let path):
            text = path.string
            matches = filter { $0.imagePath == path }
        }
        if let current = matches.first(where: { !$0.isRemoved }) { return current }
        guard let removed = matches.first else {
            let known = self.filter { !$0.isRemoved }.map { text.contains("/") ? $0.imagePath.string : $0.name.text }
            throw .unknownSource(reference: text, nearest: nearestNames(to: text, among: known))
        }
        guard matches.count == 1 else { throw .ambiguousSource(reference: text, candidates: matches.map(\.id)) }
        return removed
    }
}
