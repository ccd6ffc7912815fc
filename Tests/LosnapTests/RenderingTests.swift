// What people see: tables, widths, escapes, units.

import Automation
import CloneCore
import Foundation
import Policy
import SystemPackage
import Testing

@testable import Snapshots
@testable import losnap

@Suite struct RenderingTests {
    @Test func `lists in all forms`() throws {
        let snapshots = try Samples.several()
        // In portions as well: the whole is the same.
        for portions in [
            [snapshots], snapshots.map { [$0] }, [[], snapshots], [Array(snapshots.prefix(1)), Array(snapshots.dropFirst())],
        ] {
            let list = ListPresentation(portions: portions)
            expectGolden(try list.shown(.text, Samples.utc), "list.txt")
            expectGolden(try list.shown(.csv, Samples.utc), "list.csv")
            expectGolden(try list.shown(.json, Samples.utc), "list.json")
        }
        let london = RenderContext(zone: try NamedZone(named: "Asia/Kolkata").zone, now: Samples.now)
        let all = ListPresentation(snapshots: snapshots, columns: SnapshotColumn.allCases)
        expectGolden(try all.shown(.text, london), "list-all-columns.txt")
        let numbers = ListPresentation(snapshots: snapshots, isNumbersOnly: true)
        #expect(try numbers.shown(.text, Samples.utc) == "9\n10\n11\n100\n")
        let empty = ListPresentation(portions: [])
        #expect(try empty.shown(.text, Samples.utc) == "")
        #expect(try empty.shown(.json, Samples.utc) == "{\"snapshots\":[],\"warnings\":[]}\n")
        #expect(try empty.shown(.csv, Samples.utc) == SnapshotColumn.names.replacing(", ", with: ",") + "\n")
    }

