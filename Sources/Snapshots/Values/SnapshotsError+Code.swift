// The stable words of the module's errors for scripts, and the kinds that decide the exit status. Words are only ever added.

public import CloneCore

extension SnapshotsError {
    /// A short, stable word for scripts.
    public var code: String {
        switch self {
        case .invalidSourceName: "invalid_source_name"
        case .invalidLabel: "invalid_label"
        case .invalidTag: "invalid_tag"
        case .tooManyTags: "too_many_tags"
        case .invalidHoldReason: "invalid_hold_reason"
        case .invalidTime: "invalid_time"
        case .invalidPath: "invalid_path"
        case .unknownSource: "unknown_source"
        case .ambiguousSource: "ambiguous_source"
        case .sourceNameTaken: "source_name_taken"
        case .imageMoved: "image_moved"
        case .imageOwnerChanged: "image_owner_changed"
        case .imageTaken: "image_taken"
        case .sourceHasSnapshots: "source_has_snapshots"
        case .invalidReference: "invalid_reference"
        case .unknownSnapshot: "unknown_snapshot"
        case .wrongState: "wrong_state"
        case .recordChanged: "record_changed"
        case .snapshotTaken: "snapshot_taken"
        case .numbersExhausted: "numbers_exhausted"
        case .invalidRecord: "invalid_record"
        case .newerRecord: "newer_record"
        case .recordTooLarge: "record_too_large"
        case .catalogueMissing: "catalogue_missing"
        case .catalogueLost: "catalogue_lost"
        case .notACatalogue: "not_a_catalogue"
        case .catalogueCorrupt: "catalogue_corrupt"
        case .catalogueNewer: "catalogue_newer"
        case .catalogueLocked: "catalogue_locked"
        case .catalogueExposed: "catalogue_exposed"
        case .catalogueFull: "catalogue_full"
        case .catalogueNotWritable: "catalogue_not_writable"
        case .catalogueInputOutput: "catalogue_io"
        case .catalogueFailed: "catalogue_failed"
        case .directoryExposed: "directory_exposed"
        case .poolNotIdentified: "pool_not_identified"
        case .directoryMissing: "directory_missing"
        case .directoryNotMarked: "directory_not_marked"
        case .directoryOfAnotherCatalogue: "directory_of_another_catalogue"
        case .directoryOfAnotherSource: "directory_of_another_source"
        case .directoryOfUnknownSource: "directory_of_unknown_source"
        case .sourceNotRecorded: "source_not_recorded"
        case .poolChanged: "pool_changed"
        case .notTheSnapshot: "not_the_snapshot"
        case .fileMissing: "file_missing"
        case .unavailable: "unavailable"
        case .timeInFuture: "time_in_future"
        case .clockBehind: "clock_behind"
        case .held: "held"
        case .holdWouldShorten: "hold_would_shorten"
        case .noRules: "no_rules"
        case .rulesMatchNothing: "rules_match_nothing"
        case .imageInUse: "image_in_use"
        case .imageHasLinks: "image_has_links"
        case .imageProtected: "image_protected"
        case .restoreElsewhere: "different_filesystem"
        case .fileExists: "file_exists"
        case .imageChanged: "image_changed"
        case .restoreUnfinished: "restore_unfinished"
        case .noNameFromImage: "no_name_from_image"
        case .catalogueInUse: "catalogue_in_use"
        case .catalogueAppeared: "catalogue_appeared"
        case .nothingToRebuild: "nothing_to_rebuild"
        case .severalCatalogues: "several_catalogues"
        case .clone(let error): error.code
        }
    }

    /// The kind of failure.
    public var category: ErrorCategory {
        switch self {
        case .invalidSourceName, .invalidLabel, .invalidTag, .tooManyTags, .invalidHoldReason, .invalidTime, .invalidPath, .ambiguousSource,
            .sourceNameTaken, .imageMoved, .imageTaken, .invalidReference, .recordTooLarge:
            .usage
        case .unknownSource, .unknownSnapshot, .catalogueMissing, .catalogueLost: .notFound
        case .recordChanged, .catalogueLocked, .catalogueAppeared: .busy
        case .invalidRecord, .newerRecord, .notACatalogue, .catalogueCorrupt, .catalogueNewer: .data
        case .catalogueExposed, .catalogueNotWritable: .permission
        case .catalogueFull: .full
        case .catalogueInputOutput: .io
        case .sourceHasSnapshots, .wrongState, .snapshotTaken, .numbersExhausted, .catalogueFailed: .failed
        case .directoryExposed, .imageProtected, .imageOwnerChanged: .permission
        case .poolNotIdentified, .directoryMissing, .directoryNotMarked, .poolChanged, .unavailable, .restoreElsewhere: .pool
        case .directoryOfAnotherCatalogue, .directoryOfAnotherSource, .directoryOfUnknownSource, .held, .holdWouldShorten,
            .imageHasLinks:
            .failed
        case .notTheSnapshot, .sourceNotRecorded: .data
        case .fileMissing: .notFound
        case .timeInFuture, .noRules, .rulesMatchNothing, .fileExists, .noNameFromImage: .usage
        case .clockBehind: .failed
        case .imageInUse, .imageChanged: .busy
        case .catalogueInUse, .restoreUnfinished: .failed
        case .nothingToRebuild: .notFound
        case .severalCatalogues: .usage
        case .clone(let error): error.category
        }
    }
}
