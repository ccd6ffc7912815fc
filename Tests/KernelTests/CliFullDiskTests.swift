// The catalogue's disk is full, alone, with the pool, or as one with it. The rule: what makes room works by the reserve; a create that finds no
// room says so and leaves nothing; and when there is room again the reserve is back.

import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite("Full disks", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct CliFullDiskTests {
    enum Full: String, CaseIterable {
        /// The disk of the catalogue; that and the pool; the pool, which has the catalogue.
        case catalogue, both, onePool

        /// Which of the commands that make room meets the full disk first.
        var firsts: [Command] {
            switch self {
            case _ where TestLength.isLong: Command.allCases
            case .catalogue: [.repair]
            case .both: [.delete]
            case .onePool: [.prune]
            }
        }
    }

    enum Command: String, CaseIterable {
        case repair, delete, prune
    }

    @Test("prune, delete and repair work by the reserve; create leaves nothing", arguments: Full.allCases)
    func full(_ full: Full) throws {
        for first in full.firsts { try makeRoom(full, first) }
    }

    private func makeRoom(_ full: Full, _ first: Command) throws {
        try CliScene.with(image: nil, poolSize: Filesystem.xfs.smallSize) { scene in
            let disk = full == .onePool ? scene.pool.path : try scene.scope.pool(.ext4, size: 16 << 20).path
            let state = disk.appending("state")
            mkdir(state.string, 0o700)
            var losnap = scene.sandbox.losnap
            losnap.environment["LOSNAP_CATALOGUE"] = state.appending("catalogue.sqlite").string
            for number in 1...6 {
                let taken = try losnap.run(["create", scene.image.string])
                try #require(taken.succeeded, "\(number): \(taken)")
            }
            // An orphan, for `repair` to take in.
            try TestSupport.Command.run("sqlite3", [state.appending("catalogue.sqlite").string, "DELETE FROM snapshot WHERE number = 2"])
            for path in full == .both ? [disk, scene.pool.path] : [disk] { try fill(path) }

            let refused = try createUntilRefused(scene, losnap)
            if full == .catalogue { #expect(refused) }
            try fill(disk)
            for command in [first] + Command.allCases.filter({ $0 != first }) { try run(command, scene, losnap, "\(full), \(first) first") }
            let left = try numbers(losnap)
            let files = try scene.files()
            #expect(left.count == 1 && files.count == 1, "\(full), \(first) first: \(left)")

            for path in [disk, scene.pool.path] { unlink(path.appending("filler").string) }
            let again = try losnap.run(["create", "home"])
            #expect(again.succeeded && again.stderr.isEmpty, "\(again)")
            var status = stat()
            #expect(stat(state.appending("catalogue.sqlite.reserve").string, &status) == 0 && status.st_size == 1 << 20)
            #expect(try losnap.run(["repair"]).stdout == "all is well\n")
        }
    }

    @Test("a snapshot whose filesystem finds no room for its log is refused as on a full disk", arguments: CliMainJobTests.images)
    func mount(kind: Filesystem) throws {
        try CliScene.with(image: kind) { scene in
            let mounted = try #require(scene.mounted)
            try scene.scope.write("as it was", to: mounted.path.appending("letter"))
            // So that there is a log to replay.
            #expect(try scene.create("--consistency", "crash") == 1)
            try fill(scene.pool.path)
            let directory = try scene.scope.freshDirectory("inside").string
            let refused = try scene.sandbox.losnap.run(["mount", "1", directory, "--writable"])
            #expect(refused.status == .exited(73), "\(refused)")
            #expect(Complaint(refused).errors.first?.contains("no space left") == true, "\(refused)")
            unlink(scene.pool.path.appending("filler").string)
            #expect(try scene.sandbox.losnap.run(["mount", "1", directory, "--writable"]).succeeded)
            #expect(try scene.sandbox.losnap.run(["umount", directory]).succeeded)
        }
    }

    private func run(_ command: Command, _ scene: CliScene, _ losnap: Tool, _ what: String) throws {
        let files = try scene.files()
        switch command {
        case .repair:
            let repaired = try losnap.run(["repair"])
            #expect(repaired.succeeded, "\(what): \(repaired)")
            #expect(try numbers(losnap).contains(2), "\(what): \(repaired)")
        case .delete:
            let oldest = try #require(numbers(losnap).first)
            let deleted = try losnap.run(["delete", "\(oldest)"])
            #expect(deleted.succeeded, "\(what): \(deleted)")
            #expect(try scene.files().count == files.count - 1, "\(what)")
        case .prune:
            let pruned = try losnap.run(["prune", "home", "--keep-last", "1"])
            #expect(pruned.succeeded, "\(what): \(pruned)")
        }
    }

    private func numbers(_ losnap: Tool) throws -> [Int] {
        let listed = try losnap.run(["list", "-q"])
        #expect(listed.succeeded, "\(listed)")
        return listed.stdout.split(separator: "\n").compactMap { Int($0) }
    }

    /// A clone takes so little that some may still fit. Whether one was refused; nothing half is there then.
    private func createUntilRefused(_ scene: CliScene, _ losnap: Tool) throws -> Bool {
        for _ in 0..<40 {
            let before = try scene.files()
            let outcome = try losnap.run(["create", "home"])
            if outcome.succeeded { continue }
            let complaint = Complaint(outcome)
            #expect(outcome.status == .exited(73), "\(outcome)")
            let sentence = complaint.errors.first ?? ""
            #expect(complaint.errors.count == 1 && (sentence.contains("full") || sentence.contains("no space")), "\(outcome)")
            #expect(complaint.hints.first?.contains("losnap prune") == true, "\(outcome)")
            #expect(try scene.files() == before)
            let listed = try JSONValue(parsing: losnap.run(["list", "--json"]).stdout)["snapshots"].array ?? []
            #expect(listed.allSatisfy { $0["state"] == "complete" && $0["presence"] == "present" })
            // The orphan has no row.
            #expect(listed.count == before.count - 1)
            return true
        }
        return false
    }

    /// Takes all space that there is, without writing to it.
    private func fill(_ directory: FilePath) throws {
        let filler = try FileDescriptor.open(
            directory.appending("filler"), .writeOnly, options: [.create, .closeOnExec], permissions: .ownerReadWrite)
        try filler.closeAfter {
            var end = try filler.seek(offset: 0, from: .end)
            for size in [64 << 20, 1 << 20, 64 << 10, 4096] as [Int64] {
                while posix_fallocate(filler.rawValue, off_t(end), off_t(size)) == 0 { end += size }
            }
            fsync(filler.rawValue)
        }
    }
}
