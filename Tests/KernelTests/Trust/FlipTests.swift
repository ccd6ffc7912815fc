// Names that somebody exchanges while root works by them. The rule: whatever moment is met, nothing is made, changed, opened or frozen that
// belongs to another; the command does what it was asked to, or says why not.

import CloneCore
import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite("Names that change hands", .needsRoot, .blocking, .timeLimit(.minutes(60)))
struct FlipTests {
    @Test("restore --to: nothing is made behind a link")
    func restoreTo() throws {
        try FlipScene.with { scene in
            try scene.registerImage(in: scene.ada)
            let (place, other) = scene.flippable("pd", in: scene.ada, behind: scene.secret)
            let watch = try TouchWatch([scene.secret])
            try scene.flipping([(place, other)]) {
                for round in 0..<FlipScene.rounds(40) {
                    scene.expectDoneOrRefused(
                        try scene.sandbox.run("restore", "ada@latest", "--to", place.appending("new\(round).img").string))
                }
            }
            try scene.expectSecretEmpty(watch)
        }
    }

    @Test("restore in place: no other image is replaced, and nobody else's content becomes a safety snapshot")
    func restoreInPlace() throws {
        try FlipScene.with { scene in
            let (place, other) = scene.flippable("d", in: scene.ada, behind: scene.secret)
            let image = try scene.registerImage(in: place)
            let target = try scene.image(scene.secret.appending("vm.img"), of: 0, holding: "root's")
            let bobs = try scene.image(scene.bob.appending("vm.img"), of: FlipScene.bob, holding: "bob's")
            scene.link(place.appending("link"), to: bobs)
            scene.fifo(place.appending("fifo"))
            let watch = try TouchWatch([scene.secret, target, bobs, place.appending("fifo")])
            for pairs in [
                [(place, other)], [(image, place.appending("link"))], [(image, place.appending("fifo"))],
            ] {
                try scene.flipping(pairs) {
                    for _ in 0..<FlipScene.rounds(12) { _ = try scene.sandbox.run("restore", "1") }
                }
            }
            #expect(watch.touched().isEmpty)
            for snapshot in try scene.sandbox.json("list")["snapshots"].array ?? [] {
                #expect(try scene.text(FilePath(#require(snapshot["path"].string))) == "ada's")
            }
            #expect(try scene.text(target) == "root's")
            #expect(try scene.text(bobs) == "bob's")
            // What was cut short has left is cleared away, as far as it is losnap's.
            _ = try scene.sandbox.run("repair")
            for name in try FileManager.default.contentsOfDirectory(atPath: place.string) where name.contains(".losnap-") {
                let mark = try Command.outcome("getfattr", ["-n", "trusted.losnap.restore", place.appending(name).string])
                #expect(!mark.succeeded, "\(name)")
            }
        }
    }

    @Test("create: another's image, a FIFO and what lies behind a link are neither opened nor taken for the image")
    func create() throws {
        try FlipScene.with { scene in
            let (place, other) = scene.flippable("d", in: scene.ada, behind: scene.bob)
            let image = try scene.registerImage(in: place)
            let bobs = try scene.image(scene.bob.appending("vm.img"), of: FlipScene.bob, holding: "bob's")
            scene.link(place.appending("link"), to: bobs)
            scene.fifo(place.appending("fifo"))
            let watch = try TouchWatch([scene.bob, bobs, place.appending("fifo")])
            for pairs in [
                [(place, other)], [(image, place.appending("link"))], [(image, place.appending("fifo"))],
            ] {
                try scene.flipping(pairs) {
                    for round in 0..<FlipScene.rounds(12) {
                        let outcome = try scene.sandbox.run("create", round % 2 == 0 ? "ada" : image.string)
                        scene.expectDoneOrRefused(outcome)
                    }
                }
            }
            #expect(watch.touched().isEmpty)
            // A name of bob's inode, as a user could make one where fs.protected_hardlinks is off.
            try Command.run("ln", [bobs.string, place.appending("hard").string])
            try scene.flipping([(image, place.appending("hard"))]) {
                for _ in 0..<FlipScene.rounds(12) { scene.expectDoneOrRefused(try scene.sandbox.run("create", "ada")) }
            }
            for snapshot in try scene.sandbox.json("list")["snapshots"].array ?? [] {
                #expect(snapshot["source"] == "ada")
                #expect(try scene.text(FilePath(#require(snapshot["path"].string))) == "ada's")
            }
        }
    }

