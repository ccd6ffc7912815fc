// How much one clone call takes on. The rule: no call holds the image for much longer than is wanted, for every write to the image waits for it;
// what the last call cost says how large the next may be.

/// A size that follows the time that calls take.
struct PieceSize {
    private(set) var amount: UInt64
    private let first: UInt64
    private let smallest: UInt64
    private let largest: UInt64
    private let wanted: UInt64

    /// What a call should take at most where writers are to notice little (nanoseconds).
    static let usual: UInt64 = 16_000_000

    /// - Parameter wanted: a call should take about this long at most (nanoseconds).
    init(first: UInt64, smallest: UInt64, largest: UInt64, wanted: UInt64 = PieceSize.usual) {
        amount = first
        self.wanted = wanted
        self.first = first
        self.smallest = smallest
        self.largest = largest
    }

    /// What comes next may be of another kind: no more than was tried at first.
    mutating func beginAnew() { amount = min(amount, first) }

    /// A call of this size took so long.
    mutating func took(_ nanoseconds: UInt64) {
        if nanoseconds > wanted {
            amount = max(smallest, amount / 2)
        } else if nanoseconds < wanted * 3 / 8 {
            amount = min(largest, amount * 2)
        }
    }
}
