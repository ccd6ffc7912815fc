// A systemd that runs: process 1 of a PID namespace of its own, with the machine's programs and nothing of its units. The rules: it has its own
// mounts, /run, network and cgroups, and may write nothing of the machine but the test's directory; it dies with the test.

import Foundation
package import SystemPackage
import Testing

/// A running systemd, and a way to give it orders.
package struct SystemdBox: Sendable {
    /// Units that are put here are known after `systemctl("daemon-reload")`.
    package let units: FilePath
    private let process: ChildProcess
    private let initial: Int32

    /// Runs a program inside, as root of the box.
    package func run(_ program: String, _ arguments: [String], within deadline: Duration = .seconds(60)) throws -> Outcome {
        try Command.outcome("nsenter", ["--target", "\(initial)", "--all", "--", program] + arguments, within: deadline)
    }

    /// Gives an order.
    package func systemctl(_ arguments: String...) throws -> Outcome { try run("systemctl", ["--no-pager"] + arguments) }

    fileprivate init(_ scope: TestScope) throws {
        let directory = try scope.freshDirectory("box")
        units = try scope.freshDirectory("box-units")
        // What others are pulled in by or ordered after.
        for name in ["basic", "local-fs", "shutdown", "sysinit", "timers", "box"] {
            try scope.write("[Unit]\nDefaultDependencies=no\n", to: units.appending("\(name).target"))
        }
        // Where the whole hierarchy is mounted differs between machines: it is mounted anew, in mounts of its own.
        let group = "losnap-\(scope.directory.lastComponent?.string ?? "test")"
        let cgroups = try scope.freshDirectory("cgroups")
        let remove = """
            mount -t cgroup2 none "$1"
            for i in 1 2 3 4 5 6 7 8 9 10; do
                find "$1/$2" -depth -type d -exec rmdir {} + 2>/dev/null
                [ -e "$1/$2" ] || exit 0
                sleep 0.2
            done
            exit 1
            """
        scope.atEnd("remove cgroup \(group)") {
            try Command.run("unshare", ["--mount", "/bin/sh", "-c", remove, "sh", cgroups.string, group])
        }
        let outer = """
            set -e
            mount -t cgroup2 none "$4"
            mkdir "$4/$5"
            echo $$ >"$4/$5/cgroup.procs"
            umount "$4"
            exec unshare --pid --fork --kill-child --mount --uts --ipc --net --cgroup --propagation slave /bin/sh -c "$0" sh "$@"
            """
        let arguments = [Self.inner, directory.string, scope.directory.string, units.string, cgroups.string, group]
        let start = ["--mount", "--propagation", "slave", "/bin/sh", "-c", outer] + arguments
        let unshare = try Tool(executable: #require(Command.find("unshare")))
        process = try scope.start(unshare.invocation(start))
        initial = try Self.waitForStart(process)
        KernelAccess.record("systemd in a namespace")
    }

    /// What process 1 does before it becomes systemd: a root directory of its own.
    private static let inner = """
        set -e
        root=$1 scope=$2 units=$3
        mount -t tmpfs -o mode=755 none "$root"
        for place in /*; do
            name=${place#/}
            if [ -L "$place" ]; then cp -P "$place" "$root/$name"
            elif [ -d "$place" ]; then
                mkdir "$root/$name"
                case $name in
                    dev) mount --rbind /dev "$root/dev" ;;
                    proc) mount -t proc none "$root/proc" ;;
                    sys) mount -t sysfs -o ro none "$root/sys"; mount -t cgroup2 none "$root/sys/fs/cgroup" ;;
                    run|tmp) mount -t tmpfs -o mode=755 none "$root/$name" ;;
                    # Without what is mounted there: other tests are to unmount theirs.
                    *) mount --bind "$place" "$root/$name"; mount -o remount,bind,ro "$root/$name" ;;
                esac
            fi
        done
        mount --rbind "$scope" "$root$scope"
        umount --lazy "$root$root"
        mkdir "$root/run/lock" "$root/tmp/old"
        cd "$root"
        pivot_root . tmp/old
        umount --lazy /tmp/old
        exec env -i container=test PATH="$PATH" SYSTEMD_UNIT_PATH="$units" SYSTEMD_GENERATOR_PATH=/nonexistent \\
            /lib/systemd/systemd --system --unit=box.target --log-target=null --show-status=no
        """

    /// Waits until it takes orders; its process id on the machine.
    private static func waitForStart(_ process: ChildProcess) throws -> Int32 {
        let children = "/proc/\(process.pid)/task/\(process.pid)/children"
        for _ in 0..<300 {
            if process.poll() != nil { break }
            if let child = (try? String(contentsOfFile: children, encoding: .utf8))?.split(separator: " ").first.flatMap({ Int32($0) }),
                (try? String(contentsOfFile: "/proc/\(child)/comm", encoding: .utf8)) == "systemd\n",
                try Command.outcome("nsenter", ["--target", "\(child)", "--all", "--", "systemctl", "is-active", "box.target"]).succeeded
            {
                return child
            }
            usleep(100_000)
        }
        let outcome = process.finish(within: .zero)
        throw FixtureError("systemd does not start: \(outcome.status) \(outcome.stdout)\(outcome.stderr)")
    }
}

extension TestScope {
    /// Starts a systemd.
    package func systemdBox() throws -> SystemdBox { try SystemdBox(self) }
}
