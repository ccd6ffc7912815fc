// loclone SOURCE DEST: the original's interface without its three failures. Whatever fails, SOURCE and DEST are what they were and
// nothing is frozen.

import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

/// A pool, loclone with a runtime directory of its own, and an image.
struct LocloneScene {
    let scope: TestScope
    let pool: Pool
    let image: FilePath
    let runtime: FilePath
    let tool: Tool

    init(_ scope: TestScope, pool kind: Filesystem = .xfs) throws {
        self.scope = scope
        pool = try scope.pool(kind)
        image = try scope.image(in: pool.path, .ext4)
        runtime = try scope.freshDirectory("run", mode: 0o700)
        var tool = Tool.loclone
        tool.environment["LOSNAP_RUNTIME_DIR"] = runtime.string
        self.tool = tool
    }

    var copy: FilePath { pool.path.appending("copy.img") }

    func sum(_ path: FilePath) throws -> Substring { try Command.run("md5sum", [path.string]).prefix(32) }

    /// Mode and owner.
    func look(_ path: FilePath) throws -> String { try Command.run("stat", ["-c", "%a %u:%g %h", path.string]) }

    var names: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: pool.path.string)) ?? []).sorted() }
}

@Suite("loclone", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct LocloneTests {
    @Test(
        "a new DEST gets the image's bytes, mode and owner; what is not mounted is said not to be frozen",
        arguments: [Filesystem.xfs, .btrfs])
    func new(kind: Filesystem) throws {
        try TestScope.with { scope in
            let scene = try LocloneScene(scope, pool: kind)
            try Command.run("chmod", ["640", scene.image.string])
            try Command.run("chown", ["12:34", scene.image.string])
            let outcome = try scene.tool.run([scene.image.string, scene.copy.string])
            #expect(outcome.status == .exited(0) && outcome.stderr == "")
            #expect(outcome.stdout == "\(scene.image) is not mounted, not freezing\n")
            #expect(try scene.sum(scene.copy) == scene.sum(scene.image))
            #expect(try scene.look(scene.copy) == "640 12:34 1\n")
            #expect(scene.names == ["copy.img", "home.img"])
        }
    }

    @Test("an existing DEST is replaced in one step and keeps mode and owner; through a link its target is", arguments: [false, true])
    func existing(throughLink: Bool) throws {
        try TestScope.with { scope in
            let scene = try LocloneScene(scope)
            try scope.write("old", to: scene.copy)
            // All may read it, so that its clone may be anybody's.
            try Command.run("chmod", ["644", scene.image.string])
            try Command.run("chmod", ["604", scene.copy.string])
            try Command.run("chown", ["56:78", scene.copy.string])
            let holder = try FileDescriptor.open(scene.copy, .readOnly)
            defer { try? holder.close() }
            let link = scene.pool.path.appending("link")
            if throughLink { try Command.run("ln", ["-s", "copy.img", link.string]) }
            #expect(try scene.tool.run([scene.image.string, (throughLink ? link : scene.copy).string]).succeeded)
            #expect(try scene.sum(scene.copy) == scene.sum(scene.image))
            #expect(try scene.look(scene.copy) == "604 56:78 1\n")
            if throughLink { #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link.string) == "copy.img") }
            // Whoever had the old file open still has the old one.
            var buffer = [UInt8](repeating: 0, count: 8)
            #expect(read(holder.rawValue, &buffer, 8) == 3 && buffer.starts(with: "old".utf8))
            #expect(scene.names == (throughLink ? ["copy.img", "home.img", "link"] : ["copy.img", "home.img"]))
        }
    }

    @Test("a mounted SOURCE is frozen: the clone is whole, and nothing is said", arguments: [Filesystem.xfs, .ext4, .btrfs])
    func mounted(kind: Filesystem) throws {
        try TestScope.with { scope in
            let scene = try LocloneScene(scope)
            let image = try scope.mountedImage("mounted.img", in: scene.pool.path, kind)
            let writer = try scope.writer(in: image.path)
            let outcome = try scene.tool.run([image.file.string, scene.copy.string])
            #expect(outcome.succeeded && outcome.stdout == "" && outcome.stderr == "", "\(outcome)")
            try writer.waitForProgress()
            try writer.stop()
            image.mount.expectThawed()
            try image.mount.unmount()
            try CloneCheck(scope, scene.copy, kind).expectWhole()
        }
    }

    @Test("SOURCE as DEST is refused, and the image unharmed", arguments: ["same", "dots", "symbolic link", "hard link", "link to source"])
    func same(way: String) throws {
        try TestScope.with { scope in
            let scene = try LocloneScene(scope)
            let before = try scene.sum(scene.image)
            let link = scene.pool.path.appending("link")
            var (source, destination) = (scene.image.string, scene.image.string)
            switch way {
            case "dots": destination = "\(scene.pool.path)/../\(scene.pool.path.lastComponent?.string ?? "")/./home.img"
            case "symbolic link":
                try Command.run("ln", ["-s", "home.img", link.string])
                destination = link.string
            case "hard link":
                try Command.run("ln", [scene.image.string, link.string])
                destination = link.string
            case "link to source":
                try Command.run("ln", ["-s", scene.image.string, link.string])
                source = link.string
            default: break
            }
            let outcome = try scene.tool.run([source, destination])
            #expect(outcome.status == .exited(1))
            #expect(outcome.stderr.hasPrefix("loclone: error: \(destination): it is the same file as \(source)\n"), "\(outcome)")
            #expect(outcome.stderr.contains("loclone: hint: "))
            #expect(try scene.sum(scene.image) == before)
        }
    }

    @Test("a clone that can't be: DEST is as it was, and nothing is frozen", arguments: [false, true])
    func failing(destinationExists: Bool) throws {
        try TestScope.with { scope in
            let scene = try LocloneScene(scope)
            let image = try scope.mountedImage("mounted.img", in: scene.pool.path, .xfs)
            let other = try scope.pool(.ext4)
            let destination = other.path.appending("copy.img")
            if destinationExists { try scope.write("old", to: destination) }
            let outcome = try scene.tool.run([image.file.string, destination.string])
            #expect(outcome.status == .exited(1) && outcome.stderr.contains("loclone: hint: "), "\(outcome)")
            let text = try? String(contentsOfFile: destination.string, encoding: .utf8)
            #expect(text == (destinationExists ? "old" : nil))
            image.mount.expectThawed()
        }
    }

    @Test("frozen by another: refused, DEST as it was, still frozen by the other")
    func frozenByAnother() throws {
        try TestScope.with { scope in
            let scene = try LocloneScene(scope)
            let image = try scope.mountedImage("mounted.img", in: scene.pool.path, .xfs)
            try scope.write("old", to: scene.copy)
            try image.mount.freeze()
            let outcome = try scene.tool.run([image.file.string, scene.copy.string])
            #expect(outcome.status == .exited(1) && outcome.stderr.contains("frozen already"), "\(outcome)")
            #expect(image.mount.thaw() == 1)
            #expect(try String(contentsOfFile: scene.copy.string, encoding: .utf8) == "old")
        }
    }

    @Test("what is open for writing is cloned with a warning, as the original did")
    func openForWriting() throws {
        try TestScope.with { scope in
            let scene = try LocloneScene(scope)
            _ = try scope.attach(scene.image)
            let outcome = try scene.tool.run([scene.image.string, scene.copy.string])
            #expect(outcome.succeeded && outcome.stdout == "\(scene.image) is not mounted, not freezing\n", "\(outcome)")
            #expect(outcome.stderr.hasPrefix("loclone: warning: ") && outcome.stderr.contains("as after a power cut"))
            #expect(try scene.sum(scene.copy) == scene.sum(scene.image))
        }
    }

    @Test("a bad SOURCE or DEST: a sentence, status 1, nothing made")
    func badPaths() throws {
        try TestScope.with { scope in
            let scene = try LocloneScene(scope)
            let empty = try scope.image("empty.img", in: scene.pool.path, nil, size: 0)
            try Command.run("mkfifo", [scene.pool.path.appending("fifo").string])
            let (image, copy, pool) = (scene.image.string, scene.copy.string, scene.pool.path.string)
            let before = scene.names
            let cases = [
                ("\(pool)/none", copy, "no such file"), (pool, copy, "a directory, not an image"), ("/dev/null", copy, "not an image"),
                (empty.string, copy, "is empty"), ("\(pool)/fifo", copy, "not an image"), (image, pool, "a directory"),
                (image, "\(pool)/none/copy", "no such file"), (image, "\(pool)/fifo", "not an image"), (image, "", "not an image"),
            ]
            for (source, destination, words) in cases {
                let outcome = try scene.tool.run([source, destination], within: .seconds(20))
                #expect(outcome.status == .exited(1), "\(source) \(destination) \(outcome)")
                #expect(outcome.stderr.contains(words), "\(source) \(destination) \(outcome)")
                #expect(scene.names == before)
            }
        }
    }

    @Test("what a killed one left frozen is thawed first, and said")
    func thawsFirst() throws {
        try TestScope.with { scope in
            let scene = try FreezeScene(scope)
            let process = try scene.startStalled(for: 600)
            try killBoth(process)
            var tool = Tool.loclone
            tool.environment["LOSNAP_RUNTIME_DIR"] = scene.runtime.string
            let outcome = try tool.run([scene.image.file.string, scene.destination.string])
            #expect(outcome.succeeded)
            #expect(outcome.stderr == "loclone: \(scene.image.path): was left frozen by a killed process; thawed\n")
            scene.image.mount.expectThawed()
        }
    }
}
