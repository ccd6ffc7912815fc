// mountinfo as bytes: whatever they are, there is an answer.

import CloneCore
import TestSupport
import Testing

@Suite("mountinfo")
struct MountInfoTests {
    private func parse(_ text: String) -> [MountEntry] { MountLines.entries(of: Array(text.utf8)) }

    @Test("all fields, with and without optional ones")
    func fields() throws {
        let entries = parse(
            """
            36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 propagate_from:2 - ext3 /dev/root rw,errors=continue
            37 35 0:41 / /x ro - btrfs /dev/loop0 rw,logdev=/dev/a=b

            """)
        #expect(entries.count == 2)
        let first = try #require(entries.first)
        #expect(first.device == DeviceNumber(major: 98, minor: 0))
        #expect([first.root, first.mountPoint, first.type, first.source] == ["/mnt1", "/mnt2", "ext3", "/dev/root"])
        #expect(first.options == ["rw", "noatime"])
        #expect(first.superOptions == ["rw", "errors=continue"])
        #expect(entries.last?.superOption("logdev") == "/dev/a=b")
        #expect(entries.last?.superOption("log") == nil)
    }

    @Test("a source or a mount point that looks like a separator")
    func dashes() {
        let entries = parse("36 35 0:5 / /- rw - tmpfs - rw\n37 35 0:6 /- /y rw shared:3 - tmpfs - rw")
        #expect(entries.map(\.mountPoint) == ["/-", "/y"])
        #expect(entries.map(\.source) == ["-", "-"])
    }

    @Test("an empty source, as tmpfs may have")
    func emptySource() { #expect(parse("36 35 0:5 / /x rw - tmpfs  rw").map(\.source) == [""]) }

    @Test("characters that join with what is before them: a blank or newline is still one")
    func combining() {
        let entries = parse("36 35 0:5 / /x\r rw - tmpfs none rw\n37 35 0:6 / /y rw - tmpfs \u{301}z rw")
        #expect(entries.map(\.mountPoint) == ["/x\r", "/y"])
        #expect(entries.last?.source == "\u{301}z")
    }

    @Test("escapes, and what only looks like one")
    func escapes() {
        #expect(parse(#"36 35 0:5 / /\303\244\134040\9\04 rw - tmpfs none rw"#).map(\.mountPoint) == [#"/ä\040\9\04"#])
        #expect(parse(#"36 35 0:5 / /\777 rw - tmpfs none rw"#).map(\.mountPoint) == [#"/\777"#])
    }

    @Test("lines that make no sense are left out, and the others stay")
    func garbage() {
        let good = "37 35 0:6 / /y rw - tmpfs none rw"
        for line in [
            "", "-", " - - - - - - - - -", "36 35 0:5", "36 35 99999999999:5 / /x rw - a b c", "36 35 a:b / /x rw - a b c",
            "36 35 0:5 / /x rw shared:1 -", "36 35 0:5 / /x rw - tmpfs", "36 35 0:5 / relative rw - a b c", "\\", "\0",
        ] {
            #expect(parse("\(line)\n\(good)\n\(line)").map(\.mountPoint) == ["/y"], "\(line)")
        }
    }

    /// splitmix64: a seed gives the same bytes everywhere.
    @Test("any bytes, any cut: never a trap", arguments: [UInt64(1), 2, 3])
    func randomBytes(seed: UInt64) {
        let line = Array(#"36 35 98:0 /m\040 /mnt2\134 rw master:1 - ext3 /dev/root rw,a=b"#.utf8)
        var generator = Seeded(seed)
        for _ in 0..<2000 {
            var bytes = line + [10] + line
            for _ in 0..<Int.random(in: 0...6, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            let entries = MountLines.entries(of: Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &generator))))
            #expect(entries.count <= 4)
        }
    }

    @Test("device numbers of every size")
    func deviceNumbers() {
        for text in ["0:0", "7:0", "8:255", "259:1048575", "4095:256"] {
            let number = DeviceNumber(text)!
            #expect(number.description == text)
            #expect(DeviceNumber(statusDevice: RecordedSystem.device(text)) == number)
        }
        for text in ["", ":", "7", "7:", ":0", "7:0:1", "-1:0", "7:4294967296", " 7:0"] { #expect(DeviceNumber(text) == nil) }
    }

    @Test("UUIDs as text")
    func uuids() {
        #expect(FilesystemUUID("0F3A1C5E-7b4d-4e12-9a55-c0ffee123456")?.description == "0f3a1c5e-7b4d-4e12-9a55-c0ffee123456")
        for text in ["", "features", "0f3a1c5e7b4d4e129a55c0ffee123456", "0f3a1c5e-7b4d-4e12-9a55-c0ffee12345g", "----"] {
            #expect(FilesystemUUID(text) == nil)
        }
    }
}
