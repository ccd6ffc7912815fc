// From a mount point to its image, on recorded systems.

import CloneCore
import Testing

@Suite("Tracing a mount point")
struct TracerTrees {
    static let uuid = "0f3a1c5e-7b4d-4e12-9a55-c0ffee123456"
    let image = RecordedSystem.file(131)
    var system = RecordedSystem()

    init() {
        system.loop(0, image, "/pool/home.img")
        system.mounts("42 27 7:0 / /home rw - xfs /dev/loop0 rw")
    }

    private func image(at path: String) throws -> String { try MountPointTracer(view: system.view).image(at: path) }

    @Test("the path of the image, also by a link to the mount point") mutating func found() throws {
        system.links["/h"] = "/home"
        #expect(try image(at: "/home") == "/pool/home.img")
        #expect(try image(at: "/h") == "/pool/home.img")
    }

    @Test("a directory in it is not the mount point") func insideIt() {
        #expect(throws: CloneError.notAMountPoint(path: "/home/user", mountPoint: "/home")) { try image(at: "/home/user") }
        #expect(throws: CloneError.notAMountPoint(path: "/homes", mountPoint: "/")) { try image(at: "/homes") }
    }

    @Test("a mount that has nothing to do with images") func notOnAnImage() {
        #expect(throws: CloneError.notOnAnImage(mountPoint: "/pool", device: "/dev/vdb")) { try image(at: "/pool") }
    }

    @Test("what lies on top counts") mutating func onTop() {
        system.mounts("43 42 0:30 / /home rw - tmpfs none rw")
        #expect(throws: CloneError.notOnAnImage(mountPoint: "/home", device: "none")) { try image(at: "/home") }
    }

    @Test("two names that read alike are two mount points") mutating func readAlike() throws {
        system.loop(1, RecordedSystem.file(132), "/pool/other.img")
        system.mounts("43 27 7:0 / /caf\u{E9} rw - xfs /dev/loop0 rw\n44 27 7:1 / /cafe\u{301} rw - xfs /dev/loop1 rw")
        #expect(try image(at: "/caf\u{E9}") == "/pool/home.img")
        #expect(try image(at: "/cafe\u{301}") == "/pool/other.img")
    }

    @Test("the image was unlinked or replaced: its path leads nowhere, or elsewhere") mutating func lost() {
        system.loop(0, image, "/pool/home.img (deleted)")
        #expect(throws: CloneError.imageNotFound(mountPoint: "/home", path: "/pool/home.img (deleted)")) { try image(at: "/home") }
        system.loop(0, image, "/pool/home.img")
        system.path("/pool/home.img", is: RecordedSystem.file(500))
        #expect(throws: CloneError.imageNotFound(mountPoint: "/home", path: "/pool/home.img")) { try image(at: "/home") }
    }

    @Test("through a partition and device-mapper; on two images there is no one image") mutating func stacked() throws {
        system.mapsPartitionOfLoop0()
        system.mounts("44 27 253:0 / /data rw - ext4 /dev/mapper/x rw")
        #expect(try image(at: "/data") == "/pool/home.img")
        system.loop(1, RecordedSystem.file(132), "/pool/second.img")
        system.sysfs("block/loop1/holders/dm-0\nblock/dm-0/slaves/loop1")
        #expect(throws: CloneError.refused(.oneOfSeveralDevices(image: "/pool/home.img", filesystem: "the ext4 at /data"))) {
            try image(at: "/data")
        }
    }

    @Test("btrfs, by its UUID") mutating func btrfs() throws {
        system.loop(5, RecordedSystem.file(140), "/pool/b.img")
        system.sysfs("fs/btrfs/\(Self.uuid)/devices/loop5")
        system.mounts("44 27 0:41 /@ /b rw - btrfs /dev/loop3 rw")
        system.opens("/b", device: "0:43", btrfs: Self.uuid)
        #expect(try image(at: "/b") == "/pool/b.img")
    }
}
