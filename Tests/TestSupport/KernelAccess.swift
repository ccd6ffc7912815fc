// Kernel tests need root, loop devices and mkfs programs. The rule: where these are missing such a test is skipped with
// the reason, never passed; and what ran can be proved, because every fixture of the kernel leaves a line in the ledger
// that Tests/run reads.

import Foundation
import Glibc
package import Testing

package enum KernelAccess {
    /// Why kernel tests can't run here; nil when they can.
    package static let missing: String? = {
        guard geteuid() == 0 else { return "needs root" }
        let programs = [
            "losetup", "mount", "umount", "mountpoint", "fsfreeze", "findmnt", "setpriv", "chattr", "mkfs.xfs", "mkfs.btrfs", "mkfs.ext4",
            "sqlite3", "getfattr", "fio", "xfs_io", "fstrim",
        ]
        for program in programs where Command.find(program) == nil { return "needs the program \(program)" }
        guard (try? Command.outcome("losetup", ["--find"]))?.succeeded == true else { return "needs loop devices" }
        return nil
    }()

    package static var available: Bool { missing == nil }

    /// Appends a line to the file that LOSNAP_KERNEL_TEST_LEDGER names, if it does.
    package static func record(_ line: String) {
        guard let path = ProcessInfo.processInfo.environment["LOSNAP_KERNEL_TEST_LEDGER"] else { return }
        let file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard file >= 0 else { return }
        let text = Array("\(line)\n".utf8)
        _ = write(file, text, text.count)
        close(file)
    }
}

extension Trait where Self == ConditionTrait {
    /// For suites and tests that make real filesystems: skipped, with the reason, where that is not possible.
    package static var needsRoot: Self { .enabled(if: KernelAccess.available, "\(KernelAccess.missing ?? "available")") }
}
