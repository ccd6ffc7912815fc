// The parts of the finders that need no kernel: comparing maps, the form of tracepoints, lists of processors, sizes of pieces.

import CLinux
import SystemPackage
import TestSupport
import Testing

@testable import CloneCore

@Suite("Finders")
struct FinderTests {
    private func extent(_ logical: UInt64, _ physical: UInt64, _ length: UInt64, _ flags: ExtentFlags = []) -> Extent {
        Extent(logical: logical << 12, physical: physical << 12, length: length << 12, flags: flags)
    }

    private func differing(_ known: [Extent], _ now: [Extent], blocks: UInt64, onlyProven: Bool = false) throws -> [UInt64] {
        let changed = try ChangedBlocks(size: blocks << 12, granule: 4096)
        var walk = MapWalk(known: known, changed: changed, size: blocks << 12, onlyProven: onlyProven)
        for extent in now { walk.step(extent) }
        walk.end()
        var found: [UInt64] = []
        var position: UInt64 = 0
        while let run = changed.run(from: position) {
            found += Array((run.start >> 12)..<(run.end >> 12))
            position = run.end
        }
        return found
    }

    @Test("the same place is the same, however the extents are cut")
    func same() throws {
        #expect(try differing([extent(0, 100, 8)], [extent(0, 100, 3), extent(3, 103, 5)], blocks: 10) == [])
        #expect(try differing([extent(0, 100, 8)], [extent(0, 100, 3), extent(3, 500, 1), extent(4, 104, 4)], blocks: 10) == [3])
    }

    @Test("a hole and unwritten blocks are both zeros; a hole against data differs, either way")
    func zeros() throws {
        #expect(try differing([], [extent(2, 9, 3, .unwritten)], blocks: 8) == [])
        #expect(try differing([extent(2, 9, 3)], [], blocks: 8) == [2, 3, 4])
        #expect(try differing([], [extent(2, 9, 3)], blocks: 8) == [2, 3, 4])
        #expect(try differing([extent(0, 9, 2, .unwritten)], [extent(0, 9, 2)], blocks: 8) == [0, 1])
    }

    @Test(
        "what has no place on disk always differs, but proves nothing",
        arguments: [ExtentFlags.encoded, .delayed, .unknown, .inline, .notAligned])
    func unplaced(flag: ExtentFlags) throws {
        let map = [extent(0, 9, 2), extent(2, 20, 2, flag)]
        #expect(try differing(map, map, blocks: 6) == [2, 3])
        #expect(try differing(map, map, blocks: 6, onlyProven: true) == [])
        #expect(try differing([extent(0, 1, 1)], [extent(0, 2, 1)], blocks: 6, onlyProven: true) == [0])
    }

    @Test("blocks behind the end don't count")
    func behind() throws {
        #expect(try differing([extent(0, 1, 2)], [extent(0, 1, 2), extent(2, 7, 9)], blocks: 3) == [2])
    }

    @Test("random maps: marked is what an array of places says", arguments: 0..<60)
    func random(seed: UInt64) throws {
        var random = Seeded(seed)
        let blocks = UInt64.random(in: 1...300, using: &random)
        func map() -> [Extent] {
            var extents: [Extent] = []
            var position: UInt64 = 0
            while position < blocks + 5 {
                let length = UInt64.random(in: 1...9, using: &random)
                if Int.random(in: 0..<3, using: &random) > 0 {
                    let flags: ExtentFlags = Int.random(in: 0..<4, using: &random) == 0 ? .unwritten : []
                    extents.append(extent(position, position + UInt64.random(in: 0...1, using: &random) * 1000 + 5, length, flags))
                }
                position += length
            }
            return extents
        }
        func places(_ map: [Extent]) -> [UInt64] {
            var places = Array(repeating: UInt64(0), count: Int(blocks))
            for extent in map where !extent.flags.contains(.unwritten) {
                for block in 0..<(extent.length >> 12) where extent.logical >> 12 + block < blocks {
                    places[Int(extent.logical >> 12 + block)] = extent.physical >> 12 + block
                }
            }
            return places
        }
        let (known, now) = (map(), map())
        let expected = zip(places(known), places(now)).enumerated().filter { $1.0 != $1.1 }.map { UInt64($0.offset) }
        #expect(try differing(known, now, blocks: blocks) == expected)
    }

    @Test("fields of a tracepoint are where its format says")
    func layout() throws {
        let text = """
            name: block_rq_complete
            ID: 2107
            format:
            \tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;

            \tfield:dev_t dev;\toffset:8;\tsize:4;\tsigned:0;
            \tfield:sector_t sector;\toffset:16;\tsize:8;\tsigned:0;
            \tfield:unsigned int nr_sector;\toffset:24;\tsize:4;\tsigned:0;
            \tfield:char rwbs[10];\toffset:34;\tsize:10;\tsigned:0;
            """
        let layout = try #require(BlockTracepoints.layout(text))
        #expect(layout.id == 2107 && layout.device == 8 && layout.sector == 16 && layout.sectors == 24 && layout.operation == 34)
        #expect(layout.size == 44)
        #expect(BlockTracepoints.layout(text.replacing("sector_t sector;", with: "sector_t other;")) == nil)
        #expect(BlockTracepoints.layout(text.replacing("size:8", with: "size:4")) == nil)
        #expect(BlockTracepoints.layout(text.replacing("ID: 2107", with: "ID: 99999")) == nil)
    }

    @Test(
        "lists of processors",
        arguments: [("0", [0]), ("0-3,6", [0, 1, 2, 3, 6]), ("", nil), ("3-1", nil), ("0-x", nil), ("-1", nil), ("0-1-2", nil)])
    func processors(text: String, numbers: [Int]?) {
        #expect(processorNumbers(text) == numbers)
    }

    @Test("pieces shrink when a call took long and grow when it was short, within their bounds")
    func pieces() {
        var piece = PieceSize(first: 64, smallest: 8, largest: 256)
        piece.took(CallTime(wall: PieceSize.usual + 1))
        #expect(piece.amount == 32)
        piece.took(CallTime(wall: PieceSize.usual / 2))
        #expect(piece.amount == 32)
        for _ in 0..<9 { piece.took(CallTime(wall: 0)) }
        #expect(piece.amount == 256)
        for _ in 0..<9 { piece.took(CallTime(wall: .max)) }
        #expect(piece.amount == 8)
    }

    @Test("every refusal is a clause for a person")
    func refusals() {
        let all: [TrackingRefusal] = [
            .noTracepoints(.noMemory), .unknownTracepoints, .notPermitted, .failed(.noMemory), .noLoopDevice, .otherProcessesHidden,
            .searchTooLong,
            .writer(process: 7), .writtenBeside, .overlay(mountPoint: "/x"), .storageTarget, .recordsLost, .processorsChanged,
            .loopDevicesChanged,
        ]
        for refusal in all { #expect(refusal.words.count > 10 && !refusal.words.hasSuffix(".")) }
        #expect(Set(all.map(\.words)).count == all.count)
    }
}
