// The text of a freeze record: what is written is read, and any bytes give nil or a record.

import Foundation
import Testing

@testable import CloneCore

@Suite("Freeze record")
struct FreezeRecordTests {
    private let uuid = FilesystemUUID("01234567-89ab-cdef-0123-456789abcdef")

    @Test("what is written is read", arguments: ["/home", "/with space", "/new\nline\nmount x", "/\u{301}accent", "/", "/a\r\nb"])
    func roundTrip(mountPoint: String) {
        for uuid in [nil, uuid] {
            for count in 0...2 {
                let processes = (0..<count).map { ProcessIdentity(pid: Int32.max - Int32($0), startTime: UInt64.max) }
                let record = FreezeRecord(
                    boot: "b0", device: DeviceNumber(major: UInt32.max, minor: 0), uuid: uuid, depth: count,
                    mountPoint: mountPoint, processes: processes)
                #expect(FreezeRecord(text: record.text) == record)
                #expect(record.fileName == "4294967295-0")
            }
        }
    }

    @Test(
        "what is no record gives nil",
        arguments: [
            "", "boot", "boot x", "boot x\ndevice 1:2", "boot x\nmount /m", "device 1:2\nmount /m", "boot x\ndevice 1\nmount /m",
            "boot x\ndevice 1:2\nprocess 1\nmount /m", "boot x\ndevice 1:2\nuuid 12\nmount /m", "boot x\ndevice 1:99999999999\nmount /m",
            "boot x\ndevice 1:2\nwhat 1\nmount /m", "boot x\ndevice 1:2\nmount ",
        ])
    func noRecord(text: String) { #expect(FreezeRecord(text: text) == nil) }

    @Test("any bytes are read without a trap; cut or changed ones never name another device than was written")
    func fuzz() {
        var random = SystemRandomNumberGenerator()
        let whole = Array(
            FreezeRecord(
                boot: "b0", device: DeviceNumber(major: 7, minor: 3), uuid: uuid, mountPoint: "/home",
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
