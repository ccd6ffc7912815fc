// What somebody else could do with a directory that only root and we may steer (promise P7).

internal import Glibc

/// Why a directory can't be trusted.
public enum Exposure: Sendable, Hashable {
    /// It belongs to somebody else.
    case owner(user: UInt32)
    /// Somebody else may write it, and so rename what is in it.
    case writable(mode: UInt32)
}

extension Exposure {
    /// The words after the path.
    package var words: String {
        switch self {
        case .owner(let user): "it belongs to user \(user), who could steer what happens there"
        case .writable(let mode): "others may write it (mode \(String(mode, radix: 8))) and could steer what happens there"
        }
    }
}

extension FileStatus {
    /// What somebody else could do with this file: change it, or let others do so.
    var exposure: Exposure? {
        guard uid == 0 || uid == geteuid() else { return .owner(user: uid) }
        return permissions & 0o022 != 0 ? .writable(mode: permissions) : nil
    }
}
