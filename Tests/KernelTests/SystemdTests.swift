// Examples/systemd, as far as it can be tried without a systemd that runs (SystemdServiceTests has one): its own judgement of the units, and losnap with the capabilities that
// the service leaves it. The rule: what hardens the service must not keep losnap from freezing.

import Foundation
import SystemPackage
import TestSupport
import Testing

@Suite(
    "Units of systemd", .needsRoot, .blocking, .enabled(if: Command.find("systemd-analyze") != nil, "systemd is not installed"),
    .timeLimit(.minutes(15)))
struct SystemdTests {
    private static let examples = FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent()
        .appending("Examples/systemd")

    private static func text(_ name: String) throws -> String {
        try String(contentsOfFile: examples.appending(name).string, encoding: .utf8)
    }

    /// Says that the image is due, with a hook.
    private static func configure(_ scene: CliScene) throws {
        try scene.scope.write(
            "sources:\n  home: { image: \(scene.image), every: 1h, before: id -u >/dev/null }\n", to: scene.sandbox.configuration)
    }

    /// The units in a directory of their own, with the program that is there.
    private static func units(in scope: TestScope) throws -> [String] {
        let directory = try scope.freshDirectory("units")
        return try ["losnap.service", "losnap.timer"].map { name in
            let path = directory.appending(name)
            try scope.write(text(name).replacing("/usr/bin/losnap", with: Tool.losnap.executable.string), to: path)
            return path.string
        }
    }

    @Test("systemd understands every line")
    func verify() throws {
        try TestScope.with { scope in
            let units = try Self.units(in: scope)
            let outcome = try Command.outcome("systemd-analyze", ["verify", "--man=no"] + units)
            #expect(outcome.succeeded && outcome.stdout.isEmpty && outcome.stderr.isEmpty, "\(outcome.stdout)\(outcome.stderr)")
            // So it would also tell.
            let wrong = scope.freshPath("units").appending("../losnap.service").lexicallyNormalized()
            try scope.write(Self.text("losnap.service").replacing("KillMode=", with: "KilMode="), to: wrong)
            #expect(try Command.outcome("systemd-analyze", ["verify", "--man=no", wrong.string]).stderr.contains("KilMode"))
        }
    }

    @Test("the service is no more exposed than it has to be")
    func security() throws {
        try TestScope.with { scope in
            // In tenths. What the rest is needed for is written in the unit.
            let units = try Self.units(in: scope)
            let outcome = try Command.outcome("systemd-analyze", ["security", "--offline=true", "--threshold=61", "--no-pager", units[0]])
            #expect(outcome.succeeded, "\(outcome.stdout)\(outcome.stderr)")
        }
    }

    @Test("it is stopped gently, thaws at the end, and has the mounts of the machine")
    func settings() throws {
        let service = try Self.text("losnap.service")
        for line in [
            "Type=oneshot", "ExecStart=/usr/bin/losnap run", "ExecStopPost=/usr/bin/losnap thaw --quiet", "KillMode=mixed",
            "OOMPolicy=continue", "TimeoutStopSec=10min",
        ] { #expect(service.contains("\n\(line)\n"), "\(line)") }
        #expect(try Self.text("losnap.timer").contains("\nPersistent=true\n"))
        // Mounts of its own would keep hooks from mounting for all.
        for name in [
            "Protect(System|Home|Proc|KernelTunables|KernelModules|KernelLogs|ControlGroups|Clock)", "Private\\w+", "Nice", "IO\\w+",
            // Takes openat2 away, as losnap under the unit shows (SystemdServiceTests); the filter's list does not.
            "RestrictSUIDSGID",
        ] {
            #expect(try service.firstMatch(of: Regex("(?m)^\(name)=")) == nil, "\(name)")
        }
    }

    @Test("nothing that losnap asks of the kernel is among what the service forbids")
    func systemCalls() throws {
        try CliScene.with { scene in
            let filter = try #require(Self.text("losnap.service").firstMatch(of: /\nSystemCallFilter=~(.*)\n/)?.1)
            let sets = filter.split(separator: " ").map(String.init)
            #expect(sets.contains("@module") && sets.contains("@reboot"))
            // Members are indented; a member may be another set, which the listing has by itself.
            let listed = try Command.run("systemd-analyze", ["syscall-filter", "--no-pager"] + sets)
            let forbidden = Set(listed.split(separator: "\n").filter { $0.hasPrefix(" ") }.map { $0.trimmingCharacters(in: .whitespaces) })
            #expect(forbidden.contains("init_module") && forbidden.contains("reboot"))

            try Self.configure(scene)
            for arguments in [["run"], ["create", scene.image.string], ["prune", "home", "--keep-last", "1"]] {
                let trace = scene.scope.freshPath("trace")
                let strace = try Tool(executable: #require(Command.find("strace")))
                let command = ["-f", "-qq", "-o", trace.string, scene.sandbox.losnap.executable.string] + arguments
                let outcome = try strace.run(command, environment: scene.sandbox.losnap.environment)
                try #require(outcome.succeeded, "\(outcome.stderr)")
                let called = try Set(
                    String(contentsOfFile: trace.string, encoding: .utf8).matches(of: /(?m)^\d+ +(\w+)\(/).map { String($0.1) })
                #expect(called.contains("ioctl") && called.isDisjoint(with: forbidden), "\(called.intersection(forbidden))")
            }
        }
    }

    @Test("losnap freezes, keeps and prunes with the capabilities that are left", arguments: [Filesystem.xfs, .btrfs])
    func capabilities(pool: Filesystem) throws {
        try CliScene.with(pool: pool) { scene in
            let lines = try Self.text("losnap.service").split(separator: "\n").filter { $0.hasPrefix("CapabilityBoundingSet=") }
            let wanted = lines.flatMap { $0.split(separator: "=")[1].split(separator: " ") }.map { $0.dropFirst("CAP_".count).lowercased() }
            #expect(wanted.contains("sys_admin"))
            // As a virtual machine's image would be, somebody else's.
            try Command.run("chown", ["12345:12345", scene.image.string])
            try Command.run("chmod", ["0600", scene.image.string])
            let bounds = "--bounding-set=-all," + wanted.map { "+\($0)" }.joined(separator: ",")
            try Self.configure(scene)
            for arguments in [["run"], ["create", scene.image.string], ["prune", "home", "--keep-last", "1"], ["thaw", "--quiet"]] {
                let outcome = try Tool(executable: #require(Command.find("setpriv"))).run(
                    [bounds, scene.sandbox.losnap.executable.string] + arguments, environment: scene.sandbox.losnap.environment)
                #expect(outcome.succeeded && outcome.stderr.isEmpty, "\(arguments): \(outcome.stderr)")
            }
            #expect(try scene.numbers() == [2])
            let snapshot = try #require(scene.listed().first)
            #expect(snapshot["consistency"] == "frozen")
            #expect(try Command.run("lsattr", [#require(snapshot["path"].string)]).split(separator: " ").first?.contains("i") == true)
            scene.expectNothingFrozen()
        }
    }
}
