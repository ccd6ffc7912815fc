// From the configuration, the sources of the catalogue and the time to the plan of a run.

import CloneCore
import Configuration
public import Policy
public import Snapshots
import SystemPackage

/// What somebody wants a run to see to.
public struct RunSelection: Sendable {
    /// The names and paths that were given; none: everything.
    public let references: [SourceReference]

    /// Those.
    public init(_ references: [SourceReference]) {
        self.references = references
    }

    /// Everything.
    public static let all = RunSelection([])

    /// The same with the image behind each mount point.
    public func traced(in store: Store?) -> RunSelection {
        RunSelection(references.map { $0.traced(in: store) })
    }

    func includes(_ target: RunTarget) -> Bool {
        includes(target.selectors, image: target.image)
    }

    /// Whether what has these names and this image is seen to.
    func includes(_ names: [String], image: FilePath) -> Bool {
        references.isEmpty || references.contains { $0.means(names, image: image) }
    }
}

extension ConfiguredSources {
    /// The names that a run may be given: of entries and their images, and of groups; of what is due by itself.
    public var runNames: [String] {
        let due = entries.filter(isDueByItself)
        return due.map(\.entry.name) + due.flatMap { (try? images(of: $0).map(\.name)) ?? [] } + due.compactMap(\.entry.group)
    }

    private func isDueByItself(_ item: ResolvedEntry) -> Bool {
        guard item.entry.schedule == nil else { return true }
        guard let group = item.entry.group else { return false }
        return entries.contains { $0.entry.group == group && $0.entry.schedule != nil }
    }

    /// What a run at `now` has to do.
    ///
    /// - Parameters:
    ///   - known: the sources of the catalogue that are in use.
    ///   - lastRuns: when each was last seen to, by its UUID.
    /// - Throws: ``AutomationError/unknownEntry(name:nearest:)``, and for a zone that is not known.
    public func runPlan(
        _ selection: RunSelection, known: [Source], lastRuns: [Identifier: LastRun], now: Instant
    ) throws(AutomationError) -> RunPlan {
        var failures: [RunFailure] = []
        var broken: Set<String> = []
        var skipped: [SkippedMatches] = []
        let targets = try targets(known, lastRuns, now, &failures, &broken, &skipped)
        for reference in selection.references {
            let hasFailed = failures.contains { $0.names.contains(reference.text) }
            let isTaken = targets.contains { reference.means($0.selectors, image: $0.image) }
            // What has a policy alone is pruned.
            if !hasFailed, !isTaken, !known.contains(where: { isConfigured($0) && isSelected($0, RunSelection([reference])) }) {
                throw unknown(reference, targets)
            }
        }
        let selected = failures.filter { failure in
            selection.references.isEmpty || selection.references.contains { failure.names.contains($0.text) }
        }
        let all = units(targets, now, without: broken).filter { $0.targets.contains(where: selection.includes) }
        // Whoever may put files where a pattern looks keeps no image waiting that has an entry of its own.
        let units = all.filter { !$0.isOfPatterns } + all.filter(\.isOfPatterns)
        let isAll = selection.references.isEmpty
        let entries = Set(units.flatMap(\.targets).map(\.configured.entry.name))
        return RunPlan(
            now: now, units: units, failures: selected, skipped: skipped.filter { isAll || entries.contains($0.entry) })
    }

    private func unknown(_ reference: SourceReference, _ targets: [RunTarget]) -> AutomationError {
        let names = targets.map { if case .name = reference { $0.name } else { $0.image.string } }
        return .unknownEntry(name: reference.text, nearest: nearestNames(to: reference.text, among: names, limit: 1).first)
    }

