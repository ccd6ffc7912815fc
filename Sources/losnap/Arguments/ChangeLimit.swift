// How much must have changed, as it is typed; what it may be is said where the configuration reads it.

import Configuration

/// Reads the value of `--if-changed`.
enum ChangeLimit {
    /// In bytes.
    static func bytes(_ text: String) throws(FrontError) -> Int64 {
        guard text != OptionalValue.absent else { return ConfiguredSize.usual.bytes }
        do throws(ConfiguredSize.Wrong) {
            return try ConfiguredSize(parsing: text).bytes
        } catch {
            let range = error == .form ? "a size" : ConfiguredSize.range
            throw .outOfRange(option: "--if-changed", value: text, range: range, hint: ConfiguredSize.form)
        }
    }
}
