// The details of errors in words, to follow a colon in a message.

extension TextProblem {
    var words: String {
        switch self {
        case .empty: "it is empty"
        case .blank: "it has no visible character"
        case .tooLong(let limit): "it is longer than \(limit) bytes"
        case .controlCharacter: "it has a control character in it"
        case .character(let character): "it has '\(String(character).shown)' in it"
        case .start: "it starts with a dot or a dash"
        case .looksLikeReference: "it reads like another way to name a snapshot"
        case .notUTF8: "it is not valid UTF-8"
        }
    }
}

extension PathProblem {
    var words: String {
        switch self {
        case .notAbsolute: "the path is not absolute"
        case .notUTF8: "the path is not valid UTF-8"
        case .tooLong: "the path is too long"
        case .climbs: "the path has '..' in it"
        }
    }
}

extension ReferenceProblem {
    var words: String {
        switch self {
        case .noSelector: "there is neither a number nor an '@'"
        case .noSource: "there is no source before the '@'"
        case .nothingSelected: "there is nothing after the '@'"
        case .number: "there is no such number"
        case .count: "after '~' there must be a number"
        case .incompleteDate: "a date needs year, month and day"
        case .noSuchTime: "there is no such time"
        case .age: "the age is not understood"
        }
    }

    var hint: String {
        switch self {
        case .noSelector: "write 42, home@latest, home@2026-11-22, home@2h or home@LABEL"
        case .noSource: "write the source before the '@', as in home@latest"
        case .nothingSelected: "write home@latest for the newest"
        case .number: "losnap list shows the numbers"
        case .count: "home@latest~2 is the third newest"
        case .incompleteDate, .noSuchTime: "write it as losnap list prints it: home@2026-11-22, home@2026-11-22T07:00"
        case .age: "write an age like 2h, 3d, 1w or 1y6mo; minutes are min, months mo"
        }
    }
}

extension SnapshotState {
    var words: String {
        switch self {
        case .pending: "still being made"
        case .complete: "complete"
        case .deleting: "being removed"
        }
    }
}

extension RecordProblem {
    var words: String {
        switch self {
        case .absent: "there is none"
        case .tooLarge(let bytes): "it is too large (\(bytes) bytes)"
        case .notJSON: "it is not JSON"
        case .missing(let field): "'\(field.shown)' is missing"
        case .invalid(let field): "'\(field.shown)' has a value that it can't have"
        }
    }
}

extension CatalogueProblem {
    var words: String {
        switch self {
        case .notAFile: "this is not a regular file, so it can't be the catalogue"
        case .empty: "the file is empty, so it can't be the catalogue"
        case .notSQLite: "this is not an SQLite database, so it can't be the catalogue"
        case .foreign: "this is another program's database, not a catalogue of losnap"
        case .logAlone: "the catalogue is gone, and its log lies there alone, so no new one can be made"
        }
    }
}

extension OwnershipProblem {
    var words: String {
        switch self {
        case .owner(let user, let expected): "it belongs to user \(user), not to user \(expected) who runs losnap"
        case .writable: "others may write it, and so decide what losnap does"
        case .unreadable: "it may not be read by this user"
        }
    }

    var hint: String {
        switch self {
        case .owner: "run losnap as its owner, or name another catalogue with --catalogue FILE"
        case .writable: "take the right away with chmod go-w, or name a catalogue in a directory of your own with --catalogue FILE"
        case .unreadable: "run losnap as its owner, or name a catalogue of your own with --catalogue FILE"
        }
    }
}

extension WriteProblem {
    var words: String {
        switch self {
        case .readOnlyFilesystem: "its filesystem is read-only"
        case .notPermitted: "permission denied"
        case .openedForReading: "it was opened for reading only"
        }
    }

    var hint: String {
        switch self {
        case .readOnlyFilesystem: "mount it writable, or name another catalogue with --catalogue FILE"
        case .notPermitted: "run losnap as the owner of the directory, or name another catalogue with --catalogue FILE"
        case .openedForReading: "this is a fault in losnap: please report it"
        }
    }
}

extension SnapshotCandidate {
    /// `42 (home, 2026-11-22 07:00:12, before-upgrade)`
    public var words: String {
        let end = label.map { ", \($0.text.shown)" } ?? ""
        return "\(number) (\(sourceName), \(takenAt)\(end))"
    }
}
