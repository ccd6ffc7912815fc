// How long a freeze and what comes before it may last, as it is typed; what it may be is said where the configuration reads it.

import Configuration

/// Reads the value of `--max-freeze`.
enum FreezeLimit {
    /// In nanoseconds.
    static func nanoseconds(_ text: String) throws(FrontError) -> UInt64 {
        do throws(FreezeTime.Wrong) {
            return UInt64(try FreezeTime(parsing: text).milliseconds) * 1_000_000
        } catch {
            switch error {
            case .duration(let error): throw .duration(option: "--max-freeze", error)
            case .range: throw .outOfRange(option: "--max-freeze", value: text, range: FreezeTime.range, hint: FreezeTime.form)
            }
        }
    }
}

/// Reads the value of `--max-prepare`.
enum PrepareLimit {
    /// In nanoseconds.
    static func nanoseconds(_ text: String) throws(FrontError) -> UInt64 {
        do throws(FreezeTime.Wrong) {
            return UInt64(try PrepareTime(parsing: text).seconds) * 1_000_000_000
        } catch {
            switch error {
            case .duration(let error): throw .duration(option: "--max-prepare", error)
            case .range: throw .outOfRange(option: "--max-prepare", value: text, range: PrepareTime.range, hint: PrepareTime.form)
            }
        }
    }
}
