// The keys under `keep`. The rule: they are the options of `prune` without `--keep-`, and mean the same.

public import Policy

/// What one rule says.
public enum KeepValue: Sendable, Hashable {
    case count(Limit)
    case within(CalendarDuration)
    case texts([String])
}

/// A key under `keep`.
enum KeepRule: Hashable {
    case last
    case period(Period)
    case within
    case withinPeriod(Period)
    case labels
    case tags

    /// All of them, in the order in which they are shown.
    static let all: [KeepRule] =
        [.last] + Period.allCases.map { .period($0) } + [.within] + Period.allCases.map { .withinPeriod($0) } + [.labels, .tags]

    /// The key.
    var key: String {
        switch self {
        case .last: "last"
        case .period(let period): period.rawValue
        case .within: "within"
        case .withinPeriod(let period): "within-\(period.rawValue)"
        case .labels: "labels"
        case .tags: "tags"
        }
    }

    /// Reads its value.
    func value(_ entry: Entry) -> Setting<KeepValue>? {
        switch self {
        case .last, .period:
            entry.one("a number from 1, or all") { (text) throws(Refusal) in .count(try limit(text)) }
        case .within, .withinPeriod:
            entry.one("a duration") { (text) throws(Refusal) in .within(try duration(text, .months)) }
        case .labels: entry.several("a pattern or a list of them", word).map { $0.map { .texts($0) } }
        case .tags: entry.several("a tag or a list of them", tag).map { $0.map { .texts($0) } }
        }
    }

    /// Puts the value into the rules.
    func put(_ value: KeepValue, into keep: inout Keep) {
        switch (self, value) {
        case (.last, .count(let limit)): keep.last = limit
        case (.period(let period), .count(let limit)): keep.periods[period] = limit
        case (.within, .within(let duration)): keep.within = duration
        case (.withinPeriod(let period), .within(let duration)): keep.withinPeriods[period] = duration
        case (.labels, .texts(let texts)): keep.labels = texts
        case (.tags, .texts(let texts)): keep.tags = texts
        default: break
        }
    }
}

extension Setting {
    /// The same with another value in the same place.
    func map<Other>(_ change: (Value) -> Other) -> Setting<Other> {
        Setting<Other>(value: value.map(change), position: position)
    }
}

extension KeepValue {
    /// The texts that are read back.
    var texts: [String] {
        switch self {
        case .count(let limit): [limit.description]
        case .within(let duration): [duration.description]
        case .texts(let texts): texts
        }
    }
}
