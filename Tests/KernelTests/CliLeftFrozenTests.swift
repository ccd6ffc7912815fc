// What a losnap finds that comes after one that was killed together with its guard. The rule: it thaws before it touches anything else,
// for anything may lie on what is frozen; and a thaw that blocks holds up neither it nor the other thaws.

import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite("Left frozen", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct CliLeftFrozenTests {
    /// A scene whose image takes long to clone: behind its filesystem lie thousands of blocks apart from one another.
    private func withSlowScene(_ body: (CliScene, MountedImage) throws -> Void) throws {
        try CliScene.with(image: nil) { scene in
            let file = try scene.scope.image("slow.img", in: scene.pool.path, .ext4)
            try appendFragments(to: file, count: 20_000, from: 64 << 20)
            try body(scene, try scene.scope.mountImage(file, .ext4))
        }
    }

    /// Kills a losnap and its guard at one instant, in the window; returns a write that hangs.
    private func killInWindow(_ scene: CliScene, _ image: MountedImage, _ losnap: Tool, _ arguments: [String]) throws -> Touch {
        let records = scene.sandbox.runtime.appending("frozen").string
        for attempt in 1...20 {
            let process = try scene.scope.start(losnap.invocation(arguments))
            try eventually("it is about to freeze, or has ended") {
                !((try? FileManager.default.contentsOfDirectory(atPath: records)) ?? []).isEmpty || process.poll() != nil
            }
            usleep(UInt32(10_000 * attempt))
            guard process.poll() == nil, let guardian = try? guardPID(of: process.pid) else { continue }
            kill(guardian, SIGSTOP)
            process.send(SIGSTOP)
            let touch = try Touch(scene.scope, in: image.path)
            if processState(process.pid) != nil, touch.hangs() {
                try killBoth(process)
                return touch
            }
            process.send(SIGCONT)
            kill(guardian, SIGCONT)
            _ = process.finish(within: .seconds(30))
        }
        throw FixtureError("the window was never met")
    }

    @Test("catalogue and configuration on the frozen filesystem: taken as ever, and thawed before they are touched")
    func catalogueInside() throws {
        try withSlowScene { scene, image in
            var losnap = scene.sandbox.losnap
            let configuration = image.path.appending("losnap.yaml")
            try scene.scope.write("policies:\n  few:\n    keep: { last: 2 }\n", to: configuration)
            losnap.environment["LOSNAP_CATALOGUE"] = image.path.appending("state/catalogue.sqlite").string
            losnap.environment["LOSNAP_CONFIG"] = configuration.string
            // Nothing opens or writes the catalogue while it is frozen, or this would end at the deadline.
            for _ in 1...2 {
                let outcome = try losnap.run(["create", image.file.string])
                #expect(outcome.succeeded, "\(outcome.stderr)")
            }
            for verb in [["list", "--json"], ["prune", "--all", "--keep-last", "2", "--json"], ["create", "slow", "--json"]] {
                let touch = try killInWindow(scene, image, losnap, ["create", "slow"])
                let outcome = try losnap.run(verb)
                #expect(outcome.succeeded, "\(verb): \(outcome.stderr)")
                let warnings = try JSONValue(parsing: outcome.stdout)["warnings"].array
                #expect(warnings?.first?["code"] == "left_frozen_thawed", "\(outcome.stdout)")
                _ = try touch.through(within: .seconds(20))
                image.mount.expectThawed()
                scene.expectNothingFrozen()
            }
            #expect(try losnap.run(["repair"]).succeeded)
            let listed = try JSONValue(parsing: losnap.run(["list", "--json"]).stdout)["snapshots"].array ?? []
            #expect(listed.allSatisfy { $0["state"] == "complete" && $0["presence"] == "present" })
            // At least the last one; those that ended before they could be killed are whole, too.
            let files = try FileManager.default.contentsOfDirectory(atPath: scene.pool.path.appending(".losnap/slow").string)
            #expect(listed.count >= 1 && files.filter { $0 != "CACHEDIR.TAG" }.count == listed.count)
        }
    }

    @Test(
        "a configuration that can't be read keeps nothing frozen",
        arguments: [["list"], ["config", "check"], ["prune"], ["umount", "/"]])
    func brokenConfiguration(command: [String]) throws {
        try TestScope.with { scope in
            let scene = try FreezeScene(scope)
            let sandbox = try scope.sandbox()
            try scope.write("no: {", to: sandbox.configuration)
            let process = try scene.startStalled(for: 600)
            try killBoth(process)
            let outcome = try sandbox.losnap.run(command, environment: ["LOSNAP_RUNTIME_DIR": scene.runtime.string])
            #expect(outcome.status == .exited(78) && outcome.stderr.contains("was left frozen"), "\(outcome)")
            #expect(scene.probe.records.isEmpty)
            scene.image.mount.expectThawed()
        }
    }

    @Test("a thaw that blocks holds up neither the command nor the other thaws, and is told")
    func blockedThaw() throws {
        try TestScope.with { scope in
            let scene = try FreezeScene(scope, image: .ext4)
            let second = try scope.pool()
            let other = try scope.mountedImage("other.img", in: second.path, .xfs)
            let sandbox = try scope.sandbox()
            let process = try scene.probe.start([
                "clone", sandbox.runtime.string, "--stall", "cloneRange:3:600", scene.image.file.string, scene.destination.string,
                other.file.string, second.path.appending("clone.img").string,
            ])
            let marker = sandbox.runtime.appending("at-cloneRange-3").string
            try eventually("both are frozen", within: .seconds(20)) { access(marker, F_OK) == 0 }
            try killBoth(process)
            let touch = try Touch(scope, in: other.path)
            #expect(touch.hangs())
            // An ext4 that is thawed writes its superblock, which waits for the filesystem that its image lies on.
            try scene.pool.mount.freeze()

            let thaw = try sandbox.run("thaw")
            #expect(thaw.status == .exited(1) && !thaw.outputHeldOpen, "\(thaw)")
            let lines = Set(thaw.stdout.split(separator: "\n").map(String.init))
            #expect(lines.contains("\(other.path): thawed") && lines.count == 2, "\(thaw.stdout)")
            #expect(lines.contains { $0.hasPrefix("\(scene.image.path): can't be thawed: ") }, "\(thaw.stdout)")
            #expect(Complaint(thaw).hints.last?.contains("losetup --list") == true, "\(thaw.stderr)")
            _ = try touch.through(within: .seconds(20))

            // Every other command says it too, and goes on.
            let list = try sandbox.run("list")
            let told = Complaint(list)
            #expect(list.succeeded && told.warnings.count == 1 && told.hints.count == 1, "\(list.stderr)")
            #expect(told.warnings.first?.contains(scene.image.path.string) == true && told.hints.first?.contains("fsfreeze -u") == true)
            let image = try scope.image("free.img", in: second.path, .ext4)
            var loclone = Tool.loclone
            loclone.environment["LOSNAP_RUNTIME_DIR"] = sandbox.runtime.string
            let cloned = try loclone.run([image.string, second.path.appending("copy.img").string])
            let said = cloned.stderr.split(separator: "\n")
            #expect(cloned.succeeded && said.count == 2, "\(cloned.stderr)")
            #expect(said.first?.hasPrefix("loclone: warning: \(scene.image.path): left frozen by a killed process, and can't be") == true)
            #expect(said.last?.hasPrefix("loclone: hint: ") == true)

            #expect(scene.pool.mount.thaw() == 1)
            try eventually("what waited has come through") { try sandbox.run("thaw").stdout == "nothing was left frozen\n" }
            scene.image.mount.expectThawed()
            other.mount.expectThawed()
        }
    }
}
