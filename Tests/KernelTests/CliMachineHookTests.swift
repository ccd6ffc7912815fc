// The hook for virtual machines. There is none in the tests: `virsh` is a stand-in that keeps the state of a guest in files and notes each call. So what
// is tested is the hook, and what losnap makes of an image that somebody else has open for writing; not libvirt. The rule: whatever happens, the
// guest is thawed.

import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite("The hook for virtual machines", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct CliMachineHookTests {
    @Test("a running guest is frozen around the snapshot, one at rest is let alone")
    func running() throws {
        try Guest.with { guest in
            try guest.hooks.configure("mail", guest.settings, extra: "consistency: crash")
            #expect(try guest.hooks.create()["consistency"] == "crash")
            #expect(try guest.calls() == ["domstate", "domfsfreeze", "domfsthaw"].map { "\($0) --domain mail" })
            #expect(!guest.isFrozen && guest.hooks.leftInState() == ["lock"])

            try guest.set("state", "shut off")
            _ = try guest.hooks.create()
            #expect(try guest.calls().dropFirst(3) == ["domstate --domain mail"])
        }
    }

    @Test("without an agent, or paused, there is no snapshot but a sentence")
    func noAgent() throws {
        try Guest.with { guest in
            try guest.hooks.configure("mail", guest.settings, extra: "consistency: crash")
            try guest.set("no-agent", "")
            let absent = try guest.scene.sandbox.run("create", "database")
            #expect(absent.status == .exited(1) && absent.stderr.contains("needs qemu-guest-agent"), "\(absent.stderr)")
            #expect(try guest.calls().last == "domfsthaw --domain mail" && guest.hooks.leftInState() == ["lock"])

            try guest.set("state", "paused")
            let paused = try guest.scene.sandbox.run("create", "database")
            #expect(paused.status == .exited(1) && paused.stderr.contains("mail is paused"), "\(paused.stderr)")
            #expect(try guest.scene.numbers().isEmpty)
        }
    }

    @Test("a guest is thawed when there is no snapshot, and when losnap is killed")
    func thawed() throws {
        try Guest.with { guest in
            let command = guest.hooks.command("mail", guest.settings)
            try guest.hooks.configure(before: command + " && exit 3", after: command, extra: "consistency: crash")
            #expect(try guest.scene.sandbox.run("create", "database").status == .exited(1))
            #expect(try guest.calls().contains("domfsfreeze --domain mail") && !guest.isFrozen)

            let brief = guest.hooks.command("mail", guest.settings + " HOOK_THAW=1")
            try guest.hooks.configure(before: brief + " && kill -KILL $PPID", after: command, extra: "consistency: crash")
            #expect(try guest.scene.sandbox.run("create", "database").status == .signalled(SIGKILL))
            try guest.waitForThaw()
        }
    }

    @Test("a guest that thawed by itself makes the snapshot an error")
    func thawedEarly() throws {
        try Guest.with { guest in
            let command = guest.hooks.command("mail", guest.settings)
            try guest.hooks.configure(before: command + " && rm \(guest.place)/frozen", after: command, extra: "consistency: crash")
            let outcome = try guest.scene.sandbox.run("create", "database")
            #expect(!outcome.succeeded && outcome.stderr.contains("thawed before its time"), "\(outcome.status) \(outcome.stderr)")
            #expect(try guest.scene.numbers().count == 1)
        }
    }
}

/// An image that somebody has open for writing, and the stand-in for its machine.
private struct Guest {
    let scene: CliScene
    let hooks: HookScene
    /// Where the stand-in and its files are.
    let place: FilePath

    static func with(_ body: (Guest) throws -> Void) throws {
        try CliScene.with(image: nil) { scene in
            let place = try scene.scope.freshDirectory("virsh")
            let virsh = place.appending("virsh")
            try scene.scope.write(
                """
                #!/bin/sh
                cd \(place) && echo "$*" >>calls
                case $1 in
                    domstate) cat state ;;
                    domfsfreeze)
                        if [ -e no-agent ]; then echo 'error: Guest agent is not responding' >&2; exit 1; fi
                        touch frozen; echo 'Froze 2 filesystem(s)' ;;
                    domfsthaw) if rm frozen 2>/dev/null; then echo 'Thawed 2 filesystem(s)'; else echo 'Thawed 0 filesystem(s)'; fi ;;
                esac

                """, to: virsh)
            chmod(virsh.string, 0o755)
            let guest = Guest(scene: scene, hooks: HookScene(scene, "libvirt", image: scene.image), place: place)
            try guest.set("state", "running")
            let machine = Tool(executable: "/bin/sh").invocation(["-c", "exec 3<>\(scene.image); touch \(place)/started; sleep 300"])
            _ = try scene.scope.start(machine)
            try guest.wait { guest.has("started") }
            try body(guest)
        }
    }

    /// What goes in front of the hook: the stand-in.
    var settings: String { "PATH=\(place):$PATH" }

    var isFrozen: Bool { has("frozen") }

    func set(_ name: String, _ text: String) throws { try scene.scope.write(text + "\n", to: place.appending(name)) }

    /// The calls of virsh so far.
    func calls() throws -> [String] {
        try String(contentsOfFile: place.appending("calls").string, encoding: .utf8).split(separator: "\n").map(String.init)
    }

    func waitForThaw() throws { try wait { !isFrozen } }

    private func has(_ name: String) -> Bool { FileManager.default.fileExists(atPath: place.appending(name).string) }

    private func wait(_ condition: () -> Bool) throws {
        let end = ContinuousClock.now + .seconds(30)
        while !condition() {
            if ContinuousClock.now > end { throw FixtureError("it does not come to pass") }
            usleep(20_000)
        }
    }
}
