// The order in which everything is judged: newest first; of equal times the higher number first.

/// What is needed to put a snapshot in its place; three words, so that sorting a million does not move whole candidates.
struct Entry {
    let takenAt: Instant
    let number: Int64
    /// Its index among the candidates.
    let index: Int

    static func isNewer(_ left: Entry, _ right: Entry) -> Bool {
        left.takenAt != right.takenAt ? left.takenAt > right.takenAt : left.number > right.number
    }
}

extension [Entry] {
    /// Puts the newest first. What is in order already, one way or the other, costs one look: a catalogue mostly is.
    mutating func sortNewestFirst() {
        if isInOrder(Entry.isNewer) { return }
        if isInOrder({ Entry.isNewer($1, $0) }) {
            reverse()
        } else {
            sort(by: Entry.isNewer)
        }
    }

    private func isInOrder(_ precedes: (Entry, Entry) -> Bool) -> Bool {
        for index in indices.dropFirst() where !precedes(self[index - 1], self[index]) { return false }
        return true
    }
}
