// Recording the writes of a real image: it ends with whoever began it, and nothing of it stays.

import Foundation
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

    @Test("records that are lost hide nobody who writes beside the loop devices")
    func lostAndBeside() throws {
        try TestScope.with { scope in
            let pool = try scope.pool()
            let mounted = try scope.mountedImage(in: pool.path, .ext4)
            let image = try ImageFile(path: mounted.file.string)
            let changed = try ChangedBlocks(size: image.file.status().size, granule: 4096)
            var tuning = TwoPhaseTuning()
            tuning.drainsInBackground = false
            tuning.ringBytes = 4096
            let tracked = try TrackedWrites(of: image, shapedAs: changed, view: .linux, tuning: tuning)
            let script = "for i in $(seq 400); do echo $i | dd of=\(mounted.path)/file oflag=append conv=notrunc,fsync status=none; done"
            try Command.run("sh", ["-c", script])
            try tracked.collect(into: changed)
            #expect(tracked.doubt() == .recordsLost)
            #expect(tracked.doubtOfOthers() == nil)
            let marker = scope.freshPath("marker")
            let holding = Tool(executable: "/bin/sh").invocation([
                "-c", "exec 3<>\"$1\"; : >\"$2\"; exec sleep 60", "sh", mounted.file.string, marker.string,
            ])
            let holder = try scope.start(holding)
            #expect(try waitUntil { FileManager.default.fileExists(atPath: marker.string) })
            #expect(tracked.doubt() == .recordsLost)
            #expect(tracked.doubtOfOthers() == .writer(process: holder.pid))
        }
    }
}
