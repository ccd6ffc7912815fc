// Which of two records of a snapshot is right after a crash between the two writes. The rule: the higher revision wins, but a hold that is in force in
// either one stays, since a hold lost is a snapshot lost and a hold kept is a word to say again.

import Policy

extension Settlement {
    /// What both shall say; nil when they agree.
    static func between(row: SnapshotDescription, record: SnapshotDescription, now: Instant) -> Settlement? {
        if row == record { return nil }
        let rowWins = row.revision >= record.revision
        let winner = rowWins ? row : record
        let loser = rowWins ? record : row
        var settled = winner
        if !winner.isHeld(at: now), loser.isHeld(at: now) { settled.hold = loser.hold }
        if settled == winner, winner.revision > loser.revision {
            return Settlement(description: settled, writesRow: !rowWins, writesRecord: rowWins)
        }
        settled.revision = winner.revision.next
        return Settlement(description: settled, writesRow: true, writesRecord: true)
    }
}
