import CloneCore
import Policy
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import Snapshots

@Suite("Naming a source and a snapshot")
struct NamingTests {
    private let berlin = TimeZone(identifier: "Europe/Berlin")

    /// Five snapshots; 3 and 4 lie in the hour that occurs twice in Berlin, 4 and 5 have the same time.
    private func snapshots() throws -> [Snapshot] {
        [
            try Sample.snapshot(3, at: Instant(parsing: "2026-10-25T00:30:12.123Z"), label: "before-upgrade"),
            try Sample.snapshot(1, at: Instant(parsing: "2026-10-23T07:00:00Z"), label: "first"),
            try Sample.snapshot(5, at: Instant(parsing: "2026-10-25T01:30:12.123Z")),
            try Sample.snapshot(4, at: Instant(parsing: "2026-10-25T01:30:12.123Z"), label: "before-upgrade"),
            try Sample.snapshot(2, at: Instant(parsing: "2026-10-24T22:30:00Z")),
            try Sample.snapshot(6, at: Instant(parsing: "2026-10-26T00:00:00Z"), label: "unfinished", state: .pending),
        ]
    }

    private func resolver() throws -> SnapshotResolver {
        SnapshotResolver(timeZone: try #require(berlin)) { age throws(SnapshotsError) in
            guard age.hasSuffix("h"), let hours = Int64(age.dropLast()) else { throw .invalidReference(text: age, problem: .age) }
            return try Instant(parsing: "2026-10-25T09:00:00Z").advanced(byMilliseconds: -hours * 3_600_000)
        }
    }

    @Test(
        "finds what is meant",
        arguments: [
            ("3", 3), ("home@3", 3), ("home@latest", 5), ("home@latest~0", 5), ("home@latest~2", 3), ("home@oldest", 1),
            ("home@2026-10-25", 5), ("home@2026-10-23", 1), ("home@2026-10-25 02:30", 5), ("home@2026-10-25T02:30:12", 5),
            ("home@2026-10-25 00:30", 2), ("home@2026-10-25 0", 5), ("home@2026-10-25 02:30:12.123", 5), ("home@2026-10-25T00:30Z", 3),
            ("home@2026-10-24Z", 2), ("home@8h", 3), ("home@9h", 2), ("home@7h", 5), ("home@before-upgrade", 4), ("home@first", 1),
            ("/srv/home.img@latest", 5), ("/srv/a@b/home.img@latest", 5),
        ])
    func found(text: String, number: Int64) throws {
        let reference = try SnapshotReference(parsing: text)
        #expect(try resolver().resolve(reference, among: snapshots()).number.value == number)
    }

    @Test(
        "says what is nearest when nothing matches",
        arguments: [
            ("7", [5, 4, 3]), ("6", [5, 4, 3]), ("home@latest~5", [1]), ("home@99h", [1]), ("home@2026-10-22", [1, 2, 5]),
            ("home@before-upgrad", [4]), ("home@zzz", [4, 3, 1]), ("home@unfinished", [4, 3, 1]),
        ])
    func unknown(text: String, nearest: [Int64]) throws {
        let reference = try SnapshotReference(parsing: text)
        do {
            let found = try resolver().resolve(reference, among: snapshots())
            Issue.record("found \(found.number)")
        } catch SnapshotsError.unknownSnapshot(text, let candidates) {
            #expect(candidates.map(\.number.value) == nearest)
        }
    }

    @Test(
        "counts no safety snapshots, unless there are no others; finds them by number, time and label",
        arguments: [
            ("home@latest", 5), ("home@latest~1", 4), ("home@oldest", 1), ("home@8h", 3), ("home@7", 7), ("home@2026-10-26", 7),
            ("home@2026-10-22", 8), ("home@undo", 7),
        ])
    func safety(text: String, number: Int64) throws {
        let safety = [
            try Sample.snapshot(7, at: Instant(parsing: "2026-10-26T09:00:00Z"), label: "undo", origin: .safety),
            try Sample.snapshot(8, at: Instant(parsing: "2026-10-22T09:00:00Z"), origin: .safety),
            try Sample.snapshot(9, at: Instant(parsing: "2026-10-25T00:45:00Z"), origin: .safety),
        ]
        let reference = try SnapshotReference(parsing: text)
        #expect(try resolver().resolve(reference, among: snapshots() + safety).number.value == number)
        let alone = try resolver().resolve(SnapshotReference(parsing: "home@latest"), among: safety)
        #expect(alone.number.value == 7)
    }

    @Test("of no snapshots finds none")
    func none() throws {
        for text in ["1", "home@latest", "home@oldest", "home@2026-10-25", "home@1h", "home@x"] {
            let reference = try SnapshotReference(parsing: text)
            #expect(errorCode { _ = try resolver().resolve(reference, among: []) } == "unknown_snapshot")
        }
    }

