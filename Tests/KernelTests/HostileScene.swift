// Two sources on one pool with files of other people beside them, and a way to look at all of that, byte by byte, before and after.

import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

struct HostileScene {
    let scene: CliScene
    /// Files that losnap has no business with, on the pool.
    let precious: FilePath
    /// The same on another filesystem.
    let elsewhere: FilePath
    /// The other source's snapshot directory.
    let others: FilePath
    /// The file of snapshot 2, about which is lied.
    let second: FilePath
    private let othersFile: String
    private let othersID: String
    private let othersSource: String

    static func with(_ body: (HostileScene) throws -> Void) throws {
        try CliScene.with(image: nil) { scene in try body(HostileScene(scene)) }
    }

    private init(_ scene: CliScene) throws {
        self.scene = scene
        precious = scene.pool.path.appending("precious")
        elsewhere = scene.scope.directory.appending("elsewhere")
        others = scene.pool.path.appending(".losnap").appending("other")
        for directory in [precious, elsewhere] {
            mkdir(directory.string, 0o755)
            try scene.scope.write("precious", to: directory.appending("file"))
        }
        for _ in 1...3 { try scene.create() }
        let other = try scene.scope.plainImage("other.img", in: scene.pool.path)
        try Command.run("chown", ["0:0", other.string])
        let taken = try scene.sandbox.json("create", other.string)["snapshot"]
        let path = try #require(taken["path"].string)
        othersFile = try #require(FilePath(path).lastComponent?.string)
        othersID = try #require(taken["id"].string)
        othersSource = try scene.sql("SELECT id FROM source WHERE name = 'other'").trimmingCharacters(in: .newlines)
        let shown = try scene.sandbox.json("show", "2")["snapshot"]
        second = FilePath(try #require(shown["path"].string))
        symlink(precious.appending("file").string, scene.snapshots.appending("link").string)
        symlink(precious.string, scene.snapshots.appending("directory-link").string)
        link(precious.appending("file").string, scene.snapshots.appending("hard-link").string)
    }

    /// The words that stand for this scene's paths.
    private func filled(_ text: String) -> String {
        [
            ("PRECIOUS", precious.string), ("POOL", scene.pool.path.string), ("OTHERSOURCE", othersSource), ("OTHERS", othersFile),
            ("OTHERID", othersID),
        ]
        .reduce(text) { $0.replacing($1.0, with: $1.1) }
    }

    /// Changes the catalogue as no losnap would.
    func plant(_ statements: String) throws {
        let pool = "SELECT pool_type, pool_uuid FROM directory LIMIT 1"
        func directory(_ row: Int, _ path: String, _ uuid: String = "pool_uuid") -> String {
            "INSERT INTO directory SELECT \(row), '\(path)', pool_type, \(uuid) FROM (\(pool)); "
        }
        let places =
            directory(100, "PRECIOUS") + directory(101, "POOL/.losnap/other/.") + directory(102, "POOL/.losnap/home/../other")
            + directory(103, "POOL/.losnap/home", "'00000000-0000-4000-8000-000000000000'") + directory(104, "../precious")
        try scene.sql("PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON; \(filled(places + statements));")
    }

    /// Makes a field of the record of snapshot 2 say something else.
    func lie(_ field: String, _ value: String) throws {
        let text = try attribute(of: second)
        let pattern = try Regex("\"\(field)\":(\"[^\"]*\"|[0-9]+)")
        let changed = text.replacing(pattern, with: "\"\(field)\":\(filled(value))", maxReplacements: 1)
        try #require(changed != text)
        try write(Array(changed.utf8), to: second)
    }

    func attribute(of path: FilePath) throws -> String {
        try Command.run("getfattr", ["--absolute-names", "--only-values", "-n", "trusted.losnap", path.string])
    }

    func write(_ bytes: [UInt8], to path: FilePath) throws {
        try Command.run("chattr", ["-i", path.string])
        let hex = "0x" + bytes.map { String(Int($0) + 0x100, radix: 16).dropFirst() }.joined()
        try Command.run("setfattr", ["-n", "trusted.losnap", "-v", hex, path.string])
    }

    /// Runs every command, and looks that what is none of its business stayed as it was.
    func expectHarmless(andRebuilt isRebuilt: Bool = false, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let before = try surroundings()
        let copy = scene.scope.freshPath("copy").string
        let mountPoint = try scene.scope.freshDirectory("mounted").string
        let commands: [[String]] = [
            ["list"], ["list", "--json"], ["show", "2"], ["show", "home@latest", "--json"], ["log"], ["check"], ["source", "list"],
            ["prune", "home", "--keep-last", "1", "--dry-run"], ["repair", "--dry-run"], ["label", "2", "x"], ["tag", "2", "--add", "t"],
            ["hold", "2"],
            ["release", "2"], ["mount", "2", mountPoint], ["umount", mountPoint], ["restore", "2", "--to", copy],
            ["restore", "2", "--dry-run"],
            ["restore", "2"], ["create", "home"], ["delete", "2"], ["prune", "home", "--keep-last", "1"], ["repair"],
            ["repair", "--forget"],
            ["repair", scene.snapshots.string],
        ]
        for command in commands { try run(command, sourceLocation) }
        if isRebuilt {
            for ending in ["", "-wal", "-shm", ".reserve"] { unlink(scene.sandbox.catalogue.string + ending) }
            try run(["repair", "--rebuild", scene.pool.path.string], sourceLocation)
            for command in [["list"], ["prune", "home", "--keep-last", "1"], ["repair"], ["delete", "2"]] {
                try run(command, sourceLocation)
            }
        }
        unlink(copy)
        #expect(try surroundings() == before, sourceLocation: sourceLocation)
        scene.expectNothingFrozen(sourceLocation: sourceLocation)
    }

    private func run(_ command: [String], _ sourceLocation: SourceLocation) throws {
        let outcome = try scene.sandbox.losnap.run(command, sourceLocation: sourceLocation)
        let documented: [Int32] = [0, 1, 2, 3, 64, 65, 66, 69, 73, 74, 75, 77, 78]
        #expect(documented.contains { outcome.status == .exited($0) }, "\(command): \(outcome)", sourceLocation: sourceLocation)
        if !outcome.succeeded {
            let isTold = outcome.stderr.contains("losnap: error: ") || outcome.stderr.contains("\"error\"") || command == ["check"]
            #expect(isTold, "\(command): \(outcome)", sourceLocation: sourceLocation)
        }
    }

    /// Every file and link of the pool, but for the image and the snapshot directory of the source that is lied about, and of the other filesystem.
    private func surroundings() throws -> String {
        let mine = ["-path", scene.snapshots.string, "-prune", "-o", "-path", scene.image.string, "-prune", "-o"]
        let places = [scene.pool.path.string, elsewhere.string]
        let look = ["-xdev"] + mine
        // Of directories no times: a name that comes and goes in the pool's own is how an image is exchanged.
        let listed = try Command.run("find", places + look + ["!", "-type", "d", "-printf", "%p %y %i %s %T@ %m %U %G %n %l\\n"])
        let directories = try Command.run("find", places + look + ["-type", "d", "-printf", "%p %i %m %U %G\\n"])
        let contents = try Command.run("find", places + look + ["-type", "f", "-exec", "sha256sum", "{}", "+"])
        return [listed, directories, contents].map { $0.split(separator: "\n").sorted().joined(separator: "\n") }.joined(separator: "\n")
    }
}
