// Telling results, warnings and errors. The rule: results on stdout, all else on stderr; the format is looked at here once; with --json the last
// line of stderr is the error, and warnings are inside the object.

import ArgumentParser
import Automation
import CloneCore
import Configuration
import Foundation
import Policy
import Snapshots
import SystemPackage

/// The forms in which results come.
enum OutputFormat {
    case text, json, csv
}

extension Session {
    /// Writes a result, and the warnings that came up.
    ///
    /// - Parameter aside: text goes to stderr, for stdout is somebody else's.
    func present(
        _ presentation: some Showable, _ display: DisplayArguments, csv: Bool = false, quiet: Bool = false, aside: Bool = false
    ) throws {
        let textOutput = aside ? complaints : output
        let context = RenderContext(zone: zone(display), now: now, style: TextStyle(textOutput, self), arguments: arguments)
        func show(_ format: OutputFormat, to stream: OutputStream) throws {
            try presentation.show(format, context, warnings: { .array(takeWarnings().map(\.json)) }, to: stream.write)
        }
        switch display.json ? .json : csv ? OutputFormat.csv : .text {
        case .json: try show(.json, to: output)
        case .csv:
            try show(.csv, to: output)
            tellWarnings()
        case .text:
            // Warnings first, so that they are not lost behind a long table; the order between two streams is no promise.
            tellWarnings()
            if !quiet { try show(.text, to: textOutput) }
        }
    }

    /// Tells an error and gives its status.
    func report(_ error: any Error) -> ExitStatus {
        if let status = error as? ReportedFailure { return status.status }
        let told = told(error)
        if isJSON {
            let warnings = takeWarnings().map(\.json)
            let problems = error.problems.map(JSON.problem)
            let fields: [JSON.Field] =
                [("error", told.json)] + (problems.isEmpty ? [] : [("problems", .array(problems))])
                + (warnings.isEmpty ? [] : [("warnings", .array(warnings))])
            try? complaints.write(JSON.object(fields).text + "\n")
        } else {
            tellWarnings()
            let each = error.problems.map { ToldError($0, like: told) }
            for told in each.isEmpty ? [told] : each { complain(told) }
        }
        return ExitStatus(told.category)
    }

    /// What was taken; throws why nothing was. What hooks did wrong becomes warnings, but for the first one of a taking that worked: that is
    /// left to be thrown when the result is told.
    func report(of outcome: TakeOutcome) throws -> CreateReport {
        switch outcome.result {
        case .failed(let error):
            outcome.hookFailures.map(Warning.init).forEach(warn)
            throw error
        case .taken(let report):
            outcome.hookFailures.dropFirst().map(Warning.init).forEach(warn)
            return report
        }
    }

    /// The error as this command tells it.
    func told(_ error: any Error) -> ToldError { ToldError(error) { [self] in offeredOptions.contains($0) } }

    /// Prepares the last words for a disk that fails under the part of the catalogue that SQLite has mapped.
    func prepareForLostCatalogue(_ path: FilePath) {
        let told = told(SnapshotsError.catalogueInputOutput(path: path, detail: "a part of it that was in use can't be read any more"))
        let text = isJSON ? JSON.object([("error", told.json)]).text + "\n" : self.text(of: told)
        MappedFile.whenLost(write: text, exit: ExitStatus(told.category).rawValue)
    }

    /// Tells an error that does not end the command, as text.
    func complain(_ error: ToldError, about subject: String? = nil) {
        try? complaints.write(text(of: error, about: subject))
    }

    private func text(of error: ToldError, about subject: String? = nil) -> String {
        let style = TextStyle(complaints, self)
        let subject = subject.map { "\($0): " } ?? ""
        var text = "losnap: \(style.red("error:")) \(EscapedText.line(subject + error.message))\n"
        if let hint = error.hint { text += "losnap: hint: \(EscapedText.line(hint))\n" }
        return text
    }

    private func tellWarnings() {
        let style = TextStyle(complaints, self)
        for warning in takeWarnings() {
            var text = "losnap: \(style.yellow("warning:")) \(EscapedText.line(warning.message))\n"
            if let hint = warning.hint { text += "losnap: hint: \(EscapedText.line(hint))\n" }
            try? complaints.write(text)
        }
    }
}

/// A failure that has been told already; only its status is left.
struct ReportedFailure: Error {
    let status: ExitStatus
}

extension Error {
    /// What is wrong in a configuration, place by place.
    fileprivate var problems: [Problem] {
        if case ConfigurationError.invalid(_, let problems)? = self as? ConfigurationError { problems } else { [] }
    }
}

/// An error in the form in which it is told.
struct ToldError {
    let code: String
    let category: ErrorCategory
    let message: String
    let hint: String?

    /// - Parameter offering: the options that the command has.
    init(_ error: any Error, offering: (String) -> Bool = { _ in true }) {
        if let error = error as? any ExplainedError {
            code = error.code
            category = error.category
            message = error.message
            hint = error.hint(offering: offering)
        } else {
            code = "failed"
            category = .failed
            message = "\(error)"
            hint = nil
        }
    }

    /// One problem of several.
    init(_ problem: Problem, like whole: ToldError) {
        code = whole.code
        category = whole.category
        message = "\(problem.position): \(problem.message)"
        hint = problem.hint
    }

    var json: JSON { .object([("code", .string(code)), ("message", .string(message)), ("hint", JSON(hint))]) }
}
