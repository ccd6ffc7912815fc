// Who may have a say in where locks and freeze records lie: root and we, nobody else, from the root directory down.

import CloneCore
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite("Private directories", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct PrivateDirectoryTests {
    private func open(_ path: FilePath, _ kernel: Kernel = .linux) throws(CloneError) -> OpenFile {
        try openPrivateDirectory(path.string, kernel: kernel)
    }

    private func exposure(_ path: FilePath) -> CloneError? {
        do {
            _ = try open(path)
            return nil
        } catch { return error }
    }

    @Test("what is missing is made, for us alone; what is there is opened and not made again")
    func made() throws {
        try TestScope.with { scope in
            let base = try scope.freshDirectory("base")
            let path = base.appending("a/b/lock")
            let file = try open(path)
            #expect(file.path == path.string)
            for made in ["a", "a/b", "a/b/lock"] {
                let status = try OpenFile(base.appending(made).string, kernel: .linux).status()
                #expect(status.permissions == 0o700 && status.uid == 0)
            }
            // On a frozen filesystem mkdir waits, though the directory is there.
            let kernel = RecordingKernel()
            _ = try open(path, kernel.kernel)
            #expect(!kernel.calls.contains { $0.name == "makeDirectory" })
        }
    }

    @Test("others may write a directory above: refused, unless it is sticky")
    func writableParent() throws {
        try TestScope.with { scope in
            let base = try scope.freshDirectory("base")
            let path = base.appending("middle/run/lock")
            _ = try open(path)
            for mode: UInt32 in [0o777, 0o775, 0o722] {
                chmod(base.string, mode)
                #expect(exposure(path) == .runtimeExposed(path: base.string, .writable(mode: mode)))
            }
            chmod(base.string, 0o1777)
            #expect(exposure(path) == nil)
            // The directory itself may not even be sticky.
            chmod(path.string, 0o1777)
            #expect(exposure(path) == .runtimeExposed(path: path.string, .writable(mode: 0o1777)))
        }
    }

    @Test("somebody else owns a directory above, or made it first in a sticky one: refused")
    func foreignParent() throws {
        try TestScope.with { scope in
            let base = try scope.freshDirectory("base", mode: 0o1777)
            let path = base.appending("losnap-0/lock")
            mkdir(base.appending("losnap-0").string, 0o755)
            chown(base.appending("losnap-0").string, 65534, 0)
            #expect(exposure(path) == .runtimeExposed(path: base.appending("losnap-0").string, .owner(user: 65534)))
            chown(base.appending("losnap-0").string, 0, 0)
            #expect(exposure(path) == nil)
            chown(base.string, 65534, 0)
            #expect(exposure(path) == .runtimeExposed(path: base.string, .owner(user: 65534)))
        }
    }

    @Test("a symbolic link on the way is as good as who made it; at the end there is none")
    func links() throws {
        try TestScope.with { scope in
            let base = try scope.freshDirectory("base")
            let target = try scope.freshDirectory("target", mode: 0o700)
            let link = base.appending("link")
            symlink(target.string, link.string)
            _ = try open(link.appending("lock"))
            #expect(access(target.appending("lock").string, F_OK) == 0)
            lchown(link.string, 65534, 65534)
            #expect(exposure(link.appending("lock")) == .runtimeExposed(path: link.string, .owner(user: 65534)))
            symlink("target-loop", base.appending("target-loop").string)
            #expect(exposure(base.appending("target-loop/lock")) == .notADirectory(path: base.appending("target-loop").string))
            symlink(target.string, base.appending("lock").string)
            #expect(exposure(base.appending("lock")) == .notADirectory(path: base.appending("lock").string))
        }
    }
}
