// Paths of the storm. Everything it makes lies beneath its directory, and is found there for the clean-up.

import Foundation

/// An image of the storm.
struct Image: Sendable {
    let name: String
    let file: String
    let kind: String
    let mebibytes: Int
    /// Where it is mounted; nil: it is not, most of the time.
    let mountPoint: String?
}

/// The directory of a storm.
struct Place: Sendable {
    let directory: String
    /// Pools: an XFS and a btrfs with most images, and a small XFS that is filled to the last block now and then.
    var xfs: String { directory + "/x" }
    var btrfs: String { directory + "/b" }
    var small: String { directory + "/z" }
    /// The filesystem of the catalogue alone.
    var state: String { directory + "/state" }
    var mounts: String { directory + "/m" }
    /// Where workers mount snapshots.
    var browsed: String { directory + "/mnt" }
    var runtime: String { directory + "/run" }
    var frozen: String { runtime + "/frozen" }
    var log: String { directory + "/log" }
    var groups: String { directory + "/cgroup" }
    var user: String { xfs + "/user" }
    /// A copy of losnap that anybody may run.
    var open: String { directory + "/open" }
    static let userID = 65534
    var hooks: String { log + "/hooks" }

    var pools: [(path: String, file: String, kind: String, mebibytes: Int)] {
        [
            (xfs, directory + "/xfs.pool", "xfs", 8192), (btrfs, directory + "/btrfs.pool", "btrfs", 8192),
            (small, directory + "/small.pool", "xfs", 320), (state, directory + "/state.disk", "ext4", 24),
        ]
    }

    /// Directories with images, which have `.losnap` and `out`.
    var bases: [String] { [xfs, btrfs, small, mounts + "/outer"] }

    /// An outer image comes before those that lie in it.
    var images: [Image] {
        func image(_ name: String, in base: String, _ kind: String, _ mebibytes: Int, mounted: Bool = false) -> Image {
            Image(
                name: name, file: "\(base)/\(name).img", kind: kind, mebibytes: mebibytes, mountPoint: mounted ? "\(mounts)/\(name)" : nil)
        }
        return [
            image("e4", in: xfs, "ext4", 256, mounted: true), image("xf", in: xfs, "xfs", 320, mounted: true),
            image("bt", in: btrfs, "btrfs", 256, mounted: true), image("outer", in: xfs, "xfs", 1300, mounted: true),
            image("in1", in: mounts + "/outer", "ext4", 96, mounted: true), image("in2", in: mounts + "/outer", "ext4", 48),
            image("um", in: xfs, "ext4", 64), image("rn", in: btrfs, "ext4", 64), image("sm", in: small, "ext4", 24),
        ]
    }

    var mounted: [Image] { images.filter { $0.mountPoint != nil } }

    func image(_ name: String) -> Image? { images.first { $0.name == name } }

    /// The pool, or image, in which a file lies.
    func base(of path: String) -> String { bases.first { path.hasPrefix($0 + "/") } ?? xfs }

    /// The longest that losnap may keep anything frozen, in seconds, as its configuration says.
    static let deadline = 4.0

    var configuration: String {
        """
        policies:
          std: { keep: { last: 6, labels: "keep*" }, scope: run }
          every: { keep: { last: 14, within: 90s }, scope: all }
        defaults: { policy: every, max-freeze: \(Int(Self.deadline))s }
        sources:
          e4: { image: \(xfs)/e4.img, every: 1min, policy: std, before: "echo before >>\(hooks)", after: "echo after >>\(hooks)" }
          xf: { image: \(xfs)/xf.img, every: 1min, group: g1 }
          bt: { image: \(btrfs)/bt.img, group: g1, before: "sleep 0.2", after: "sleep 0.1" }
          outer: { image: \(xfs)/outer.img, every: 1min, group: g2, policy: std }
          in1: { image: \(mounts)/outer/in1.img, every: 1min }
          in2: { image: \(mounts)/outer/in2.img, every: 1min, if-changed: true }
          um: { image: \(xfs)/um.img, every: 1min, policy: std, group: g2, if-changed: 64KiB }
          sm: { image: \(small)/sm.img, every: 1min }

        """
    }

    /// Another administrator's, over some of the same images.
    var secondConfiguration: String {
        let sources = Self.secondImages.compactMap { image($0) }.map {
            "  \($0.name): { image: \($0.file), snapshot-directory: \(base(of: $0.file))/.second/\($0.name) }"
        }
        return "policies: { few: { keep: { last: 4 } } }\ndefaults: { policy: few, max-freeze: \(Int(Self.deadline))s }\nsources:\n"
            + sources.joined(separator: "\n") + "\n"
    }

    static let secondImages = ["e4", "xf", "bt", "in1", "um"]
}
