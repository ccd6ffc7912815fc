// What SQLite's result codes mean for a person. The rule: the same code is told apart by what the disk says: "unable to open
// database file" is a full disk, a read-only one or a missing right, and each has another remedy.

import CloneCore
import GRDB
import SystemPackage

extension CatalogueFile {
    /// The error for what went wrong in SQLite or GRDB.
    func failure(_ error: any Error) -> SnapshotsError {
        if let error = error as? SnapshotsError { return error }
        if let damage = error as? RowReader.Damage { return .catalogueCorrupt(path: path, detail: damage.description) }
        guard let error = error as? DatabaseError else { return .catalogueFailed(path: path, detail: "\(error)") }
        let detail = error.message ?? "\(error.resultCode)"
        // What SQLite then reads need not make sense; that is no damage.
        if error.resultCode != .SQLITE_CONSTRAINT, isOnDeadFilesystem { return .catalogueInputOutput(path: path, detail: detail) }
        switch error.resultCode {
        case .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_PROTOCOL: return .catalogueLocked(path: path)
        case .SQLITE_NOTADB: return .notACatalogue(path: path, problem: .notSQLite)
        case .SQLITE_CORRUPT, .SQLITE_FORMAT: return .catalogueCorrupt(path: path, detail: detail)
        // The mark says that it is a catalogue, and what every catalogue has is not there.
        case .SQLITE_ERROR where detail.hasPrefix("no such ") || detail.hasPrefix("unsupported file format"):
            return .catalogueCorrupt(path: path, detail: detail)
        case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH: return .catalogueNotWritable(path: path, problem: writeProblem)
        case .SQLITE_CANTOPEN:
            if isOnReadOnlyFilesystem { return .catalogueNotWritable(path: path, problem: .readOnlyFilesystem) }
            if isOnFullFilesystem { return .catalogueFull(path: path) }
            if !directoryIsWritable || !isReadable { return .catalogueNotWritable(path: path, problem: .notPermitted) }
            return .catalogueFailed(path: path, detail: detail)
        case .SQLITE_IOERR where isAtFileSizeLimit, .SQLITE_FULL where isAtFileSizeLimit:
            return .clone(.system(.write, path: path.string, .fileTooLarge))
        case .SQLITE_FULL: return .catalogueFull(path: path)
        case .SQLITE_IOERR:
            // Growing the shared-memory file on a full disk is told as an I/O error.
            return isOnFullFilesystem ? .catalogueFull(path: path) : .catalogueInputOutput(path: path, detail: detail)
        case .SQLITE_CONSTRAINT: return .catalogueFailed(path: path, detail: "an invariant was about to be broken: \(detail)")
        default: return .catalogueFailed(path: path, detail: detail)
        }
    }

    private var writeProblem: WriteProblem {
        isOnReadOnlyFilesystem ? .readOnlyFilesystem : .notPermitted
    }
}
