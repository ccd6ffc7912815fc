// Reading a directory: which names are given, which of them lead to their file, what counts as a regular file.

import CloneCore
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite("Reading a directory", .timeLimit(.minutes(15)))
struct DirectoryStreamTests {
    private func entries(_ stream: consuming DirectoryStream) throws -> [String] {
        var found: [String] = []
        while let entry = try stream.next() {
            found.append("\(entry.name) \(entry.isExact ? "exact" : "repaired") \(stream.isRegularFile(entry) ? "file" : "other")")
        }
        return found.sorted()
    }

    @Test("a name that is not UTF-8 is told as such; only what is a file itself is one")
    func kinds() throws {
        try TestScope.with { scope in
            let directory = try scope.freshDirectory("listed")
            try scope.write("x", to: directory.appending("plain"))
            #expect(mkdir(directory.appending("folder").string, 0o700) == 0)
            #expect(symlink("plain", directory.appending("link").string) == 0)
            let broken = Array("\(directory)/b".utf8CString.dropLast()) + [-1, 0]
            let descriptor = open(broken, O_CREAT | O_WRONLY | O_CLOEXEC, 0o600)
            #expect(descriptor >= 0)
            close(descriptor)
            // The kind is the directory's own word, so that of the broken name is told, too.
            let expected = ["b\u{FFFD} repaired file", "folder exact other", "link exact other", "plain exact file"]
            #expect(try entries(DirectoryStream(directory.string)) == expected)
            #expect(Set(listDirectory(directory.string)) == ["b\u{FFFD}", "folder", "link", "plain"])
        }
    }

    @Test("one that is not there, and what is none, are errors; to a listing they are empty")
    func errors() throws {
        try TestScope.with { scope in
            let file = scope.directory.appending("file")
            try scope.write("x", to: file)
            #expect(throws: Errno.notDirectory) { _ = try entries(DirectoryStream(file.string)) }
            #expect(throws: Errno.noSuchFileOrDirectory) { _ = try entries(DirectoryStream(file.string + ".not")) }
            #expect(throws: Errno.badFileDescriptor) { _ = try entries(DirectoryStream(taking: -1)) }
            #expect(listDirectory(file.string).isEmpty)
        }
    }
}
