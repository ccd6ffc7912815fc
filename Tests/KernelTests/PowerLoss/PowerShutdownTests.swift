// Harder than a picture: the filesystem itself is shut down without writing its log, so that all is lost that nobody forced to the disk, and
// mounted again. Then the same must hold. Every second time losnap lives on over its dead disk for a while: it has to fail like a program, thaw
// and end. In the usual run a few moments, drawn anew each time; with `Tests/run --long` every one that the disks tell from the one before.

import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite(
    "Power loss: shutdowns", .needsRoot, .blocking, .enabled(if: Command.find("strace") != nil, "needs strace"),
    .timeLimit(.minutes(TestLength.isLong ? 240 : 15)))
struct PowerShutdownTests {
    /// With many moments each operation has its own time limit.
    private static let operations = TestLength.isLong ? PowerCase.order.map { [$0] } : [PowerCase.order]

    @Test("XFS that loses its log: what was reported is there and whole", arguments: operations, [false, true])
    func shutdown(operations: [PowerCase], catalogueApart: Bool) throws {
        try TestScope.with { scope in
            let scene = try PowerScene(scope, pool: .xfs, catalogueApart: catalogueApart)
            let place = "XFS, catalogue \(catalogueApart ? "apart" : "on the pool")"
            let empty = try ended(scene)
            try scene.attach(try copies(of: empty, scene))
            try prepare(scene)
            let full = try ended(scene)
            var tried = 0
            for operation in operations {
                let template = operation == .createFirst ? empty : full
                let steps = try steps(of: operation, scene, from: template)
                let chosen = TestLength.isLong ? steps : steps.randomElement().map { [$0] } ?? []
                for step in chosen {
                    try cut(operation, at: step, scene, from: template, place)
                    tried += 1
                }
                LongRun.tell("\(place), \(operation): \(chosen.count) shutdowns")
            }
            #expect(tried >= operations.count)
            KernelAccess.record("power shutdowns: \(tried)")
        }
    }

    @Test("a disk that dies while the first catalogue is made: an I/O error, no damaged catalogue")
    func firstCatalogue() throws {
        try TestScope.with { scope in
            let scene = try PowerScene(scope, pool: .xfs, catalogueApart: true)
            let process = try SteppedProcess(
                scope, scene.losnap(), ["create", scene.image("home").string], calls: "fdatasync")
            try #require(try process.next())
            for disk in scene.disks { try disk.shutDown() }
            try process.runToEnd()
            let refusal = Refusal(74, "catalogue_io", says: scene.catalogue.string, hint: "disk")
            refusal.check(text: process.process.finish(within: .seconds(30)))
            // After the disk is mounted again there is none, and one is made.
            try scene.detach()
            try scene.attach(scene.disks.map(\.file))
            #expect(try scene.losnap().run(["list", "-q"]).stdout.isEmpty)
            try scene.run(scene.losnap(), ["create", scene.image("home").string])
        }
    }

    @Test("the proof would notice: with fsync that does nothing, what was reported is lost", arguments: [true, false])
    func control(shutDown: Bool) throws {
        try TestScope.with { scope in
            // On one disk the catalogue's own syncs would carry the rest of the log with them.
            let scene = try PowerScene(scope, pool: .xfs, catalogueApart: true)
            try scene.run(scene.losnap(), ["create", scene.image("home").string])
            let losnap = scene.losnap()
            let strace = try #require(Command.find("strace"))
            let faking = ["-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync", "-e", "inject=fsync:retval=0"]
            let outcome = try Tool(executable: strace).run(
                faking + [losnap.executable.string, "create", "home"], environment: losnap.environment)
            try #require(outcome.succeeded, "\(outcome)")
            let pictures = shutDown ? nil : try scene.picture()
            if shutDown { for disk in scene.disks { try disk.shutDown() } }
            try scene.detach()
            try scene.attach(pictures ?? scene.disks.map(\.file))
            let listed = try JSONValue(parsing: scene.run(losnap, ["list", "--json"]))["snapshots"].array ?? []
            #expect(listed.map { $0["state"] } == ["complete", "complete"])
            #expect(listed.map { $0["presence"] } == ["present", "missing"])
        }
    }

