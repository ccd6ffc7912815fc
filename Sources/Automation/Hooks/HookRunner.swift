// What runs a hook: the shell, or in tests something that only remembers.

import SystemPackage

/// Runs hooks.
public struct HookRunner: Sendable {
    /// Runs it to its end; nil if all is well.
    public var run: @Sendable (HookCall) -> HookProblem?

    /// One that does that.
    public init(run: @escaping @Sendable (HookCall) -> HookProblem?) {
        self.run = run
    }

    /// `/bin/sh`.
    public static let shell = HookRunner { call in
        if let problem = HookTrust.problem(call.command) { return problem }
        do throws(Errno) {
            return try ShellHook(starting: call).finish()
        } catch {
            return .notStarted(error)
        }
    }
}
