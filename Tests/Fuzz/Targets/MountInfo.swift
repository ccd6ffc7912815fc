// Lines of /proc/PID/mountinfo. Printed as the kernel does and read again, they give the same.

internal import CloneCore

extension Target {
    static let mountInfo = Target(
        name: "mountinfo",
        tokens: [
            " - ", " / ", "shared:1", "master:2", "rw,noatime", "xfs", "btrfs", "overlay", "autofs", "fuse.x", "/dev/loop0", "\\040",
            "\\134", "\\012",
            "\\054", "/\\303\\244", "logdev=/dev/a", "7:0", "0:41", "//deleted", " ", "/\u{301}x",
        ]
    ) { input in
        let entries = MountLines.entries(of: input)
        // However it comes, and whatever is left out unread.
        if input.count < 1 << 20 {
            let block = 1 + input.count % 97
            try expect(MountLines.entries(of: input, block: block) == entries, "in blocks of \(block) bytes it is another")
            let filter = MountFilter.possiblyInImages(and: [DeviceNumber(major: 0, minor: 41)])
            try expect(MountLines.entries(of: input, filter) == entries.filter(filter.wants), "filtered it is another")
        }
        try expect(entries.count <= input.count / 8, "\(entries.count) entries of \(input.count) bytes")
        for entry in entries {
            try expect(entry.mountPoint.utf8.first == 0x2F, "a mount point that is not absolute")
            try expect(read(entry) == [entry], "printed and read again it is another: \(entry)")
            // The first character after the slash may join with it.
            var other = entry
            other.mountPoint = "/\u{301}" + entry.mountPoint.dropFirst()
            try expect(read(other) == [other], "lost: \(other)")
            _ = entry.superOption("logdev")
        }
        return !entries.isEmpty
    }

    private static func read(_ entry: MountEntry) -> [MountEntry] {
        MountLines.entries(of: Array(printed(entry).utf8))
    }

    /// The line of such a mount.
    static func printed(_ entry: MountEntry) -> String {
        func list(_ words: [String]) -> String { words.map { escaped($0, also: ",") }.joined(separator: ",") }
        let head = "1 1 \(entry.device) \(escaped(entry.root)) \(escaped(entry.mountPoint)) \(list(entry.options))"
        return "\(head) - \(escaped(entry.type)) \(escaped(entry.source)) \(list(entry.superOptions))"
    }

    private static func escaped(_ text: String, also more: String = "") -> String {
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            if Array("\\ \t\n\(more)".utf8).contains(byte) {
                bytes += [0x5C, 0x30 + byte >> 6, 0x30 + byte >> 3 & 7, 0x30 + byte & 7]
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
