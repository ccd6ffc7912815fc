// How long something may last that others can make long. The rule: it runs in CLOCK_BOOTTIME, as the freeze deadline does.

/// A time by which a step must be done.
package struct TimeLimit: Sendable {
    /// How long it was from the beginning (nanoseconds).
    package let nanoseconds: UInt64
    private let end: UInt64
    private let now: @Sendable () -> UInt64

    /// Begins now.
    package init(_ nanoseconds: UInt64, kernel: Kernel) {
        self.nanoseconds = nanoseconds
        now = kernel.bootTime
        end = now().addingReportingOverflow(nanoseconds).overflow ? .max : now() + nanoseconds
    }

    /// Whether it has passed. Takes no memory.
    package var isOver: Bool { now() >= end }

    /// - Throws: `.prepareTooLong` when it has passed.
    func check(_ step: PrepareStep, _ path: String) throws(CloneError) {
        if isOver { throw .prepareTooLong(step, path: path, limit: nanoseconds / 1_000_000) }
    }

    /// - Throws: `.tooManyMounts` when it has passed.
    package func checkMounts() throws(CloneError) {
        if isOver { throw .tooManyMounts(milliseconds: nanoseconds / 1_000_000) }
    }
}
