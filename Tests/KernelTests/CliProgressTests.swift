// Progress on a terminal, as a person sees it: a line while many snapshots are removed, gone at the end; none for a script. The work is made
// slow by the tracer, which holds up each removal, so that the second passes that it takes until the line is shown.

import Foundation
import SystemPackage
import TestSupport
import Testing

@Suite("Progress", .needsRoot, .blocking, .enabled(if: Command.find("strace") != nil, "needs strace"), .timeLimit(.minutes(15)))
struct CliProgressTests {
    /// Runs a command slowly with stderr on a terminal of its own, and returns what came there.
    private func slowly(
        _ command: String, in scene: CliScene, holding call: String = "unlinkat", by delay: Int = 300_000, terminal: Bool = true,
        type: String = "xterm"
    ) throws -> String {
        let losnap = scene.sandbox.losnap
        let hold = "-e trace=\(call) -e inject=\(call):delay_enter=\(delay)"
        let slow = "strace -f -qq -o /dev/null \(hold) \(losnap.executable) \(command)"
        let outcome = try Tool(executable: "/bin/sh").run(
            ["-c", terminal ? "exec script -qec '\(slow)' /dev/null" : "exec \(slow) 2>&1"],
            environment: losnap.environment.merging(["TERM": type]) { $1 })
        #expect(outcome.succeeded, "\(outcome)")
        return outcome.stdout
    }

    @Test("delete and prune show how far they have come, where somebody looks")
    func removing() throws {
        try CliScene.with(image: nil) { scene in
            for _ in 1...19 { try scene.create() }
            let shown = try slowly("delete 1 2 3 4 5 6 7 8", in: scene)
            // It is drawn more than once, says what is behind, and is gone before the result.
            let pictures = shown.components(separatedBy: "\rremoving  [").dropFirst()
            #expect(pictures.count >= 2)
            #expect(pictures.allSatisfy { $0.contains(" of 8  ") })
            let last = try #require(pictures.last)
            let end = try #require(last.range(of: "\u{1B}[K\r\u{1B}[K"))
            #expect(last[end.upperBound...].hasPrefix("removed snapshot 1 of home"), "\(last)")

            #expect(try slowly("prune home --keep-last 6 --keep-label none", in: scene).contains("\rremoving  ["))
            #expect(try scene.numbers() == [14, 15, 16, 17, 18, 19])
        }
    }

    @Test("create shows how much of a fragmented image is cloned before the freeze")
    func cloning() throws {
        try CliScene.with { scene in
            // Blocks that do not touch, behind the end of the filesystem.
            try appendFragments(to: scene.image, count: 12_000)
            // The pauses between the clone calls.
            let shown = try slowly("create \(scene.image) --verbose", in: scene, holding: "clock_nanosleep")
            let pictures = shown.components(separatedBy: "\rcloning  [").dropFirst()
            #expect(!pictures.isEmpty && pictures.allSatisfy { $0.contains("MiB of ") }, "\(shown)")
            let last = try #require(pictures.last)
            #expect(last.contains("\u{1B}[K\r\u{1B}[K"), "\(last)")
            #expect(try scene.numbers() == [1])
            scene.expectNothingFrozen()
        }
    }

    @Test("create of an image that nobody uses and restore show how much is cloned")
    func restoring() throws {
        try CliScene.with(image: nil) { scene in
            try appendFragments(to: scene.image, count: 12_000)
            // All clone calls. The time that one is held up counts as waiting, so the next one takes on more: three in all.
            func expectPictures(_ command: String) throws {
                let shown = try slowly(command, in: scene, holding: "ioctl", by: 700_000)
                let pictures = shown.components(separatedBy: "\rcloning  [").dropFirst()
                #expect(!pictures.isEmpty && pictures.allSatisfy { $0.contains("MiB of ") }, "\(shown)")
                #expect(pictures.last?.contains("\u{1B}[K\r\u{1B}[K") == true, "\(shown)")
            }
            try expectPictures("create \(scene.image)")
            let copy = scene.pool.path.appending("copy.img")
            try expectPictures("restore 1 --to \(copy)")
            try Command.run("cmp", ["--", scene.image.string, copy.string])
            #expect(try !slowly("restore 1 --quiet --to \(copy)2", in: scene, holding: "ioctl", by: 100_000).contains("cloning"))
            #expect(try scene.sandbox.run("restore", "1").succeeded)
        }
    }

    @Test("no progress without a terminal, with --quiet, --json or on a dumb terminal")
    func silent() throws {
        try CliScene.with(image: nil) { scene in
            for _ in 1...20 { try scene.create() }
            #expect(try !slowly("delete 1 2 3 4 5", in: scene, terminal: false).contains("removing"))
            #expect(try slowly("delete --quiet 6 7 8 9 10", in: scene) == "")
            #expect(try !slowly("delete --json 11 12 13 14 15", in: scene).contains("removing"))
            #expect(try !slowly("delete 16 17 18 19 20", in: scene, type: "dumb").contains("removing"))
            #expect(try scene.numbers().isEmpty)
        }
    }
}
