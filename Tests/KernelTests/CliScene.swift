// What the end-to-end tests begin with: a pool, an image in it, and losnap beside it. The rule: what a refused command has to leave alone is
// looked at as a whole, before and after: every file of the pool, every row of the catalogue, every loop device, every freeze.

import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

/// A pool, an image called `home.img` in it, and a losnap with a catalogue of its own.
struct CliScene {
    let scope: TestScope
    let pool: Pool
    /// The image file.
    let image: FilePath
    /// Where it is mounted; nil if it is not.
    let mounted: MountedImage?
    let sandbox: Sandbox

    /// Where its snapshots go.
    var snapshots: FilePath { pool.path.appending(".losnap").appending("home") }

    /// Runs the body with a scene; `imageKind` nil leaves the image unmounted, without a filesystem.
    static func with(
        pool: Filesystem = .xfs, image kind: Filesystem? = .ext4, poolSize: Int? = nil, sourceLocation: SourceLocation = #_sourceLocation,
        _ body: (CliScene) throws -> Void
    ) throws {
        try TestScope.with(sourceLocation: sourceLocation) { scope in
            let pool = try scope.pool(pool, size: poolSize ?? 1 << 30)
            let mounted = try kind.map { try scope.mountedImage(in: pool.path, $0) }
            let image = try mounted?.file ?? scope.plainImage(in: pool.path)
            try body(CliScene(scope: scope, pool: pool, image: image, mounted: mounted, sandbox: scope.sandbox()))
        }
    }

    /// Takes a snapshot of the image; its number.
    @discardableResult
    func create(_ arguments: String..., sourceLocation: SourceLocation = #_sourceLocation) throws -> Int {
        let outcome = try sandbox.losnap.run(["create", image.string, "--json"] + arguments)
        try #require(outcome.succeeded, "\(outcome.status) \(outcome.stderr)", sourceLocation: sourceLocation)
        return try #require(JSONValue(parsing: outcome.stdout)["snapshot"]["number"].integer, sourceLocation: sourceLocation)
    }

    /// The numbers that `list` shows, oldest first.
    func numbers() throws -> [Int] { try listed().compactMap { $0["number"].integer } }

    /// The snapshots that `list` shows, oldest first.
    func listed() throws -> [JSONValue] { try sandbox.json("list")["snapshots"].array ?? [] }

    /// The snapshot files of the source.
    func files() throws -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: snapshots.string)) ?? []
        return names.filter { $0 != "CACHEDIR.TAG" }.sorted()
    }

    /// Changes or reads the catalogue behind losnap's back.
    @discardableResult
    func sql(_ statement: String) throws -> String { try Command.run("sqlite3", [sandbox.catalogue.string, statement]) }

    /// Asserts that nothing is frozen, and that no freeze record is left.
    func expectNothingFrozen(sourceLocation: SourceLocation = #_sourceLocation) {
        if let mounted { #expect(mounted.mount.thaw() == 0, "the image was frozen", sourceLocation: sourceLocation) }
        #expect(pool.mount.thaw() == 0, "the pool was frozen", sourceLocation: sourceLocation)
        let records = (try? FileManager.default.contentsOfDirectory(atPath: sandbox.runtime.appending("frozen").string)) ?? []
        #expect(records.isEmpty, sourceLocation: sourceLocation)
    }

    /// Everything that a command which is refused may not change.
    func picture() throws -> Picture {
        let find = ["-xdev", "(", "-type", "f", "-o", "-type", "l", ")", "!", "-name", "CACHEDIR.TAG", "-printf", "%P %i %s %n %m\\n"]
        var rows = ""
        if FileManager.default.fileExists(atPath: sandbox.catalogue.string) {
            rows = try sql("SELECT * FROM source; SELECT * FROM snapshot; SELECT * FROM snapshot_tag;")
        }
        return Picture(
            files: try Command.run("find", [pool.path.string] + find).split(separator: "\n").sorted().joined(separator: "\n"), rows: rows,
            loops: try Command.run("losetup", ["--noheadings", "--raw", "--output", "NAME,BACK-FILE"])
                .split(separator: "\n").filter { $0.contains(scope.directory.string) }.sorted().joined(separator: "\n"),
            mounts: try (1...3).map { _ in try countMounts() }.max() ?? 0)
    }

    /// A reading of the table may miss an entry while other tests mount and unmount.
    private func countMounts() throws -> Int {
        try mountInfo().split(separator: "\n").count { $0.contains(scope.directory.string) }
    }

    /// Asserts that the scene looks as it did.
    func expectUnchanged(since before: Picture, sourceLocation: SourceLocation = #_sourceLocation) throws {
        var after = try picture()
        // Lists of the whole machine may miss an entry while other tests change them, and a loop device lets go a moment after umount; what is
        // left behind stays there.
        for _ in 0..<20 where after != before {
            usleep(50_000)
            after = try picture()
        }
        #expect(after.files == before.files, sourceLocation: sourceLocation)
        #expect(after.rows == before.rows, sourceLocation: sourceLocation)
        #expect(after.loops == before.loops, sourceLocation: sourceLocation)
        #expect(after.mounts == before.mounts, sourceLocation: sourceLocation)
    }

    /// What a scene looked like at one moment.
    struct Picture: Equatable {
        let files: String
        let rows: String
        let loops: String
        let mounts: Int
    }
}

extension TestScope {
    /// An image that is not mounted, of which nobody knows the filesystem: some text in a megabyte of nothing.
    func plainImage(_ name: String = "home.img", in directory: FilePath, holding text: String = "the content of an image") throws
        -> FilePath
    {
        let path = directory.appending(name)
        try makeSparseFile(path, size: 1 << 20)
        let file = try FileDescriptor.open(path, .writeOnly)
        try file.closeAfter { _ = try file.writeAll(text.utf8) }
        return path
    }
}