    @Test(
        "refuses what is no reference",
        arguments: [
            ("home", "invalid_reference"), ("", "invalid_reference"), ("/srv/home.img", "invalid_reference"),
            ("@latest", "invalid_reference"),
            ("home@", "invalid_reference"), ("0", "invalid_reference"), ("99999999999999999999", "invalid_reference"),
            ("home@latest~", "invalid_reference"), ("home@latest~x", "invalid_reference"), ("home@latest~-1", "invalid_reference"),
            ("home@latest~99999999999999999999", "invalid_reference"), ("home@oldest~1", "invalid_reference"),
            ("home@2026-11", "invalid_reference"), ("home@2026-02-29", "invalid_reference"), ("home@2026-11-22 24", "invalid_reference"),
            ("home@2026-11-22 07:6", "invalid_reference"), ("ho me@latest", "invalid_source_name"), ("..@latest", "invalid_source_name"),
            ("home@a\u{1B}", "invalid_label"),
        ])
    func refused(text: String, code: String) {
        #expect(errorCode { _ = try SnapshotReference(parsing: text) } == code)
    }

    @Test("gives back what a list prints, for every snapshot and every zone, down to the second")
    func listedTimesResolve() throws {
        var generator = Seeded(7)
        for identifier in ["UTC", "Europe/London", "Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns"] {
            let zone = try #require(TimeZone(identifier: identifier))
            let calendar = Calendar(identifier: .gregorian)
            let resolver = SnapshotResolver(timeZone: zone) { age throws(SnapshotsError) in
                throw .invalidReference(text: age, problem: .age)
            }
            let snapshots = try (1...200).map {
                try Sample.snapshot($0, at: Instant(clamping: Int64.random(in: 1_600_000_000_000...1_900_000_000_000, using: &generator)))
            }
            for snapshot in snapshots {
                let parts = calendar.dateComponents(in: zone, from: snapshot.takenAt.date)
                let printed = snapshot.takenAt.local(in: zone).text(.seconds)
                #expect(printed.suffix(8) == String(format: "%02d:%02d:%02d", parts.hour ?? 0, parts.minute ?? 0, parts.second ?? 0))
                let reference = try SnapshotReference(parsing: "home@" + printed)
                #expect(try resolver.resolve(reference, among: snapshots) == snapshot)
            }
        }
    }

    @Test("the first and the last times that there are have years of four digits in every zone")
    func outermostTimes() throws {
        for (zone, first, last) in [
            ("Etc/GMT+5", "0000-01-01 00:00", "9999-12-31 18:59"), ("Etc/GMT-5", "0000-01-01 05:00", "9999-12-31 23:59"),
        ] {
            let zone = try #require(TimeZone(identifier: zone))
            #expect(Instant.earliest.local(in: zone).text(.minutes) == first)
            #expect(Instant.latest.local(in: zone).text(.minutes) == last)
        }
    }

    @Test("takes a word for a name and what has a slash for a path")
    func sources() throws {
        let home = try Sample.source("home")
        var old = try Sample.source("old")
        old.removedAt = Sample.now
        var older = try Sample.source("home", image: "/srv/older.img")
        older.removedAt = Sample.now
        let all = [older, home, old]
        #expect(try all.resolve(SourceReference(parsing: "home")) == home)
        #expect(try all.resolve(SourceReference(parsing: "/srv/home.img")) == home)
        #expect(try all.resolve(SourceReference(parsing: "old")) == old)
        #expect(errorCode { _ = try (all + [old]).resolve(SourceReference(parsing: "old")) } == "ambiguous_source")
        do {
            _ = try all.resolve(SourceReference(parsing: "hmoe"))
            Issue.record("found")
        } catch SnapshotsError.unknownSource(_, let nearest) {
            #expect(nearest == ["home"])
        }
        #expect(errorCode { _ = try SourceReference(parsing: "ho me") } == "invalid_source_name")
        #expect(errorCode { _ = try SourceReference(parsing: "/" + String(repeating: "a", count: 5000)) } == "invalid_path")
        #expect(errorCode { _ = try SourceReference(parsing: "/a\u{0}b") } == "invalid_source_name")
    }

    @Test(
        "counts slips",
        arguments: [
            ("", "", 0), ("a", "", 1), ("home", "home", 0), ("home", "hmoe", 1), ("home", "hom", 1), ("home", "homes", 1),
            ("home", "hame", 1),
            ("create", "craete", 1), ("prune", "tune", 2), ("ca", "abc", 3),
        ])
    func distance(first: String, second: String, count: Int) {
        #expect(editDistance(Array(first), Array(second)) == count)
        #expect(editDistance(Array(second), Array(first)) == count)
    }

    @Test("suggests near names only, nearest first")
    func nearest() {
        #expect(nearestNames(to: "craete", among: ["list", "create", "restore"]) == ["create"])
        #expect(nearestNames(to: "home", among: ["var", "root"]).isEmpty)
        #expect(nearestNames(to: "data2", among: ["data10", "data1", "data"]) == ["data", "data1"])
    }
}
