// What the catalogue tells: lists, the log, and when each source was last seen to. In the scene of its verbs.

import Policy
import CloneCore
import Foundation
import SystemPackage
import Testing

@testable import Snapshots

extension CatalogueVerbTests {
    // MARK: Lists

    @Test("list oldest first, of equal times the lower number first, and narrow as asked")
    func lists() throws {
        let root = try Sample.source("root")
        try catalogue.add(root, event: Sample.occasion())
        let group = Identifier.random()
        let tag = try Tag(parsing: "db")
        let label = try Label(parsing: "x")
        let late = try take(after: 10, description: SnapshotDescription(tags: Tags([tag])))
        let early = try take(after: 0, description: SnapshotDescription(label: label, hold: Hold()))
        let ended = try take(root, after: 5, description: SnapshotDescription(hold: Hold(until: Sample.now)), group: group)
        let twin = try take(root, after: 5, group: group)
        let pending = try catalogue.begin(Sample.draft(of: root, at: Sample.now.advanced(byMilliseconds: 20)))
        func list(_ filter: SnapshotFilter) throws -> [Snapshot] {
            let snapshots = try catalogue.snapshots(filter)
            // Numbers alone are the same numbers in the same order.
            #expect(try catalogue.numbers(filter) == snapshots.map(\.number))
            return snapshots
        }
        #expect(try list(SnapshotFilter()) == [early, ended, twin, late, pending])
        #expect(try list(SnapshotFilter(states: [.complete])) == [early, ended, twin, late])
        #expect(try list(SnapshotFilter(sources: [root.id])) == [ended, twin, pending])
        #expect(try list(SnapshotFilter(sources: [])).isEmpty)
        // Many are looked for in another way than few.
        #expect(try list(SnapshotFilter(sources: [root.id] + (1...9).map { _ in .random() })) == [ended, twin, pending])
        #expect(try list(SnapshotFilter(since: Sample.now.advanced(byMilliseconds: 5), until: late.takenAt)) == [ended, twin])
        #expect(try list(SnapshotFilter(tag: tag)) == [late])
        #expect(try list(SnapshotFilter(label: label)) == [early])
        #expect(try list(SnapshotFilter(heldAt: Sample.now)) == [early])
        #expect(try list(SnapshotFilter(heldAt: .earliest)) == [early, ended])
        #expect(try list(SnapshotFilter(group: group)) == [ended, twin])
        #expect(try list(SnapshotFilter(states: [.complete], newest: 2)) == [twin, late])
        #expect(try catalogue.count(SnapshotFilter(states: [.complete])) == 4)
        #expect(try catalogue.newest(of: root.id) == twin)
    }

    @Test("show a renamed source by its new name, and where the image was by its old path")
    func renamed() throws {
        let before = try take()
        try catalogue.rename(home.id, to: SourceName(parsing: "house"), event: Sample.occasion())
        try catalogue.move(home.id, to: "/x.img", event: Sample.occasion())
        let after = try #require(try catalogue.snapshot(before.number))
        #expect(after.sourceName.text == "house" && after.imagePath == before.imagePath)
    }

    @Test("log every event with whom it befell, in the order of writing")
    func events() throws {
        let snapshot = try take()
        try catalogue.markDeleting(snapshot.number, Removal(kind: .pruned, reason: "{\"rule\":\"daily\"}", command: "prune"))
        let marked = try #require(try catalogue.snapshot(snapshot.number)?.removal)
        try catalogue.drop(snapshot.number, event: marked.occasion(at: .earliest))
        try catalogue.append(Event(Occasion(at: .latest, kind: EventKind(rawValue: "later_kind"))))
        let all = try catalogue.events()
        #expect(all.map(\.occasion.kind.rawValue) == ["source_added", "created", "pruned", "later_kind"])
        let pruned = all[2]
        #expect(pruned.snapshotID == snapshot.id && pruned.snapshotNumber == snapshot.number && pruned.sourceID == home.id)
        #expect(pruned.occasion.reason == "{\"rule\":\"daily\"}" && pruned.sourceName == home.name)
        #expect(try catalogue.events(EventFilter(snapshot: snapshot.number)) == [all[1], all[2]])
        #expect(try catalogue.events(EventFilter(sources: [home.id], last: 1)) == [all[2]])
        #expect(try catalogue.events(EventFilter(since: Sample.now, until: .latest)) == [all[0], all[1]])
        #expect(try catalogue.events(EventFilter(kind: .pruned)) == [all[2]])
    }

    // MARK: Runs

