// loclone SOURCE DEST: the original tool's interface. The rule: DEST is replaced in one step and only after success; whatever fails,
// nothing stays frozen and nothing is lost.

internal import ArgumentParser
internal import CloneCore
internal import Glibc
internal import SystemPackage

@main
struct Loclone: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "loclone",
        abstract: "Clone a disk image, frozen if it is mounted.",
        discussion: """
            Makes DEST a copy-on-write clone of the image SOURCE (FICLONE), with the filesystem inside it frozen (FIFREEZE) if it is \
            mounted. An existing DEST is replaced without a question, in one step, and only when the clone is whole.

            EXAMPLES:
              loclone /srv/home.img /srv/home.img.bak
            """,
        version: losnapVersion)

    @Argument(help: ArgumentHelp("The image to clone.", valueName: "source"), completion: .file())
    var source: String

    @Argument(help: ArgumentHelp("The file to make or to replace, on the same filesystem.", valueName: "dest"), completion: .file())
    var destination: String

    /// The original's only failure status was 1; scripts may rely on it.
    static func main() {
        StandardStreams.fill()
        // A limit to the size of files (`ulimit -f`) is told, not died of.
        signal(SIGXFSZ, SIG_IGN)
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch let error as CloneError {
            // It has no options that a hint could name.
            complain("error: \(error.message)", hint: error.hint(offering: { _ in false }))
            Glibc.exit(1)
        } catch {
            if exitCode(for: error) == .success {
                print(fullMessage(for: error))
                Glibc.exit(0)
            }
            complain("error: \(message(for: error))", hint: "usage: loclone SOURCE DEST; loclone --help explains it")
            Glibc.exit(1)
        }
    }

    func run() throws {
        let places = RuntimePlaces.forUser(geteuid()) { name in getenv(name).map { String(cString: $0) } }
        for found in try thawLeftFrozen(places: places) { complain(found) }
        let replacement = try Replacement(source: source, destination: destination)
        for note in try replacement.make(places: places) { print(EscapedText.line(note)) }
    }
}

/// Says what was found left frozen.
func complain(_ found: LeftFrozen) {
    switch found {
    case .thawed(let mountPoint): complain("\(mountPoint): was left frozen by a killed process; thawed")
    case .stuck(let mountPoint, let error):
        complain("warning: \(mountPoint): left frozen by a killed process, and can't be thawed: \(error.message)", hint: error.hint)
    case .stale, .inUse: break
    }
}

/// Says something on stderr, as `loclone: ...`, on one line whatever a path in it holds.
func complain(_ text: String, hint: String? = nil) {
    for line in [text, hint.map { "hint: \($0)" }].compactMap(\.self) {
        _ = try? FileDescriptor.standardError.writeAll(Array("loclone: \(EscapedText.line(line))\n".utf8))
    }
}
