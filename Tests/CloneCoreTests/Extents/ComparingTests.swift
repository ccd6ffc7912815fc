// How much two files differ by their maps, on maps that were written down, and against a comparison byte by byte.

import Testing

@testable import CloneCore

private func extent(_ logical: UInt64, _ length: UInt64, at physical: UInt64, _ flags: ExtentFlags = []) -> Extent {
    Extent(logical: logical, physical: physical, length: length, flags: flags)
}

private func differing(_ left: [Extent], _ right: [Extent], sizes: (UInt64, UInt64) = (100, 100)) -> UInt64 {
    let (first, second) = (ExtentMap(extents: left), ExtentMap(extents: right))
    let bytes = first.differingBytes(from: second, size: sizes.0, otherSize: sizes.1)
    // Which of the two is asked makes no difference.
    #expect(second.differingBytes(from: first, size: sizes.1, otherSize: sizes.0) == bytes)
    return bytes
}

@Suite("Comparing extent maps")
struct ComparingTests {
    @Test("one place is the same, however the map is cut and marked")
    func same() {
        #expect(differing([], []) == 0)
        #expect(differing([], [], sizes: (0, 0)) == 0)
        #expect(differing([extent(0, 100, at: 500)], [extent(0, 100, at: 500, [.shared, .last])]) == 0)
        #expect(differing([extent(0, 100, at: 500)], [extent(0, 30, at: 500), extent(30, 70, at: 530, .shared)]) == 0)
        #expect(differing([extent(20, 30, at: 500)], [extent(20, 10, at: 500), extent(30, 20, at: 510)]) == 0)
    }

    @Test("another place differs, as far as it reaches")
    func moved() {
        #expect(differing([extent(0, 100, at: 500)], [extent(0, 100, at: 501)]) == 100)
        #expect(differing([extent(0, 100, at: 500)], [extent(0, 40, at: 500), extent(40, 5, at: 900), extent(45, 55, at: 545)]) == 5)
        // One place on disk, at another place in the file.
        #expect(differing([extent(0, 50, at: 500)], [extent(50, 50, at: 500)]) == 100)
    }

    @Test("holes and unwritten extents both read as zeros; data does not")
    func zeros() {
        #expect(differing([extent(0, 100, at: 500, .unwritten)], []) == 0)
        #expect(differing([extent(0, 100, at: 500, .unwritten)], [extent(10, 50, at: 900, [.unwritten, .last])]) == 0)
        #expect(differing([extent(0, 100, at: 500)], []) == 100)
        #expect(differing([extent(0, 100, at: 500)], [extent(0, 100, at: 500, .unwritten)]) == 100)
        #expect(differing([extent(0, 40, at: 500), extent(60, 40, at: 560)], [extent(0, 100, at: 500)]) == 20)
    }

    @Test(
        "what has no place differs, even from itself",
        arguments: [
            ExtentFlags.unknown, [.unknown, .delayed], .encrypted, .notAligned, .inline, .tail, [.encoded, .inline],
            [.encoded, .unwritten], [.unwritten, .unknown, .delayed],
        ])
    func unplaced(flags: ExtentFlags) {
        #expect(differing([extent(10, 30, at: 500, flags)], [extent(10, 30, at: 500, flags)]) == 30)
        #expect(differing([extent(10, 30, at: 500, flags)], [extent(10, 30, at: 500)]) == 30)
        #expect(differing([extent(10, 30, at: 500, flags)], []) == 30)
    }

