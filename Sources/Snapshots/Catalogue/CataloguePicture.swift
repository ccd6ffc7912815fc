// Reading a catalogue that lies on a filesystem which can't be written. Without a log SQLite reads the file as it is. With one, what a crash or a
// full disk has left, the file alone may be torn and stale: then file and log are copied to a place that can be written, brought
// together there, and read from memory; the copy is gone before this returns.

import Foundation
import GRDB
import Glibc
import SystemPackage

extension CatalogueFile {
    /// A connection that reads the catalogue as it is now.
    func picture(_ configuration: Configuration) throws -> DatabaseQueue {
        guard hasLog else { return try DatabaseQueue(path: immutableURI, configuration: configuration) }
        let place = try Self.privateDirectory()
        defer { try? FileManager.default.removeItem(atPath: place.string) }
        let copy = place.appending("catalogue.sqlite")
        for ending in ["", "-wal"] {
            try FileManager.default.copyItem(atPath: path.string + ending, toPath: copy.string + ending)
            chmod(copy.string + ending, 0o600)
        }
        var writable = configuration
        writable.readonly = false
        let queue = try DatabaseQueue(path: copy.string, configuration: writable)
        // Leaving WAL mode writes the log into the file.
        try queue.inDatabase { db in _ = try String.fetchOne(db, sql: "PRAGMA journal_mode = DELETE") }
        let memory = try DatabaseQueue(configuration: writable)
        try queue.backup(to: memory)
        try queue.close()
        return memory
    }

    private static func privateDirectory() throws -> FilePath {
        for parent in ["/run", "/dev/shm", "/tmp"] {
            var template = Array("\(parent)/losnap-catalogue-XXXXXX".utf8CString)
            if mkdtemp(&template) != nil { return FilePath(platformString: template) }
        }
        throw CocoaError(.fileWriteVolumeReadOnly)
    }
}
