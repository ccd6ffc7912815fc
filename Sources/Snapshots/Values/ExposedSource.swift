// A source whose snapshots can't go where they were to go, for the hint.

import CloneCore
import SystemPackage

/// Of a source, what its next command has to name.
public struct ExposedSource: Sendable, Hashable {
    let name: SourceName
    let image: FilePath
    /// Whether the catalogue knows it; else it was to be registered with its first snapshot.
    let isRegistered: Bool

    /// The command that gives it another directory, which the user has to name.
    var command: String {
        isRegistered
            ? "losnap source move \(name) --directory DIR" : "losnap source add \(name) \(image.string.shellWord.shown) --directory DIR"
    }
}
