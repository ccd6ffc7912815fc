// What every error of losnap can say of itself. A module has one enum that conforms; the front alone turns it into text,
// JSON and an exit status. The rule: a message says what failed and why, a hint says what to do, in words, never a bare number.

/// What kind of failure an error is: what a script decides on. The front maps each to one exit status (`man losnap`, EXIT STATUS).
public enum ErrorCategory: String, Sendable, CaseIterable {
    /// It failed, and none of the others fits.
    case failed
    /// Some of several things failed; the others are done.
    case partial
    /// The request makes no sense as it stands: wrong words, an ambiguous name, no rules.
    case usage
    /// Data is damaged, or newer than this program.
    case data
    /// What was named does not exist.
    case notFound
    /// The pool is not there, is not the right one, or can't share blocks.
    case pool
    /// No space left.
    case full
    /// The disk or the filesystem answered with an I/O error.
    case io
    /// In use, locked, frozen by another, or the frozen window was broken: trying again may succeed.
    case busy
    /// The kernel or losnap's own rules don't permit it.
    case permission
    /// The configuration can't be used.
    case configuration
}

/// An error that explains itself to a person and to a script.
///
/// Messages start in lower case, name the path first where there is one, and end without a full stop.
public protocol ExplainedError: Error, Sendable {
    /// A short, stable word in snake_case for scripts (`Docs/json.md` lists them).
    var code: String { get }
    /// The kind of failure.
    var category: ErrorCategory { get }
    /// What failed, and why.
    var message: String { get }
    /// What to do about it; nil only where nobody can do anything.
    var hint: String? { get }
    /// The same for a command that has only some options, such as `--wait`: what it names without naming another command, it has.
    func hint(offering has: (String) -> Bool) -> String?
}

extension ExplainedError {
    /// The hint, which names no option that only some commands have.
    public func hint(offering has: (String) -> Bool) -> String? { hint }
}
