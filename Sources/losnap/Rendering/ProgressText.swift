// Progress as one line: what is done, a bar, how much of how much, how fast, and how long it will take yet. The rule: it is a pure function, and
// never wider than it is told; what there is no room for is left out from the end.

import Snapshots

/// Progress at one moment.
struct ProgressText {
    var progress: WorkProgress
    /// Since the work began.
    var seconds: Double

    private static let barWidth = 24

    /// The line without an end.
    func line(width: Int) -> String {
        var line = progress.work.rawValue
        for part in [bar, amount, rate, left].compactMap(\.self) {
            let longer = line + "  " + part
            if longer.count > width { break }
            line = longer
        }
        return String(line.prefix(max(0, width)))
    }

    private var share: Double {
        progress.total > 0 ? min(1, max(0, Double(progress.done) / Double(progress.total))) : 0
    }

    private var bar: String {
        let filled = Int(share * Double(Self.barWidth))
        let percent = String(Int(share * 100))
        return "[" + String(repeating: "#", count: filled) + String(repeating: "-", count: Self.barWidth - filled) + "] "
            + String(repeating: " ", count: 3 - percent.count) + percent + "%"
    }

    private var amount: String { "\(quantity(progress.done)) of \(quantity(progress.total))" }

    /// Nothing while there is nothing to tell it by.
    private var rate: String? {
        guard progress.done > 0, seconds > 0 else { return nil }
        let perSecond = Double(progress.done) / seconds
        if !isBytes, perSecond < 10 { return "\(Int((perSecond * 10).rounded()) / 10).\(Int((perSecond * 10).rounded()) % 10)/s" }
        return "\(quantity(Int64(perSecond.rounded())))/s"
    }

    private var left: String? {
        guard progress.done > 0, progress.done < progress.total, seconds > 0 else { return nil }
        let rest = Double(progress.total - progress.done) * seconds / Double(progress.done)
        return Self.duration(rest) + " left"
    }

    private var isBytes: Bool { progress.work == .cloning }

    private func quantity(_ count: Int64) -> String { isBytes ? Quantity.bytes(count) : String(count) }

    /// "5 s", "2 min 5 s", "3 h 20 min": rounded up, so that it never says 0 while there is work.
    static func duration(_ seconds: Double) -> String {
        let whole = Int(min(seconds.rounded(.up), 359_999))
        if whole < 60 { return "\(whole) s" }
        if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
        return "\(whole / 3600) h \(whole / 60 % 60) min"
    }
}
