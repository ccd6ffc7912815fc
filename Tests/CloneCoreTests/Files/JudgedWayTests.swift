// What others could do with a path: with what lies there, what leads there, and with what is not there yet. As root, for it is root that others steer.

import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import CloneCore

@Suite("The way to a path", .needsRoot, .timeLimit(.minutes(5)))
struct JudgedWayTests {
    private static let stranger: uid_t = 65534

    /// A directory of root's with one of a stranger's, a sticky one that all may write, and a file of each in each.
    private func with(_ body: (FilePath) throws -> Void) throws {
        try TestScope.with { scope in
            let place = try scope.freshDirectory("way", mode: 0o755)
            for (name, mode) in [("ours", 0o755), ("theirs", 0o755), ("sticky", 0o1777), ("open", 0o777)] as [(String, mode_t)] {
                let directory = place.appending(name)
                mkdir(directory.string, mode)
                chmod(directory.string, mode)
                if name == "theirs" { chown(directory.string, Self.stranger, Self.stranger) }
                for owner in ["root", "stranger"] {
                    let file = directory.appending(owner)
                    try scope.write("", to: file)
                    chmod(file.string, 0o644)
                    if owner == "stranger" { chown(file.string, Self.stranger, Self.stranger) }
                }
            }
            try body(place)
        }
    }

    private func doubt(_ path: FilePath) -> PathDoubt? {
        do throws(PathDoubt) {
            _ = try judgeWay(to: path.string, kernel: .linux)
            return nil
        } catch {
            return error
        }
    }

    private func doubt(matching path: FilePath) -> PathDoubt? {
        do throws(PathDoubt) {
            try judgeMatches(of: path.string, kernel: .linux)
            return nil
        } catch {
            return error
        }
    }

    @Test("a pattern is judged as a name, too: one that matches nothing is one; names that are not UTF-8 are refused")
    func patternsAsNames() throws {
        try with { place in
            let odd = place.appending("ours/[prod]")
            try #require(mkdir(odd.string, 0o755) == 0 && mkdir(odd.appending("ada").string, 0o755) == 0)
            chown(odd.appending("ada").string, Self.stranger, Self.stranger)
            let owner = Exposure.owner(user: Self.stranger)
            #expect(doubt(matching: odd.appending("ada/hook")) == .exposed(path: odd.appending("ada").string, owner))
            #expect(doubt(matching: place.appending("ours/n*")) == nil)
            let bytes =
                Array(place.appending("ours/").string.utf8CString.dropLast()) + [CChar(bitPattern: 0x2F), CChar(bitPattern: 0xFF), 0]
            try #require(mkdir(bytes, 0o755) == 0)
            guard case .unknown = doubt(matching: place.appending("ours/*/hook")) else {
                Issue.record("a name that can't be judged")
                return
            }
        }
    }

    @Test("what a process finds elsewhere is not judged by our own: only the links of the process itself lead on")
    func processLinks() {
        for path in ["/proc/self/cwd/hook", "/proc/self/root/hook", "/proc/thread-self/cwd/x"] {
            guard case .unknown = doubt(FilePath(path)) else {
                Issue.record("\(path)")
                continue
            }
        }
        #expect(doubt("/proc/self/fd/0") == nil && doubt("/dev/stderr") == nil)
    }

    @Test("what lies there, what leads there, and where nothing lies")
    func ways() throws {
        try with { place in
            let owner = Exposure.owner(user: Self.stranger)
            for name in ["ours", "ours/root", "ours/new", "ours/new/x", "sticky", "sticky/root", "ours/../sticky/root", "."] {
                #expect(doubt(place.appending(name)) == nil, "\(name)")
            }
            for (name, part) in [
                ("theirs", "theirs"), ("theirs/root", "theirs"), ("theirs/new", "theirs"), ("theirs/new/x", "theirs"),
                ("ours/stranger", "ours/stranger"), ("sticky/stranger", "sticky/stranger"), ("theirs/../ours/root", "theirs"),
                ("sticky/stranger/x", "sticky/stranger"),
            ] {
                #expect(doubt(place.appending(name)) == .exposed(path: place.appending(part).string, owner), "\(name)")
            }
            for name in ["open", "open/root", "open/new"] {
                #expect(doubt(place.appending(name)) == .exposed(path: place.appending("open").string, .writable(mode: 0o777)), "\(name)")
            }
            for name in ["sticky/new", "sticky/new/x"] {
                #expect(doubt(place.appending(name)) == .vacant(path: place.appending("sticky/new").string), "\(name)")
            }
            chmod(place.appending("ours/root").string, 0o664)
            #expect(doubt(place.appending("ours/root")) == .exposed(path: place.appending("ours/root").string, .writable(mode: 0o664)))
        }
    }

    @Test("links count as their owner's, and their ways too")
    func links() throws {
        try with { place in
            let link = place.appending("ours/link")
            for (target, part) in [
                ("root", nil), ("\(place)/theirs/root", "theirs"), ("\(place)/theirs", "theirs"), ("nothing", nil),
                ("\(place)/sticky/new", "sticky/new"), ("../ours/root", nil), ("link", ""),
            ] {
                unlink(link.string)
                symlink(target, link.string)
                let found = doubt(link)
                switch part {
                case nil: #expect(found == nil, "\(target)")
                case "": if case .unknown? = found {} else { Issue.record("\(target): \(String(describing: found))") }
                case let part?:
                    let path = place.appending(part).string
                    #expect(found == .exposed(path: path, .owner(user: Self.stranger)) || found == .vacant(path: path), "\(target)")
                }
            }
            unlink(link.string)
            symlink("root", link.string)
            lchown(link.string, Self.stranger, Self.stranger)
            #expect(doubt(link) == .exposed(path: link.string, .owner(user: Self.stranger)))
        }
    }

    @Test("devices, streams and what is no file")
    func others() throws {
        try with { place in
            for path in ["/", "/dev/null", "/dev/stdin", "/dev/stdout", "/dev/fd", "/proc/self/fd/1", "/proc", "/no/thing"] {
                #expect(doubt(FilePath(path)) == nil, "\(path)")
            }
            let fifo = place.appending("ours/fifo")
            mkfifo(fifo.string, 0o666)
            chmod(fifo.string, 0o666)
            #expect(doubt(fifo) == .exposed(path: fifo.string, .writable(mode: 0o666)))
        }
    }

    @Test("patterns: all that matches, and what could")
    func patterns() throws {
        try with { place in
            func doubt(_ pattern: String) -> PathDoubt? {
                do throws(PathDoubt) {
                    try judgeMatches(of: place.appending(pattern).string, kernel: .linux)
                    return nil
                } catch {
                    return error
                }
            }
            #expect(doubt("ours/r*") == nil && doubt("ours/*.none") == nil && doubt("o?rs/root") == nil)
            #expect(doubt("*/x") == .exposed(path: place.appending("open").string, .writable(mode: 0o777)))
            #expect(doubt("th*/nothing") == .exposed(path: place.appending("theirs").string, .owner(user: Self.stranger)))
            #expect(doubt("ours/*") == .exposed(path: place.appending("ours/stranger").string, .owner(user: Self.stranger)))
            #expect(doubt("sticky/*.none") == .vacant(path: place.appending("sticky/*.none").string))
        }
    }
}
