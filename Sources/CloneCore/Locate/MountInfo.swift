// A line of /proc/PID/mountinfo (proc_pid_mountinfo(5)) as a value. The rule: any bytes give a result, never a trap; a line that makes no sense
// is left out. It is cut as bytes, not as characters: a blank followed by a combining accent is still a blank.

/// One mount.
package struct MountEntry: Sendable, Hashable {
    /// The superblock's device: of a btrfs an anonymous one.
    package var device: DeviceNumber
    /// Which directory of the filesystem is shown: "/" unless it is a bind mount or a subvolume.
    package var root: String
    /// Relative to the root directory of the process whose mountinfo it is.
    package var mountPoint: String
    /// "xfs"; of FUSE with its subtype, "fuse.sshfs".
    package var type: String
    /// What was mounted, as it was named then: `/dev/loop0`, which may be stale or mean another device now.
    package var source: String
    /// The options of the mount.
    package var options: [String]
    /// The options of the superblock.
    package var superOptions: [String]

    /// The value of a superblock option `name=value`.
    package func superOption(_ name: String) -> String? {
        let start = "\(name)=".utf8
        return superOptions.first { $0.utf8.starts(with: start) }.map { String(decoding: $0.utf8.dropFirst(start.count), as: UTF8.self) }
    }
}

extension MountEntry {
    /// `36 35 98:0 /root /mount-point rw,noatime master:1 - ext3 /dev/root rw,errors=continue`, with any number of optional fields
    /// before the dash.
    init?(_ line: MountLine) {
        guard let device = line.device else { return nil }
        let fields = line.bytes.split(separator: MountLine.blank, omittingEmptySubsequences: false)
        guard !line.isCut else {
            self.init(cut: fields, device)
            return
        }
        // The first six are never a dash of their own: the search begins behind them.
        guard fields.count >= 9, let dash = fields.indices.dropFirst(6).first(where: { isDash(fields[$0]) }), dash + 2 < fields.count
        else { return nil }
        self.init(
            device: device, root: unescaped(fields[3]), mountPoint: unescaped(fields[4]), type: unescaped(fields[dash + 1]),
            source: unescaped(fields[dash + 2]), options: list(fields[5]),
            superOptions: dash + 3 < fields.count ? list(fields[dash + 3]) : [])
        // As bytes: what follows the slash may join with it to another character.
        guard mountPoint.utf8.first == UInt8(ascii: "/") else { return nil }
    }

    /// A line that was too long to be kept, with its middle missing. That there is such a mount must still be known, but it can't be opened by
    /// so long a path.
    private init?(cut fields: [ArraySlice<UInt8>], _ device: DeviceNumber) {
        guard let dash = fields.indices.last(where: { isDash(fields[$0]) && $0 + 2 < fields.count }) else { return nil }
        let beginning = String(unescaped(fields[min(4, fields.count - 1)].prefix(200)).drop { $0 == "/" })
        self.init(
            device: device, root: "/", mountPoint: "/\(beginning)...", type: unescaped(fields[dash + 1]),
            source: unescaped(fields[dash + 2]), options: [], superOptions: dash + 3 < fields.count ? list(fields[dash + 3]) : [])
    }
}

private func isDash(_ field: ArraySlice<UInt8>) -> Bool { field.count == 1 && field.first == UInt8(ascii: "-") }

private func text(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }

private func list(_ bytes: ArraySlice<UInt8>) -> [String] { bytes.split(separator: UInt8(ascii: ",")).map { unescaped($0) } }

/// Undoes the kernel's octal escapes of blank, tab, newline, backslash and others: `\040`.
private func unescaped(_ bytes: ArraySlice<UInt8>) -> String {
    let backslash = UInt8(ascii: "\\")
    guard bytes.contains(backslash) else { return text(bytes) }
    var result: [UInt8] = []
    var rest = bytes
    while let first = rest.popFirst() {
        let digits = rest.prefix(3)
        let value = digits.reduce(0) { $0 * 8 + Int($1) - 0x30 }
        if first == backslash, digits.count == 3, digits.allSatisfy({ (0x30...0x37).contains($0) }), let byte = UInt8(exactly: value) {
            result.append(byte)
            rest = rest.dropFirst(3)
        } else {
            result.append(first)
        }
    }
    return text(result[...])
}
