// The power goes at every moment of create, prune and restore, on real disks: losnap is held after each of its calls, and a clone of the disk's
// own file is what would be left. In the usual run a sample of the moments is examined, drawn anew each time; with `Tests/run --long` every one.

import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite("Power loss: pictures", .needsRoot, .blocking, .enabled(if: Command.find("strace") != nil, "needs strace"), .timeLimit(.minutes(15)))
struct PowerPictureTests {
    @Test("what was reported is there and whole, the rest is mended", arguments: [Filesystem.xfs, .btrfs], [false, true])
    func pictures(kind: Filesystem, catalogueApart: Bool) throws {
        try TestScope.with { scope in
            let scene = try PowerScene(scope, pool: kind, catalogueApart: catalogueApart)
            try scene.mountImages()
            var moments: [[PowerMoment]] = []
            for (version, operation) in PowerCase.order.enumerated() {
                if operation.wantsUnmounted { try scene.unmountImages() } else { try scene.write(version: version) }
                moments.append(try pictures(of: operation, scene, "\(kind), catalogue \(catalogueApart ? "apart" : "on the pool")"))
                try expectVersion(version, of: operation, scene)
                // Moments that no call ends at. Of two disks there would be two moments.
                if operation == .create, !catalogueApart { moments.append(try chances(of: operation, scene, "\(kind), by chance")) }
            }
            try scene.detach()
            let chosen = moments.flatMap { TestLength.isLong ? $0 : $0.randomElement().map { [$0] } ?? [] }
            for (index, moment) in chosen.enumerated() {
                try scene.attach(moment.disks)
                try scene.examine(moment, mendedBy: index.isMultiple(of: 2) ? .repair : .nextCreate)
                try scene.detach()
                for disk in moment.disks { unlink(disk.string) }
            }
            KernelAccess.record("power pictures: \(chosen.count) of \(moments.flatMap { $0 }.count)")
        }
    }

    /// A picture at each moment that the disks tell from the one before.
    private func pictures(of operation: PowerCase, _ scene: PowerScene, _ where: String) throws -> [PowerMoment] {
        let before = scene.allFiles
        let untouchable = operation.untouchable(scene)
        let images = try expectedImages(operation, scene)
        let process = try SteppedProcess(scene.scope, scene.losnap(), operation.arguments(scene))
        var moments: [PowerMoment] = []
        var seen = (writes: "", reported: false)
        var step = 0
        func take(_ call: String, reported: Bool) throws {
            try scene.learn()
            let now = (scene.writes, reported)
            guard now != seen else { return }
            seen = now
            let what = "\(`where`), \(operation), step \(step), \(call)"
            moments.append(
                PowerMoment(
                    operation: operation, what: what, reported: reported, untouchable: untouchable, before: before, images: images,
                    disks: try scene.picture()))
        }
        while try process.next() {
            step += 1
            try take(process.call, reported: process.hasReported)
        }
        let outcome = process.process.finish(within: .seconds(10))
        try #require(outcome.succeeded, "\(outcome.status) \(outcome.stderr)")
        #expect(process.hasReported && step > 20)
        try take("its end", reported: true)
        return moments
    }

    /// Pictures as fast as they can be taken while it runs.
    private func chances(of operation: PowerCase, _ scene: PowerScene, _ what: String) throws -> [PowerMoment] {
        let before = scene.allFiles
        let untouchable = operation.untouchable(scene)
        let images = try expectedImages(operation, scene)
        let process = try scene.scope.start(scene.losnap().invocation(operation.arguments(scene)))
        var moments: [PowerMoment] = []
        var writes = ""
        var ended = false
        while !ended {
            ended = process.poll() != nil
            let now = scene.writes
            guard now != writes || ended else { continue }
            writes = now
            moments.append(
                PowerMoment(
                    operation: operation, what: "\(what), \(operation), picture \(moments.count)", reported: ended,
                    untouchable: untouchable, before: before, images: images, disks: try scene.picture()))
        }
        let outcome = process.finish(within: .seconds(10))
        try #require(outcome.succeeded, "\(outcome.status) \(outcome.stderr)")
        try scene.learn()
        return moments
    }

    private func expectedImages(_ operation: PowerCase, _ scene: PowerScene) throws -> [Data] {
        let now = try Data(contentsOf: URL(fileURLWithPath: scene.image("home").string))
        guard operation == .restore, let newest = scene.files("home").max(), let content = scene.contents[newest] else { return [now] }
        return [now, content]
    }

    /// The snapshot holds what was in the image when it was taken, though nobody had synced it.
    private func expectVersion(_ version: Int, of operation: PowerCase, _ scene: PowerScene) throws {
        guard operation.made > 0, operation != .restore else { return }
        for name in PowerScene.sources.prefix(operation.made) {
            let newest = try #require(scene.files(name).max())
            #expect(scene.contents[newest]?.range(of: PowerScene.block(version)) != nil, "\(operation) of \(name)")
        }
    }
}
