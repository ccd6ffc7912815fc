import Policy
import CloneCore
import Foundation
import SystemPackage
import Testing

@testable import Snapshots

@Suite("The catalogue's verbs")
struct CatalogueVerbTests {
    let scratch: Scratch
    let catalogue: Catalogue
    let home: Source

    init() throws {
        scratch = try Scratch()
        catalogue = try Catalogue.open(path: scratch.catalogue, mode: .creating, now: Sample.now)
        home = try Sample.source()
        try catalogue.add(home, event: Sample.occasion(.sourceAdded))
    }

    @discardableResult
    func take(
        _ source: Source? = nil, after milliseconds: Int64 = 0, description: SnapshotDescription = SnapshotDescription(),
        group: Identifier? = nil
    ) throws -> Snapshot {
        let draft = Sample.draft(
            of: source ?? home, at: Sample.now.advanced(byMilliseconds: milliseconds), description: description, group: group)
        let begun = try catalogue.begin(draft)
        return try catalogue.complete(begun.number, Sample.completion(of: draft), event: Sample.occasion())
    }

    // MARK: Sources

    @Test("keep every field of a source")
    func sourceFields() throws {
        var source = try Sample.source("full")
        source.snapshotDirectory = "/srv/snapshots"
        source.pool = Sample.pool
        source.policy = "standard"
        source.scope = .all
        try catalogue.add(source, event: Sample.occasion())
        #expect(try catalogue.source(id: source.id) == source)
        #expect(try catalogue.source(named: source.name) == source)
        #expect(try catalogue.source(image: source.imagePath) == source)
        #expect(try catalogue.sources() == [home, source])
    }

