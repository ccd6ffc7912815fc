// The line that shows how far work has come: what it says, when it is drawn, and that it is gone before anything else is written.

import Snapshots
import Synchronization
import Testing

@testable import losnap

@Suite struct ProgressTests {
    private func line(_ work: WorkProgress.Work, _ done: Int64, _ total: Int64, _ seconds: Double, width: Int = 100) -> String {
        ProgressText(progress: WorkProgress(work, done: done, total: total), seconds: seconds).line(width: width)
    }

    @Test func `what it says`() {
        #expect(line(.removing, 0, 8, 1) == "removing  [------------------------]   0%  0 of 8")
        #expect(line(.removing, 3, 8, 2) == "removing  [#########---------------]  37%  3 of 8  1.5/s  4 s left")
        #expect(line(.reading, 1000, 100_000, 1.5) == "reading  [------------------------]   1%  1000 of 100000  667/s  2 min 29 s left")
        #expect(line(.measuring, 8, 8, 2) == "measuring  [########################] 100%  8 of 8  4.0/s")
        #expect(
            line(.cloning, 3 << 30, 4 << 30, 6)
                == "cloning  [##################------]  75%  3.0 GiB of 4.0 GiB  512.0 MiB/s  2 s left")
    }

    @Test func `a total of nothing, and more than the total`() {
        #expect(line(.reading, 0, 0, 1) == "reading  [------------------------]   0%  0 of 0")
        #expect(line(.reading, 9, 8, 1) == "reading  [########################] 100%  9 of 8  9.0/s")
    }

    @Test(arguments: [0, 1, 5, 9, 20, 40, 46, 60]) func `it is never wider than there is room`(width: Int) {
        let text = line(.removing, 3, 8, 2, width: width)
        #expect(text.count <= width)
        #expect(line(.removing, 3, 8, 2).hasPrefix(text))
    }

    @Test func `how long it will take`() {
        #expect(ProgressText.duration(0.2) == "1 s")
        #expect(ProgressText.duration(59.5) == "1 min 0 s")
        #expect(ProgressText.duration(125) == "2 min 5 s")
        #expect(ProgressText.duration(12_000) == "3 h 20 min")
        #expect(ProgressText.duration(.infinity) == "99 h 59 min")
    }

    /// A clock that is set by hand, and what was written.
    private final class Scene: Sendable {
        let now = Mutex(100.0)
        let written = Mutex<[String]>([])

        func makeLine() -> ProgressLine {
            ProgressLine(
                width: 60, clock: { [self] in now.withLock { $0 } },
                write: { [self] text in written.withLock { $0.append(text) } })
        }

        func take() -> [String] {
            written.withLock { written in
                defer { written = [] }
                return written
            }
        }
    }

    @Test func `after a second, and not at every step`() {
        let scene = Scene()
        let line = scene.makeLine()
        func show(_ done: Int64, at time: Double) -> Int {
            scene.now.withLock { $0 = time }
            line.show(WorkProgress(.removing, done: done, total: 10))
            return scene.take().count
        }
        #expect(show(0, at: 100) == 0)
        #expect(show(1, at: 100.9) == 0)
        #expect(show(2, at: 101) == 1)
        #expect(show(3, at: 101.05) == 0)
        #expect(show(4, at: 101.2) == 1)
        line.clear()
        #expect(scene.take() == ["\r\u{1B}[K"])
        // What comes next begins anew, and what was never shown need not be taken away.
        #expect(show(5, at: 101.4) == 0)
        line.clear()
        #expect(scene.take().isEmpty)
        #expect(show(6, at: 102.3) == 0)
        #expect(show(7, at: 103.3) == 1)
    }

    @Test func `other work begins anew`() {
        let scene = Scene()
        let line = scene.makeLine()
        line.show(WorkProgress(.reading, done: 0, total: 5))
        scene.now.withLock { $0 += 2 }
        line.show(WorkProgress(.removing, done: 0, total: 5))
        #expect(scene.take().isEmpty)
        line.show(WorkProgress(.reading, done: 1, total: 5))
        scene.now.withLock { $0 += 1 }
        line.show(WorkProgress(.reading, done: 2, total: 5))
        #expect(scene.take() == ["\rreading  [#########---------------]  40%  2 of 5  2.0/s\u{1B}[K"])
        // And so does the same from its beginning.
        scene.now.withLock { $0 += 1 }
        line.show(WorkProgress(.reading, done: 0, total: 9))
        #expect(scene.take().isEmpty)
    }

    @Test func `gone when all is done, before a hook can write`() {
        let scene = Scene()
        let line = scene.makeLine()
        line.show(WorkProgress(.cloning, done: 0, total: 5))
        scene.now.withLock { $0 += 2 }
        line.show(WorkProgress(.cloning, done: 4, total: 5))
        #expect(scene.take().count == 1)
        line.show(WorkProgress(.cloning, done: 5, total: 5))
        #expect(scene.take() == ["\r\u{1B}[K"])
    }

    @Test func `no terminal, no line`() {
        #expect(session(["prune"]).progress == nil)
        #expect(ProgressLine(terminal: 1, type: "dumb") == nil)
    }
}
