// Checks at the end that nothing is left behind: processes, freeze records, mounts, loop devices, locks, files.

import Foundation
import Synchronization
import Glibc

extension Storm {
    private static let quiet = Manner(isQuiet: true)

    /// Looks at what the storm has left, and has losnap mend it.
    func examine() {
        for image in place.mounted {
            if let at = image.mountPoint, !isMounted(at) { ledger.violation("an image is not mounted at the end", image.name) }
        }
        for number in 0..<request.workers where isMounted("\(place.browsed)/w\(number)") {
            _ = losnap(root, "umount", ["umount", "\(place.browsed)/w\(number)"], Self.quiet)
        }
        expectNothingLeft()
        for catalogue in catalogues { reconcile(catalogue) }
        expectFilesListed()
        // A record has the name that its source had when it was written.
        _ = losnap(root, "create", ["create", root.source("rn")], Self.quiet)
        examineSamples()
        for catalogue in [root, second] { rebuild(catalogue) }
    }

    /// No process, record, mount, loop device, lock or stray file.
    private func expectNothingLeft() {
        let end = now() + 20
        while now() < end, !(processes().isEmpty && names(in: place.frozen).isEmpty) { rest(0.2) }
        let left = processes()
        if !left.isEmpty { ledger.violation("processes when all is quiet", "\(left)") }
        let records = names(in: place.frozen)
        if !records.isEmpty {
            ledger.violation("freeze records when all is quiet", "\(records.map { "\($0): \(text(place.frozen + "/" + $0))" })")
        }
        for image in place.mounted {
            let thaw = system("fsfreeze", "-u", image.mountPoint ?? "", within: 10)
            if thaw.succeeded { ledger.violation("frozen when all is quiet", image.name) }
        }
        let mounts = losnap(root, "mounts", ["mount"], Self.quiet).json["mounts"].array
        for mount in mounts {
            _ = losnap(root, "umount", ["umount", mount["directory"].string ?? ""], Self.quiet)
        }
        let expected = Set(place.pools.map(\.path) + place.mounted.compactMap(\.mountPoint) + [place.groups])
        let strays = place.mountPoints.filter { !expected.contains($0) }
        if !strays.isEmpty { ledger.violation("mounts when all is quiet", "\(strays), losnap knows of \(mounts.count)") }
        expectLoops()
        expectLocksFree()
        expectNoStrays()
    }

    private func expectLoops() {
        let wanted = Set(place.pools.map(\.file) + place.mounted.map(\.file))
        var files: [String] = []
        for _ in 0..<50 {
            // The kernel lets go of one a moment after it is unmounted.
            files = place.loops.map(\.file)
            if Set(files) == wanted, files.count == wanted.count { return }
            rest(0.1)
        }
        ledger.violation("loop devices when all is quiet", "\(files.filter { !wanted.contains($0) }), \(files.count), not \(wanted.count)")
    }

    private func expectLocksFree() {
        for name in names(in: place.runtime + "/lock") {
            let file = open("\(place.runtime)/lock/\(name)", O_RDWR | O_CLOEXEC)
            guard file >= 0 else { continue }
            if flock(file, LOCK_EX | LOCK_NB) != 0 { ledger.violation("a lock is held when all is quiet", name) }
            close(file)
        }
    }

    private func expectNoStrays() {
        let known = Set(place.images.map { "\($0.name).img" } + [".losnap", ".second", "out", "rn2.img", ".probe", "user", "lost+found"])
        for base in place.bases {
            for name in names(in: base) where !known.contains(name) && !isChecksum(name) && !name.hasPrefix(".tmp-") {
                // A restore that was killed may leave one image, whole (Docs/crash-safety.md).
                if name.contains(".losnap-") {
                    ledger.note("left by a restore: \(base)/\(name)")
                    unlink("\(base)/\(name)")
                } else {
                    ledger.violation("left in the pool", "\(base)/\(name)")
                }
            }
            for name in names(in: base + "/out") { ledger.violation("left in the pool", "\(base)/out/\(name)") }
        }
        let state = names(in: place.state).filter { $0 != "lost+found" && $0 != "fill" && !$0.hasPrefix("catalogue.sqlite") }
        if !state.isEmpty { ledger.violation("files beside the catalogue", "\(state)") }
    }

    /// losnap processes of this storm, found by where they look for their locks.
    private func processes() -> [String] {
        names(in: "/proc").filter { pid_t($0) != nil }.compactMap { pid in
            let environment = text("/proc/\(pid)/environ")
            guard environment.contains("LOSNAP_RUNTIME_DIR=\(place.directory)/") else { return nil }
            // A thaw guard that has ended, and is reaped in a moment, has none.
            return "\(pid) \(text("/proc/\(pid)/cmdline").replacing("\0", with: " ")) \(text("/proc/\(pid)/wchan"))"
        }
    }

    /// Every file in a snapshot directory is a snapshot of one of the catalogues.
    private func expectFilesListed() {
        var paths: Set<String> = []
        for catalogue in catalogues { paths.formUnion(losnap(catalogue, "list", ["list"], Self.quiet).snapshots.map(\.path)) }
        for directory in place.bases.flatMap({ [$0 + "/.losnap", $0 + "/.second"] }) + [place.user + "/.losnap"] {
            for source in names(in: directory) {
                for name in names(in: "\(directory)/\(source)") where name != "CACHEDIR.TAG" {
                    let path = "\(directory)/\(source)/\(name)"
                    if !paths.contains(path) { ledger.violation("a file in a snapshot directory that is not listed", path) }
                }
            }
        }
    }
}
