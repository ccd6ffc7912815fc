// The sums over extent maps, on maps that were written down.

import CloneCore
import Testing

private func map(_ extents: (physical: UInt64, length: UInt64, flags: ExtentFlags)...) -> ExtentMap {
    var logical: UInt64 = 0
    return ExtentMap(
        extents: extents.map { extent in
            defer { logical += extent.length }
            return Extent(logical: logical, physical: extent.physical, length: extent.length, flags: extent.flags)
        })
}

private func reclaim(_ removed: [ExtentMap], keeping kept: [ExtentMap] = []) -> ReclaimableSpace {
    var sweep = ReclaimSweep()
    for map in removed { sweep.add(map, .removed) }
    for map in kept { sweep.add(map, .kept) }
    return sweep.result()
}

@Suite("Space from extent maps")
struct SpaceTests {
    @Test("shared and exclusive; unwritten is allocated")
    func usage() {
        let usage = SpaceUsage(map((0, 10, []), (50, 20, .shared), (90, 5, .unwritten)), size: 100)
        #expect(usage.logicalBytes == 100)
        #expect(usage.allocatedBytes == 35)
        #expect(usage.sharedBytes == 20)
        #expect(usage.exclusiveBytes == 15)
        #expect(usage.isExact)
    }

    @Test("what has no place is not exact", arguments: [ExtentFlags.encoded, .delayed, .inline, .unknown, .notAligned, .tail])
    func notExact(flag: ExtentFlags) {
        let map = map((0, 10, flag), (20, 5, []))
        #expect(!SpaceUsage(map, size: 10).isExact)
        #expect(reclaim([map]) == ReclaimableSpace(bytes: 5, doubtfulBytes: 10))
    }

    @Test("partly overlapping ranges, whatever the order")
    func overlapping() {
        let (one, two, kept) = (map((0, 100, .shared)), map((50, 100, .shared)), map((120, 10, .shared)))
        // 0-50 and 100-120, 130-150 have one known user, though they are marked as shared.
        #expect(reclaim([one, two], keeping: [kept]) == ReclaimableSpace(bytes: 50, doubtfulBytes: 90))
        #expect(reclaim([two, one], keeping: [kept]) == reclaim([one, two], keeping: [kept]))
        #expect(reclaim([one], keeping: [two]) == ReclaimableSpace(bytes: 0, doubtfulBytes: 50))
    }

    @Test("exclusive ranges, adjacent ones, one file twice over one range")
    func exclusive() {
        #expect(reclaim([map((0, 10, []), (10, 10, []))]).bytes == 20)
        #expect(reclaim([map((0, 10, []))], keeping: [map((10, 10, []))]).bytes == 10)
        #expect(reclaim([map((0, 10, .shared), (0, 10, .shared))]) == ReclaimableSpace(bytes: 10, doubtfulBytes: 0))
        #expect(reclaim([], keeping: [map((0, 10, []))]) == ReclaimableSpace(bytes: 0, doubtfulBytes: 0))
    }

    @Test("addresses at the end of what can be counted: no trap")
    func extremes() {
        let extents = map((UInt64.max - 4, 4, []), (UInt64.max - 4, 100, []), (7, 0, []))
        #expect(reclaim([extents]).bytes == 4)
    }

    @Test("as many random files as counting block by block says", arguments: [UInt64(1), 2, 3, 4, 5])
    func random(seed: UInt64) {
        var state = seed
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        for _ in 0..<100 {
            var users = [(removed: Int, kept: Int)](repeating: (0, 0), count: 64)
            var sweep = ReclaimSweep()
            for _ in 0..<next(8) {
                let isRemoved = next(2) == 0
                var extents: [Extent] = []
                for _ in 0..<next(5) {
                    let start = next(56)
                    let length = next(8)
                    extents.append(Extent(logical: 0, physical: UInt64(start), length: UInt64(length), flags: []))
                    for block in start..<(start + length) {
                        if isRemoved { users[block].removed += 1 } else { users[block].kept += 1 }
                    }
                }
                sweep.add(ExtentMap(extents: extents), isRemoved ? .removed : .kept)
            }
            let expected = users.filter { $0.removed > 0 && $0.kept == 0 }.count
            #expect(sweep.result() == ReclaimableSpace(bytes: UInt64(expected), doubtfulBytes: 0))
        }
    }
}
