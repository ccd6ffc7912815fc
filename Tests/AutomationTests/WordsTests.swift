// Every error of this module says what failed and what to do.

import CloneCore
import Policy
import SystemPackage
import Testing

@testable import Automation

@Suite("Errors in words")
struct WordsTests {
    private static let errors: [any ExplainedError] = {
        let problems: [HookProblem] = [
            .notStarted(.noMemory), .exited(3), .killed(signal: 9), .timedOut(seconds: 60), .interrupted(signal: 15), .lost,
        ]
        var errors: [any ExplainedError] = [
            AutomationError.configuredOtherwise(source: "a", image: "/a", configured: "a", path: "/b", place: "l.yaml:3:3"),
            AutomationError.configuredOtherwise(source: "a", image: "/a", configured: "b", path: "/a", place: "l.yaml:3:3"),
            AutomationError.noRules(source: "a"), AutomationError.noRules(source: nil),
            AutomationError.noImages(pattern: "/a/*"), AutomationError.configurationGone,
            AutomationError.timeZone(name: "TZ", .unknownTimeZone(name: "Mars", similar: nil)),
            AutomationError.notConfigured, AutomationError.unknownEntry(name: "a", nearest: "b"),
            AutomationError.unknownEntry(name: "a", nearest: nil), RunBusy(holder: "process 7"), RunBusy(holder: nil),
        ]
        for moment in HookMoment.allCases {
            for problem in problems {
                errors += [false, true].map { HookFailure(source: "home", moment: moment, problem: problem, snapshotStands: $0) }
            }
        }
        return errors
    }()

    @Test("message, code and hint", arguments: errors.indices)
    func words(index: Int) throws {
        let error = Self.errors[index]
        let hint = try #require(error.hint, "\(error)")
        for text in [error.message, hint] {
            #expect(text.count > 10 && !text.hasSuffix(".") && !text.contains("\n"), "\(text)")
            #expect(!text.contains("Optional(") && !text.contains("Automation."), "\(text)")
        }
        #expect(error.code.allSatisfy { $0.isLowercase || $0 == "_" })
    }

    @Test("without a snapshot it has failed; with one, part of it")
    func categories() {
        #expect(HookFailure(source: "a", moment: .before, problem: .lost, snapshotStands: false).category == .failed)
        #expect(HookFailure(source: "a", moment: .after, problem: .lost, snapshotStands: true).category == .partial)
    }
}