    @Test("loclone: DEST is no file of root's, and no clone may be read by whom the image may not")
    func loclone() throws {
        try FlipScene.with { scene in
            let image = try scene.image(scene.secret.appending("s.img"), of: 0, holding: "root's")
            let precious = scene.secret.appending("precious")
            try scene.scope.write("precious", to: precious)
            let (place, other) = scene.flippable("d", in: scene.ada, behind: scene.secret)
            var tool = Tool.loclone
            tool.environment["LOSNAP_RUNTIME_DIR"] = scene.sandbox.runtime.string
            for (name, make) in [("link", { scene.link($0, to: precious) }), ("fifo", { scene.fifo($0) })] as [(String, (FilePath) -> Void)]
            {
                let file = place.appending("backup-\(name)")
                try scene.scope.write("", to: file)
                chown(file.string, FlipScene.ada, FlipScene.ada)
                chmod(file.string, 0o666)
                make(place.appending(name))
                let before = try Command.run("stat", ["-c", "%i %s", precious.string])
                try scene.flipping([(file, place.appending(name))]) {
                    for _ in 0..<FlipScene.rounds(20) { _ = try tool.run([image.string, file.string]) }
                }
                #expect(try Command.run("stat", ["-c", "%i %s", precious.string]) == before)
            }
            let watch = try TouchWatch([scene.secret])
            try scene.flipping([(place, other)]) {
                for round in 0..<FlipScene.rounds(20) { _ = try tool.run([image.string, place.appending("new\(round)").string]) }
            }
            // The image itself is there, and is opened.
            #expect(watch.touched().filter { !$0.hasSuffix(" 20") && !$0.hasSuffix(" 40000020") }.isEmpty)
            #expect(try FileManager.default.contentsOfDirectory(atPath: scene.secret.string).sorted() == ["precious", "s.img"])
            for directory in [place, other] where FlipScene.kind(directory) == S_IFDIR {
                for name in try FileManager.default.contentsOfDirectory(atPath: directory.string) {
                    let path = directory.appending(name)
                    guard FlipScene.kind(path) == S_IFREG, try scene.text(path) == "root's" else { continue }
                    #expect(try Command.run("stat", ["-c", "%u %a", path.string]) == "0 600\n", "\(path)")
                }
            }
        }
    }

    @Test("mount and umount: nothing is mounted behind a link, and nothing else is unmounted")
    func mount() throws {
        try FlipScene.with { scene in
            let mounted = try scene.scope.mountedImage(in: scene.pool.path, .ext4)
            let target = scene.secret.appending("mnt")
            mkdir(target.string, 0o755)
            // What root has mounted there must stay.
            let kept = try scene.scope.bindMount(scene.sticky, at: target)
            let (place, other) = scene.flippable("d", in: scene.ada, behind: scene.secret)
            scene.directory(place.appending("mnt"))
            _ = try scene.sandbox.json("create", mounted.file.string)
            try scene.flipping([(place, other)]) {
                for _ in 0..<FlipScene.rounds(12) {
                    let directory = place.appending("mnt").string
                    scene.expectDoneOrRefused(try scene.sandbox.run("mount", "home@latest", directory))
                    _ = try scene.sandbox.run("umount", directory)
                    let found = try mountInfo().split(separator: "\n").filter { $0.contains(" \(target) ") }
                    #expect(found.count == 1, "\(found)")
                }
            }
            for path in [place, other] {
                while try Command.outcome("umount", [path.appending("mnt").string]).succeeded, FlipScene.kind(path) == S_IFDIR {}
            }
            withExtendedLifetime(kept) {}
        }
    }

    @Test("umount: another mount of root's at the same name is left alone while the directories above it change places")
    func umountAbove() throws {
        try FlipScene.with { scene in
            let mounted = try scene.scope.mountedImage(in: scene.pool.path, .ext4)
            let (place, other) = (scene.ada.appending("d1"), scene.ada.appending("d2"))
            for directory in [place, other, place.appending("mnt"), other.appending("mnt")] { scene.directory(directory) }
            let kept = try scene.scope.bindMount(scene.sticky, at: other.appending("mnt"))
            defer { withExtendedLifetime(kept) {} }
            try scene.scope.write("root's", to: scene.sticky.appending("root's"))
            _ = try scene.sandbox.json("create", mounted.file.string)
            func isRoots(_ directory: FilePath) -> Bool { access(directory.appending("mnt/root's").string, F_OK) == 0 }
            for _ in 0..<FlipScene.rounds(6) {
                try #require(try scene.sandbox.run("mount", "home@latest", place.appending("mnt").string).succeeded)
                try scene.flipping([(place, other)]) {
                    for _ in 0..<3 { scene.expectDoneOrRefused(try scene.sandbox.run("umount", place.appending("mnt").string)) }
                }
                if isRoots(place) { try Kernel.linux.rename(workingDirectory, place.string, workingDirectory, other.string, .exchange) }
                #expect(isRoots(other))
                _ = try scene.sandbox.run("umount", place.appending("mnt").string)
                #expect(try mountInfo().contains(" \(other)/mnt ") && !mountInfo().contains(" \(place)/mnt "))
            }
        }
    }

    @Test("metrics: nothing is written behind a link")
    func metrics() throws {
        try FlipScene.with { scene in
            try scene.registerImage(in: scene.ada)
            let (place, other) = scene.flippable("pd", in: scene.ada, behind: scene.secret)
            let watch = try TouchWatch([scene.secret])
            try scene.flipping([(place, other)]) {
                for _ in 0..<FlipScene.rounds(40) {
                    _ = try scene.sandbox.run("check", "--prometheus", place.appending("losnap.prom").string)
                }
            }
            try scene.expectSecretEmpty(watch)
        }
    }

    @Test("snapshot directory and catalogue: none is made behind a link, nor in a directory of somebody else")
    func snapshotDirectory() throws {
        try FlipScene.with { scene in
            let image = try scene.image(scene.sticky.appending("root.img"), of: 0, holding: "root's")
            let (place, other) = scene.flippable(".losnap", in: scene.sticky, behind: scene.secret)
            let watch = try TouchWatch([scene.secret])
            try scene.flipping([(place, other)]) {
                for round in 0..<FlipScene.rounds(20) {
                    let outcome = try scene.sandbox.run("create", image.string)
                    #expect(!outcome.succeeded)
                    let catalogue = place.appending("new\(round)/catalogue.sqlite").string
                    #expect(!(try scene.sandbox.run("create", image.string, environment: ["LOSNAP_CATALOGUE": catalogue]).succeeded))
                }
            }
            try scene.expectSecretEmpty(watch)
        }
    }
}
