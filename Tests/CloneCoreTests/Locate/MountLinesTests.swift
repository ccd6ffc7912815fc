// mountinfo as it is read: in blocks, filtered before anything is kept, with memory for one line.

import CloneCore
import Foundation
import TestSupport
import Testing

@Suite("mountinfo in blocks")
struct MountLinesTests {
    private static let text = Array(
        (0..<40).map {
            #"36 35 \#($0 % 3 == 0 ? "7:\($0)" : "0:\($0)") /m\040 /p/\#($0) rw master:1 - \#($0 % 2 == 0 ? "btrfs" : "xfs") /dev/a rw"#
        }
        .joined(separator: "\n").utf8)

    @Test("the same entries in blocks of every size, and unread what the filter leaves out", arguments: [1, 2, 7, 63, 64, 65, 1000, 65536])
    func blocks(size: Int) {
        let all = MountLines.entries(of: Self.text)
        #expect(all.count == 40 && MountLines.entries(of: Self.text, block: size) == all)
        let filters: [MountFilter] = [
            .filesystem(DeviceNumber(major: 0, minor: 4)), .type("btrfs"), .possiblyInImages(and: [DeviceNumber(major: 0, minor: 7)]),
        ]
        for (filter, count) in zip(filters, [1, 20, 28]) {
            let some = MountLines.entries(of: Self.text, filter, block: size)
            #expect(some == all.filter(filter.wants) && some.count == count)
        }
    }

    @Test("a type is told from the line's own field, not from what only looks like it")
    func lookalike() {
        let text = Array("36 35 0:5 / /x rw - tmpfs - btrfs rw\n37 35 0:6 / /y rw - btrfs none rw".utf8)
        #expect(MountLines.entries(of: text, .type("btrfs")).map(\.mountPoint) == ["/y"])
    }

    @Test("a path longer than any that could be opened: the mount is known, its path is not kept")
    func longPath() throws {
        let path = String(repeating: "/" + String(repeating: #"\012"#, count: 255), count: 400)
        let good = "37 35 7:1 / /y rw - ext4 /dev/b rw"
        for root in ["/", path] {
            let text = Array("36 35 7:0 \(root) \(path) rw shared:1 - xfs /dev/a rw,logdev=/dev/c\n\(good)".utf8)
            for size in [4096, 65536, text.count] {
                let entries = MountLines.entries(of: text, block: size)
                #expect(entries.map(\.device.description) == ["7:0", "7:1"] && entries.map(\.type) == ["xfs", "ext4"])
                let long = try #require(entries.first)
                #expect(long.mountPoint.utf8.count < 300 && long.mountPoint.hasSuffix("...") && long.superOption("logdev") == "/dev/c")
            }
        }
    }

    /// 30,000 mounts at paths of 3,500 newlines, each of which is shown as four bytes: 420 MB, of which nothing is wanted.
    @Test("a table of 420 MB takes no memory")
    func memory() throws {
        let path = String(repeating: "/" + String(repeating: #"\012"#, count: 249), count: 14)
        let line = Array("36 35 0:5 / \(path) rw,relatime - tmpfs none rw,uid=1000,gid=1000\n".utf8)
        #expect(line.count > 14_000)
        var block: [UInt8] = []
        while block.count < 1 << 20 { block += line }
        // From here on the highest is counted (proc_pid_clear_refs(5)).
        try Data("5".utf8).write(to: URL(filePath: "/proc/self/clear_refs"), options: [])
        let before = try highWater()
        var lines = MountLines()
        let filter = MountFilter.possiblyInImages(and: [])
        var wanted = 0
        for _ in 0..<400 {
            var rest = block[...]
            while !rest.isEmpty {
                _ = lines.take(rest.prefix(65536)) {
                    wanted += filter.entry(of: $0) == nil ? 0 : 1
                    return true
                }
                rest = rest.dropFirst(65536)
            }
        }
        #expect(wanted == 0)
        // Other tests run beside this one.
        #expect(try highWater() - before < 256 << 10)
    }

    /// In KiB.
    private func highWater() throws -> Int {
        let status = try String(
            decoding: FileHandle(forReadingFrom: URL(filePath: "/proc/self/status")).readToEnd() ?? Data(), as: UTF8.self)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
        return try #require(Int(line.filter(\.isNumber)))
    }
}
