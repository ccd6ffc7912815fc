// Values that several tests start from, a scratch directory that goes away, and a source of randomness that repeats.

import CloneCore
import Policy
import Foundation
import Glibc
import SystemPackage
import Testing

@testable import Snapshots

/// A directory for one test, of this user alone, removed at the end.
final class Scratch {
    let path: FilePath

    init() throws {
        var template = Array("\(NSTemporaryDirectory())/losnap-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Errno(rawValue: errno) }
        path = FilePath(platformString: template)
    }

    deinit {
        chmod(path.string, 0o700)
        try? FileManager.default.removeItem(atPath: path.string)
    }

    var catalogue: FilePath { path.appending("catalogue.sqlite") }
}

enum Sample {
    static let now = Instant(clamping: 1_795_417_200_123)
    static let pool = PoolIdentity(type: "xfs", uuid: "0b0a1f5e-0000-4000-8000-000000000001")
    static let directory = SnapshotDirectory(path: "/srv/.losnap/home", pool: pool)
    static let image = ImageAttributes(user: 1000, group: 100, mode: 0o640)
    static let catalogueID = Identifier(high: 7, low: 7)

    static func occasion(_ kind: EventKind = .created) -> Occasion {
        Occasion(at: now, kind: kind, reason: "because", command: "test")
    }

    static func source(_ name: String = "home", image: FilePath? = nil) throws -> Source {
        Source(id: .random(), name: try SourceName(parsing: name), imagePath: image ?? FilePath("/srv/\(name).img"), createdAt: now)
    }

    static func draft(
        of source: Source, at instant: Instant = now, description: SnapshotDescription = SnapshotDescription(), group: Identifier? = nil
    ) -> SnapshotDraft {
        SnapshotDraft(
            id: .random(), sourceID: source.id, imagePath: source.imagePath, directory: directory, begunAt: instant,
            description: description,
            group: group, origin: .manual, consistency: .frozen, image: image, scope: nil)
    }

    static func completion(of draft: SnapshotDraft) -> SnapshotCompletion {
        SnapshotCompletion(
            fileName: SnapshotFileName(takenAt: draft.begunAt, id: draft.id, image: draft.imagePath), takenAt: draft.begunAt,
            consistency: .frozen, logicalBytes: 1 << 30, allocatedBytes: 4096, frozenMicroseconds: 1234)
    }

    /// A snapshot that needs no catalogue.
    static func snapshot(
        _ number: Int64, at instant: Instant = now, label: String? = nil, state: SnapshotState = .complete, source: String = "home",
        description: SnapshotDescription? = nil, origin: Origin = .manual
    ) throws -> Snapshot {
        let id = Identifier(high: UInt64(number) << 32, low: UInt64(number))
        let image: FilePath = "/srv/home.img"
        return Snapshot(
            number: try #require(SnapshotNumber(number)), id: id, sourceID: Identifier(high: 1, low: 1),
            sourceName: try SourceName(parsing: source), imagePath: image, takenAt: instant,
            description: try description ?? SnapshotDescription(label: label.map { try Label(parsing: $0) }), group: nil, origin: origin,
            consistency: .frozen, state: state, scope: nil, logicalBytes: 1 << 20, allocatedBytes: 4096, frozenMicroseconds: nil,
            extentCount: nil, cloneMethod: .plain, removal: state == .deleting ? Removal(kind: .pruned) : nil, directory: directory,
            fileName: state == .pending ? nil : SnapshotFileName(takenAt: instant, id: id, image: image), image: self.image,
            createdAt: instant)
    }
}

extension SnapshotDescription {
    /// The same after one more change.
    func revised(_ change: (inout SnapshotDescription) -> Void) -> SnapshotDescription {
        var copy = self
        change(&copy)
        copy.revision = revision.next
        return copy
    }
}

/// The code of the error that `body` throws; nil when it throws none.
func errorCode(_ body: () throws -> Void) -> String? {
    do {
        try body()
        return nil
    } catch let error as SnapshotsError {
        return error.code
    } catch {
        return "another error: \(error)"
    }
}
