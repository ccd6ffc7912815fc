// What lies in /run and /proc: freeze records, which a later command thaws by, and the kernel's list of locks.

internal import CloneCore

extension Target {
    static let freezeRecord = Target(
        name: "freeze-record",
        tokens: [
            "state z\n", "btrfs\n", "diskseq ", "boot ", "device ", "depth ", "uuid ", "process ", "mount ", "\n", "7:0", "\nmount /",
            "-1 0", "1 18446744073709551615",
            "2147483648 1",
            "00000000-0000-0000-0000-000000000001", "\r\n",
        ]
    ) { input in
        guard let record = FreezeRecord(text: text(input)) else { return false }
        try expect(FreezeRecord(text: record.text) == record, "read again another: \(record)")
        try expect(!record.fileName.contains("/") && !record.fileName.hasPrefix("."), "no plain name")
        return true
    }

    static let locks = Target(
        name: "locks", tokens: ["FLOCK", "POSIX", "ADVISORY", "WRITE", "READ", "-> ", "00:1a:1234", "1:", " 4711 ", " 0 EOF", "\n"]
    ) { input in
        let pid = LockHolder.pid(holding: DeviceNumber(major: 0, minor: 26), 1234, in: text(input))
        try expect(pid.map { $0 > 0 } ?? true, "no process")
        return pid != nil
    }
}
