// Recording the writes of a real image: it ends with whoever began it, and nothing of it stays.

import SystemPackage
import TestSupport
import Testing

@testable import CloneCore

@Suite("Recording writes", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct TrackedWritesTests {
    @Test("what was written is recorded; the thread, the rings and the bits go when it ends", arguments: [true, false])
    func ends(inBackground: Bool) throws {
        try TestScope.with { scope in
            let pool = try scope.pool()
            let mounted = try scope.mountedImage(in: pool.path, .ext4)
            let image = try ImageFile(path: mounted.file.string)
            let changed = try ChangedBlocks(size: image.file.status().size, granule: 4096)
            var tuning = TwoPhaseTuning()
            tuning.drainsInBackground = inBackground
            weak var seen: DrainedRings?
            do {
                let tracked = try TrackedWrites(of: image, shapedAs: changed, view: .linux, tuning: tuning)
                seen = tracked.rings
                #expect(seen != nil)
                try scope.write("content", to: mounted.path.appending("file"))
                try Command.run("sync", ["-f", mounted.path.string])
                try tracked.collect(into: changed)
                #expect(!changed.isEmpty)
                #expect(tracked.doubt() == nil)
            }
            #expect(seen == nil)
        }
    }
}
