// What others may have prepared for a losnap of root: environment, programs of hooks, descriptors, umask, links. The rule: refused, or without any effect.

import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

private let shell = Tool(executable: "/bin/sh")

@Suite("Trust", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct CliTrustTests {
    private static let stranger: uid_t = 65534

    @Test("what is made has the same modes under every umask, and nobody else can read it")
    func umask() throws {
        var pictures: [String: String] = [:]
        for mask in ["000", "022", "077"] {
            try CliScene.with { scene in
                let losnap = scene.sandbox.losnap
                let state = scene.sandbox.directory.appending("new/state")
                func run(_ arguments: String) throws {
                    let outcome = try shell.run(
                        ["-c", "umask \(mask); exec \(losnap.executable) \(arguments)"],
                        environment: losnap.environment.merging([
                            "LOSNAP_CATALOGUE": state.appending("catalogue.sqlite").string,
                            "LOSNAP_RUNTIME_DIR": scene.sandbox.directory.appending("fresh/run").string,
                        ]) { $1 })
                    #expect(outcome.succeeded, "\(arguments): \(outcome.stderr)")
                }
                chmod(scene.image.string, 0o600)
                try run("create \(scene.image)")
                try run("label 1 one")
                try run("restore 1 --to \(scene.pool.path)/new.img")
                try run("check --prometheus \(scene.pool.path)/losnap.prom")
                var picture: [String] = []
                for place in [scene.pool.path.string, scene.sandbox.directory.string] {
                    picture += try Command.run("find", [place, "-mindepth", "1", "-printf", "%P %m %u:%g\\n"]).split(separator: "\n").map(
                        String.init)
                }
                picture = picture.map { line in
                    line.replacing(/[0-9]{8}T[0-9.]+Z-[0-9a-f]{8}/, with: "SNAPSHOT").replacing(/(image|directory|filesystem)-[0-9a-f-]+/) {
                        "\($0.1)-N"
                    }
                }.sorted()
                pictures[mask] = picture.joined(separator: "\n")
                // The whole list of what may be read by others: the metrics, which are made for that.
                let open = picture.filter { $0.contains(/\ [0-7]*([1-7][0-7]|0[1-7])\ root:root$/) && !$0.hasPrefix("losnap.yaml ") }
                #expect(open == ["losnap.prom 644 root:root"], "\(open)")
                for wanted in [
                    ".losnap 700", ".losnap/home 700", ".losnap/home/SNAPSHOT.img 400", "new.img 600", "new/state 700",
                    "new/state/catalogue.sqlite 600", "new/state/catalogue.sqlite.reserve 600", "fresh/run/lock 700",
                ] {
                    #expect(picture.contains("\(wanted) root:root"), "\(mask) \(wanted): \(picture)")
                }
            }
        }
        #expect(Set(pictures.values).count == 1, "\(pictures)")
    }

    @Test("streams that are closed get no number of a file that losnap opens", arguments: TestLength.isLong ? Array(1...7) : [3, 4, 7])
    func closedStreams(closed: Int) throws {
        try CliScene.with(image: nil) { scene in
            let list = scene.sandbox.directory.appending("descriptors")
            try scene.configureHome("before: 'for n in 0 1 2; do readlink /proc/$PPID/fd/$n || echo none; done >\(list)'")
            let losnap = scene.sandbox.losnap
            let closing = [(1, "<&-"), (2, ">&-"), (4, "2>&-")].filter { closed & $0.0 != 0 }.map(\.1).joined(separator: " ")
            let outcome = try shell.run(["-c", "exec \(losnap.executable) create home \(closing)"], environment: losnap.environment)
            // The result can't be told without stdout, and the error not without stderr; the snapshot is there.
            #expect(outcome.status == .exited(closed & 2 == 0 ? 0 : 74))
            let lines = try String(contentsOfFile: list.string, encoding: .utf8).split(separator: "\n")
            #expect(lines.count == 3)
            for (index, line) in lines.enumerated() where closed & 1 << index != 0 {
                #expect(line == "/dev/null")
            }
            let file = try #require(scene.listed().first?["path"].string)
            #expect(FileManager.default.contentsEqual(atPath: file, andPath: scene.image.string))
            #expect(try scene.sql("PRAGMA integrity_check") == "ok\n")
            let locks = scene.sandbox.runtime.appending("lock")
            for name in try FileManager.default.contentsOfDirectory(atPath: locks.string) {
                #expect(try String(contentsOfFile: locks.appending(name).string, encoding: .utf8).contains(/^process [0-9]+\n$/))
            }
        }
    }

    @Test("a hook gets no descriptor and no variable that losnap was started with")
    func inherited() throws {
        try CliScene.with(image: nil) { scene in
            let list = scene.sandbox.directory.appending("seen")
            try scene.configureHome("before: '{ ls -l /proc/$$/fd; env; umask; } >\(list)'")
            let losnap = scene.sandbox.losnap
            let outcome = try shell.run(
                ["-c", "exec 7</etc/passwd 9>\(scene.sandbox.directory)/nine \(losnap.executable) create home"],
                environment: losnap.environment.merging([
                    "PATH": "\(scene.sandbox.directory):/usr/bin:/bin", "BASH_ENV": "/nonexistent", "ENV": "/nonexistent", "IFS": "x",
                    "PS4": "$(id)",
                    "SUDO_USER": "somebody", "SUDO_UID": "65534", "XDG_CONFIG_HOME": "/nonexistent",
                ]) { $1 })
            #expect(outcome.succeeded, "\(outcome.stderr)")
            let seen = try String(contentsOfFile: list.string, encoding: .utf8)
            #expect(seen.contains("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"))
            for word in [
                "passwd", "nine", "-> \(scene.sandbox.catalogue)", "-> \(scene.sandbox.runtime)", "BASH_ENV", "\nENV", "SUDO", "XDG", "PS4",
                "somebody",
            ] {
                #expect(!seen.contains(word), "\(word): \(seen)")
            }
        }
    }

    @Test("the environment leads root to nothing that somebody else can change")
    func environment() throws {
        try CliScene.with(image: nil) { scene in
            try scene.create()
            let theirs = try scene.scope.freshDirectory("theirs")
            for name in ["losnap", "run", "state"] { mkdir(theirs.appending(name).string, 0o755) }
            let ran = theirs.appending("ran")
            let configuration = theirs.appending("losnap/losnap.yaml")
            try scene.scope.write("sources: { home: { image: \(scene.image), before: 'touch \(ran)' } }\n", to: configuration)
            let catalogue = theirs.appending("state/catalogue.sqlite")
            try Command.run("cp", [scene.sandbox.catalogue.string, catalogue.string])
            try Command.run("chown", ["-R", "\(Self.stranger):\(Self.stranger)", theirs.string])
            func refused(_ code: String, _ environment: [String: String]) throws {
                try scene.expect(
                    ["create", "home"], by: scene.sandbox.losnap, environment: environment,
                    refused: Refusal(77, code, says: theirs.string))
            }
            try refused("configuration_exposed", ["LOSNAP_CONFIG": configuration.string])
            try refused("catalogue_exposed", ["LOSNAP_CATALOGUE": catalogue.string])
            try refused("runtime_exposed", ["LOSNAP_RUNTIME_DIR": theirs.appending("run").string])
            // A link of theirs to what is root's could lead elsewhere a moment later.
            let link = try scene.scope.freshDirectory("sticky", mode: 0o1777).appending("link")
            symlink(scene.sandbox.catalogue.removingLastComponent().string, link.string)
            lchown(link.string, Self.stranger, Self.stranger)
            let behind = link.appending("catalogue.sqlite").string
            try scene.expect(
                ["list"], by: scene.sandbox.losnap, environment: ["LOSNAP_CATALOGUE": behind],
                refused: Refusal(77, "catalogue_exposed", says: link.string))
            lchown(link.string, 0, 0)
            #expect(try scene.sandbox.run("list", "-q", environment: ["LOSNAP_CATALOGUE": behind]).stdout == "1\n")
            // These say where a user's things are; root has places of its own.
            let places = [
                "LOSNAP_CONFIG": "", "HOME": theirs.string, "XDG_CONFIG_HOME": theirs.string, "XDG_STATE_HOME": theirs.string,
                "XDG_RUNTIME_DIR": theirs.string, "TMPDIR": theirs.string,
            ]
            #expect(try scene.sandbox.json("config", "show", environment: places)["file"].string?.hasPrefix(theirs.string) != true)
            #expect(try scene.sandbox.run("create", "home", environment: places).succeeded)
            #expect(access(ran.string, F_OK) != 0)
        }
    }

    @Test("metrics are not written behind a link of somebody else")
    func metrics() throws {
        try CliScene.with(image: nil) { scene in
            try scene.create()
            let target = try scene.scope.freshDirectory("target")
            let link = scene.pool.path.appending("metrics")
            symlink(target.string, link.string)
            let file = link.appending("losnap.prom").string
            lchown(link.string, Self.stranger, Self.stranger)
            let outcome = try scene.sandbox.run("check", "--prometheus", file)
            #expect(outcome.status == .exited(3) && outcome.stderr.contains(link.string), "\(outcome.stderr)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: target.string).isEmpty)
            lchown(link.string, 0, 0)
            #expect(try scene.sandbox.run("check", "--prometheus", file).succeeded)
            #expect(try FileManager.default.contentsOfDirectory(atPath: target.string) == ["losnap.prom"])
        }
    }
}
