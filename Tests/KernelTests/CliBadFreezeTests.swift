// Bad input: what is mounted can't be frozen, or not as it should be. The rule: a freeze by somebody else is never thawed, and none of ours
// is left.

import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite("Bad input: freezing", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct CliBadFreezeTests {
    @Test("frozen already by somebody else", arguments: [Filesystem.xfs, .ext4, .btrfs])
    func frozenByAnother(kind: Filesystem) throws {
        try CliScene.with(image: kind) { scene in
            let image = try #require(scene.mounted)
            try scene.create()
            try image.mount.freeze()
            let refusal = Refusal(75, "frozen_by_another", says: image.path.string, "not losnap", hint: "fsfreeze -u \(image.path)")
            let text = try scene.sandbox.run("create", "home")
            let json = try scene.sandbox.run("create", "home", "--json")
            #expect(try scene.sandbox.run("thaw").stdout == "nothing was left frozen\n")
            // It is still frozen, exactly once.
            #expect(image.mount.thaw() == 1)
            refusal.check(text: text)
            try refusal.check(json: json)
            #expect(try scene.numbers() == [1])
            #expect(try scene.files().count == 1)
            try scene.create()
        }
    }

    @Test("stdout, or stderr, redirected into the filesystem to be frozen", arguments: ["stdout", "stderr"])
    func outputInside(stream: String) throws {
        try CliScene.with { scene in
            let image = try #require(scene.mounted)
            try scene.create()
            let file = image.path.appending("log")
            let redirection = stream == "stdout" ? ">" : "2>"
            let outcome = try Tool(executable: "/bin/sh").run(
                ["-c", "exec \(scene.sandbox.losnap.executable) create home --json \(redirection) \(file)"],
                environment: scene.sandbox.losnap.environment)
            #expect(outcome.status == .exited(64))
            scene.expectNothingFrozen()
            let told = stream == "stdout" ? outcome.stderr : try String(contentsOfFile: file.string, encoding: .utf8)
            let error = try JSONValue(parsing: told)["error"]
            #expect(error["code"] == "output_inside" && error["message"].string?.contains(image.path.string) == true)
            #expect(error["message"].string?.hasPrefix(stream) == true && error["hint"].string?.contains("outside the image") == true)
            #expect(try scene.numbers() == [1])
        }
    }

    @Test("locks and freeze records on the filesystem to be frozen")
    func runtimeInside() throws {
        try CliScene.with { scene in
            let image = try #require(scene.mounted)
            try scene.create()
            let place = image.path.appending("run")
            try scene.expect(
                ["create", "home"], by: scene.sandbox.losnap, environment: ["LOSNAP_RUNTIME_DIR": place.string],
                refused: Refusal(64, "runtime_inside", says: place.string, image.path.string, hint: "LOSNAP_RUNTIME_DIR", "/run/losnap"))
            try scene.create()
        }
    }

    @Test("locks and freeze records where others could steer")
    func runtimeExposed() throws {
        try CliScene.with { scene in
            try scene.create()
            let open = try scene.scope.freshDirectory("open", mode: 0o777)
            let foreign = try scene.scope.freshDirectory("foreign")
            try Command.run("chown", ["65534", foreign.string])
            for (place, says, hint) in [(open, "others may write it", "chmod go-w \(open)"), (foreign, "user 65534", "is yours")] {
                try scene.expect(
                    ["create", "home"], by: scene.sandbox.losnap, environment: ["LOSNAP_RUNTIME_DIR": place.appending("run").string],
                    refused: Refusal(77, "runtime_exposed", says: "\(place): ", says, hint: hint, "LOSNAP_RUNTIME_DIR"))
            }
        }
    }

    @Test("an image that was replaced while mounted")
    func replaced() throws {
        try CliScene.with { scene in
            let image = try #require(scene.mounted)
            try scene.create()
            try Command.run("cp", ["--reflink=always", scene.image.string, "\(scene.image).new"])
            try Command.run("mv", ["\(scene.image).new", scene.image.string])
            let refusal = Refusal(1, "freeze_refused", says: scene.image.string, image.path.string, hint: "unmount and mount again")
            try scene.expect("create", "home", refused: refusal)
            let byMountPoint = try scene.sandbox.run("create", image.path.string)
            #expect(!byMountPoint.succeeded && Complaint(byMountPoint).errors.count == 1, "\(byMountPoint.stderr)")
            scene.expectNothingFrozen()
        }
    }

    @Test("an image that was moved away while mounted, and another one put there")
    func movedAway() throws {
        try CliScene.with { scene in
            let image = try #require(scene.mounted)
            try scene.create()
            // Only the loop device's label tells, which holds 63 bytes.
            try #require(scene.image.string.utf8.count <= 63, "the path is too long for this test: set a shorter TMPDIR")
            let old = "\(scene.image).old"
            try Command.run("mv", [scene.image.string, old])
            try Command.run("cp", ["--reflink=always", old, scene.image.string])
            try scene.expect(
                "create", "home",
                refused: Refusal(1, "freeze_refused", says: scene.image.string, image.path.string, hint: "unmount and mount again"))
            try Command.run("mv", [old, scene.image.string])
        }
    }

    @Test("one image of a btrfs with several devices")
    func multiDevice() throws {
        try CliScene.with(image: nil) { scene in
            let names = ["one.img", "two.img"]
            let devices = try names.map { name in
                let path = scene.pool.path.appending(name)
                try scene.scope.makeSparseFile(path, size: 128 << 20)
                return try scene.scope.attach(path)
            }
            try Command.run("mkfs.btrfs", ["-q", "-f", "-d", "single"] + devices.map(\.path.string))
            _ = try scene.scope.mount(devices[0].path, .btrfs, options: "device=\(devices[1].path)")
            for name in names {
                let path = scene.pool.path.appending(name).string
                try scene.expect(
                    "create", path, refused: Refusal(1, "freeze_refused", says: path, "several devices", hint: "tools of that filesystem"))
            }
        }
    }

    @Test("attached for writing, but not mounted")
    func attachedOnly() throws {
        try CliScene.with(image: nil) { scene in
            let device = try scene.scope.attach(scene.image)
            try scene.expect(
                "create", scene.image.string,
                refused: Refusal(
                    1, "freeze_refused", says: scene.image.string, device.path.string, hint: "losetup -d \(device.path)", "crash"))
            #expect(try scene.sandbox.json("create", scene.image.string, "--consistency", "crash")["snapshot"]["consistency"] == "crash")
        }
    }

    @Test("open for writing by another program")
    func openForWriting() throws {
        try CliScene.with(image: nil) { scene in
            let file = try FileDescriptor.open(scene.image, .readWrite)
            try file.closeAfter {
                try scene.expect(
                    "create", scene.image.string,
                    refused: Refusal(
                        75, "open_for_writing", says: scene.image.string, hint: "fuser -v \(scene.image)", "--consistency crash"))
            }
            try scene.create()
        }
    }

    @Test("a clock that was set back")
    func clockSetBack() throws {
        try CliScene.with { scene in
            try scene.create()
            try scene.sql("UPDATE snapshot SET taken_at = taken_at + 86400000")
            try scene.expect("create", "home", refused: Refusal(1, "clock_behind", says: "snapshot 1", "clock", hint: "date", "--time"))
            // Pruning keeps what is in the future, and says so.
            let warned = try scene.sandbox.json("prune", "home", "--keep-last", "1", "--dry-run")["sources"][0]
            #expect(warned["removed"].count == 0 && warned["warnings"].count > 0)
            let now = try Command.run("date", ["-u", "+%Y-%m-%dT%H:%M:%SZ"]).trimmingCharacters(in: .whitespacesAndNewlines)
            let imported = try scene.sandbox.json("create", "home", "--time", now)["snapshot"]
            #expect(imported["origin"] == "import" && imported["number"] == 2)
        }
    }

    @Test("the deadline of a freeze: no snapshot, and a way out")
    func deadline() throws {
        try CliScene.with { scene in
            let image = try #require(scene.mounted)
            let writer = try scene.scope.writer(in: image.path)
            // 10 ms may or may not do: both are right, half a snapshot is not.
            for _ in 1...5 {
                let outcome = try scene.sandbox.run("create", scene.image.string, "--max-freeze", "10ms")
                if !outcome.succeeded {
                    Refusal(75, "window_broken", says: image.path.string, "no snapshot", hint: "--max-freeze").check(text: outcome)
                }
            }
            try writer.waitForProgress()
            scene.expectNothingFrozen()
            #expect(try scene.files().count == scene.numbers().count)
        }
    }
}
