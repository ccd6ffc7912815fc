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

    /// Where the running user's are: `LOSNAP_RUNTIME_DIR` if set, root's in `/run`, others' in `$XDG_RUNTIME_DIR/losnap`. Without that, as under cron,
    /// in `/run/user/UID/losnap` if the user is logged in, else below the home directory: nobody else can take these first. In `/tmp` only for a
    /// user without a home. Whatever the environment says, a place that somebody else could steer is refused.
    ///
    /// - Parameter userDirectories: where the system keeps a directory for each user who is logged in.
    public static func forUser(
        _ uid: UInt32, userDirectories: String = "/run/user", environment: (String) -> String?
    ) -> RuntimePlaces {
        func absolute(_ name: String) -> String? { environment(name).flatMap { $0.hasPrefix("/") ? $0 : nil } }
        if let place = environment("LOSNAP_RUNTIME_DIR"), !place.isEmpty { return RuntimePlaces(under: place) }
        if uid == 0 { return .system }
        if let place = environment("XDG_RUNTIME_DIR"), !place.isEmpty { return RuntimePlaces(under: place + "/losnap") }
        let usual = "\(userDirectories)/\(uid)"
        if isOwn(usual, uid) { return RuntimePlaces(under: usual + "/losnap") }
        // What of them must not outlive the boot says of which boot it is.
        if let place = absolute("XDG_STATE_HOME") { return RuntimePlaces(under: place + "/losnap/run") }
        if let home = absolute("HOME"), home != "/" { return RuntimePlaces(under: home + "/.local/state/losnap/run") }
        return RuntimePlaces(under: "/tmp/losnap-\(uid)")
    }

    /// Whether it is a directory of that user's alone.
    private static func isOwn(_ directory: String, _ uid: UInt32) -> Bool {
        guard let status: FileStatus = try? Kernel.linux.statusOf(workingDirectory, directory) else { return false }
        return status.kind == .directory && status.uid == uid && status.permissions & 0o022 == 0
    }
}
