// Signals that wait. The rule: while something is begun that must be put back (a freeze, a hook that stopped a service), a signal that would end
// the process is only remembered; it takes effect when the last one who deferred lets go.

internal import CLinux

/// The process's one place for signals that wait. Calls nest.
package enum DeferredSignals {
    /// From here on they wait.
    package static func hold() { clinux_signals_defer() }

    /// What came meanwhile is raised, unless somebody else still holds them back.
    package static func release() { clinux_signals_release() }

    /// The signal that will end the process; nil while none has come.
    package static var waiting: CInt? {
        guard areHeld else { return nil }
        let number = clinux_signals_came()
        return number == 0 ? nil : number
    }

    /// Whether anybody holds them back.
    static var areHeld: Bool { clinux_signals_are_deferred() != 0 }

    /// Whether one that will end the process is waiting.
    package static var isEnding: Bool { waiting != nil }

    /// Throws if one that will end the process is waiting: a good moment to leave off.
    package static func check() throws(CloneError) {
        if let signal = waiting { throw .interrupted(signal: signal) }
    }
}
