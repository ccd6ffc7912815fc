// DEST of loclone where others had a say. The rule: a clone may never be read by whom the image may not, and no file or link of others is replaced.

import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite("loclone: trust", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct LocloneTrustTests {
    private func with(_ body: (LocloneScene, (String, uid_t, mode_t) throws -> FilePath) throws -> Void) throws {
        try TestScope.with { scope in
            let scene = try LocloneScene(scope)
            chmod(scene.image.string, 0o600)
            try body(scene) { name, owner, mode in
                let path = scene.pool.path.appending(name)
                try FileManager.default.createDirectory(atPath: path.string, withIntermediateDirectories: false)
                chown(path.string, owner, owner)
                chmod(path.string, mode)
                return path
            }
        }
    }

    private func file(_ path: FilePath, _ owner: uid_t, _ mode: mode_t) throws {
        try FileDescriptor.open(path, .writeOnly, options: .create, permissions: .ownerReadWrite).close()
        chown(path.string, owner, owner)
        chmod(path.string, mode)
    }

    @Test("a file of another in a directory that others may write is refused, and so is one whose owner may not read the image")
    func othersFile() throws {
        try with { scene, directory in
            for place in [try directory("sticky", 0, 0o1777), try directory("theirs", 1001, 0o755), try directory("roots", 0, 0o755)] {
                let copy = place.appending("backup.img")
                try file(copy, 1001, 0o666)
                let outcome = try scene.tool.run([scene.image.string, copy.string])
                #expect(outcome.status == .exited(1) && outcome.stderr.contains("belongs to user 1001"), "\(outcome)")
                #expect(outcome.stderr.contains("loclone: hint: "))
                #expect(try scene.look(copy) == "666 1001:1001 1\n")
                // Gone, as the hint says: a new one is root's.
                unlink(copy.string)
                #expect(try scene.tool.run([scene.image.string, copy.string]).succeeded)
                #expect(try scene.look(copy) == "600 0:0 1\n")
            }
        }
    }

    @Test("a link of another is refused, whatever it leads to; one of root's stands for its target")
    func othersLink() throws {
        try with { scene, directory in
            let place = try directory("sticky", 0, 0o1777)
            let precious = scene.pool.path.appending("precious")
            try scene.scope.write("precious", to: precious)
            let link = place.appending("backup.img")
            symlink(precious.string, link.string)
            lchown(link.string, 1001, 1001)
            let outcome = try scene.tool.run([scene.image.string, link.string])
            #expect(outcome.status == .exited(1) && outcome.stderr.contains("symbolic link belongs to user 1001"), "\(outcome)")
            #expect(try String(contentsOfFile: precious.string, encoding: .utf8) == "precious")
            // On the way it is no better.
            let way = place.appending("way")
            symlink(scene.pool.path.string, way.string)
            lchown(way.string, 1001, 1001)
            #expect(try scene.tool.run([scene.image.string, way.appending("new").string]).status == .exited(1))
            #expect(try scene.tool.run([way.appending("home.img").string, scene.copy.string]).status == .exited(1))
            #expect(access(scene.pool.path.appending("new").string, F_OK) != 0 && access(scene.copy.string, F_OK) != 0)
            lchown(link.string, 0, 0)
            #expect(try scene.tool.run([scene.image.string, link.string]).succeeded)
            #expect(try scene.sum(precious) == scene.sum(scene.image))
        }
    }

    @Test("the owner's own copy is replaced wherever it lies, and no copy is open to more people than the image")
    func modes() throws {
        try with { scene, directory in
            let place = try directory("theirs", 1001, 0o755)
            chown(scene.image.string, 1001, 1001)
            let copy = place.appending("backup.img")
            for (image, before, after) in [(0o600, 0o666, "600"), (0o640, 0o666, "640"), (0o640, 0o604, "600"), (0o644, 0o640, "640")]
                as [(mode_t, mode_t, String)]
            {
                chmod(scene.image.string, image)
                try file(copy, 1001, before)
                #expect(try scene.tool.run([scene.image.string, copy.string]).succeeded)
                #expect(try scene.look(copy) == "\(after) 1001:1001 1\n")
            }
            // Another group's members are among the others of the image.
            chmod(scene.image.string, 0o640)
            try file(copy, 1001, 0o660)
            chown(copy.string, 1001, 1002)
            #expect(try scene.tool.run([scene.image.string, copy.string]).succeeded)
            #expect(try scene.look(copy) == "600 1001:1002 1\n")
            // The mode of a file with an access list has the list's mask where the group's rights stand else.
            chmod(scene.image.string, 0o600)
            try Command.run("setfacl", ["-m", "u:77:rw", scene.image.string])
            #expect(try scene.tool.run([scene.image.string, scene.copy.string]).succeeded)
            #expect(try scene.look(scene.copy) == "600 1001:1001 1\n")
        }
    }
}