    @Test func `a list that fails at its beginning writes nothing`() throws {
        for format in [OutputFormat.json, .csv, .text] {
            var pieces: [String] = []
            let list = ListPresentation { _ in throw SnapshotsError.numbersExhausted }
            #expect(throws: SnapshotsError.self) {
                try list.show(format, Samples.utc, warnings: { .array([]) }, to: { pieces.append($0) })
            }
            #expect(pieces.isEmpty)
        }
    }

    @Test func `a list in another order`() throws {
        let snapshots = try Samples.several()
        func numbers(_ column: SnapshotColumn?, _ isReversed: Bool = false) -> [Int64] {
            SnapshotOrder(column: column, isReversed: isReversed).sorted(snapshots).map(\.snapshot.number.value)
        }
        #expect(numbers(nil) == [9, 10, 11, 100])
        #expect(numbers(nil, true) == [100, 11, 10, 9])
        #expect(numbers(.allocated) == [11, 9, 10, 100])
        #expect(numbers(.label).first == 11)
        #expect(numbers(.number, true) == [100, 11, 10, 9])
    }

    @Test func `pruning`() throws {
        let source = try Samples.source()
        let plan = try Samples.plan()
        var planned = PruneOutcome(source: source, zoneName: "UTC") { () throws(SnapshotsError) in .planned(plan) }
        let expected = try Samples.policyCase()
        planned.expected = (expected.schedule, expected.forecast)
        let failed = FailedRemoval(snapshot: plan.removed[0], error: .held(number: plan.removed[0].snapshot.number, reason: nil))
        let done = PruneOutcome(source: source, zoneName: "UTC") { () throws(SnapshotsError) in
            .done(PruneReport(plan: plan, removed: [], failed: [failed], warnings: plan.warnings))
        }
        let broken = PruneOutcome(source: source, zoneName: "UTC") { () throws(SnapshotsError) in throw .noRules(name: source.name) }
        let dry = PrunePresentation(outcomes: [planned], isDryRun: true)
        expectGolden(dry.text(Samples.utc), "prune-dry-run.txt")
        expectGolden(JSON.object(dry.fields(Samples.utc)).text + "\n", "prune-dry-run.json")
        let real = PrunePresentation(outcomes: [done, broken], isDryRun: false)
        expectGolden(real.text(Samples.utc), "prune.txt")
        expectGolden(JSON.object(real.fields(Samples.utc)).text + "\n", "prune.json")
        #expect(try status(Failures([done])) == .failed)
        #expect(try status(Failures([planned, broken])) == .partial)
        #expect(try status(Failures([broken, broken])) == .usage)
        #expect(try status(Failures([planned])) == .done)
    }

    private func status(_ failures: Failures) throws -> losnap.ExitStatus {
        let session = session()
        do {
            try failures.report(in: session)
            return .done
        } catch {
            return session.report(error)
        }
    }

    @Test func `other results`() throws {
        let snapshot = try Samples.several()[0]
        var details = SnapshotDetails(listed: snapshot)
        details.sharedBytes = 1024
        details.exclusiveBytes = 2048
        details.extentCount = 7
        var source = try Samples.source()
        source.snapshotDirectory = "/srv/snapshots"
        let listed = ListedSource(
            source: source, snapshotCount: 4, newest: snapshot.snapshot, presence: .unavailable, hasImage: false,
            snapshotDirectory: "/srv/snapshots")
        let plan = RestorePlan(snapshot: snapshot, path: "/srv/home.img", replaces: true, takesSafetySnapshot: true)
        let texts = [
            CreatePresentation(report: CreateReport(snapshots: [snapshot], warnings: [])).text(Samples.utc),
            CreatePresentation(report: CreateReport(snapshots: [], unchanged: [try Samples.unchanged()], warnings: [])).text(Samples.utc),
            ShowPresentation(details: details).text(Samples.utc), SourcesPresentation(sources: [(listed, nil)]).text(Samples.utc),
            SourcesPresentation(sources: [(listed, try Samples.configuredSource()), (listed, nil)]).text(Samples.utc),
            LogPresentation(events: [try Samples.event()]).text(Samples.utc),
            RestorePresentation(plan: plan, report: nil).text(Samples.utc),
            RestorePresentation(plan: plan, report: RestoreReport(plan: plan, safety: snapshot, warnings: [])).text(Samples.utc),
            DeletePresentation(removed: [snapshot], failed: [], isDryRun: true).text(Samples.utc),
            ThawPresentation(found: [.thawed(mountPoint: "/home"), .inUse(mountPoint: "/x")]).text(Samples.utc),
        ]
        expectGolden(texts.joined(separator: "\n"), "others.txt")
    }

    @Test func `what is unavailable for one reason is one line of repair, and a step for each snapshot in JSON`() throws {
        let source = try Samples.source()
        func step(_ number: Int64, _ kind: RepairStep.Kind = .unavailable, _ detail: String? = "/d: the snapshot directory is not there")
            throws
            -> RepairStep
        {
            let number = try #require(SnapshotNumber(number))
            return RepairStep(
                kind: kind, source: source.name, number: number, path: FilePath("/d/\(number)"), detail: detail,
                hint: kind == .unavailable ? "mount it" : nil)
        }
        let report = RepairReport(
            steps: [try step(1, .missing, nil), try step(2), try step(3), try step(4, .unavailable, "/e: not permitted to open it")],
            failed: [])
        let shown = RepairPresentation(report: report, isDryRun: false)
        let lines = [
            "home, snapshot 1, /d/1: missing",
            "home: 2 snapshots unavailable, left alone: /d: the snapshot directory is not there",
            "    hint: mount it",
            "home: 1 snapshot unavailable, left alone: /e: not permitted to open it",
            "    hint: mount it",
        ]
        #expect(shown.text(Samples.utc) == lines.map { $0 + "\n" }.joined())
        #expect(JSON.object(shown.fields(Samples.utc)).text.matches(of: /"kind":"unavailable"/).count == 3)
    }

    @Test func `releasing what is not held says so`() throws {
        let snapshot = try Samples.several()[0]
        let number = snapshot.snapshot.number
        #expect(RecordPresentation(snapshot: snapshot, change: .notHeld).text(Samples.utc) == "snapshot \(number) of home: was not held\n")
    }

    @Test func `cells line up whatever the script`() {
        var table = Table([("NAME", .left), ("N", .right)])
        table.add(["ab", "1"])
        table.add(["日本", "22"])
        table.add(["e\u{301}", "333"])
        #expect(table.text(.plain) == "NAME    N\nab      1\n日本   22\ne\u{301}     333\n")
    }

    @Test(arguments: [
        ("", 0), ("abc", 3), ("日本語", 6), ("e\u{301}", 1), ("한글", 4), ("ｆｕｌｌ", 8), ("👩‍👩‍👧", 2), ("🇩🇪", 2), ("\u{200D}", 0), ("Ω→", 2), ("❤️", 2),
    ]) func `display width`(text: String, width: Int) {
        #expect(DisplayWidth.of(text) == width)
    }

    @Test func `nothing that a terminal would obey gets out`() {
        #expect(EscapedText.line("a\u{1B}[31mb\u{7}") == "a\\u{1b}[31mb\\u{07}")
        #expect(EscapedText.line("x\ny\tz\r") == "x\\ny\\tz\\r")
        #expect(EscapedText.line("\u{202E}gpj\u{2066}\u{FEFF}") == "\\u{202e}gpj\\u{2066}\\u{feff}")
        #expect(EscapedText.line("\u{9B}31m\u{7F}\u{2028}") == "\\u{9b}31m\\u{7f}\\u{2028}")
        #expect(EscapedText.line("grün 日本 👩‍👧") == "grün 日本 👩‍👧")
        #expect(JSON.string("\u{1B}\"\\\n\u{202E}ü").text == #""\u001b\"\\\n\u202eü""#)
    }

    @Test(
        arguments: [
            (0, "0 B"), (1, "1 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1536, "1.5 KiB"), (1_048_575, "1.0 MiB"), (1_048_576, "1.0 MiB"),
            (10_485_760, "10.0 MiB"), (21_474_836_480, "20.0 GiB"), (1_099_511_627_776, "1.0 TiB"), (Int64.max, "8.0 EiB"),
            (-2048, "-2.0 KiB"),
        ] as [(Int64, String)]) func `binary units`(bytes: Int64, text: String)
    {
        #expect(Quantity.bytes(bytes) == text)
    }

    @Test func `lengths of freezes`() {
        #expect(Quantity.microseconds(0) == "0.0 ms")
        #expect(Quantity.microseconds(1250) == "1.3 ms")
        #expect(Quantity.microseconds(999_949) == "999.9 ms")
        #expect(Quantity.microseconds(999_950) == "1.0 s")
        // A record may say anything that is a number.
        #expect(Quantity.microseconds(.max) == "9223372036854.8 s")
        #expect(JSON.thousandths(1200).text == "1.2")
        #expect(JSON.thousandths(-1).text == "-0.001")
        #expect(JSON.thousandths(3000).text == "3")
    }
}

extension ListPresentation {
    init(snapshots: [ListedSnapshot], columns: [SnapshotColumn]? = nil, isNumbersOnly: Bool = false) {
        self.init(portions: [snapshots], columns: columns, isNumbersOnly: isNumbersOnly)
    }

    init(portions: [[ListedSnapshot]], columns: [SnapshotColumn]? = nil, isNumbersOnly: Bool = false) {
        self.init(columns: columns, isNumbersOnly: isNumbersOnly) { take in try portions.forEach(take) }
    }

    func shown(_ format: OutputFormat, _ context: RenderContext) throws -> String {
        var text = ""
        try show(format, context, warnings: { .array([]) }, to: { text += $0 })
        return text
    }
}
