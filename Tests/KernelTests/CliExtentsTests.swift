// Extents of what was not frozen. The rule: `create --verbose`, `show` and JSON tell how many the image had, and that is what the snapshot has.

import SystemPackage
import TestSupport
import Testing

@Suite("Extents that are told", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct CliExtentsTests {
    private func expectTold(_ number: Int, _ scene: CliScene) throws {
        let shown = try scene.sandbox.json("show", "\(number)")
        let extents = try #require(shown["snapshot"]["clone_extents"].integer)
        #expect(extents >= 1500 && shown["snapshot"]["clone_method"] == "plain")
        // What XFS has allocated behind the end of an image is an extent of it, and not cloned.
        let own = try #require(shown["details"]["extent_count"].integer)
        #expect(own <= extents && extents <= own + 1, "\(own) \(extents)")
        #expect(try scene.sandbox.run("show", "\(number)").stdout.contains("plain, \(extents) extents"))
        #expect(try scene.sandbox.run("list", "--columns", "number,extents").stdout.contains("\(extents)"))
    }

    @Test("of an image that nobody uses", arguments: [Filesystem.xfs, .btrfs])
    func unmounted(pool: Filesystem) throws {
        try CliScene.with(pool: pool, image: nil) { scene in
            try appendFragments(to: scene.image, count: 1500)
            let outcome = try scene.sandbox.run("create", scene.image.string, "--verbose")
            #expect(outcome.stdout.contains("unmounted, ") && outcome.stdout.contains(" extents"), "\(outcome)")
            try expectTold(1, scene)
        }
    }

    @Test("of one that is taken as it is, alone and in a group with frozen ones")
    func crash() throws {
        try CliScene.with { scene in
            try appendFragments(to: scene.image, count: 1500)
            let outcome = try scene.sandbox.run("create", scene.image.string, "--consistency", "crash", "--verbose")
            #expect(outcome.stdout.contains("crash, ") && outcome.stdout.contains(" extents"), "\(outcome)")
            try expectTold(1, scene)

            // One that nobody uses, one that is frozen, one that is taken as it is.
            let idle = try scene.scope.plainImage("idle.img", in: scene.pool.path)
            try appendFragments(to: idle, count: 1500)
            _ = try scene.scope.mountedImage("mail.img", in: scene.pool.path, .ext4)
            try scene.configure(
                "sources: { home: { image: POOL/home.img, consistency: crash }, mail: { image: POOL/mail.img }, idle: { image: POOL/idle.img } }"
            )
            let group = try scene.sandbox.json("create", "home", "mail", "idle")["snapshots"].array ?? []
            #expect(group.map { $0["consistency"].string } == ["crash", "frozen", "unmounted"])
            #expect(group.map { $0["frozen_ms"] == .null } == [true, false, true])
            for index in [0, 2] { try expectTold(#require(group[index]["number"].integer), scene) }
            let copy = try #require(group[2]["path"].string)
            try Command.run("cmp", ["--", idle.string, copy])
            scene.expectNothingFrozen()
        }
    }
}
