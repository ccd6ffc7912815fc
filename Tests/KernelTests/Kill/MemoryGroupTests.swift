// Memory that runs out for all of a control group while a filesystem is frozen. The rule: the kernel takes the program, not the guard, and the guard
// thaws though there is no page for it.

import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite("A control group is out of memory", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct MemoryGroupTests {
    @Test("the guard is left, and thaws", arguments: [Filesystem.xfs, .ext4, .btrfs])
    func full(kind: Filesystem) throws {
        try TestScope.with { scope in
            let scene = try FreezeScene(scope, image: kind)
            let group = try MemoryGroup(scope)
            let probe = Tool.losnap.executable.removingLastComponent().appending("freezeprobe").string
            let images = [scene.image.file.string, scene.destination.string]
            let arguments = ["clone", scene.runtime.string, "--stall", "cloneRange:2:600"] + images
            let process = try scope.start(group.invocation([probe] + arguments))
            try scene.probe.waitFor("cloneRange", 2, of: process)
            let guardian = try guardPID(of: process.pid)
            let touch = try Touch(scope, in: scene.image.path)
            #expect(touch.hangs())
            #expect(try group.members().isSuperset(of: [process.pid, guardian]))

            // The kernel is told whom to take first. What is written into memory stays there when its writer is taken, too.
            try scope.write("1000", to: FilePath("/proc/\(process.pid)/oom_score_adj"))
            try group.limit(bytes: 64 << 20)
            let memory = try scope.pool(.tmpfs, size: 256 << 20)
            let script = "echo 500 >/proc/self/oom_score_adj && exec dd if=/dev/zero of=\(memory.path)/full bs=64K"
            let writer = try scope.start(group.invocation(["/bin/sh", "-c", script]))
            #expect(process.waitForEnd(within: .seconds(60)) == .signalled(SIGKILL))
            // Well before the deadline of ten seconds, on a machine that is short of memory and busy.
            _ = try touch.through(within: .seconds(9))
            try eventually("the guard is done") { !isRunning(guardian) }
            // To take its record away it opens files, for which it may be taken itself if it has no right to be spared. Then the next one does it.
            let losnap = try scope.sandbox().losnap
            let next = try losnap.run(["list"], environment: ["LOSNAP_RUNTIME_DIR": scene.runtime.string])
            #expect(next.succeeded, "\(next)")
            #expect(scene.probe.records.isEmpty)
            scene.image.mount.expectThawed()
            try scene.expectNoClone()
            #expect(writer.waitForEnd(within: .seconds(60)) == .signalled(SIGKILL))
        }
    }
}

/// A control group of its own with a limit to its memory.
private struct MemoryGroup {
    private let path: FilePath
    private let limitFile: String

    /// Where they are differs between machines, and so does their version: mounted anew.
    init(_ scope: TestScope) throws {
        let hierarchy = try scope.freshDirectory("memory")
        let isFirst = (try? Command.run("mount", ["-t", "cgroup", "-o", "memory", "none", hierarchy.string])) != nil
        if !isFirst { try Command.run("mount", ["-t", "cgroup2", "none", hierarchy.string]) }
        scope.atEnd("unmount \(hierarchy)") { try Command.run("umount", [hierarchy.string]) }
        if !isFirst { try scope.write("+memory", to: hierarchy.appending("cgroup.subtree_control")) }
        limitFile = isFirst ? "memory.limit_in_bytes" : "memory.max"
        path = hierarchy.appending("losnap-memory-\(scope.directory.lastComponent?.string ?? "test")")
        try #require(mkdir(path.string, 0o755) == 0)
        let group = path
        scope.atEnd("remove \(group)") {
            try eventually("the group is empty") { rmdir(group.string) == 0 }
        }
    }

    /// A program that enters it and then begins.
    func invocation(_ words: [String]) -> Invocation {
        Tool(executable: "/bin/sh").invocation(["-c", "echo $$ >\"$0\" && exec \"$@\"", path.appending("cgroup.procs").string] + words)
    }

    func limit(bytes: Int) throws {
        try Data("\(bytes)".utf8).write(to: URL(fileURLWithPath: path.appending(limitFile).string))
    }

    func members() throws -> Set<pid_t> {
        let text = try String(contentsOfFile: path.appending("cgroup.procs").string, encoding: .utf8)
        return Set(text.split(separator: "\n").compactMap { pid_t($0) })
    }
}
