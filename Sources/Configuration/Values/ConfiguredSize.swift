// Sizes, as they are written in the configuration and on the command line. The rule: one form for both, with a unit that can't be misread.

/// A number of bytes, as it is written.
public struct ConfiguredSize: Sendable, Hashable, CustomStringConvertible {
    /// The bytes.
    public let bytes: Int64
    /// What was written.
    public let description: String

    /// What `if-changed` means when it names no size: 1 MiB.
    public static let usual = ConfiguredSize(bytes: 1 << 20, description: "1MiB")
    /// What it may be.
    public static let range = "between 1B and 1048576TiB"
    /// How it is written.
    public static let form = "write it like 512KiB, 1MiB or 2GiB"

    /// Why a text is none.
    public enum Wrong: Error, Sendable, Hashable {
        /// It is no size.
        case form
        /// It is too small or too large.
        case range
    }

    private init(bytes: Int64, description: String) {
        self.bytes = bytes
        self.description = description
    }

    /// Reads a whole number with a binary unit: `B`, `KiB`, `MiB`, `GiB` or `TiB`.
    public init(parsing text: String) throws(Wrong) {
        let units: [(String, Int64)] = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40), ("B", 1)]
        guard let unit = units.first(where: { text.hasSuffix($0.0) }), let digits = Optional(text.dropLast(unit.0.count)), !digits.isEmpty,
            digits.utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { throw .form }
        guard let number = Int64(digits), number > 0, number <= (1 << 60) / unit.1 else { throw .range }
        self.init(bytes: number * unit.1, description: text)
    }
}

/// A size, in the configuration.
func configuredSize(_ text: String) throws(Refusal) -> ConfiguredSize {
    let hint = "\(ConfiguredSize.form), or true for 1MiB"
    do throws(ConfiguredSize.Wrong) {
        return try ConfiguredSize(parsing: text)
    } catch {
        switch error {
        case .form: throw Refusal("'\(text.shown)' is not a size", hint: hint)
        case .range: throw Refusal("'\(text.shown)' is not \(ConfiguredSize.range)", hint: hint)
        }
    }
}
