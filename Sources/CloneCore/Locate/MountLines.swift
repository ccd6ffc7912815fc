// mountinfo cut to lines, block by block as it is read. The rule: memory for one line, however many there are and however long they are: any user
// can make a table of gigabytes in a namespace of their own.

internal import Glibc

/// One line, before anything is made of it.
package struct MountLine {
    static let blank = UInt8(ascii: " ")

    /// Without its newline.
    package let bytes: ArraySlice<UInt8>
    /// Whether its middle is missing, for it was too long.
    package let isCut: Bool

    /// The third field; nil if that is no device.
    package var device: DeviceNumber? {
        var start = bytes.startIndex
        for _ in 0..<2 {
            guard let blank = bytes[start...].firstIndex(of: Self.blank) else { return nil }
            start = blank + 1
        }
        let field = bytes[start...].prefix(32)
        guard let end = field.firstIndex(of: Self.blank) else { return nil }
        return DeviceNumber(String(decoding: field[..<end], as: UTF8.self))
    }

    /// Whether the words ` - TYPE ` stand in it: it may be of that type.
    package func mayBe(_ type: String) -> Bool {
        let wanted = Array("- \(type) ".utf8)
        return bytes.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return false }
            var offset = 0
            // Dashes are few, and memchr is quick.
            while offset < bytes.count, let found = memchr(base + offset, CInt(wanted[0]), bytes.count - offset) {
                let dash = UnsafeRawPointer(found) - base
                if dash > 0, bytes[dash - 1] == Self.blank, bytes[dash...].starts(with: wanted) { return true }
                offset = dash + 1
            }
            return false
        }
    }
}

/// Gathers blocks to lines.
package struct MountLines {
    /// Longer lines are cut. A path that can be opened has 4,096 bytes at most, each of which may be shown as four.
    private static let longest = 3 * kept
    /// So much is kept of their beginning and of their end.
    private static let kept = 65536

    private var rest: [UInt8] = []
    private var isCut = false

    package init() {}

    /// Takes the next block. `use` gets each line that ends in it; false: it wants no more.
    ///
    /// - Returns: what `use` returned last, or true.
    package mutating func take(_ block: ArraySlice<UInt8>, _ use: (MountLine) -> Bool) -> Bool {
        var left = block
        while let newline = left.firstNewline {
            let head = left[..<newline]
            left = left[(newline + 1)...]
            if rest.isEmpty, head.isEmpty { continue }
            if rest.isEmpty, head.count <= Self.longest {
                if !use(MountLine(bytes: head, isCut: false)) { return false }
            } else {
                keep(head)
                if !useKept(use) { return false }
            }
        }
        keep(left)
        return true
    }

    /// There are no more blocks: what is left is a line too.
    package mutating func end(_ use: (MountLine) -> Bool) {
        if !rest.isEmpty { _ = useKept(use) }
    }

    /// The mounts in a text that is at hand, taken in blocks of that size.
    package static func entries(of text: [UInt8], _ filter: MountFilter = .all, block: Int = 65536) -> [MountEntry] {
        var lines = MountLines()
        var entries: [MountEntry] = []
        func use(_ line: MountLine) -> Bool {
            if let entry = filter.entry(of: line) { entries.append(entry) }
            return true
        }
        for start in stride(from: 0, to: text.count, by: block) { _ = lines.take(text[start..<min(start + block, text.count)], use) }
        lines.end(use)
        return entries
    }

    private mutating func keep(_ part: ArraySlice<UInt8>) {
        // Longer parts than a block are not kept whole even for a moment.
        var left = part
        while !left.isEmpty {
            rest += left.prefix(Self.kept)
            left = left.dropFirst(Self.kept)
            if rest.count > Self.longest { cut() }
        }
    }

    private mutating func cut() {
        rest.removeSubrange(Self.kept..<(rest.count - Self.kept))
        isCut = true
    }

    private mutating func useKept(_ use: (MountLine) -> Bool) -> Bool {
        if isCut { cut() }
        defer {
            rest.removeAll(keepingCapacity: true)
            isCut = false
        }
        return use(MountLine(bytes: rest[...], isCut: isCut))
    }
}

extension ArraySlice<UInt8> {
    fileprivate var firstNewline: Int? {
        withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress, let found = memchr(base, 0x0A, bytes.count) else { return nil }
            return startIndex + (UnsafeRawPointer(found) - base)
        }
    }
}
