// What is struck: images in one pool in memory, mounted, registered with losnap. The rule: nobody writes to the images but the test, and
// only after a blow, to see that they can be written; what a snapshot has to be like is a clone that was made in the same freeze.

import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

/// What is frozen together.
enum KillLayout: String, CaseIterable, Sendable {
    case xfs, ext4, btrfs
    /// An image on the filesystem of the image that is snapshotted.
    case nested
    /// Three images at one instant.
    case group
}

struct KillScene {
    let scope: TestScope
    let layout: KillLayout
    let pool: Mount
    /// The images that are snapshotted, by their names as sources.
    let images: [(source: String, image: MountedImage)]
    /// All that is frozen.
    let mounts: [Mount]
    let sandbox: Sandbox
    let tracer: CallTracer

    /// How long losnap may keep it frozen.
    static let deadline = Duration.seconds(1)

    static func with(_ layout: KillLayout, _ body: (KillScene) throws -> Void) throws {
        try TestScope.with { try body(KillScene($0, layout)) }
    }

    private init(_ scope: TestScope, _ layout: KillLayout) throws {
        self.scope = scope
        self.layout = layout
        let memory = try scope.pool(.tmpfs, size: 3 << 30)
        let file = memory.path.appending("pool")
        try scope.makeSparseFile(file, size: 2 << 30)
        try Filesystem.xfs.make(on: file)
        let pool = try scope.mount(scope.attach(file).path, .xfs)
        self.pool = pool
        func image(_ name: String, _ kind: Filesystem, size: Int? = nil) throws -> (source: String, image: MountedImage) {
            (name, try scope.mountedImage("\(name).img", in: pool.path, kind, size: size))
        }
        var inner: [Mount] = []
        switch layout {
        case .xfs: images = [try image("home", .xfs)]
        case .ext4: images = [try image("home", .ext4)]
        case .btrfs: images = [try image("home", .btrfs)]
        case .nested:
            images = [try image("home", .xfs, size: 400 << 20)]
            inner = [try scope.mountedImage("inner.img", in: images[0].image.path, .ext4).mount]
        case .group: images = [try image("a", .xfs), try image("b", .ext4), try image("c", .btrfs)]
        }
        mounts = images.map(\.image.mount) + inner
        sandbox = try scope.sandbox()
        tracer = CallTracer(scope, sandbox)
        for (_, image) in images {
            let outcome = try Self.run(sandbox, ["create", image.file.string])
            try #require(outcome.succeeded, "\(outcome)")
        }
    }

    /// Runs losnap, again while a neighbour's loop device keeps it from telling what a btrfs holds: that is not of this test.
    static func run(_ sandbox: Sandbox, _ arguments: [String], environment: [String: String] = [:]) throws -> Outcome {
        for _ in 0..<20 {
            let outcome = try sandbox.losnap.run(arguments, environment: environment)
            guard isOfNeighbours(outcome) else { return outcome }
            usleep(300_000)
        }
        return try sandbox.losnap.run(arguments, environment: environment)
    }

    /// Whether losnap says so.
    static func isOfNeighbours(_ outcome: Outcome) -> Bool {
        ["can't be told whether its file lies inside", "what is mounted from it changed"].contains { outcome.stderr.contains($0) }
    }

    /// The command that is struck.
    var create: [String] { ["create"] + images.map(\.source) + ["--max-freeze", "1s"] }

    /// Where the clone of the same freeze goes.
    func copy(_ source: String) -> FilePath { pool.path.appending("\(source).kept") }

    var keeping: [(image: FilePath, copy: FilePath)] { images.map { ($0.image.file, copy($0.source)) } }

    /// Numbers, sources and files of what the catalogue calls complete: read without losnap, which would mend things.
    func completeRows() throws -> [(number: Int, source: String, file: FilePath)] {
        let statement = """
            SELECT snapshot.number || '|' || source.name || '|' || file_name FROM snapshot JOIN source ON source.row = snapshot.source
            WHERE state = 'complete' ORDER BY number
            """
        return try Command.run("sqlite3", [sandbox.catalogue.string, statement]).split(separator: "\n").map { line in
            let words = line.split(separator: "|").map(String.init)
            return (Int(words[0]) ?? 0, words[1], pool.path.appending(".losnap").appending(words[1]).appending(words[2]))
        }
    }

    /// Writes to each of what is frozen; the writers end when nothing is.
    func touchAll() throws -> [Touch] { try mounts.map { try Touch(scope, in: $0.path) } }

    /// The names in the pool that are neither images nor what a test put there.
    func strangers() -> [String] {
        let known = images.map { "\($0.source).img" } + images.map { "\($0.source).kept" } + [".losnap", ".other"]
        let top = names(in: pool.path).filter { !known.contains($0) }
        let sources = names(in: pool.path.appending(".losnap")).filter { name in !images.contains { $0.source == name } }
        return top + sources
    }

    /// The files of a source's snapshots.
    func files(_ source: String) -> [String] {
        names(in: pool.path.appending(".losnap").appending(source)).filter { $0 != "CACHEDIR.TAG" }.sorted()
    }

    /// What is left in losnap's own places of what was frozen.
    var records: [String] { names(in: sandbox.runtime.appending("frozen")) }

    private func names(in directory: FilePath) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: directory.string)) ?? []
    }
}

private let seekData: CInt = 3  // SEEK_DATA of lseek(2)

/// Whether two files are the same, byte by byte; holes, which are long, are compared as such.
func areEqual(_ first: FilePath, _ second: FilePath) throws -> Bool {
    var files: [FileDescriptor] = []
    defer { for file in files { try? file.close() } }
    for path in [first, second] { files.append(try FileDescriptor.open(path, .readOnly)) }
    let sizes = try files.map { try $0.seek(offset: 0, from: .end) }
    guard sizes[0] == sizes[1] else { return false }
    var pieces = [[UInt8](repeating: 0, count: 1 << 20), [UInt8](repeating: 0, count: 1 << 20)]
    var offset: Int64 = 0
    while offset < sizes[0] {
        let next = files.map { Int64(lseek($0.rawValue, Int(offset), seekData)) }.filter { $0 >= 0 }.min()
        guard let next else { return true }
        offset = next
        var counts = [0, 0]
        for index in 0...1 {
            counts[index] = try pieces[index].withUnsafeMutableBytes { try files[index].read(fromAbsoluteOffset: offset, into: $0) }
        }
        guard counts[0] == counts[1], counts[0] > 0, memcmp(pieces[0], pieces[1], counts[0]) == 0 else { return false }
        offset += Int64(counts[0])
    }
    return true
}
