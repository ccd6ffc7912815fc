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
        let (store, unwritable) = try open(session)
        let listed = try session.find(snapshot, in: store, display)
        guard let store else { return }
        if dry.dryRun {
            try session.present(RestorePresentation(plan: try store.planRestore(listed, to: target), report: nil), display)
        } else {
            // Before an image is replaced a safety snapshot is taken, which the catalogue has to remember.
            if let unwritable, try store.planRestore(listed, to: target).replaces { throw unwritable }
            var report = try store.restore(listed, to: target)
            if let unwritable { report.warnings.append(.notLogged(problem: unwritable.message)) }
            report.warnings.map(Warning.init).forEach(session.warn)
            try session.present(RestorePresentation(plan: report.plan, report: report), display, quiet: change.quiet)
        }
    }

    /// Opens the catalogue for a change; if its disk can't be written, for reading, with the reason. To make an image that is not there, it is
    /// enough to find the snapshot.
    private func open(_ session: Session) throws -> (store: Store?, unwritable: SnapshotsError?) {
        guard !dry.dryRun else { return (try session.openIfThere(catalogue), nil) }
        do {
            return (try session.openIfThere(catalogue, for: .changing, waits: change.wait), nil)
        } catch let error as SnapshotsError {
            switch error {
            case .catalogueFull, .catalogueNotWritable(_, .readOnlyFilesystem): return (try session.openIfThere(catalogue), error)
            default: throw error
            }
        }
    }
}
