// What a policy judges, read for many sources at once: a few columns of each row, and nothing that must be measured.

import GRDB
import Policy

extension Catalogue {
    /// The complete snapshots of the sources as a policy sees them if all their files are there, by the source's UUID.
    func candidates(of sources: [Identifier], now: Instant) throws(SnapshotsError) -> [Identifier: [Candidate]] {
        try read { db in
            var tags: [Int64: [String]] = [:]
            let tagStatement = try db.cachedStatement(sql: "SELECT snapshot, tag FROM snapshot_tag")
            let tagCursor = try Row.fetchCursor(tagStatement)
            while try tagCursor.next() != nil {
                var reader = RowReader(tagStatement)
                tags[try reader.integer(), default: []].append(try reader.text())
            }
            let statement = try db.cachedStatement(
                sql: """
                    SELECT number, taken_at, origin, label, held, hold_until FROM snapshot
                    WHERE source = (SELECT row FROM source WHERE id = ?) AND state = 'complete'
                    """)
            var candidates: [Identifier: [Candidate]] = [:]
            for source in sources {
                let cursor = try Row.fetchCursor(statement, arguments: [source.description])
                var list: [Candidate] = []
                while try cursor.next() != nil {
                    var reader = RowReader(statement)
                    let number = try reader.integer()
                    let takenAt: Instant = try reader.value { Instant(milliseconds: $0) }
                    let origin: Origin = try reader.value { (text: String) in Origin(rawValue: text) }
                    let label = try reader.optionalText()
                    let held = try reader.integer() == 1
                    let until: Instant? = try reader.optional { Instant(milliseconds: $0) }
                    list.append(
                        Candidate(
                            number: number, takenAt: takenAt, label: label, tags: tags[number] ?? [],
                            held: held && until.map { $0 > now } ?? true, origin: origin))
                }
                candidates[source] = list
            }
            return candidates
        }
    }
}
