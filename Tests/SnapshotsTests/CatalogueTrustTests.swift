// Where a catalogue may lie, and whose it has to be: nobody else may have chosen, written or renamed it.

import Foundation
import Glibc
import Policy
import SystemPackage
import Testing

@testable import Snapshots

@Suite("Opening a catalogue: trust")
struct CatalogueTrustTests: CatalogueSuite {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    @Test("makes files and directories for this user alone, whatever the umask")
    func modes() throws {
        let directory = scratch.path.appending("a").appending("b")
        let path = directory.appending("c.sqlite")
        let before = umask(0)
        defer { umask(before) }
        let catalogue = try Catalogue.open(path: path, mode: .creating, now: Sample.now)
        try catalogue.add(Sample.source(), event: Sample.occasion(.sourceAdded))
        for ending in ["", "-wal", "-shm", ".reserve"] { #expect(mode(FilePath(path.string + ending)) == 0o600, "\(ending)") }
        #expect(mode(directory) == 0o700)
        #expect(mode(scratch.path.appending("a")) == 0o700)
        try catalogue.close()
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.string).sorted() == ["c.sqlite", "c.sqlite.reserve"])
    }

    @Test("is not made beneath a link that leads nowhere")
    func linkToNowhere() throws {
        let link = scratch.path.appending("link")
        symlink(scratch.path.appending("nowhere").appending("at-all").string, link.string)
        for path in [link.appending("c.sqlite"), link.appending("a").appending("b").appending("c.sqlite")] {
            #expect(errorCode { _ = try Catalogue.open(path: path, mode: .creating, now: Sample.now) } == "not_a_directory")
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path.string) == ["link"])
    }

    @Test("through a symbolic link is refused")
    func link() throws {
        try make()
        let other = FilePath(path.string + ".link")
        symlink(path.string, other.string)
        #expect(errorCode { _ = try Catalogue.open(path: other, mode: .reading, now: Sample.now) } == "not_a_catalogue")
    }

    @Test("of somebody else is refused", .enabled(if: geteuid() == 0, "needs root to give files away"))
    func owner() throws {
        try make()
        chown(path.string, 1234, 0)
        #expect(code() == "catalogue_exposed")
        chown(path.string, 0, 0)
        #expect(code() == nil)
        chown(scratch.path.string, 1234, 0)
        #expect(code() == "catalogue_exposed")
        chown(scratch.path.string, 0, 0)
    }

    @Test(
        "that others may write, or whose directory they may, is refused",
        arguments: [
            (0o660, 0o700), (0o602, 0o700), (0o600, 0o770), (0o600, 0o707), (0o600, 0o1777),
        ])
    func writableByOthers(file: UInt32, directory: UInt32) throws {
        try make()
        chmod(path.string, file)
        chmod(scratch.path.string, directory)
        #expect(code() == "catalogue_exposed")
        #expect(code(.creating) == "catalogue_exposed")
    }

    @Test("below a directory that others may write is refused to root", .enabled(if: geteuid() == 0, "the rule is for root"))
    func parents() throws {
        let directory = scratch.path.appending("inner")
        let path = directory.appending("c.sqlite")
        try Catalogue.open(path: path, mode: .creating, now: Sample.now).close()
        chmod(scratch.path.string, 0o777)
        #expect(errorCode { _ = try Catalogue.open(path: path, mode: .reading, now: Sample.now) } == "catalogue_exposed")
        chmod(scratch.path.string, 0o1777)
        try Catalogue.open(path: path, mode: .reading, now: Sample.now).close()
    }

    @Test("by a relative or overlong path is refused")
    func paths() {
        for path in [FilePath("c.sqlite"), FilePath("/" + String(repeating: "a", count: 5000))] {
            #expect(errorCode { _ = try Catalogue.open(path: path, mode: .creating, now: Sample.now) } == "invalid_path")
        }
        #expect(errorCode { _ = try Catalogue.open(path: "/", mode: .creating, now: Sample.now) } == "not_a_catalogue")
        let long = scratch.path.appending(String(repeating: "a", count: 300))
        #expect(errorCode { _ = try Catalogue.open(path: long, mode: .creating, now: Sample.now) } == "invalid_path")
    }
}
