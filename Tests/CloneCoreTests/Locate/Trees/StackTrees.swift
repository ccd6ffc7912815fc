// Images below device-mapper, MD and btrfs, and those that share a filesystem with another device.

import CloneCore
import Testing

@Suite("Locating: stacked devices")
struct StackTrees {
    static let uuid = "0f3a1c5e-7b4d-4e12-9a55-c0ffee123456"
    let image = RecordedSystem.file(131)
    var system = RecordedSystem()

    init() { system.loop(0, image, "/pool/home.img") }

    @Test("dm-crypt and LVM on one image: what is mounted on top") mutating func deviceMapper() throws {
        system.sysfs(
            """
            block/loop0/holders/dm-0
            block/dm-0/dev = 253:0
            block/dm-0/slaves/loop0
            block/dm-0/holders/dm-1
            block/dm-0/holders/dm-2
            block/dm-1/dev = 253:1
            block/dm-1/slaves/dm-0
            block/dm-2/dev = 253:2
            block/dm-2/slaves/dm-0
            """)
        system.mounts("42 27 253:1 / /home rw - ext4 /dev/mapper/group-home rw")
        #expect(try system.use(of: image).summary == ["0 /home 253:1"])
    }

    @Test("LVM on two images: refused") mutating func volumeGroup() {
        system.loop(1, RecordedSystem.file(132), "/pool/second.img")
        system.sysfs(
            """
            block/loop0/holders/dm-0
            block/loop1/holders/dm-0
            block/dm-0/dev = 253:0
            block/dm-0/slaves/loop0
            block/dm-0/slaves/loop1
            """)
        system.mounts("42 27 253:0 / /home rw - ext4 /dev/mapper/group-home rw")
        #expect(system.refusal(of: image) == .oneOfSeveralDevices(image: "/pool/home.img", filesystem: "/dev/dm-0"))
    }

    @Test("two partitions of one image in one volume: all of it is in the image") mutating func volumeInOneImage() throws {
        system.sysfs(
            """
            block/loop0/loop0p1/partition = 1
            block/loop0/loop0p1/dev = 259:0
            block/loop0/loop0p1/holders/dm-0
            block/loop0/loop0p2/partition = 2
            block/loop0/loop0p2/dev = 259:1
            block/loop0/loop0p2/holders/dm-0
            block/dm-0/dev = 253:0
            block/dm-0/slaves/loop0p1
            block/dm-0/slaves/loop0p2
            """)
        system.mounts("42 27 253:0 / /home rw - ext4 /dev/mapper/group-home rw")
        #expect(try system.use(of: image).summary == ["0 /home 253:0"])
    }

    @Test("MD on two images, not even mounted: refused") mutating func mirror() {
        system.loop(1, RecordedSystem.file(132), "/pool/second.img")
        system.sysfs(
            """
            block/loop0/holders/md127
            block/loop1/holders/md127
            block/md127/dev = 9:127
            block/md127/slaves/loop0
            block/md127/slaves/loop1
            """)
        #expect(system.refusal(of: image) == .oneOfSeveralDevices(image: "/pool/home.img", filesystem: "/dev/md127"))
    }

    @Test("btrfs shows as 0:NN and is found by its UUID, not by the name of its source") mutating func btrfs() throws {
        system.sysfs("fs/btrfs/\(Self.uuid)/devices/loop0\nfs/btrfs/features/raid56 = 0")
        system.mounts(
            """
            40 27 0:39 /sub /elsewhere rw - btrfs /dev/loop0 rw,subvol=/sub
            42 27 0:41 /@home /home rw - btrfs /dev/disk/by-label/home rw,subvol=/@home
            43 27 0:41 /@log /log rw - btrfs /dev/disk/by-label/home rw,subvol=/@log
            """)
        system.opens("/elsewhere", device: "0:50", btrfs: "11111111-2222-3333-4444-555555555555")
        system.opens("/home", device: "0:42", btrfs: Self.uuid)
        system.opens("/log", device: "0:43", btrfs: Self.uuid)
        let filesystems = try system.use(of: image).filesystems
        #expect(filesystems.map(\.device.description) == ["0:41"])
        #expect(filesystems.map(\.mountPoint) == ["/home"])
        #expect(filesystems.first?.btrfsUUID?.description == Self.uuid)
    }

    @Test("btrfs with a second device elsewhere: refused") mutating func btrfsOfTwo() {
        system.loop(1, RecordedSystem.file(132), "/pool/second.img")
        system.sysfs("fs/btrfs/\(Self.uuid)/devices/loop0\nfs/btrfs/\(Self.uuid)/devices/loop1")
        system.mounts("42 27 0:41 / /home rw - btrfs /dev/loop1 rw")
        system.opens("/home", device: "0:42", btrfs: Self.uuid)
        #expect(system.refusal(of: image) == .oneOfSeveralDevices(image: "/pool/home.img", filesystem: "the btrfs at /home"))
    }

    @Test("XFS with its log elsewhere: refused") mutating func externalLog() {
        system.mounts("42 27 7:0 / /home rw - xfs /dev/loop0 rw,logdev=/dev/sdc1,noquota")
        #expect(system.refusal(of: image) == .externalLog(image: "/pool/home.img", mountPoint: "/home"))
    }

    @Test("an image that is the log of another XFS: refused, also by a link's name") mutating func logOfAnother() {
        system.links["/dev/mapper/log"] = "/dev/loop0"
        system.mounts("42 27 8:1 / /data rw - xfs /dev/sda1 rw,logdev=/dev/mapper/log,noquota")
        #expect(system.refusal(of: image) == .oneOfSeveralDevices(image: "/pool/home.img", filesystem: "the XFS at /data"))
    }

    @Test("XFS with its log in the same image: all of it is there") mutating func logInside() throws {
        system.loop(1, image, "/pool/home.img", offset: 1 << 30)
        system.mounts("42 27 7:0 / /home rw - xfs /dev/loop0 rw,logdev=/dev/loop1")
        // The log's own device has no filesystem, so it is one that writes without being mounted.
        #expect(system.refusal(of: image) == .attachedNotMounted(image: "/pool/home.img", device: "/dev/loop1"))
    }

    @Test("ext4 with its journal elsewhere, told by its superblock: refused") mutating func externalJournal() throws {
        var superblock = [UInt8](repeating: 0, count: 1024)
        superblock[0x38] = 0x53
        superblock[0x39] = 0xef
        superblock[0x5c] = 0x04
        superblock[0xe0] = 8
        system.mounts("42 27 7:0 / /home rw - ext4 /dev/loop0 rw")
        system.superblocks["loop0"] = superblock
        #expect(try system.use(of: image).summary == ["0 /home 7:0"])
        superblock[0xe0] = 0
        system.superblocks["loop0"] = superblock
        #expect(system.refusal(of: image) == .externalLog(image: "/pool/home.img", mountPoint: "/home"))
    }

    @Test("an image that is the journal of another ext4: refused as such") mutating func journalOfAnother() {
        var superblock = [UInt8](repeating: 0, count: 1024)
        superblock[0x38] = 0x53
        superblock[0x39] = 0xef
        superblock[0x60] = 0x08
        system.superblocks["loop0"] = superblock
        #expect(system.refusal(of: image) == .oneOfSeveralDevices(image: "/pool/home.img", filesystem: "an ext4 filesystem"))
    }
}
