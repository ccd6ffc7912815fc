// Cloning in pieces: every byte once, in order, to the end; pieces follow the time they take.

import Synchronization
import SystemPackage
import Testing

@testable import CloneCore

@Suite("Clone in pieces")
struct CloneChunksTests {
    /// A kernel whose clone calls take `cost` nanoseconds a MiB by its own clock.
    private final class Clock: Sendable {
        let now = Mutex<UInt64>(0)
        let calls = Mutex<[(offset: UInt64, length: UInt64)]>([])
        let cost: UInt64
        let size: UInt64

        init(cost: UInt64, size: UInt64) {
            self.cost = cost
            self.size = size
        }

        var kernel: Kernel {
            var kernel = Kernel.linux
            kernel.bootTime = { self.now.withLock { $0 } }
            kernel.cloneRange = { (_, _, offset, length) throws(Errno) in
                self.calls.withLock { $0.append((offset, length)) }
                let bytes = length == 0 ? self.size - offset : length
                self.now.withLock { $0 += (bytes >> 20) * self.cost }
            }
            return kernel
        }
    }

    private func run(_ clock: Clock, while goOn: () -> Bool = { true }) -> ChunkedCloneEnd {
        cloneInChunks(from: -1, to: -1, size: clock.size, kernel: clock.kernel, while: goOn)
    }

    private let mebibyte: UInt64 = 1 << 20

    @Test(
        "the pieces join without gap or overlap, and the last goes to the end of the file",
        arguments: [1, 4095, 64 << 20, (64 << 20) + 1, 1 << 30, (1 << 40) + 777] as [UInt64], [0, 1000, 1_000_000, 400_000_000] as [UInt64])
    func seamless(size: UInt64, cost: UInt64) {
        let clock = Clock(cost: cost, size: min(size, cost > 1_000_000 ? 1 << 30 : size))
        guard case .done = run(clock) else { return #expect(Bool(false), "not done") }
        let calls = clock.calls.withLock { $0 }
        var next: UInt64 = 0
        for call in calls.dropLast() {
            #expect(call.offset == next && call.length > 0 && call.length % mebibyte == 0)
            next += call.length
        }
        #expect(calls.last?.offset == next && calls.last?.length == 0 && next < clock.size)
    }

    @Test("an empty file takes no call")
    func empty() {
        let clock = Clock(cost: 0, size: 0)
        guard case .done = run(clock) else { return #expect(Bool(false), "not done") }
        #expect(clock.calls.withLock { $0.isEmpty })
    }

    @Test("slow pieces get smaller, down to a mebibyte; fast ones larger")
    func adaptation() {
        let slow = Clock(cost: 100_000_000, size: 400 << 20)
        _ = run(slow)
        #expect(slow.calls.withLock { $0.dropLast().map { $0.length >> 20 } }.prefix(6) == [16, 8, 4, 2, 1, 1])
        let fast = Clock(cost: 1, size: 1 << 40)
        _ = run(fast)
        #expect(fast.calls.withLock { $0.map { $0.length >> 20 } }.prefix(4) == [16, 32, 64, 128])
        #expect(fast.calls.withLock { $0.count } < 20)
    }

    @Test("it looks before every call, and stops when the window is broken")
    func stops() {
        let clock = Clock(cost: 100_000_000, size: 1 << 30)
        var looks = 0
        let end = run(clock) {
            looks += 1
            return looks < 4
        }
        guard case .stopped = end else { return #expect(Bool(false), "\(end)") }
        #expect(clock.calls.withLock { $0.count } == 3)
    }

    @Test("a failing call ends it")
    func fails() {
        var kernel = Clock(cost: 0, size: 1).kernel
        kernel.cloneRange = { (_, _, _, _) throws(Errno) in throw .noSpace }
        let end = cloneInChunks(from: -1, to: -1, size: 1 << 30, kernel: kernel, while: { true })
        guard case .failed(.noSpace) = end else { return #expect(Bool(false), "\(end)") }
    }
}
