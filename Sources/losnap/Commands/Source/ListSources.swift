// `losnap source list`.

import ArgumentParser
import Automation
import Configuration
import Snapshots

struct ListSources: Command {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the sources.",
        discussion: """
            With the policy and the schedule that the configuration has for each, if it has any.

            EXAMPLES:
              losnap source list
              losnap source list --all --json
            """)

    @Flag(name: .long, help: "Also removed ones whose snapshots are still listed.")
    var all = false

    @OptionGroup var catalogue: CatalogueArguments
    @OptionGroup var display: DisplayArguments

    func run(in session: Session) throws {
        let store = try session.openIfThere(catalogue)
        let sources = try store?.sources(all ? .all : .inUse) ?? []
        let configured = try configured(in: session)
        try session.present(
            SourcesPresentation(sources: sources.map { ($0, entry(of: $0.source, configured, session)) }), display)
    }

    /// What the configuration has. A list is still wanted when the usual one is wrong; one that was named has been looked at.
    private func configured(in session: Session) throws -> ConfiguredSources? {
        do {
            return session.configuredSources(try session.configuration(catalogue.config))
        } catch let error as ConfigurationError {
            session.warn(.notShown(error))
            return nil
        }
    }

    /// What the configuration has for a source; where it contradicts the catalogue, that is told.
    private func entry(of source: Source, _ configured: ConfiguredSources?, _ session: Session) -> ConfiguredSource? {
        guard let configured, !source.isRemoved else { return nil }
        switch configured.match(source) {
        case .none: return nil
        case .entry(let entry): return entry
        case .contradiction(let error):
            session.warn(.contradicted(error))
            return nil
        }
    }
}
