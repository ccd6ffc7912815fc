// One losnap installation: catalogue, configuration, user, and the snapshots that the storm knows of.

import Synchronization

/// One of the catalogues that are worked with.
final class Catalogue: Sendable {
    /// What has been seen and promised. A snapshot is named by its UUID.
    struct Known: Sendable {
        var seen: [String: Snapshot] = [:]
        var numbers: [Int: String] = [:]
        /// What a command reported as created.
        var reported: [String: Snapshot] = [:]
        /// Held for good: never released, and so never to go; since when.
        var sacred: [String: (snapshot: Snapshot, since: Double)] = [:]
        /// What somebody releases, or holds for a time only.
        var loose: Set<String> = []
        /// Files that the storm removed by hand, and when.
        var removed: [String: Double] = [:]
        /// The latest whole list.
        var listed: [Snapshot] = []
        /// Files that the storm copied into snapshot directories.
        var copies: Set<String> = []
        /// What the source of the image `rn` is called now.
        var renamed = "rn"
    }

    let name: String
    /// losnap, with what starts it for somebody else in front.
    let program: [String]
    let environment: [String: String]
    /// The images that are its sources.
    let images: [String]
    /// Whether it is root's.
    let isPrivileged: Bool
    let known = Mutex(Known())

    init(name: String, program: [String], environment: [String: String], images: [String], isPrivileged: Bool = true) {
        self.name = name
        self.program = program
        self.environment = environment
        self.images = images
        self.isPrivileged = isPrivileged
    }

    /// The source of an image.
    func source(_ image: String) -> String { image == "rn" ? known.withLock { $0.renamed } : image }

    /// Takes down what a command showed.
    ///
    /// - Returns: what breaks a promise: a number that was given twice.
    func note(_ snapshots: [Snapshot]) -> [String] {
        known.withLock { known in
            snapshots.compactMap { snapshot in
                known.seen[snapshot.id] = snapshot
                if let first = known.numbers[snapshot.number], first != snapshot.id {
                    return "number \(snapshot.number) was given to \(first) and to \(snapshot.id)"
                }
                known.numbers[snapshot.number] = snapshot.id
                return nil
            }
        }
    }

    func isSacred(_ id: String) -> Bool { known.withLock { $0.sacred[id] != nil } }
}
