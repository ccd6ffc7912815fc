// One FITHAW in a process of its own. The rule: whoever starts one waits for it, and not for ever.

internal import CLinux
internal import SystemPackage

/// What a FITHAW answered.
enum ThawAnswer: Sendable, Hashable {
    /// It was frozen, and is not any more.
    case thawed
    /// It was not frozen.
    case wasNotFrozen
    /// It has not come back yet, and no signal brings it back.
    case blocked
    /// It failed.
    case failed(Errno)
}

/// A FITHAW that is under way.
struct ThawAttempt {
    private var raw = clinux_thaw()

    /// Begins to thaw the filesystem that a descriptor is on. Its lock is held until FITHAW has come back, even if this process has ended by then.
    init(_ file: OpenFile, holding lock: FileLock) throws(Errno) {
        try check(clinux_thaw_start(&raw, file.descriptor, lock.descriptor))
    }

    /// Waits for the answer, at most until that time of CLOCK_BOOTTIME in nanoseconds. To be called once.
    consuming func answer(until deadline: UInt64) -> ThawAnswer {
        switch Errno(rawValue: -clinux_thaw_finish(&raw, deadline)) {
        case Errno(rawValue: 0): .thawed
        case .invalidArgument: .wasNotFrozen
        case .timedOut: .blocked
        case let error: .failed(error)
        }
    }
}
