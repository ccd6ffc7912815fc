// A control group of a test, which can be killed with all that is in it.

import Glibc
import SystemPackage
import TestSupport
import Testing

/// A group in a hierarchy of version 2.
struct ControlGroup {
    private let scope: TestScope
    private let path: FilePath

    /// The hierarchy is mounted anew: where it is differs between machines.
    init(_ scope: TestScope) throws {
        self.scope = scope
        let hierarchy = try scope.freshDirectory("cgroups")
        try Command.run("mount", ["-t", "cgroup2", "none", hierarchy.string])
        scope.atEnd("unmount \(hierarchy)") { try Command.run("umount", [hierarchy.string]) }
        let mount = try scope.bindMount(hierarchy)
        let group = mount.path.appending("losnap-\(scope.directory.lastComponent?.string ?? "test")")
        path = group
        try #require(mkdir(path.string, 0o755) == 0)
        scope.atEnd("remove \(group)") {
            try eventually("the group is empty") { rmdir(group.string) == 0 }
        }
    }

    /// What enters it and then begins a program, in front of that program's words.
    var entering: [String] { ["/bin/sh", "-c", "echo $$ >\"$0\" && exec \"$@\"", path.appending("cgroup.procs").string] }

    /// Kills all that is in it, at one instant.
    func kill() throws { try scope.write("1", to: path.appending("cgroup.kill")) }
}
