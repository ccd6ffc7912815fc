// Sizes and lengths of time for people. The rule: 1024 bytes are a KiB and are called so; a shown number is rounded, never cut, and never
// reads 1024.0 of a unit.

enum Quantity {
    /// "0 B", "1.5 KiB", "20.0 GiB".
    static func bytes(_ count: Int64) -> String {
        let magnitude = count.magnitude
        guard magnitude >= 1024 else { return "\(count) B" }
        let units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
        var unit = 0
        // Tenths of the unit, rounded half up, in whole numbers.
        var divisor: UInt64 = 1024
        var tenths = rounded(magnitude, divisor)
        while tenths >= 10240, unit < units.count - 1 {
            unit += 1
            divisor *= 1024
            tenths = rounded(magnitude, divisor)
        }
        return "\(count < 0 ? "-" : "")\(tenths / 10).\(tenths % 10) \(units[unit])"
    }

    private static func rounded(_ bytes: UInt64, _ divisor: UInt64) -> UInt64 {
        bytes / divisor * 10 + (bytes % divisor * 10 + divisor / 2) / divisor
    }

    /// "0.4 ms", "12.3 ms", "1.2 s".
    static func microseconds(_ count: Int64) -> String {
        // It may come from a record, so the sum must not run over: rounded half up without one.
        func rounded(_ divisor: Int64) -> Int64 { count / divisor + (count % divisor >= divisor / 2 ? 1 : 0) }
        let tenthsOfMilliseconds = rounded(100)
        if tenthsOfMilliseconds < 10_000 { return "\(tenthsOfMilliseconds / 10).\(tenthsOfMilliseconds % 10) ms" }
        let tenths = rounded(100_000)
        return "\(tenths / 10).\(tenths % 10) s"
    }
}
