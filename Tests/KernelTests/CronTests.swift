// Examples/cron.d/losnap under a real cron daemon. The rule: the daemon sees nothing of this machine's own jobs and the machine nothing of it:
// it has mounts of its own, with other directories in the places that it looks into.

import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite("Cron", .needsRoot, .blocking, .enabled(if: Command.find("cron") != nil, "cron is not installed"), .timeLimit(.minutes(15)))
struct CronTests {
    @Test("cron takes what is due, mails what fails, and nothing else")
    func cron() throws {
        try CliScene.with { scene in
            let configuration = "sources:\n  home: { image: \(scene.image), every: 1h }\n"
            try scene.scope.write(configuration, to: scene.sandbox.configuration)
            let daemon = try Daemon(scene)
            try daemon.wait(for: "a snapshot and a mail") { try !scene.numbers().isEmpty && daemon.ended && !daemon.mail.isEmpty }

            let snapshot = try #require(scene.listed().first)
            #expect(snapshot["origin"] == "run" && snapshot["consistency"] == "frozen" && snapshot["source"] == "home")
            #expect(try daemon.said.isEmpty)
            // One letter, about the job that can't work.
            #expect(daemon.mail.components(separatedBy: "Subject:").count == 2)
            #expect(daemon.mail.contains("losnap: error: /nonexistent/losnap.yaml"))
            scene.expectNothingFrozen()
        }
    }
}

/// A cron daemon with one table of jobs: the example's, and one that fails.
private struct Daemon {
    private let directory: FilePath
    private let process: ChildProcess

    init(_ scene: CliScene) throws {
        directory = try scene.scope.freshDirectory("cron")
        for name in ["cron.d", "spool", "spool/crontabs", "sbin"] { mkdir(directory.appending(name).string, 0o755) }
        let cron = try #require(Command.find("cron"), "cron is not installed")
        try Command.run("cp", [cron.string, directory.appending("daemon").string])
        let losnap = scene.sandbox.losnap.executable
        try Self.script(
            "\(losnap) \"$@\" >\(directory)/said 2>&1; s=$?; cat \(directory)/said; echo $s >\(directory)/ended; exit $s", directory,
            "losnap")
        try Self.script("cat >>\(directory)/mail", directory, "sbin/sendmail")

        let example = try String(contentsOfFile: Self.example.string, encoding: .utf8)
        #expect(example.contains("\n*/5 * * * *  root  /usr/bin/losnap run\n"))
        let variables = scene.sandbox.losnap.environment.sorted { $0.key < $1.key }.map { "\($0)=\($1)\n" }.joined()
        let jobs = example.replacing("*/5 * * * *", with: "* * * * *").replacing("/usr/bin/losnap", with: "\(directory)/losnap")
        let failing = "* * * * *  root  \(losnap) run --config /nonexistent/losnap.yaml\n"
        try scene.scope.write(variables + jobs + failing, to: directory.appending("cron.d/losnap"))

        let start = """
            set -e
            # What other tests have mounted would be held from here, where nobody unmounts it.
            awk -v own="$2/" '/ \\/dev\\/loop/ && index($5, own) != 1 { print $5 }' /proc/self/mountinfo |
                while read -r place; do umount --lazy "$place" || true; done
            mount --bind "$1/cron.d" /etc/cron.d
            mkdir -p /var/spool/cron
            mount --bind "$1/spool" /var/spool/cron
            [ ! -e /etc/crontab ] || mount --bind /dev/null /etc/crontab
            mount -t tmpfs none /run
            mount --bind "$1/sbin" /usr/sbin
            exec "$1/daemon" -f
            """
        let unshare = try Tool(executable: #require(Command.find("unshare")))
        let arguments = ["--mount", "--propagation", "slave", "/bin/sh", "-c", start, "sh", directory.string, scene.scope.directory.string]
        process = try scene.scope.start(unshare.invocation(arguments))
    }

    private static let example = FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent()
        .appending("Examples/cron.d/losnap")

    private static func script(_ text: String, _ directory: FilePath, _ name: String) throws {
        let path = directory.appending(name).string
        try "#!/bin/sh\n\(text)\n".write(toFile: path, atomically: true, encoding: .utf8)
        chmod(path, 0o755)
    }

    /// Everything that was mailed.
    var mail: String { (try? String(contentsOfFile: directory.appending("mail").string, encoding: .utf8)) ?? "" }

    /// What the example's job said.
    var said: String { get throws { try String(contentsOfFile: directory.appending("said").string, encoding: .utf8) } }

    /// Whether the example's job has ended.
    var ended: Bool { access(directory.appending("ended").string, F_OK) == 0 }

    /// Waits: cron looks once a minute.
    func wait(for what: String, _ condition: () throws -> Bool) throws {
        for _ in 0..<300 {
            if try condition() { return }
            if process.poll() != nil { break }
            usleep(500_000)
        }
        let outcome = process.finish(within: .zero)
        throw FixtureError("cron has not brought \(what): \(outcome.status) \(outcome.stdout)\(outcome.stderr)")
    }
}