    private func targets(
        _ known: [Source], _ lastRuns: [Identifier: LastRun], _ now: Instant, _ failures: inout [RunFailure], _ broken: inout Set<String>,
        _ skipped: inout [SkippedMatches]
    ) throws(AutomationError) -> [RunTarget] {
        let byImage = Dictionary(known.map { ($0.imagePath, $0) }) { first, _ in first }
        let scheduledGroups = Set(entries.compactMap { $0.entry.schedule == nil ? nil : $0.entry.group })
        var names = Dictionary(known.map { ($0.name.text, $0.imagePath) }) { first, _ in first }
        for item in entries { if case .one(let path) = item.image, names[item.entry.name] == nil { names[item.entry.name] = path } }
        var targets: [RunTarget] = []
        for item in entries where item.entry.schedule != nil || item.entry.group.map(scheduledGroups.contains) == true {
            let images: [ConfiguredImage]
            do throws(CloneError) {
                let found = try matches(of: item, registered: Set(byImage.keys))
                images = found.images
                if let matches = found.skipped { skipped.append(matches) }
            } catch {
                fail(item.entry, error, &failures)
                broken.insert(item.entry.name)
                continue
            }
            if images.isEmpty, case .glob = item.image, known.contains(where: { item.image.matches($0.imagePath) }) {
                fail(item.entry, AutomationError.noImages(pattern: item.entry.image.description), &failures)
                broken.insert(item.entry.name)
            }
            let zone = try zone(of: item.entry).zone
            for image in images {
                let source = byImage[image.path] ?? (image.isMatch ? nil : known.first { $0.name.text == image.name })
                var problem: (any ExplainedError)?
                if let source {
                    if case .contradiction(let error) = match(source) { problem = error }
                } else if let error = nameProblem(of: image, &names) {
                    // No failure of the source that has the name.
                    fail(item.entry, error, at: image.path, &failures)
                    broken.insert(item.entry.name)
                    continue
                }
                let last = source.flatMap { lastRuns[$0.id]?.latest }
                targets.append(
                    RunTarget(
                        name: source?.name.text ?? image.name, image: image.path, source: source, last: last, problem: problem,
                        configured: image, own: item.entry.schedule?.state(last: last, now: now, in: zone), zone: zone))
            }
        }
        return targets
    }

    private func fail(
        _ entry: ConfiguredSource, _ error: any ExplainedError, at path: FilePath? = nil, _ failures: inout [RunFailure]
    ) {
        let subject = entry.group.map { "\(entry.name) (group \($0))" } ?? entry.name
        var failure = RunFailure(
            subject: path.map { "\(subject): \($0.string)" } ?? subject, names: [entry.name], stage: .plan, error: error, sources: [])
        if case .glob = entry.image { failure.isOfPattern = true }
        failures.append(failure)
    }

    /// Why an image that is new can't be called as it would be.
    private func nameProblem(of image: ConfiguredImage, _ names: inout [String: FilePath]) -> (any ExplainedError)? {
        let name: SourceName
        do throws(SnapshotsError) {
            name = try SourceName(parsing: image.name)
        } catch {
            return SnapshotsError.noNameFromImage(path: image.path, problem: error.message)
        }
        if let other = names[name.text], other != image.path { return SnapshotsError.sourceNameTaken(name: name, image: other) }
        names[name.text] = image.path
        return nil
    }

    /// - Parameter broken: entries of which it is not known which images they have: their groups can't be taken, all or none.
    private func units(_ targets: [RunTarget], _ now: Instant, without broken: Set<String>) -> [RunUnit] {
        var units: [RunUnit] = []
        var seen = Set(entries.compactMap { broken.contains($0.entry.name) ? $0.entry.group : nil })
        for target in targets {
            guard let group = target.configured.entry.group else {
                if let state = target.own { units.append(RunUnit(group: nil, targets: [target], state: state)) }
                continue
            }
            guard seen.insert(group).inserted else { continue }
            let members = targets.filter { $0.configured.entry.group == group }
            guard let state = DueState(of: members.compactMap(\.own)) else { continue }
            units.append(RunUnit(group: group, targets: members, state: state))
        }
        return units
    }
}
