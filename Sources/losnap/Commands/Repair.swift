// `losnap repair`: make catalogue and files agree, take clones in, or make a lost catalogue anew. The three share their argument, so that
// what follows the option is what it is about.

import ArgumentParser
import Policy
import Snapshots
import SystemPackage

struct Repair: Command {
    static let configuration = CommandConfiguration(
        commandName: "repair",
        abstract: "Make catalogue and snapshot files agree, adopt clones, or rebuild a lost catalogue.",
        discussion: """
            Without an option, what a crash has left is mended, snapshots that the catalogue has lost are taken in again, and those of a pool \
            that is mounted elsewhere are found again (after losnap source move). A source may be named by its snapshot directory, too: \
            one that the catalogue does not know, because it is an older copy, is taken in again with its snapshots. With --adopt the \
            arguments are files: older clones made by hand, which become snapshots of --source. With --rebuild they are snapshot \
            directories, or directories above them, from which a lost or damaged catalogue is made anew.

            With --forget, snapshots whose file is gone are struck off. Where the whole directory is not there, perhaps because something is \
            not mounted, only those of sources that are named.

            EXAMPLES:
              losnap repair --dry-run
              losnap repair home --forget
              losnap repair /srv/.losnap/home
              losnap repair --adopt /srv/old.img --source home --time 2025-06-01T00:00:00Z
              losnap repair --rebuild /srv
            """)

    @Argument(
        help: ArgumentHelp(
            "The sources to repair, or their snapshot directories (none: all); the files to adopt; the directories to rebuild from.",
            valueName: "what"),
        completion: .source)
    var what: [String] = []

    @Flag(
        name: .long, help: "Strike off snapshots whose file is gone for good; of a directory that is gone, those of sources that are named."
    )
    var forget = false

    @Flag(name: .long, help: "Take in the files that are named.")
    var adopt = false

    @Option(name: .long, help: ArgumentHelp("With --adopt: the source that they are clones of.", valueName: "source"), completion: .source)
    var source: String?

    @Option(
        name: .long,
        help: ArgumentHelp("With --adopt: the time of their data (RFC 3339; default: when they were last written).", valueName: "time"))
    var time: String?

    @Flag(name: .long, help: "Make the catalogue anew from what lies in the directories that are named.")
    var rebuild = false

    @OptionGroup var dry: DryRunArguments
    @OptionGroup var change: ChangeArguments
    @OptionGroup var catalogue: CatalogueArguments
    @OptionGroup var display: DisplayArguments

    func run(in session: Session) throws {
        try checkCombination()
        if adopt { return try runAdopt(session) }
        if rebuild { return try runRebuild(session) }
        let store = try session.open(catalogue, for: dry.dryRun ? .reading : .freeing, waits: change.wait)
        let isDirectory = { (text: String) in text.contains("/") && store.isSnapshotDirectory(session.resolved(text)) }
        let directories = what.filter(isDirectory).map(session.resolved)
        let sources = try what.filter { !isDirectory($0) }.map { try session.resolve($0, in: store) }
        let report = try store.repair(
            RepairRequest(sources: sources, directories: directories, forgetsMissing: forget, isDryRun: dry.dryRun))
        try session.present(RepairPresentation(report: report, isDryRun: dry.dryRun), display, quiet: change.quiet)
        let errors = report.failed.map { (subject: $0.source.text, error: $0.error as any Error) }
        let count = try what.isEmpty ? store.catalogue.sources().count : what.count
        let tried = max(count, errors.count)
        let summary = FrontError.partial(failed: errors.count, of: tried, what: "sources")
        try Failures(errors: errors, count: tried, summary: summary).report(in: session)
    }

    private func runAdopt(_ session: Session) throws {
        let takenAt = try time.map { try Instant(parsing: $0) }
        let store = try session.open(catalogue, for: .making, waits: change.wait)
        let source = try session.resolve(source ?? "", in: store, registeringAs: session.configuredSources(.none))
        let report = store.adopt(files: what.map(session.resolvedParent), into: source, takenAt: takenAt)
        report.warnings.map(Warning.init).forEach(session.warn)
        try session.present(AdoptPresentation(report: report), display, quiet: change.quiet)
        let errors = report.failed.map { (subject: $0.path.string, error: $0.error as any Error) }
        let summary = FrontError.partial(failed: errors.count, of: what.count, what: "files")
        try Failures(errors: errors, count: what.count, summary: summary).report(in: session)
    }

    private func runRebuild(_ session: Session) throws {
        let report = try rebuildCatalogue(
            from: what.map(session.resolved), options: try session.storeOptions(catalogue, waits: change.wait))
        try session.present(RebuildPresentation(report: report), display, quiet: change.quiet)
    }

    private func checkCombination() throws(FrontError) {
        let hint = "see losnap repair --help"
        if adopt && rebuild { throw .usage("--adopt and --rebuild exclude each other", hint: hint) }
        if (adopt || rebuild) && (forget || dry.dryRun) {
            throw .usage("--forget and --dry-run don't go with --adopt or --rebuild", hint: hint)
        }
        if !adopt && (source != nil || time != nil) { throw .usage("--source and --time go with --adopt", hint: hint) }
        if adopt && source == nil { throw .usage("--adopt wants the --source that the files are clones of", hint: hint) }
        if adopt && what.isEmpty { throw .usage("--adopt wants files", hint: hint) }
        if rebuild && what.isEmpty { throw .usage("--rebuild wants directories", hint: hint) }
    }
}
