// Waiting for a lock that another losnap holds. The rule: who waits looks after what dead processes have left frozen meanwhile, for the lock may be
// waited for just because of that; and says for whom it waits.

internal import Glibc
internal import SystemPackage

/// Whether, and how, to wait for a lock that is held.
public struct LockWait: Sendable {
    /// False: a lock that is held throws `CloneError.locked`.
    public var waits: Bool
    /// How long to wait at most, in nanoseconds; nil: for ever.
    public var atMost: UInt64?
    /// Is called about once a second while waiting, with what is locked and who holds it.
    public var meanwhile: (@Sendable (_ what: String, _ holder: LockOwner?) -> Void)?

    /// Without waiting.
    public static let none = LockWait(waits: false)

    public init(waits: Bool, atMost: UInt64? = nil, meanwhile: (@Sendable (_ what: String, _ holder: LockOwner?) -> Void)? = nil) {
        self.waits = waits
        self.atMost = atMost
        self.meanwhile = meanwhile
    }
}

/// The process that a lock file names.
public struct LockOwner: Sendable, Hashable {
    /// Its number.
    public var pid: Int32
    /// How it was started, as far as that can be read: `losnap create home`.
    public var command: String?

    /// Reads the command from /proc/PID/cmdline (proc_pid_cmdline(5)), the directory of the program left out.
    public init(pid: Int32) {
        self.pid = pid
        guard let text = readSmallFile("/proc/\(pid)/cmdline"), !text.isEmpty else { return }
        var words = text.split(separator: "\0").map(String.init)
        if let program = words.first?.split(separator: "/").last { words[0] = String(program) }
        let line = EscapedText.line(words.joined(separator: " "))
        command = line.count > 80 ? line.prefix(79) + "…" : line
    }

    /// `process 4711 (losnap create home)`
    public var words: String { "process \(pid)" + (command.map { " (\($0))" } ?? "") }
}

extension LockWait {
    /// How long between two looks at a lock.
    private static let interval: UInt64 = 20_000_000
    /// How long between two calls of `meanwhile`.
    private static let pace: UInt64 = 1_000_000_000

    /// Waits for a lock, in the kernel's queue if the wait has no end, neither by time nor by a signal that is held back; else by looking.
    ///
    /// - Parameters:
    ///   - lock: gets the lock, and waits for it or not, as it is told; false: somebody has it.
    /// - Returns: false when the time was over.
    func wait(
        for what: String, holder: @escaping @Sendable () -> LockOwner?, kernel: Kernel, _ lock: (_ waits: Bool) throws(CloneError) -> Bool
    ) throws(CloneError) -> Bool {
        if atMost == nil, !DeferredSignals.areHeld {
            let beside = meanwhile.flatMap { meanwhile in OnceASecond { meanwhile(what, holder()) } }
            defer { beside?.end() }
            return try lock(true)
        }
        return try look(for: what, holder: holder, kernel: kernel) { () throws(CloneError) in try lock(false) }
    }

    private func look(
        for what: String, holder: () -> LockOwner?, kernel: Kernel, until isFree: () throws(CloneError) -> Bool
    ) throws(CloneError) -> Bool {
        let began = kernel.bootTime()
        let end = atMost.map { began + $0 } ?? .max
        var next = began + Self.pace
        while try !isFree() {
            let now = kernel.bootTime()
            if now >= end { return false }
            try DeferredSignals.check()
            if now >= next, let meanwhile {
                meanwhile(what, holder())
                next = kernel.bootTime() + Self.pace
            }
            kernel.pause(Self.interval)
        }
        return true
    }
}
