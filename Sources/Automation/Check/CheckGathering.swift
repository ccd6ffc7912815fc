// Gathering what a check has to know. The rule: it only reads, takes no lock, thaws nothing, and goes on where it can: what could not be looked at
// is a finding by itself.

import CloneCore
import Configuration
import Glibc
public import Policy
public import Snapshots
import SystemPackage

extension ConfiguredSources {
    /// The facts about the sources of the catalogue that are in use, and about those of the configuration that it does not have.
    ///
    /// - Parameters:
    ///   - selection: only these, by name, image, configured entry or group; none: all.
    ///   - store: the open catalogue; nil: there is none.
    /// - Throws: ``SnapshotsError/unknownSource(reference:nearest:)`` for a selection that names nothing, and what keeps the catalogue from being
    ///   read.
    public func checkFacts(_ selection: [SourceReference], in store: Store?, now: Instant) throws(SnapshotsError) -> CheckFacts {
        var facts = CheckFacts(now: now)
        facts.thresholds = configuration.check
        let known = try store?.catalogue.sources(.inUse) ?? []
        let candidates = known.map { candidate($0) } + unregistered(known, &facts.problems)
        let chosen = try chosen(selection, among: candidates, in: store)
        // What is wrong with the configuration as a whole is told, whatever was chosen.
        facts.problems += chosen.compactMap(\.problem)
        let survey = try store?.survey(chosen.compactMap(\.source)) ?? Survey(sources: [], pools: [])
        facts.pools = survey.pools
        facts.pruning = store?.pruningUnderway()
        facts.sources = try sourceFacts(chosen, survey, in: store, now: now)
        return facts
    }

    private func sourceFacts(
        _ chosen: [CheckCandidate], _ survey: Survey, in store: Store?, now: Instant
    ) throws(SnapshotsError) -> [SourceFacts] {
        let surveys = Dictionary(survey.sources.map { ($0.source.id, $0) }) { first, _ in first }
        let runs = try store?.catalogue.lastRuns(now: now) ?? [:]
        var facts: [SourceFacts] = []
        var successes: [Identifier: Instant] = [:]
        for candidate in chosen {
            guard let source = candidate.source else {
                var unknown = SourceFacts(name: candidate.name, schedule: candidate.schedule)
                unknown.maxAge = candidate.maxAge
                facts.append(unknown)
                continue
            }
            // A snapshot whose file is missing is no success any more.
            let last = [surveys[source.id]?.newestOfRun, runs[source.id]?.unchanged].compactMap { $0 }.max()
            successes[source.id] = last ?? .earliest
            facts.append(
                SourceFacts(name: candidate.name, schedule: candidate.schedule, survey: surveys[source.id], lastSuccess: last))
            facts[facts.count - 1].maxAge = candidate.maxAge
        }
        try addFailures(chosen, runs, successes, &facts, in: store, now: now)
        return facts
    }

    // MARK: What there is to check

    private func candidate(_ source: Source) -> CheckCandidate {
        var candidate = CheckCandidate(name: source.name.text, selectors: selectors(of: source), image: source.imagePath, source: source)
        switch match(source) {
        case .none: break
        case .entry(let entry):
            if case .glob = entry.image, access(source.imagePath.string, F_OK) != 0, errno == ENOENT {
                // A pattern is about the images that are there. Whether its snapshots are, is looked at all the same.
                candidate.isGone = true
                break
            }
            do throws(AutomationError) {
                candidate.schedule = try schedule(of: entry)
                candidate.maxAge = try maxAge(of: entry)
            } catch {
                candidate.problem = CheckFinding(.unknown, .configuration, source.name.text, error.message, hint: error.hint)
            }
        case .contradiction(let error):
            candidate.problem = CheckFinding(.critical, .configuration, source.name.text, error.message, hint: error.hint)
        }
        return candidate
    }

