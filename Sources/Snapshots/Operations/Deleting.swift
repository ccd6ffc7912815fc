// Removing snapshots by name. The rule: everything is checked before anything is removed; what another process has removed since is told, and keeps
// none of the others.

import CloneCore
import SystemPackage

/// What `delete` did.
public struct DeleteReport: Sendable {
    /// Those that are gone.
    public var removed: [ListedSnapshot]
    /// Those that could not be removed, and why.
    public var failed: [FailedRemoval]
    /// What the user should know.
    public var warnings: [StoreWarning]
}

extension Store {
    /// Whether these could be removed: throws what would keep one of them.
    public func checkDelete(_ snapshots: [ListedSnapshot]) throws(SnapshotsError) {
        let now = now
        for listed in snapshots {
            if listed.snapshot.isHeld(at: now) { throw .held(number: listed.snapshot.number, reason: listed.snapshot.hold?.reason) }
            if listed.presence == .unavailable {
                // Says why, if there is more to say than that.
                _ = try presentPlace(of: listed.snapshot)
                throw .unavailable(number: listed.snapshot.number, path: listed.snapshot.directory.path)
            }
        }
    }

    /// Removes snapshots by name, each once. One whose file is missing from a directory that is there is struck off.
    public func delete(_ snapshots: [ListedSnapshot]) throws(SnapshotsError) -> DeleteReport {
        try checkDelete(snapshots)
        var report = DeleteReport(removed: [], failed: [], warnings: [])
        var directories: [SnapshotDirectory: [ListedSnapshot]] = [:]
        var seen: Set<SnapshotNumber> = []
        for listed in snapshots where seen.insert(listed.snapshot.number).inserted {
            directories[listed.snapshot.directory, default: []].append(listed)
        }
        var count = RemovalCount(of: seen.count)
        for (_, members) in directories.sorted(by: { $0.key.path.string < $1.key.path.string }) {
            do throws(SnapshotsError) {
                try delete(members, &report, counting: &count)
            } catch {
                report.failed += members.map { FailedRemoval(snapshot: $0, error: error) }
            }
        }
        report.warnings += openingWarnings
        return report
    }

    /// Members of one directory.
    private func delete(
        _ members: [ListedSnapshot], _ report: inout DeleteReport, counting count: inout RemovalCount
    ) throws(SnapshotsError) {
        guard let first = members.first?.snapshot else { return }
        let (place, lock, warnings) = try openForChange(first)
        defer { withExtendedLifetime(lock) {} }
        report.warnings += warnings
        // Looked at again under the lock: another process may have been faster.
        let rows = try members.map { (member) throws(SnapshotsError) in try catalogue.snapshot(member.snapshot.number) }
        var current: [ListedSnapshot] = []
        for (member, row) in zip(members, rows) {
            if let row {
                current.append(measure(row, in: .identified(place)))
            } else {
                let gone = SnapshotsError.unknownSnapshot(reference: member.snapshot.number.description, nearest: [])
                report.failed.append(FailedRemoval(snapshot: member, error: gone))
            }
        }
        let outcome = remove(current, in: place, counting: &count) { _ in
            Removal(kind: .deleted, reason: "by name", command: options.command)
        }
        report.removed += outcome.removed
        report.failed += outcome.failed
        report.warnings += outcome.warnings
    }
}
