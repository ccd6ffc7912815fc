// Durations, schedules, sizes and numbers, as they are written. Printed and read again they are the same, and calculating with them stays in range.

internal import Configuration
internal import FoundationEssentials
internal import Policy

/// 23 November 2026, 07:00 UTC.
private let today = Instant(clamping: 1_795_417_200_000)

extension Target {
    static let duration = Target(
        name: "duration",
        tokens: ["1y", "6mo", "2w", "3d", "12h", "90min", "30s", "5m", "500ms", "315532800000s", "9999y", "10000y", "119988mo", "3652000d"]
    ) { input in
        let zone = TimeZone.gmt
        var isUnderstood = false
        for bareM in [BareM.months, .minutes, .refused] {
            let duration: CalendarDuration
            do throws(DurationError) {
                duration = try CalendarDuration(parsing: text(input), bareM: bareM)
            } catch {
                try expect(!error.message.isEmpty && !error.hint.isEmpty, "an error without words")
                continue
            }
            isUnderstood = true
            let parts = [duration.years, duration.months, duration.weeks, duration.days, duration.seconds]
            try expect(parts.allSatisfy { $0 >= 0 } && parts.contains { $0 > 0 }, "nothing, or less: \(duration)")
            try expect(
                (try? CalendarDuration(parsing: duration.description, bareM: .refused)) == duration, "read again another: \(duration)")
            for start in [today, Instant.earliest, Instant.latest] {
                let before = duration.subtract(from: start, in: zone)
                let after = duration.add(to: start, in: zone)
                try expect(before <= start && before >= .earliest && after >= start && after <= .latest, "out of range: \(duration)")
            }
        }
        if let freeze = try? FreezeTime(parsing: text(input)) {
            try expect((10...600_000).contains(freeze.milliseconds), "a freeze out of range")
            try expect((try? FreezeTime(parsing: freeze.description)) == freeze, "read again another: \(freeze)")
            isUnderstood = true
        }
        return isUnderstood
    }

    static let schedule = Target(
        name: "schedule", tokens: ["1h", "07:30", "23:59", "00:00", "3mo", "1y", "2w", "90min", " ", "9999y", "315532800000s"]
    ) { input in
        let schedule: Schedule
        do throws(ScheduleError) {
            schedule = try Schedule(parsing: input.split(separator: 0x20).prefix(50).map { String(decoding: $0, as: UTF8.self) })
        } catch {
            try expect(!error.message.isEmpty && !error.hint.isEmpty, "an error without words")
            return false
        }
        try expect((try? Schedule(parsing: schedule.texts)) == schedule, "read again another: \(schedule.texts)")
        let zone = TimeZone.gmt
        for now in [today, Instant.earliest, Instant.latest] {
            let slot = schedule.slot(at: now, in: zone)
            let next = schedule.next(after: now, in: zone)
            try expect(slot <= now && (now < next || next == .latest), "\(schedule.texts): \(slot.milliseconds), \(next.milliseconds)")
            // What lies in the slot has the same one.
            if slot > .earliest { try expect(schedule.slot(at: slot, in: zone) == slot, "\(schedule.texts): the start is of another slot") }
        }
        return true
    }

    static let sizes = Target(name: "sizes", tokens: ["B", "KiB", "MiB", "GiB", "TiB", "1048576TiB", "all", "1000000000"]) { input in
        var isUnderstood = false
        if let size = try? ConfiguredSize(parsing: text(input)) {
            try expect(size.bytes > 0 && size.bytes <= 1 << 60, "a size out of range")
            try expect((try? ConfiguredSize(parsing: size.description)) == size, "read again another: \(size)")
            isUnderstood = true
        }
        if let limit = try? Limit(parsing: text(input)) {
            try expect((try? Limit(parsing: limit.description)) == limit, "read again another: \(limit)")
            if case .count(let number) = limit { try expect((1...Limit.largest).contains(number), "a limit out of range") }
            isUnderstood = true
        }
        return isUnderstood
    }

    static let glob = Target(name: "glob", tokens: ["*", "?", "[a-z]", "[!a-z]", "[]-a]", "[^", "\\", "**", "[z-a]", "[a-", "]"]) { input in
        let parts = input.split(separator: 0x0A, maxSplits: 1, omittingEmptySubsequences: false)
        // Labels have at most 255 bytes, and so has what is asked of them.
        let pattern = String(decoding: parts[0].prefix(255), as: UTF8.self)
        let subject = parts.count > 1 ? String(decoding: parts[1].prefix(255), as: UTF8.self) : pattern
        let matches = Glob(pattern).matches(subject)
        try expect(Glob("*").matches(subject), "a star does not match all")
        try expect(Glob(pattern).matches(subject) == matches, "not always the same")
        try expect(
            Glob(subject.map { "\\\($0)" }.joined()).matches(subject) || subject.unicodeScalars.contains { !$0.isASCII }, "not itself")
        return matches
    }
}
