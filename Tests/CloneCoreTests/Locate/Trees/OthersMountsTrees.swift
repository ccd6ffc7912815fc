// Whose mounts are read: our own first, and those of other namespaces, which any user can make many and long, only for what ours don't answer.

import Testing

@testable import CloneCore

@Suite("Locating: the mounts of others")
struct OthersMountsTrees {
    static let uuid = "0f3a1c5e-7b4d-4e12-9a55-c0ffee123456"
    let image = RecordedSystem.file(131)
    var system = RecordedSystem()

    init() {
        system.loop(0, image, "/pool/home.img")
        // A namespace of somebody's with very many bind mounts, of the image's filesystem too.
        system.mounts(many(3000, "7:0", "ext4"), prefix: "/proc/70/root", hidden: Set((0..<3000).map { "/many/\($0)" }))
    }

    private func many(_ count: Int, _ device: String, _ type: String) -> String {
        (0..<count).map { "\(100 + $0) 27 \(device) / /many/\($0) rw - \(type) none rw" }.joined(separator: "\n")
    }

    @Test("mounted here: nobody else's mounts are read") mutating func own() throws {
        system.mounts("42 27 7:0 / /home rw - ext4 /dev/loop0 rw")
        #expect(try system.use(of: image).summary == ["0 /home 7:0"])
        #expect(system.reads.all == [""])
    }

    @Test("partitions and stacked devices: what can't be mounted elsewhere is not looked for") mutating func stacked() throws {
        system.mapsPartitionOfLoop0()
        system.mounts("42 27 253:0 / /home rw - xfs /dev/mapper/x rw")
        #expect(try system.use(of: image).summary == ["0 /home 253:0"])
        #expect(system.reads.all == [""])
        // A second partition could be mounted elsewhere.
        system.sysfs("block/loop0/loop0p2/partition = 2\nblock/loop0/loop0p2/dev = 259:1")
        system.mounts("142 127 259:1 / /boot rw - vfat /dev/loop0p2 rw", prefix: "/proc/88/root")
        #expect(try system.use(of: image).summary == ["0 /home 253:0", "0 /boot 259:1"])
        #expect(system.reads.all.dropFirst() == ["", "/proc/70/root", "/proc/88/root"])
    }

    @Test("a btrfs here, and a loop device on a filesystem beside it") mutating func btrfs() throws {
        system.sysfs("fs/btrfs/\(Self.uuid)/devices/loop0")
        system.mounts("42 27 0:41 / /home rw - btrfs /dev/loop0 rw\n43 27 0:77 / /tmp rw - tmpfs none rw")
        system.opens("/home", device: "0:42", btrfs: Self.uuid)
        system.loop(1, RecordedSystem.file(5, on: "0:77"), "/tmp/other.img")
        #expect(try system.use(of: image).summary == ["0 /home 0:41"])
        #expect(system.reads.all == [""])
    }

    @Test("nothing is mounted, or only read-only: no mounts are read at all") mutating func none() throws {
        #expect(try system.use(of: RecordedSystem.file(999), path: "/pool/other.img") == .detached)
        system.loop(0, image, "/pool/home.img", isReadOnly: true)
        #expect(try system.use(of: image) == .attachedReadOnly(device: "/dev/loop0"))
        #expect(system.reads.all == [])
    }

    @Test("mounted in another namespace alone, behind thousands that don't open: found all the same") mutating func behindMany() throws {
        system.mounts(many(50, "7:0", "ext4"), prefix: "/proc/88/root", hidden: Set((0..<49).map { "/many/\($0)" }))
        #expect(try system.use(of: image).filesystems.map(\.openPath) == ["/proc/88/root/many/49"])
    }

    @Test("here, behind many that don't open") mutating func behindManyOfOurs() throws {
        system.mounts(many(50, "7:0", "ext4"), hidden: Set((0..<49).map { "/many/\($0)" }))
        #expect(try system.use(of: image).filesystems.map(\.openPath) == ["/many/49"])
        #expect(Set(system.reads.all) == [""])
    }

