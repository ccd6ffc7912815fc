// The thaw guard as Swift sees it. The rule: whoever freezes has one, started before, told before and after every FIFREEZE.

internal import CLinux
internal import SystemPackage

/// Why the guard, or the clock, says that a window does not count.
enum GuardMark: Sendable {
    case intact, deadline, orphaned
}

/// A guard process over some descriptors, given in the order in which they are to be thawed. See `guard.h` for how it works.
struct ThawGuard: ~Copyable {
    private var raw: clinux_guard

    /// Forks the guard and waits until it is ready. It removes the freeze records, whose names in the directory `records` are given in the
    /// order of the descriptors, when what they tell of is thawed for certain.
    init(over descriptors: [CInt], records: CInt, names: [String]) throws(Errno) {
        var raw = clinux_guard()
        let ended = names.map { $0 + "\0" }.joined()
        try check(clinux_guard_start(&raw, descriptors, CInt(descriptors.count), records, ended))
        self.raw = raw
    }

    /// Starts the clock of the deadline.
    mutating func arm(nanoseconds: UInt64) { clinux_guard_arm(&raw, nanoseconds) }

    /// To be called right before FIFREEZE; false: the window is broken already, don't.
    mutating func mayFreeze(_ index: Int) -> Bool { clinux_guard_freezing(&raw, CInt(index)) == 0 }

    /// FIFREEZE succeeded.
    mutating func isFrozen(_ index: Int) { clinux_guard_frozen(&raw, CInt(index)) }

    /// It is not frozen any more, or never was.
    mutating func isThawed(_ index: Int) { clinux_guard_thawed(&raw, CInt(index)) }

    /// The state of the window.
    borrowing func mark() -> GuardMark {
        var copy = raw
        return switch Int(clinux_guard_mark(&copy)) {
        case Int(CLINUX_GUARD_INTACT): .intact
        case Int(CLINUX_GUARD_DEADLINE): .deadline
        default: .orphaned
        }
    }

    /// The process, for the freeze record.
    var pid: CInt { raw.pid }

    /// Ends the guard. False: something is still frozen, and the guard goes on until it is not.
    consuming func finish() -> Bool { clinux_guard_finish(&raw) == 0 }
}
