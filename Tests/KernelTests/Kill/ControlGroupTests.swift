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
            let hierarchy = try scope.freshDirectory("cgroups")
            let mount = try Mount.ofControlGroups(scope, at: hierarchy)
            let group = mount.path.appending("losnap-\(scope.directory.lastComponent?.string ?? "test")")
            try #require(mkdir(group.string, 0o755) == 0)
            scope.atEnd("remove \(group)") {
                try eventually("the group is empty") { rmdir(group.string) == 0 }
            }
            let probe = Tool.losnap.executable.removingLastComponent().appending("freezeprobe").string
            let images = [scene.image.file.string, scene.destination.string]
            let arguments = ["clone", scene.runtime.string, "--stall", "cloneRange:2:600"] + images
            let enter = ["-c", "echo $$ >\"$0\" && exec \"$@\"", group.appending("cgroup.procs").string, probe] + arguments
            let process = try scope.start(Tool(executable: "/bin/sh").invocation(enter))
            try scene.probe.waitFor("cloneRange", 2, of: process)
            let guardian = try guardPID(of: process.pid)
            let touch = try Touch(scope, in: scene.image.path)
            #expect(touch.hangs())
            try scope.write("1", to: group.appending("cgroup.kill"))
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

extension Mount {
    /// The control groups, mounted anew: where they are differs between machines.
    fileprivate static func ofControlGroups(_ scope: TestScope, at path: FilePath) throws -> Mount {
        try Command.run("mount", ["-t", "cgroup2", "none", path.string])
        scope.atEnd("unmount \(path)") { try Command.run("umount", [path.string]) }
        return try scope.bindMount(path)
    }
}
