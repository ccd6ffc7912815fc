// Fail the n-th call of a clone of a mounted image, frozen for real: every call of each kind, with every error that it may return. The rule: whatever
// fails, nothing stays frozen, no clone is left, and the next one succeeds.

import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite("Freeze: every failing call", .needsRoot, .blocking, .timeLimit(.minutes(TestLength.isLong ? 60 : 15)))
struct FreezeFaultTests {
    private static let errnos: [Errno] = [
        .ioError, .noSpace, .interrupted, .resourceBusy, .notPermitted, .noMemory, .readOnlyFileSystem,
    ]

    @Test("thawed, nothing left, and the next one succeeds", arguments: [Filesystem.xfs, .ext4, .btrfs])
    func fails(kind: Filesystem) throws {
        try TestScope.with { scope in
            let scene = try FreezeScene(scope, image: kind, size: kind == .btrfs ? nil : 400 << 20)
            // Two are frozen, so that one may be when the other can't; for a btrfs of this size there is no room for another in it.
            let inner = kind == .btrfs ? nil : try scope.mountedImage("inner.img", in: scene.image.path, .ext4)
            var tried = 0
            for call in ["syncFilesystem", "freeze", "cloneRange", "thaw", "link", "rename"] {
                for number in 1...8 {
                    var reached = false
                    for errno in TestLength.isLong ? Self.errnos : [Self.errnos.randomElement() ?? .ioError] {
                        let fault = "\(call):\(number):\(errno.rawValue)"
                        let outcome = try scene.clone(["--deadline", "1000", "--fail", fault])
                        if outcome.succeeded {
                            try Command.run("rm", [scene.destination.string])
                            continue
                        }
                        reached = true
                        tried += 1
                        #expect(outcome.status == .exited(2) && outcome.stdout.contains("error "), "\(fault): \(outcome)")
                        for path in [scene.image.path, inner?.path].compactMap({ $0 }) {
                            _ = try Touch(scope, in: path).through(within: .seconds(5))
                        }
                        try scene.expectNoClone()
                        _ = try scene.probe.thaw()
                        #expect(scene.probe.records.isEmpty, "\(fault)")
                        // A neighbour's loop device may keep it from telling what a btrfs holds: that is not of this test.
                        try eventually("\(fault): the next one") {
                            let next = try scene.clone()
                            let isOfNeighbours = ["freeze_refused", "window_broken"].contains { next.stdout.contains("error \($0)") }
                            #expect(next.succeeded || isOfNeighbours, "\(fault): \(next)")
                            return next.succeeded
                        }
                        try Command.run("rm", [scene.destination.string])
                    }
                    if !reached { break }
                }
            }
            scene.image.mount.expectThawed()
            inner?.mount.expectThawed()
            #expect(tried >= 6)
            LongRun.tell("\(kind): \(tried) failing calls")
        }
    }
}
