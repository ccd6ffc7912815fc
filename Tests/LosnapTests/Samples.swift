// Fixed values for rendering: the same on every machine and every day.

import Automation
import CloneCore
import Configuration
import Foundation
import Policy
import SystemPackage
import Testing

@testable import Snapshots
@testable import losnap

enum Samples {
    /// 2026-11-23T12:00:00Z.
    static let now = Instant(clamping: 1_795_435_200_000)
    static let utc = RenderContext(zone: .gmt, now: now)

    static func instant(_ text: String) throws -> Instant { try Instant(parsing: text) }

    static func source(_ name: String = "home") throws -> Source {
        Source(
            id: Identifier(high: 0x1111_1111_1111_4111, low: 0x8111_1111_1111_1111), name: try SourceName(parsing: name),
            imagePath: FilePath("/srv/\(name).img"), createdAt: try instant("2026-11-01T00:00:00Z"))
    }

    /// What a configuration has for it.
    static func configuredSource() throws -> ConfiguredSource {
        let text = """
            policies: { few: { keep: { last: 1 } } }
            sources: { home: { image: /srv/home.img, policy: few, every: ['06:00', '18:00'] } }
            """
        return try LosnapConfiguration(parsing: text, path: "/c").sources[0]
    }

    static func snapshot(
        _ number: Int64, _ takenAt: String, label: String? = nil, tags: [String] = [], hold: Hold? = nil, origin: Origin = .manual,
        state: SnapshotState = .complete, presence: Presence = .present, allocated: Int64 = 1_572_864, frozen: Int64? = 1234,
        group: Identifier? = nil
    ) throws -> ListedSnapshot {
        let instant = try instant(takenAt)
        let id = Identifier(high: 0xABCD_0000_0000_4000, low: 0x8000_0000_0000_0000 + UInt64(number))
        let image = FilePath("/srv/home.img")
        let pool = PoolIdentity(type: "xfs", uuid: "01020304-0506-0708-090a-0b0c0d0e0f10")
        let source = try source()
        let snapshot = Snapshot(
            number: try #require(SnapshotNumber(number)), id: id, sourceID: source.id, sourceName: source.name, imagePath: image,
            takenAt: instant,
            description: SnapshotDescription(
                label: try label.map { try Label(parsing: $0) }, tags: try Tags(tags.map { try Tag(parsing: $0) }), hold: hold),
            group: group, origin: origin, consistency: frozen == nil ? .unmounted : .frozen, state: state, scope: nil,
            logicalBytes: 21_474_836_480, allocatedBytes: allocated, frozenMicroseconds: frozen, extentCount: 7, cloneMethod: .plain,
            removal: nil, directory: SnapshotDirectory(path: "/srv/.losnap/home", pool: pool),
            fileName: SnapshotFileName(takenAt: instant, id: id, image: image), image: ImageAttributes(user: 0, group: 0, mode: 0o600),
            createdAt: instant)
        return ListedSnapshot(snapshot: snapshot, presence: presence, allocatedBytes: allocated)
    }

    /// A source in which nothing worth a snapshot has changed.
    static func unchanged() throws -> UnchangedSource {
        UnchangedSource(
            source: try source(), newest: try snapshot(42, "2026-11-23T07:00:00Z").snapshot, differingBytes: 12288, limitBytes: 1 << 20)
    }

    /// Snapshots of every kind.
    static func several() throws -> [ListedSnapshot] {
        [
            try snapshot(9, "2026-11-20T07:00:00.123Z", label: "before-upgrade", tags: ["a", "b"], hold: Hold(reason: "until it works")),
            try snapshot(10, "2026-11-21T07:00:00Z", label: "日本語のラベル", presence: .missing, frozen: nil),
            try snapshot(11, "2026-11-22T07:00:00Z", origin: .safety, presence: .unavailable, allocated: 0),
            try snapshot(100, "2026-11-23T07:00:00Z", label: "with, comma", state: .pending),
        ]
    }

    static func plan() throws -> PrunePlan {
        let all = try several()
        var keep = Keep()
        keep.periods = [.daily: .count(3), .weekly: .all]
        return PrunePlan(
            source: try source(), now: now, timeZone: .gmt, policyName: nil, keep: keep,
            reach: [Reach(rule: .daily, from: try instant("2026-11-20T07:00:00Z"))],
            kept: [
                KeptSnapshot(snapshot: all[0], reasons: [Reason(.weekly, ordinal: 1, oldest: true), Reason(.held)]),
                KeptSnapshot(snapshot: all[2], reasons: [Reason(.daily, ordinal: 1), Reason(.withinDaily), Reason(.newest)]),
            ],
            removed: [all[1]], outOfScope: [all[3]],
            warnings: [.missing(try #require(SnapshotNumber(3)), path: "/srv/.losnap/home/x.img")], reclaimableBytes: 4096)
    }

    /// Hours, days, weeks and months, the usual ones.
    static let keep: Keep = {
        var keep = Keep()
        keep.periods = [.hourly: .count(24), .daily: .count(7), .weekly: .count(4), .monthly: .count(12)]
        return keep
    }()

    static func policyCase() throws -> PolicyPresentation.Case {
        let zone = try NamedZone(named: "Europe/London")
        let schedule = try Schedule(parsing: ["1h"])
        return PolicyPresentation.Case(
            use: PolicyUse(schedule: schedule, zone: zone, sources: ["home"]), schedule: schedule, isAssumed: false,
            forecast: Forecast(keep: keep, schedule: schedule, zone: zone.zone, now: now))
    }

    static func simulation() throws -> SimulationPresentation {
        let use = try policyCase()
        let start = try instant("2026-01-01T00:00:00Z")
        let length = try CalendarDuration(days: 40)
        let end = length.add(to: start, in: use.use.zone.zone)
        let pause = try instant("2026-01-10T00:00:00Z")..<(try instant("2026-01-20T00:00:00Z"))
        let course = SimulatedCourse(
            keep: keep, schedule: use.schedule, zone: use.use.zone.zone, start: start, length: length, end: end, pauses: [pause])
        return SimulationPresentation(
            policyName: nil, keep: keep, schedule: use.schedule, zone: use.use.zone, length: length, course: course)
    }

    static func event() throws -> Event {
        Event(
            Occasion(at: now, kind: .sourceAdded, reason: "/srv/home.img", command: "losnap create /home"),
            sourceID: try source().id, sourceName: try source().name, snapshotNumber: SnapshotNumber(9), snapshotID: .init(high: 1, low: 2))
    }
}
