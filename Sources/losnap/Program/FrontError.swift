// What can be wrong before an operation is called, or with its output: words, options, files of the front. The rule: the same as for every
// error of losnap, a stable code, a sentence and a hint.

import CloneCore
import Policy
import SystemPackage

/// Everything that the front itself throws.
enum FrontError: ExplainedError {
    /// The arguments make no sense.
    case usage(String, hint: String)
    /// There is no such command.
    case unknownCommand(String, path: [String], nearest: String?)
    /// A command was to follow, and none did.
    case missingCommand(path: [String])
    /// A rule or a time zone can't be taken.
    case policy(option: String, PolicyError)
    /// There is no such policy in the configuration.
    case unknownPolicy(String, nearest: [String])
    /// A schedule can't be taken.
    case schedule(option: String, ScheduleError)
    /// A duration can't be taken.
    case duration(option: String, DurationError)
    /// A value is out of its range.
    case outOfRange(option: String, value: String, range: String, hint: String)
    /// The environment does not say where a user's state lies.
    case noHome
    /// The result could not be written out.
    case output(Errno)
    /// Some of several things failed; each was told by itself.
    case partial(failed: Int, of: Int, what: String)
    /// What a record showed as left frozen could not be thawed.
    case stuck(count: Int, hint: String?)
}

extension FrontError {
    var code: String {
        switch self {
        case .usage: "usage"
        case .unknownCommand: "unknown_command"
        case .missingCommand: "missing_command"
        case .policy(_, .unknownTimeZone): "unknown_time_zone"
        case .policy: "invalid_limit"
        case .unknownPolicy: "unknown_policy"
        case .schedule: "invalid_schedule"
        case .duration: "invalid_duration"
        case .outOfRange: "out_of_range"
        case .noHome: "no_home"
        case .output: "output_failed"
        case .partial: "partial"
        case .stuck: "still_frozen"
        }
    }

    var category: ErrorCategory {
        switch self {
        case .usage, .unknownCommand, .missingCommand, .policy, .schedule, .duration, .outOfRange: .usage
        case .unknownPolicy: .notFound
        case .noHome: .configuration
        case .output(.noSpace), .output(Errno(rawValue: 122)): .full
        case .output: .io
        case .partial: .partial
        case .stuck: .failed
        }
    }

    var message: String {
        switch self {
        case .usage(let message, _): message
        case .unknownCommand(let word, let path, _): "there is no command '\(path.dropFirst().map { $0 + " " }.joined())\(word)'"
        case .missingCommand(let path): "'\(path.joined(separator: " "))' needs a command"
        case .policy(let option, let error): "\(option): \(error.message)"
        case .unknownPolicy(let name, _): "no policy is called '\(name)'"
        case .schedule(let option, let error): "\(option): \(error.message)"
        case .duration(let option, let error): "\(option): \(error.message)"
        case .outOfRange(let option, let value, let range, _): "\(option): '\(value)' is not \(range)"
        case .noHome: "neither XDG_STATE_HOME nor HOME says where your catalogue lies"
        case .output(let error): "the output could not be written: \(error.description)"
        case .partial(let failed, let count, let what): "\(failed) of \(count) \(what) failed"
        case .stuck(let count, _): count == 1 ? "a filesystem could not be thawed" : "\(count) filesystems could not be thawed"
        }
    }

    var hint: String? {
        switch self {
        case .usage(_, let hint): hint
        case .unknownCommand(_, let path, let nearest?): "did you mean '\((path + [nearest]).joined(separator: " "))'?"
        case .unknownCommand(_, let path, nil), .missingCommand(let path): "see \(path.joined(separator: " ")) --help"
        case .policy(_, let error): error.hint
        case .unknownPolicy(_, let nearest) where nearest.isEmpty: "see losnap policy list; policies are defined in the configuration"
        case .unknownPolicy(_, let nearest): "did you mean \(nearest.joined(separator: ", "))?"
        case .schedule(_, let error): error.hint
        case .duration(_, let error): error.hint
        case .outOfRange(_, _, _, let hint): hint
        case .noHome: "set HOME, or name a catalogue with --catalogue FILE"
        case .output(.noSpace), .output(Errno(rawValue: 122)): "free some space; what the command did is done, losnap log shows it"
        case .output: "what the command did is done; losnap log shows it"
        case .partial: "the others are done; the errors say what to do"
        case .stuck(_, let hint?): hint
        case .stuck: "see which with losnap thaw, and thaw it with fsfreeze -u"
        }
    }
}