    @Test("how often taking has failed since: by source, or by name where there was none; not in the future, and at no other stage")
    func takeFailures() throws {
        let root = try Sample.source("root")
        try catalogue.add(root, event: Sample.occasion())
        func at(_ milliseconds: Int64) -> Instant { Sample.now.advanced(byMilliseconds: milliseconds) }
        func fail(_ milliseconds: Int64, _ reason: String?, of source: Source? = nil, _ kind: EventKind = .runFailed) throws {
            let name = try source?.name ?? SourceName(parsing: "new")
            try catalogue.append(Event(Occasion(at: at(milliseconds), kind: kind, reason: reason), sourceID: source?.id, sourceName: name))
        }
        let since = [home.id: at(0), root.id: at(0)]
        #expect(try catalogue.takeFailures(since: since, now: at(100)).isEmpty)
        for source in [home, nil] {
            try fail(0, "take: before", of: source)
            try fail(10, "take: first", of: source)
            try fail(11, "prune: not", of: source)
            try fail(12, "hook: it stands", of: source)
            try fail(13, nil, of: source)
            try fail(14, "take: by hand", of: source, .failed)
            try fail(20, "take: second", of: source)
            try fail(101, "take: in the future", of: source)
        }
        let two = TakeFailures(count: 2, last: at(20))
        #expect(try catalogue.takeFailures(since: since, now: at(100)) == [home.id: two])
        #expect(try catalogue.takeFailures(since: [root.id: at(0)], now: at(100)).isEmpty)
        #expect(try catalogue.takeFailures(since: [:], now: at(100)).isEmpty)
        #expect(try catalogue.takeFailures(since: since, now: at(20)) == [home.id: two])
        #expect(try catalogue.takeFailures(since: since, now: at(19)) == [home.id: TakeFailures(count: 1, last: at(10))])
        #expect(try catalogue.takeFailures(since: [home.id: at(20)], now: at(100)).isEmpty)
        let name = try SourceName(parsing: "new")
        #expect(try catalogue.takeFailuresWithoutSource(since: at(0), now: at(100)) == [name: two])
        #expect(try catalogue.takeFailuresWithoutSource(since: at(-1), now: at(101)) == [name: TakeFailures(count: 4, last: at(101))])
        #expect(try catalogue.takeFailuresWithoutSource(since: at(20), now: at(100)).isEmpty)
        for _ in 0..<TakeFailures.most {
            try fail(50, "take: again", of: root)
            try fail(50, "take: again")
        }
        try fail(51, "take: again", of: root)
        try fail(51, "take: again")
        let most = TakeFailures(count: TakeFailures.most, last: at(51))
        #expect(try catalogue.takeFailures(since: since, now: at(100)) == [home.id: two, root.id: most])
        #expect(try catalogue.takeFailuresWithoutSource(since: at(0), now: at(100)) == [name: most])
    }

    @Test("say when each source was last taken by schedule, and when it was found unchanged after that")
    func lastRuns() throws {
        let root = try Sample.source("root")
        try catalogue.add(root, event: Sample.occasion())
        func run(after milliseconds: Int64, _ origin: Origin = .run, completes: Bool = true) throws {
            var draft = Sample.draft(of: home, at: Sample.now.advanced(byMilliseconds: milliseconds))
            draft.origin = origin
            let begun = try catalogue.begin(draft)
            if completes { try catalogue.complete(begun.number, Sample.completion(of: draft), event: Sample.occasion()) }
        }
        func note(after milliseconds: Int64, _ kind: EventKind = .runUnchanged) throws {
            let occasion = Occasion(at: Sample.now.advanced(byMilliseconds: milliseconds), kind: kind)
            try catalogue.append(Event(occasion, sourceID: home.id, sourceName: home.name))
        }
        #expect(try catalogue.lastRuns(now: Sample.now) == [home.id: LastRun(), root.id: LastRun()])
        try note(after: 1)
        #expect(try catalogue.lastRuns(now: Sample.now)[home.id]?.latest == Sample.now.advanced(byMilliseconds: 1))
        try run(after: 10)
        try run(after: 20)
        try run(after: 30, .manual)
        try run(after: 40, completes: false)
        try note(after: 50, .failed)
        let taken = LastRun(taken: Sample.now.advanced(byMilliseconds: 20))
        #expect(try catalogue.lastRuns(now: Sample.now) == [home.id: taken, root.id: LastRun()])
        #expect(taken.latest == taken.taken)
        // By hand, and by a clock that was wrong: neither was the schedule.
        try note(after: 32, .unchanged)
        try note(after: 6 * 60 * 1000)
        #expect(try catalogue.lastRuns(now: Sample.now)[home.id] == taken)
        try note(after: 25)
        try note(after: 35)
        let unchanged = LastRun(taken: taken.taken, unchanged: Sample.now.advanced(byMilliseconds: 35))
        #expect(try catalogue.lastRuns(now: Sample.now)[home.id] == unchanged)
        #expect(unchanged.latest == unchanged.unchanged)
        try catalogue.remove(home.id, .keepingSnapshotsListed, event: Sample.occasion(.sourceRemoved))
        #expect(try catalogue.lastRuns(now: Sample.now) == [root.id: LastRun()])
    }
}
