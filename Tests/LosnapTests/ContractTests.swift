// Docs/json.md is a contract: every field and every code that losnap can write stands in it.

import Automation
import CloneCore
import Foundation
import Policy
import SystemPackage
import Testing

@testable import Configuration
@testable import Snapshots
@testable import losnap

@Suite struct ContractTests {
    private let document: String

    init() throws {
        document = try sourceText("Docs/json.md")
    }

    /// The words in quotes in the switch that gives an error type its codes.
    private func codes(_ path: String, after start: String) throws -> Set<String> {
        let text = try sourceText(path)
        let range = try #require(text.firstRange(of: start))
        var codes: Set<String> = []
        for line in text[range.upperBound...].split(separator: "\n") {
            if line.hasPrefix("    }") { break }
            if let match = line.firstMatch(of: /: "([a-z_]+)"$/) { codes.insert(String(match.1)) }
        }
        return codes
    }

    @Test func `every code of an error is in the document`() throws {
        let all = [
            try codes("Sources/CloneCore/Errors/CloneError+Words.swift", after: "var code: String"),
            try codes("Sources/Snapshots/Values/SnapshotsError+Code.swift", after: "var code: String"),
            try codes("Sources/losnap/Program/FrontError.swift", after: "var code: String"),
            try codes("Sources/Configuration/ConfigurationError.swift", after: "var code: String"),
            try codes("Sources/Automation/AutomationError.swift", after: "var code: String"),
        ]
        #expect(all.allSatisfy { $0.count > 4 })
        for code in all.reduce(into: Set(["failed"]), { $0.formUnion($1) }) {
            #expect(document.contains("| `\(code)` |"), "the code \(code) is not in Docs/json.md")
        }
    }

    @Test func `every code of a warning is in the document`() throws {
        let text = try sourceText("Sources/losnap/Program/Warning.swift")
        let codes = text.matches(of: /(?:Warning|self\.init)\(\s*"([a-z_]+)"/).map { String($0.1) }
        #expect(codes.count > 12)
        for code in codes { #expect(document.contains("| `\(code)` |"), "the warning \(code) is not in Docs/json.md") }
    }

    @Test func `every word of a closed choice is in the document`() {
        let words =
            Origin.allCases.map(\.rawValue) + Consistency.allCases.map(\.rawValue) + SnapshotState.allCases.map(\.rawValue)
            + Presence.allCases.map(\.rawValue) + RuleName.allCases.map(\.rawValue) + CheckKind.allCases.map(\.rawValue)
            + RunStage.allCases.map(\.rawValue)
        for word in words { #expect(document.contains("`\(word)`"), "\(word) is not in Docs/json.md") }
    }

    @Test func `every field is in the document`() throws {
        let context = Samples.utc
        let snapshot = try Samples.several()[0]
        let source = try Samples.source()
        let plan = try Samples.plan()
        let failed = FailedRemoval(snapshot: snapshot, error: .numbersExhausted)
        let report = PruneReport(plan: plan, removed: plan.removed, failed: [failed], warnings: [])
        var outcome = PruneOutcome(source: source, zoneName: "UTC") { () throws(SnapshotsError) in .done(report) }
        let use = try Samples.policyCase()
        outcome.expected = (use.schedule, use.forecast)
        let listed = ListedSource(
            source: source, snapshotCount: 1, newest: nil, presence: .present, hasImage: true, snapshotDirectory: "/x")
        let restore = RestorePlan(snapshot: snapshot, path: "/x", replaces: true, takesSafetySnapshot: true)
        let mount = ScratchMount(snapshot: "x", directory: "/m", device: "/dev/loop0", type: "xfs", access: .readOnly)
        let step = RepairStep(kind: .adopted, source: source.name, number: nil, path: "/x", detail: nil)
        let repair = RepairReport(steps: [step], failed: [(source.name, .numbersExhausted)])
        let adoption = AdoptReport(snapshots: [snapshot], failed: [("/srv/x.img", .timeInFuture(snapshot.snapshot.takenAt))])
        let rebuild = RebuildReport(sources: [source], snapshotCount: 1, damagedCatalogue: nil, leftAlone: [("/x", "y")])
        let configured = FoundConfiguration(
            path: "/c",
            configuration: try LosnapConfiguration(
                parsing: "policies: { p: { keep: { last: 1 } } }\nsources: { s: { image: /i } }", path: "/c"))
        let results: [any Presentation] = [
            CreatePresentation(report: CreateReport(snapshots: [snapshot], warnings: [])),
            CreatePresentation(report: CreateReport(snapshots: [snapshot, snapshot], warnings: [])),
            CreatePresentation(report: CreateReport(snapshots: [], unchanged: [try Samples.unchanged()], warnings: [])),
            CreatePairPresentation(
                tag: try Tag(parsing: "pair-1b4e28ba"), before: CreateReport(snapshots: [snapshot], warnings: []), commandStatus: 3),
            ShowPresentation(details: SnapshotDetails(listed: snapshot)),
            PrunePresentation(outcomes: [outcome], isDryRun: false), RestorePresentation(plan: restore, report: nil),
            DeletePresentation(removed: [snapshot], failed: [failed], isDryRun: false),
            RecordPresentation(snapshot: snapshot, change: .held), SourcePresentation(source: source, change: .added),
            SourcesPresentation(sources: [(listed, configured.configuration.sources[0])]), LogPresentation(events: [try Samples.event()]),
            MountPresentation(mount: mount, snapshot: snapshot), MountsPresentation(mounts: [(mount, nil)]),
            UnmountPresentation(mount: mount),
            ThawPresentation(found: [.stuck(mountPoint: "/x", .full(path: "/x"))]), RepairPresentation(report: repair, isDryRun: false),
            ConfigurationCheckPresentation(found: .none), ConfigurationPresentation(found: configured),
            PoliciesPresentation(found: configured),
            PolicyPresentation(policy: configured.configuration.policies[0], sources: [], unscheduled: [], cases: [use]),
            try Samples.simulation(), try Samples.run(), try Samples.runPlan(), AdoptPresentation(report: adoption),
            RebuildPresentation(report: rebuild),
            CheckPresentation(report: try CheckRenderingTests.facts().judged()),
        ]
        var names: Set<String> = ["warnings"]
        for result in results { collect(.object(result.fields(context)), &names) }
        collect(.object([("snapshots", .null)]), &names)
        collect(.problem(Problem(position: Position(file: "", line: 1, column: 1), message: "", hint: nil)), &names)
        #expect(names.count > 70)
        for name in names { #expect(document.contains("`\(name)`"), "the field \(name) is not in Docs/json.md") }
    }

    private func collect(_ value: JSON, _ names: inout Set<String>) {
        switch value {
        case .fields(let fields, let values):
            names.formUnion(fields)
            for value in values { collect(value, &names) }
        case .array(let values): for value in values { collect(value, &names) }
        default: break
        }
    }

    @Test func `names are snake_case and what is written can be read`() throws {
        var text = try ListPresentation(snapshots: Samples.several()).shown(.json, Samples.utc)
        #expect(text.removeLast() == "\n")
        let object = try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        #expect((object["snapshots"] as? [Any])?.count == 4)
        #expect(!text.contains("\n"))
    }
}
