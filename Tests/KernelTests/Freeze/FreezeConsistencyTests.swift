// What a clone is good for: one instant under a writer, whole by the judgement of the filesystem's own checker, on every pool.

import Foundation
import SystemPackage
import TestSupport
import Testing

@Suite("Freeze: a clone is one instant", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct FreezeConsistencyTests {
    @Test(
        "taken under a writer, it mounts, is in order, and the checker finds nothing",
        arguments: [Filesystem.xfs, .btrfs], [Filesystem.xfs, .ext4, .btrfs])
    func underWriter(pool: Filesystem, kind: Filesystem) throws {
        try TestScope.with { scope in
            let scene = try FreezeScene(scope, pool: pool, image: kind)
            let writer = try scope.writer(in: scene.image.path)
            for round in 1...3 {
                let clone = scene.pool.path.appending("clone-\(round)")
                try writer.waitForProgress(2)
                let outcome = try scene.probe.run(["clone", scene.runtime.string, scene.image.file.string, clone.string])
                #expect(outcome.stdout.contains("clone frozen"), "\(outcome)")
                #expect(scene.probe.records.isEmpty)
                try writer.waitForProgress(2)
            }
            try writer.stop()
            try scene.image.mount.unmount()
            for round in 1...3 { try CloneCheck(scope, scene.pool.path.appending("clone-\(round)"), kind).expectWhole() }
        }
    }

    @Test("images in one another are one instant", arguments: [Filesystem.xfs, .ext4, .btrfs])
    func nested(inner: Filesystem) throws {
        try TestScope.with { scope in
            let scene = try FreezeScene(scope, size: 400 << 20)
            let nested = try scope.mountedImage("inner.img", in: scene.image.path, inner)
            let writer = try scope.writer(in: nested.path)
            let outcome = try scene.clone()
            #expect(outcome.stdout.contains("freezes \(nested.path),\(scene.image.path)"))
            #expect(outcome.succeeded)
            try writer.waitForProgress()
            try writer.stop()
            try nested.mount.unmount()
            try nested.device.detach()
            try scene.image.mount.unmount()
            let copy = try CloneCheck(scope, scene.destination, .xfs)
            try copy.whileMounted { path in try CloneCheck(scope, path.appending("inner.img"), inner).expectWhole() }
        }
    }

    @Test("two loop devices on one image: both filesystems are frozen")
    func twoLoopDevices() throws {
        try TestScope.with { scope in
            let pool = try scope.pool()
            let probe = try Probe(scope)
            let half = 80 << 20
            let file = try scope.image("two.img", in: pool.path, nil, size: 2 * half)
            var writers: [Writer] = []
            var mounts: [Mount] = []
            for part in 0...1 {
                let device = try scope.attach(file, LoopOptions(offset: part * half, sizeLimit: half))
                try Filesystem.ext4.make(on: device.path)
                mounts.append(try scope.mount(device.path, .ext4))
                writers.append(try scope.writer(in: mounts[part].path))
            }
            let copy = pool.path.appending("copy")
            let outcome = try probe.run(["clone", probe.runtime.string, file.string, copy.string])
            #expect(outcome.succeeded, "\(outcome)")
            for mount in mounts { #expect(outcome.stdout.split(separator: "\n")[0].contains(mount.path.string)) }
            for writer in writers { try writer.stop() }
            for part in 0...1 {
                try CloneCheck(scope, copy, .ext4, LoopOptions(offset: part * half, sizeLimit: half)).expectWhole()
            }
        }
    }

    @Test("a filesystem with several mounts is frozen once")
    func bindMounts() throws {
        try TestScope.with { scope in
            let scene = try FreezeScene(scope)
            let bound = try scope.bindMount(scene.image.path)
            let process = try scene.startStalled(for: 1)
            let touch = try Touch(scope, in: bound.path)
            #expect(touch.hangs())
            let outcome = process.finish(within: .seconds(20))
            #expect(outcome.succeeded && !outcome.stdout.split(separator: "\n")[0].contains(","))
            bound.expectThawed()
        }
    }

    @Test("two images in one freeze: what was written to one after the other is in no clone the other way round")
    func group() throws {
        try TestScope.with { scope in
            let pool = try scope.pool()
            let probe = try Probe(scope)
            let one = try scope.mountedImage("one.img", in: pool.path, .ext4)
            let two = try scope.mountedImage("two.img", in: pool.path, .ext4)
            let script = """
                n=0
                put() { printf '%010d\\n' "$n" | dd of="$1/number" conv=notrunc,fdatasync status=none; }
                while :; do n=$((n + 1)); put \(one.path) && put \(two.path) || exit 1; done
                """
            let writer = try scope.start(Tool(executable: "/bin/sh").invocation(["-c", script]))
            try eventually("the writer has begun") { number(in: two.path) ?? 0 > 2 }
            let clones = ["one.clone", "two.clone"].map { pool.path.appending($0) }
            let outcome = try probe.run([
                "clone", probe.runtime.string, two.file.string, clones[1].string, one.file.string, clones[0].string,
            ])
            #expect(outcome.succeeded, "\(outcome)")
            writer.end()
            var numbers: [Int] = []
            for clone in clones {
                try CloneCheck(scope, clone, .ext4).whileMounted { numbers.append(number(in: $0) ?? -1) }
            }
            #expect(numbers[0] > 0 && (numbers[0] == numbers[1] || numbers[0] == numbers[1] + 1))
        }
    }

    @Test("one image twice in a group, by two names, does not wait for itself")
    func twiceInGroup() throws {
        try TestScope.with { scope in
            let scene = try FreezeScene(scope)
            let link = scene.pool.path.appending("link.img")
            try Command.run("ln", [scene.image.file.string, link.string])
            for wait in [[], ["--wait"]] {
                let outcome = try scene.probe.run(
                    ["clone", scene.runtime.string] + wait
                        + [scene.image.file.string, "\(scene.pool.path)/a", link.string, "\(scene.pool.path)/b"], within: .seconds(20))
                #expect(outcome.succeeded, "\(outcome)")
            }
        }
    }

    @Test(
        "a member of a group that is not mounted is cloned when nothing is frozen any more",
        .enabled(if: Command.find("strace") != nil, "needs strace"))
    func unmountedMember() throws {
        try TestScope.with { scope in
            let scene = try FreezeScene(scope)
            let other = try scope.image("other.img", in: scene.pool.path, .ext4)
            let probe = Tool.losnap.executable.removingLastComponent().appending("freezeprobe")
            let trace = scope.directory.appending("trace")
            let outcome = try Command.outcome(
                "strace",
                [
                    "-f", "-o", trace.string, "-e", "trace=ioctl", "--", probe.string, "clone", scene.runtime.string,
                    scene.image.file.string, "\(scene.pool.path)/a", other.string, "\(scene.pool.path)/b",
                ])
            #expect(outcome.succeeded && outcome.stdout.contains("clone unmounted"), "\(outcome)")
            let calls = try String(contentsOfFile: trace.string, encoding: .utf8).split(separator: "\n")
            let frozen = try #require(calls.firstIndex { $0.contains("FIFREEZE") })
            let thawed = try #require(calls.lastIndex { $0.contains("FITHAW") })
            let isClone = { (call: Substring) in call.contains("FICLONE") }
            let inside = Set(calls[frozen..<thawed].filter(isClone).compactMap { $0.firstMatch(of: /src_fd=(\d+)/)?.output.1 })
            #expect(inside.count == 1)
            #expect(calls[thawed...].contains(where: isClone))
        }
    }

    @Test("the end of the file is cloned, a hole or half a block too", arguments: [Filesystem.xfs, .btrfs], [0, 1, 777_777])
    func oddLength(pool: Filesystem, extra: Int) throws {
        try TestScope.with { scope in
            let scene = try FreezeScene(scope, pool: pool, image: .ext4)
            try Command.run("truncate", ["-s", "+\(extra + (130 << 20))", scene.image.file.string])
            if extra > 0 { try Command.run("sh", ["-c", "printf x >>\(scene.image.file)"]) }
            #expect(try scene.clone().succeeded)
            try scene.image.mount.unmount()
            // The image itself may have changed by unmounting; its end has not.
            #expect(try Command.outcome("cmp", ["-i", "\(100 << 20)", scene.image.file.string, scene.destination.string]).succeeded)
        }
    }

    private func number(in directory: FilePath) -> Int? {
        (try? String(contentsOfFile: directory.appending("number").string, encoding: .utf8))
            .flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
    }
}
