// From a text to policies and sources, and what is wrong between them: names that lead nowhere, one image twice.

import CloneCore
import Policy
import Yams

/// Reads one file.
struct ConfigurationReader {
    private(set) var policies: [ConfiguredPolicy] = []
    private(set) var sources: [ConfiguredSource] = []
    private(set) var check = ConfiguredCheck.usual
    private let problems: ProblemList
    private var policyNames: [String] = []

    init(_ text: String, _ problems: ProblemList) {
        self.problems = problems
        guard let document = Document(text, problems), let root = document.root, !root.saysNothing else { return }
        guard case .mapping(let mapping) = root else {
            problems.add(
                problems.position(root.mark), "expected policies, sources, defaults or check, found \(root.kind)",
                hint: "see losnap.yaml(5)")
            return
        }
        let known = ["policies", "sources", "defaults", "check"]
        let block = Block(mapping, name: nil, known: known, problems: problems, repeated: document.repeated)
        func entry(_ key: String) -> Entry? { block.entries.first { $0.key == key && !$0.isNull } }
        if let entry = entry("policies") { readPolicies(entry) }
        let defaults = entry("defaults").map { SourceBlock($0, known: SourceBlock.sharedKeys) }
        if let entry = entry("sources") { readSources(entry, defaults) }
        if let policy = defaults?.policy { checkPolicy(policy) }
        if let entry = entry("check") { check = ConfiguredCheck(entry) }
    }

    private mutating func readPolicies(_ entry: Entry) {
        let blocks = named(entry, "a mapping of names to policies").map(PolicyBlock.init)
        policyNames = blocks.map(\.name)
        let inheritance = Inheritance(
            policies: Dictionary(blocks.map { ($0.name, $0) }) { first, _ in first }, problems: problems)
        policies = blocks.map { ConfiguredPolicy(inheritance.resolved($0)) }
    }

    private mutating func readSources(_ entry: Entry, _ defaults: SourceBlock?) {
        var images: [ImagePattern: ConfiguredSource] = [:]
        var policyPositions: [Position?] = []
        for entry in named(entry, "a mapping of names to sources") {
            let own = SourceBlock(entry, known: SourceBlock.ownKeys + SourceBlock.sharedKeys)
            if let policy = own.policy { checkPolicy(policy) }
            guard let image = own.image, let pattern = image.value else {
                // An image that was refused has been told.
                if entry.keyCount != nil, !entry.has("image") || own.image != nil {
                    problems.add(own.position, "the source '\(own.name)' has no image", hint: "add image: /path/of/the/image")
                }
                continue
            }
            let source = ConfiguredSource(own.completed(by: defaults), image: image, pattern: pattern)
            checkMissed(source, own, defaults)
            if case .glob = pattern, let directory = own.snapshotDirectory, directory.value != nil {
                problems.add(
                    directory.position, "snapshot-directory: several images can't have one directory",
                    hint: "give the images entries of their own")
            }
            if let other = images[pattern] {
                problems.add(
                    image.position, "image: '\(pattern)' is that of '\(other.name)' already", hint: "see line \(other.position.line)")
            } else {
                images[pattern] = source
            }
            policyPositions.append(own.policy?.position ?? defaults?.policy?.position)
            sources.append(source)
        }
        // Only now: a source without a schedule may be taken by that of its group, which can stand below it.
        let scheduledGroups = Set(sources.compactMap { $0.schedule == nil ? nil : $0.group })
        for (source, position) in zip(sources, policyPositions) {
            if source.schedule != nil || source.group.map(scheduledGroups.contains) ?? false { checkReach(of: source, position) }
        }
    }

    /// The entries of a mapping whose keys are names.
    private func named(_ entry: Entry, _ expected: String) -> [Entry] {
        (entry.block(nil, expected)?.entries ?? []).filter { entry in
            do throws(Refusal) {
                _ = try name(entry.key)
                return true
            } catch {
                problems.add(entry.keyPosition, error.message, hint: error.hint)
                return false
            }
        }
    }

    /// What a schedule takes has no label and no tag: rules of these alone would leave only the newest of it, one snapshot after the other.
    private func checkReach(of source: ConfiguredSource, _ position: Position?) {
        guard let position, let policy = policies.first(where: { $0.name == source.policy }) else { return }
        if !policy.isBroken, policy.keep.isOfNamesAlone {
            problems.add(
                position, "policy: '\(policy.name)' keeps labels and tags alone, and what is taken by schedule has neither",
                hint: "give it a rule for times such as daily: 7, or last: 1 if only the newest is wanted")
        }
    }

    /// A warning that would never come before what is critical.
    private func checkMissed(_ source: ConfiguredSource, _ own: SourceBlock, _ defaults: SourceBlock?) {
        guard let low = source.missedWarning, let high = source.missedCritical, low > high else { return }
        let written = [own.missedWarning, own.missedCritical, defaults?.missedWarning, defaults?.missedCritical]
        let place = written.compactMap { $0 }.first { $0.value != nil }?.position ?? own.position
        let isTold = problems.problems.contains { $0.position == place }
        if !isTold {
            problems.add(place, "missed-warning: \(low) is above missed-critical, \(high)", hint: "write both, the warning lower")
        }
    }

    /// A policy that a source uses must be there, and must have a rule.
    private func checkPolicy(_ setting: Setting<String>) {
        guard let name = setting.value else { return }
        if let policy = policies.first(where: { $0.name == name }) {
            if policy.keep.isEmpty, !policy.isBroken {
                problems.add(
                    setting.position, "policy: '\(name)' has no rule",
                    hint: "give it one under keep, or leave policy out to keep everything")
            }
            return
        }
        let near = nearestNames(to: name, among: policyNames, limit: 1).first
        problems.add(
            setting.position, "policy: there is no policy '\(name)'",
            hint: near.map { "did you mean \($0)?" } ?? "policies are defined under policies:")
    }
}

extension Node {
    /// Whether the document is empty.
    fileprivate var saysNothing: Bool { scalar?.style == .plain && tag == Tag(.null) }
}
