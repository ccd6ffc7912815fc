// `losnap delete`: remove by name. The rule: every name must mean a snapshot before the first one is removed.

import ArgumentParser
import Snapshots

struct Delete: Command {
    static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Remove snapshots by name.",
        discussion: """
            Held snapshots are refused: release them first. If one of several names means no snapshot, nothing is removed.

            EXAMPLES:
              losnap delete 41 42
              losnap delete home@oldest --dry-run
            """)

    @Argument(help: "The snapshots.", completion: .snapshot)
    var snapshot: [String]

    @OptionGroup var dry: DryRunArguments
    @OptionGroup var change: ChangeArguments
    @OptionGroup var catalogue: CatalogueArguments
    @OptionGroup var display: DisplayArguments

    func run(in session: Session) throws {
        let store = try session.openIfThere(catalogue, for: dry.dryRun ? .reading : .freeing, waits: change.wait)
        var chosen: [ListedSnapshot] = []
        for name in snapshot {
            let listed = try session.find(name, in: store, display)
            if !chosen.contains(where: { $0.snapshot.id == listed.snapshot.id }) { chosen.append(listed) }
        }
        guard let store else { return }
        if dry.dryRun {
            try store.checkDelete(chosen)
            try session.present(DeletePresentation(removed: chosen, failed: [], isDryRun: true), display)
            return
        }
        let report = try store.delete(chosen)
        report.warnings.map(Warning.init).forEach(session.warn)
        try session.present(
            DeletePresentation(removed: report.removed, failed: report.failed, isDryRun: false), display, quiet: change.quiet)
        try Failures(removed: report.removed.count, failed: report.failed).report(in: session)
    }
}
