// What a mount or an unmount beside us shows for a moment: words that are meant to last are said only of what lasts.

import Testing

@testable import CloneCore

@Suite("Locating while something is mounted or unmounted")
struct SteadyLookTrees {
    let image = RecordedSystem.file(131)

    /// Systems that are seen one after the other: the next with each pause, and the last one from then on.
    private func use(_ systems: [RecordedSystem]) throws -> (ImageUse, pauses: Int) {
        let pauses = TestClock()
        let (view, kernel) = changing(systems, pauses)
        let use = try ImageLocator(view: view, kernel: kernel).steadyUse(of: image, path: "/pool/home.img")
        return (use, Int(pauses.next()))
    }

    private func changing(_ systems: [RecordedSystem], _ pauses: TestClock) -> (SystemView, Kernel) {
        let views = systems.map(\.view)
        let now: @Sendable () -> SystemView = { views[min(Int(pauses.next()), views.count - 1)] }
        var view = now()
        view.readMounts = { (root, filter, limit, use) throws(CloneError) in try now().readMounts(root, filter, limit, use) }
        view.list = { now().list($0) }
        view.read = { now().read($0) }
        view.loopStatus = { now().loopStatus($0) }
        view.identity = { now().identity($0) }
        view.filesystem = { now().filesystem($0) }
        var kernel = Kernel.linux
        kernel.pause = { _ in pauses.advance(1) }
        return (view, kernel)
    }

    private func attached(_ sequence: Int = 7) -> RecordedSystem {
        var system = RecordedSystem()
        system.loop(0, image, "/pool/home.img")
        system.sysfs("block/loop0/diskseq = \(sequence)")
        return system
    }

    private func mounted(_ sequence: Int = 7) -> RecordedSystem {
        var system = attached(sequence)
        system.mounts("42 27 7:0 / /home rw - ext4 /dev/loop0 rw")
        return system
    }

    /// The kernel knows the filesystem still, or already, and no table shows it.
    private func halfMounted() -> RecordedSystem {
        var system = attached()
        system.sysfs("fs/ext4/loop0")
        return system
    }

    private let changing = CloneError.mountsChanging(path: "/pool/home.img")

    @Test("it is steady: one look") func steady() throws {
        let (use, pauses) = try use([mounted()])
        #expect(use.summary == ["0 /home 7:0"] && pauses == 0)
    }

    @Test("attached, and mounted a moment later: found") func mounting() throws {
        #expect(try use([attached(), attached(), mounted()]).0.summary == ["0 /home 7:0"])
        #expect(try use([halfMounted(), mounted()]).0.summary == ["0 /home 7:0"])
    }

    @Test("being unmounted: found detached, or busy; never permission, never what to detach") func unmounting() throws {
        #expect(try use([halfMounted(), RecordedSystem()]).0 == .detached)
        #expect(throws: changing) { try use([halfMounted(), attached()]) }
        #expect(changing.category == .busy)
    }

    @Test("attached each time, but by another mount: busy") func attachedAnew() {
        #expect(throws: changing) { try use([attached(7), attached(8)]) }
    }

    @Test("what lasts gets the words that are meant to last") func lasting() {
        #expect(throws: CloneError.refused(.attachedNotMounted(image: "/pool/home.img", device: "/dev/loop0"))) { try use([attached()]) }
        #expect(throws: CloneError.refused(.unreachableNamespace(image: "/pool/home.img", device: "/dev/loop0"))) {
            try use([halfMounted()])
        }
    }

    @Test("from a mount point: the loop device is gone for a moment, or the mount") func tracing() throws {
        func image(_ systems: [RecordedSystem]) throws -> String {
            let (view, kernel) = changing(systems, TestClock())
            return try MountPointTracer(view: view, kernel: kernel).image(at: "/home")
        }
        var early = RecordedSystem()
        early.mounts("42 27 7:0 / /home rw - ext4 /dev/loop0 rw")
        #expect(try image([early, mounted()]) == "/pool/home.img")
        #expect(throws: CloneError.mountsChanging(path: "/home")) { try image([early, RecordedSystem()]) }
        #expect(throws: CloneError.notOnAnImage(mountPoint: "/home", device: "/dev/loop0")) { try image([early]) }
        #expect(throws: CloneError.notAMountPoint(path: "/home", mountPoint: "/")) { try image([RecordedSystem(), mounted()]) }
    }
}
