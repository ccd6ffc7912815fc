// What is done before the freeze ends when it has lasted too long. The rule of these tests: real calls on a clock of their own.

import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import CloneCore

@Suite("The limit of what comes before the freeze", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct PrepareLimitTests {
    /// Clones an image of many extents with a kernel whose calls of one kind take a minute each.
    private func clone(mounted: Bool, way: CloneWay?, slow: (inout Kernel, TestClock) -> Void) throws -> (CloneError?, freezes: Int) {
        try TestScope.with { scope in
            let pool = try scope.pool()
            let file = try scope.image(in: pool.path, .ext4)
            try appendFragments(to: file, count: 3000)
            if mounted { _ = try scope.mountImage(file, .ext4) }
            let clock = TestClock()
            let freezes = TestClock()
            var kernel = Kernel.linux
            kernel.bootTime = { clock.next() }
            kernel.pause = { clock.advance($0) }
            kernel.freeze = { descriptor throws(Errno) in
                freezes.advance(1)
                try Kernel.linux.freeze(descriptor)
            }
            slow(&kernel, clock)
            let runtime = try scope.freshDirectory("run", mode: 0o700)
            let options = CloneOptions(maxPrepareNanoseconds: 150_000_000_000, places: RuntimePlaces(under: runtime.string), way: way)
            let directory = try OpenFile(pool.path.string, flags: [.directory], kernel: kernel)
            let target = CloneTarget(image: try ImageFile(path: file.string, kernel: kernel), directory: directory)
            do throws(CloneError) {
                _ = try CloneJob(preparing: [target], options: options, kernel: kernel).run()
                return (nil, Int(freezes.next()))
            } catch {
                return (error, Int(freezes.next()))
            }
        }
    }

    private func expect(_ step: PrepareStep, mounted: Bool = true, way: CloneWay? = .maps, slow: (inout Kernel, TestClock) -> Void) throws {
        let (error, freezes) = try clone(mounted: mounted, way: way, slow: slow)
        guard case .prepareTooLong(let found, _, let limit) = error else { return #expect(Bool(false), "\(error as Any)") }
        #expect(found == step && limit == 150_000 && freezes == 0 && error?.category == .busy)
    }

    private let minute: UInt64 = 60_000_000_000

    @Test("cloning in advance; cloning what nobody has open")
    func cloning() throws {
        func slow(_ kernel: inout Kernel, _ clock: TestClock) {
            kernel.cloneRange = { (destination, source, offset, length) throws(Errno) in
                clock.advance(minute)
                try Kernel.linux.cloneRange(destination, source, offset, length)
            }
        }
        try expect(.cloning, slow: slow)
        try expect(.cloning, mounted: false, slow: slow)
    }

    @Test("writing out what is dirty, as far as the calls come back")
    func writingOut() throws {
        try expect(.writingOut) { kernel, clock in
            kernel.synchronizeData = { descriptor throws(Errno) in
                clock.advance(3 * minute)
                try Kernel.linux.synchronizeData(descriptor)
            }
        }
    }

    @Test("counting extents for the plain way")
    func counting() throws {
        try expect(.countingExtents, way: .plain) { kernel, clock in
            kernel.readExtents = { (descriptor, buffer, start, limit, writeOut) throws(Errno) in
                clock.advance(limit > 1001 ? 3 * minute : 0)
                return try Kernel.linux.readExtents(descriptor, buffer, start, limit, writeOut)
            }
        }
    }

    @Test("within the limit nothing is refused")
    func within() throws {
        let (error, freezes) = try clone(mounted: true, way: .maps) { kernel, clock in
            kernel.synchronizeData = { descriptor throws(Errno) in
                clock.advance(minute / 10)
                try Kernel.linux.synchronizeData(descriptor)
            }
        }
        #expect(error == nil && freezes == 1)
    }
}
