// Whether a catalogue is damaged, in SQLite's own judgement. The rule: a disk that does not answer is no damage: what can't be read now may be
// whole, and is not to be replaced.

import CloneCore
import GRDB

extension Catalogue {
    /// Reads all of the catalogue, its indexes against their tables too, up to the first fault.
    ///
    /// - Throws: ``SnapshotsError/catalogueCorrupt(path:detail:)`` for a fault, and whatever keeps it from being read.
    func checkWhole() throws(SnapshotsError) {
        let finding = try read { db in try String.fetchOne(db, sql: "PRAGMA integrity_check(1)") } ?? "no answer"
        if let failure = file.failure(finding: finding) { throw failure }
    }
}

extension CatalogueFile {
    /// What a line of `PRAGMA integrity_check` means; nil: all is well.
    func failure(finding: String) -> SnapshotsError? {
        if finding == "ok" { return nil }
        let detail = finding.split(separator: "\n").joined(separator: " ")
        // It goes on after a page that can't be read, and tells the code of the call (https://sqlite.org/rescode.html) in its text.
        if let found = detail.firstRange(of: "error code=") {
            let code = Int(detail[found.upperBound...].prefix { $0.isNumber }) ?? 0
            switch ResultCode(rawValue: CInt(truncatingIfNeeded: code)).primaryResultCode {
            case .SQLITE_IOERR: return .catalogueInputOutput(path: path, detail: detail)
            case .SQLITE_NOMEM: return .catalogueFailed(path: path, detail: detail)
            default: break
            }
        }
        return .catalogueCorrupt(path: path, detail: detail)
    }
}
