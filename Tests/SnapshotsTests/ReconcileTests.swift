import Policy
import TestSupport
import Testing

@testable import Snapshots

@Suite("Reconcile")
struct ReconcileTests {
    private let stranger = Identifier(high: 9, low: 9)

    private func file(
        of row: Snapshot, name: String? = nil, catalogue: Identifier = Sample.catalogueID, size: Int64 = 1 << 20,
        description: SnapshotDescription? = nil
    ) throws -> FoundFile {
        var record = SnapshotRecord(row, catalogue: catalogue)
        if let description { record.description = description }
        let usual = SnapshotFileName(takenAt: row.takenAt, id: row.id, image: row.imagePath)
        return FoundFile(
            name: try name.map { try #require(SnapshotFileName($0)) } ?? usual, inode: 1, size: size, content: .whole(record))
    }

    private func record(_ file: FoundFile) throws -> SnapshotRecord {
        guard case .whole(let record) = file.content else { throw SnapshotsError.invalidRecord(problem: .absent) }
        return record
    }

    private func judge(_ rows: [Snapshot], _ files: [FoundFile]) -> [ReconcileStep] {
        reconcile(rows: rows, files: files, catalogue: Sample.catalogueID, now: Sample.now)
    }

    private func held(_ revision: Int64 = 1) throws -> SnapshotDescription {
        SnapshotDescription(revision: try #require(Revision(revision)), hold: try Hold(reason: "keep"))
    }

    // MARK: The design's table

    @Test("pending without a file: the row goes")
    func pendingNone() throws {
        let row = try Sample.snapshot(1, state: .pending)
        #expect(judge([row], []) == [.drop(row)])
    }

    @Test("pending with its file whole: it is completed")
    func pendingThere() throws {
        let row = try Sample.snapshot(1, state: .pending)
        let file = try file(of: row)
        #expect(judge([row], [file]) == [.complete(row, file, try record(file))])
    }

    @Test("pending with a file that is not as long as its record says: nothing is done")
    func pendingBroken() throws {
        let row = try Sample.snapshot(1, state: .pending)
        let file = try file(of: row, size: 5)
        #expect(judge([row], [file]) == [.doubtful(row, file, .size(recorded: 1 << 20))])
    }

    @Test("deleting with its file: the removal goes on")
    func deletingThere() throws {
        let row = try Sample.snapshot(1, state: .deleting)
        let file = try file(of: row)
        #expect(judge([row], [file]) == [.continueRemoval(row, file)])
    }

    @Test(
        "deleting, held in the row only, the record only, or both: back to complete",
        arguments: [(true, false), (false, true), (true, true)])
    func deletingHeld(inRow: Bool, inRecord: Bool) throws {
        let row = try Sample.snapshot(1, state: .deleting, description: inRow ? held() : SnapshotDescription())
        let file = try file(of: row, description: inRecord ? held() : SnapshotDescription())
        let settlement =
            inRow && inRecord ? nil : Settlement(description: try held(2), writesRow: true, writesRecord: true)
        #expect(judge([row], [file]) == [.backToComplete(row, file, settlement)])
    }

    @Test("deleting, with a hold that has ended: the removal goes on")
    func deletingHoldEnded() throws {
        let row = try Sample.snapshot(1, state: .deleting, description: SnapshotDescription(hold: try Hold(until: Sample.now)))
        let file = try file(of: row)
        #expect(judge([row], [file]) == [.continueRemoval(row, file)])
    }

    @Test("deleting without a file: the row goes")
    func deletingNone() throws {
        let row = try Sample.snapshot(1, state: .deleting)
        #expect(judge([row], []) == [.drop(row)])
    }

    @Test("deleting, and only a file of another name has its record: that one is not removed")
    func deletingCopy() throws {
        let row = try Sample.snapshot(1, state: .deleting)
        let copy = try file(of: row, name: "copy.img")
        #expect(judge([row], [copy]) == [.drop(row), .orphan(copy, try record(copy))])
    }

    @Test("complete without a file: missing, and the row stays")
    func completeNone() throws {
        let row = try Sample.snapshot(1)
        #expect(judge([row], []) == [.missing(row)])
    }

    @Test("complete with its file: nothing to do")
    func completeThere() throws {
        let row = try Sample.snapshot(1)
        #expect(judge([row], [try file(of: row)]).isEmpty)
    }

    @Test("no row, own catalogue: an orphan")
    func orphan() throws {
        let file = try file(of: try Sample.snapshot(1))
        #expect(judge([], [file]) == [.orphan(file, try record(file))])
    }

    @Test("no row, another catalogue: foreign")
    func foreign() throws {
        let file = try file(of: try Sample.snapshot(1), catalogue: stranger)
        #expect(judge([], [file]) == [.foreign(file)])
    }

    // MARK: What hands do

    @Test("a file without a record that can be believed is left alone", arguments: SnapshotState.allCases)
    func doubtful(state: SnapshotState) throws {
        let row = try Sample.snapshot(1, state: state)
        var file = try file(of: row)
        for fault in [RecordFault.damaged(.notJSON), .newer(format: 2), .owner(user: 1000), .notRegular, .unreadable("input/output error")]
        {
            file.content = .none(fault)
            #expect(judge([row], [file]) == [.doubtful(row, file, fault)])
            #expect(judge([], [file]) == [.unknown(file, fault)])
        }
    }

    @Test("a file that another catalogue claims is left alone, and so is its row", arguments: SnapshotState.allCases)
    func claimed(state: SnapshotState) throws {
        let row = try Sample.snapshot(1, state: state)
        let file = try file(of: row, catalogue: stranger)
        #expect(judge([row], [file]) == [.claimed(row, file)])
    }

    @Test("a copy beside the file is reported, the file of the row's name is the row's, and without a row the one of losnap's")
    func duplicate() throws {
        let row = try Sample.snapshot(1)
        let copy = try file(of: row, name: "00-copy.img")
        let own = try file(of: row)
        #expect(judge([row], [copy, own]) == [.duplicate(copy, try record(copy))])
        #expect(judge([], [own, copy]) == [.duplicate(copy, try record(copy)), .orphan(own, try record(own))])
    }

    @Test("a renamed file is followed, one of another length reported")
    func renamedAndChanged() throws {
        let row = try Sample.snapshot(1)
        let renamed = try file(of: row, name: "other.img")
        #expect(judge([row], [renamed]) == [.follow(row, renamed)])
        let changed = try file(of: row, size: 3)
        #expect(judge([row], [changed]) == [.changed(row, changed)])
    }

    @Test("rows and files of many snapshots each find their own")
    func many() throws {
        let rows = try (1...50).map { try Sample.snapshot($0) }
        var generator = Seeded(5)
        let files = try rows.filter { $0.number.value % 2 == 0 }.map { try file(of: $0) }.shuffled(using: &generator)
        let missing = rows.filter { $0.number.value % 2 == 1 }.map { ReconcileStep.missing($0) }
        #expect(judge(rows, files) == missing)
    }

    // MARK: Which of the two is right

    @Test("the higher revision wins")
    func higherRevision() throws {
        let old = SnapshotDescription(label: try Label(parsing: "old"))
        let new = old.revised { $0.label = nil }
        #expect(
            Settlement.between(row: old, record: new, now: Sample.now)
                == Settlement(description: new, writesRow: true, writesRecord: false))
        #expect(
            Settlement.between(row: new, record: old, now: Sample.now)
                == Settlement(description: new, writesRow: false, writesRecord: true))
    }

    @Test("but a hold in either one stays, so an interrupted release is undone")
    func heldWins() throws {
        let before = try held()
        let released = before.revised { $0.hold = nil }
        let settled = try #require(Settlement.between(row: released, record: before, now: Sample.now))
        #expect(settled.description == (try held(3)))
        #expect(settled.writesRow && settled.writesRecord)
        #expect(Settlement.between(row: before, record: released, now: Sample.now) == settled)
    }

    @Test("a hold that has ended does not stay")
    func endedHoldLoses() throws {
        let before = SnapshotDescription(hold: try Hold(until: Sample.now))
        let released = before.revised { $0.hold = nil }
        #expect(Settlement.between(row: released, record: before, now: Sample.now)?.description == released)
    }

    @Test("equal revisions with different content: the row, with one more revision")
    func equalRevisions() throws {
        let row = SnapshotDescription(label: try Label(parsing: "row"))
        let record = SnapshotDescription(label: try Label(parsing: "record"))
        let settled = try #require(Settlement.between(row: row, record: record, now: Sample.now))
        #expect(settled.description.label == row.label)
        #expect(settled.description.revision == Revision.first.next)
        #expect(settled.writesRow && settled.writesRecord)
        #expect(Settlement.between(row: row, record: row, now: Sample.now) == nil)
    }

    @Test("settling once settles, over random pairs, and never loses a hold")
    func settlesOnce() throws {
        var generator = Seeded(6)
        let holds = [nil, try Hold(), try Hold(reason: "x"), try Hold(until: Sample.now), try Hold(until: .latest)]
        let labels = [nil, try Label(parsing: "a"), try Label(parsing: "b")]
        for _ in 0..<2000 {
            let pair = try (0..<2).map { _ in
                SnapshotDescription(
                    revision: try #require(Revision(Int64.random(in: 1...3, using: &generator))),
                    label: labels.randomElement(using: &generator) ?? nil, hold: holds.randomElement(using: &generator) ?? nil)
            }
            guard let settled = Settlement.between(row: pair[0], record: pair[1], now: Sample.now) else {
                #expect(pair[0] == pair[1])
                continue
            }
            #expect(settled.writesRow || pair[0] == settled.description)
            #expect(settled.writesRecord || pair[1] == settled.description)
            #expect(!settled.writesRow || pair[0].revision < settled.description.revision)
            let wasHeld = pair.contains { $0.isHeld(at: Sample.now) }
            #expect(settled.description.isHeld(at: Sample.now) == wasHeld)
        }
    }
}
