// One hook about to run, with everything it is given. The rule: the environment is clean, the same under cron, systemd and a terminal; whatever
// losnap has to say is in variables of its own, never in the command, so that nothing in a name or path is ever read by the shell.

public import Configuration

/// A hook with its environment.
public struct HookCall: Sendable, Hashable {
    /// When it runs.
    public let moment: HookMoment
    /// What is run.
    public let command: HookCommand
    /// How long it may run, in seconds.
    public let seconds: Int
    /// The whole of its environment.
    public let variables: [String: String]
}

/// What all hooks of this run of losnap are given.
public struct HookSurroundings: Sendable, Hashable {
    /// The home directory of the user.
    public var home: String
    /// What leads a losnap that a hook starts to the same catalogue, configuration and locks: `LOSNAP_CATALOGUE` and the like.
    public var variables: [String: String]

    /// Those.
    public init(home: String, variables: [String: String] = [:]) {
        self.home = home
        self.variables = variables
    }

    /// What every hook finds.
    var environment: [String: String] {
        let plain = [
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "SHELL": "/bin/sh", "HOME": home, "LANG": "C.UTF-8",
            "LC_ALL": "C.UTF-8",
        ]
        return variables.merging(plain) { $1 }
    }
}