    /// Three snapshots of one image and one of the other.
    private func prepare(_ scene: PowerScene) throws {
        try scene.mountImages()
        for version in 1...3 {
            try scene.write(version: version)
            try scene.run(scene.losnap(), ["create", scene.image("home").string])
        }
        try scene.run(scene.losnap(), ["create", scene.image("other").string])
        try scene.write(version: 4)
        try scene.learn()
        try scene.unmountImages()
    }

    /// The disks unmounted in order, to begin from.
    private func ended(_ scene: PowerScene) throws -> [FilePath] {
        try scene.detach()
        return scene.disks.map(\.file)
    }

    /// Takes the template's files under new names.
    private func copies(of template: [FilePath], _ scene: PowerScene) throws -> [FilePath] {
        try template.map { file in
            let copy = file.removingLastComponent().appending(scene.scope.freshPath("copy").lastComponent ?? "copy")
            try Command.run("cp", ["--reflink=always", "--", file.string, copy.string])
            return copy
        }
    }

    /// Those of its stops, when nothing happens, at which the disks differ from the stop before; and the last.
    private func steps(of operation: PowerCase, _ scene: PowerScene, from template: [FilePath]) throws -> [Int] {
        var steps: [Int] = []
        try play(operation, scene, from: template) { process in
            var writes = ""
            var step = 0
            while try process.next() {
                step += 1
                if scene.writes != writes { steps.append(step) }
                writes = scene.writes
            }
            if steps.last != step { steps.append(step) }
            let outcome = process.process.finish(within: .seconds(10))
            try #require(outcome.succeeded, "\(outcome.status) \(outcome.stderr)")
        }
        try end(scene)
        return steps
    }

    /// Starts the operation on a copy of the template, and unmounts the images when `body` is done.
    private func play(
        _ operation: PowerCase, _ scene: PowerScene, from template: [FilePath], _ body: (SteppedProcess) throws -> Void
    ) throws {
        try scene.attach(try copies(of: template, scene))
        if !operation.wantsUnmounted { try scene.mountImages() }
        let process = try SteppedProcess(scene.scope, scene.losnap(started: try scene.freshRuntime()), operation.arguments(scene))
        try body(process)
        try scene.unmountImages()
    }

    private func cut(_ operation: PowerCase, at step: Int, _ scene: PowerScene, from template: [FilePath], _ place: String) throws {
        var moment: PowerMoment?
        let livesOn = step.isMultiple(of: 2)
        try play(operation, scene, from: template) { process in
            let before = scene.allFiles
            let untouchable = operation.untouchable(scene)
            let now = try Data(contentsOf: URL(fileURLWithPath: scene.image("home").string))
            let restored = scene.files("home").max().flatMap { scene.contents[$0] }
            for _ in 0..<step { guard try process.next() else { break } }
            try scene.learn()
            let what = "\(place), \(operation), shut down at step \(step)\(livesOn ? ", living on" : ""), \(process.call)"
            moment = PowerMoment(
                operation: operation, what: what, reported: process.hasReported, untouchable: untouchable,
                before: before, images: operation == .restore ? [now] + (restored.map { [$0] } ?? []) : [now])
            try scene.dropCatalogueFromMemory()
            for disk in scene.disks { try disk.shutDown() }
            guard livesOn else {
                process.process.end()
                return
            }
            try process.runToEnd()
            let outcome = process.process.finish(within: .seconds(30))
            #expect(
                [0, 1, 3, 69, 73, 74, 75, 77].contains { outcome.status == .exited($0) },
                "\(what): \(outcome.status) \(outcome.stderr)")
        }
        // The log is replayed at the next mount.
        try scene.detach()
        try scene.attach(scene.disks.map(\.file))
        try scene.examine(try #require(moment), mendedBy: step.isMultiple(of: 4) ? .repair : .nextCreate)
        try end(scene)
    }

    /// The disks of a cut are not needed any more.
    private func end(_ scene: PowerScene) throws {
        for file in try ended(scene) { unlink(file.string) }
    }
}
