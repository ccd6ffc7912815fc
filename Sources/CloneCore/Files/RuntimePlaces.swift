// Where locks and freeze records lie. The rule: in one directory for everything that must not outlive the boot (decision 0010).

/// Where losnap keeps what must not outlive the boot.
public struct RuntimePlaces: Sendable, Hashable {
    /// The directory of freeze records, one file a frozen filesystem.
    public var frozen: String
    /// The directory of lock files.
    public var locks: String

    /// Both in places of their own.
    public init(frozen: String, locks: String) {
        self.frozen = frozen
        self.locks = locks
    }

    /// root's. Not in `/run/lock`, which is writable for all on some systems: whoever made the directory first could keep root from
    /// taking any snapshot.
    public static let system = RuntimePlaces(under: "/run/losnap")

    /// Both under one directory: `/run/losnap`, a user's `$XDG_RUNTIME_DIR/losnap`, or one for a test.
    public init(under directory: String) {
        self.init(frozen: directory + "/frozen", locks: directory + "/lock")
    }

    /// Where the running user's are: `LOSNAP_RUNTIME_DIR` if set, root's in `/run`, others' in `$XDG_RUNTIME_DIR/losnap` or, without
    /// that, a directory of their own below `/tmp`. Whatever the environment says, a place that somebody else could steer is refused.
    public static func forUser(_ uid: UInt32, environment: (String) -> String?) -> RuntimePlaces {
        if let place = environment("LOSNAP_RUNTIME_DIR"), !place.isEmpty { return RuntimePlaces(under: place) }
        if uid == 0 { return .system }
        if let place = environment("XDG_RUNTIME_DIR"), !place.isEmpty { return RuntimePlaces(under: place + "/losnap") }
        return RuntimePlaces(under: "/tmp/losnap-\(uid)")
    }
}
