// Images inside images, images that were replaced, and mounts of other namespaces.

import CloneCore
import Testing

@Suite("Locating: nested, replaced, elsewhere")
struct NestedTrees {
    static let uuid = "0f3a1c5e-7b4d-4e12-9a55-c0ffee123456"
    let image = RecordedSystem.file(131)
    var system = RecordedSystem()

    init() { system.loop(0, image, "/pool/home.img") }

    @Test("nested two deep: the deepest is frozen first") mutating func nested() throws {
        system.loop(1, RecordedSystem.file(200, on: "7:0"), "/home/inner.img")
        system.loop(2, RecordedSystem.file(300, on: "7:1"), "/inner/innermost.img")
        system.loop(3, RecordedSystem.file(201, on: "7:0"), "/home/second.img")
        system.mounts(
            """
            42 27 7:0 / /home rw - xfs /dev/loop0 rw
            43 42 7:1 / /inner rw - ext4 /dev/loop1 rw
            44 43 7:2 / /innermost rw - ext4 /dev/loop2 rw
            45 42 7:3 / /second rw - xfs /dev/loop3 rw
            """)
        #expect(try system.use(of: image).summary == ["2 /innermost 7:2", "1 /inner 7:1", "1 /second 7:3", "0 /home 7:0"])
    }

    @Test("an inner image that is attached, not mounted, is a file like any other") mutating func innerNotMounted() throws {
        system.loop(1, RecordedSystem.file(200, on: "7:0"), "/home/inner.img")
        system.mounts("42 27 7:0 / /home rw - xfs /dev/loop0 rw")
        #expect(try system.use(of: image).summary == ["0 /home 7:0"])
    }

    @Test("nested on a btrfs subvolume, whose device number no table shows") mutating func nestedOnBtrfs() throws {
        system.sysfs("fs/btrfs/\(Self.uuid)/devices/loop0")
        system.mounts("42 27 0:41 / /home rw - btrfs /dev/loop0 rw\n43 27 7:1 / /inner rw - ext4 /dev/loop1 rw")
        system.opens("/home", device: "0:42", btrfs: Self.uuid)
        system.opens("/home/sub", device: "0:43", btrfs: Self.uuid)
        system.loop(1, RecordedSystem.file(257, on: "0:43"), "/home/sub/deep/inner.img (deleted)")
        #expect(try system.use(of: image).summary == ["1 /inner 7:1", "0 /home 0:41"])
    }

    @Test("on btrfs, where a mounted loop device's file can't be placed: refused") mutating func undecided() {
        system.sysfs("fs/btrfs/\(Self.uuid)/devices/loop0")
        system.mounts("42 27 0:41 / /home rw - btrfs /dev/loop0 rw\n43 27 7:1 / /inner rw - ext4 /dev/loop1 rw")
        system.opens("/home", device: "0:42", btrfs: Self.uuid)
        system.loop(1, RecordedSystem.file(257, on: "0:99"), "/gone/inner.img")
        #expect(system.refusal(of: image) == .unknownBackingFile(image: "/pool/home.img", device: "/dev/loop1"))
    }

    @Test("on btrfs, a loop device that is just being attached or detached keeps nothing from being told") mutating func comesAndGoes()
        throws
    {
        system.sysfs("fs/btrfs/\(Self.uuid)/devices/loop0")
        system.mounts("42 27 0:41 / /home rw - btrfs /dev/loop0 rw")
        system.opens("/home", device: "0:42", btrfs: Self.uuid)
        system.loop(1, RecordedSystem.file(257, on: "0:99"), "/gone/inner.img (deleted)")
        system.detaches(1)
        #expect(try system.use(of: image).summary == ["0 /home 0:41"])
    }

    @Test("on a btrfs pool: other images of the pool are not inside") mutating func btrfsPool() throws {
        var system = RecordedSystem()
        let image = RecordedSystem.file(257, on: "0:61")
        // A subvolume of the pool: its device number is nowhere to be seen but on the image itself.
        system.loop(0, image, "/bpool/home.img")
        system.loop(1, RecordedSystem.file(258, on: "0:61"), "/gone/other.img (deleted)")
        system.sysfs("fs/btrfs/\(Self.uuid)/devices/loop0\nfs/btrfs/11111111-2222-3333-4444-555555555555/devices/sdb")
        system.mounts(
            """
            41 27 0:59 / /bpool rw - btrfs /dev/sdb rw
            42 27 0:41 / /home rw - btrfs /dev/loop0 rw
            43 27 7:1 / /other rw - ext4 /dev/loop1 rw
            """)
        system.opens("/bpool", device: "0:60", btrfs: "11111111-2222-3333-4444-555555555555")
        system.opens("/home", device: "0:42", btrfs: Self.uuid)
        #expect(try system.use(of: image, path: "/bpool/home.img").summary == ["0 /home 0:41"])
    }

