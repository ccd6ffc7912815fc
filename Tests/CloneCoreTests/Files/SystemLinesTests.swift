// Lists of the kernel, read line by line: users can make them, and the lines in them, as long as they like.

import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import CloneCore

@Suite("Lists of the kernel", .blocking)
struct SystemLinesTests {
    private let longTime = TimeLimit(600_000_000_000, kernel: .linux)

    private func read(_ text: String, longest: Int, until last: String? = nil) throws -> (SystemLinesEnd, [String]) {
        try TestScope.with { scope in
            let file = scope.freshPath("list")
            try scope.write(text, to: file)
            var lines: [String] = []
            let end = readSystemLines(file.string, longest: longest, limit: longTime) { line in
                lines.append(String(decoding: line, as: UTF8.self))
                return lines.last != last
            }
            return (end, lines)
        }
    }

    @Test("each line is cut at its length, wherever the blocks end; the last one needs no newline")
    func cut() throws {
        #expect(try read("one\ntwo\n\nthree", longest: 4) == (.whole, ["one", "two", "", "thre"]))
        #expect(try read("", longest: 4) == (.whole, []))
        #expect(try read("one\ntwo\nthree\n", longest: 9, until: "two") == (.stopped, ["one", "two"]))
        let long = String(repeating: "x", count: 3 << 20)
        #expect(try read("\(long)\nshort\n\(long)", longest: 100) == (.whole, [long, "short", long].map { String($0.prefix(100)) }))
    }

    @Test("it ends when the time is over, and says what can't be read")
    func ends() {
        let noTime = TimeLimit(0, kernel: .linux)
        #expect(readSystemLines("/proc/locks", longest: 100, limit: noTime) { _ in true } == .timeOver)
        #expect(readSystemLines("/proc/nothing", longest: 100, limit: longTime) { _ in true } == .failed(.noSuchFileOrDirectory))
    }
}
