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
        case .imageTaken: "image_taken"
        case .sourceHasSnapshots: "source_has_snapshots"
        case .invalidReference: "invalid_reference"
        case .unknownSnapshot: "unknown_snapshot"
        case .ambiguousSnapshot: "ambiguous_snapshot"
        case .wrongState: "wrong_state"
        case .recordChanged: "record_changed"
        case .snapshotTaken: "snapshot_taken"
        case .numbersExhausted: "numbers_exhausted"
        case .invalidRecord: "invalid_record"
        case .newerRecord: "newer_record"
        case .recordTooLarge: "record_too_large"
        case .catalogueMissing: "catalogue_missing"
        case .notACatalogue: "not_a_catalogue"
        case .catalogueCorrupt: "catalogue_corrupt"
        case .catalogueNewer: "catalogue_newer"
        case .catalogueLocked: "catalogue_locked"
        case .catalogueExposed: "catalogue_exposed"
        case .catalogueFull: "catalogue_full"
        case .catalogueNotWritable: "catalogue_not_writable"
        case .catalogueInputOutput: "catalogue_io"
        case .catalogueFailed: "catalogue_failed"
        case .clone(let error): error.code
        }
    }

    /// The kind of failure.
    public var category: ErrorCategory {
        switch self {
        case .invalidSourceName, .invalidLabel, .invalidTag, .tooManyTags, .invalidHoldReason, .invalidTime, .invalidPath, .ambiguousSource,
            .sourceNameTaken, .imageTaken, .invalidReference, .ambiguousSnapshot, .recordTooLarge:
            .usage
        case .unknownSource, .unknownSnapshot, .catalogueMissing: .notFound
        case .recordChanged, .catalogueLocked: .busy
        case .invalidRecord, .newerRecord, .notACatalogue, .catalogueCorrupt, .catalogueNewer: .data
        case .catalogueExposed, .catalogueNotWritable: .permission
        case .catalogueFull: .full
        case .catalogueInputOutput: .io
        case .sourceHasSnapshots, .wrongState, .snapshotTaken, .numbersExhausted, .catalogueFailed: .failed
        case .clone(let error): error.category
        }
    }
}
