// One image, used in all the ways that a system can use it.

import CloneCore
import Testing

@Suite("Locating: one image")
struct ImageTrees {
    let image = RecordedSystem.file(131)
    var system = RecordedSystem()

    @Test("no loop device: detached") func detached() throws {
        #expect(try system.use(of: image) == .detached)
    }

    @Test("a loop device of another file is none of ours, be its inode number the same") mutating func otherFile() throws {
        system.loop(0, RecordedSystem.file(131, on: "254:0"), "/pool/home.img (deleted)")
        system.loop(1, RecordedSystem.file(132), "/pool/other.img")
        #expect(try system.use(of: image) == .detached)
    }

    @Test("mounted: one filesystem, named by its mount point") mutating func mounted() throws {
        system.loop(0, image, "/pool/home.img")
        system.mounts("42 27 7:0 / /home rw,relatime - xfs /dev/loop0 rw,inode64")
        let expected = InnerFilesystem(
            device: DeviceNumber(major: 7, minor: 0), type: "xfs", mountPoint: "/home", openPath: "/home", depth: 0)
        #expect(try system.use(of: image) == .mounted([expected]))
    }

    @Test("found by device and inode, whatever the path says after a rename") mutating func renamed() throws {
        system.loop(0, image, "/pool/former-name.img")
        system.mounts("42 27 7:0 / /home rw - ext4 /dev/loop0 rw")
        #expect(try system.use(of: image).summary == ["0 /home 7:0"])
    }

    @Test("bind mounts and other roots: each filesystem once, by the first mount that opens") mutating func bindMounts() throws {
        system.loop(0, image, "/pool/home.img")
        system.mounts(
            """
            42 27 7:0 / /hidden rw shared:1 - xfs /dev/loop0 rw
            43 27 7:0 /a/file /one/file rw shared:1 master:2 - xfs /dev/loop0 rw
            44 27 7:0 /a /one ro - xfs /dev/loop0 rw
            """, hidden: ["/hidden"])
        system.opens("/one/file", device: "7:0", isDirectory: false)
        let filesystems = try system.use(of: image).filesystems
        #expect(filesystems.map(\.mountPoint) == ["/one"])
        #expect(filesystems.map(\.openPath) == ["/one"])
    }

    @Test("several loop devices with offsets: all are frozen") mutating func offsets() throws {
        system.loop(0, image, "/pool/home.img")
        system.loop(3, image, "/pool/home.img", offset: 1 << 30)
        system.mounts("42 27 7:0 / /one rw - xfs /dev/loop0 rw\n43 27 7:3 / /two ro - ext4 /dev/loop3 rw")
        #expect(try system.use(of: image).summary == ["0 /one 7:0", "0 /two 7:3"])
    }

    @Test("one of several loop devices is not mounted: refused") mutating func offsetNotMounted() {
        system.loop(0, image, "/pool/home.img")
        system.loop(3, image, "/pool/home.img", offset: 1 << 30)
        system.mounts("42 27 7:0 / /one rw - xfs /dev/loop0 rw")
        #expect(system.refusal(of: image) == .attachedNotMounted(image: "/pool/home.img", device: "/dev/loop3"))
    }

    @Test("a read-only one of several that is not mounted does no harm") mutating func readOnlyBeside() throws {
        system.loop(0, image, "/pool/home.img")
        system.loop(3, image, "/pool/home.img", isReadOnly: true)
        system.mounts("42 27 7:0 / /one rw - xfs /dev/loop0 rw")
        #expect(try system.use(of: image).summary == ["0 /one 7:0"])
    }

    @Test("read-only loop devices alone, mounted or not") mutating func readOnly() throws {
        system.loop(2, image, "/pool/home.img", isReadOnly: true)
        #expect(try system.use(of: image) == .attachedReadOnly(device: "/dev/loop2"))
        system.mounts("42 27 7:2 / /one ro - xfs /dev/loop2 ro,norecovery")
        #expect(try system.use(of: image) == .attachedReadOnly(device: "/dev/loop2"))
    }

    @Test("attached for writing, not mounted: refused") mutating func attached() {
        system.loop(0, image, "/pool/home.img")
        #expect(system.refusal(of: image) == .attachedNotMounted(image: "/pool/home.img", device: "/dev/loop0"))
    }

    @Test("partitions: those that are mounted") mutating func partitions() throws {
        system.loop(0, image, "/pool/home.img")
        system.sysfs(
            """
            block/loop0/loop0p1/partition = 1
            block/loop0/loop0p1/dev = 259:0
            block/loop0/loop0p2/partition = 2
            block/loop0/loop0p2/dev = 259:1
            block/loop0/loop0p3/partition = 3
            block/loop0/loop0p3/dev = 259:2
            block/loop0/queue/rotational = 0
            """)
        #expect(system.refusal(of: image) == .attachedNotMounted(image: "/pool/home.img", device: "/dev/loop0"))
        system.mounts("42 27 259:1 / /boot rw - ext4 /dev/loop0p2 rw\n43 27 259:2 / /root rw - xfs /dev/loop0p3 rw")
        #expect(try system.use(of: image).summary == ["0 /boot 259:1", "0 /root 259:2"])
    }

    @Test("octal escapes: the mount point as it is") mutating func escapes() throws {
        system.loop(0, image, "/pool/home.img")
        system.mounts(#"42 27 7:0 / /a\040b\011c\012d\134e\043f rw - xfs /dev/loop0 rw"#)
        #expect(try system.use(of: image).filesystems.map(\.openPath) == ["/a b\tc\nd\\e#f"])
    }

    @Test("without the right to ask loop devices: by what their paths lead to") mutating func unprivileged() throws {
        system.loop(0, image, "/pool/home.img")
        system.mounts("42 27 7:0 / /home rw - xfs /dev/loop0 rw")
        system.isUnprivileged = true
        #expect(try system.use(of: image).summary == ["0 /home 7:0"])
        system.loop(0, image, "/pool/home.img", isReadOnly: true)
        #expect(try system.use(of: image) == .attachedReadOnly(device: "/dev/loop0"))
    }

    @Test("thirty-three filesystems are more than one guard can hold") mutating func tooMany() throws {
        for number in 0..<33 {
            system.loop(number, image, "/pool/home.img", offset: UInt64(number) << 30)
            system.mounts("\(100 + number) 27 7:\(number) / /m/\(number) rw - xfs /dev/loop\(number) rw")
        }
        #expect(system.refusal(of: image) == .tooMany(count: 33))
    }
}
