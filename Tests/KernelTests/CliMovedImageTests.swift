// An image that was moved or renamed while it was mounted: what is mounted leads to the new path, the source has the old one. The rule: it does
// not become a second source, whose snapshots the rules of the first would never see.

import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite("Images that were moved", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct CliMovedImageTests {
    @Test("renamed, or moved, while mounted: refused with the command that follows it", arguments: ["house.img", "sub/home.img"])
    func moved(to name: String) throws {
        try CliScene.with { scene in
            let mounted = try #require(scene.mounted)
            try scene.create()
            try FileManager.default.createDirectory(
                atPath: scene.pool.path.appending("sub").string, withIntermediateDirectories: false)
            let new = scene.pool.path.pushing(FilePath(name))
            try #require(rename(scene.image.string, new.string) == 0)
            // Where the clean-up looks for it.
            defer { rename(new.string, scene.image.string) }
            let refusal = Refusal(
                64, "image_moved", says: new.string, "'home'", scene.image.string, hint: "losnap source move home --image \(new)")
            try scene.expect("create", mounted.path.string, refused: refusal)
            try scene.expect("create", new.string, refused: refusal)
            #expect(try scene.sandbox.run("source", "move", "home", "--image", new.string).succeeded)
            let created = try scene.sandbox.json("create", mounted.path.string)["snapshot"]
            #expect(created["source"] == "home" && created["number"] == 2 && created["consistency"] == "frozen")
            #expect(try scene.sandbox.json("source", "list")["sources"].array?.count == 1)
        }
    }

    @Test("another image is another source, though the first one's is gone")
    func another() throws {
        try CliScene.with { scene in
            try scene.create()
            let second = try scene.scope.mountedImage("mail.img", in: scene.pool.path)
            let aside = scene.pool.path.appending("aside").string
            try #require(rename(scene.image.string, aside) == 0)
            defer { rename(aside, scene.image.string) }
            #expect(try scene.sandbox.json("create", second.path.string)["snapshot"]["source"] == "mail")
        }
    }
}
