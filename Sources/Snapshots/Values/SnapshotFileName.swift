// What a snapshot's file is called. The rule: the name is made from a time, a UUID and the image's extension and nothing else, and only a
// plain name is ever joined to a directory.

public import Policy
public import SystemPackage

/// The plain name of a snapshot's file in its snapshot directory.
public struct SnapshotFileName: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The name's text.
    public let text: String

    /// The name that `text` is; nil when it is no plain file name: empty, `.`, `..`, over 255 bytes, or with `/` or a NUL in it.
    public init?(_ text: String) {
        guard !text.isEmpty, text != ".", text != "..", text.utf8.count <= 255 else { return nil }
        for byte in text.utf8 where byte == 0x2F || byte == 0 { return nil }
        self.text = text
    }

    /// The name of a snapshot: `20261123T070000.123Z-1b4e28ba.img`. An extension over 32 bytes, or with more than letters and digits, is left out.
    public init(takenAt: Instant, id: Identifier, image: FilePath) {
        let stem = "\(takenAt.compact)-\(id.prefix)"
        guard let ending = image.extension, !ending.isEmpty, ending.utf8.count <= 32,
            ending.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) })
        else {
            text = stem
            return
        }
        text = "\(stem).\(ending)"
    }

    /// Whether the name says of itself that it is that snapshot's. It proves nothing: only the record does.
    public func mentions(_ id: Identifier) -> Bool {
        text.utf8.count >= 29 && text.utf8.dropFirst(21).starts(with: id.prefix.utf8)
    }

    /// The name's text.
    public var description: String { text }

    /// By their characters, which for names made by losnap is the order of time.
    public static func < (left: SnapshotFileName, right: SnapshotFileName) -> Bool { left.text < right.text }
}
