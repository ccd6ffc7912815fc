// Looks into a clone through a copy of it, mounted as the kernel would after a power cut, and has it checked by its own tools. The
// clone itself is never mounted: what is proved is what lies in the file.

import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

struct CloneCheck {
    private let scope: TestScope
    private let copy: FilePath
    private let kind: Filesystem
    private let options: LoopOptions

    init(_ scope: TestScope, _ clone: FilePath, _ kind: Filesystem, _ options: LoopOptions = LoopOptions()) throws {
        self.scope = scope
        self.kind = kind
        self.options = options
        copy = scope.freshPath("copy")
        try Command.run("cp", ["--sparse=always", "--", clone.string, copy.string], within: .seconds(60))
    }

    /// The copy shares its blocks with the clone, and lies in a directory of the same pool.
    init(_ scope: TestScope, _ clone: FilePath, _ kind: Filesystem, sharingIn directory: FilePath) throws {
        self.scope = scope
        self.kind = kind
        options = LoopOptions()
        copy = directory.appending("copy-\(UUID().uuidString)")
        try Command.run("cp", ["--reflink=always", "--", clone.string, copy.string])
    }

    /// Takes the copy away.
    func remove() { unlink(copy.string) }

    /// Mounts, replaying a log, looks, and unmounts.
    func whileMounted(_ look: (FilePath) throws -> Void) throws {
        let device = try scope.attach(copy, options)
        // What btrfs remembers of this loop device it would take for the original, which is mounted.
        if kind == .btrfs { _ = try Command.outcome("btrfs", ["device", "scan", "--forget", device.path.string]) }
        let mount = try scope.mount(device.path, kind, options: kind == .xfs ? "nouuid" : "defaults")
        try look(mount.path)
        try mount.unmount()
        try device.detach()
    }

    /// In the order that `Writer` keeps, and clean for the checker.
    func expectWhole(sourceLocation: SourceLocation = #_sourceLocation) throws {
        try whileMounted { path in
            let numbers = try #require(Writer.numbers(in: path), sourceLocation: sourceLocation)
            #expect(numbers.ahead == numbers.behind || numbers.ahead == numbers.behind + 1, sourceLocation: sourceLocation)
        }
        try expectClean(sourceLocation: sourceLocation)
    }

    /// Clean for the checker, which wants its log replayed before.
    func expectClean(sourceLocation: SourceLocation = #_sourceLocation) throws {
        let device = try scope.attach(copy, options)
        let check: (String, [String]) =
            switch kind {
            case .xfs, .xfsWithoutReflink: ("xfs_repair", ["-n", device.path.string])
            case .btrfs: ("btrfs", ["check", "--readonly", device.path.string])
            case .ext4, .tmpfs: ("e2fsck", ["-fn", device.path.string])
            }
        let outcome = try Command.outcome(check.0, check.1, within: .seconds(60))
        #expect(outcome.succeeded, "\(outcome.stdout)\(outcome.stderr)", sourceLocation: sourceLocation)
        try device.detach()
    }
}
