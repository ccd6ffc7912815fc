// Fills disks for a while, in turns: the small pool and the catalogue's disk to the last block, the large pools nearly.

import Foundation
import Synchronization
import Glibc

extension Storm {
    private struct Filling {
        let path: String
        let file: String
        /// How much is left, in MiB.
        let leaves: Int
        let seconds: Double
        /// Writers would get errors if it became full.
        let holdsWriters: Bool
    }

    /// Fills until it is calm.
    func fill() {
        let fillings = [
            Filling(path: place.state, file: place.state + "/fill", leaves: 0, seconds: 6, holdsWriters: false),
            Filling(path: place.small, file: place.small + "/out/fill", leaves: 0, seconds: 12, holdsWriters: false),
            Filling(path: place.xfs, file: place.xfs + "/out/fill", leaves: 60, seconds: 8, holdsWriters: true),
            Filling(path: place.small, file: place.small + "/out/fill", leaves: 0, seconds: 12, holdsWriters: false),
            Filling(path: place.btrfs, file: place.btrfs + "/out/fill", leaves: 250, seconds: 8, holdsWriters: true),
        ]
        var turn = 0
        while !calm.wait(request.minutes > 10 ? 30 : 8) {
            fill(fillings[turn % fillings.count])
            turn += 1
        }
    }

    private func fill(_ filling: Filling) {
        if filling.holdsWriters {
            pause.set()
            rest(1)
        }
        filled.withLock { _ = $0.insert(filling.path) }
        ledger.count("filled \(filling.path.replacing(place.directory, with: ""))")
        take(filling)
        let end = now() + filling.seconds
        while now() < end, !calm.wait(0.3) {
            if filling.leaves == 0 {
                take(filling)
            } else if available(filling.path) < (filling.leaves / 3) << 20 {
                break
            }
        }
        unlink(filling.file)
        // A command that met the full disk may still be on its way to say so.
        rest(1)
        filled.withLock { _ = $0.remove(filling.path) }
        pause.set(false)
    }

    /// Lengthens the file until what is to be left is left.
    private func take(_ filling: Filling) {
        let file = open(filling.file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard file >= 0 else { return }
        defer { close(file) }
        if filling.leaves > 0 {
            let room = available(filling.path) - (filling.leaves << 20)
            if room > 0 { posix_fallocate(file, 0, off_t(room)) }
            return
        }
        for size in [1 << 20, 4096, 512] {
            let bytes = [UInt8](repeating: 0xa5, count: size)
            while Glibc.write(file, bytes, size) == size {}
        }
        fsync(file)
    }

    private func available(_ path: String) -> Int {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return 0 }
        return Int(status.f_bavail) * Int(status.f_frsize)
    }
}
