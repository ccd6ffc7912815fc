// Which known name somebody may have meant by a misspelt one: for sources, commands, keys of a configuration. The distance counts letters left
// out, added, replaced, and neighbours swapped (Damerau and Levenshtein, restricted).

/// The known names within reach of a slip, nearest first, at most `limit`: about one slip in three letters.
package func nearestNames(to text: String, among known: [String], limit: Int = 3) -> [String] {
    let wanted = Array(text.lowercased().prefix(256))
    let reach = max(1, wanted.count / 3)
    let near = known.compactMap { name -> (name: String, distance: Int)? in
        let other = Array(name.lowercased().prefix(256))
        guard abs(other.count - wanted.count) <= reach else { return nil }
        let distance = editDistance(wanted, other)
        return distance <= reach ? (name, distance) : nil
    }
    return near.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }.prefix(limit).map(\.name)
}

/// How many slips lead from one text to the other.
package func editDistance(_ first: [Character], _ second: [Character]) -> Int {
    guard !first.isEmpty, !second.isEmpty else { return max(first.count, second.count) }
    var beforeLast: [Int] = []
    var last = Array(0...second.count)
    for row in 1...first.count {
        var current = [row]
        current.reserveCapacity(second.count + 1)
        for column in 1...second.count {
            let isSame = first[row - 1] == second[column - 1]
            var cost = min(last[column] + 1, current[column - 1] + 1, last[column - 1] + (isSame ? 0 : 1))
            if row > 1, column > 1, first[row - 1] == second[column - 2], first[row - 2] == second[column - 1] {
                cost = min(cost, beforeLast[column - 2] + 1)
            }
            current.append(cost)
        }
        beforeLast = last
        last = current
    }
    return last[second.count]
}
