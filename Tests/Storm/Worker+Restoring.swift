// Restores images, and mounts snapshots to read files in them.

import Foundation
import Synchronization
import Glibc

extension Worker {
    func restoreTo() {
        guard let snapshot = snapshot(where: { !$0.path.isEmpty }) else { return }
        let directory = catalogue.isPrivileged ? place.base(of: snapshot.path) + "/out" : place.user
        let file = "\(directory)/out\(number)-\(turn).img"
        let answer = losnap("restore-to", ["restore", "\(snapshot.number)", "--to", file] + wait())
        if answer.succeeded {
            var status = stat()
            if stat(file, &status) != 0 {
                violation("restored, and the file is not there", answer.evidence)
            } else if status.st_size != snapshot.logicalBytes {
                violation("restored with another length", "\(status.st_size), not \(snapshot.logicalBytes): \(answer.evidence)")
            }
        } else if answer.status > 0, exists(file) {
            violation("restore --to failed and left its file", answer.evidence)
        }
        unlink(file)
    }

    func restoreInPlace() {
        let names = catalogue === storm.root ? ["um", "in2", "rn", "um", "sm"] : catalogue === storm.second ? ["um"] : ["u"]
        let name = catalogue.source(random.pick(names))
        let numbers = catalogue.known.withLock { $0.listed.filter { $0.source == name && $0.state == "complete" }.map { "\($0.number)" } }
        let reference = random.pick(["@latest", "@oldest", "@latest~1"].map { name + $0 } + numbers.suffix(4))
        let answer = losnap("restore", ["restore", reference] + (random.chance(0.1) ? ["--dry-run"] : []) + wait())
        if answer.succeeded { promise(Answer(answer, only: "safety_snapshot")) }
    }

    func mount() {
        guard let snapshot = snapshot() else { return }
        if isMounted(browsed) { return unmount() }
        let answer = losnap("mount", ["mount", "\(snapshot.number)", browsed] + (random.chance(0.4) ? ["--writable"] : []))
        let isThere = isMounted(browsed)
        if answer.succeeded, !isThere { violation("mounted, says losnap, and nothing is", answer.evidence) }
        if answer.status > 0, isThere { violation("not mounted, says losnap, and something is", answer.evidence) }
        guard isThere else { return }
        let (read, bad) = unsound(in: browsed, most: 12)
        if !bad.isEmpty, snapshot.consistency != "crash" {
            violation("files of a snapshot are not whole", "\(snapshot.number) of \(snapshot.source), \(snapshot.path): \(bad)")
        }
        ledger.count("files verified in the storm", read)
        if random.chance(0.2) { _ = losnap("mounts", ["mount"]) }
        unmount()
    }

    private func unmount() {
        for attempt in 0..<100 {
            let answer = losnap("umount", ["umount", browsed], isQuiet: attempt > 2)
            let isThere = isMounted(browsed)
            if answer.succeeded, isThere { violation("unmounted, says losnap, and it is mounted", answer.evidence) }
            if !isThere { return }
            if attempt == 99 { violation("can't be unmounted", answer.evidence) }
            rest(0.3)
        }
    }
}
