// The exit statuses of losnap (sysexits(3) where one fits), and the one mapping from kinds of failure to them.

import CloneCore

/// How the process ends.
enum ExitStatus: Int32, CaseIterable {
    case done = 0
    case failed = 1
    /// Of `check` alone.
    case critical = 2
    case partial = 3
    case usage = 64
    case data = 65
    case notFound = 66
    case pool = 69
    case full = 73
    case io = 74
    case busy = 75
    case permission = 77
    case configuration = 78

    /// The status for a kind of failure.
    init(_ category: ErrorCategory) {
        self =
            switch category {
            case .failed: .failed
            case .partial: .partial
            case .usage: .usage
            case .data: .data
            case .notFound: .notFound
            case .pool: .pool
            case .full: .full
            case .io: .io
            case .busy: .busy
            case .permission: .permission
            case .configuration: .configuration
            }
    }
}
