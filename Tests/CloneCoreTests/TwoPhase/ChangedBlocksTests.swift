// The set of changed blocks against a plain set of numbers, with random marks.

import TestSupport
import Testing

@testable import CloneCore

@Suite("Changed blocks")
struct ChangedBlocksTests {
    @Test("runs, bytes, union and what is missing agree with a plain set", arguments: 0..<40)
    func model(seed: UInt64) throws {
        var random = Seeded(seed)
        let blocks = UInt64.random(in: 1...20_000, using: &random)
        let size = blocks * 4096 - UInt64.random(in: 0..<4096, using: &random)
        let changed = try ChangedBlocks(size: size, granule: 4096)
        let other = try ChangedBlocks(shapedAs: changed)
        var model: Set<UInt64> = []
        var otherModel: Set<UInt64> = []
        #expect(changed.isEmpty && changed.run(from: 0) == nil)
        for _ in 0..<Int.random(in: 0...60, using: &random) {
            let start = UInt64.random(in: 0...size + 9000, using: &random)
            let end = start + UInt64.random(in: 0...(Bool.random(using: &random) ? 9000 : size / 3), using: &random)
            let isOther = Bool.random(using: &random)
            (isOther ? other : changed).insert(from: start, to: end)
            guard start < end, start / 4096 < blocks else { continue }
            let marked = (start / 4096)...min((end - 1) / 4096, blocks - 1)
            if isOther { otherModel.formUnion(marked) } else { model.formUnion(marked) }
        }
        expect(changed, model)
        expect(other, otherModel)
        let missing = otherModel.subtracting(model).min()
        #expect(other.firstMissing(in: changed)?.start == missing.map { $0 * 4096 })
        changed.formUnion(other)
        expect(changed, model.union(otherModel))
        #expect(other.firstMissing(in: changed) == nil)
        changed.removeAll()
        #expect(changed.isEmpty && changed.bytes == 0)
    }

    private func expect(_ changed: ChangedBlocks, _ model: Set<UInt64>) {
        var found: Set<UInt64> = []
        var position: UInt64 = 0
        var former: UInt64?
        while let run = changed.run(from: position) {
            #expect(run.start < run.end && run.end <= changed.coveredBytes)
            // Runs don't touch: each is as long as it can be.
            #expect(former.map { $0 < run.start } ?? true)
            found.formUnion(run.start / 4096..<run.end / 4096)
            former = run.end
            position = run.end
        }
        #expect(found == model)
        #expect(changed.bytes == UInt64(model.count) * 4096)
        #expect(changed.isEmpty == model.isEmpty)
    }

    @Test("a large image has larger blocks, never more than fit")
    func large() throws {
        #expect(try ChangedBlocks(size: 100 << 30, granule: 4096).blockBytes == 4096)
        let changed = try ChangedBlocks(size: 3 << 40, granule: 65536)
        #expect(changed.blockBytes == 65536)
        #expect(try ChangedBlocks(size: 16 << 40, granule: 4096).blockBytes >= 256 << 10)
        changed.insert(from: 1 << 40, to: 1 << 40 + 1)
        #expect(changed.run(from: 0)?.start == 1 << 40)
        #expect(changed.run(from: 0)?.end == 1 << 40 + 65536)
    }
}
