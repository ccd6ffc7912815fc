// The metrics of `check`: a file that is whole whenever somebody reads it.

import CloneCore
import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite("Check: metrics", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct CliCheckMetricsTests {
    @Test("metrics are replaced in one step, for all to read")
    func metrics() throws {
        try CliScene.with(image: nil) { scene in
            try scene.takeHourly()
            try scene.create()
            let directory = try scene.scope.freshDirectory("collector")
            let file = directory.appending("losnap.prom")
            try scene.scope.write("old", to: file)
            let old = try FileDescriptor.open(file, .readOnly)
            let outcome = try Tool(executable: "/bin/sh").run(
                ["-c", "umask 077; exec \(scene.sandbox.losnap.executable) check --prometheus losnap.prom"],
                environment: scene.sandbox.losnap.environment, directory: directory)
            // Critical, for the schedule has taken nothing; but that is in the file.
            #expect(outcome.succeeded && outcome.stdout.isEmpty && outcome.stderr.isEmpty, "\(outcome)")
            let metrics = try Metrics(String(contentsOfFile: file.string, encoding: .utf8))
            #expect(metrics.value("losnap_check_status") == 2)
            #expect(metrics.value("losnap_snapshots", "source", "home") == 1)
            #expect(metrics.value("losnap_pool_used_ratio", "pool", scene.pool.path.string) ?? 1 < 1)
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory.string) == ["losnap.prom"])
            #expect(try Command.run("stat", ["-c", "%a", file.string]) == "644\n")
            // Whoever was reading the old one goes on reading that.
            let rest = try old.closeAfter { try withUnsafeTemporaryAllocation(byteCount: 16, alignment: 1) { try old.read(into: $0) } }
            #expect(rest == 3)
            for target in ["\(directory)/no/losnap.prom", directory.string, "/proc/losnap.prom"] {
                let failed = try scene.sandbox.run("check", "--prometheus", target)
                #expect(failed.status == .exited(3) && Complaint(failed).errors.count == 1 && failed.stdout.isEmpty, "\(failed)")
                #expect(Complaint(failed).hints.count == 1, "\(failed.stderr)")
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory.string) == ["losnap.prom"])
        }
    }
}
