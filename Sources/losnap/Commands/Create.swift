// `losnap create`: snapshots of one source, or of several at one instant; around a command if one is given.

import ArgumentParser
import Automation
import CloneCore
import Policy
import Snapshots

struct Create: Command {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Take a snapshot of a source, or one of each of several at one instant.",
        discussion: """
            SOURCE is a name, or with a slash a path: an image or a mount point, which is registered as a source when it is first named. The \
            filesystem inside a mounted image is frozen while it is cloned; needs root then. Several sources make a group: one freeze, all \
            or none.

            What the configuration says of a source holds unless an option says otherwise: its directory, consistency, longest freeze, way \
            to clone, immutable flag, and the hooks before and after.

            EXAMPLES:
              losnap create /home
              losnap create home --label before-upgrade --hold='until it has proved itself'
              losnap create home mail --tag nightly
              losnap create home --if-changed=16MiB
              losnap create /home --command 'make install'
              losnap create /srv/vm.img --consistency crash
            """)

    /// How to clone.
    enum Way: String, ExpressibleByArgument, CaseIterable {
        case plain, maps, tracked
    }

    /// How careful to be.
    enum Wanted: String, ExpressibleByArgument, CaseIterable {
        case frozen, crash
    }

    @Argument(help: "What to take snapshots of: a name, an image or a mount point.", completion: .image)
    var source: [String]

    @Option(name: .long, help: ArgumentHelp("Call the snapshot so; it can then be named as SOURCE@TEXT.", valueName: "text"))
    var label: String?

    @Option(name: .long, help: ArgumentHelp("Give it this tag; may be repeated.", valueName: "tag"))
    var tag: [String] = []

    @Option(
        name: .long,
        help: ArgumentHelp("Hold it from the start: --hold alone, or --hold=REASON.", valueName: "reason"))
    var hold: String?

    @Option(name: .long, help: "Freeze what is mounted (the usual), or clone it as it is, as after a power cut.")
    var consistency: Wanted?

    @Option(name: .long, help: ArgumentHelp("The longest freeze, from 10ms to 10min; 10s unless configured.", valueName: "duration"))
    var maxFreeze: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Limit each step before the freeze, from 1s to 24h (default: max-prepare of losnap.yaml, else 5min).", valueName: "duration"))
    var maxPrepare: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "How to clone what is frozen: plain, maps or tracked; as fits it best, unless said or configured (losnap(8), CLONING).",
            valueName: "way"))
    var clone: Way?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Only if so much differs from the newest snapshot: --if-changed alone, which is 1MiB, or --if-changed=SIZE.",
            valueName: "size"))
    var ifChanged: String?

    @Flag(name: .long, help: "Don't set the immutable flag on the snapshot.")
    var noImmutable = false

    @Flag(name: .long, help: "Tell also how it was cloned: extents, what was cloned again, and how long the freeze was to last.")
    var verbose = false

    @Option(
        name: .long, help: ArgumentHelp("The time of the data, if it is older (RFC 3339); its origin is then 'import'.", valueName: "time"))
    var time: String?

    @Flag(name: .long, help: "Run none of the configured hooks.")
    var noHooks = false

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Take one before and one after this command of the shell, tagged as a pair, and end with its status.", valueName: "cmd"))
    var command: String?

    @OptionGroup var change: ChangeArguments
    @OptionGroup var catalogue: CatalogueArguments
    @OptionGroup var display: DisplayArguments

    func run(in session: Session) throws {
        let label = try label.map { try Label(parsing: $0) }
        let tags = try Tags(tag.map { try Tag(parsing: $0) })
        let hold = try hold.map { try Hold(reason: $0 == OptionalValue.absent ? nil : $0) }
        let takenAt = try time.map { try Instant(parsing: $0) }
        let wishes = TakeWishes(
            consistency: consistency.map { $0 == .crash ? .crash : .frozen },
            maxFreezeNanoseconds: try maxFreeze.map(FreezeLimit.nanoseconds),
            maxPrepareNanoseconds: try maxPrepare.map(PrepareLimit.nanoseconds),
            way: clone.flatMap { CloneWay(rawValue: $0.rawValue) },
            setsImmutable: noImmutable ? false : nil, runsHooks: !noHooks)
        let ifChanged = try ifChanged.map { try ChangeLimit.bytes($0) }
        try checkCommand()
        let found = try session.configuration(catalogue.config)
        let configured = session.configuredSources(found)
        let surroundings = try session.hookSurroundings(catalogue, found)
        let store = try session.open(catalogue, for: .making, waits: change.wait)
        let orders = try source.map { try configured.takeOrder(for: session.resolve($0, in: store, registeringAs: configured), wishes) }
        let request = CreateRequest(
            sources: [], label: label, tags: tags, hold: hold, origin: takenAt == nil ? .manual : .import, ifChanged: ifChanged,
            takenAt: takenAt)
        let taking = Taking(store: store, orders: orders, surroundings: surroundings)
        if let command { return try take(request, around: command, with: taking, session) }
        let (report, hookFailure) = try taking.take(request, session)
        try session.present(CreatePresentation(report: report, isVerbose: verbose), display, quiet: change.quiet)
        if let hookFailure { throw hookFailure }
    }

    /// Refuses what makes no sense with a command.
    private func checkCommand() throws(FrontError) {
        guard let command else { return }
        if command.allSatisfy(\.isWhitespace) {
            throw .usage("--command is empty", hint: "give a command for the shell, or leave the option out")
        }
        if time != nil { throw .usage("--command and --time exclude each other", hint: "leave out one of them") }
        if ifChanged != nil { throw .usage("--command and --if-changed exclude each other", hint: "leave out one of them") }
    }
}