    @Test("change a source, and log it")
    func changeSource() throws {
        try catalogue.rename(home.id, to: SourceName(parsing: "house"), event: Sample.occasion(.sourceRenamed))
        try catalogue.move(home.id, to: "/mnt/home.img", event: Sample.occasion(.sourceMoved))
        try catalogue.place(home.id, snapshotDirectory: "/mnt/s", pool: Sample.pool)
        try catalogue.assign(home.id, policy: "p", scope: .run)
        let now = try #require(try catalogue.source(id: home.id))
        #expect(
            now.name.text == "house" && now.imagePath == "/mnt/home.img" && now.snapshotDirectory == "/mnt/s" && now.pool == Sample.pool)
        #expect(now.policy == "p" && now.scope == .run)
        #expect(try catalogue.events().map(\.occasion.kind) == [.sourceAdded, .sourceRenamed, .sourceMoved])
        #expect(errorCode { try catalogue.rename(.random(), to: home.name, event: Sample.occasion()) } == "unknown_source")
    }

    @Test("refuse a name or an image that is taken, and a path that can't be recorded")
    func taken() throws {
        let other = try Sample.source("other")
        #expect(errorCode { try catalogue.add(Sample.source("home", image: "/x.img"), event: Sample.occasion()) } == "source_name_taken")
        #expect(errorCode { try catalogue.add(Sample.source("x", image: home.imagePath), event: Sample.occasion()) } == "image_taken")
        try catalogue.add(other, event: Sample.occasion())
        #expect(errorCode { try catalogue.rename(other.id, to: home.name, event: Sample.occasion()) } == "source_name_taken")
        #expect(errorCode { try catalogue.move(other.id, to: home.imagePath, event: Sample.occasion()) } == "image_taken")
        try catalogue.rename(other.id, to: other.name, event: Sample.occasion())
        for path in [FilePath("home.img"), "/srv/../x", FilePath("/" + String(repeating: "a/", count: 2100))] {
            #expect(errorCode { try catalogue.move(home.id, to: path, event: Sample.occasion()) } == "invalid_path")
        }
        let bytes: [CChar] = [0x2F, -1, 0]
        #expect(errorCode { try catalogue.move(home.id, to: FilePath(platformString: bytes), event: Sample.occasion()) } == "invalid_path")
    }

    @Test("remove a source only when it has no snapshots, or keep them listed and free the name")
    func removeSource() throws {
        let snapshot = try take()
        #expect(errorCode { try catalogue.remove(home.id, .withoutSnapshots, event: Sample.occasion()) } == "source_has_snapshots")
        try catalogue.remove(home.id, .keepingSnapshotsListed, event: Sample.occasion(.sourceRemoved))
        #expect(try catalogue.sources().isEmpty)
        #expect(try catalogue.sources(.all).map(\.removedAt) == [Sample.now])
        #expect(try catalogue.snapshots() == [snapshot])
        let again = try Sample.source()
        try catalogue.add(again, event: Sample.occasion())
        #expect(try catalogue.source(named: home.name)?.id == again.id)
        #expect(try catalogue.snapshots(.complete(of: again.id)).isEmpty)
        try catalogue.remove(again.id, .withoutSnapshots, event: Sample.occasion(.sourceRemoved))
        #expect(try catalogue.source(id: again.id) == nil)
    }

    // MARK: The fate of a snapshot

    @Test("keep every field of a snapshot")
    func snapshotFields() throws {
        var draft = Sample.draft(
            of: home,
            description: SnapshotDescription(
                revision: .first, label: try Label(parsing: "ünï"), tags: try Tags([Tag(parsing: "b"), Tag(parsing: "a")]),
                hold: try Hold(reason: "audit", until: .latest)), group: .random())
        draft.scope = .all
        draft.origin = .run
        draft.image = ImageAttributes(
            user: .max, group: 0, mode: 0o7777, accessList: [0, 255], security: ["security.selinux": [0, 1, 2]], isNoCOW: true,
            project: .max,
            extentSize: 1, cowExtentSize: 2)
        let begun = try catalogue.begin(draft)
        #expect(begun.state == .pending && begun.fileName == nil && begun.path == nil)
        var completion = Sample.completion(of: draft)
        completion.extentCount = 9
        completion.consistency = .crash
        let done = try catalogue.complete(begun.number, completion, event: Sample.occasion())
        #expect(try catalogue.snapshot(done.number) == done)
        #expect(try catalogue.snapshot(id: draft.id) == done)
        #expect(done.description == draft.description && done.image == draft.image && done.group == draft.group && done.scope == .all)
        #expect(done.fileName == completion.fileName && done.consistency == .crash && done.extentCount == 9)
        #expect(done.frozenMicroseconds == 1234 && done.logicalBytes == 1 << 30 && done.allocatedBytes == 4096)
        #expect(done.path == Sample.directory.path.appending(completion.fileName.text))
        #expect(SnapshotRecord(begun, completion, catalogue: catalogue.id) == SnapshotRecord(done, catalogue: catalogue.id))
    }

    @Test("never use a number twice, also after the last one is gone and the catalogue was opened anew")
    func numbers() throws {
        #expect(try take().number.value == 1)
        let second = try take(after: 1)
        try catalogue.markDeleting(second.number, Removal(kind: .pruned, reason: "no rule", command: "prune"))
        try catalogue.drop(second.number, event: Sample.occasion(.pruned))
        try catalogue.close()
        let again = try Catalogue.open(path: scratch.catalogue, mode: .writing, now: Sample.now)
        #expect(try again.begin(Sample.draft(of: home)).number.value == 3)
    }

    @Test("refuse what does not fit the state")
    func states() throws {
        let draft = Sample.draft(of: home)
        let begun = try catalogue.begin(draft)
        let number = begun.number
        #expect(errorCode { try catalogue.markDeleting(number, Removal(kind: .deleted)) } == "wrong_state")
        #expect(errorCode { try catalogue.forget(number, event: Sample.occasion()) } == "wrong_state")
        #expect(errorCode { _ = try catalogue.begin(draft) } == "snapshot_taken")
        try catalogue.complete(number, Sample.completion(of: draft), event: Sample.occasion())
        #expect(errorCode { try catalogue.complete(number, Sample.completion(of: draft), event: Sample.occasion()) } == "wrong_state")
        #expect(errorCode { try catalogue.drop(number, event: Sample.occasion()) } == "wrong_state")
        #expect(errorCode { try catalogue.backToComplete(number, event: Sample.occasion()) } == "wrong_state")
        let removal = Removal(kind: .pruned, reason: "no rule", command: "prune")
        #expect(try catalogue.markDeleting(number, removal).removal == removal)
        #expect(errorCode { try catalogue.markDeleting(number, removal) } == "wrong_state")
        let back = try catalogue.backToComplete(number, event: Sample.occasion(.kept))
        #expect(back.state == .complete && back.removal == nil)
        try catalogue.forget(number, event: Sample.occasion(.forgotten))
        #expect(errorCode { try catalogue.drop(number, event: Sample.occasion()) } == "unknown_snapshot")
        #expect(try catalogue.events().map(\.occasion.kind) == [.sourceAdded, .created, .kept, .forgotten])
    }

    @Test("keep nothing of a transaction that fails")
    func together() throws {
        let before = try catalogue.events().count
        #expect(
            errorCode {
                try catalogue.together { () throws(SnapshotsError) in
                    _ = try catalogue.begin(Sample.draft(of: home))
                    try catalogue.append(Event(Sample.occasion(.failed)))
                    throw .numbersExhausted
                }
            } == "numbers_exhausted")
        #expect(try catalogue.count() == 0)
        #expect(try catalogue.events().count == before)
        let kept = try catalogue.together { () throws(SnapshotsError) -> Snapshot in
            let first = try catalogue.begin(Sample.draft(of: home))
            // One that fails within leaves the rest as it is.
            try? catalogue.drop(SnapshotNumber.greatest, event: Sample.occasion())
            return first
        }
        #expect(try catalogue.snapshots() == [kept])
    }

    @Test("adopt with the old number if it is free and sensible, else with a new one, and never count backwards")
    func adopt() throws {
        for _ in 0..<3 { try take() }
        func adopt(_ number: Int64?) throws -> Int64 {
            let draft = Sample.draft(of: home)
            return try catalogue.adopt(
                draft, Sample.completion(of: draft), number: number.flatMap { SnapshotNumber($0) }, event: Sample.occasion(.adopted)
            ).number.value
        }
        #expect(try adopt(2) == 4)
        #expect(try adopt(10) == 10)
        #expect(try adopt(7) == 7)
        #expect(try adopt(nil) == 11)
        #expect(try adopt(9_007_199_254_740_991) == 12)
        #expect(try take().number.value == 13)
    }

    @Test("give no number that is said to be given, and believe no senseless one")
    func skipNumbers() throws {
        let number = try #require(SnapshotNumber(7))
        try catalogue.skipNumbers(through: number)
        #expect(try take().number.value == 8)
        try catalogue.skipNumbers(through: number)
        try catalogue.skipNumbers(through: .greatest)
        #expect(try take().number.value == 9)
    }

    @Test("follow a file that was moved")
    func relocate() throws {
        let first = try take()
        let elsewhere = SnapshotDirectory(path: "/mnt/s", pool: Sample.pool)
        let name = try #require(SnapshotFileName("other.img"))
        #expect(
            try catalogue.relocate(first.number, directory: elsewhere, fileName: name, event: Sample.occasion()).path == "/mnt/s/other.img")
        #expect(try catalogue.snapshot(first.number)?.directory == elsewhere)
    }

    // MARK: Descriptions

    @Test("change label, tags and hold, and refuse a stale change")
    func describe() throws {
        let number = try take().number
        let first = SnapshotDescription(
            revision: .first.next, label: try Label(parsing: "x"), tags: try Tags([Tag(parsing: "a"), Tag(parsing: "b")]),
            hold: try Hold(reason: "x"))
        #expect(try catalogue.describe(number, first, event: Sample.occasion(.held)).description == first)
        #expect(errorCode { try catalogue.describe(number, first, event: Sample.occasion()) } == "record_changed")
        let jump = SnapshotDescription(revision: try #require(Revision(99)), tags: try Tags([Tag(parsing: "c")]))
        #expect(try catalogue.describe(number, jump, event: Sample.occasion(.settled)).description == jump)
        #expect(try catalogue.snapshot(number)?.description == jump)
        #expect(errorCode { try catalogue.describe(number, first, event: Sample.occasion()) } == "record_changed")
        #expect(try catalogue.events().map(\.occasion.kind) == [.sourceAdded, .created, .held, .settled])
    }
}
