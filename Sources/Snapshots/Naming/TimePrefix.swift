// The beginning of a time as lists print it (`2026-11-22`, `2026-11-22 07:0`, `2026-11-22T07:00:12`), which matches every time that is printed so.
// With a `Z` at its end it is compared in UTC. A text, not a range: in the hour that occurs twice it matches both.

import Policy

/// A prefix of a printed time, a whole date at least.
public struct TimePrefix: Hashable, Sendable {
    let bytes: [UInt8]
    /// Whether it is UTC whatever the zone of the list.
    let isUTC: Bool

    /// The prefix that `text` is.
    ///
    /// - Throws: ``SnapshotsError/invalidReference(text:problem:)``
    init(parsing text: String, reference: String) throws(SnapshotsError) {
        var bytes = Array(text.utf8)
        isUTC = bytes.last == 0x5A || bytes.last == 0x7A
        if isUTC { bytes.removeLast() }
        guard bytes.count >= 10 else { throw .invalidReference(text: reference, problem: .incompleteDate) }
        if bytes.count > 10 { bytes[10] = 0x20 }
        let isDate =
            CivilDate.checked(year: Self.number(bytes, 0..<4), month: Self.number(bytes, 5..<7), day: Self.number(bytes, 8..<10)) != nil
        guard isDate, Self.isBelow(24, bytes, at: 11), Self.isBelow(60, bytes, at: 14), Self.isBelow(60, bytes, at: 17) else {
            throw .invalidReference(text: reference, problem: .noSuchTime)
        }
        self.bytes = bytes
    }

    private static func number(_ bytes: [UInt8], _ range: Range<Int>) -> Int64 {
        bytes[range].reduce(0) { $0 * 10 + Int64($1) - 0x30 }
    }

    /// Whether the two digits at that place, or the first if there is but one, can stand there.
    private static func isBelow(_ bound: Int64, _ bytes: [UInt8], at place: Int) -> Bool {
        if bytes.count >= place + 2 { return number(bytes, place..<place + 2) < bound }
        return bytes.count <= place || number(bytes, place..<place + 1) * 10 < bound
    }
}
