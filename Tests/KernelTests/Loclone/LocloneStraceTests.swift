// "Nothing happens while frozen", as the kernel sees it: between the first FIFREEZE and the last FITHAW loclone's only process makes
// ioctl, stat and clock calls, and notes in its freeze records, a byte each: nothing opened, no memory taken, nothing else written, no lock between
// threads.

import Foundation
import SystemPackage
import TestSupport
import Testing

@Suite("loclone under strace", .needsRoot, .blocking, .enabled(if: Command.find("strace") != nil, "needs strace"), .timeLimit(.minutes(15)))
struct LocloneStraceTests {
    @Test("while frozen only prepared system calls", arguments: [Filesystem.xfs, .ext4, .btrfs])
    func onlyPreparedCalls(kind: Filesystem) throws {
        try TestScope.with { scope in
            let scene = try LocloneScene(scope)
            let image = try scope.mountedImage("mounted.img", in: scene.pool.path, .xfs, size: 400 << 20)
            _ = try scope.mountedImage("inner.img", in: image.path, kind)
            let log = scope.freshPath("strace")
            // One file a process; the first is the main one.
            let outcome = try Tool(executable: try #require(Command.find("strace"))).run(
                ["-ff", "-o", log.string, scene.tool.executable.string, image.file.string, scene.copy.string],
                environment: scene.tool.environment)
            #expect(outcome.succeeded, "\(outcome)")
            let logs = try FileManager.default.contentsOfDirectory(atPath: scope.directory.string)
                .filter { $0.hasPrefix(log.lastComponent?.string ?? "") }
            let traces = try logs.map { try String(contentsOfFile: scope.directory.appending($0).string, encoding: .utf8) }
            let freezing = traces.map { $0.split(separator: "\n") }.filter { $0.contains { $0.contains("FIFREEZE") } }
            try #require(freezing.count == 1)
            let lines = freezing[0]
            let first = try #require(lines.firstIndex { $0.contains("FIFREEZE") })
            let last = try #require(lines.lastIndex { $0.contains("FITHAW") })
            let window = lines[first...last]
            #expect(window.filter { $0.contains("FIFREEZE") && $0.hasSuffix("= 0") }.count == 2)
            #expect(window.filter { $0.contains("FITHAW") && $0.hasSuffix("= 0") }.count == 2)
            #expect(window.contains { $0.contains("FICLONERANGE") })
            let allowed: Set<Substring> = ["ioctl", "statx", "fstat", "newfstatat", "clock_gettime", "getrusage"]
            let isNote = { (line: Substring) in line.contains(/^pwrite64\([0-9]+, "[fzt]", 1, 6\) += 1$/) }
            let others = window.filter { !allowed.contains($0.prefix { $0 != "(" }) && !isNote($0) }
            #expect(others.isEmpty, "\(others.joined(separator: "\n"))")
            // Before and after FIFREEZE and after FITHAW, of two; the first one comes before all this, and the last one behind.
            let notes = window.count(where: isNote)
            #expect(notes == 4)
        }
    }

    @Test("an image in many pieces is cloned before the freeze, without an option for it")
    func twoPhases() throws {
        try TestScope.with { scope in
            let scene = try LocloneScene(scope)
            let file = try scope.image("mounted.img", in: scene.pool.path, .ext4)
            try appendFragments(to: file, count: 4000)
            _ = try scope.mountImage(file, .ext4)
            let log = scope.freshPath("strace")
            let outcome = try Tool(executable: try #require(Command.find("strace"))).run(
                ["-o", log.string, "-e", "trace=ioctl", scene.tool.executable.string, file.string, scene.copy.string],
                environment: scene.tool.environment)
            #expect(outcome.succeeded, "\(outcome)")
            let lines = try String(contentsOfFile: log.string, encoding: .utf8).split(separator: "\n")
            let first = try #require(lines.firstIndex { $0.contains("FIFREEZE") })
            func ranges(_ lines: ArraySlice<Substring>) -> Int { lines.count { $0.contains("FICLONERANGE") && $0.hasSuffix("= 0") } }
            // One is the attempt with the first block; the others are the pieces.
            #expect(ranges(lines[..<first]) >= 4, "\(lines.joined(separator: "\n"))")
            #expect(!lines.contains { $0.contains("FICLONE,") })
            try Command.run("e2fsck", ["-fn", scene.copy.string])
            // What is behind the filesystem nobody writes.
            try Command.run("cmp", ["-i", "\(Filesystem.ext4.smallSize)", file.string, scene.copy.string])
        }
    }
}