    /// What should have snapshots and is not in the catalogue.
    private func unregistered(_ known: [Source], _ problems: inout [CheckFinding]) -> [CheckCandidate] {
        var names = Set(known.map(\.name.text))
        let registered = Set(known.map(\.imagePath))
        let single = singleNames
        var candidates: [CheckCandidate] = []
        for item in entries {
            let schedule: CheckedSchedule?
            let maxAge: CheckedAge?
            do throws(AutomationError) {
                schedule = try self.schedule(of: item.entry)
                maxAge = try self.maxAge(of: item.entry)
            } catch {
                problems.append(CheckFinding(.unknown, .configuration, item.entry.name, error.message, hint: error.hint))
                continue
            }
            if schedule == nil, maxAge == nil { continue }
            let images: [ConfiguredImage]
            let skipped: SkippedMatches?
            do throws(CloneError) { (images, skipped) = try matches(of: item, registered: registered) } catch {
                problems.append(CheckFinding(.critical, .configuration, item.entry.name, error.message, hint: error.hint))
                continue
            }
            if let skipped {
                problems.append(CheckFinding(.warning, .matchSkipped, item.entry.name, skipped.message, hint: skipped.hint))
            }
            if images.isEmpty, case .glob = item.image, known.contains(where: { item.image.matches($0.imagePath) }) {
                let error = AutomationError.noImages(pattern: item.entry.image.description)
                problems.append(CheckFinding(.critical, .configuration, item.entry.name, error.message, hint: error.hint))
            }
            for image in images where !registered.contains(image.path) {
                guard !(image.isMatch && single.contains(image.name)), names.insert(image.name).inserted else {
                    // Of a single image the contradiction is told with the source that has its name.
                    if image.isMatch {
                        problems.append(
                            CheckFinding(
                                .critical, .configuration, image.path.string, "a source is called '\(image.name)' already",
                                hint: "give the image another name, or an entry of its own"))
                    }
                    continue
                }
                candidates.append(
                    CheckCandidate(
                        name: image.name, selectors: [image.name] + item.entry.selectors, image: image.path,
                        schedule: schedule, maxAge: maxAge))
            }
        }
        return candidates
    }

    private func maxAge(of entry: ConfiguredSource) throws(AutomationError) -> CheckedAge? {
        guard let limit = entry.maxAge else { return nil }
        return CheckedAge(limit, zone: try zone(of: entry).zone)
    }

    /// When an entry is taken: by its own schedule, or with its group.
    private func schedule(of entry: ConfiguredSource) throws(AutomationError) -> CheckedSchedule? {
        let member = entry.schedule == nil ? entries.first { $0.entry.group == entry.group && $0.entry.schedule != nil }?.entry : entry
        guard let scheduled = entry.schedule != nil || entry.group != nil ? member : nil, let schedule = scheduled.schedule else {
            return nil
        }
        return CheckedSchedule(
            schedule, zone: try zone(of: scheduled).zone, missedWarning: entry.missedWarning, missedCritical: entry.missedCritical)
    }

    private func chosen(
        _ selection: [SourceReference], among candidates: [CheckCandidate], in store: Store?
    ) throws(SnapshotsError) -> [CheckCandidate] {
        if selection.isEmpty { return candidates }
        var chosen = Set<Int>()
        for reference in selection {
            // The path as it was given may be that of an image, too: of one that is not there, or a link now.
            let wanted = [reference, reference.traced(in: store)]
            let found = candidates.indices.filter { index in
                wanted.contains { $0.means(candidates[index].selectors, image: candidates[index].image) }
            }
            if found.isEmpty {
                let text = reference.text
                let names = candidates.map { if case .name = reference { $0.name } else { $0.image.string } }
                throw .unknownSource(reference: text, nearest: nearestNames(to: text, among: names))
            }
            chosen.formUnion(found)
        }
        return chosen.sorted().map { candidates[$0] }
    }
}

/// A source of the catalogue, or what is to become one.
struct CheckCandidate {
    let name: String
    /// The names that it can be chosen by.
    let selectors: [String]
    let image: FilePath
    var source: Source?
    var schedule: CheckedSchedule?
    var maxAge: CheckedAge?
    var problem: CheckFinding?
    /// Whether it matched a pattern, and its image is not there any more.
    var isGone = false
}
