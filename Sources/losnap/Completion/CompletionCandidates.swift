// What a shell offers at the TAB key: names of sources, snapshots, policies and entries of the configuration. The rule: a look and nothing else. The catalogue is read without
// thawing, mending or waiting, whatever goes wrong gives no candidates instead of words on the screen, and nothing is offered that a shell
// would not take literally (bash expands what it is given, so a label such as $(reboot) must not reach it).

import ArgumentParser
import Automation
import CloneCore
import Configuration
import FoundationEssentials
import Policy
import Snapshots
import SystemPackage

/// The line that is being typed, and what it may go on with.
struct CompletionCandidates {
    let session: Session
    /// The line's words, that of the program included, as the shell has them.
    let words: [String]
    /// The word that is being typed; empty for a new one.
    let word: String

    init(session: Session, words: [String], index: Int) {
        self.session = session
        self.words = words
        word = words.indices.contains(index) ? words[index] : ""
    }

    /// The candidates of that kind for the word.
    func all(_ subject: Subject) -> [String] {
        let all: [String]
        switch subject {
        case .source: all = (try? sources()) ?? []
        case .snapshot: all = (try? snapshots()) ?? []
        case .sourceOrSnapshot: all = (try? word.contains("@") ? snapshots() : sources()) ?? []
        case .policy: all = (try? policies()) ?? []
        case .image: all = ((try? sources()) ?? []) + ((try? configured().imageNames) ?? [])
        case .entry: all = ((try? sources()) ?? []) + ((try? configured().runNames) ?? [])
        }
        var seen: Set<String> = []
        return all.filter { $0.hasPrefix(word) && $0.shellWord == $0 && seen.insert($0).inserted }
    }

    /// What a name can be of.
    enum Subject {
        case source, snapshot, sourceOrSnapshot, policy
        /// What `create` takes: a source, or one that the configuration would make.
        case image
        /// What `run` takes: those, an entry with a pattern, or a group.
        case entry
    }

    private func sources() throws -> [String] { try catalogue().sources().map(\.name.text) }

    private func policies() throws -> [String] { try session.configuration(option("--config")).configuration.policies.map(\.name) }

    private func configured() throws -> ConfiguredSources { session.configuredSources(try session.configuration(option("--config"))) }

    /// Numbers after a digit, `source@...` else. What follows the @ comes from the source's snapshots, so it is looked up only when it is
    /// there.
    private func snapshots() throws -> [String] {
        let catalogue = try catalogue()
        if word.first?.isNumber == true, !word.contains("@") {
            let numbers = try catalogue.snapshots(SnapshotFilter(states: [.complete])).map { "\($0.number)" }
            if numbers.contains(where: { $0.hasPrefix(word) }) { return numbers }
        }
        guard let division = word.lastIndex(of: "@") else {
            return try catalogue.sources().flatMap { ["\($0.name)@latest", "\($0.name)@oldest"] }
        }
        let name = word[..<division]
        guard let source = try catalogue.sources().first(where: { $0.name.text == name }) else { return [] }
        let snapshots = try catalogue.snapshots(.complete(of: source.id))
        guard !snapshots.isEmpty else { return [] }
        var rest = ["latest", "oldest"]
        for label in snapshots.compactMap({ $0.label?.text }) where !rest.contains(label) { rest.append(label) }
        if word[word.index(after: division)...].first?.isNumber == true {
            // As `list` prints them, but for the space.
            let zone = words.contains("--utc") ? .gmt : (try? session.localZone.get())?.zone ?? .gmt
            rest += snapshots.map { $0.takenAt.local(in: zone).text(.seconds).replacing(" ", with: "T") }
        }
        return rest.map { "\(name)@\($0)" }
    }

    /// The catalogue that the line is about. Not by way of a store, which would thaw; and not at all where it may lie on what was left frozen,
    /// for the shell would hang with it.
    private func catalogue() throws -> Catalogue {
        let path = try session.cataloguePath(option("--catalogue"))
        if try freezesLeft(places: session.places).contains(where: { $0.mayHold(path.removingLastComponent().string) }) {
            throw SnapshotsError.catalogueMissing(path: path)
        }
        return try Catalogue.open(path: path, mode: .reading, now: session.now, busyTimeout: 0.2)
    }

    /// The value that the line gives an option.
    private func option(_ name: String) -> String? {
        let options = words.prefix { $0 != "--" }
        if let joined = options.last(where: { $0.hasPrefix("\(name)=") }) { return String(joined.dropFirst(name.count + 1)) }
        guard let place = options.lastIndex(of: name), place + 1 < options.endIndex else { return nil }
        return options[place + 1]
    }
}

extension CompletionKind {
    /// The name of a source.
    static var source: CompletionKind { names(of: .source) }
    /// A snapshot.
    static var snapshot: CompletionKind { names(of: .snapshot) }
    /// Either.
    static var sourceOrSnapshot: CompletionKind { names(of: .sourceOrSnapshot) }
    /// The name of a source, or of one that the configuration would make.
    static var image: CompletionKind { names(of: .image) }
    /// What `run` sees to.
    static var entry: CompletionKind { names(of: .entry) }
    /// The name of a policy.
    static var policy: CompletionKind { names(of: .policy) }

    private static func names(of subject: CompletionCandidates.Subject) -> CompletionKind {
        .custom { words, index, _ in
            let session = Session.ofProcess(arguments: Array(words.dropFirst()))
            let candidates = CompletionCandidates(session: session, words: words, index: index).all(subject)
            // There a colon divides a candidate from what is said of it.
            return CompletionShell.requesting == .zsh ? candidates.map { $0.replacing(":", with: "\\:") } : candidates
        }
    }
}
