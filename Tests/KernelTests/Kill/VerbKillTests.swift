// What changes snapshots without freezing, ended between every two system calls: restore, prune, delete, repair. The rule: an image is the old or the
// new one, whole; no snapshot is lost but those that were to go; the same command again does the rest.

import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite("Verbs killed at the n-th system call", .needsRoot, .blocking, .timeLimit(.minutes(TestLength.isLong ? 240 : 15)))
struct VerbKillTests {
    enum Verb: CaseIterable, Sendable { case restore, prune, delete, repair }

    @Test("all there or not there", arguments: Verb.allCases)
    func killed(verb: Verb) throws {
        try TestScope.with { scope in
            let scene = try VerbScene(scope, verb)
            let total = try scene.calls()
            let seed = ProcessInfo.processInfo.environment["LOSNAP_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0...UInt64.max)
            var random = Seeded(seed)
            let points = TestLength.isLong ? Array(1...total) : (0..<5).map { _ in Int.random(in: 1...total, using: &random) }
            for (done, point) in points.enumerated() {
                if done % 100 == 0 { LongRun.tell("\(verb): \(done) of \(points.count) points") }
                let signal = [SIGKILL, SIGTERM, SIGKILL, SIGINT, SIGKILL, SIGHUP][point % 6]
                try scene.strike(point, signal, "\(verb), point \(point) of \(total), signal \(signal), seed \(seed)")
            }
            LongRun.tell("\(verb): \(points.count) points")
        }
    }
}

/// An image that nobody uses, with snapshots that hold a letter each.
private final class VerbScene {
    private let verb: VerbKillTests.Verb
    private let pool: FilePath
    private let sandbox: Sandbox
    private let tracer: CallTracer
    private var image: FilePath { pool.appending("home.img") }
    private static let size = 256 << 10

    init(_ scope: TestScope, _ verb: VerbKillTests.Verb) throws {
        self.verb = verb
        let memory = try scope.pool(.tmpfs, size: 1 << 30)
        let file = memory.path.appending("pool")
        try scope.makeSparseFile(file, size: 512 << 20)
        try Filesystem.xfs.make(on: file)
        pool = try scope.mount(scope.attach(file).path, .xfs).path
        sandbox = try scope.sandbox()
        tracer = CallTracer(scope, sandbox)
    }

    private func run(_ arguments: [String], _ what: String) throws -> Outcome {
        let outcome = try sandbox.losnap.run(arguments)
        #expect(outcome.succeeded, "\(what): \(arguments): \(outcome)")
        return outcome
    }

    private func sql(_ statement: String) throws -> [[String]] {
        try Command.run("sqlite3", [sandbox.catalogue.string, statement]).split(separator: "\n").map {
            $0.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
        }
    }

    /// Three snapshots, of a, b and c, and the image with d.
    private func prepare() throws -> [Int] {
        for letter in ["a", "b", "c"] {
            try write(letter)
            _ = try run(["create", image.string, "--label", "holds \(letter)"], "before")
        }
        try write("d")
        let numbers = try sql("SELECT number FROM snapshot ORDER BY number DESC LIMIT 3").compactMap { Int($0[0]) }.sorted()
        if verb == .repair {
            // As a kill has left them: one whose removal was begun, one that was about to be reported.
            let removal = "removal_kind = 'deleted', removal_reason = 'by name', removal_command = 'delete'"
            _ = try sql("UPDATE snapshot SET state = 'deleting', \(removal) WHERE number = \(numbers[0])")
            _ = try sql("UPDATE snapshot SET state = 'pending' WHERE number = \(numbers[1])")
        }
        return numbers
    }

    private func write(_ letter: String) throws {
        let bytes = [UInt8](repeating: letter.utf8.first ?? 0, count: Self.size)
        let file = try FileDescriptor.open(image, .writeOnly, options: [.create, .closeOnExec], permissions: .ownerReadWrite)
        try file.closeAfter { _ = try file.writeAll(bytes) }
    }

