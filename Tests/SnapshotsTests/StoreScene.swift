// Where the tests of the store's operations play: a pool in memory, and in it scenes that do not see each other, each with its images, its
// catalogue, its locks and a clock that a test sets. The images are small and not mounted: nothing is ever frozen here.

import CloneCore
import Foundation
import Glibc
import Policy
import SystemPackage
import TestSupport
import Testing

@testable import Snapshots

/// A clock that stands still until it is set.
final class SceneClock: Sendable {
    private let milliseconds: Atomic

    init() { milliseconds = Atomic(Sample.now.milliseconds) }

    var now: Instant { Instant(clamping: milliseconds.value) }

    func advance(hours: Int64 = 0, milliseconds difference: Int64 = 0) { milliseconds.add(hours * 3_600_000 + difference) }
}

/// A number that threads share.
final class Atomic: @unchecked Sendable {
    private var number: Int64
    private let lock = NSLock()

    init(_ number: Int64) { self.number = number }

    var value: Int64 { lock.withLock { number } }

    func add(_ difference: Int64) { lock.withLock { number += difference } }
}

/// One user's world on a pool.
struct StoreScene: Sendable {
    /// Where its images lie.
    let directory: FilePath
    /// Where its catalogue, locks and freeze records lie.
    let state: FilePath
    let clock = SceneClock()

    /// - Parameter state: where the catalogue is to be, if not on the pool.
    init(on pool: FilePath, _ name: String = "scene", state: FilePath? = nil) throws {
        directory = pool.appending(name)
        self.state = state ?? pool.appending("\(name).state")
        for path in [directory, self.state] where mkdir(path.string, 0o700) != 0 { throw Errno(rawValue: errno) }
    }

    /// Another scene whose catalogue begins as a copy of this one's, which must be closed: making one anew takes long.
    func sibling(_ name: String) throws -> StoreScene {
        let scene = try StoreScene(on: directory.removingLastComponent(), name)
        try FileManager.default.copyItem(atPath: catalogue.string, toPath: scene.catalogue.string)
        guard link(catalogue.string + ".reserve", scene.catalogue.string + ".reserve") == 0 else { throw Errno(rawValue: errno) }
        return scene
    }

    /// Takes it away, so that a thousand of them fit on one pool.
    func remove() throws {
        for place in listDirectory(directory.appending(".losnap").string) {
            let path = directory.appending(".losnap").appending(place)
            for name in listDirectory(path.string) {
                try Kernel.linux.clearImmutable(OpenFile(path.appending(name).string, kernel: .linux))
            }
        }
        for path in [directory, state] { try FileManager.default.removeItem(atPath: path.string) }
    }

    var catalogue: FilePath { state.appending("catalogue.sqlite") }

    /// The real kernel with the scene's clock.
    var kernel: Kernel {
        var kernel = Kernel.linux
        let clock = clock
        kernel.realTime = { clock.now.milliseconds }
        return kernel
    }

    /// It waits for locks unless told otherwise: a child that another test forks holds them too, until it has come to exec.
    func options(_ kernel: Kernel? = nil, waits: Bool = true) -> StoreOptions {
        StoreOptions(
            catalogue: catalogue, places: RuntimePlaces(under: state.appending("run").string), waitsForLocks: waits, command: "test",
            kernel: kernel ?? self.kernel)
    }

    func store(
        _ kernel: Kernel? = nil, waits: Bool = true, mode: CatalogueMode = .creating, whenFull: CatalogueWhenFull = .refuse
    ) throws -> Store {
        try Store(options(kernel, waits: waits), mode: mode, whenFull: whenFull)
    }

    /// Writes an image of 192 KiB, all of it that letter.
    @discardableResult
    func image(_ name: String = "home.img", filledWith letter: Character = "a") throws -> FilePath {
        let path = directory.appending(name)
        try write(letter, to: path)
        chmod(path.string, 0o640)
        return path
    }

    func write(_ letter: Character, to path: FilePath) throws {
        let file = try FileDescriptor.open(path, .writeOnly, options: [.create, .closeOnExec], permissions: [.ownerReadWrite])
        try file.closeAfter { _ = try file.writeAll([UInt8](repeating: letter.asciiValue ?? 0, count: Self.size)) }
    }

    static let size = 192 << 10

    /// The letter that a whole image or snapshot is full of; nil when it is not.
    static func letter(in path: FilePath) -> Character? {
        guard let data = FileManager.default.contents(atPath: path.string), data.count == size, let first = data.first,
            data == Data(repeating: first, count: size)
        else { return nil }
        return Character(UnicodeScalar(first))
    }

    /// Makes an image, and a registered source of it.
    func source(_ name: String = "home", in store: Store) throws -> Source {
        try store.addSource(name: SourceName(parsing: name), image: image("\(name).img"), directory: nil)
    }

    /// The same with snapshots of it, an hour apart, the image staying as it is.
    func source(in store: Store, taken count: Int, _ change: (inout CreateRequest) throws -> Void = { _ in }) throws -> Source {
        let source = try source(in: store)
        for _ in 0..<count {
            try store.take(source, change)
            clock.advance(hours: 1)
        }
        return source
    }

    /// The files in a source's snapshot directory, but the tag.
    func files(_ name: String = "home") -> [String] {
        listDirectory(directory.appending(".losnap").appending(name).string).filter { $0 != "CACHEDIR.TAG" }.sorted()
    }
}

extension TestScope {
    /// A pool whose blocks are in memory, so that a thousand fsyncs cost nothing.
    func memoryPool(_ kind: Filesystem = .xfs, size: Int? = nil) throws -> FilePath {
        let memory = try pool(.tmpfs, size: 2 << 30)
        chmod(memory.path.string, 0o755)
        let file = memory.path.appending("pool")
        try makeSparseFile(file, size: size ?? max(kind.smallSize, 320 << 20))
        try kind.make(on: file)
        let mount = try mount(attach(file).path, kind)
        chmod(mount.path.string, 0o755)
        return mount.path
    }
}

extension Store {
    /// Takes one snapshot of a source.
    @discardableResult
    func take(_ source: Source, _ change: (inout CreateRequest) throws -> Void = { _ in }) throws -> ListedSnapshot {
        var request = CreateRequest(sources: [source])
        try change(&request)
        let report = try create(request)
        return try #require(report.snapshots.first)
    }

    /// The row of that number.
    func row(_ number: Int64) throws -> Snapshot {
        guard let number = SnapshotNumber(number), let row = try catalogue.snapshot(number) else {
            throw SnapshotsError.unknownSnapshot(reference: "\(number)", nearest: [])
        }
        return row
    }

    /// The snapshot of that number, as it is listed now.
    func listed(_ number: SnapshotNumber) throws -> ListedSnapshot {
        measure([try row(number.value)])[0]
    }
}
