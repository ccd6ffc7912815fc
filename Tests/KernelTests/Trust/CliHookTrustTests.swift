// What hooks of root others could change. The rule: none is run.

import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite("Trust in hooks", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct CliHookTrustTests {
    private static let stranger: uid_t = 65534

    private func script(_ text: String, _ path: FilePath, _ scene: CliScene) throws {
        try scene.scope.write("#!/bin/sh\n\(text)\n", to: path)
        chmod(path.string, 0o755)
    }

    @Test("a hook whose program others can change is not run, and nothing is taken")
    func hooks() throws {
        try CliScene.with(image: nil) { scene in
            let folder = try scene.scope.freshDirectory("programs")
            let ran = scene.sandbox.directory.appending("ran")
            let program = folder.appending("hook")
            try script("echo $LOSNAP_HOOK >>\(ran)", program, scene)
            let plain = folder.appending("plain.sh")
            try script("echo plain >>\(ran)", plain, scene)
            chmod(plain.string, 0o644)
            func refused(_ hooks: String, _ path: FilePath, _ hint: String) throws {
                try scene.configureHome(hooks)
                let outcome = try scene.sandbox.run("create", "home")
                #expect(outcome.status == .exited(1), "\(outcome.stderr)")
                let complaint = Complaint(outcome)
                #expect(complaint.errors.first?.contains("not run") == true && complaint.errors.first?.contains(path.string) == true)
                #expect(complaint.hints.contains { $0.hasSuffix("\(hint) \(path)") }, "\(outcome.stderr)")
                #expect(access(ran.string, F_OK) != 0)
                #expect(try scene.numbers().isEmpty)
            }
            chmod(program.string, 0o775)
            try refused("before: \(program) one", program, "chmod go-w")
            // Nothing is stopped that nobody could start again.
            try refused("before: 'touch \(ran)'\nafter: 'X=1 \(program)'", program, "chmod go-w")
            chmod(program.string, 0o755)
            chown(program.string, Self.stranger, 0)
            try refused("before: 'true && exec \(program)'", program, "chown root")
            chown(program.string, 0, 0)
            chmod(folder.string, 0o777)
            try refused("before: \(program)", folder, "chmod go-w")
            chmod(folder.string, 0o755)
            chmod(plain.string, 0o666)
            try refused("before: sh \(plain)", plain, "chmod go-w")
            chmod(plain.string, 0o644)
            let link = folder.appending("link")
            symlink(program.string, link.string)
            lchown(link.string, Self.stranger, 0)
            try refused("before: \(link)", link, "chown root")
            lchown(link.string, 0, 0)
            try scene.configureHome("before: '\(link); sh \(plain)'")
            #expect(try scene.sandbox.run("create", "home").succeeded)
            #expect(try String(contentsOfFile: ran.string, encoding: .utf8) == "before\nplain\n")
        }
    }

    @Test("what a hook names is judged, whatever lies there now")
    func hooksByName() throws {
        try CliScene.with(image: nil) { scene in
            let ran = scene.sandbox.directory.appending("ran")
            let theirs = try scene.scope.freshDirectory("theirs")
            let code = theirs.appending("x.sh")
            try script("echo ran >>\(ran)", code, scene)
            for path in [theirs, code] { chown(path.string, Self.stranger, Self.stranger) }
            chmod(code.string, 0o644)
            mkdir(theirs.appending("directory").string, 0o755)
            let open = try scene.scope.freshDirectory("sticky", mode: 0o1777)
            let mine = open.appending("mine")
            try script("true", mine, scene)
            func refused(_ hook: String, _ path: FilePath) throws {
                try scene.configureHome("before: \(hook)")
                let outcome = try scene.sandbox.run("create", "home")
                let complaint = Complaint(outcome)
                #expect(outcome.status == .exited(1) && access(ran.string, F_OK) != 0, "\(hook): \(outcome.stderr)")
                #expect(
                    complaint.errors.first?.contains("not run") == true && complaint.errors.first?.contains(path.string) == true, "\(hook)")
                #expect(complaint.hints.count == 1)
                #expect(try scene.numbers().isEmpty)
            }
            let nowhere = open.appending("nowhere")
            for line in [
                "sh -e \(code)", "S=\(code); . $S", "PATH=\(theirs):$PATH x", "sh -c \". '\(code)'\"", "echo >\(theirs)/new",
                "ls \(theirs)/directory",
                "bash --rcfile=\(code) -i", "cat \(scene.scope.directory)/th*/x.sh", "/proc/self/root\(code)",
            ] { try refused("'\(line.replacing("'", with: "''"))'", theirs) }
            for line in ["\(nowhere)", ". \(nowhere)/x", "echo >\(open)/*.txt", "ls \(open)/$LOSNAP_SOURCE/x >\(nowhere)"] {
                try refused("'\(line)'", open)
            }
            // One of several names of a file, in a directory where others make names.
            let second = open.appending("second")
            try #require(Glibc.link(mine.string, second.string) == 0)
            try refused("\(second)", second)
            unlink(second.string)
            let link = open.appending("link")
            symlink("/bin/true", link.string)
            lchown(link.string, Self.stranger, Self.stranger)
            try refused("\(link)", link)

            // A list is judged in the same way, and what its first line runs it by.
            for list in [
                "[\(code)]", "[/bin/sh, \(code)]", "[/bin/sh, -c, '. \(code)']", "[\(theirs)/nothing]", "[/usr/bin/env, '\(code)']",
                "[/bin/sh, '\(code.string.dropFirst())']", "[/bin/sh, './\(code)']", "[/usr/bin/env, '-S\(code)']",
                "[/usr/bin/env, 'PATH=/usr/bin:\(theirs)', x.sh]",
            ] {
                try refused(list, theirs)
            }
            let interpreted = scene.sandbox.directory.appending("interpreted")
            for line in ["#!\(code)", "#!/usr/bin/env \(code)"] {
                try scene.scope.write(line + "\n", to: interpreted)
                chmod(interpreted.string, 0o755)
                try refused("[\(interpreted)]", theirs)
            }
            try scene.scope.write("#!bin/sh\n", to: interpreted)
            try refused("[\(interpreted)]", interpreted)

            // What only root can change runs, also in a sticky directory, with devices and streams; what follows a '=' in a list is for the program.
            let line =
                "\(mine) </dev/null 2>/dev/null && echo x >/dev/stderr && : >/dev/fd/1 && test -d /proc/self/fd && rm -f \(scene.sandbox.directory)/*.none"
            try scene.configureHome("before: '\(line)'\nafter: [/usr/bin/env, 'X=\(code)', \(mine), a]")
            let outcome = try scene.sandbox.run("create", "home")
            #expect(outcome.succeeded, "\(outcome.stderr)")
        }
    }

    @Test("a hook's name that changes hands all the time is never run")
    func flippedHook() throws {
        try CliScene.with(image: nil) { scene in
            let ran = scene.sandbox.directory.appending("ran")
            let theirs = try scene.scope.freshDirectory("theirs")
            let hook = theirs.appending("hook")
            try script("echo ran >>\(ran)", hook, scene)
            let other = theirs.appending("directory")
            mkdir(other.string, 0o755)
            for path in [theirs, hook, other] { chown(path.string, Self.stranger, Self.stranger) }
            let flipping = Flipping(hook, other)
            defer { flipping.stop() }
            for round in 1...(TestLength.isLong ? 1000 : 40) {
                try scene.configureHome(round % 2 == 0 ? "before: \(hook)" : "before: [\(hook)]")
                let outcome = try scene.sandbox.run("create", "home")
                #expect(outcome.status == .exited(1) && outcome.stderr.contains(theirs.string), "\(outcome.stderr)")
            }
            #expect(access(ran.string, F_OK) != 0 && flipping.stop() > 100)
            #expect(try scene.numbers().isEmpty)
        }
    }
}
