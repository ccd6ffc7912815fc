// The number of a device as the kernel writes it in mountinfo and sysfs. The rule: st_dev, mountinfo and a loop device's status are
// compared as this type only, never as text or raw integers of different encodings.

/// A device's major and minor number; also the anonymous ones (major 0) of filesystems without a device of their own, as btrfs.
public struct DeviceNumber: Sendable, Hashable, CustomStringConvertible, Comparable {
    /// The driver.
    public var major: UInt32
    /// The device of that driver.
    public var minor: UInt32

    public init(major: UInt32, minor: UInt32) {
        self.major = major
        self.minor = minor
    }

    /// From st_dev as glibc encodes it (makedev(3)).
    public init(statusDevice device: UInt64) {
        major = UInt32(truncatingIfNeeded: ((device >> 8) & 0xfff) | ((device >> 32) & 0xffff_f000))
        minor = UInt32(truncatingIfNeeded: (device & 0xff) | ((device >> 12) & 0xffff_ff00))
    }

    /// From "major:minor", as in mountinfo and in sysfs's `dev`; nil for anything else.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let major = UInt32(parts[0]), let minor = UInt32(parts[1]) else { return nil }
        self.init(major: major, minor: minor)
    }

    /// "major:minor".
    public var description: String { "\(major):\(minor)" }

    public static func < (left: DeviceNumber, right: DeviceNumber) -> Bool {
        (left.major, left.minor) < (right.major, right.minor)
    }
}
