// A catalogue on a filesystem that has given up: what SQLite says of it then is the disk's fault.

import GRDB
import SystemPackage
import TestSupport
import Testing

@testable import Snapshots

@Suite("Catalogue on a dead disk", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct CatalogueDeadDiskTests {
    @Test(
        "what looks damaged is an I/O error while the disk does not answer",
        arguments: [ResultCode.SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_ERROR], [Filesystem.xfs, .ext4])
    func dead(code: ResultCode, filesystem: Filesystem) throws {
        try TestScope.with { scope in
            let pool = try scope.pool(filesystem)
            let path = pool.path.appending("catalogue.sqlite")
            try scope.makeSparseFile(path, size: 4096)
            let file = try CatalogueFile(path: path)
            let error = DatabaseError(resultCode: code, message: "no such thing")
            #expect(file.failure(error).code != "catalogue_io")
            try Command.run("xfs_io", ["-x", "-c", "shutdown", pool.path.string])
            #expect(file.failure(error).code == "catalogue_io")
        }
    }
}
