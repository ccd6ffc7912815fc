// Several sources in one command. The rule: one instant and one group, all or none.

import SystemPackage
import TestSupport
import Testing

@Suite("Groups", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct CliGroupTests {
    @Test("two images that one writer writes to in turn are caught at one instant")
    func oneInstant() throws {
        try CliScene.with(image: .xfs) { scene in
            let home = try #require(scene.mounted)
            let mail = try scene.scope.mountedImage("mail.img", in: scene.pool.path, .ext4)
            let first = try scene.scope.writer(in: home.path)
            let second = try scene.scope.writer(in: mail.path)
            let snapshots = try scene.sandbox.json("create", home.path.string, mail.path.string, "--tag", "pair")["snapshots"]
            #expect(snapshots.count == 2)
            #expect(snapshots[0]["group"].string != nil && snapshots[0]["group"] == snapshots[1]["group"])
            #expect(snapshots[0]["taken_at"] == snapshots[1]["taken_at"])
            #expect(snapshots.array?.map { $0["tags"][0] } == ["pair", "pair"])
            try first.waitForProgress()
            try second.waitForProgress()
            scene.expectNothingFrozen()
            #expect(mail.mount.thaw() == 0)
        }
    }

    @Test("one that is configured to be taken as it is does not keep the others from being frozen")
    func mixed() throws {
        try CliScene.with { scene in
            let mail = try scene.scope.mountedImage("mail.img", in: scene.pool.path, .ext4)
            try scene.configure(
                "sources: { home: { image: POOL/home.img }, mail: { image: POOL/mail.img, consistency: crash, immutable: false } }")
            let writer = try scene.scope.writer(in: mail.path)
            let snapshots = try scene.sandbox.json("create", "home", "mail")["snapshots"]
            #expect(snapshots.array?.map { $0["consistency"].string } == ["frozen", "crash"])
            #expect(snapshots[0]["group"].string != nil && snapshots[0]["group"] == snapshots[1]["group"])
            #expect(snapshots.array?.map { $0["frozen_ms"] == .null } == [false, true])
            let immutable = try ["1", "2"].map { try scene.sandbox.json("show", $0)["details"]["immutable"] }
            #expect(immutable == [true, false])
            try writer.waitForProgress()
            scene.expectNothingFrozen()
        }
    }

    @Test("when one of them can't be, none is")
    func allOrNone() throws {
        try CliScene.with { scene in
            try scene.create()
            let missing = scene.pool.path.appending("mail.img")
            try scene.expect(
                "create", "home", missing.string, refused: Refusal(66, "no_such_file", says: missing.string, hint: "check the path"))
            #expect(try scene.numbers() == [1])
        }
    }

    @Test("a source named twice is taken once")
    func twice() throws {
        try CliScene.with { scene in
            let mountPoint = try #require(scene.mounted).path.string
            #expect(try scene.sandbox.json("create", scene.image.string, mountPoint)["snapshot"]["number"] == 1)
            #expect(try scene.numbers() == [1])
        }
    }
}
