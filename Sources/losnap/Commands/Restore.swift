// `losnap restore`: give a whole image back.

import ArgumentParser
import Snapshots

struct Restore: Command {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Put an image back as it was, or make a new one of a snapshot.",
        discussion: """
            Takes a safety snapshot of the present state first, and tells its number, then replaces the image in one step. Unmount it before; \
            losnap refuses while somebody uses it. With --to a new image is made, and nothing is ever overwritten. For a single file, see losnap mount.

            EXAMPLES:
              losnap restore home@before-upgrade --dry-run
              losnap restore 42
              losnap restore home@latest --to /srv/images/home-old.img
            """)

    @Argument(help: "The snapshot.", completion: .snapshot)
    var snapshot: String

    @Option(name: .long, help: ArgumentHelp("Make this new file instead of replacing the image.", valueName: "path"), completion: .file())
    var to: String?

    @OptionGroup var dry: DryRunArguments
    @OptionGroup var change: ChangeArguments
    @OptionGroup var catalogue: CatalogueArguments
    @OptionGroup var display: DisplayArguments

    func run(in session: Session) throws {
        if to?.isEmpty == true { throw FrontError.usage("--to names no file", hint: "give the path of the image to make") }
        let target = to.map { RestoreTarget.newFile(session.resolvedParent($0)) } ?? .inPlace
        let store = try session.openIfThere(catalogue, for: dry.dryRun ? .reading : .changing, waits: change.wait)
        let listed = try session.find(snapshot, in: store, display)
        guard let store else { return }
        if dry.dryRun {
            try session.present(RestorePresentation(plan: try store.planRestore(listed, to: target), report: nil), display)
        } else {
            let report = try store.restore(listed, to: target)
            report.warnings.map(Warning.init).forEach(session.warn)
            try session.present(RestorePresentation(plan: report.plan, report: report), display, quiet: change.quiet)
        }
    }
}