    @Test("of each filesystem a few mounts are kept") mutating func kept() throws {
        system.mounts(many(1000, "7:0", "ext4"))
        system.mounts(many(1000, "7:9", "ext4"), prefix: "/proc/88/root")
        let mounts = try Mounts(system.view, loops: [])
        #expect(try mounts.filesystem(on: DeviceNumber("7:0")!)?.mounts.count ?? 99 < 10)
        #expect(try mounts.filesystem(on: DeviceNumber("7:9")!)?.mounts.count ?? 99 < 10)
        #expect(mounts.entries.count < 20)
    }

    @Test("others have more than can be read in time: refused as busy, not taken for unmounted; what is mounted here is found")
    mutating func tooMany() throws {
        var kernel = Kernel.linux
        let clock = TestClock(step: 1_000_000)
        kernel.bootTime = { clock.next() }
        let locator = ImageLocator(view: system.view, kernel: kernel, longest: 2_000_000_000)
        let error = #expect(throws: CloneError.self) { try locator.use(of: image, path: "/pool/home.img") }
        #expect(error == .tooManyMounts(milliseconds: 2000) && error?.category == .busy)
        system.mounts("42 27 7:0 / /home rw - ext4 /dev/loop0 rw")
        #expect(
            try ImageLocator(view: system.view, kernel: kernel, longest: 1).use(of: image, path: "/pool/home.img").summary == [
                "0 /home 7:0"
            ])
    }

    @Test("a suspended device-mapper device: refused as busy, for writing out would not come back") mutating func suspended() throws {
        system.sysfs(
            """
            block/loop0/holders/dm-0
            block/dm-0/dev = 253:0
            block/dm-0/slaves/loop0
            block/dm-0/dm/name = group-home
            block/dm-0/dm/suspended = 0
            """)
        system.mounts("42 27 253:0 / /home rw - ext4 /dev/mapper/group-home rw")
        #expect(try system.use(of: image).summary == ["0 /home 253:0"])
        system.sysfs("block/dm-0/dm/suspended = 1")
        let refusal = FreezeRefusal.suspended(image: "/pool/home.img", name: "group-home")
        #expect(system.refusal(of: image) == refusal && CloneError.refused(refusal).category == .busy)
    }
}

@Suite("A path that opens a filesystem")
struct OpeningPathTests {
    private let device = DeviceNumber(major: 7, minor: 0)
    private let limit = TimeLimit(1_000_000_000, kernel: .linux)
    private var system = RecordedSystem()

    init() { system.mounts("100 27 0:5 / /x rw - tmpfs none rw", prefix: "/proc/70/root") }

    private func path(_ limit: TimeLimit? = nil) throws -> String? {
        try system.view.path(opening: device, uuid: nil, mountedAt: "/home", limit: limit ?? self.limit)
    }

    @Test("where it was mounted: no mounts are read at all") mutating func atItsPlace() throws {
        system.mounts("42 27 7:0 / /home rw - ext4 /dev/loop0 rw")
        #expect(try path() == "/home")
        #expect(system.reads.all == [])
    }

    @Test("elsewhere in our own namespace: nobody else's mounts are read") mutating func own() throws {
        system.mounts("42 27 7:0 / /moved rw - ext4 /dev/loop0 rw")
        #expect(try path() == "/moved")
        #expect(system.reads.all == [""])
    }

    @Test("at its place in another namespace: theirs are not read either") mutating func atItsPlaceElsewhere() throws {
        system.mounts("142 127 7:0 / /home rw - ext4 /dev/loop0 rw", prefix: "/proc/88/root")
        #expect(try path() == "/proc/88/root/home")
        #expect(system.reads.all == [""])
    }

    @Test("elsewhere in another namespace; not for longer than the limit") mutating func elsewhere() throws {
        system.mounts("142 127 7:0 / /moved rw - ext4 /dev/loop0 rw", prefix: "/proc/88/root")
        #expect(try path() == "/proc/88/root/moved")
        var kernel = Kernel.linux
        kernel.bootTime = { [clock = TestClock(step: 1)] in clock.next() }
        #expect(throws: CloneError.tooManyMounts(milliseconds: 0)) { try path(TimeLimit(1, kernel: kernel)) }
    }

    @Test("nowhere") func nowhere() throws {
        #expect(try path() == nil)
        #expect(system.reads.all == ["", "/proc/70/root"])
    }
}
