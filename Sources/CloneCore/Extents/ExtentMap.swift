// Where a file lies on disk, by FIEMAP (Documentation/filesystems/fiemap.rst).

/// What FIEMAP says of one extent (linux/fiemap.h, FIEMAP_EXTENT_).
public struct ExtentFlags: OptionSet, Sendable, Hashable {
    public let rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// The last one of the file.
    public static let last = ExtentFlags(rawValue: 0x1)
    /// Its place on disk is not known.
    public static let unknown = ExtentFlags(rawValue: 0x2)
    /// It has no place yet: delayed allocation. `unknown` is set too.
    public static let delayed = ExtentFlags(rawValue: 0x4)
    /// Compressed or otherwise encoded: the length on disk is another one.
    public static let encoded = ExtentFlags(rawValue: 0x8)
    /// Encrypted.
    public static let encrypted = ExtentFlags(rawValue: 0x80)
    /// The place on disk is not aligned to blocks.
    public static let notAligned = ExtentFlags(rawValue: 0x100)
    /// The data lies among metadata.
    public static let inline = ExtentFlags(rawValue: 0x200)
    /// The data lies in a block with that of other files.
    public static let tail = ExtentFlags(rawValue: 0x400)
    /// Allocated, not written: reads as zeros.
    public static let unwritten = ExtentFlags(rawValue: 0x800)
    /// Another file (or another place of this one) uses these blocks too.
    public static let shared = ExtentFlags(rawValue: 0x2000)

    /// With any of these the physical address says nothing, so a range must be taken as changed and as its own.
    public static let unplaced: ExtentFlags = [.unknown, .delayed, .encoded, .encrypted, .notAligned, .inline, .tail]
}

/// A contiguous run of a file on disk.
public struct Extent: Sendable, Hashable {
    /// Where it is in the file, in bytes.
    public var logical: UInt64
    /// Where it is on disk, in bytes. Means nothing with a flag of `ExtentFlags.unplaced`.
    public var physical: UInt64
    /// Its length in the file, in bytes.
    public var length: UInt64
    public var flags: ExtentFlags

    public init(logical: UInt64, physical: UInt64, length: UInt64, flags: ExtentFlags) {
        self.logical = logical
        self.physical = physical
        self.length = length
        self.flags = flags
    }

    /// Whether the physical address can be compared with those of other files.
    public var isPlaced: Bool { flags.isDisjoint(with: .unplaced) }
}

/// All extents of a file, by logical address; what is missing is a hole.
public struct ExtentMap: Sendable, Hashable {
    public var extents: [Extent]
    /// For each extent how far into what its place on disk holds it begins, in bytes; only then does an encoded extent say what it has. Nil: not known, as in
    /// what FIEMAP gives.
    let insides: [UInt64]?

    public init(extents: [Extent]) { self.init(extents: extents, insides: nil) }

    init(extents: [Extent], insides: [UInt64]?) {
        self.extents = extents
        self.insides = insides
    }
}
