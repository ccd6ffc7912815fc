// A virtual machine for the hook that is for them. There is none in the tests: `virsh` is a stand-in that keeps the state of a guest in files
// and notes each call, and a process that has the image open stands for the machine.

import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

/// An image that somebody has open for writing, and the stand-in for its machine.
struct Guest {
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
                    qemu-agent-command)
                        if [ -e no-agent ]; then echo 'error: Guest agent is not responding' >&2; exit 1; fi
                        if [ -e frozen ]; then echo '{"return":"frozen"}'; else echo '{"return":"thawed"}'; fi ;;
                    domfsfreeze)
                        if [ -e late ]; then touch frozen; fi
                        if [ -e frozen ]; then
                            echo "error: unable to execute QEMU agent command 'guest-fsfreeze-freeze': Command" \
                                'guest-fsfreeze-freeze has been disabled: the agent is in frozen state' >&2; exit 1; fi
                        touch frozen
                        if [ -e no-answer ]; then echo 'error: Guest agent is not responding' >&2; exit 1; fi
                        echo 'Froze 2 filesystem(s)' ;;
                    domfsthaw) printf %s "${NOTE-}" >note; if rm frozen 2>/dev/null; then echo 'Thawed 2 filesystem(s)'; else echo 'Thawed 0 filesystem(s)'; fi ;;
                esac

                """, to: virsh)
            chmod(virsh.string, 0o755)
            let guest = Guest(scene: scene, hooks: try HookScene(scene, "libvirt", image: scene.image), place: place)
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

    /// What the last domfsthaw had as NOTE in its environment.
    func note() throws -> String { try String(contentsOfFile: place.appending("note").string, encoding: .utf8) }

    func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: place.appending(name).string) }

    func waitForThaw() throws { try wait { !isFrozen } }

    private func has(_ name: String) -> Bool { FileManager.default.fileExists(atPath: place.appending(name).string) }

    func wait(_ condition: () -> Bool) throws {
        let end = ContinuousClock.now + .seconds(30)
        while !condition() {
            if ContinuousClock.now > end { throw FixtureError("it does not come to pass") }
            usleep(20_000)
        }
    }
}