    /// The letter that a whole file is full of.
    private func letter(_ path: FilePath) -> String? {
        let data = FileManager.default.contents(atPath: path.string) ?? Data()
        guard data.count == Self.size, let first = data.first else { return nil }
        return data.allSatisfy { $0 == first } ? String(UnicodeScalar(first)) : nil
    }

    private func arguments(_ numbers: [Int]) -> [String] {
        switch verb {
        case .restore: ["restore", "\(numbers[0])"]
        case .prune: ["prune", "home", "--keep-last", "1"]
        case .delete: ["delete", "\(numbers[0])", "\(numbers[1])"]
        case .repair: ["repair"]
        }
    }

    /// How many calls it makes.
    func calls() throws -> Int { try tracer.calls(arguments(prepare())).count }

    /// The names of snapshots in the catalogue, complete ones, hold what they say.
    private func expectWhole(_ what: String) throws {
        for row in try sql("SELECT number, file_name, coalesce(label, '') FROM snapshot WHERE state = 'complete'") {
            let found = letter(pool.appending(".losnap/home").appending(row[1]))
            #expect(found != nil && (row[2].isEmpty || row[2] == "holds \(found ?? "")"), "\(what): \(row)")
        }
    }

    func strike(_ point: Int, _ signal: CInt, _ what: String) throws {
        let numbers = try prepare()
        let before = Set(try sql("SELECT number FROM snapshot WHERE state = 'complete'").compactMap { Int($0[0]) })
        let process = try tracer.start(arguments(numbers), CallTracer.Blow(at: point, signal: signal))
        let outcome = process.finish(within: .seconds(60))
        #expect(outcome.succeeded, "\(what): \(outcome)")
        let ended = try tracer.report().ended
        try expectWhole(what)
        #expect((verb == .restore ? ["d", "a"] : ["d"]).contains(letter(image)), "\(what)")

        let again = try sandbox.losnap.run(arguments(numbers))
        let isDone = verb == .delete && again.status == .exited(66)
        #expect(again.succeeded || isDone, "\(what): again: \(again), after \(String(describing: ended))")
        // What is being deleted has no number any more that a command could be given; whatever changes something next goes on with it.
        if isDone { _ = try run(["repair"], what) }
        try expectWhole(what)
        #expect(letter(image) == (verb == .restore ? "a" : "d"), "\(what)")
        #expect(try run(["repair"], what).stdout == "all is well\n", "\(what)")
        let rows = Set(try sql("SELECT number FROM snapshot").compactMap { Int($0[0]) })
        let kept: Set<Int> =
            switch verb {
            case .restore: before
            case .prune: [numbers[2]]
            case .delete: before.subtracting(numbers[0...1])
            case .repair: before.union([numbers[1]])
            }
        #expect(kept.isSubset(of: rows), "\(what): \(kept) \(rows)")
        if verb != .restore { #expect(rows == kept, "\(what): \(kept) \(rows)") }
        try expectNothingLeft(what)
        if rows.count > 20 { _ = try run(["prune", "home", "--keep-last", "1"], what) }
    }

    private func names(in directory: FilePath) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: directory.string).sorted()
    }

    private func expectNothingLeft(_ what: String) throws {
        let files = try names(in: pool.appending(".losnap/home")).filter { $0 != "CACHEDIR.TAG" }
        #expect(try files == sql("SELECT file_name FROM snapshot ORDER BY file_name").map { $0[0] }, "\(what)")
        let strangers = try names(in: pool).filter { ![".losnap", "home.img"].contains($0) }
        // A restore that was killed may leave one image, whole, which no later one takes away (Docs/crash-safety.md).
        #expect(strangers.count <= (verb == .restore ? 1 : 0), "\(what): \(strangers)")
        for name in strangers {
            let path = pool.appending(name)
            #expect(name.hasPrefix(".home.img.losnap-") && ["a", "d"].contains(letter(path)), "\(what): \(name)")
            unlink(path.string)
        }
    }
}
