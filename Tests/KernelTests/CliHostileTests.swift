// A catalogue and records that lie: paths that climb, files of other sources, links, numbers beyond all bounds. Every command is run over them. The
// rule: nothing outside the snapshot directory is made, changed or removed, and losnap ends by itself, with a status that is documented.

import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite("A hostile catalogue, hostile records", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct CliHostileTests {
    /// Statements about snapshot 2, whose paths are put in.
    private static let rows: [(name: String, statement: String)] = [
        ("climbs to another source's file", "file_name = '../other/OTHERS'"),
        ("climbs to a plain file", "file_name = '../../precious/file'"),
        ("absolute", "file_name = 'PRECIOUS/file'"),
        ("dots", "file_name = '..'"),
        ("one dot", "file_name = '.'"),
        ("empty", "file_name = ''"),
        ("a symbolic link to a file", "file_name = 'link'"),
        ("a symbolic link to a directory", "file_name = 'directory-link'"),
        ("a hard link to a file", "file_name = 'hard-link'"),
        ("the mark for backup programs", "file_name = 'CACHEDIR.TAG'"),
        ("a newline and a NUL", "file_name = 'a' || char(10) || 'b' || char(0) || 'c'"),
        ("a name of a megabyte", "file_name = hex(zeroblob(500000))"),
        ("a directory of somebody else", "directory = 100, file_name = 'file'"),
        ("another source's directory", "directory = 101, file_name = 'OTHERS'"),
        ("a directory that climbs", "directory = 102, file_name = 'OTHERS'"),
        ("a pool of another UUID", "directory = 103"),
        ("a relative directory", "directory = 104"),
        ("a directory that there is not", "directory = 999"),
        ("an image that climbs", "image_path = '/../../PRECIOUS/file'"),
        (
            "numbers below all bounds",
            "logical_bytes = -9223372036854775808, allocated_bytes = -1, frozen_us = -1, taken_at = -9223372036854775808"
        ),
        ("numbers above all bounds", "logical_bytes = 9223372036854775807, taken_at = 9223372036854775807, revision = 9223372036854775807"),
        (
            "the largest sizes there can be",
            "logical_bytes = 9223372036854775807, allocated_bytes = 9223372036854775807, extents = 9223372036854775807"
        ),
        ("words that there are not", "state = 'gone', origin = 'nowhere', consistency = '', clone_method = ''"),
        ("another snapshot's UUID", "id = '00000000-0000-4000-8000-000000000000', group_id = 'x'"),
        ("labels that nobody could give", "label = 'latest', hold_reason = char(27) || '[31m', held = 7"),
        ("another source", "source = 999"),
    ]

    /// Each lie takes two seconds: a usual run tries some of them, other ones each time.
    private static func sample<Case>(_ cases: [Case]) -> [Case] { TestLength.isLong ? cases : Array(cases.shuffled().prefix(3)) }

    @Test(
        "a row of the catalogue, complete or on its way out",
        arguments: sample(rows.flatMap { [($0.name, "complete"), ($0.name, "deleting")] }))
    func row(name: String, state: String) throws {
        let statement = try #require(Self.rows.first { $0.name == name }).statement
        try HostileScene.with { scene in
            let leaving = state == "deleting" ? "UPDATE snapshot SET state = 'deleting', removal_kind = 'deleted' WHERE number = 2; " : ""
            try scene.plant("\(leaving)UPDATE snapshot SET \(statement) WHERE number = 2")
            try scene.expectHarmless()
        }
    }

    @Test(
        "a row of a source",
        arguments: sample([
            "snapshot_directory = 'PRECIOUS'", "snapshot_directory = 'POOL/.losnap/other'", "image_path = 'x'", "name = '../other'",
        ]))
    func source(statement: String) throws {
        try HostileScene.with { scene in
            try scene.plant("UPDATE source SET \(statement) WHERE name = 'home'")
            try scene.expectHarmless()
        }
    }

    /// What a record says, and what it is made to say.
    private static let lies: [(field: String, value: String)] = [
        ("image_path", "\"/../../PRECIOUS/file\""), ("image_path", "\"PRECIOUS/file\""), ("source_name", "\"../other\""),
        ("source_name", "\"other\""),
        ("source", "\"OTHERSOURCE\""), ("catalogue", "\"00000000-0000-4000-8000-000000000000\""), ("snapshot", "\"OTHERID\""),
        ("snapshot", "\"../../precious/file\""), ("number", "9007199254740991"), ("number", "-1"), ("number", "1e400"),
        ("revision", "9223372036854775807"),
        ("logical_bytes", "9223372036854775807"), ("taken_at", "\"9999-12-31T23:59:59.999Z\""),
        ("taken_at", "\"0000-01-01T00:00:00.000Z\""),
        ("clone_method", "\"../x\""), ("format", "2"),
    ]

    @Test("a record", arguments: sample(lies.indices.flatMap { [($0, false), ($0, true)] }))
    func record(lie index: Int, isOrphan: Bool) throws {
        let lie = Self.lies[index]
        try HostileScene.with { scene in
            try scene.lie(lie.field, lie.value)
            if isOrphan { try scene.plant("DELETE FROM snapshot_tag WHERE snapshot = 2; DELETE FROM snapshot WHERE number = 2") }
            try scene.expectHarmless(andRebuilt: isOrphan)
        }
    }

    @Test("no record but garbage, and a directory's mark that names another source")
    func garbage() throws {
        try HostileScene.with { scene in
            try scene.write([UInt8](repeating: 0x5B, count: 8000), to: scene.second)
            try scene.expectHarmless(andRebuilt: true)
        }
        try HostileScene.with { scene in
            let mark = try scene.attribute(of: scene.others)
            try scene.write(Array(mark.utf8), to: scene.scene.snapshots)
            try scene.expectHarmless(andRebuilt: true)
        }
    }
}
