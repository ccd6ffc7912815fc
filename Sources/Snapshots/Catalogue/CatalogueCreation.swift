// Making a new catalogue. The rule: it appears under its name only when it is whole. So it is made under another name and then linked;
// an empty or half-made file by the catalogue's name is therefore never taken for a new one, which would begin to count at 1 again. Nor is one made
// in the place of one that was lost: it would be good, so that nothing could be rebuilt there any more.

import CloneCore
import Policy
import Foundation
import GRDB
import Glibc
import SystemPackage

extension CatalogueFile {
    /// Makes a catalogue of that UUID at the path, its directory too if there is none. Another process may be faster; then theirs counts.
    func create(id: Identifier, at now: Instant, user: UInt32) throws(SnapshotsError) {
        try prepareDirectory(user: user)
        if isOnReadOnlyFilesystem { throw .catalogueNotWritable(path: path, problem: .readOnlyFilesystem) }
        // A log of another catalogue would be read into this one. Asked in this order, for another process may just be making both.
        if hasLog, try !isThere(user: user) { throw .notACatalogue(path: path, problem: .logAlone) }
        if try isLost(user: user) { throw .catalogueLost(path: path) }
        let draft = FilePath(path.string + ".new-" + Identifier.random().prefix)
        // The mode is set before SQLite writes the first byte; its side files take it over.
        let descriptor = open(draft.string, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure(errno) }
        // Only now is it known that the name is ours to remove.
        defer { for ending in ["", "-wal", "-shm", "-journal"] { unlink(draft.string + ending) } }
        let modeIsSet = fchmod(descriptor, 0o600) == 0
        close(descriptor)
        guard modeIsSet else { throw failure(errno) }
        do {
            try fill(draft, id: id, at: now)
        } catch {
            let failure = failure(error)
            // What this process has just written can't have been damaged before: the disk does not give it back.
            if case .catalogueCorrupt(_, let detail) = failure { throw .catalogueInputOutput(path: path, detail: detail) }
            throw failure
        }
        guard link(draft.string, path.string) == 0 || errno == EEXIST else { throw failure(errno) }
        try sync(directory)
    }

    /// Makes the catalogue's directory if there is none, and proves that nobody else can change what lies in it.
    func prepareDirectory(user: UInt32) throws(SnapshotsError) {
        try checkDirectories(user: user, makes: true)
    }

    private func fill(_ draft: FilePath, id: Identifier, at now: Instant) throws {
        let queue = try DatabaseQueue(path: draft.string, configuration: .keepingQueue())
        try queue.inDatabase { db in
            _ = try String.fetchOne(db, sql: "PRAGMA journal_mode = WAL")
            try db.execute(sql: "PRAGMA synchronous = FULL")
            try db.inTransaction(.immediate) {
                try Schema.migrate(db)
                try db.execute(
                    sql: "INSERT INTO meta (only, id, created_at) VALUES (1, ?, ?)", arguments: [id.description, now.milliseconds])
                return .commit
            }
        }
        // Closing writes the log into the file, and removes it.
        try queue.close()
    }

    /// A new name survives a power cut only when its directory has been synced.
    private func sync(_ directory: FilePath) throws(SnapshotsError) {
        let descriptor = open(directory.string, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure(errno) }
    }
}
