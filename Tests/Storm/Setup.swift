// Makes the pools, the images and the catalogues' places.

import Foundation
import Glibc

extension Storm {
    /// Makes everything; throws if something can't be made.
    func setUp() throws {
        let directory = place.directory
        guard mkdir(directory, 0o755) == 0 else { throw StormError("\(directory): can't be made: \(String(cString: strerror(errno)))") }
        for name in ["x", "b", "z", "m", "m/tmp", "mnt", "state", "state2", "etc", "run", "log", "cgroup", "open", "keep"] {
            try make("\(directory)/\(name)", mode: ["run", "state2"].contains(name) ? 0o700 : 0o755)
        }
        for pool in place.pools {
            try need("truncate", "-s", "\(pool.mebibytes)M", pool.file)
            try makeFilesystem(pool.kind, pool.file)
            try need("mount", "-o", "loop", pool.file, pool.path)
        }
        var random = Seeded(request.seed)
        for image in place.images { try makeImage(image, &random) }
        for base in place.bases { for name in ["out", ".second"] { try make("\(base)/\(name)") } }
        try place.configuration.write(toFile: directory + "/etc/losnap.yaml", atomically: false, encoding: .utf8)
        try place.secondConfiguration.write(toFile: directory + "/etc/second.yaml", atomically: false, encoding: .utf8)
        try setUpUser(&random)
        if !system("mount", "-t", "cgroup2", "none", place.groups).succeeded { ledger.note("no control groups can be had here") }
        for number in 0..<request.workers { try make("\(place.browsed)/w\(number)") }
    }

    private func make(_ path: String, mode: mode_t = 0o755) throws {
        guard mkdir(path, mode) == 0, chmod(path, mode) == 0 else { throw StormError("\(path): \(String(cString: strerror(errno)))") }
    }

    private func makeFilesystem(_ kind: String, _ path: String) throws {
        switch kind {
        // Blocks of 4 KiB also where it is small.
        case "ext4": try need("mkfs.ext4", "-q", "-F", "-b", "4096", "-E", "lazy_itable_init=0,lazy_journal_init=0", path)
        case "xfs": try need("mkfs.xfs", "-q", "-f", path)
        default: try makeBtrfs(path)
        }
    }

    /// mkfs.btrfs looks at whatever is mounted on the machine, and fails if that can't be read just then.
    private func makeBtrfs(_ path: String) throws {
        for _ in 0..<20 {
            if system("mkfs.btrfs", "-q", "-f", path).succeeded { return }
            rest(0.5)
        }
        try need("mkfs.btrfs", "-q", "-f", path)
    }

    private func makeImage(_ image: Image, _ random: inout Seeded) throws {
        try need("truncate", "-s", "\(image.mebibytes)M", image.file)
        try makeFilesystem(image.kind, image.file)
        let at = image.mountPoint ?? place.mounts + "/tmp"
        if image.mountPoint != nil { try make(at) }
        if image.name == "e4" { try scatter(image.file, from: image.mebibytes << 20) }
        try need("mount", "-o", "loop", image.file, at)
        for _ in 0..<12 { try store(Int.random(in: 1..<200_000, using: &random), in: at, by: "setup") }
        if image.mountPoint == nil { try need("umount", at) }
    }

    /// Thousands of blocks apart from one another behind the filesystem, so that a clone in one go takes a while.
    private func scatter(_ path: String, from start: Int) throws {
        let file = open(path, O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { throw StormError("\(path): errno \(errno)") }
        defer { close(file) }
        let block = [UInt8](repeating: 7, count: 4096)
        for number in 0..<4000 {
            guard pwrite(file, block, block.count, off_t(start + number * 12288)) == block.count else {
                throw StormError("\(path): errno \(errno)")
            }
        }
        guard ftruncate(file, off_t(start + 4000 * 12288)) == 0 else { throw StormError("\(path): errno \(errno)") }
    }

    /// Somebody without root, with an image in a directory of his own on root's pool.
    private func setUpUser(_ random: inout Seeded) throws {
        let binary = request.losnap
        let libraries = system("ldd", binary).output.split(separator: "\n").compactMap { line in
            line.split(whereSeparator: \.isWhitespace).first { $0.hasPrefix("/") }.map(String.init)
        }.filter { !$0.hasPrefix("/lib") && !$0.hasPrefix("/usr/lib") }
        let copied = system(["cp", "--"] + libraries + [binary, place.open])
        guard copied.succeeded else { throw StormError(copied.output) }
        try need("chmod", "-R", "a+rX", place.open)
        for name in ["", "/state", "/run"] { try make(place.user + name, mode: 0o700) }
        try "".write(toFile: place.user + "/losnap.yaml", atomically: false, encoding: .utf8)
        try makeImage(Image(name: "u", file: place.user + "/u.img", kind: "ext4", mebibytes: 16, mountPoint: nil), &random)
        try need("chown", "-R", "\(Place.userID):\(Place.userID)", place.user)
    }
}
