// What the tests of opening a catalogue share: a directory of their own, and a catalogue in it.

import Policy
import Glibc
import SystemPackage

@testable import Snapshots

/// Tests of one catalogue.
protocol CatalogueSuite {
    var scratch: Scratch { get }
}

extension CatalogueSuite {
    var path: FilePath { scratch.catalogue }

    func open(_ mode: CatalogueMode, busyTimeout: Double = 0) throws(SnapshotsError) -> Catalogue {
        try Catalogue.open(path: path, mode: mode, now: Sample.now, busyTimeout: busyTimeout)
    }

    func make() throws {
        try open(.creating).close()
    }

    func mode(_ path: FilePath) -> UInt32? {
        var status = stat()
        return lstat(path.string, &status) == 0 ? status.st_mode & 0o7777 : nil
    }

    func code(_ mode: CatalogueMode = .reading) -> String? {
        errorCode { try open(mode).close() }
    }
}
