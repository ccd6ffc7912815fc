// `create --if-changed` on images that are mounted and in use. The rule: what a program has written counts at once, synced or not; what a filesystem
// writes of its own accord does not reach 1 MiB.

import Foundation
import SystemPackage
import TestSupport
import Testing

@Suite("Create if changed", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct CliUnchangedTests {
    /// Writes into the mounted filesystem, leaving it to the page cache.
    private func write(kilobytes: Int, to name: String, in image: MountedImage) throws {
        let file = try FileDescriptor.open(
            image.path.appending(name), .writeOnly, options: [.create, .closeOnExec], permissions: .ownerReadWrite)
        try file.closeAfter { _ = try file.writeAll((0..<kilobytes << 10).map { _ in UInt8.random(in: 0...255) }) }
    }

    @Test(
        "a mounted image: nothing while it is idle, something as soon as a program has written",
        arguments: [
            (Filesystem.xfs, Filesystem.xfs), (.xfs, .ext4), (.xfs, .btrfs), (.btrfs, .ext4), (.btrfs, .xfs),
        ])
    func mounted(pool: Filesystem, image: Filesystem) throws {
        try CliScene.with(pool: pool, image: image) { scene in
            let mounted = try #require(scene.mounted)
            #expect(try scene.create("--if-changed") == 1)
            for _ in 1...3 {
                let idle = try scene.sandbox.json("create", "home", "--if-changed")
                #expect(idle["snapshot"] == .null)
                #expect(idle["unchanged"]["newest"] == 1 && idle["unchanged"]["source"] == "home")
                #expect(idle["unchanged"]["limit_bytes"] == 1_048_576)
            }
            try write(kilobytes: 64, to: "little", in: mounted)
            let little = try scene.sandbox.json("create", "home", "--if-changed")
            #expect(little["snapshot"] == .null)
            #expect(try #require(little["unchanged"]["differing_bytes"].integer) >= 64 << 10, "what was not synced has to count")
            let text = try scene.sandbox.run("create", "home", "--if-changed")
            #expect(text.succeeded && text.stderr.isEmpty)
            #expect(text.stdout.hasPrefix("home: unchanged since snapshot 1 ("), "\(text.stdout)")
            #expect(try scene.sandbox.run("create", "home", "--if-changed", "--quiet").stdout.isEmpty)
            #expect(try scene.numbers() == [1])
            try write(kilobytes: 4096, to: "much", in: mounted)
            #expect(try scene.sandbox.json("create", "home", "--if-changed=16MiB")["snapshot"] == .null)
            #expect(try scene.create("--if-changed") == 2)
            #expect(try scene.sandbox.json("create", "home", "--if-changed")["unchanged"]["newest"] == 2)
            let kinds = try scene.sandbox.json("log", "home")["events"].array?.map { $0["kind"].string ?? "" }
            #expect(kinds == ["source_added", "created"] + Array(repeating: "unchanged", count: 7) + ["created", "unchanged"])
            #expect(try scene.sandbox.run("log", "home").stdout.contains("bytes differ"))
            scene.expectNothingFrozen()
        }
    }

    @Test("nothing is frozen, and no file made, to find it out")
    func notFrozen() throws {
        try CliScene.with { scene in
            try scene.create()
            let strace = try #require(Command.find("strace"))
            let trace = scene.scope.freshPath("trace")
            let losnap = scene.sandbox.losnap
            let outcome = try Tool(executable: strace).run(
                ["-f", "-qq", "-e", "trace=ioctl,linkat", "-o", trace.string, losnap.executable.string, "create", "home", "--if-changed"],
                environment: losnap.environment)
            #expect(outcome.stdout.hasPrefix("home: unchanged since snapshot 1 ("), "\(outcome)")
            let calls = try String(contentsOfFile: trace.string, encoding: .utf8)
            #expect(calls.contains("FS_IOC_FIEMAP"))
            for call in ["FIFREEZE", "linkat("] { #expect(!calls.contains(call), "\(call)") }
            #expect(try scene.files().count == 1)
        }
    }

    @Test("of a group, one that has changed is enough")
    func group() throws {
        try CliScene.with { scene in
            let home = try #require(scene.mounted)
            let mail = try scene.scope.mountedImage("mail.img", in: scene.pool.path, .xfs)
            let arguments = ["create", home.path.string, mail.path.string, "--if-changed", "--json"]
            func create() throws -> JSONValue { try JSONValue(parsing: try scene.sandbox.losnap.run(arguments).stdout) }
            #expect(try create()["snapshots"].count == 2)
            let idle = try create()
            #expect(idle["snapshots"].count == 0 && idle["unchanged_sources"].count == 2)
            try write(kilobytes: 2048, to: "much", in: mail)
            let taken = try create()
            #expect(taken["snapshots"].count == 2 && taken["unchanged_sources"].count == 0)
        }
    }
}
