// `run` of sources that a pattern matches: each file is one, and what others put there is none.

import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite("Run: patterns", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct CliRunPatternTests {
    @Test("a pattern: one source each; one that is gone is not due, one that is new is taken")
    func pattern() throws {
        try CliScene.with(image: nil) { scene in
            let first = try scene.scope.plainImage("vm1.img", in: scene.pool.path)
            try scene.configure("sources: { vms: { image: POOL/vm*.img, \(CliRunTests.daily) } }")
            expectSilence(try scene.sandbox.run("run"))
            _ = try scene.scope.plainImage("vm2.img", in: scene.pool.path)
            unlink(first.string)
            expectSilence(try scene.sandbox.run("run"))
            #expect(try scene.listed().compactMap { $0["source"].string } == ["vm1", "vm2"])
            try scene.age(days: 1)
            expectSilence(try scene.sandbox.run("run"))
            #expect(try scene.listed().compactMap { $0["source"].string } == ["vm1", "vm2", "vm2"])
        }
    }

    @Test("what somebody else puts where a pattern looks is left out with a warning, and takes nobody's name")
    func foreignMatch() throws {
        try CliScene.with(image: nil) { scene in
            let folder = scene.pool.path.appending("open")
            mkdir(folder.string, 0o755)
            chmod(folder.string, 0o1777)
            for name in ["ours.img", "theirs.img", "home.img"] {
                let image = try scene.scope.plainImage(name, in: folder)
                if name != "ours.img" { chown(image.string, 65534, 65534) }
            }
            try scene.configure(
                "sources:\n  open: { image: POOL/open/*.img, every: 1h }\n  home: { image: POOL/home.img, every: 1h }")
            let outcome = try scene.sandbox.run("run")
            #expect(outcome.succeeded, "\(outcome.stderr)")
            #expect(try scene.listed().compactMap { $0["source"].string }.sorted() == ["home", "ours"])
            let warnings = Complaint(outcome).warnings
            #expect(warnings.count == 1, "\(outcome.stderr)")
            for name in ["theirs.img", "home.img"] { #expect(warnings.first?.contains("\(folder)/\(name) (user 65534)") == true) }
            // What is not due says nothing, whatever others put there.
            expectSilence(try scene.sandbox.run("run"))
            #expect(try scene.sandbox.json("run", "--dry-run")["warnings"].array?.map { $0["code"] } == ["match_skipped"])
            #expect(try scene.sandbox.json("log")["events"].array?.contains { $0["kind"] == "run_failed" } == false)
            #expect(try scene.sandbox.run("create", "theirs").status == .exited(66))

            #expect(try scene.checkFindings() == ["match_skipped"])
            let check = try scene.sandbox.run("check", "--json")
            #expect(check.status == .exited(1))
            let metrics = scene.sandbox.directory.appending("losnap.prom")
            _ = try scene.sandbox.run("check", "--prometheus", metrics.string)
            let failed = try String(contentsOfFile: metrics.string, encoding: .utf8).split(separator: "\n").filter {
                $0.hasPrefix("losnap_run_failed{")
            }
            #expect(failed.count == 2 && failed.allSatisfy { $0.hasSuffix(" 0") }, "\(failed)")

            // In a directory where nobody else can put anything it does not matter whose an image is: a machine's belongs to what runs it.
            chmod(folder.string, 0o755)
            unlink(folder.appending("home.img").string)
            expectSilence(try scene.sandbox.run("run"))
            #expect(try scene.listed().compactMap { $0["source"].string }.sorted() == ["home", "ours", "theirs"])
        }
    }

    @Test("an image of a pattern whose name another source has is a failure of its own, not of that source")
    func takenName() throws {
        try CliScene.with(image: nil) { scene in
            let folder = scene.pool.path.appending("more")
            mkdir(folder.string, 0o755)
            _ = try scene.scope.plainImage("home.img", in: folder)
            try scene.configure("sources:\n  more: { image: POOL/more/*.img, every: 1h }\n  home: { image: POOL/home.img, every: 1h }")
            let outcome = try scene.sandbox.run("run")
            #expect(outcome.status == .exited(3) && outcome.stderr.contains("\(folder)/home.img"), "\(outcome.stderr)")
            #expect(try scene.listed().compactMap { $0["source"].string } == ["home"])
            #expect(try scene.listed()[0]["image"] == .string(scene.image.string))
            #expect(try scene.sandbox.json("log", "home")["events"].array?.contains { $0["kind"] == "run_failed" } == false)
            let metrics = scene.sandbox.directory.appending("losnap.prom")
            _ = try scene.sandbox.run("check", "--prometheus", metrics.string)
            let text = try String(contentsOfFile: metrics.string, encoding: .utf8)
            #expect(text.contains("losnap_run_failed{source=\"home\"} 0"), "\(text)")
        }
    }
}
