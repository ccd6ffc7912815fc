// The text of a freeze record: what is written is read, and any bytes give nil or a record.

import CLinux
import Foundation
import Testing

@testable import CloneCore

@Suite("Freeze record")
struct FreezeRecordTests {
    private let uuid = FilesystemUUID("01234567-89ab-cdef-0123-456789abcdef")

    @Test("what is written is read", arguments: ["/home", "/with space", "/new\nline\nmount x", "/\u{301}accent", "/", "/a\r\nb"])
    func roundTrip(mountPoint: String) {
        let filesystems = [
            FrozenFilesystem(), FrozenFilesystem(uuid: uuid, diskSequence: .max), FrozenFilesystem(isBtrfs: true, uuid: uuid),
        ]
        for filesystem in filesystems {
            for (count, state) in FreezeState.allCases.enumerated() {
                let processes = (0..<count).map { ProcessIdentity(pid: Int32.max - Int32($0), startTime: UInt64.max) }
                let record = FreezeRecord(
                    state: state, boot: "b0", device: DeviceNumber(major: UInt32.max, minor: 0), filesystem: filesystem, depth: count,
                    mountPoint: mountPoint, processes: processes)
                #expect(FreezeRecord(text: record.text) == record)
                #expect(record.fileName == "4294967295-0")
                #expect(FreezeRecord.device(ofFileName: record.fileName) == record.device)
            }
        }
    }

    @Test("the state is the byte that the guard writes")
    func statePlace() throws {
        let record = FreezeRecord(boot: "b0", device: DeviceNumber(major: 7, minor: 0), mountPoint: "/m", processes: [])
        var bytes = Array(record.text.utf8)
        let names: [(UInt8, FreezeState)] = [
            (UInt8(CLINUX_RECORD_PREPARED), .prepared), (UInt8(CLINUX_RECORD_FREEZING), .freezing),
            (UInt8(CLINUX_RECORD_FROZEN), .frozen), (UInt8(CLINUX_RECORD_THAWED), .thawed),
        ]
        for (byte, state) in names {
            bytes[Int(CLINUX_RECORD_STATE_AT)] = byte
            #expect(FreezeRecord(text: String(decoding: bytes, as: UTF8.self))?.state == state)
        }
    }

    @Test("the record of an older losnap is read: no state, and a UUID only of a btrfs; what a later one writes besides is passed over")
    func otherVersions() throws {
        let old = try #require(FreezeRecord(text: "boot x\ndevice 7:1\ndepth 0\nprocess 1 2\nmount /m"))
        #expect(old.state == nil && old.filesystem == FrozenFilesystem())
        let known = try #require(uuid)
        let btrfs = try #require(FreezeRecord(text: "boot x\ndevice 0:41\nuuid \(known)\nmount /m"))
        #expect(btrfs.filesystem == FrozenFilesystem(isBtrfs: true, uuid: uuid))
        let later = try #require(FreezeRecord(text: "state z\nboot x\ndevice 7:1\nweather fine\nmount /m"))
        #expect(later.state == .frozen && later.mountPoint == "/m")
    }

    @Test("filesystems are told apart by what both tell")
    func filesystems() {
        let other = FilesystemUUID("11234567-89ab-cdef-0123-456789abcdef")
        let known = FrozenFilesystem(uuid: uuid, diskSequence: 7)
        #expect(known.canBe(known) && known.canBe(FrozenFilesystem()) && FrozenFilesystem().canBe(known))
        #expect(!known.canBe(FrozenFilesystem(uuid: other, diskSequence: 7)))
        #expect(!known.canBe(FrozenFilesystem(uuid: uuid, diskSequence: 8)))
        #expect(!known.canBe(FrozenFilesystem(diskSequence: 8)))
    }

    @Test(
        "what is no record gives nil",
        arguments: [
            "", "boot", "boot x", "boot x\ndevice 1:2", "boot x\nmount /m", "device 1:2\nmount /m", "boot x\ndevice 1\nmount /m",
            "boot x\ndevice 1:2\nprocess 1\nmount /m", "boot x\ndevice 1:2\nuuid 12\nmount /m", "boot x\ndevice 1:99999999999\nmount /m",
            "state x\nboot x\ndevice 1:2\nmount /m", "boot x\ndevice 1:2\ndiskseq -1\nmount /m", "boot x\ndevice 1:2\nwhat\nmount /m",
            "boot x\ndevice 1:2\nmount ",
        ])
    func noRecord(text: String) { #expect(FreezeRecord(text: text) == nil) }

    @Test("any bytes are read without a trap; cut or changed ones never name another device than was written")
    func fuzz() {
        var random = SystemRandomNumberGenerator()
        let whole = Array(
            FreezeRecord(
                boot: "b0", device: DeviceNumber(major: 7, minor: 3), filesystem: FrozenFilesystem(uuid: uuid), mountPoint: "/home",
                processes: [ProcessIdentity(pid: 1, startTime: 2)]
            ).text.utf8)
        for length in 0..<whole.count {
            let cut = FreezeRecord(text: String(decoding: whole[..<length], as: UTF8.self))
            #expect(cut.map { $0.device == DeviceNumber(major: 7, minor: 3) } ?? true)
        }
        for _ in 0..<5000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            _ = FreezeRecord(text: String(decoding: bytes, as: UTF8.self))
            let noise = (0..<Int.random(in: 0...80, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
            _ = FreezeRecord(text: String(decoding: noise, as: UTF8.self))
        }
    }

    @Test("a FIFO in the place of a record is none, and nobody waits for it", .timeLimit(.minutes(15)))
    func fifo() throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("losnap-fifo-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        #expect(mkfifo(directory + "/7-0", 0o600) == 0)
        #expect(try freezesLeft(places: RuntimePlaces(frozen: directory, locks: directory)).isEmpty)
    }

    @Test("a process is told from a later one of its number")
    func identity() throws {
        let own = try #require(ProcessIdentity(pid: getpid()))
        #expect(own.isAlive)
        #expect(!ProcessIdentity(pid: own.pid, startTime: own.startTime + 1).isAlive)
        #expect(ProcessIdentity(pid: Int32.max) == nil)
        #expect(currentBootID().count == 36)
    }
}
