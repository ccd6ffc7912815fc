// Hints are typed by people: the option that one names belongs to the command that failed.

import CloneCore
import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite("Hints", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct CliHintTests {
    @Test("an image that is open for writing: create can take it live, taking in a clone can't")
    func openForWriting() throws {
        try CliScene.with(image: nil) { scene in
            try scene.create()
            let ready = scene.scope.freshPath("ready")
            let script = "exec 3<>'\(scene.image)'; touch '\(ready)'; exec sleep 60"
            _ = try scene.scope.start(Tool(executable: "/bin/sh").invocation(["-c", script]))
            while access(ready.string, F_OK) != 0 { usleep(5000) }
            try scene.expect(
                "create", "home", refused: Refusal(75, "open_for_writing", says: scene.image.string, hint: "--consistency crash"))
            let adopting = ["repair", "--adopt", scene.image.string, "--source", "home"]
            try scene.expect(
                adopting, by: scene.sandbox.losnap, refused: Refusal(75, "open_for_writing", says: scene.image.string, hint: "shut down"))
            #expect(try scene.sandbox.losnap.run(adopting).stderr.contains("--") == false)
        }
    }

    @Test(
        "a freeze that would be too long: what the hint says, typed, makes the next one short enough", arguments: [Filesystem.xfs, .btrfs])
    func freezeTooLong(pool: Filesystem) throws {
        try CliScene.with(pool: pool, image: nil) { scene in
            let file = try scene.scope.image("big.img", in: scene.pool.path, .ext4)
            // Every other block of what lies in one piece is written again, and so goes elsewhere.
            let start = try Kernel.linux.statusOf(AT_FDCWD, file.string).size
            try Command.run(
                "dd", ["if=/dev/zero", "of=\(file)", "bs=1M", "seek=\(start >> 20)", "count=80", "conv=notrunc,fsync", "status=none"])
            try Command.run("cp", ["--reflink=always", file.string, "\(file).old"])
            try appendFragments(to: file, count: 10_000, from: Int64(start))
            let mounted = try scene.scope.mountImage(file, .ext4)
            let plain = ["create", file.string, "--clone", "plain", "--max-freeze", "100ms"]

            let refused = try scene.sandbox.losnap.run(plain)
            let hint = try #require(Complaint(refused).hints.first, "\(refused)")
            #expect(refused.status == .exited(1) && refused.stderr.contains("it would be frozen for about"), "\(refused)")
            #expect(mounted.mount.thaw() == 0)

            #expect(hint.contains("allow more with --max-freeze; or take it with --clone tracked; or "))
            try expectTaken(scene, ["create", file.string, "--clone", "plain", "--max-freeze", "1min"])
            // In a debug build the maps are compared in the same freeze, so it may be broken; it is not refused.
            let tracked = try scene.sandbox.losnap.run(["create", file.string, "--clone", "tracked", "--max-freeze", "100ms"])
            #expect(!tracked.stderr.contains("it would be frozen") && tracked.status != .exited(1), "\(tracked)")
            // Still as it was.
            #expect(try scene.sandbox.losnap.run(plain).stderr.contains("it would be frozen for about"))
            for command in hint.split(separator: "`", omittingEmptySubsequences: false).enumerated().filter({ $0.offset % 2 == 1 }) {
                let typed = try Tool(executable: "/bin/sh").run(["-c", String(command.element)])
                #expect(typed.succeeded, "\(command.element): \(typed)")
            }
            try expectTaken(scene, plain)
            #expect(mounted.mount.thaw() == 0)
        }
    }

    /// FIFREEZE itself may take longer on a busy machine, which the hint of that says.
    private func expectTaken(_ scene: CliScene, _ arguments: [String], sourceLocation: SourceLocation = #_sourceLocation) throws {
        var outcome = try scene.sandbox.losnap.run(arguments)
        for _ in 0..<20 where outcome.status == .exited(75) || outcome.status == .signalled(SIGKILL) {
            usleep(500_000)
            outcome = try scene.sandbox.losnap.run(arguments)
        }
        #expect(outcome.succeeded, "\(arguments) \(outcome)", sourceLocation: sourceLocation)
    }

    @Test("loclone has no --wait to name")
    func loclone() throws {
        try TestScope.with { scope in
            let scene = try LocloneScene(scope)
            #expect(try scene.tool.run([scene.image.string, scene.copy.string]).succeeded)
            let locks = scene.runtime.appending("lock")
            let names = try FileManager.default.contentsOfDirectory(atPath: locks.string).filter { $0.hasPrefix("image-") }
            let lock = locks.appending(try #require(names.first))
            let ready = scope.freshPath("ready")
            _ = try scope.start(
                Tool(executable: "/usr/bin/flock").invocation([lock.string, "sh", "-c", "touch '\(ready)'; exec sleep 60"]))
            while access(ready.string, F_OK) != 0 { usleep(5000) }
            let outcome = try scene.tool.run([scene.image.string, scene.copy.string])
            #expect(outcome.status == .exited(1) && outcome.stderr.contains("locked by another"), "\(outcome.stderr)")
            #expect(outcome.stderr.hasSuffix("loclone: hint: wait for it to finish and try again\n"), "\(outcome.stderr)")
        }
    }
}
