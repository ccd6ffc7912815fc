// What is left when program and guard are killed at one instant: the freeze record, and what the next command makes of it.

import CloneCore
import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

private let slack = Duration.seconds(4)

@Suite("Freezes left behind", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct FreezesLeftTests {
    @Test("both killed at one instant: the record is left, and the next one thaws", arguments: [Filesystem.xfs, .ext4, .btrfs])
    func bothKilled(kind: Filesystem) throws {
        try TestScope.with { scope in
            let scene = try FreezeScene(scope, image: kind)
            let process = try scene.startStalled(for: 600)
            #expect(try scene.probe.thaw() == "inUse \(scene.image.path)\n")
            #expect(scene.probe.records.count == 1)
            try killBoth(process)
            let touch = try Touch(scope, in: scene.image.path)
            #expect(touch.hangs())
            #expect(scene.probe.records.count == 1)
            #expect(try scene.probe.thaw() == "thawed \(scene.image.path)\n")
            _ = try touch.through(within: slack)
            #expect(scene.probe.records.isEmpty)
            #expect(try scene.probe.thaw() == "")
            try scene.expectNoClone()
        }
    }

    @Test("both killed with images in one another frozen: all are thawed", arguments: [Filesystem.xfs, .ext4, .btrfs])
    func bothKilledNested(inner: Filesystem) throws {
        try TestScope.with { scope in
            let scene = try FreezeScene(scope, size: 400 << 20)
            let nested = try scope.mountedImage("inner.img", in: scene.image.path, inner)
            let process = try scene.startStalled(for: 600)
            #expect(scene.probe.records.count == 2)
            try killBoth(process)
            let touch = try Touch(scope, in: nested.path)
            #expect(touch.hangs())
            let lines = try scene.probe.thaw().split(separator: "\n")
            #expect(lines == ["thawed \(scene.image.path)", "thawed \(nested.path)"], "outermost first")
            _ = try touch.through(within: slack)
            #expect(scene.probe.records.isEmpty)
        }
    }

    @Test(
        "a record that says that nothing was frozen yet, or is thawed again, has nothing thawed",
        arguments: [FreezeState.prepared, .thawed])
    func notFrozenByUs(state: FreezeState) throws {
        try TestScope.with { scope in
            let scene = try FreezeScene(scope)
            let process = try scene.startStalled(for: 600)
            try killBoth(process)
            try scene.rewriteRecord { $0.state = state }
            #expect(try scene.probe.thaw() == "stale \(scene.image.path)\n")
            #expect(scene.probe.records.isEmpty)
            #expect(scene.image.mount.thaw() == 1, "it was still frozen")
        }
    }

    @Test(
        "a record of another filesystem that had the device number has nothing thawed", arguments: [Filesystem.xfs, .ext4],
        ["uuid", "diskseq"])
    func anotherFilesystem(kind: Filesystem, differing: String) throws {
        try TestScope.with { scope in
            let scene = try FreezeScene(scope, image: kind)
            let process = try scene.startStalled(for: 600)
            try killBoth(process)
            try scene.rewriteRecord { record in
                #expect(record.state == .frozen && record.filesystem.uuid != nil && record.filesystem.diskSequence != nil)
                if differing == "uuid" {
                    record.filesystem.uuid = FilesystemUUID("00000000-0000-0000-0000-000000000001")
                } else {
                    record.filesystem.diskSequence = record.filesystem.diskSequence.map { $0 - 1 }
                }
            }
            #expect(try scene.probe.thaw() == "stale \(scene.image.path)\n")
            #expect(scene.probe.records.isEmpty)
            #expect(scene.image.mount.thaw() == 1, "it was still frozen")
        }
    }

    @Test("both killed, thawed by hand, unmounted: the record goes")
    func unmountedSince() throws {
        try TestScope.with { scope in
            let scene = try FreezeScene(scope)
            let process = try scene.startStalled(for: 600)
            try killBoth(process)
            #expect(scene.image.mount.thaw() == 1)
            try scene.image.mount.unmount()
            #expect(try scene.probe.thaw() == "stale \(scene.image.path)\n")
            #expect(scene.probe.records.isEmpty)
        }
    }

    @Test("both killed, unmounted while frozen: said so; mounted again, thawed", arguments: [Filesystem.xfs, .ext4, .btrfs])
    func unmountedFrozen(kind: Filesystem) throws {
        try TestScope.with { scope in
            let scene = try FreezeScene(scope, image: kind)
            let process = try scene.startStalled(for: 600)
            try killBoth(process)
            try scene.image.mount.unmount()
            #expect(try scene.probe.thaw() == "stuck \(scene.image.path) unmounted_while_frozen\n")
            #expect(try scene.clone().stdout.contains("error unmounted_while_frozen"), "not: in a namespace out of reach")
            try scene.image.mount.mountAgain()
            #expect(try scene.probe.thaw() == "thawed \(scene.image.path)\n")
            #expect(scene.probe.records.isEmpty)
            scene.image.mount.expectThawed()
        }
    }

    @Test("a record of another boot, and half a record, harm nobody")
    func otherBoot() throws {
        try TestScope.with { scope in
            let scene = try FreezeScene(scope)
            #expect(try scene.clone().succeeded)
            try scene.image.mount.freeze()
            let frozen = scene.runtime.appending("frozen")
            let device = try Command.run("findmnt", ["-n", "-o", "MAJ:MIN", scene.image.path.string]).trimmingCharacters(
                in: .whitespacesAndNewlines)
            let name = device.replacingOccurrences(of: ":", with: "-")
            try scope.write("boot another\ndevice \(device)\nprocess 1 1\nmount \(scene.image.path)", to: frozen.appending(name))
            try scope.write("boot ano", to: frozen.appending("99-99"))
            #expect(try scene.probe.thaw() == "")
            #expect(scene.probe.records == ["99-99"])
            #expect(scene.image.mount.thaw() == 1)
        }
    }
}
