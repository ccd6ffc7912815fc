// Several losnaps at once. The rule: each either does what it says or says that another is at work; between them nothing is lost.

import CloneCore
import Glibc
import SystemPackage
import TestSupport
import Testing

extension TestScope {
    /// The lock of the snapshot directory of a scene's first source, held by this process.
    fileprivate func lockedDirectory(of scene: CliScene) throws -> HeldLock {
        var status = stat()
        try #require(stat(scene.pool.path.appending(".losnap/home").string, &status) == 0)
        let locks = try openPrivateDirectory(scene.sandbox.runtime.appending("lock").string, kernel: .linux)
        return HeldLock(
            try .take("directory-\(status.st_dev)-\(status.st_ino)", for: "a test", in: locks, waiting: .none, kernel: .linux))
    }
}

/// A lock until it is released.
private final class HeldLock {
    private var lock: FileLock?

    init(_ lock: FileLock) { self.lock = lock }

    func release() { lock = nil }
}

@Suite("Several at once", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct CliConcurrencyTests {
    @Test("two creates of one image: each succeeds or is told to try again")
    func twoCreates() throws {
        try CliScene.with { scene in
            let losnap = scene.sandbox.losnap
            let processes = try (1...4).map { _ in try scene.scope.start(losnap.invocation(["create", scene.image.string])) }
            let outcomes = processes.map { $0.finish(within: .seconds(60)) }
            var made = 0
            for outcome in outcomes {
                if outcome.succeeded {
                    made += 1
                } else {
                    Refusal(75, "locked", says: "another", hint: "--wait").check(text: outcome)
                }
            }
            #expect(made >= 1)
            #expect(try scene.numbers().count == made)
            #expect(try scene.files().count == made)
            scene.expectNothingFrozen()
        }
    }

    @Test("two creates with --wait: both succeed")
    func waiting() throws {
        try CliScene.with { scene in
            try scene.create()
            let losnap = scene.sandbox.losnap
            let processes = try (1...4).map { _ in try scene.scope.start(losnap.invocation(["create", "home", "--wait"])) }
            for process in processes {
                let outcome = process.finish(within: .seconds(60))
                #expect(outcome.succeeded, "\(outcome.stderr)")
            }
            #expect(try scene.numbers() == [1, 2, 3, 4, 5])
            scene.expectNothingFrozen()
        }
    }

    @Test("who waits says for whom, once, on stderr; not with --json or --quiet")
    func saysForWhom() throws {
        try CliScene.with { scene in
            try scene.create()
            let losnap = scene.sandbox.losnap
            let directory = try scene.scope.lockedDirectory(of: scene)
            let waiting = try [[], ["--quiet"], ["--json"]].map {
                try scene.scope.start(losnap.invocation(["create", "home", "--wait"] + $0))
            }
            for process in waiting { #expect(process.waitForEnd(within: .milliseconds(2500)) == nil) }
            directory.release()
            let said = waiting.map { $0.finish(within: .seconds(60)) }
            #expect(said.allSatisfy { $0.succeeded }, "\(said)")
            let lines = said[0].stderr.split(separator: "\n").filter { $0.contains("waiting for process") }
            #expect(lines.count == 1 && lines[0].hasPrefix("losnap: source home: waiting for process \(getpid()) ("), "\(said[0].stderr)")
            #expect(!said[1].stderr.contains("waiting") && !said[2].stderr.contains("waiting"))
        }
    }

    @Test("two groups that name their sources in opposite order don't wait for each other")
    func oppositeOrder() throws {
        try CliScene.with { scene in
            let other = try scene.scope.mountedImage("mail.img", in: scene.pool.path).file.string
            #expect(try scene.sandbox.run("create", scene.image.string, other).succeeded)
            let losnap = scene.sandbox.losnap
            let processes = try (0..<6).map { index in
                let names = index.isMultiple(of: 2) ? ["home", "mail"] : ["mail", "home"]
                return try scene.scope.start(losnap.invocation(["create", "--wait"] + names))
            }
            for process in processes {
                let outcome = process.finish(within: .seconds(60))
                #expect(outcome.succeeded, "\(outcome.stderr)")
            }
            #expect(try scene.numbers().count == 14)
        }
    }

    @Test("ten creates of ten sources")
    func tenSources() throws {
        try CliScene.with(image: nil) { scene in
            let images = try (0..<10).map { try scene.scope.plainImage("disk\($0).img", in: scene.pool.path, holding: "disk \($0)").string }
            let processes = try images.map { try scene.scope.start(scene.sandbox.losnap.invocation(["create", $0])) }
            for process in processes {
                let outcome = process.finish(within: .seconds(60))
                #expect(outcome.succeeded, "\(outcome.stderr)")
            }
            let listed = try scene.listed()
            #expect(Set(listed.compactMap { $0["image"].string }) == Set(images))
            #expect(Set(listed.compactMap { $0["number"].integer }) == Set(1...10))
        }
    }

    @Test("creates while prune runs: the newest are never removed")
    func createsAndPrunes() throws {
        try CliScene.with(image: nil) { scene in
            for _ in 1...4 { try scene.create() }
            let losnap = scene.sandbox.losnap
            let prunes = try (1...3).map { _ in
                try scene.scope.start(losnap.invocation(["prune", "home", "--keep-last", "2", "--wait"]))
            }
            let creates = try (1...3).map { _ in try scene.scope.start(losnap.invocation(["create", "home", "--wait"])) }
            for process in prunes + creates {
                let outcome = process.finish(within: .seconds(60))
                #expect(outcome.succeeded, "\(outcome.stderr)")
            }
            let numbers = try scene.numbers()
            #expect(numbers.suffix(2) == [6, 7])
            #expect(try scene.files().count == numbers.count)
            #expect(try scene.sandbox.run("repair").stdout == "all is well\n")
        }
    }
}
