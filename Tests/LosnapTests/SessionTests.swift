// Where things are, which zone it is, and how kinds of failure become statuses.

import Automation
import CloneCore
import Foundation
import Glibc
import Policy
import Snapshots
import SystemPackage
import TestSupport
import Testing

@testable import losnap

@Suite struct SessionTests {
    @Test func `where the catalogue is`() throws {
        #expect(try session(userID: 0).cataloguePath(nil) == "/var/lib/losnap/catalogue.sqlite")
        #expect(try session().cataloguePath(nil) == "/nonexistent/.local/state/losnap/catalogue.sqlite")
        #expect(try session(environment: ["XDG_STATE_HOME": "/state"]).cataloguePath(nil) == "/state/losnap/catalogue.sqlite")
        #expect(
            try session(environment: ["XDG_STATE_HOME": "state"]).cataloguePath(nil) == "/nonexistent/.local/state/losnap/catalogue.sqlite")
        #expect(try session(environment: ["LOSNAP_CATALOGUE": "a/../b.sqlite"]).cataloguePath(nil) == "/somewhere/b.sqlite")
        #expect(try session(environment: ["LOSNAP_CATALOGUE": "/a"]).cataloguePath("/b") == "/b")
        #expect(throws: FrontError.self) { try session(environment: ["HOME": ""]).cataloguePath(nil) }
    }

    @Test func `one image is one path`() throws {
        try TestScope.with { scope in
            let image = scope.directory.appending("image")
            try scope.write("x", to: image)
            let link = scope.directory.appending("link")
            try FileManager.default.createSymbolicLink(atPath: link.string, withDestinationPath: "image")
            #expect(session().resolved(link.string) == image)
            #expect(session().resolved("\(scope.directory)/./link") == image)
            #expect(session().resolvedParent("\(scope.directory)/new") == scope.directory.appending("new"))
            #expect(session().resolved("not/there") == "/somewhere/not/there")
        }
    }

    @Test func `the local zone is the one that is named`() throws {
        #expect(try findLocalZone("Europe/London").get().zone.identifier == "Europe/London")
        #expect(try findLocalZone(":/usr/share/zoneinfo/Asia/Kolkata").get().name == "Asia/Kolkata")
        #expect(try findLocalZone("UTC").get().name == "UTC")
        #expect(try findLocalZone(":/etc/localtime").get().name == findLocalZone(nil).get().name)
        #expect(run("list", environment: ["TZ": "EST5EDT,M3.2.0,M11.1.0"]).stderr.contains("warning: the local time zone is not known"))
        #expect(run("list", "--utc", environment: ["TZ": "Nowhere"]).stderr.isEmpty)
        // One that does not exist must not pass for GMT where it decides what is removed.
        let outcome = run("prune", "home", "--keep-last", "1", environment: ["TZ": "Nowhere/Land"])
        #expect(outcome.status == .usage)
        #expect(outcome.stderr.contains("TZ: unknown time zone 'Nowhere/Land'"))
    }

    @Test func `sources are listed though the usual configuration is wrong`() throws {
        try TestScope.with { scope in
            try FileManager.default.createDirectory(
                atPath: scope.directory.appending("losnap").string, withIntermediateDirectories: false)
            try scope.write("sorces: {}\n", to: scope.directory.appending("losnap/losnap.yaml"))
            let outcome = run("source", "list", environment: ["XDG_CONFIG_HOME": scope.directory.string])
            #expect(outcome.status == .done && outcome.stderr.contains("policies and schedules are not shown: "), "\(outcome.stderr)")
            #expect(run("source", "list", "--config", "\(scope.directory)/losnap/losnap.yaml").status == .configuration)
        }
    }

    @Test func `a configuration may be empty, and is never ignored`() throws {
        try TestScope.with { scope in
            let path = scope.directory.appending("losnap.yaml")
            try scope.write("# nothing yet\n\n---\n", to: path)
            #expect(run("list", "--config", path.string).status == .done)
            try scope.write("sorces: {}\n", to: path)
            let refused = run("list", "--json", environment: ["LOSNAP_CONFIG": path.string])
            #expect(refused.status == .configuration)
            #expect(refused.stderr.contains("configuration_invalid"))
        }
        #expect(run("list", "--config", "/nonexistent/x").status == .notFound)
        #expect(run("thaw", "--config", "/").stderr.contains("can't be read"))
    }

    @Test(
        arguments: [
            (ErrorCategory.failed, 1), (.partial, 3), (.usage, 64), (.data, 65), (.notFound, 66), (.pool, 69), (.full, 73), (.io, 74),
            (.busy, 75),
            (.permission, 77), (.configuration, 78),
        ] as [(ErrorCategory, Int32)]) func `each kind of failure has its status`(category: ErrorCategory, status: Int32)
    {
        #expect(losnap.ExitStatus(category).rawValue == status)
    }

    @Test func `no two kinds share a status`() {
        #expect(Set(ErrorCategory.allCases.map(losnap.ExitStatus.init)).count == ErrorCategory.allCases.count)
    }

    @Test func `without a catalogue there is nothing, and that is no error`() {
        #expect(run("list").stdout == "")
        #expect(run("list", "--json").stdout == #"{"snapshots":[],"warnings":[]}"# + "\n")
        #expect(run("source", "list", "--json").stdout == #"{"sources":[],"warnings":[]}"# + "\n")
        #expect(run("log", "--json").stdout == #"{"events":[],"warnings":[]}"# + "\n")
        #expect(run("show", "1").status == .notFound)
        #expect(run("delete", "home@latest").status == .notFound)
        #expect(run("list", "home").status == .notFound)
        #expect(run("repair").status == .notFound)
        #expect(run("list", "--catalogue", "/nonexistent/c").stderr.contains("warning: /nonexistent/c: there is no catalogue"))
        #expect(run("thaw").stdout == "nothing was left frozen\n")
    }

    @Test func `times on the command line`() throws {
        let reader = TimeReader(zone: try NamedZone(named: "Europe/London").zone, now: Samples.now)
        func time(_ text: String) throws -> String? { try reader.instant(text, option: "--since")?.description }
        #expect(try time("2026-07-01") == "2026-06-30T23:00:00.000Z")
        #expect(try time("2026-07") == "2026-06-30T23:00:00.000Z")
        #expect(try time("2026-11-22 07:30") == "2026-11-22T07:30:00.000Z")
        #expect(try time("2026-11-22T07") == "2026-11-22T07:00:00.000Z")
        #expect(try time("2026-11-22 07:30:15") == "2026-11-22T07:30:15.000Z")
        #expect(try time("2026-11-22T07:30:15+02:00") == "2026-11-22T05:30:15.000Z")
        #expect(try time("2h") == "2026-11-23T10:00:00.000Z")
        #expect(try time("1mo") == "2026-10-23T11:00:00.000Z")
        for wrong in ["2026-13", "2026-02-30", "2026-11-22 25", "2026-11-22 07:61", "yesterday", "", "2026", "1e9"] {
            #expect(throws: (any Error).self) { try time(wrong) }
        }
        func end(_ text: String) throws -> String? { try reader.instant(text, option: "--until", duration: .ahead)?.description }
        #expect(try end("2h") == "2026-11-23T14:00:00.000Z")
        #expect(try end("1w") == "2026-11-30T12:00:00.000Z")
        #expect(try end("2027-01-01") == "2027-01-01T00:00:00.000Z")
        #expect(throws: FrontError.self) { try end("3m") }
    }

    @Test func `a hint names only what the command has`() {
        let creating = OfferedOptions.of(["create", "home", "--label", "x"])
        #expect(creating.isSuperset(of: ["--consistency", "--wait", "--max-freeze", "--json"]))
        #expect(OfferedOptions.of(["repair", "--adopt", "x"]).isDisjoint(with: ["--consistency", "--max-freeze", "--to"]))
        #expect(OfferedOptions.of(["source", "rename"]).contains("--catalogue"))
        #expect(!OfferedOptions.of(["source", "rename"]).contains("--wait"))
        let error = SnapshotsError.clone(.cannotProveUnused(path: "/x"))
        #expect(session(["create", "home"]).told(error).hint?.contains("--consistency crash") == true)
        #expect(session(["repair", "--adopt", "x", "--source", "home"]).told(error).hint == "run losnap as root or as the image's owner")
    }

    @Test func `a catalogue that is gone is missed if its reserve is there`() throws {
        try TestScope.with { scope in
            let state = scope.directory.appending("losnap")
            #expect(mkdir(state.string, 0o700) == 0)
            let environment = ["XDG_STATE_HOME": scope.directory.string]
            #expect(run("list", environment: environment).stderr.isEmpty)
            #expect(CatalogueReserve(besides: state.appending("catalogue.sqlite")).restoreIfPossible())
            let listed = run("list", environment: environment)
            #expect(listed.status == .done && listed.stdout.isEmpty)
            #expect(listed.stderr.contains("warning: \(state)/catalogue.sqlite: the catalogue is gone"))
            #expect(listed.stderr.contains("hint: losnap repair --rebuild DIRECTORY"))
            #expect(run("list", "--json", environment: environment).stdout.contains(#""code":"catalogue_lost""#))
            // None is made in its place: a rebuild would refuse to replace it.
            let image = scope.directory.appending("home.img")
            try scope.write("x", to: image)
            let added = run("source", "add", "home", image.string, environment: environment)
            #expect(added.status == .notFound && added.stderr.contains("the catalogue is gone"))
            #expect(listDirectory(state.string) == ["catalogue.sqlite.reserve"])
            let checked = run("check", environment: environment)
            #expect(checked.status == .critical && checked.stdout.contains("the catalogue is gone"))
            // The way that the hint tells to begin anew.
            unlink(state.appending("catalogue.sqlite.reserve").string)
            #expect(run("source", "add", "home", image.string, environment: environment).status == .done)
        }
    }

    @Test func `colours only where they are wanted`() {
        #expect(TextStyle(isColoured: true).bold("x") == "\u{1B}[1mx\u{1B}[0m")
        #expect(TextStyle.plain.red("x") == "x")
        #expect(!TextStyle(OutputStream(descriptor: nil), session()).isColoured)
    }
}
