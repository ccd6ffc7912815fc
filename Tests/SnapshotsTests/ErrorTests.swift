import Policy
import CloneCore
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import Snapshots

@Suite("Errors")
struct ErrorTests {

    /// One of each case, with text in it that a terminal would obey.
    private func all() throws -> [SnapshotsError] {
        let name = try SourceName(parsing: "home")
        let number = try #require(SnapshotNumber(42))
        let path: FilePath = "/srv/a\u{1B}[31m"
        let text = "x\u{1B}[31m"
        let id = Identifier(high: 1, low: 1)
        let candidate = SnapshotCandidate(try Sample.snapshot(1, label: "label"), timeZone: .gmt)
        return [
            .invalidSourceName(text: text, problem: .controlCharacter), .invalidLabel(text: text, problem: .looksLikeReference),
            .invalidTag(text: text, problem: .empty), .tooManyTags(count: 65, limit: 64),
            .invalidHoldReason(text: text, problem: .tooLong(limit: 255)), .invalidTime(text: text, problem: .notUnderstood),
            .invalidPath(path: path, problem: .notAbsolute), .unknownSource(reference: text, nearest: ["home", "root"]),
            .unknownSource(reference: text, nearest: []), .ambiguousSource(reference: text, candidates: [id]),
            .sourceNameTaken(name: name, image: path), .imageTaken(path: path, name: name), .sourceHasSnapshots(name: name, count: 1),
            .invalidReference(text: text, problem: .noSelector), .unknownSnapshot(reference: text, nearest: [candidate]),
            .unknownSnapshot(reference: text, nearest: []),
            .wrongState(number: number, state: .pending), .wrongState(number: number, state: .complete),
            .wrongState(number: number, state: .deleting), .recordChanged(number: number), .snapshotTaken(id: id, number: number),
            .snapshotTaken(id: id, number: nil), .numbersExhausted, .invalidRecord(problem: .invalid(field: text)),
            .newerRecord(format: 2, known: 1), .recordTooLarge(bytes: 9000, limit: 8191), .catalogueMissing(path: path),
            .catalogueLost(path: path), .notACatalogue(path: path, problem: .empty), .notACatalogue(path: path, problem: .foreign),
            .notACatalogue(path: path, problem: .logAlone),
            .catalogueCorrupt(path: path, detail: text), .catalogueNewer(path: path, version: 9, known: 1), .catalogueLocked(path: path),
            .catalogueExposed(path: path, problem: .owner(user: 1, expected: 0)), .catalogueFull(path: path),
            .catalogueNotWritable(path: path, problem: .readOnlyFilesystem), .catalogueInputOutput(path: path, detail: text),
            .catalogueFailed(path: path, detail: text), .clone(.readOnly(path: "/x")),
            .directoryExposed(path: path, exposure: .owner(user: 7)), .directoryExposed(path: path, exposure: .writable(mode: 0o777)),
            .poolNotIdentified(path: path), .directoryMissing(path: path, source: name), .directoryNotMarked(path: path),
            .imageMoved(name: name, from: path, to: path), .restoreElsewhere(snapshot: path, target: path, replaces: true),
            .restoreElsewhere(snapshot: path, target: path, replaces: false), .directoryOfAnotherCatalogue(path: path),
            .directoryOfAnotherSource(path: path), .directoryOfUnknownSource(path: path), .sourceNotRecorded(path: path),
            .poolChanged(name: name, path: path), .notTheSnapshot(path: path, id: id),
            .fileMissing(number: number, path: path), .unavailable(number: number, path: path), .timeInFuture(.latest),
            .clockBehind(now: .earliest, newest: .latest, number: number), .held(number: number, reason: text),
            .holdWouldShorten(number: number, from: try Hold(), to: try Hold(reason: "it's over", until: .earliest)),
            .held(number: number, reason: nil), .noRules(name: name), .rulesMatchNothing(name: name, removals: 2),
            .imageInUse(path: path, by: text), .imageHasLinks(path: path, count: 2), .imageProtected(path: path),
            .fileExists(path: path), .imageChanged(path: path), .noNameFromImage(path: path, problem: "it is empty"),
            .restoreUnfinished(path: path, is: .restored, hidden: path, isThere: .previous, problem: text),
            .restoreUnfinished(path: path, is: .unknown, hidden: path, isThere: .another, problem: text),
            .catalogueInUse(path: path), .catalogueAppeared(path: path), .nothingToRebuild, .severalCatalogues(ids: [id, id]),
        ]
    }

    @Test("each have a message that keeps the rules, a hint and a code")
    func speak() throws {
        for error in try all() {
            #expect(error.message.count > 10)
            #expect(error.message.first?.isUppercase == false, "\(error.message)")
            #expect(!error.message.hasSuffix("."))
            #expect(!error.message.unicodeScalars.contains { $0.isControl }, "\(error.code)")
            let hint = try #require(error.hint, "\(error.code) has no hint")
            #expect(hint.count > 5)
            #expect(!hint.hasSuffix("."))
            #expect(error.code.allSatisfy { $0 == "_" || ($0.isASCII && $0.isLowercase) })
        }
    }

    @Test("have hints that name no option by itself, unless the command has it")
    func options() throws {
        for error in try all() {
            let hint = try #require(error.hint { $0 == "--catalogue" })
            #expect(bareOptions(in: hint).allSatisfy { $0 == "--catalogue" }, "\(hint)")
            #expect(!hint.hasSuffix(";") && !hint.hasSuffix(","), "\(hint)")
        }
        let waiting = SnapshotsError.catalogueLocked(path: "/x")
        #expect(waiting.hint { $0 == "--wait" } == "try again when it is done, or wait with --wait")
        #expect(waiting.hint { _ in false } == "try again when it is done")
        let locked = SnapshotsError.clone(.locked(what: "/x", holder: nil))
        #expect(locked.hint { _ in false }?.contains("--") == false && locked.hint?.contains("--wait") == true)
    }

    @Test("have a code for each case, and no two the same")
    func codesDiffer() throws {
        let cases = Dictionary(grouping: try all()) { String("\($0)".prefix { $0 != "(" }) }
        #expect(Set(try all().map(\.code)).count == cases.count)
    }

    @Test("have the design's categories")
    func categories() throws {
        let path: FilePath = "/x"
        #expect(SnapshotsError.notACatalogue(path: path, problem: .notSQLite).category == .data)
        #expect(SnapshotsError.catalogueCorrupt(path: path, detail: "").category == .data)
        #expect(SnapshotsError.catalogueNewer(path: path, version: 2, known: 1).category == .data)
        #expect(SnapshotsError.catalogueLocked(path: path).category == .busy)
        #expect(SnapshotsError.catalogueExposed(path: path, problem: .unreadable).category == .permission)
        #expect(SnapshotsError.catalogueFull(path: path).category == .full)
        #expect(SnapshotsError.catalogueNotWritable(path: path, problem: .notPermitted).category == .permission)
        #expect(SnapshotsError.catalogueInputOutput(path: path, detail: "").category == .io)
        #expect(SnapshotsError.unknownSnapshot(reference: "", nearest: []).category == .notFound)
        #expect(SnapshotsError.ambiguousSource(reference: "", candidates: []).category == .usage)
        #expect(SnapshotsError.clone(.readOnly(path: "/x")).category == .pool)
    }
}
