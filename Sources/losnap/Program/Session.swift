// What one run of losnap has around it: arguments, environment, user, streams, the time zone, and the warnings that come up. The rule: the
// environment of the process is read here and nowhere else in the front, so that a test can give another.

import Automation
import CloneCore
import Glibc
import Policy
import Snapshots
import SystemPackage

/// The surroundings of one run.
final class Session {
    /// Where results go.
    let output: OutputStream
    /// Where everything else goes.
    let complaints: OutputStream
    /// Whether results and errors are JSON.
    let isJSON: Bool
    /// The command as it was typed.
    let commandLine: String
    let userID: UInt32
    let kernel: Kernel
    let arguments: [String]
    private let environment: (String) -> String?
    private let currentDirectory: () -> String
    /// The status of a command of the user's own that failed: the process ends with it, whatever losnap's own would be.
    private(set) var passedOn: Int32?
    private var warnings: [Warning] = []
    /// The same, to see at once whether one is there already: there may be one for each of many snapshots.
    private var warned: Set<Warning> = []
    private var stores: [Store] = []
    /// What was found left frozen when the command began; nil: it has not been looked for.
    private(set) var leftFrozen: [LeftFrozen]?

    init(
        arguments: [String], environment: @escaping (String) -> String?, userID: UInt32, currentDirectory: @escaping () -> String,
        output: OutputStream, complaints: OutputStream, kernel: Kernel = .linux
    ) {
        isJSON = arguments.prefix { $0 != "--" }.contains("--json")
        commandLine = (["losnap"] + arguments.map(\.shellWord)).joined(separator: " ")
        self.arguments = arguments
        self.environment = environment
        self.userID = userID
        self.currentDirectory = currentDirectory
        self.output = output
        self.complaints = complaints
        self.kernel = kernel
    }

    /// That of this process.
    static func ofProcess(arguments: [String]) -> Session {
        Session(
            arguments: arguments, environment: { name in getenv(name).map { String(cString: $0) } }, userID: geteuid(),
            currentDirectory: {
                guard let path = getcwd(nil, 0) else { return "/" }
                defer { free(path) }
                return String(cString: path)
            }, output: OutputStream(descriptor: 1), complaints: OutputStream(descriptor: 2))
    }

    /// A variable that is set and not empty.
    func variable(_ name: String) -> String? { environment(name).flatMap { $0.isEmpty ? nil : $0 } }

    /// The time now.
    var now: Instant { Instant(clamping: kernel.realTime()) }

    /// The long options that the command has; found out when a hint is to be given.
    private(set) lazy var offeredOptions = OfferedOptions.of(arguments)

    /// The zone that people here live in; found out when it is first wanted.
    private(set) lazy var localZone = findLocalZone(variable("TZ"))

    /// Where locks and freeze records lie.
    var places: RuntimePlaces { .forUser(userID, environment: environment) }

    private var isQuiet: Bool { arguments.prefix { $0 != "--" }.contains("--quiet") }

    /// What happens while the command waits for a lock.
    private(set) lazy var whileWaiting: WhileWaiting = {
        guard !isJSON, !isQuiet, let descriptor = complaints.descriptor else { return WhileWaiting(write: nil) }
        _ = progress
        return WhileWaiting { [progressLine] text in
            progressLine?.clear()
            _ = try? FileDescriptor(rawValue: descriptor).writeAll(text.utf8)
        }
    }()

    /// Has a store say for whom it waits, and report what it finds left frozen.
    ///
    /// - Parameter isBrief: no wait is long, and what runs at times by itself says nothing of it in its mail: only on a terminal.
    func watchWaits(_ options: inout StoreOptions, isBrief: Bool = false) {
        options.thawed = { [whileWaiting] in whileWaiting.add($0) }
        if !isBrief || complaints.isTerminal { options.waiting = { [whileWaiting] in whileWaiting.say($0, $1) } }
    }

    /// Who shows how far long work has come; nil where nobody looks, or wants to.
    private(set) lazy var progress: ProgressWatcher? = {
        guard !isJSON, !isQuiet, let terminal = complaints.terminal,
            let line = ProgressLine(terminal: terminal, type: variable("TERM"))
        else { return nil }
        output.beforeWriting = { line.clear() }
        complaints.beforeWriting = { line.clear() }
        progressLine = line
        return { line.show($0) }
    }()
    private var progressLine: ProgressLine?

    /// Takes away what shows how far long work has come: it is over, and there may be nothing to say.
    func endProgress() { progressLine?.clear() }

    /// Thaws what a killed losnap left frozen. Before anything else is done: whatever is touched then may lie there.
    func thawFirst() throws {
        let found = try thawLeftFrozen(places: places, kernel: kernel)
        found.compactMap(Warning.init).forEach(warn)
        leftFrozen = found
    }

    /// The path as an absolute one, by its words alone.
    func absolute(_ text: String) -> FilePath {
        let path = FilePath(text)
        return (path.isAbsolute ? path : FilePath(currentDirectory()).pushing(path)).lexicallyNormalized()
    }

    /// The path of what is there, without symbolic links, so that one image is one source; by its words of what is not, and of what lies behind a
    /// link of somebody else, where whoever opens it will refuse it.
    func resolved(_ text: String) -> FilePath {
        let path = FilePath(text)
        let whole = path.isAbsolute ? path : FilePath(currentDirectory()).pushing(path)
        return (try? pathMindingLinks(whole.string, kernel: kernel)).map { FilePath($0) } ?? absolute(text)
    }

    /// Whether there is such a file or directory.
    func isThere(_ text: String) -> Bool { access(absolute(text).string, F_OK) == 0 }

    /// The path of something to be made: its directory without symbolic links.
    func resolvedParent(_ text: String) -> FilePath {
        let path = absolute(text)
        guard let name = path.lastComponent else { return path }
        return resolved(path.removingLastComponent().string).appending(name)
    }

    /// Keeps the store from being closed before the session ends: closing moves SQLite's log into the catalogue, with syncs of its
    /// own, though every change is durable in the log already. What stays there is moved when the log has grown.
    func keepOpen(_ store: Store) { stores.append(store) }

    /// Takes note of how a command of the user's own ended.
    func passOn(_ status: Int32) { passedOn = status == 0 ? nil : status }

    /// Remembers something that the user should know; it is told with the result, or with the error.
    func warn(_ warning: Warning) {
        if warned.insert(warning).inserted { warnings.append(warning) }
    }

    /// The warnings so far, which are thereby told.
    func takeWarnings() -> [Warning] {
        whileWaiting.takeFound().compactMap(Warning.init).forEach(warn)
        defer {
            warnings = []
            warned = []
        }
        return warnings
    }
}
