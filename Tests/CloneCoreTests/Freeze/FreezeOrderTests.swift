// The order of a frozen clone, and the same with every call failing in turn: promise P1 as a property of the trace.

import Glibc
import SystemPackage
import Testing

@testable import CloneCore

@Suite("Freeze order", .enabled(if: geteuid() == 0, "needs root"), .serialized)
struct FreezeOrderTests {
    @Test("deepest first in, outermost first out, nothing but clone calls in between, records around all of it")
    func order() throws {
        let trace = FreezeTrace()
        let taken = try trace.take()
        #expect(taken.map(\.consistency) == [.frozen])
        let calls = trace.events.map(\.call)
        let window = try #require(frozenPart(trace.events))
        #expect(window.map(\.call) == ["freeze", "freeze", "status", "cloneRange", "thaw", "thaw"])
        #expect(window[0].descriptor == window[5].descriptor && window[1].descriptor == window[4].descriptor)
        // The inner one is opened first (deepest), so what is frozen first is /proc.
        let synced = trace.events.filter { $0.call == "syncFilesystem" }.map(\.descriptor)
        // On a slow machine in more than one round.
        #expect(synced.count.isMultiple(of: 2) && Array(synced.prefix(2)) == [window[0].descriptor, window[1].descriptor])
        let lastSync = try #require(calls.lastIndex(of: "synchronizeData"))
        let firstFreeze = try #require(calls.firstIndex(of: "freeze"))
        #expect(lastSync < firstFreeze)
        #expect(window.allSatisfy { $0.records == 2 })
        #expect(trace.records.isEmpty)
    }

    @Test("in two phases: cloned and synced before, then the map read and what differs cloned again; nothing else while frozen")
    func twoPhases() throws {
        let trace = FreezeTrace(way: .maps, plainAtMost: 0)
        let taken = try trace.take()
        #expect(taken.map(\.making.way) == [.maps])
        let window = try #require(frozenPart(trace.events)).map(\.call)
        // The pretended clone is empty, so all of it is found to have changed.
        let expected = ["freeze", "freeze", "status", "status", "readExtents", "cloneRange", "thaw", "thaw"]
        #expect(window == expected)
        let before = trace.events.map(\.call).prefix { $0 != "freeze" }
        let first = try #require(before.firstIndex(of: "syncFilesystem"))
        let phaseOne = try #require(before[first...].firstIndex(of: "cloneRange"))
        #expect(before[phaseOne...].contains("synchronizeData"), "written out once more before the freeze")
    }

    @Test(
        "every call failing in turn: each frozen filesystem is thawed, outermost first; no record is left that does no good",
        arguments: [nil, CloneWay.maps])
    func everyFailure(way: CloneWay?) throws {
        let plainAtMost = way == nil ? 1000 : 0
        let whole = FreezeTrace(way: way, plainAtMost: plainAtMost)
        _ = try whole.take()
        let count = whole.events.count
        #expect(count > 20)
        for number in 1...count {
            for errno in [Errno.ioError, .noMemory, .notPermitted] {
                try failing(number, FreezeTrace(failing: number, with: errno, way: way, plainAtMost: plainAtMost), errno)
            }
        }
    }

    private func failing(_ number: Int, _ trace: FreezeTrace, _ errno: Errno) throws {
        let result = Result { try trace.take() }
        let failed = try #require(trace.events.first { $0.failed })
        let what: Comment = "call \(number), \(failed), \(errno)"
        let frozen = trace.events.filter { $0.call == "freeze" && !$0.failed }.map(\.descriptor)
        let thawed = trace.events.filter { $0.call == "thaw" }.map(\.descriptor)
        #expect(thawed == Array(frozen.reversed()), what)
        let between = frozenPart(trace.events) ?? []
        #expect(between.allSatisfy { ["freeze", "thaw", "status", "cloneRange", "readExtents"].contains($0.call) }, what)
        if failed.call == "thaw" {
            #expect(throws: CloneError.self, what) { try result.get() }
            #expect(trace.records.isEmpty, "the guard has thawed what losnap could not, and the records went with that: \(what)")
        } else {
            // Failing to remove a record does not spoil a clone; anything else does.
            // One that counts extents only to choose does not either; nor one of a map while frozen: then all is cloned again.
            if failed.call == "readExtents", (try? result.get()) != nil { return }
            let isRemoval = failed.call == "unlink"
            if !isRemoval { #expect(throws: CloneError.self, what) { try result.get() } }
            #expect(trace.records.count <= (isRemoval ? 1 : 0), what)
        }
        // No lock is left either.
        #expect(throws: Never.self, what) { try trace.take(waiting: true) }
    }

    @Test("FITHAW answers EINVAL: somebody was faster, and the clone is thrown away")
    func thawedEarly() throws {
        let whole = FreezeTrace()
        _ = try whole.take()
        let thaws = whole.events.indices.filter { whole.events[$0].call == "thaw" }
        for index in thaws {
            let trace = FreezeTrace(failing: index + 1, with: .invalidArgument)
            let error = #expect(throws: CloneError.self) { try trace.take() }
            guard case .windowBroken(.thawedEarly, _) = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
            #expect(trace.records.isEmpty)
        }
    }

    @Test("FIFREEZE's errors have sentences of their own")
    func freezeErrors() throws {
        let whole = FreezeTrace()
        _ = try whole.take()
        let first = try #require(whole.events.firstIndex { $0.call == "freeze" })
        let expected: [(Errno, CloneError)] = [
            (.resourceBusy, .frozenByAnother(mountPoint: "/sys")),
            (.notSupported, .cannotFreeze(mountPoint: "/sys", filesystem: "xfs")),
            (.notPermitted, .needsRootToFreeze(mountPoint: "/sys")),
        ]
        for (errno, error) in expected {
            let trace = FreezeTrace(failing: first + 2, with: errno)
            #expect(throws: error) { try trace.take() }
            #expect(trace.events.filter { $0.call == "thaw" }.count == 1)
        }
    }

    /// From the first freeze to the last thaw.
    private func frozenPart(_ events: [FreezeTrace.Event]) -> [FreezeTrace.Event]? {
        guard let first = events.firstIndex(where: { $0.call == "freeze" && !$0.failed }) else { return nil }
        guard let last = events.lastIndex(where: { $0.call == "thaw" }) else { return nil }
        return Array(events[first...last])
    }
}
