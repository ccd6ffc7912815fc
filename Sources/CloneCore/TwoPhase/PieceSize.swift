// How much one clone call takes on. The rules: no call holds the image for much longer than is wanted, for every write to the image waits for it;
// what the last call cost says how large the next may be. Time that was spent waiting for others who clone or read the image costs no size: where
// each call waits for its turn, it may take as long as it had to wait, or it would never come to an end.

/// A size that follows the time that calls take.
struct PieceSize {
    private(set) var amount: UInt64
    /// Whether the last call had to wait for its turn.
    private(set) var isWaiting = false
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
    mutating func beginAnew() { if !isWaiting { amount = min(amount, first) } }

    /// A call of this size took so long.
    mutating func took(_ time: CallTime) {
        isWaiting = time.waited > wanted
        let wanted = max(wanted, time.waited)
        if time.held > wanted {
            amount = max(smallest, amount / 2)
        } else if time.held < wanted * 3 / 8 {
            // At once where a turn is long in coming; else step by step, for the next extents may be smaller.
            amount = min(largest, amount * (isWaiting ? min(max(2, wanted / 2 / max(time.held, 1)), 32) : 2))
        }
    }
}