    @Test("(deleted): the path was replaced while the old file is mounted") mutating func replaced() throws {
        let new = RecordedSystem.file(500)
        system.loop(0, image, "/pool/home.img (deleted)")
        system.path("/pool/home.img", is: new)
        system.mounts("42 27 7:0 / /home rw - xfs /dev/loop0 rw")
        let expected = FreezeRefusal.replacedWhileMounted(image: "/pool/home.img", mountPoint: "/home")
        #expect(system.refusal(of: new) == expected)
        system.links["/srv/home.img"] = "/pool/home.img"
        #expect(
            system.refusal(of: new, path: "/srv/home.img")
                == .replacedWhileMounted(image: "/srv/home.img", mountPoint: "/home"))
        // The old file itself, by a descriptor or another link, is still what is mounted.
        #expect(try system.use(of: image, path: "/pool/second-name.img").summary == ["0 /home 7:0"])
    }

    @Test("replaced while attached for writing; read-only does no harm") mutating func replacedNotMounted() throws {
        let new = RecordedSystem.file(500)
        system.loop(0, image, "/pool/home.img (deleted)")
        #expect(system.refusal(of: new) == .replacedWhileMounted(image: "/pool/home.img", mountPoint: "/dev/loop0"))
        system.loop(0, image, "/pool/home.img (deleted)", isReadOnly: true)
        #expect(try system.use(of: new) == .detached)
    }

    @Test("a file that is really called `home.img (deleted)` replaces nothing") mutating func calledDeleted() throws {
        system.loop(0, image, "/pool/home.img (deleted)")
        system.path("/pool/home.img (deleted)", is: image)
        #expect(try system.use(of: RecordedSystem.file(500)) == .detached)
    }

    @Test("the same path in a container is another file on another filesystem") mutating func samePathElsewhere() throws {
        system.loop(0, RecordedSystem.file(131, on: "254:32"), "/pool/home.img")
        system.mounts("42 27 7:0 / /home rw - xfs /dev/loop0 rw", prefix: "/proc/88/root")
        #expect(try system.use(of: RecordedSystem.file(500)) == .detached)
    }

    @Test("mounted in another namespace alone: opened through /proc/PID/root") mutating func otherNamespace() throws {
        system.mounts("142 127 7:0 / /data rw - xfs /dev/loop0 rw", prefix: "/proc/88/root")
        let filesystems = try system.use(of: image).filesystems
        #expect(filesystems.map(\.mountPoint) == ["/data"])
        #expect(filesystems.map(\.openPath) == ["/proc/88/root/data"])
    }

    @Test("mounted in both: our own name for it") mutating func bothNamespaces() throws {
        system.mounts("142 127 7:0 / /data rw - xfs /dev/loop0 rw", prefix: "/proc/88/root")
        system.mounts("42 27 7:0 / /home rw - xfs /dev/loop0 rw")
        #expect(try system.use(of: image).filesystems.map(\.openPath) == ["/home"])
    }

    @Test("in another namespace that can't be opened: refused") mutating func unreachable() {
        system.mounts("142 127 7:0 / /data rw - xfs /dev/loop0 rw", prefix: "/proc/88/root", hidden: ["/data"])
        #expect(system.refusal(of: image) == .unreachableNamespace(image: "/pool/home.img", device: "/dev/loop0"))
    }

    @Test("sysfs knows a mounted filesystem that no table shows: refused as that", arguments: ["xfs/loop0", "btrfs/\(uuid)/devices/loop0"])
    mutating func noTable(entry: String) {
        system.sysfs("fs/\(entry)")
        #expect(system.refusal(of: image) == .unreachableNamespace(image: "/pool/home.img", device: "/dev/loop0"))
    }

    @Test("mounted, but hidden under another mount: refused") mutating func hidden() {
        system.mounts("42 27 7:0 / /home rw - xfs /dev/loop0 rw\n43 42 0:30 / /home rw - tmpfs none rw", hidden: ["/home"])
        system.opens("/home", device: "0:30")
        #expect(system.refusal(of: image) == .hiddenMount(image: "/pool/home.img", mountPoint: "/home"))
    }

    @Test("a group: images inside each other are frozen once, at their greatest depth") mutating func group() throws {
        let inner = RecordedSystem.file(200, on: "7:0")
        system.loop(1, inner, "/home/inner.img")
        system.mounts("42 27 7:0 / /home rw - xfs /dev/loop0 rw\n43 42 7:1 / /inner rw - ext4 /dev/loop1 rw")
        let uses = [try system.use(of: inner, path: "/home/inner.img"), try system.use(of: image), .detached]
        for order in [uses, uses.reversed()] {
            #expect(try ImageUse.freezeOrder(order).map { "\($0.depth) \($0.mountPoint)" } == ["1 /inner", "0 /home"])
        }
    }
}
