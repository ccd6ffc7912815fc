// What runs a hook: a process, or in tests something that only remembers.

/// Runs hooks.
public struct HookRunner: Sendable {
    /// Runs it to its end; nil if all is well.
    public var run: @Sendable (HookCall) -> HookProblem?

    /// One that does that.
    public init(run: @escaping @Sendable (HookCall) -> HookProblem?) {
        self.run = run
    }

    /// `/bin/sh`, or the program itself.
    public static let shell = HookRunner { call in
        do throws(HookProblem) {
            return try ShellHook(starting: call).finish()
        } catch {
            return error
        }
    }
}
