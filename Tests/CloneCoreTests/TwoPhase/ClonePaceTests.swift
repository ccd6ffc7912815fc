// How long clone calls are apart, by what the image's loop devices are seen to do.

import Synchronization
import Testing

@testable import CloneCore

@Suite("The pace of cloning a live image")
struct ClonePaceTests {
    private final class Devices: Sendable {
        let statistics = Mutex<[String: String]>([:])

        func set(_ loop: Int, reads: Int = 7, writes: Int, inFlight: Int = 0) {
            statistics.withLock {
                $0["/sys/block/loop\(loop)/stat"] = "      \(reads)  0  800  3   \(writes)  0  64  9   \(inFlight)  12  12  0 0 0 0 0 0"
            }
        }

        func view(_ loops: [(Int, FileIdentity)]) -> SystemView {
            var system = RecordedSystem()
            for (number, file) in loops { system.loop(number, file, "/pool/\(file.inode).img") }
            var view = system.view
            let read = view.read
            view.read = { [self] path in statistics.withLock { $0[path] } ?? read(path) }
            return view
        }
    }

    private let image = RecordedSystem.file(5)
    private let other = RecordedSystem.file(6)

    @Test("an idle image is cloned quickly; one that is read or written, by any of its devices, gets most of the time")
    func use() {
        let devices = Devices()
        devices.set(0, writes: 10)
        devices.set(1, writes: 20)
        devices.set(2, writes: 30)
        var pace = ClonePace(of: image, view: devices.view([(0, image), (1, image), (2, other)]))
        #expect(pace.pause(after: 1000) == 250)
        devices.set(1, writes: 21)
        #expect(pace.pause(after: 1000) == 3000)
        #expect(pace.pause(after: 1000) == 250)
        devices.set(0, reads: 8, writes: 10)
        #expect(pace.pause(after: 1000) == 3000)
        // Of another image.
        devices.set(2, writes: 99)
        #expect(pace.pause(after: 1000) == 250)
        // Waiting for the call that has just ended, however long.
        devices.set(1, writes: 21, inFlight: 1)
        #expect(pace.pause(after: 1000) == 3000)
        #expect(pace.pause(after: 1000) == 3000)
    }

    @Test("what can't be told is taken to be in use")
    func unknown() {
        let devices = Devices()
        var none = ClonePace(of: image, view: devices.view([(2, other)]))
        #expect(none.pause(after: 1000) == 3000)
        var unreadable = ClonePace(of: image, view: devices.view([(0, image)]))
        #expect(unreadable.pause(after: 1000) == 3000)
    }
}
