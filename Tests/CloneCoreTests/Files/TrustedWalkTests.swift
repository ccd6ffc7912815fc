// The walk down a path, where somebody else has a say in the names. The rule: what is found is what was looked at, whatever the names lead to by then.

import CloneCore
import Glibc
import Synchronization
import SystemPackage
import TestSupport
import Testing

@Suite("Trusted walk", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct TrustedWalkTests {
    private static let stranger: uid_t = 65534

    private func failure<Result>(_ body: () throws(CloneError) -> Result) -> CloneError? {
        do {
            _ = try body()
            return nil
        } catch { return error }
    }

    private func found(_ path: FilePath, _ kernel: Kernel = .linux) throws -> FoundPath {
        try findMindingLinks(path.string, kernel: kernel)
    }

    @Test("links of root's and ours are followed, relative ones and `..` too; of the way a path without links is left")
    func links() throws {
        try TestScope.with { scope in
            let base = try scope.freshDirectory("base")
            mkdir(base.appending("a").string, 0o755)
            mkdir(base.appending("a/b").string, 0o755)
            try scope.write("x", to: base.appending("a/file"))
            symlink("../file", base.appending("a/b/up").string)
            symlink("a/b", base.appending("in").string)
            symlink("nowhere", base.appending("dangling").string)
            symlink("around", base.appending("around").string)
            for path in ["a/file", "in/up", "in/../file", "a/./b/../../in/up", "in/../../a/file"] {
                // By the words alone `in/..` would be the directory itself.
                let inside = try found(base.appending(path))
                #expect(inside.path == base.appending("a/file").string && inside.status?.kind == .regular, "\(path)")
                #expect(inside.exposure == nil)
            }
            #expect(try found(base.appending("in")).path == base.appending("a/b").string)
            #expect(try found("/..").path == "/")
            let missing = try found(base.appending("in/none"))
            #expect(missing.file == nil && missing.path == base.appending("a/b/none").string && missing.name == "none")
            #expect(try found(base.appending("dangling")).file == nil)
            #expect(failure { () throws(CloneError) in try findMindingLinks(base.appending("around").string, kernel: .linux) } != nil)
            #expect(
                failure { () throws(CloneError) in try findMindingLinks(base.appending("a/file/x").string, kernel: .linux) }
                    == .notADirectory(path: base.appending("a/file").string))
            #expect(
                failure { () throws(CloneError) in try findMindingLinks(base.appending("a/file").string + "/", kernel: .linux) } != nil)
        }
    }

    @Test("a link of somebody else is refused wherever it stands; what of the way others could exchange is told")
    func others() throws {
        try TestScope.with { scope in
            let base = try scope.freshDirectory("base")
            let theirs = base.appending("theirs")
            mkdir(theirs.string, 0o755)
            chown(theirs.string, Self.stranger, Self.stranger)
            let file = theirs.appending("file")
            try scope.write("x", to: file)
            #expect(try found(file).exposure == PathExposure(path: theirs.string, .owner(user: Self.stranger)))
            #expect(try found(theirs).exposure == nil)
            for (name, target) in [("link", "file"), ("way", ".")] {
                let link = theirs.appending(name)
                symlink(target, link.string)
                lchown(link.string, Self.stranger, 0)
                for path in [link, link.appending("file")] {
                    let error = failure { () throws(CloneError) in try findMindingLinks(path.string, kernel: .linux) }
                    #expect(error == .linkOfAnother(path: link.string, user: Self.stranger))
                }
            }
            // Sticky protects what is there, and not what is put where nothing is.
            let sticky = try scope.freshDirectory("sticky", mode: 0o1777)
            try scope.write("x", to: sticky.appending("file"))
            mkdir(sticky.appending("own").string, 0o755)
            #expect(try found(sticky.appending("file")).exposure == PathExposure(path: sticky.string, .writable(mode: 0o1777)))
            #expect(try found(sticky.appending("own/file")).exposure == nil)
        }
    }

    @Test("owner and target of a link are those of one inode, though the name is given to another link in between")
    func exchangedLink() throws {
        try TestScope.with { scope in
            let base = try scope.freshDirectory("base")
            let (good, bad) = (try scope.freshDirectory("good"), try scope.freshDirectory("bad"))
            let (name, other) = (base.appending("name"), base.appending("other"))
            for turn in 0..<12 {
                for path in [name, other] { unlink(path.string) }
                symlink(good.string, name.string)
                symlink(bad.string, other.string)
                lchown(other.string, Self.stranger, Self.stranger)
                let calls = Mutex(0)
                var kernel = Kernel.linux
                @Sendable func flip() {
                    if calls.withLock({
                        $0 += 1; return $0
                    }) == turn {
                        try? Kernel.linux.rename(workingDirectory, name.string, workingDirectory, other.string, .exchange)
                    }
                }
                kernel.open = { (directory, part, flags, mode) throws(Errno) in
                    if part == "name" { flip() }
                    return try Kernel.linux.open(directory, part, flags, mode)
                }
                kernel.status = { (descriptor) throws(Errno) in
                    let status = try Kernel.linux.status(descriptor)
                    if status.kind == .symbolicLink { flip() }
                    return status
                }
                let path = try? findMindingLinks(name.string, kernel: kernel).path
                #expect(path == nil || path == good.string, "\(turn)")
            }
        }
    }

    @Test("a directory that is moved while it is walked through does not make `..` lead elsewhere")
    func movedAway() throws {
        try TestScope.with { scope in
            let (base, elsewhere) = (try scope.freshDirectory("base"), try scope.freshDirectory("elsewhere"))
            mkdir(base.appending("d").string, 0o755)
            try scope.write("x", to: elsewhere.appending("file"))
            var kernel = Kernel.linux
            kernel.open = { (directory, part, flags, mode) throws(Errno) in
                if part == ".." { rename(base.appending("d").string, elsewhere.appending("d").string) }
                return try Kernel.linux.open(directory, part, flags, mode)
            }
            #expect(throws: CloneError.self) { try findMindingLinks(base.appending("d/../file").string, kernel: kernel) }
        }
    }

    @Test("an image is the file that was looked at, and nothing else is ever opened", arguments: ["fifo", "link", "file", "directory"])
    func image(what: String) throws {
        try TestScope.with { scope in
            let base = try scope.freshDirectory("base")
            let (image, other) = (base.appending("image"), base.appending("other"))
            try scope.write("the image", to: image)
            switch what {
            case "fifo": mkfifo(other.string, 0o600)
            case "link":
                symlink("/etc/passwd", other.string)
                lchown(other.string, Self.stranger, Self.stranger)
            case "file": try scope.write("another", to: other)
            default: mkdir(other.string, 0o755)
            }
            let inode = try found(image).status?.identity
            // At the n-th call on this way the two change places.
            for turn in 1...8 {
                let calls = Mutex(0)
                let opened = Mutex<[FileKind]>([])
                var kernel = Kernel.linux
                kernel.open = { (directory, part, flags, mode) throws(Errno) in
                    if part == "image" || part.hasPrefix("/proc"),
                        calls.withLock({
                            $0 += 1; return $0
                        }) == turn
                    {
                        try? Kernel.linux.rename(workingDirectory, image.string, workingDirectory, other.string, .exchange)
                    }
                    let descriptor = try Kernel.linux.open(directory, part, flags, mode)
                    if !flags.contains(.pathOnly), let kind = try? Kernel.linux.status(descriptor).kind {
                        opened.withLock { $0.append(kind) }
                    }
                    return descriptor
                }
                let file = try? ImageFile(path: image.string, kernel: kernel)
                if what != "file" { #expect(file == nil || file?.identity == inode, "\(turn)") }
                #expect(opened.withLock { $0.allSatisfy { $0 == .regular } }, "\(turn)")
                if try Kernel.linux.statusOf(workingDirectory, image.string).identity != inode {
                    try? Kernel.linux.rename(workingDirectory, image.string, workingDirectory, other.string, .exchange)
                }
            }
        }
    }

    @Test("nothing is made behind a link that leads nowhere, nor in a directory of somebody else")
    func making() throws {
        try TestScope.with { scope in
            let base = try scope.freshDirectory("base")
            symlink(base.appending("nowhere").string, base.appending("link").string)
            func make(_ path: String) -> CloneError? {
                failure { () throws(CloneError) in
                    try findDirectory(base.appending(path).string, mustBeTrusted: true, makes: true, kernel: .linux)
                }
            }
            #expect(make("link/a") == .notADirectory(path: base.appending("link").string))
            mkdir(base.appending("theirs").string, 0o755)
            chown(base.appending("theirs").string, Self.stranger, 0)
            #expect(make("theirs/a") == .runtimeExposed(path: base.appending("theirs").string, .owner(user: Self.stranger)))
            let old = umask(0)
            #expect(make("new/directory") == nil)
            umask(old)
            #expect(try found(base.appending("new/directory")).status?.permissions == 0o700)
            #expect(listDirectory(base.string).sorted() == ["link", "new", "theirs"])
        }
    }

    @Test("a file that nobody else can change is found, and is the one that was judged")
    func trustedFile() throws {
        try TestScope.with { scope in
            let base = try scope.freshDirectory("base")
            let file = base.appending("program")
            try scope.write("x", to: file)
            func exposed() -> PathExposure? {
                do throws(CloneError) {
                    _ = try findTrustedFile(file.string, kernel: .linux)
                } catch .runtimeExposed(let path, let exposure) {
                    return PathExposure(path: path, exposure)
                } catch {}
                return nil
            }
            #expect(exposed() == nil)
            #expect(try findTrustedFile(file.string, kernel: .linux).status?.identity == found(file).status?.identity)
            chmod(file.string, 0o666)
            #expect(exposed() == PathExposure(path: file.string, .writable(mode: 0o666)))
            chmod(file.string, 0o644)
            chmod(base.string, 0o777)
            #expect(exposed() == PathExposure(path: base.string, .writable(mode: 0o777)))
            chmod(base.string, 0o755)
            unlink(file.string)
            #expect(exposed() == nil)
        }
    }
}
