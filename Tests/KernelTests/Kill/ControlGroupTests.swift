// What takes program and guard at one instant: the control group that both are in is killed. The rule: the next command thaws, or `losnap thaw`.

import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite("A control group is killed", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct ControlGroupTests {
    @Test("frozen, until the next command comes", arguments: [Filesystem.xfs, .ext4, .btrfs], ["list", "thaw"])
    func killed(kind: Filesystem, verb: String) throws {
        try TestScope.with { scope in
            let scene = try FreezeScene(scope, image: kind)
            let group = try ControlGroup(scope)
            let probe = Tool.losnap.executable.removingLastComponent().appending("freezeprobe").string
            let images = [scene.image.file.string, scene.destination.string]
            let arguments = ["clone", scene.runtime.string, "--stall", "cloneRange:2:600"] + images
            let enter = Tool(executable: "/bin/sh").invocation(Array(group.entering.dropFirst()) + [probe] + arguments)
            let process = try scope.start(enter)
            try scene.probe.waitFor("cloneRange", 2, of: process)
            let guardian = try guardPID(of: process.pid)
            let touch = try Touch(scope, in: scene.image.path)
            #expect(touch.hangs())
            try group.kill()
            #expect(process.waitForEnd(within: .seconds(10)) == .signalled(SIGKILL))
            try eventually("the guard is dead, too") { !isRunning(guardian) }
            // The guard may have been faster, but then only because it was killed later.
            let wasFrozen = touch.hangs()
            #expect(!wasFrozen || scene.probe.records.count == 1)

            let losnap = try scope.sandbox().losnap
            let outcome = try losnap.run([verb], environment: ["LOSNAP_RUNTIME_DIR": scene.runtime.string])
            #expect(outcome.succeeded, "\(outcome)")
            _ = try touch.through(within: .seconds(5))
            #expect(scene.probe.records.isEmpty)
            scene.image.mount.expectThawed()
            try scene.expectNoClone()
        }
    }
}
