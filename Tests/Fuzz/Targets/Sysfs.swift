// A whole system that says anything: mounts, sysfs and loop devices as lines of text, and an image in the middle of it. Finding what must be frozen
// comes to an end, with an answer or a refusal, whatever refers to whatever.
//
// `mount LINE` (of mountinfo), `other LINE` (of another namespace), `sys PATH=VALUE`, `loop NAME DEVICE INODE`, `leads PATH DEVICE INODE`,
// `opens PATH DEVICE [UUID]`, `link PATH PATH`, `bytes NAME TEXT`.

internal import CloneCore

extension Target {
    static let sysfs = Target(
        name: "sysfs",
        tokens: [
            "mount ", "other ", "sys ", "loop ", "leads ", "opens ", "link ", "bytes ", "block/loop0/loop/backing_file=",
            "block/loop0/dev=7:0",
            "block/loop0/holders/dm-0", "block/dm-0/slaves/loop0", "block/dm-0/dev=253:0", "block/dm-0/holders/loop0",
            "block/loop0/loop0p1/partition=1",
            "loop0p1", "fs/btrfs/00000000-0000-0000-0000-000000000001/devices/loop0", "fs/xfs/loop0", " (deleted)", "/pool/home.img",
            "64768", "1792",
        ]
    ) { input in
        let system = WrittenSystem(input)
        let view = system.view
        var isUnderstood = false
        for inode in [UInt64(1), 2] {
            var frozen: [InnerFilesystem]?
            do throws(CloneError) {
                let use = try ImageLocator(view: view).use(of: FileIdentity(device: 64768, inode: inode), path: "/pool/home.img")
                if case .mounted(let inner) = use { frozen = inner }
            } catch {
                try checkWords(error)
            }
            guard let frozen else { continue }
            isUnderstood = true
            try expect(!frozen.isEmpty && Set(frozen).count == frozen.count, "nothing to freeze, or something twice")
            try expect(zip(frozen, frozen.dropFirst()).allSatisfy { $0.depth >= $1.depth }, "not the deepest first")
        }
        var kernel = Kernel.linux
        kernel.pause = { _ in }
        for entry in system.own.prefix(4) {
            do throws(CloneError) {
                _ = try MountPointTracer(view: view, kernel: kernel).image(at: entry.mountPoint)
                isUnderstood = true
            } catch {
                try checkWords(error)
            }
        }
        return isUnderstood
    }
}

/// The sentences of an error are there, and short enough to be read.
func checkWords(_ error: some ExplainedError) throws(Fault) {
    try expect(!error.message.isEmpty && !error.code.isEmpty, "an error without words")
    try expect(error.hint.map { !$0.isEmpty } ?? true, "an empty hint: \(error.message)")
}

/// A system as lines.
private struct WrittenSystem {
    private(set) var own: [MountEntry] = []
    private var others: [MountEntry] = []
    private var files: [String: String] = [:]
    private var entries: [String: [String]] = [:]
    private var loops: [String: FileIdentity] = [:]
    private var identities: [String: FileIdentity] = [:]
    private var filesystems: [String: FilesystemIdentity] = [:]
    private var links: [String: String] = [:]
    private var bytes: [String: [UInt8]] = [:]

    init(_ input: [UInt8]) {
        for line in input.split(separator: 0x0A).prefix(500) {
            let parts = line.split(separator: 0x20, maxSplits: 1)
            guard parts.count == 2 else { continue }
            let words = parts[1].split(separator: 0x20).map { String(decoding: $0, as: UTF8.self) }
            switch String(decoding: parts[0], as: UTF8.self) {
            case "mount": own += MountLines.entries(of: Array(parts[1]))
            case "other": others += MountLines.entries(of: Array(parts[1]))
            case "sys": put(String(decoding: parts[1], as: UTF8.self))
            case "loop": if let identity = identity(words) { loops[words[0]] = identity }
            case "leads": if let identity = identity(words) { identities[words[0]] = identity }
            case "opens":
                guard words.count > 1, let device = DeviceNumber(words[1]) else { continue }
                filesystems[words[0]] = FilesystemIdentity(
                    device: device, btrfsUUID: words.count > 2 ? FilesystemUUID(words[2]) : nil, isDirectory: words.count < 4)
            case "link": if words.count > 1 { links[words[0]] = words[1] }
            case "bytes": if let name = words.first { bytes[name] = Array(parts[1].dropFirst(name.utf8.count)) }
            default: continue
            }
        }
    }

    private func identity(_ words: [String]) -> FileIdentity? {
        guard words.count > 2, let device = UInt64(words[1]), let inode = UInt64(words[2]) else { return nil }
        return FileIdentity(device: device, inode: inode)
    }

    private mutating func put(_ text: String) {
        let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
        guard let path = parts.first else { return }
        files["/sys/\(path)"] = parts.count > 1 ? parts[1] : ""
        var directory = "/sys"
        for name in path.split(separator: "/").prefix(12).map(String.init) {
            if !(entries[directory]?.contains(name) ?? false) { entries[directory, default: []].append(name) }
            directory += "/\(name)"
        }
    }

    var view: SystemView {
        let system = self
        return SystemView(
            readMounts: { (root, filter, _, use) throws(CloneError) in
                for entry in root.isEmpty ? system.own : system.others where filter.wants(entry) {
                    if !use(entry) { return }
                }
            },
            otherRoots: { ["/proc/9/root"] },
            list: { system.entries[$0] ?? [] },
            read: { system.files[$0] },
            loopStatus: { name in system.loops[name].map { .attached(LoopStatus(identity: $0)) } ?? .unknown },
            identity: { system.identities[$0] },
            realPath: { system.links[$0] ?? $0 },
            filesystem: { system.filesystems[$0] },
            deviceBytes: { name, _, count in system.bytes[name].map { Array(($0 + [UInt8](repeating: 0, count: count)).prefix(count)) } })
    }
}
