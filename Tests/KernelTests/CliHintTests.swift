// Hints are typed by people: the option that one names belongs to the command that failed.

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
