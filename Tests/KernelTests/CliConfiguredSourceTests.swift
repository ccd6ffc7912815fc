// What the configuration says of a source, for `create`.

import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite("Configured sources", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct CliConfiguredSourceTests {
    @Test("what the configuration says of a source holds for create, and options win")
    func settings() throws {
        try CliScene.with { scene in
            let other = scene.pool.path.appending("elsewhere")
            mkdir(other.string, 0o700)
            try scene.configureHome("snapshot-directory: POOL/elsewhere/home\nimmutable: false\nconsistency: crash\nmax-freeze: 20s")
            try scene.create()
            let first = try #require(scene.listed().first)
            #expect(first["path"].string?.hasPrefix("\(other)/home/") == true)
            #expect(first["consistency"] == "crash")
            #expect(try scene.sandbox.json("show", "1")["details"]["immutable"] == false)
            try scene.create("--consistency", "frozen")
            #expect(try scene.listed()[1]["consistency"] == "frozen")
            // Another directory in the configuration: new ones go there, old ones stay listed.
            try scene.configureHome("snapshot-directory: POOL/elsewhere/new")
            try scene.create()
            let listed = try scene.listed()
            #expect(listed[2]["path"].string?.hasPrefix("\(other)/new/") == true)
            #expect(listed.allSatisfy { $0["presence"] == "present" })
            #expect(try scene.sandbox.json("show", "3")["details"]["immutable"] == true)
        }
    }

    @Test("a source gets its configured name, whether it is named by that or by its path")
    func names() throws {
        try CliScene.with(image: nil) { scene in
            let mail = try scene.scope.plainImage("mail.img", in: scene.pool.path)
            try scene.configure("sources: { house: { image: POOL/home.img }, post: { image: POOL/mail.img } }")
            try scene.create()
            #expect(try scene.sandbox.run("create", "post").succeeded)
            #expect(try scene.listed().compactMap { $0["source"].string } == ["house", "post"])
            try scene.configure("sources: { house: { image: \(mail) } }")
            try scene.expect("create", "house", refused: Refusal(78, "configured_otherwise", says: "house", hint: "source"))
        }
    }
}
