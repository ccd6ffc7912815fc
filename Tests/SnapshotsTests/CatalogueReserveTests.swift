// The file beside a catalogue that is given up when the disk is full; and what it and a log tell of a catalogue that was lost.

import Foundation
import Glibc
import Policy
import SystemPackage
import Testing

@testable import Snapshots

@Suite("Opening a catalogue: the reserve, and what was lost")
struct CatalogueReserveTests: CatalogueSuite {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    @Test("that is gone, while its log is there, is not made anew: the log would be read into it")
    func logAlone() throws {
        let catalogue = try open(.creating)
        try catalogue.add(Sample.source(), event: Sample.occasion(.sourceAdded))
        // The copy of a log that has not been written into the catalogue yet.
        let log = try Data(contentsOf: URL(fileURLWithPath: path.string + "-wal"))
        try catalogue.close()
        unlink(path.string)
        try log.write(to: URL(fileURLWithPath: path.string + "-wal"))
        #expect(code(.creating) == "not_a_catalogue")
        #expect(code(.reading) == "catalogue_lost")
        unlink(path.string + "-wal")
        CatalogueReserve(besides: path).giveUp()
        #expect(code(.reading) == "catalogue_missing")
        #expect(try open(.creating).sources().isEmpty)
    }

    @Test("that is gone, while its reserve is there, is not made anew: a good one could not be rebuilt any more")
    func reserveAlone() throws {
        try open(.creating).close()
        unlink(path.string)
        for mode in [CatalogueMode.reading, .writing, .creating] { #expect(code(mode) == "catalogue_lost") }
        let left = try FileManager.default.contentsOfDirectory(atPath: path.removingLastComponent().string)
        #expect(left == [path.lastComponent!.string + ".reserve"])
        // What is somebody's own is no trace of a catalogue.
        let reserve = CatalogueReserve(besides: path)
        #expect(reserve.giveUp())
        try Data("mine".utf8).write(to: URL(fileURLWithPath: reserve.path.string))
        #expect(code(.reading) == "catalogue_missing")
        #expect(try open(.creating).sources().isEmpty)
    }

    @Test("leaves a file alone that has the reserve's name but was not made by it")
    func reserveOfSomebody() throws {
        let reserve = CatalogueReserve(besides: path)
        try make()
        #expect(reserve.giveUp())
        let theirs = Data("kept for a rainy day".utf8)
        try theirs.write(to: URL(fileURLWithPath: reserve.path.string))
        try open(.writing).close()
        #expect(!reserve.restoreIfPossible() && !reserve.giveUp())
        #expect(FileManager.default.contents(atPath: reserve.path.string) == theirs)
        // What a crash left of a reserve is made anew.
        try FileManager.default.removeItem(atPath: reserve.path.string)
        #expect(reserve.restoreIfPossible())
        #expect(truncate(reserve.path.string, 5000) == 0 && !reserve.isThere)
        #expect(reserve.restoreIfPossible() && reserve.isThere)
    }

    @Test("makes a reserve that really takes its space, gives it up and restores it")
    func reserve() throws {
        let catalogue = try open(.creating)
        let reserve = CatalogueReserve(besides: path)
        #expect(reserve.isThere)
        #expect(reserve.giveUp())
        #expect(!reserve.isThere)
        #expect(!reserve.giveUp())
        try Data(count: 10).write(to: URL(fileURLWithPath: reserve.path.string))
        #expect(!reserve.isThere)
        #expect(reserve.restoreIfPossible())
        #expect(reserve.isThere)
        #expect(mode(reserve.path) == 0o600)
        try catalogue.close()
    }
}
