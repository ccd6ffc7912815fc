// What failed and why, in words: lower case, the path first, no full stop, and nothing in it that a terminal would obey.

import CloneCore
import SystemPackage

extension SnapshotsError {
    /// What failed, and why.
    public var message: String {
        switch self {
        case .invalidSourceName(let text, let problem): "'\(text.shown)' can't be the name of a source: \(problem.words)"
        case .invalidLabel(let text, let problem): "'\(text.shown)' can't be a label: \(problem.words)"
        case .invalidTag(let text, let problem): "'\(text.shown)' can't be a tag: \(problem.words)"
        case .tooManyTags(let count, let limit): "a snapshot can have \(limit) tags, not \(count)"
        case .invalidHoldReason(let text, let problem): "'\(text.shown)' can't be the reason of a hold: \(problem.words)"
        case .invalidTime(let text, .notUnderstood): "'\(text.shown)' is not understood as a time"
        case .invalidTime(let text, .noSuchTime): "there is no such time as '\(text.shown)'"
        case .invalidPath(let path, let problem): "\(path.string.shown): \(problem.words)"
        case .unknownSource(let reference, _): "no source is called '\(reference.shown)'"
        case .ambiguousSource(let reference, let candidates):
            "\(candidates.count) removed sources were called '\(reference.shown)': \(candidates.map(\.description).joined(separator: ", "))"
        case .sourceNameTaken(let name, let image): "the name '\(name)' belongs to the source with the image \(image.string.shown)"
        case .imageMoved(let name, let old, let new):
            "\(new.string.shown): it seems to be the image of the source '\(name)', which is not at \(old.string.shown) any more"
        case .imageOwnerChanged(let name, let path, let user, let before):
            "\(path.string.shown): the file belongs to user \(user), but the image of \(name) belonged to user \(before) at the last snapshot"
        case .imageTaken(let path, let name): "\(path.string.shown): this image is the source '\(name)' already"
        case .sourceHasSnapshots(let name, let count): "the source '\(name)' has \(Self.counted(count, "snapshot"))"
        case .invalidReference(let text, let problem): "'\(text.shown)' names no snapshot: \(problem.words)"
        case .unknownSnapshot(let reference, _): "no snapshot matches '\(reference.shown)'"
        case .wrongState(let number, let state): "snapshot \(number) is \(state.words)"
        case .recordChanged(let number): "the record of snapshot \(number) was changed by another process in the meantime"
        case .snapshotTaken(let id, let number?): "the snapshot \(id) is in the catalogue already, as number \(number)"
        case .snapshotTaken(let id, nil): "the snapshot \(id), or its file name, is in the catalogue already"
        case .numbersExhausted: "the catalogue has no more snapshot numbers"
        case .invalidRecord(let problem): "the record of the snapshot file can't be used: \(problem.words)"
        case .newerRecord(let format, let known): "the record has format \(format), and this losnap knows \(known)"
        case .recordTooLarge(let bytes, let limit): "the record would be \(bytes) bytes long, and may have \(limit)"
        case .catalogueMissing(let path): "\(path.string.shown): there is no catalogue"
        case .catalogueLost(let path): "\(path.string.shown): the catalogue is gone, though its reserve is there"
        case .notACatalogue(let path, let problem): "\(path.string.shown): \(problem.words)"
        case .catalogueCorrupt(let path, let detail): "\(path.string.shown): the catalogue is damaged: \(detail.shown)"
        case .catalogueNewer(let path, let version, let known):
            "\(path.string.shown): the catalogue was made by a newer losnap (schema \(version), this one knows \(known))"
        case .catalogueLocked(let path): "\(path.string.shown): another process is using the catalogue"
        case .catalogueExposed(let path, let problem): "\(path.string.shown): \(problem.words)"
        case .catalogueFull(let path): "\(path.string.shown): the disk with the catalogue is full"
        case .catalogueNotWritable(let path, let problem): "\(path.string.shown): the catalogue can't be written: \(problem.words)"
        case .catalogueInputOutput(let path, let detail): "\(path.string.shown): the disk failed under the catalogue: \(detail.shown)"
        case .catalogueFailed(let path, let detail): "\(path.string.shown): the catalogue can't be used: \(detail.shown)"
        case .directoryExposed(let path, let exposure, _): "\(path.string.shown): \(exposure.words)"
        case .poolNotIdentified(let path): "\(path.string.shown): the filesystem there is not the pool of these snapshots"
        case .directoryMissing(let path, _): "\(path.string.shown): the snapshot directory is not there"
        case .directoryNotMarked(let path):
            "\(path.string.shown): the directory has no mark of this source, so it is not known to be the one with its snapshots"
        case .directoryOfAnotherCatalogue(let path): "\(path.string.shown): the directory belongs to another catalogue"
        case .directoryOfAnotherSource(let path): "\(path.string.shown): the directory belongs to another source"
        case .directoryOfUnknownSource(let path): "\(path.string.shown): the directory belongs to a source that the catalogue does not know"
        case .sourceNotRecorded(let path): "\(path.string.shown): no snapshot in the directory tells of its source"
        case .poolChanged(let name, let path): "\(path.string.shown): the source '\(name)' was on another filesystem before"
        case .notTheSnapshot(let path, let id): "\(path.string.shown): the file is not the snapshot \(id)"
        case .fileMissing(let number, let path): "\(path.string.shown): the file of snapshot \(number) is missing"
        case .unavailable(let number, let path): "\(path.string.shown): the pool with snapshot \(number) is not there"
        case .timeInFuture(let instant): "\(instant.description) is in the future"
        case .clockBehind(let now, let newest, let number):
            "the clock says \(now.description), but snapshot \(number) was taken at \(newest.description)"
        case .held(let number, let reason?): "snapshot \(number) is held: \(reason.shown)"
        case .held(let number, nil): "snapshot \(number) is held"
        case .holdWouldShorten(let number, let old, let new):
            "snapshot \(number) is on hold \(old.words), and a hold \(new.words) would end earlier"
        case .noRules(let name): "there are no rules for the source '\(name)'"
        case .rulesMatchNothing(let name, let removals):
            "the rules match no snapshot of '\(name)': all but the newest would go (\(Self.counted(removals, "snapshot")))"
        case .imageInUse(let path, let user): "\(path.string.shown): the image is in use by \(user.shown)"
        case .imageHasLinks(let path, let count):
            "\(path.string.shown): the image has \(count) names, and the others would keep the old one"
        case .imageProtected(let path): "\(path.string.shown): the image has the immutable or append-only flag"
        case .restoreElsewhere(let snapshot, let target, _):
            "\(target.string.shown): it is on another filesystem than the snapshot \(snapshot.string.shown)"
        case .fileExists(let path): "\(path.string.shown): there is a file already, and it is not overwritten"
        case .imageChanged(let path): "\(path.string.shown): another file came there while it was being replaced; nothing was changed"
        case .restoreUnfinished(let path, let file, let hidden, let other, let problem):
            "\(path.string.shown): the restore was cut off: \(problem.shown); the name leads to \(file.words) now, and \(hidden.string.shown) to \(other.words)"
        case .noNameFromImage(let path, let problem): "\(path.string.shown): no name for the source can be made from it: \(problem)"
        case .catalogueInUse(let path): "\(path.string.shown): the catalogue is in good order"
        case .catalogueAppeared(let path): "\(path.string.shown): another process made a catalogue there in the meantime"
        case .nothingToRebuild: "there is no snapshot directory in or beneath what was named"
        case .severalCatalogues(let ids): "the directories belong to \(ids.count) catalogues"
        case .clone(let error): error.message
        }
    }

    private static func counted(_ count: Int, _ noun: String) -> String { count == 1 ? "1 \(noun)" : "\(count) \(noun)s" }
}

extension Hold {
    /// How long it lasts, and why.
    fileprivate var words: String {
        (until.map { "until \($0.description)" } ?? "with no end") + (reason.map { " (\($0.shown))" } ?? "")
    }
}
