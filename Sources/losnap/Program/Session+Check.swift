// What `check` looks at, in the order in which it can be looked at. The rule: what can't be read is a finding, and the rest is checked all the same;
// the catalogue is not opened where a filesystem that was left frozen would make that hang.

import Automation
import CloneCore
import Configuration
import Snapshots
import SystemPackage

extension Session {
    /// Gathers the facts.
    ///
    /// - Throws: what is wrong with the arguments.
    func checkFacts(_ selection: [SourceReference], _ arguments: CatalogueArguments) throws -> CheckFacts {
        var problems: [CheckFinding] = []
        let frozen = frozenLeft(&problems)
        let found = try checkedConfiguration(arguments.config, &problems)
        let path = try cataloguePath(arguments.catalogue)
        var facts = CheckFacts(now: now)
        if let freeze = frozen.first(where: { $0.mayHold(path.removingLastComponent().string) }) {
            let words = "\(path.string): not opened, for it may lie on the filesystem at \(freeze.mountPoint), which was left frozen"
            problems.append(CheckFinding(.unknown, .catalogue, nil, words, hint: "losnap thaw"))
        } else {
            facts = try checkFacts(selection, path, configuredSources(found), &problems)
            if found.path == nil, problems.isEmpty, facts.sources.contains(where: { $0.lastSuccess != nil }) {
                let error = AutomationError.configurationGone
                problems.append(CheckFinding(.critical, .configuration, nil, error.message, hint: error.hint))
            }
        }
        facts.frozen = frozen
        facts.problems = problems + facts.problems
        return facts
    }

    private func frozenLeft(_ problems: inout [CheckFinding]) -> [FreezeLeft] {
        do {
            return try freezesLeft(places: places)
        } catch {
            problems.append(CheckFinding(.unknown, .leftFrozen, nil, error.message, hint: error.hint))
            return []
        }
    }

    /// The configuration. With a broken one nothing is taken, so that is critical; one that is named and is not there may be a slip here.
    private func checkedConfiguration(_ named: String?, _ problems: inout [CheckFinding]) throws -> FoundConfiguration {
        do {
            return try configuration(named)
        } catch let error as ConfigurationError {
            let status: CheckStatus = if case .missing = error { .unknown } else { .critical }
            problems.append(CheckFinding(status, .configuration, nil, error.message, hint: error.hint))
            return .none
        }
    }

    private func checkFacts(
        _ selection: [SourceReference], _ path: FilePath, _ configured: ConfiguredSources, _ problems: inout [CheckFinding]
    ) throws -> CheckFacts {
        do {
            return try configured.checkFacts(selection, in: try openToLook(path, configured, &problems), now: now)
        } catch SnapshotsError.unknownSource(let reference, let nearest) {
            throw SnapshotsError.unknownSource(reference: reference, nearest: nearest)
        } catch let error as SnapshotsError {
            problems.append(CheckFinding(.unknown, .catalogue, nil, error.message, hint: error.hint))
            return CheckFacts(now: now)
        }
    }

    private func openToLook(_ path: FilePath, _ configured: ConfiguredSources, _ problems: inout [CheckFinding]) throws -> Store? {
        do throws(SnapshotsError) {
            let store = try Store(
                // Nothing is thawed: that none of it is in the way has been looked at before.
                StoreOptions(catalogue: path, places: places, command: commandLine, leftFrozen: [], kernel: kernel), mode: .reading)
            keepOpen(store)
            return store
        } catch .catalogueMissing(let path) {
            // What is due has no snapshot then, which is worse; and before anything was ever done there is just nothing to check.
            if !configured.hasSchedules {
                let error = SnapshotsError.catalogueMissing(path: path)
                problems.append(CheckFinding(.unknown, .catalogue, nil, error.message, hint: error.hint))
            }
            return nil
        } catch .catalogueLost(let path) {
            // Nothing more is taken until somebody sees to it.
            let error = SnapshotsError.catalogueLost(path: path)
            problems.append(CheckFinding(.critical, .catalogue, nil, error.message, hint: error.hint))
            return nil
        }
    }
}

extension ExitStatus {
    /// The status of a plugin of Nagios.
    init(_ status: CheckStatus) {
        self =
            switch status {
            case .ok: .done
            case .warning: .failed
            case .critical: .critical
            case .unknown: .partial
            }
    }
}
