// What can be wrong between a configuration and the catalogue. The rule: the same as for every error of losnap, a stable code, a sentence and a
// hint.

public import CloneCore
public import Policy

/// Everything that this module throws itself.
public enum AutomationError: ExplainedError, Hashable {
    /// The configuration has the source's name with another image, or its image with another name.
    case configuredOtherwise(source: String, image: String, configured: String, path: String, place: String)
    /// There is no rule to prune that source by; nil: nor any other.
    case noRules(source: String?)
    /// The zone of the system, or one that is configured, is not known.
    case timeZone(name: String, PolicyError)
    /// There were images that a pattern matches, and now there is none.
    case noImages(pattern: String)
    /// Schedules took snapshots, and there is no configuration any more.
    case configurationGone
    /// There is no configuration, and nothing can be done without one.
    case notConfigured
    /// The configuration has no such source that is due by itself.
    case unknownEntry(name: String, nearest: String?)

    public var code: String {
        switch self {
        case .configuredOtherwise: "configured_otherwise"
        case .noRules: "no_rules"
        case .timeZone: "unknown_time_zone"
        case .noImages: "no_images"
        case .configurationGone: "configuration_gone"
        case .notConfigured: "not_configured"
        case .unknownEntry: "unknown_entry"
        }
    }

    public var category: ErrorCategory {
        switch self {
        case .configuredOtherwise, .configurationGone, .notConfigured: .configuration
        case .noRules, .timeZone: .usage
        case .unknownEntry, .noImages: .notFound
        }
    }

    public var message: String {
        switch self {
        case .configuredOtherwise(let source, let image, let configured, let path, let place):
            "\(place): '\(configured)' has the image \(path), but in the catalogue '\(source)' has \(image)"
        case .noRules(nil): "there are no rules to prune by"
        case .noRules(let source?): "there are no rules to prune '\(source)' by"
        case .timeZone(let name, let error): "\(name): \(error.message)"
        case .noImages(let pattern): "no image matches \(pattern) any more"
        case .configurationGone: "there is no configuration, so nothing is taken any more by the schedule that there was"
        case .notConfigured: "there is no configuration, so nothing is ever due"
        case .unknownEntry(let name, _): "the configuration has no source '\(name)' with 'every', and no group of that name"
        }
    }

    public var hint: String? {
        switch self {
        case .configuredOtherwise(let source, _, let configured, let path, _) where source == configured:
            "correct the configuration, or if the image was moved: losnap source move \(source) --image \(path.shellWord)"
        case .configuredOtherwise(let source, _, let configured, _, _):
            "correct the configuration, or give the source that name: losnap source rename \(source) \(configured)"
        case .noRules: "give at least one, such as --keep-daily 7; see losnap prune --help"
        case .timeZone(_, let error): error.hint
        case .noImages: "mount what belongs there, or correct the pattern; without images for good, take the entry out of the configuration"
        case .notConfigured: "write /etc/losnap/losnap.yaml, or name one with --config FILE; see losnap.yaml(5)"
        case .configurationGone:
            "write /etc/losnap/losnap.yaml, or name one with --config FILE; if there is to be no schedule any more, an empty file says so"
        case .unknownEntry(_, let nearest?): "did you mean \(nearest)?"
        case .unknownEntry(_, nil): "losnap config show tells what is configured"
        }
    }
}
