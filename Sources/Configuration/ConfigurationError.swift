// What can be wrong with a configuration. The rule: all that is wrong with a file is told at once, each with its place.

public import CloneCore
public import SystemPackage

/// One thing that is wrong in a file.
public struct Problem: Sendable, Hashable {
    /// Where.
    public let position: Position
    /// What is wrong, and what was expected.
    public let message: String
    /// What to do about it.
    public let hint: String?
}

/// A configuration that can't be used.
public enum ConfigurationError: ExplainedError, Hashable {
    /// There is none at the path that was given.
    case missing(path: FilePath)
    /// It can't be read.
    case unreadable(path: FilePath, Errno)
    /// It is a directory, a device, ...
    case notAFile(path: FilePath)
    /// Somebody else than root could change what root does.
    case exposed(path: FilePath, Exposed)
    /// It has more bytes than a configuration may have.
    case tooLarge(path: FilePath, limit: Int)
    /// Its text is wrong, in at least one place.
    case invalid(path: FilePath, [Problem])

    /// What somebody else could do.
    public enum Exposed: Sendable, Hashable {
        /// It belongs to somebody else.
        case owner(UInt32)
        /// Others may write it.
        case writable
    }

    public var code: String {
        switch self {
        case .missing: "configuration_missing"
        case .unreadable, .notAFile: "configuration_unreadable"
        case .exposed: "configuration_exposed"
        case .tooLarge: "configuration_too_large"
        case .invalid: "configuration_invalid"
        }
    }

    public var category: ErrorCategory {
        switch self {
        case .missing: .notFound
        case .exposed: .permission
        case .unreadable(_, .permissionDenied), .unreadable(_, .notPermitted): .permission
        case .unreadable, .notAFile, .tooLarge, .invalid: .configuration
        }
    }

    public var message: String {
        switch self {
        case .missing(let path): "\(path.string): there is no configuration"
        case .unreadable(let path, let error): "\(path.string): the configuration can't be read: \(error.description)"
        case .notAFile(let path): "\(path.string): the configuration can't be read: it is not a regular file"
        case .exposed(let path, .owner(let user)): "\(path.string): belongs to user \(user), who could change what root does"
        case .exposed(let path, .writable): "\(path.string): others than root may write it, and so change what root does"
        case .tooLarge(let path, let limit): "\(path.string): the configuration is larger than \(limit) bytes"
        case .invalid(let path, let problems):
            problems.first.map { problem in
                "\(problem.position): \(problem.message)" + (problems.count > 1 ? " (and \(problems.count - 1) more)" : "")
            } ?? "\(path.string): the configuration can't be used"
        }
    }

    public var hint: String? {
        switch self {
        case .missing: "check --config and LOSNAP_CONFIG; an empty file is a valid configuration"
        case .unreadable(_, .noFunction): CloneError.callForbidden
        case .unreadable, .notAFile: "run losnap as its owner, or name another with --config FILE"
        case .exposed(let path, .owner): "if you trust what it says: chown root \(path.string.shellWord)"
        case .exposed(let path, .writable): "if you trust what it says: chmod go-w \(path.string.shellWord)"
        case .tooLarge: "a configuration has policies and sources, and is short; check --config and LOSNAP_CONFIG"
        case .invalid(_, let problems): problems.first?.hint ?? "see losnap.yaml(5)"
        }
    }
}
