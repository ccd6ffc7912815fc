// Which filesystem an open descriptor is on, for as long as it is mounted. The rule: st_dev decides, except on btrfs, where every
// subvolume has its own and only the UUID decides.

internal import CLinux

/// The most filesystems that one thaw guard can hold.
let mostFrozenAtOnce = Int(CLINUX_GUARD_MAX)

/// The UUID of a filesystem, in the kernel's order of bytes.
public struct FilesystemUUID: Sendable, Hashable, CustomStringConvertible {
    /// 16 bytes.
    public let bytes: [UInt8]

    /// nil unless there are 16 bytes.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 16 else { return nil }
        self.bytes = bytes
    }

    /// From the form with dashes, in either case; nil for anything else.
    public init?(_ text: some StringProtocol) {
        let groups = text.split(separator: "-", omittingEmptySubsequences: false)
        guard groups.map(\.utf8.count) == [8, 4, 4, 4, 12] else { return nil }
        var bytes: [UInt8] = []
        var high: UInt8?
        for group in groups {
            for character in group {
                guard character.isASCII, let digit = character.hexDigitValue else { return nil }
                if let first = high {
                    bytes.append(first << 4 | UInt8(digit))
                    high = nil
                } else {
                    high = UInt8(digit)
                }
            }
        }
        self.init(bytes: bytes)
    }

    /// Lower case, with dashes.
    public var description: String {
        let digits = Array("0123456789abcdef")
        var text = ""
        for (index, byte) in bytes.enumerated() {
            if [4, 6, 8, 10].contains(index) { text.append("-") }
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return text
    }
}

/// What a descriptor tells of the filesystem it is on.
package struct FilesystemIdentity: Sendable, Hashable {
    /// st_dev. On btrfs it is the subvolume's.
    package var device: DeviceNumber
    /// Only of a btrfs.
    package var btrfsUUID: FilesystemUUID?
    /// Whether the descriptor is a directory.
    package var isDirectory: Bool

    package init(device: DeviceNumber, btrfsUUID: FilesystemUUID? = nil, isDirectory: Bool = true) {
        self.device = device
        self.btrfsUUID = btrfsUUID
        self.isDirectory = isDirectory
    }

    /// nil if it can't be looked at, or is neither a directory nor a regular file.
    static func of(_ descriptor: CInt) -> FilesystemIdentity? {
        var status = clinux_status()
        guard clinux_status_of(descriptor, "", &status) == 0 else { return nil }
        let kind = FileKind(mode: status.mode)
        guard kind == .directory || kind == .regular else { return nil }
        var filesystem = clinux_filesystem()
        guard clinux_statfs(descriptor, &filesystem) == 0 else { return nil }
        var uuid: FilesystemUUID?
        if filesystem.magic == UInt64(CLINUX_MAGIC_BTRFS) {
            var bytes = [UInt8](repeating: 0, count: 16)
            guard clinux_filesystem_uuid(descriptor, filesystem.magic, &bytes) == 0 else { return nil }
            uuid = FilesystemUUID(bytes: bytes)
        }
        return FilesystemIdentity(
            device: DeviceNumber(statusDevice: status.device), btrfsUUID: uuid, isDirectory: kind == .directory)
    }

    static func ofRegularFile(_ descriptor: CInt) -> FilesystemIdentity? {
        of(descriptor).flatMap { $0.isDirectory ? nil : $0 }
    }
}
