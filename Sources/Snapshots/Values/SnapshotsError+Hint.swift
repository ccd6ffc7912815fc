// What to do about each error. The rule: nil only where nobody can do anything.

import SystemPackage
import CloneCore

extension SnapshotsError {
    /// What to do about it.
    public var hint: String? { hint { _ in true } }

    /// What to do about it, for a command that has the options for which `has` says so.
    public func hint(offering has: (String) -> Bool) -> String? {
        switch self {
        case .invalidSourceName: "names have letters, digits, '.', '_' and '-'; losnap source add NAME IMAGE gives one"
        case .invalidLabel(_, .looksLikeReference): "it reads like a number, a time, an age, latest or oldest; put a word before it"
        case .invalidLabel: "a label has up to \(Label.limit) bytes, without control characters and '@'"
        case .invalidTag: "a tag has up to \(Tag.limit) bytes, without control characters and commas"
        case .tooManyTags: "remove some with losnap tag SNAPSHOT --remove TAG"
        case .invalidHoldReason: "a reason has up to \(Hold.reasonLimit) bytes, without control characters"
        case .invalidTime: "write it like 2026-11-23T07:00:00Z or 2026-11-23T08:00:00+01:00"
        case .invalidPath: "give the full path of the image, with a name in UTF-8"
        case .unknownSource(_, let nearest):
            nearest.isEmpty
                ? "losnap source list shows all sources; a path is written with a slash, as ./home.img"
                : "did you mean \(Self.alternatives(nearest.map { $0.shown }))?"
        case .ambiguousSource: "name a snapshot by its number; losnap list shows them"
        case .sourceNameTaken: "choose another name; losnap source add NAME IMAGE gives one to an image"
        case .imageMoved(let name, _, let new):
            "if it was moved: losnap source move \(name) --image \(Self.word(new)); if it is another one: losnap source add NAME \(Self.word(new))"
        case .imageOwnerChanged(let name, let path, _, _):
            "if it is the image all the same: losnap source move \(name) --image \(path.string.shellWord.shown)"
        case .imageTaken(_, let name): "use that name, or change it: losnap source rename \(name) NAME"
        case .sourceHasSnapshots(let name, _):
            "delete them first, or keep them listed with losnap source remove \(name) --keep-snapshots"
        case .invalidReference(_, let problem): problem.hint
        case .unknownSnapshot(_, let nearest):
            nearest.isEmpty ? "losnap list shows all snapshots" : "the nearest: \(nearest.map(\.words).joined(separator: ", "))"
        case .wrongState(_, .pending): "if no other losnap is running, the next changing command or losnap repair clears it up"
        case .wrongState(_, .deleting): "the next changing command or losnap repair goes on with the removal"
        case .wrongState(_, .complete): "another process may have finished it: look again with losnap show"
        case .recordChanged: "try again"
        case .snapshotTaken: "losnap list shows it"
        case .numbersExhausted: "begin another catalogue with --catalogue FILE; this one and its snapshots stay as they are"
        case .invalidRecord: "the file is left alone; losnap repair --adopt FILE --source NAME takes it in as a clone made by hand"
        case .newerRecord: "use the losnap that wrote it, or a later one"
        case .recordTooLarge: "use fewer or shorter tags and a shorter label or reason"
        case .catalogueMissing:
            "losnap create makes one, --catalogue FILE names another; losnap repair --rebuild DIRECTORY brings a lost one back"
        case .catalogueLost(let path):
            "losnap repair --rebuild DIRECTORY makes it anew from the snapshots in or beneath DIRECTORY, such as that of the images; "
                + "to begin with an empty one, remove \(CatalogueReserve(besides: path).path.string.shellWord.shown)"
        case .notACatalogue(_, .notAFile): "name the right file with --catalogue FILE, or move away what is there"
        case .notACatalogue(_, .empty):
            "move the empty file away; losnap repair --rebuild DIRECTORY makes a new catalogue from the snapshots themselves"
        case .notACatalogue(let path, .logAlone):
            "losnap repair --rebuild DIRECTORY brings it back from the snapshots; to begin anew, move \((path.string + "-wal").shellWord.shown) away"
        case .notACatalogue:
            "name the right file with --catalogue FILE; losnap repair --rebuild DIRECTORY makes a new one from the snapshots themselves"
        case .catalogueCorrupt: "losnap repair --rebuild DIRECTORY makes a new catalogue from the snapshots themselves"
        case .catalogueNewer: "use the losnap that made it, or a later one"
        case .catalogueLocked: "try again when it is done" + (has("--wait") ? ", or wait with --wait" : "")
        case .catalogueExposed(_, let problem): problem.hint
        case .catalogueFull: "free some space; losnap prune and losnap delete use a reserve that is kept for this"
        case .catalogueNotWritable(_, let problem): problem.hint
        case .catalogueInputOutput: "look into the kernel's log (dmesg); copy the catalogue to a sound disk"
        case .catalogueFailed: "try again; if it stays so, move the catalogue away, and losnap repair --rebuild DIRECTORY makes a new one"
        case .directoryExposed(_, _, let source):
            "let only the one who runs losnap write it, or choose another: \(source?.command ?? "losnap source move NAME --directory DIR")"
        case .poolNotIdentified: "mount the right filesystem there; after a move for good: losnap source move"
        case .directoryMissing(_, let name): "mount what belongs there; if it was deleted: losnap repair --forget \(name)"
        case .directoryNotMarked:
            "mount what belongs there; if nothing does, move this directory away, and losnap repair says how to go on"
        case .directoryOfAnotherCatalogue:
            "name that catalogue with --catalogue, or, if it is lost, move this one away and make one anew with losnap repair --rebuild DIRECTORY; or choose another directory"
        case .directoryOfAnotherSource: "choose another one: losnap source move NAME --directory DIR"
        case .directoryOfUnknownSource(let path):
            "take the source in again, with its snapshots: losnap repair \(path.string.shellWord.shown); a catalogue that is older than it has forgotten it"
        case .sourceNotRecorded:
            "move the directory away, and losnap create makes a new one; losnap repair --adopt FILE --source NAME takes in what is a clone"
        case .poolChanged(let name, _): "if that is meant: losnap source move \(name) --image IMAGE; the old snapshots stay listed"
        case .notTheSnapshot: "the file was left alone; look at it, and see losnap repair --dry-run"
        case .fileMissing: "if it is gone for good: losnap repair --forget strikes it off"
        case .unavailable:
            "nothing is lost: mount its pool there; if it is mounted elsewhere for good, losnap source move, then losnap repair"
        case .timeInFuture: "give a time that is past, and check the clock with date"
        case .clockBehind: "set the clock right (date, chronyc tracking)" + (has("--time") ? ", or give a time with --time" : "")
        case .held(let number, _): "release it first: losnap release \(number)"
        case .holdWouldShorten(let number, _, let new):
            "if that is meant: losnap hold \(number)" + (new.until.map { " --until \($0.description)" } ?? "")
                + (new.reason.map { " --reason \($0.shellWord.shown)" } ?? "") + " --replace"
        case .noRules: "say what to keep, as losnap prune --keep-daily 7 --keep-weekly 4"
        case .rulesMatchNothing:
            "check the rules" + (has("--force") && has("--dry-run") ? " with --dry-run; if that is really meant: --force" : "")
        case .imageInUse(_, let user):
            (user.hasPrefix("/") ? "unmount it first: umount \(user.shellWord)" : "stop what uses it first") + Self.beside(has)
        case .imageHasLinks: "remove the other names first" + Self.beside(has)
        case .imageProtected: "clear the flag with chattr -i -a" + Self.beside(has)
        case .restoreElsewhere(let snapshot, let target, let replaces):
            "an image shares blocks with its snapshot: restore it to a path on the snapshot's filesystem"
                + (replaces
                    ? (has("--to") ? " with --to PATH" : "")
                    : "; a full copy: cp --sparse=always \(Self.word(snapshot)) \(Self.word(target))")
        case .fileExists: "choose another path, or move the file away"
        case .imageChanged: "see who else replaces it, and try again"
        case .restoreUnfinished(let path, .restored, let hidden, .previous, _):
            "both are whole: to go back, mv \(hidden.string.shellWord.shown) \(path.string.shellWord.shown); else remove the hidden one"
        case .restoreUnfinished: "look at both; nothing was removed"
        case .noNameFromImage(let path, _): "losnap source add NAME \(path.string.shellWord.shown)"
        case .catalogueInUse: "losnap repair mends what can be mended; to rebuild all the same, move the catalogue away first"
        case .catalogueAppeared: "look at it with losnap list; to rebuild all the same, move it away first"
        case .nothingToRebuild: "name the directories with the snapshots, as /srv/images/.losnap"
        case .severalCatalogues: "name the snapshot directories of one catalogue only"
        case .clone(let error): error.hint(offering: has)
        }
    }

    /// The end of a hint, where an image could be restored to another path.
    private static func beside(_ has: (String) -> Bool) -> String { has("--to") ? "; or restore beside it with --to PATH" : "" }

    /// A path as a word that can be typed.
    private static func word(_ path: FilePath) -> String { path.string.shellWord.shown }

    private static func alternatives(_ names: [String]) -> String {
        guard names.count > 1, let last = names.last else { return names.first ?? "" }
        return names.dropLast().joined(separator: ", ") + " or " + last
    }
}

/// Of a source, what its next command has to name.
public struct ExposedSource: Sendable, Hashable {
    let name: SourceName
    let image: FilePath
    /// Whether the catalogue knows it; else it was to be registered with its first snapshot.
    let isRegistered: Bool

    /// The command that gives it another directory, which the user has to name.
    var command: String {
        isRegistered
            ? "losnap source move \(name) --directory DIR" : "losnap source add \(name) \(image.string.shellWord.shown) --directory DIR"
    }
}
