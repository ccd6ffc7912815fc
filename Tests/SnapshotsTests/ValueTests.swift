import Policy
import SystemPackage
import TestSupport
import Testing

@testable import Snapshots

@Suite("Names, labels, tags and identifiers")
struct ValueTests {
    @Test("of sources are taken", arguments: ["home", "a", "Home_1.2-x", "0", String(repeating: "a", count: 64)])
    func goodNames(text: String) throws {
        #expect(try SourceName(parsing: text).text == text)
    }

    @Test(
        "of sources are refused",
        arguments: [
            "", ".", "..", ".home", "-home", "a/b", "../etc", "ho me", "home\n", "h\u{1B}[31m", "hömе", "a@b",
            String(repeating: "a", count: 300),
            "h\u{301}", "a\u{0}",
        ])
    func badNames(text: String) {
        #expect(errorCode { _ = try SourceName(parsing: text) } == "invalid_source_name")
    }

    @Test(
        "of snapshots (labels) are taken",
        arguments: [
            "before-upgrade", "before 2026-11-22", "v1", "latest-good", "oldest one", "ünï", "2026-11-22 before", "2h ago", "a/b", "1.0",
            "-1",
            String(repeating: "a", count: 255),
        ])
    func goodLabels(text: String) throws {
        #expect(try Label(parsing: text).text == text)
    }

    @Test(
        "of snapshots (labels) are refused when they read like another reference or can't be shown",
        arguments: [
            "", "42", "007", "latest", "Latest", "latest~2", "latest~x", "oldest", "2026-11-22", "2026-11", "2026-", "2026-13-45",
            "2026-11-22 07:00", "2026-11-22T07:00:12.123", "2026-11-22Z", "2h", "1y6mo", "5m", "90s", "a@b", "a\u{7}", "a\nb", "a\u{202E}b",
            String(repeating: "a", count: 256), String(repeating: "ü", count: 128), " ", "   ", "\u{A0}", "\u{200D}", "\u{3000} \u{200B}",
        ])
    func badLabels(text: String) {
        #expect(errorCode { _ = try Label(parsing: text) } == "invalid_label")
    }

    @Test("that an older losnap let through are still read")
    func blankLabels() throws {
        #expect(try Label(recorded: "  ").text == "  ")
        #expect(errorCode { _ = try Label(recorded: "") } == "invalid_label")
    }

    @Test("that are tags are a set of at most 64")
    func tags() throws {
        let tag = try Tag(parsing: "b")
        let other = try Tag(parsing: "a")
        #expect(try Tags([tag, other, tag]).map(\.text) == ["a", "b"])
        #expect(try Tags([tag]).changed(adding: [other], removing: [tag]).map(\.text) == ["a"])
        let many = try (0..<65).map { try Tag(parsing: "t\($0)") }
        #expect(try Tags(many.dropLast()).count == 64)
        #expect(errorCode { _ = try Tags(many) } == "too_many_tags")
        #expect(errorCode { _ = try Tag(parsing: String(repeating: "x", count: 65)) } == "invalid_tag")
        #expect(errorCode { _ = try Tag(parsing: "a,b") } == "invalid_tag")
        #expect(errorCode { _ = try Tag(parsing: "") } == "invalid_tag")
    }

    @Test("that are UUIDs go to text and back, in lower case")
    func identifiers() throws {
        var generator = Seeded(3)
        for _ in 0..<1000 {
            let id = Identifier.random(using: &generator)
            #expect(Identifier(parsing: id.description) == id)
            #expect(Identifier(parsing: id.description.uppercased()) == id)
            #expect(Array(id.description.utf8)[14] == UInt8(ascii: "4"))
        }
        let id = try #require(Identifier(parsing: "1B4E28BA-2FA1-11D2-883F-0016D3CCA427"))
        #expect(id.description == "1b4e28ba-2fa1-11d2-883f-0016d3cca427")
        #expect(id.prefix == "1b4e28ba")
    }

    @Test(
        "that are no UUIDs are refused",
        arguments: [
            "", "1b4e28ba", "1b4e28ba2fa111d2883f0016d3cca427", "1b4e28ba-2fa1-11d2-883f-0016d3cca42",
            "1b4e28ba-2fa1-11d2-883f-0016d3cca4277",
            "1b4e28bg-2fa1-11d2-883f-0016d3cca427", "{1b4e28ba-2fa1-11d2-883f-0016d3cca427}",
        ])
    func badIdentifiers(text: String) {
        #expect(Identifier(parsing: text) == nil)
    }

    @Test(
        "of files are plain, and made of time, UUID and extension",
        arguments: [
            ("/srv/home.img", "20261123T070000.123Z-1b4e28ba.img"), ("/srv/home", "20261123T070000.123Z-1b4e28ba"),
            ("/srv/home.q c", "20261123T070000.123Z-1b4e28ba"), ("/srv/a.b.qcow2", "20261123T070000.123Z-1b4e28ba.qcow2"),
        ])
    func fileNames(image: String, name: String) throws {
        let id = try #require(Identifier(parsing: "1b4e28ba-2fa1-11d2-883f-0016d3cca427"))
        let fileName = SnapshotFileName(takenAt: Sample.now, id: id, image: FilePath(image))
        #expect(fileName.text == name)
        #expect(fileName.mentions(id))
        #expect(!fileName.mentions(Identifier(high: 1, low: 1)))
    }

    @Test(
        "of files are refused when they are not plain",
        arguments: ["", ".", "..", "a/b", "/", "a\u{0}", String(repeating: "a", count: 256)])
    func badFileNames(text: String) {
        #expect(SnapshotFileName(text) == nil)
    }

    @Test("that are numbers begin at 1 and end where JSON readers do")
    func numbers() {
        #expect(SnapshotNumber(parsing: "42")?.value == 42)
        for text in ["", "0", "-1", "+1", " 1", "1.0", "9007199254740992", "99999999999999999999"] {
            #expect(SnapshotNumber(parsing: text) == nil)
        }
    }

    @Test("that are holds end when they say, and only then")
    func holds() throws {
        let ended = try Hold(until: Sample.now)
        #expect(!ended.counts(at: Sample.now))
        #expect(ended.counts(at: Sample.now.advanced(byMilliseconds: -1)))
        #expect(try Hold().counts(at: .latest))
        #expect(errorCode { _ = try Hold(reason: "a\u{1B}b") } == "invalid_hold_reason")
    }
}
