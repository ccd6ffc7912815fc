// The way to clone that the configuration says of a source. The rule: `run` and `create` obey it, an option wins over it, and what can't be done
// that way makes no snapshot.

import SystemPackage
import TestSupport
import Testing

@Suite("Configured ways to clone", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct CliConfiguredWayTests {
    private func ways(_ scene: CliScene) throws -> [String?] { try scene.listed().map { $0["clone_method"].string } }

    @Test("run and create clone as configured, members of a group each in its own way, and --clone wins")
    func obeyed() throws {
        try CliScene.with { scene in
            let mail = try scene.scope.mountedImage("mail.img", in: scene.pool.path, .ext4)
            try scene.configure(
                """
                defaults: { every: 1h, clone: maps }
                sources: { home: { image: POOL/home.img }, mail: { image: POOL/mail.img, clone: plain } }
                """)
            #expect(try scene.sandbox.run("config", "show").stdout.contains("clone            maps"))
            expectSilence(try scene.sandbox.run("run"))
            #expect(try ways(scene).sorted { ($0 ?? "") < ($1 ?? "") } == ["maps", "plain"])
            // One freeze, two ways.
            let pair = try scene.sandbox.json("create", "home", "mail")["snapshots"].array ?? []
            #expect(pair.map { $0["clone_method"].string } == ["maps", "plain"])
            #expect(pair.allSatisfy { $0["group"].string != nil && $0["frozen_ms"] != .null })
            let wished = try scene.sandbox.json("create", "home", "mail", "--clone", "plain")["snapshots"].array ?? []
            #expect(wished.map { $0["clone_method"].string } == ["plain", "plain"])
            #expect(mail.mount.thaw() == 0)
            scene.expectNothingFrozen()
        }
    }

    @Test("what can't be done as configured is an error, with a hint that helps")
    func impossible() throws {
        try CliScene.with { scene in
            try scene.configure("sources: { home: { image: POOL/home.img, clone: tracked, every: 1h } }")
            // Somebody else writes to the image, beside its loop device.
            let other = try FileDescriptor.open(scene.image, .readWrite)
            try other.closeAfter {
                let outcome = try scene.sandbox.run("run")
                #expect(
                    outcome.status == .exited(1) && outcome.stderr.contains("home: \(scene.image): writes to it can't be tracked"),
                    "\(outcome)")
                #expect(outcome.stderr.contains("leave `clone: tracked` out of the configuration"), "\(outcome)")
                try scene.expect(
                    "create", "home", refused: Refusal(1, "tracking_impossible", says: "can't be tracked", hint: "--clone maps"))
                try scene.create("--clone", "maps")
                try scene.configure("sources: { home: { image: POOL/home.img, every: 1h } }")
                try scene.create()
            }
            #expect(try ways(scene) == ["maps", "plain"])
            scene.expectNothingFrozen()
        }
    }
}
