// Where a user's locks are: in a place that nobody else can make first.

import CloneCore
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite("Runtime places")
struct RuntimePlacesTests {
    private func place(_ uid: UInt32, _ variables: [String: String], _ users: String = "/nonexistent") -> String {
        let places = RuntimePlaces.forUser(uid, userDirectories: users) { variables[$0] }
        #expect(places.frozen.hasSuffix("/frozen"))
        return String(places.locks.dropLast("/lock".count))
    }

    @Test("the environment names them; else the user's own directory; /tmp comes last")
    func order() throws {
        let home = ["HOME": "/home/u"]
        #expect(place(0, ["XDG_RUNTIME_DIR": "/x", "HOME": "/home/u"]) == "/run/losnap")
        #expect(place(0, ["LOSNAP_RUNTIME_DIR": "/x"]) == "/x")
        #expect(place(7, ["LOSNAP_RUNTIME_DIR": "/x", "XDG_RUNTIME_DIR": "/y"]) == "/x")
        #expect(place(7, ["XDG_RUNTIME_DIR": "/y"]) == "/y/losnap")
        #expect(place(7, home) == "/home/u/.local/state/losnap/run")
        #expect(place(7, home.merging(["XDG_STATE_HOME": "/s"]) { $1 }) == "/s/losnap/run")
        #expect(place(7, ["XDG_STATE_HOME": "s", "HOME": "/"]) == "/tmp/losnap-7")
        #expect(place(7, [:]) == "/tmp/losnap-7")
    }

    @Test("the directory of a user who is logged in, if it is theirs alone", .enabled(if: geteuid() == 0))
    func loggedIn() throws {
        try TestScope.with { scope in
            let users = try scope.freshDirectory("users")
            let own = users.appending("1002")
            mkdir(own.string, 0o700)
            func found() -> String { place(1002, ["HOME": "/home/u"], users.string) }
            #expect(found() == "/home/u/.local/state/losnap/run")
            chown(own.string, 1002, 1002)
            #expect(found() == "\(own)/losnap")
            chmod(own.string, 0o777)
            #expect(found() == "/home/u/.local/state/losnap/run")
            rmdir(own.string)
            symlink("/home/u", own.string)
            lchown(own.string, 1002, 1002)
            #expect(found() == "/home/u/.local/state/losnap/run")
        }
    }
}
