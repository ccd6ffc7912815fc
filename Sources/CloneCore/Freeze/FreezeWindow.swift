// The time between the first FIFREEZE and the last FITHAW. The rules: deepest first in, outermost first out; in between no memory is
// taken, nothing printed, looked up or thrown; a window counts only if every FITHAW succeeded, the guard's mark is unset and the
// deadline had not passed.

internal import SystemPackage

/// What became of a window, as plain values: errors with words are made from it after the thaw.
struct WindowOutcome: Sendable {
    /// FIFREEZE failed on this one (an index into the filesystems).
    var freezeFailure: (index: Int, errno: Errno)?
    /// A FITHAW answered EINVAL: somebody else had thawed it.
    var thawedEarly: Int?
    /// A FITHAW failed otherwise: it may still be frozen.
    var thawFailure: (index: Int, errno: Errno)?
    /// The guard's mark, or the clock.
    var mark: GuardMark = .intact
    /// CLOCK_BOOTTIME when the last FIFREEZE had returned, and when the first FITHAW was called.
    var frozenAt: UInt64 = 0
    var thawedAt: UInt64 = 0

    /// Whether what was done in the window is consistent.
    var counts: Bool { freezeFailure == nil && thawedEarly == nil && thawFailure == nil && mark == .intact }
}

/// Filesystems held frozen, under a guard. Must be closed; signals are the caller's to hold back.
struct FreezeWindow: ~Copyable {
    private let kernel: Kernel
    private let descriptors: [CInt]  // deepest first
    private var guardian: ThawGuard
    private var frozen = 0  // how many of them, from the deepest
    private(set) var outcome = WindowOutcome()

    /// Starts the guard; nothing is frozen yet. `directory` is that of the freeze records.
    init(over filesystems: [Guarded], in directory: OpenFile, kernel: Kernel) throws(CloneError) {
        self.kernel = kernel
        descriptors = filesystems.map(\.filesystem.descriptor)
        do {
            guardian = try ThawGuard(over: filesystems.reversed(), in: directory)
        } catch {
            throw .noGuard(error)
        }
    }

    var guardPID: CInt { guardian.pid }

    /// Freezes all; the deadline runs from here, so that writers that wait for FIFREEZE itself are counted in. False: not all are
    /// frozen, and `thaw` is to be called all the same.
    mutating func freeze(deadline nanoseconds: UInt64) -> Bool {
        guardian.arm(nanoseconds: nanoseconds)
        let last = descriptors.count - 1
        while frozen < descriptors.count {
            do {
                try guardian.isFreezing(last - frozen)
            } catch .canceled {
                outcome.mark = guardian.mark()
                return false
            } catch {
                outcome.freezeFailure = (frozen, error)
                return false
            }
            do {
                try kernel.freeze(descriptors[frozen])
            } catch {
                guardian.isThawed(last - frozen)
                outcome.freezeFailure = (frozen, error)
                return false
            }
            guardian.isFrozen(last - frozen)
            frozen += 1
        }
        outcome.frozenAt = kernel.bootTime()
        return true
    }

    /// Whether it is worth going on: neither the guard nor the clock has ended the window.
    borrowing func isIntact() -> Bool { guardian.mark() == .intact }

    /// Thaws all, outermost first, but for what the guard has thawed: by then somebody else may have frozen that. (One who does so between our look and
    /// our FITHAW is thawed by us: the kernel knows no owner of a freeze.) Afterwards `outcome` tells whether the window counts.
    mutating func thaw() {
        outcome.thawedAt = kernel.bootTime()
        let last = descriptors.count - 1
        while frozen > 0 {
            frozen -= 1
            if guardian.hasThawed(last - frozen) {
                guardian.isThawed(last - frozen)
                continue
            }
            do {
                try kernel.thaw(descriptors[frozen])
                guardian.isThawed(last - frozen)
            } catch .invalidArgument {
                guardian.isThawed(last - frozen)
                if outcome.thawedEarly == nil { outcome.thawedEarly = frozen }
            } catch {
                if outcome.thawFailure == nil { outcome.thawFailure = (frozen, error) }
            }
        }
        if outcome.mark == .intact { outcome.mark = guardian.mark() }
    }

    /// Ends the guard. Returns the outcome.
    consuming func close() -> WindowOutcome {
        if frozen > 0 { thaw() }
        let result = outcome
        // False: the guard goes on thawing by itself, which `thawFailure` has told already.
        _ = guardian.finish()
        return result
    }
}
