// The thaw guard as Swift sees it. The rule: whoever freezes has one, started before, told before and after every FIFREEZE.

internal import CLinux
internal import SystemPackage

/// Why the guard, or the clock, says that a window does not count.
enum GuardMark: Sendable {
    case intact, deadline, orphaned
}

/// One filesystem for a guard.
struct Guarded {
    let device: DeviceNumber
    /// A directory on it.
    let filesystem: OpenFile
    /// Its lock.
    let lock: FileLock
    /// Its freeze record.
    let record: FreezeRecordFile
}

/// A guard process over some filesystems, given in the order in which they are to be thawed. See `guard.h` for how it works.
struct ThawGuard: ~Copyable {
    private var raw: clinux_guard

    /// Forks the guard and waits until it is ready. It holds the locks until it has thawed, and removes the records of what is thawed for certain.
    init(over guarded: [Guarded], in directory: OpenFile) throws(Errno) {
        var raw = clinux_guard()
        let names = guarded.map { FreezeRecord.fileName(of: $0.device) + "\0" }.joined()
        let result = guarded.map(\.filesystem.descriptor).withUnsafeBufferPointer { descriptors in
            guarded.map(\.lock.descriptor).withUnsafeBufferPointer { locks in
                guarded.map(\.record.file.descriptor).withUnsafeBufferPointer { records in
                    names.withCString { names in
                        var all = clinux_guarded(
                            count: CInt(guarded.count), descriptors: descriptors.baseAddress, locks: locks.baseAddress,
                            records: records.baseAddress, names: names, directory: directory.descriptor)
                        return clinux_guard_start(&raw, &all)
                    }
                }
            }
        }
        try check(result)
        self.raw = raw
    }

    /// Starts the clock of the deadline.
    mutating func arm(nanoseconds: UInt64) { clinux_guard_arm(&raw, nanoseconds) }

    /// To be called right before FIFREEZE, which is not to be called if this throws: `canceled` in a window that is broken already, another error
    /// if the record can't say that a freeze begins.
    mutating func isFreezing(_ index: Int) throws(Errno) { try check(clinux_guard_freezing(&raw, CInt(index))) }

    /// FIFREEZE succeeded.
    mutating func isFrozen(_ index: Int) { clinux_guard_frozen(&raw, CInt(index)) }

    /// It is not frozen any more, or never was.
    mutating func isThawed(_ index: Int) { clinux_guard_thawed(&raw, CInt(index)) }

    /// In a broken window: whether the guard has thawed it, so that a FITHAW of ours could only thaw what somebody else has frozen since.
    borrowing func hasThawed(_ index: Int) -> Bool {
        var copy = raw
        return clinux_guard_has_thawed(&copy, CInt(index)) != 0
    }

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
