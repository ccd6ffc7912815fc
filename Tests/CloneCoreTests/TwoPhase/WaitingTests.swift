// Cloning an image that somebody else clones all the time: each call waits for its turn, which is told from work.

import Synchronization
import SystemPackage
import Testing

@testable import CloneCore

@Suite("Clone calls that wait for their turn")
struct WaitingTests {
    private static let millisecond: UInt64 = 1_000_000

    /// A file with an extent in every second block, and a kernel in which each clone call waits and then works.
    private final class Contended: Sendable {
        let clock = TestClock()
        let usage = Mutex(ThreadUsage(running: 0, sleeps: 0))
        let calls = Mutex<[(start: UInt64, length: UInt64)]>([])
        let extents: UInt64
        let wait: UInt64
        let work: UInt64
        var size: UInt64 { extents * 8192 }

        /// - Parameters:
        ///   - wait: nanoseconds that each call waits.
        ///   - work: nanoseconds for each extent.
        init(extents: UInt64, wait: UInt64, work: UInt64 = 20_000) {
            self.extents = extents
            self.wait = wait
            self.work = work
        }

        var kernel: Kernel {
            var kernel = Kernel.linux
            kernel.bootTime = { self.clock.next() }
            kernel.threadUsage = { self.usage.withLock { $0 } }
            kernel.pause = { self.clock.advance($0) }
            kernel.cloneRange = { (_, _, offset, length) throws(Errno) in
                let length = length == 0 ? self.size - offset : length
                self.calls.withLock { $0.append((offset, length)) }
                let work = length / 8192 * self.work
                self.clock.advance(self.wait + work)
                self.usage.withLock { usage in
                    usage.running += work
                    usage.sleeps += self.wait > 0 ? 2 : 0
                }
            }
            return kernel
        }
    }

    @Test("what is slept in one piece is waiting; work, and many short sleeps for a disk, are not")
    func told() {
        func time(wall: UInt64, running: UInt64, sleeps: UInt64) -> CallTime {
            var kernel = Kernel.linux
            let clock = TestClock()
            let usage = Mutex(ThreadUsage(running: 5, sleeps: 5))
            kernel.bootTime = { clock.next() }
            kernel.threadUsage = { usage.withLock { $0 } }
            let call = CallTimer(kernel)
            clock.advance(wall)
            usage.withLock { $0 = ThreadUsage(running: 5 + running, sleeps: 5 + sleeps) }
            return call.time(kernel)
        }
        let unit = Self.millisecond
        #expect(time(wall: 100 * unit, running: 10 * unit, sleeps: 1).waited == 90 * unit)
        #expect(time(wall: 100 * unit, running: 10 * unit, sleeps: 1).held == 10 * unit)
        #expect(time(wall: 100 * unit, running: 100 * unit, sleeps: 0).waited == 0)
        // No processor was free.
        #expect(time(wall: 100 * unit, running: 10 * unit, sleeps: 0).waited == 0)
        #expect(time(wall: 100 * unit, running: 10 * unit, sleeps: 40).waited == 0)
        // More was counted than there was time for.
        #expect(time(wall: 1, running: 10 * unit, sleeps: 1).held == 1)
    }

    @Test("a piece never shrinks for waiting, and may take as long as it had to wait")
    func pieces() {
        var piece = PieceSize(first: 256, smallest: 64, largest: 65536)
        let unit = Self.millisecond
        piece.took(CallTime(wall: 505 * unit, waited: 500 * unit))
        #expect(piece.amount == 256 * 32 && piece.isWaiting)
        piece.took(CallTime(wall: 660 * unit, waited: 500 * unit))
        #expect(piece.amount == 256 * 32 * 2)
        piece.took(CallTime(wall: 10_000 * unit, waited: 100 * unit))
        #expect(piece.amount == 256 * 32)
        // Once nobody is in the way it is as ever.
        for _ in 0..<20 { piece.took(CallTime(wall: 160 * unit)) }
        #expect(piece.amount == 64 && !piece.isWaiting)
    }

    /// Clones all of it; how often it was called, and for how long.
    private func cloneAll(_ contended: Contended) throws -> (calls: Int, time: UInt64) {
        var cloner = RangeCloner(source: -1, destination: -1, kernel: contended.kernel)
        let changed = try ChangedBlocks(size: contended.size, granule: 4096)
        changed.insert(from: 0, to: contended.size)
        var piece = RangeCloner.unknownDensity
        let round = cloner.clone(changed, size: contended.size, piece: &piece) { true }
        guard case .done = round.end else { throw Errno.canceled }
        return (contended.calls.withLock { $0.count }, contended.clock.next())
    }

    @Test("an image of 100,000 extents: few calls where each waits, and the whole takes little longer than the waits of those few")
    func whole() throws {
        let quiet = try cloneAll(Contended(extents: 100_000, wait: 0))
        let contended = try cloneAll(Contended(extents: 100_000, wait: 200 * Self.millisecond))
        #expect(contended.calls < 30 && contended.calls < quiet.calls)
        #expect(contended.time < 3 * quiet.time + 30 * 200 * Self.millisecond)
    }

    @Test(
        "a thousand changed places: cloned with what lies between where each call waits, one by one where none does", arguments: [0, 200])
    func places(wait: UInt64) throws {
        let contended = Contended(extents: 20_000, wait: wait * Self.millisecond)
        let changed = try ChangedBlocks(size: contended.size, granule: 4096)
        for place in 0..<1000 { changed.insert(from: UInt64(place) * 163_840, to: UInt64(place) * 163_840 + 4096) }
        var piece = RangeCloner.unknownDensity
        var cloner = RangeCloner(source: -1, destination: -1, kernel: contended.kernel)
        guard case .done = cloner.clone(changed, size: contended.size, piece: &piece, while: { true }).end else {
            return #expect(Bool(false), "not done")
        }
        let calls = contended.calls.withLock { $0 }
        #expect(wait == 0 ? calls.count == 1000 : calls.count < 20)
        for place in 0..<1000 {
            let start = UInt64(place) * 163_840
            #expect(calls.contains { $0.start <= start && start + 4096 <= $0.start + $0.length })
        }
    }
}
