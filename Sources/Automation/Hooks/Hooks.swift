// The hooks of a source as values: what runs when, and what can go wrong with it.

public import CloneCore
public import Configuration
public import SystemPackage

/// When a hook runs.
public enum HookMoment: String, Sendable, Hashable, CaseIterable {
    /// Before the freeze.
    case before
    /// When everything is thawed; whenever `before` has run.
    case after
    /// When there is no snapshot, or `after` has failed.
    case failed
}

/// The hooks of one source.
public struct Hooks: Sendable, Hashable {
    /// The hook before the freeze.
    public var before: HookCommand?
    /// The hook after the thaw.
    public var after: HookCommand?
    /// The hook on failure.
    public var failed: HookCommand?
    /// How long each may run, in seconds.
    public var seconds: Int

    /// Those hooks; a minute each unless told otherwise.
    public init(before: HookCommand? = nil, after: HookCommand? = nil, failed: HookCommand? = nil, seconds: Int = 60) {
        self.before = before
        self.after = after
        self.failed = failed
        self.seconds = seconds
    }

    /// None at all.
    public static let none = Hooks()

    /// Whether there is nothing to run.
    public var isEmpty: Bool { before == nil && after == nil && failed == nil }

    func command(_ moment: HookMoment) -> HookCommand? {
        switch moment {
        case .before: before
        case .after: after
        case .failed: failed
        }
    }
}

/// How a hook went wrong.
public enum HookProblem: Error, Sendable, Hashable {
    /// The shell could not be started.
    case notStarted(Errno)
    /// It ended with that status.
    case exited(Int32)
    /// It was ended by that signal.
    case killed(signal: Int32)
    /// It was ended after that many seconds.
    case timedOut(seconds: Int)
    /// It was ended because losnap itself got that signal.
    case interrupted(signal: Int32)
    /// It was not run, for somebody else than root could change what that program does.
    case exposed(path: String, Exposure)
    /// It was not run, for somebody else than root has a directory that leads to what it names.
    case exposedWay(path: String, user: UInt32)
    /// It was not run, for somebody else than root could put something at that path.
    case vacant(path: String)
    /// It was not run, for nobody can tell who could change what it does.
    case notJudged(path: String, reason: String)
    /// The program of a hook that is a list is not there, or could not be started.
    case programNotStarted(path: String, Errno)
    /// How it ended can't be told.
    case lost

    /// - Parameter named: the path that a hook names.
    init(_ doubt: PathDoubt, named: String) {
        self =
            switch doubt {
            case .exposed(let path, .owner(let user)) where named.hasPrefix(path + "/"): .exposedWay(path: path, user: user)
            case .exposed(let path, let exposure): .exposed(path: path, exposure)
            case .vacant(let path): .vacant(path: path)
            case .unknown(let path, let reason): .notJudged(path: path, reason: reason)
            }
    }

    var words: String {
        switch self {
        case .notStarted(let error): "the shell could not be started: \(error.description)"
        case .exited(let status): "it ended with status \(status)"
        case .killed(let signal): "it was ended by \(signalName(signal))"
        case .timedOut(let seconds): "it was ended after \(seconds) s, its timeout"
        case .interrupted(let signal): "it was ended, for losnap got \(signalName(signal))"
        case .exposed(let path, .owner(let user)), .exposedWay(let path, let user):
            "it was not run: \(path) belongs to user \(user), who could change what root does"
        case .exposed(let path, .writable): "it was not run: others than root may write \(path), and so change what root does"
        case .vacant(let path): "it was not run: others than root could put something at \(path), where nothing exists"
        case .notJudged(let path, let reason): "it was not run: losnap can't tell who could change \(path): \(reason)"
        case .programNotStarted(let path, let error): "\(path) could not be started: \(error.description)"
        case .lost: "how it ended is not known"
        }
    }
}

/// A hook that failed, of a source.
public struct HookFailure: ExplainedError, Hashable {
    /// What the source is called.
    public let source: String
    /// Which hook.
    public let moment: HookMoment
    /// How.
    public let problem: HookProblem
    /// Whether there is a snapshot all the same.
    public let snapshotStands: Bool

    public var code: String { "hook_failed" }

    public var category: ErrorCategory { snapshotStands ? .partial : .failed }

    public var message: String {
        let message = "the hook '\(moment.rawValue)' of \(source) failed: \(problem.words)"
        return snapshotStands ? message : "\(message); there is no snapshot"
    }

    public var hint: String? {
        switch problem {
        case .exposed(let path, .owner): return "if you trust what it does: chown root \(path.shellWord)"
        case .exposed(let path, .writable): return "if you trust what it does: chmod go-w \(path.shellWord)"
        case .exposedWay, .vacant, .notJudged: return "use a path that only root can change; see losnap.yaml(5), What root runs"
        case .programNotStarted: return "check the path: a hook that is a list begins with a program"
        default: break
        }
        return switch moment {
        case .before: "what it printed is above; without hooks: losnap create \(source) --no-hooks"
        case .after: "see that what it was to start again is running; what it printed is above"
        case .failed: "what it printed is above"
        }
    }
}
