// A system that was written down: sysfs as lines `path = value`, mountinfo as the kernel prints it. The tests read like the systems they are
// about. The rule: what is not written down is not there.

import CloneCore
import Synchronization

struct RecordedSystem {
    private var files: [String: String] = [:]
    private var tables: [(root: String, text: [UInt8])] = []
    /// The roots whose mounts were read, in order.
    let reads = Reads()

    final class Reads: Sendable {
        private let roots = Mutex<[String]>([])

        func append(_ root: String) { roots.withLock { $0.append(root) } }

        var all: [String] { roots.withLock { $0 } }
    }
    private var loops: [String: LoopStatus] = [:]
    /// Where paths lead; device 254:0 unless said otherwise.
    private var identities: [String: FileIdentity] = [:]
    private var filesystems: [String: FilesystemIdentity] = [:]
    var links: [String: String] = [:]
    var superblocks: [String: [UInt8]] = [:]
    /// Without the right to ask loop devices.
    var isUnprivileged = false

    init() { mounts("27 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n30 27 254:16 / /pool rw - xfs /dev/vdb rw") }

    /// st_dev of a file on the device.
    static func device(_ text: String) -> UInt64 {
        let number = DeviceNumber(text)!
        return UInt64(number.minor & 0xff) | UInt64(number.major & 0xfff) << 8 | UInt64(number.minor & ~0xff) << 12
    }

    static func file(_ inode: UInt64, on device: String = "254:16") -> FileIdentity {
        FileIdentity(device: Self.device(device), inode: inode)
    }

    /// Lines of mountinfo: our own first, then those of other namespaces by the prefix that opens them. Every mount point opens,
    /// unless it is named in `hidden`.
    mutating func mounts(_ text: String, prefix: String = "", hidden: Set<String> = []) {
        let text = Array("\(text)\n".utf8)
        if let index = tables.firstIndex(where: { $0.root == prefix }) {
            tables[index].text += text
        } else {
            tables.append((prefix, text))
        }
        for entry in MountLines.entries(of: text) where entry.type != "btrfs" && !hidden.contains(entry.mountPoint) {
            filesystems[prefix + entry.mountPoint] = FilesystemIdentity(device: entry.device)
        }
    }

    /// A directory that opens, and what it tells: of a btrfs the subvolume's device and the UUID.
    mutating func opens(_ path: String, device: String, btrfs uuid: String? = nil, isDirectory: Bool = true) {
        filesystems[path] = FilesystemIdentity(
            device: DeviceNumber(device)!, btrfsUUID: uuid.map { FilesystemUUID($0)! }, isDirectory: isDirectory)
    }

    /// A file or directory of /sys: `path = value`, or `path` alone for an entry of a directory.
    mutating func sysfs(_ text: String) {
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: "=", maxSplits: 1).map { $0.trimmed }
            files["/sys/\(parts[0])"] = parts.count > 1 ? parts[1] : ""
        }
    }

    /// A first partition of loop0, 259:0, with dm-0 on it, 253:0.
    mutating func mapsPartitionOfLoop0() {
        sysfs(
            """
            block/loop0/loop0p1/partition = 1
            block/loop0/loop0p1/dev = 259:0
            block/loop0/loop0p1/holders/dm-0
            block/dm-0/dev = 253:0
            block/dm-0/slaves/loop0p1
            """)
    }

    /// A loop device that sysfs still shows, or shows already, but that has no file.
    mutating func detaches(_ number: Int) { loops["loop\(number)"] = nil }

    /// An attached loop device `loopN` of number 7:N. Its path leads to it unless it is marked as deleted.
    mutating func loop(
        _ number: Int, _ file: FileIdentity, _ path: String, offset: UInt64 = 0, isReadOnly: Bool = false, label: String = "",
        isAutoclear: Bool = false
    ) {
        let directory = "/sys/block/loop\(number)"
        files["\(directory)/dev"] = "7:\(number)"
        files["\(directory)/ro"] = isReadOnly ? "1" : "0"
        files["\(directory)/loop/backing_file"] = path
        loops["loop\(number)"] = LoopStatus(
            identity: file, offset: offset, isReadOnly: isReadOnly, isAutoclear: isAutoclear, name: label)
        if !path.hasSuffix(" (deleted)") { identities[path] = file }
    }

    /// What a path leads to.
    mutating func path(_ path: String, is file: FileIdentity?) { identities[path] = file }

    var view: SystemView {
        let system = self
        return SystemView(
            readMounts: { (root, filter, limit, use) throws(CloneError) in
                system.reads.append(root)
                for entry in MountLines.entries(of: system.tables.first { $0.root == root }?.text ?? [], filter) {
                    if let limit { try limit.checkMounts() }
                    if !use(entry) { return }
                }
            },
            otherRoots: { system.tables.map(\.root).filter { !$0.isEmpty } },
            list: { directory in
                let prefix = "\(directory)/"
                let names = system.files.keys.filter { $0.hasPrefix(prefix) }.map { $0.dropFirst(prefix.count).prefix { $0 != "/" } }
                return Set(names.map(String.init)).sorted()
            },
            read: { system.files[$0] },
            loopStatus: { name in system.isUnprivileged ? .unknown : system.loops[name].map(LoopAnswer.attached) ?? .detached },
            identity: { system.identities[$0] },
            realPath: { path in system.links[path] ?? path },
            filesystem: { system.filesystems[$0] },
            deviceBytes: { name, offset, count in offset == 1024 ? system.superblocks[name].map { Array($0.prefix(count)) } : nil })
    }

    func use(of image: FileIdentity, path: String = "/pool/home.img") throws -> ImageUse {
        try ImageLocator(view: view).use(of: image, path: path)
    }

    /// Why it is refused; nil if it is not.
    func refusal(of image: FileIdentity, path: String = "/pool/home.img") -> FreezeRefusal? {
        do { _ = try use(of: image, path: path) } catch CloneError.refused(let refusal) { return refusal } catch {}
        return nil
    }
}

extension Substring {
    fileprivate var trimmed: String {
        var text = self
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}

extension ImageUse {
    /// `depth mount-point device` of each filesystem, in the order of freezing.
    var summary: [String] {
        guard case .mounted(let filesystems) = self else { return ["\(self)"] }
        return filesystems.map { "\($0.depth) \($0.mountPoint) \($0.device)" }
    }

    var filesystems: [InnerFilesystem] {
        guard case .mounted(let filesystems) = self else { return [] }
        return filesystems
    }
}
