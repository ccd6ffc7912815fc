// What must hold whatever has gone wrong: the promises as assertions. Each is made by looking at the disk itself, not by asking the store.

import CloneCore
import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import Snapshots

extension StoreScene {
    /// Everything listed as complete is whole: file, record and content. Nothing is assumed of what is pending or deleting.
    func expectWhole(_ store: Store, _ comment: Comment? = nil, sourceLocation: SourceLocation = #_sourceLocation) throws {
        for listed in try store.list(SnapshotFilter(states: [.complete])) {
            #expect(listed.presence == .present, comment, sourceLocation: sourceLocation)
            guard let path = listed.snapshot.path else { continue }
            #expect(StoreScene.letter(in: path) != nil, comment, sourceLocation: sourceLocation)
            #expect(try record(at: path).id == listed.snapshot.id, comment, sourceLocation: sourceLocation)
            let mark = try SnapshotPlace.open(listed.snapshot.directory.path, kernel: .linux).mark()
            #expect(mark?.highestNumber.map { $0 >= listed.snapshot.number } == true, comment, sourceLocation: sourceLocation)
        }
    }

    /// Rows and files belong together: nothing unfinished, no file without a row, no row without a file, groups whole.
    func expectSettled(_ store: Store, _ comment: Comment? = nil, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let all = try store.catalogue.snapshots()
        #expect(all.allSatisfy { $0.state == .complete }, comment, sourceLocation: sourceLocation)
        for source in try store.catalogue.sources(.all) {
            let rows = all.filter { $0.sourceID == source.id }.compactMap { $0.fileName?.text }.sorted()
            #expect(files(source.name.text) == rows, comment, sourceLocation: sourceLocation)
        }
        for (_, group) in Dictionary(grouping: all.filter { $0.group != nil }, by: \.group) {
            #expect(group.count == 2, comment, sourceLocation: sourceLocation)
        }
        for row in all {
            guard let path = row.path else { continue }
            #expect(try record(at: path).description == row.description, comment, sourceLocation: sourceLocation)
        }
        try expectWhole(store, comment, sourceLocation: sourceLocation)
    }

    /// The record that a file carries.
    func record(at path: FilePath) throws -> SnapshotRecord {
        let file = try OpenFile(path.string, kernel: .linux)
        return try SnapshotRecord(decoding: Kernel.linux.getXattr(file.descriptor, RecordAttribute.name(user: geteuid())))
    }

    /// Whether the immutable flag is set.
    func isImmutable(_ path: FilePath) throws -> Bool {
        try OpenFile(path.string, kernel: .linux).status().isImmutable
    }
}

/// Expects the error to explain itself: a message that is no bare number, and a hint where somebody can do something.
func expectExplained(_ error: SnapshotsError, _ comment: Comment?, sourceLocation: SourceLocation = #_sourceLocation) {
    let words = "\(comment.map { "\($0): " } ?? "")\(error.message)"
    #expect(error.message.count > 10 && !error.message.contains("Errno("), "\(words)", sourceLocation: sourceLocation)
    #expect(error.message.firstMatch(of: /errno|error [0-9]+/.ignoresCase()) == nil, "\(words)", sourceLocation: sourceLocation)
    #expect(error.hint?.isEmpty == false, "\(words): no hint", sourceLocation: sourceLocation)
}
