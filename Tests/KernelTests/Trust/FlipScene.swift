// A pool with what belongs to root, to one user and to another, and a program of the first that exchanges names beside each command of root's. The rule:
// what may not be touched is watched by the kernel's own word: an opening that is over before anybody looks is noticed, too.

import CloneCore
import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

/// Whether anything was opened, made or removed, from the making of the watch on (inotify(7)).
final class TouchWatch {
    private let descriptor: CInt
    private var names: [Int32: String] = [:]

    init(_ paths: [FilePath]) throws {
        descriptor = inotify_init1(CInt(IN_NONBLOCK | IN_CLOEXEC))
        guard descriptor >= 0 else { throw FixtureError("inotify: \(Errno(rawValue: errno))") }
        for path in paths {
            let events = UInt32(IN_OPEN | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_MODIFY | IN_ATTRIB)
            let watch = inotify_add_watch(descriptor, path.string, events)
            guard watch >= 0 else { throw FixtureError("inotify \(path): \(Errno(rawValue: errno))") }
            names[watch] = path.string
        }
    }

    deinit { close(descriptor) }

    /// What was touched since the last call, each once.
    func touched() -> Set<String> {
        var found: Set<String> = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { return found }
            buffer.withUnsafeBytes { bytes in
                var at = 0
                while at < count {
                    let event = bytes.loadUnaligned(fromByteOffset: at, as: inotify_event.self)
                    found.insert("\(names[event.wd] ?? "?") \(String(event.mask, radix: 16))")
                    at += MemoryLayout<inotify_event>.size + Int(event.len)
                }
            }
        }
    }
}

/// Who is who: `P/ada` is ada's directory, `P/secret` root's alone, `P/bob` bob's alone.
struct FlipScene {
    static let ada: uid_t = 1001
    static let bob: uid_t = 1002

    let scope: TestScope
    let pool: Pool
    let sandbox: Sandbox
    let ada: FilePath
    let bob: FilePath
    let secret: FilePath
    /// A directory that all may write, as `/tmp`.
    let sticky: FilePath

    static func with(_ body: (FlipScene) throws -> Void, sourceLocation: SourceLocation = #_sourceLocation) throws {
        try TestScope.with(sourceLocation: sourceLocation) { scope in
            try body(FlipScene(scope))
        }
    }

    private init(_ scope: TestScope) throws {
        self.scope = scope
        let pool = try scope.pool(.xfs)
        self.pool = pool
        sandbox = try scope.sandbox()
        func make(_ name: String, _ owner: uid_t, _ mode: mode_t) throws -> FilePath {
            let path = pool.path.appending(name)
            guard mkdir(path.string, 0o700) == 0, chown(path.string, owner, owner) == 0, chmod(path.string, mode) == 0 else {
                throw FixtureError("mkdir \(path): \(Errno(rawValue: errno))")
            }
            return path
        }
        ada = try make("ada", Self.ada, 0o755)
        bob = try make("bob", Self.bob, 0o700)
        secret = try make("secret", 0, 0o700)
        sticky = try make("sticky", 0, 0o1777)
    }

    /// A small image of somebody's, with a text by which it can be told from others.
    @discardableResult
    func image(_ path: FilePath, of owner: uid_t, holding text: String) throws -> FilePath {
        let file = try scope.plainImage(path.lastComponent!.string, in: path.removingLastComponent(), holding: text)
        chown(file.string, owner, owner)
        chmod(file.string, 0o600)
        return file
    }

    func text(_ path: FilePath) throws -> String {
        let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path.string))
        let bytes = try file.read(upToCount: 64) ?? Data()
        return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }

    func directory(_ path: FilePath, of owner: uid_t = ada) {
        mkdir(path.string, 0o755)
        chown(path.string, owner, owner)
    }

    func link(_ path: FilePath, to target: FilePath, of owner: uid_t = ada) {
        symlink(target.string, path.string)
        lchown(path.string, owner, owner)
    }

    func fifo(_ path: FilePath, of owner: uid_t = ada) {
        mkfifo(path.string, 0o666)
        chown(path.string, owner, owner)
    }

    /// Adds ada's image as a source called `ada`, with snapshots in a directory of root's.
    func register(_ image: FilePath) throws {
        let place = pool.path.appending("snapshots")
        mkdir(place.string, 0o700)
        try #require(try sandbox.run("source", "add", "ada", image.string, "--directory", place.string).succeeded)
        _ = try sandbox.json("create", "ada")
    }

    /// The same with an image of ada's made for it.
    @discardableResult
    func registerImage(in directory: FilePath) throws -> FilePath {
        let image = try image(directory.appending("vm.img"), of: Self.ada, holding: "ada's")
        try register(image)
        return image
    }

    /// A directory of ada's, and beside it a link of ada's to something else, to change places with it.
    func flippable(_ name: String, in parent: FilePath, behind target: FilePath) -> (place: FilePath, other: FilePath) {
        let (place, other) = (parent.appending(name), parent.appending("other"))
        directory(place)
        link(other, to: target)
        return (place, other)
    }

    /// The kind of what has a name, as in st_mode; nil: nothing has it.
    static func kind(_ path: FilePath) -> mode_t? {
        var status = stat()
        return lstat(path.string, &status) == 0 ? status.st_mode & S_IFMT : nil
    }

    /// Asserts that nothing was touched, and nothing is in the directory that is root's alone.
    func expectSecretEmpty(_ watch: TouchWatch, sourceLocation: SourceLocation = #_sourceLocation) throws {
        #expect(watch.touched().isEmpty, sourceLocation: sourceLocation)
        #expect(try FileManager.default.contentsOfDirectory(atPath: secret.string).isEmpty, sourceLocation: sourceLocation)
    }

    /// Runs the body with these pairs of names being exchanged, ada's all of them. Afterwards each name leads to what it was, as far as the kinds differ.
    func flipping(_ pairs: [(FilePath, FilePath)], _ body: () throws -> Void) throws {
        let kinds = pairs.map { Self.kind($0.0) }
        let flipper = Tool(executable: Tool.losnap.executable.removingLastComponent().appending("flipper"))
        let process = try scope.start(
            flipper.invocation(["\(Self.ada)"] + pairs.flatMap { [$0.0.string, $0.1.string] }))
        try body()
        process.send(SIGTERM)
        let outcome = process.finish(within: .seconds(10))
        #expect(outcome.status == .exited(0), "\(outcome.stderr)")
        #expect(Int(outcome.stdout.dropLast()).map { $0 > 100 } == true, "exchanged only \(outcome.stdout) times")
        for ((one, other), kind) in zip(pairs, kinds) where Self.kind(one) != kind {
            try Kernel.linux.rename(workingDirectory, one.string, workingDirectory, other.string, .exchange)
        }
    }

    /// How many rounds a test makes.
    static func rounds(_ usual: Int) -> Int { TestLength.isLong ? usual * 25 : usual }

    /// The statuses that a command may have whose way somebody exchanges: done, or refused with a reason.
    static let allowed: Set<Int32> = [0, 64, 66, 69, 73, 75, 77]

    /// Asserts that a command was done or refused, and nothing worse.
    func expectDoneOrRefused(_ outcome: Outcome, sourceLocation: SourceLocation = #_sourceLocation) {
        guard case .exited(let status) = outcome.status, Self.allowed.contains(status) else {
            Issue.record("\(outcome.status): \(outcome.stderr)", sourceLocation: sourceLocation)
            return
        }
        if status != 0 { #expect(outcome.stderr.contains("hint: "), "\(outcome.stderr)", sourceLocation: sourceLocation) }
    }
}
