// Every error says what failed; every one that somebody can mend says how.

import SystemPackage
import TestSupport
import Testing

@testable import CloneCore

@Suite("Clone errors in words")
struct CloneErrorWordsTests {
    private static let path = "/pool/home.img"
    private static let refusals: [FreezeRefusal] = [
        .oneOfSeveralDevices(image: path, filesystem: "btrfs"), .externalLog(image: path, mountPoint: "/home"),
        .attachedNotMounted(image: path, device: "/dev/loop0"), .replacedWhileMounted(image: path, mountPoint: "/home"),
        .unreachableNamespace(image: path, device: "/dev/loop0"), .hiddenMount(image: path, mountPoint: "/home"),
        .unknownBackingFile(image: path, device: "/dev/loop0"), .tooMany(count: 33), .suspended(image: path, name: "vg-home"),
    ]
    private static let errors: [CloneError] =
        [
            .noSuchFile(path: path), .notAnImage(path: path, kind: .directory), .emptyImage(path: path),
            .sameFile(source: path, destination: "/pool/link"), .differentFilesystem(image: path, directory: "/other"),
            .cannotShareBlocks(directory: "/pool", filesystem: "ext4"), .cloneRefused(image: path, directory: "/pool"),
            .swapFile(path: path), .readOnly(path: path), .full(path: path), .inputOutput(path: path, during: .clone),
            .openForWriting(path: path), .cannotProveUnused(path: path), .notPermitted(path: path, during: .open),
            .needsRootToFreeze(mountPoint: "/home"), .frozenByAnother(mountPoint: "/home"),
            .cannotFreeze(mountPoint: "/home", filesystem: "vfat"), .windowBroken(.deadline(milliseconds: 10), mountPoint: "/home"),
            .windowBroken(.thawedEarly, mountPoint: "/home"), .windowBroken(.guardThawed, mountPoint: "/home"),
            .windowBroken(.mountsChanged, mountPoint: "/home"),
            .windowBroken(.blocksMoved, mountPoint: "/home"), .stillFrozen(mountPoint: "/home"),
            .unmountedWhileFrozen(mountPoint: "/home"), .outputInside(stream: "stdout", mountPoint: "/home"),
            .locked(what: path, holder: "process 1"), .locked(what: path, holder: nil), .noGuard(.noMemory), .interrupted(signal: 15),
            .notAMountPoint(path: "/home/x", mountPoint: "/home"), .notOnAnImage(mountPoint: "/home", device: "/dev/sda1"),
            .imageNotFound(mountPoint: "/home", path: path), .poolHasNoUUID(path: "/pool", filesystem: "nfs"), .partitioned(path: path),
            .unknownFilesystem(path: path), .notADirectory(path: path), .scratchInTheWay(directory: "/mnt"),
            .mountPointTaken(directory: "/mnt"),
            .sameUUIDMounted(path: path, filesystem: "btrfs"), .cannotMount(path: path, filesystem: "xfs", .invalidArgument),
            .runtimeInside(directory: "/home/run", mountPoint: "/home"), .runtimeExposed(path: "/srv", .owner(user: 7)),
            .runtimeExposed(path: "/srv", .writable(mode: 0o777)), .linkOfAnother(path: "/srv/a", user: 7),
            .thawBlocked(mountPoint: "/home"), .mountsChanging(path: path), .tooManyMounts(milliseconds: 5000),
            .prepareTooLong(.writingOut, path: path, limit: 300_000), .prepareTooLong(.catchingUp, path: path, limit: 300_000),
            .notAScratchMount(path: "/mnt"), .mountBusy(directory: "/mnt"),
            .freezeTooLong(image: path, pool: "xfs", predicted: 8000, limit: 1000, extents: 400_000, .maps, others: 0),
            .freezeTooLong(image: path, pool: "ext4", predicted: 8000, limit: 1000, extents: 400_000, .plain, others: 2),
            .freezeTooLong(image: path, pool: "btrfs", predicted: 8000, limit: 1000, extents: 400_000, .tracked, others: 1),
            .trackingImpossible(path: path, .notPermitted), .trackingMissed(path: path, offset: 4096, length: 8192),
            .system(.open, path: path, .noFunction),
            .system(.lock, path: path, .isDirectory), .system(.lock, path: path, .tooManySymbolicLinkLevels),
            .system(.write, path: path, .isDirectory),
            .system(.link, path: path, .noMemory), .system(.open, path: path, .tooManyOpenFiles),
            .system(.open, path: path, .tooManyOpenFilesInSystem), .system(.write, path: path, .fileTooLarge),
            .system(.rename, path: path, .resourceBusy), .system(.sync, path: path, .interrupted),
            .system(.lock, path: path, .wouldBlock), .system(.lock, path: path, .noLocks),
        ] + refusals.map { .refused($0) }

    @Test("message, code and hint", arguments: errors)
    func words(error: CloneError) throws {
        let hint = try #require(error.hint, "\(error)")
        for text in [error.message, hint] {
            #expect(text.count > 10 && !text.hasSuffix(".") && !text.contains("\n"), "\(text)")
            #expect(!text.contains("Optional(") && !text.contains("CloneCore."), "\(text)")
        }
        #expect(error.code.allSatisfy { $0.isLowercase || $0 == "_" })
    }

    @Test("a hint names an option only to a command that has it", arguments: errors)
    func options(error: CloneError) throws {
        #expect(bareOptions(in: try #require(error.hint { _ in false })).isEmpty, "\(error)")
        let all = ["--consistency", "--max-freeze", "--max-prepare", "--wait", "--clone"]
        #expect(bareOptions(in: try #require(error.hint)).allSatisfy(all.contains), "\(error)")
    }

    @Test("a failing call without words of its own names the call and the reason", arguments: SystemCall.allCases)
    func systemCalls(call: SystemCall) {
        let error = CloneError(.noMemory, call, Self.path)
        #expect(error == .system(call, path: Self.path, .noMemory))
        #expect(error.message.hasPrefix("\(Self.path): can't \(call.words) it: "))
    }

    @Test("one errno, one sentence per call")
    func errnos() {
        let cases: [(Errno, CloneError)] = [
            (.noSuchFileOrDirectory, .noSuchFile(path: "x")), (.permissionDenied, .notPermitted(path: "x", during: .open)),
            (.noSpace, .full(path: "x")), (Errno(rawValue: 122), .full(path: "x")), (.readOnlyFileSystem, .readOnly(path: "x")),
            (.ioError, .inputOutput(path: "x", during: .open)), (.interrupted, .system(.open, path: "x", .interrupted)),
        ]
        for (errno, error) in cases { #expect(CloneError(errno, .open, "x") == error) }
    }
}
