// The hook for virtual machines, with a stand-in for them. So what is tested is the hook, and what losnap makes of an image that somebody else has
// open for writing; not libvirt. The rule: whatever happens, the guest is thawed.

import Glibc
import TestSupport
import Testing

@Suite("The hook for virtual machines", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct CliMachineHookTests {
    @Test("a running guest is frozen around the snapshot, one at rest is let alone")
    func running() throws {
        try Guest.with { guest in
            try guest.hooks.configure("mail", guest.settings, extra: "consistency: crash")
            #expect(try guest.hooks.create()["consistency"] == "crash")
            let asked = #"qemu-agent-command --domain mail {"execute":"guest-fsfreeze-status"}"#
            #expect(try guest.calls() == ["domstate --domain mail", asked] + ["domfsfreeze", "domfsthaw"].map { "\($0) --domain mail" })
            #expect(!guest.isFrozen && guest.hooks.leftInState() == ["lock"])

            try guest.set("state", "shut off")
            _ = try guest.hooks.create()
            #expect(try guest.calls().dropFirst(4) == ["domstate --domain mail"])
        }
    }

    @Test("without an agent, or paused, there is no snapshot but a sentence")
    func noAgent() throws {
        try Guest.with { guest in
            try guest.hooks.configure("mail", guest.settings, extra: "consistency: crash")
            try guest.set("no-agent", "")
            let absent = try guest.scene.sandbox.run("create", "database")
            #expect(absent.status == .exited(1) && absent.stderr.contains("needs qemu-guest-agent"), "\(absent.stderr)")
            #expect(try !guest.calls().contains { $0.hasPrefix("domfs") } && guest.hooks.leftInState() == ["lock"])

            // A freeze that nobody has answered may be carried out all the same.
            try guest.remove("no-agent")
            try guest.set("no-answer", "")
            let silent = try guest.scene.sandbox.run("create", "database")
            #expect(silent.status == .exited(1) && silent.stderr.contains("does not freeze"), "\(silent.stderr)")
            #expect(try guest.calls().last == "domfsthaw --domain mail" && guest.hooks.leftInState() == ["lock"])
            #expect(!guest.isFrozen)

            try guest.set("state", "paused")
            let paused = try guest.scene.sandbox.run("create", "database")
            #expect(paused.status == .exited(1) && paused.stderr.contains("mail is paused"), "\(paused.stderr)")
            #expect(try guest.scene.numbers().isEmpty)
        }
    }

    @Test("what something else has frozen stays frozen", arguments: [false, true])
    func frozenByAnother(whileAsked: Bool) throws {
        try Guest.with { guest in
            try guest.hooks.configure("mail", guest.settings, extra: "consistency: crash")
            try guest.set(whileAsked ? "late" : "frozen", "")
            let outcome = try guest.scene.sandbox.run("create", "database")
            #expect(outcome.status == .exited(1) && outcome.stderr.contains(whileAsked ? "does not freeze" : "frozen by something else"))
            #expect(guest.isFrozen && guest.hooks.leftInState() == ["lock"], "\(outcome.stderr)")
            #expect(try !guest.calls().contains("domfsthaw --domain mail"))
            #expect(try guest.scene.numbers().isEmpty)
        }
    }

    @Test("a session whose guest was thawed leaves no right to thaw what something else has frozen since")
    func frozenSince() throws {
        try Guest.with { guest in
            let command = try guest.hooks.command("mail", guest.settings)
            let brief = try guest.hooks.command("mail", guest.settings + " HOOK_THAW=1")
            try guest.hooks.configure(before: brief + " && kill -KILL $PPID", after: command, extra: "consistency: crash")
            #expect(try guest.scene.sandbox.run("create", "database").status == .signalled(SIGKILL))
            try guest.waitForThaw()
            try guest.wait { !guest.hooks.leftInState().contains("froze") }
            try guest.set("frozen", "")
            try guest.hooks.configure("mail", guest.settings, extra: "consistency: crash")
            let outcome = try guest.scene.sandbox.run("create", "database")
            #expect(outcome.status == .exited(1) && guest.isFrozen, "\(outcome.stderr)")
        }
    }

    @Test("a guest is thawed when there is no snapshot, and when losnap is killed")
    func thawed() throws {
        try Guest.with { guest in
            let command = try guest.hooks.command("mail", guest.settings)
            try guest.hooks.configure(before: command + " && exit 3", after: command, extra: "consistency: crash")
            #expect(try guest.scene.sandbox.run("create", "database").status == .exited(1))
            #expect(try guest.calls().contains("domfsfreeze --domain mail") && !guest.isFrozen)

            let brief = try guest.hooks.command("mail", guest.settings + " HOOK_THAW=1")
            try guest.hooks.configure(before: brief + " && kill -KILL $PPID", after: command, extra: "consistency: crash")
            #expect(try guest.scene.sandbox.run("create", "database").status == .signalled(SIGKILL))
            try guest.waitForThaw()
        }
    }

    @Test("a guest that thawed by itself makes the snapshot an error")
    func thawedEarly() throws {
        try Guest.with { guest in
            let command = try guest.hooks.command("mail", guest.settings)
            try guest.hooks.configure(before: command + " && rm \(guest.place)/frozen", after: command, extra: "consistency: crash")
            let outcome = try guest.scene.sandbox.run("create", "database")
            #expect(!outcome.succeeded && outcome.stderr.contains("thawed before its time"), "\(outcome.status) \(outcome.stderr)")
            #expect(try guest.scene.numbers().count == 1)
        }
    }
}
