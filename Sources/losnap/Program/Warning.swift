// What a user should know though nothing failed: the warnings of all modules in one form, with a stable code, a sentence and mostly a hint.

import Automation
import CloneCore
import Configuration
import Policy
import Snapshots
import SystemPackage

/// A warning in the form in which it is told.
struct Warning: Hashable {
    let code: String
    let message: String
    let hint: String?

    init(_ code: String, _ message: String, hint: String? = nil) {
        self.code = code
        self.message = message
        self.hint = hint
    }

    var json: JSON { .object([("code", .string(code)), ("message", .string(message)), ("hint", JSON(hint))]) }

    /// A catalogue that was named is not there.
    static func noCatalogue(path: FilePath) -> Warning {
        Warning("no_catalogue", "\(path.string): there is no catalogue", hint: "check --catalogue; losnap create makes one")
    }

    /// TZ or /etc/localtime names no zone that there is.
    static func unknownTimeZone(_ problem: PolicyError) -> Warning {
        Warning("unknown_time_zone", "the local time zone is not known, so times are UTC: \(problem.message)", hint: problem.hint)
    }

    /// A configured source that the catalogue does not have.
    static func notRegistered(_ name: String, image: String) -> Warning {
        Warning(
            "not_registered", "\(name): configured, but not in the catalogue yet, so it has no snapshots",
            hint: "losnap source add \(name) \(image.shellWord)")
    }

    /// Policies and schedules are not shown, for the configuration is wrong.
    static func notShown(_ error: ConfigurationError) -> Warning {
        Warning("configuration_not_shown", "policies and schedules are not shown: \(error.message)", hint: error.hint)
    }

    /// A source of which it is not sure what the configuration has for it.
    static func contradicted(_ error: AutomationError) -> Warning { Warning(error.code, error.message, hint: error.hint) }

    /// Nothing was done, for another run is at it.
    static func anotherRun(_ busy: RunBusy) -> Warning { Warning("another_run", busy.message + "; nothing is left to do for this one") }

    /// Sources that rules of the command line would replace the policy of.
    static func skippedConfigured(_ name: SourceName) -> Warning {
        Warning(
            "skipped_configured", "\(name): skipped, for it has a configured policy",
            hint: "name it, or give --all, to prune it by the rules of the command line")
    }
}

extension Warning {
    /// A hook that failed besides what is told as the error.
    init(_ failure: HookFailure) { self.init("hook_failed", failure.message, hint: failure.hint) }

    /// Files that a pattern matches and that are not taken.
    init(_ skipped: SkippedMatches) { self.init("match_skipped", skipped.message, hint: skipped.hint) }

    /// What was left frozen by a killed losnap; nil for what nobody need know.
    init?(_ found: LeftFrozen) {
        switch found {
        case .thawed(let mountPoint):
            self.init("left_frozen_thawed", "\(mountPoint): was left frozen by a losnap that was killed; it is thawed now")
        case .stuck(let mountPoint, let error):
            self.init(
                "left_frozen_stuck", "\(mountPoint): left frozen by a losnap that was killed, and can't be thawed: \(error.message)",
                hint: error.hint ?? "run losnap thaw, or fsfreeze -u \(mountPoint.shellWord)")
        case .stale, .inUse: return nil
        }
    }

    init(_ warning: StoreWarning) {
        switch warning {
        case .notImmutable(let path):
            self.init(
                "not_immutable", "\(path): could not be made immutable",
                hint: "keep it from being changed by hand; losnap create --no-immutable does without the flag")
        case .reconciled(let action, let number): self.init("reconciled", "snapshot \(number): \(action.words)")
        case .keptHeld(let number):
            self.init("kept_held", "snapshot \(number) is held, so it was kept", hint: "release it first: losnap release \(number)")
        case .missing(let number, let path):
            self.init(
                "missing", "snapshot \(number) is missing: \(path) is not there",
                hint: "if it is gone for good, losnap repair --forget strikes it off")
        case .oldImageLeft(let path, let problem):
            self.init(
                "old_image_left", "\(path): the image that was replaced could not be removed: \(problem)",
                hint: "the safety snapshot has it too; remove the file when you are sure")
        case .restoreLeft(let path):
            self.init(
                "restore_left", "\(path): left by an interrupted restore: a clone, or the previous image",
                hint: "run losnap repair: it removes clones and reports what else is left")
        case .moreLeft(let image, let count):
            self.init("restore_left", "\(image): \(count) more files beside it have names as an interrupted restore leaves them")
        case .notLogged(let problem): self.init("not_logged", "the restore is done, but the log does not have it: \(problem)")
        case .policy(let message, let hint): self.init("policy", message, hint: hint)
        case .reserveGivenUp(let path):
            self.init(
                "reserve_given_up", "\(path): given up, because the disk with the catalogue is full",
                hint: "free some space there; losnap makes it anew")
        }
    }
}

extension ReconcileAction {
    /// What was done, after a crash.
    fileprivate var words: String {
        switch self {
        case .completed: "was whole though unfinished after a crash, and is complete now"
        case .dropped: "had never come into being before a crash, and is struck off"
        case .removed: "its removal, cut off by a crash, is carried through"
        case .kept: "its removal, cut off by a crash, is called off, for it is held"
        case .settled: "record and catalogue differed after a crash, and agree now"
        }
    }
}

/// "1 snapshot", "2 snapshots".
func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
