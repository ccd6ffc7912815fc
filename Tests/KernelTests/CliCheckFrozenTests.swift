// `check` and what dead processes left frozen: it is told, and stays frozen until somebody thaws it.

import CloneCore
import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite("Check: left frozen", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct CliCheckFrozenTests {
    @Test("left frozen by dead processes: told, not thawed", arguments: [Filesystem.ext4, .btrfs])
    func leftFrozen(kind: Filesystem) throws {
        try CliScene.with(image: kind) { scene in
            let image = try #require(scene.mounted)
            try scene.create()
            let frozen = scene.sandbox.runtime.appending("frozen")
            try Command.run("mkdir", ["-p", "-m", "700", frozen.string])
            let device = try #require(
                MountLines.entries(of: Array(mountInfo().utf8)).first { $0.mountPoint == image.path.string }?.device)
            let uuid =
                kind == .btrfs
                ? try FilesystemUUID(Command.run("blkid", ["-o", "value", "-s", "UUID", scene.image.string]).dropLast()) : nil
            func record(_ processes: [ProcessIdentity], boot: String = currentBootID()) throws {
                let record = FreezeRecord(
                    state: .frozen, boot: boot, device: device, filesystem: FrozenFilesystem(isBtrfs: kind == .btrfs, uuid: uuid),
                    mountPoint: image.path.string, processes: processes)
                try scene.scope.write(record.text, to: frozen.appending(record.fileName))
            }
            let own = try #require(ProcessIdentity(pid: getpid()))
            let dead = ProcessIdentity(pid: own.pid, startTime: own.startTime + 1)
            try record([own])
            #expect(try scene.checkFindings() == [])
            try record([dead], boot: "another")
            #expect(try scene.checkFindings() == [])
            try record([dead, dead])
            try image.mount.freeze()
            #expect(try scene.checkFindings() == ["left_frozen"])
            #expect(try scene.sandbox.run("check").stdout.contains("CRITICAL: \(image.path): left frozen by a losnap that was killed"))
            // A catalogue on what is frozen is not opened: that would hang.
            let inside = try scene.sandbox.losnap.run(["check", "--catalogue", "\(image.path)/catalogue.sqlite"], within: .seconds(30))
            #expect(inside.status == .exited(2))
            #expect(inside.stdout.contains("UNKNOWN: \(image.path)/catalogue.sqlite: not opened"), "\(inside.stdout)")
            #expect(try Metrics(scene.sandbox.run("check", "--prometheus", "-").stdout).value("losnap_freeze_records_left") == 1)
            // Still frozen, once, and the hint is good.
            #expect(try scene.sandbox.run("thaw").stdout == "\(image.path): thawed\n")
            #expect(image.mount.thaw() == 0)
            #expect(try scene.checkFindings() == [])
        }
    }
}
