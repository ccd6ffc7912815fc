// What a rule set guarantees, as a sentence for dry runs and documentation. Made from the rules alone, so it says what
// will be there once enough snapshots have been taken.

extension Keep {
    /// For example "the last 3, hourly for 1 day, daily for 7 days, monthly within 1 year". Hours and quarters that
    /// make whole days and years are given as such. "nothing is removed" for an empty set.
    public var reachSentence: String {
        if isEmpty { return "nothing is removed" }
        var parts: [String] = []
        switch last {
        case .all: parts.append("every one")
        case .count(1): parts.append("the last one")
        case .some(let limit): parts.append("the last \(limit.places)")
        case nil: break
        }
        if let within { parts.append("every one within \(within.spoken)") }
        for period in Period.allCases {
            if let limit = periods[period] { parts.append("\(period.rawValue) for \(period.length(of: limit))") }
        }
        for period in Period.allCases {
            if let duration = withinPeriods[period] { parts.append("\(period.rawValue) within \(duration.spoken)") }
        }
        if !labels.isEmpty { parts.append("labels like \(labels.map(quoted).joined(separator: ", "))") }
        if !tags.isEmpty { parts.append("tags \(tags.map(quoted).joined(separator: ", "))") }
        return parts.joined(separator: ", ")
    }
}

extension Period {
    fileprivate func length(of limit: Limit) -> String {
        if limit == .all { return "ever" }
        let count = limit.places
        switch self {
        case .hourly where count % 24 == 0: return numbered(count / 24, "day")
        case .hourly: return numbered(count, "hour")
        case .daily: return numbered(count, "day")
        case .weekly: return numbered(count, "week")
        case .monthly: return numbered(count, "month")
        case .quarterly where count % 4 == 0: return numbered(count / 4, "year")
        case .quarterly: return numbered(count, "quarter")
        case .yearly: return numbered(count, "year")
        }
    }
}

extension CalendarDuration {
    /// In words: "1 year 6 months".
    public var spoken: String {
        let parts = [
            (years, "year"), (months, "month"), (weeks, "week"), (days, "day"),
            (seconds / 3600, "hour"), (seconds / 60 % 60, "minute"), (seconds % 60, "second"),
        ]
        return parts.filter { $0.0 > 0 }.map { numbered($0.0, $0.1) }.joined(separator: " ")
    }
}

private func numbered(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
