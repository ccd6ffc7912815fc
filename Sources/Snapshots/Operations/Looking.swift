// Finding and listing. The rule: nothing is changed, and every answer says of each file whether it is there.

import CloneCore
public import Foundation
import Policy

/// Everything known of one snapshot.
public struct SnapshotDetails: Sendable {
    /// Row and presence.
    public var listed: ListedSnapshot
    /// Whether the file's own record agrees; nil if the file can't be read.
    public var record: SnapshotRecord?
    /// Why the record can't be read.
    public var problem: String?
    /// What to do about that.
    public var hint: String?
    /// Extents on disk.
    public var extentCount: Int?
    /// Bytes that other files use too.
    public var sharedBytes: Int64?
    /// Bytes that only this file uses.
    public var exclusiveBytes: Int64?
    /// Whether the immutable flag is set.
    public var isImmutable: Bool?
}

extension Store {
    /// The snapshot that a reference means.
    ///
    /// - Parameter timeZone: the zone in which the user reads lists.
    public func find(_ reference: SnapshotReference, timeZone: TimeZone) throws(SnapshotsError) -> ListedSnapshot {
        var filter = SnapshotFilter(states: [.complete])
        if let source = reference.source { filter.sources = [try find(source).id] }
        if case .number(let number) = reference.selector, reference.source == nil {
            if let snapshot = try catalogue.snapshot(number), snapshot.state == .complete { return measure([snapshot])[0] }
        }
        let now = now
        let text = reference.text
        let resolver = SnapshotResolver(timeZone: timeZone) { (age) throws(SnapshotsError) in
            do {
                return try CalendarDuration(parsing: age, bareM: .refused).subtract(from: now, in: timeZone)
            } catch {
                throw .invalidReference(text: text, problem: .age)
            }
        }
        return measure([try resolver.resolve(reference, among: try catalogue.snapshots(filter))])[0]
    }

    /// Everything known of a snapshot.
    public func details(of listed: ListedSnapshot) throws(SnapshotsError) -> SnapshotDetails {
        var details = SnapshotDetails(listed: listed)
        guard listed.presence != .missing, let name = listed.snapshot.fileName else { return details }
        do throws(SnapshotsError) {
            let place = try presentPlace(of: listed.snapshot)
            let (file, record) = try place.open(name, expecting: listed.snapshot.id)
            details.record = record
            details.isImmutable = (try? file.status())?.isImmutable
            let map = try beneath { () throws(CloneError) in try ExtentMap.read(file.descriptor, path: file.path) }
            let usage = SpaceUsage(map, size: UInt64(clamping: listed.snapshot.logicalBytes))
            details.extentCount = map.extents.count
            details.sharedBytes = Int64(clamping: usage.sharedBytes)
            details.exclusiveBytes = Int64(clamping: usage.exclusiveBytes)
        } catch {
            details.problem = error.message
            details.hint = error.hint
        }
        return details
    }

    /// What happened.
    public func log(_ filter: EventFilter = EventFilter()) throws(SnapshotsError) -> [Event] {
        try catalogue.events(filter)
    }
}
