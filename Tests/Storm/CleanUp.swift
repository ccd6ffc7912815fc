// Takes everything down by the storm's own names, in whatever state it is. Thaw first, outermost first; then unmount, innermost first. No
// step waits for ever.

import Foundation
import Glibc

extension Place {
    /// What is mounted beneath the directory, outer mounts before inner ones.
    var mountPoints: [String] {
        text("/proc/self/mounts").split(separator: "\n").compactMap { line in
            let path = String(line.split(separator: " ")[1]).replacing("\\040", with: " ").replacing("\\134", with: "\\")
            return path.hasPrefix(directory + "/") ? path : nil
        }
    }

    /// The loop devices over files beneath the directory, or over files that were there.
    var loops: [(device: String, file: String)] {
        names(in: "/sys/block").filter { $0.hasPrefix("loop") }.compactMap { name in
            var file = text("/sys/block/\(name)/loop/backing_file")
            if file.hasSuffix("\n") { file.removeLast() }
            // A file of an image that was mounted at another place shows its path there.
            return file.hasPrefix(directory + "/") ? ("/dev/\(name)", file) : nil
        }
    }

    /// Takes down all that is mounted and attached; what could not be taken down.
    func takeDown() -> [String] {
        for round in 0..<8 {
            if mountPoints.isEmpty, loops.isEmpty { break }
            if round > 0 { rest(0.5) }
            for path in mountPoints where path != groups {
                for _ in 0..<20 where !system("fsfreeze", "-u", path, within: 5).succeeded { break }
            }
            for path in mountPoints.reversed() {
                if !system("umount", path, within: 20).succeeded, round > 5 { system("umount", "--lazy", path, within: 20) }
            }
            for loop in loops { system("losetup", "-d", loop.device, within: 10) }
        }
        return mountPoints + loops.map { "\($0.device) over \($0.file)" }
    }

    /// Takes all down and removes the files, but for the log if that is wanted.
    func clean(keepsLog: Bool) -> [String] {
        let left = takeDown()
        guard left.isEmpty else { return left }
        for name in names(in: directory) where !(keepsLog && name == "log") {
            let path = directory + "/" + name
            if !system("rm", "-rf", "--one-file-system", "--", path).succeeded {
                system("chattr", "-R", "-f", "-i", "--", path)
                system("rm", "-rf", "--one-file-system", "--", path)
            }
        }
        if !keepsLog { rmdir(directory) }
        return !keepsLog && exists(directory) ? [directory] : []
    }
}