    @Test("a compressed extent says what it has only if the place inside is known")
    func compressed() {
        let whole = extent(0, 100, at: 500, .encoded)
        #expect(differing([whole], [whole]) == 100)
        let known = map([(whole, 0)])
        #expect(mapsDiffer(known, ExtentMap(extents: [whole])) == 100)
        #expect(mapsDiffer(known, map([(extent(0, 100, at: 500, [.encoded, .shared]), 0)])) == 0)
        #expect(mapsDiffer(known, map([(whole, 100)])) == 100)
        #expect(mapsDiffer(known, map([(extent(0, 100, at: 501, .encoded), 0)])) == 100)
        #expect(mapsDiffer(known, map([(extent(0, 100, at: 500), 0)])) == 100)
        #expect(mapsDiffer(known, map([(extent(0, 100, at: 500, [.encoded, .unknown]), 0)])) == 100)
        // What a write leaves of it is the same still.
        let left = [(extent(0, 40, at: 500, .encoded), 0), (extent(40, 20, at: 900, .encoded), 0), (extent(60, 40, at: 500, .encoded), 60)]
        #expect(mapsDiffer(known, map(left.map { ($0.0, UInt64($0.1)) })) == 20)
    }

    private func map(_ extents: [(Extent, UInt64)]) -> ExtentMap { ExtentMap(extents: extents.map(\.0), insides: extents.map(\.1)) }

    private func mapsDiffer(_ left: ExtentMap, _ right: ExtentMap) -> UInt64 {
        let bytes = left.differingBytes(from: right, size: 100, otherSize: 100)
        #expect(right.differingBytes(from: left, size: 100, otherSize: 100) == bytes)
        return bytes
    }

    @Test("what only one is long enough for differs, hole or not; what lies behind the end does not count")
    func lengths() {
        #expect(differing([extent(0, 100, at: 500)], [extent(0, 100, at: 500)], sizes: (100, 60)) == 40)
        #expect(differing([], [], sizes: (100, 1000)) == 900)
        #expect(differing([extent(0, 40, at: 500)], [extent(0, 64, at: 500)], sizes: (40, 40)) == 0)
        #expect(differing([extent(50, 100, at: 500, .unknown)], [], sizes: (50, 50)) == 0)
    }

    @Test("maps that no kernel should give: no trap, and no end that never comes")
    func odd() {
        let huge = extent(10, .max, at: .max - 4)
        #expect(differing([huge], [huge]) <= 90)
        #expect(differing([huge], []) == 90)
        let overlapping = [extent(0, 60, at: 500), extent(40, 60, at: 540), extent(50, 0, at: 1)]
        #expect(differing(overlapping, [extent(0, 100, at: 500)]) == 0)
    }

    @Test("agrees with a comparison byte by byte", arguments: 0..<200 as Range<UInt64>)
    func bytewise(seed: UInt64) {
        var random = Numbers(state: seed &* 7919 &+ 1)
        let size = 64 + random.next(64)
        let (left, right) = (randomMap(&random, size), randomMap(&random, size))
        func contents(_ extents: [Extent]) -> [Int64] {
            var bytes = [Int64](repeating: 0, count: Int(size))
            for extent in extents where !extent.flags.contains(.unwritten) {
                for offset in 0..<extent.length { bytes[Int(extent.logical + offset)] = Int64(extent.physical + offset) }
            }
            return bytes
        }
        let expected = zip(contents(left), contents(right)).count { $0 != $1 }
        #expect(differing(left, right, sizes: (size, size)) == UInt64(expected))
    }

    /// Pieces that often lie where the same piece of another map lies.
    private func randomMap(_ random: inout Numbers, _ size: UInt64) -> [Extent] {
        var extents: [Extent] = []
        var logical: UInt64 = 0
        while logical < size {
            let length = min(1 + random.next(12), size - logical)
            let shift = random.next(3) * 1000
            switch random.next(4) {
            case 0: break
            case 1: extents.append(extent(logical, length, at: 5000 + logical, .unwritten))
            default: extents.append(extent(logical, length, at: 5000 + logical + shift))
            }
            logical += length
        }
        return extents
    }
}

/// Numbers that are the same in every run.
private struct Numbers {
    var state: UInt64

    mutating func next(_ limit: UInt64) -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return (state >> 33) % limit
    }
}
