// What exactly is wrong with a piece of data: the details that errors carry, so that the sentence about them is made in one place.

/// What is wrong with a text that was meant as a time.
public enum TimeProblem: Sendable, Hashable {
    /// It does not have the form of a time.
    case notUnderstood
    /// It has the form, but there is no such day or hour.
    case noSuchTime
}

/// What is wrong with a path.
public enum PathProblem: Sendable, Hashable {
    /// It does not start with `/`.
    case notAbsolute
    /// It is not valid UTF-8, and so can't stand in JSON.
    case notUTF8
    /// It is longer than the kernel takes.
    case tooLong
    /// It has `..` in it.
    case climbs
}

/// What is wrong with a text that was meant as a reference to a snapshot.
public enum ReferenceProblem: Sendable, Hashable {
    /// There is neither a number nor an `@`.
    case noSelector
    /// There is nothing before the `@`.
    case noSource
    /// There is nothing after the `@`.
    case nothingSelected
    /// The number is out of range.
    case number
    /// What follows `latest` or `oldest` is not understood.
    case count
    /// A time without a whole date.
    case incompleteDate
    /// There is no such day or hour.
    case noSuchTime
    /// The age is not understood.
    case age
}

/// What is wrong with a record.
public enum RecordProblem: Sendable, Hashable {
    /// There is none.
    case absent
    /// It is larger than a record may be.
    case tooLarge(bytes: Int)
    /// It is not JSON, or no JSON object.
    case notJSON
    /// A field is missing.
    case missing(field: String)
    /// A field has the wrong type, or a value that it may not have.
    case invalid(field: String)
}

/// What is wrong with a file that was meant as a catalogue.
public enum CatalogueProblem: Sendable, Hashable {
    /// It is not a regular file.
    case notAFile
    /// It is empty.
    case empty
    /// It is not an SQLite database.
    case notSQLite
    /// It is another program's database.
    case foreign
    /// It is gone, but its log is there: SQLite would read that into a new one.
    case logAlone
}

/// Why a file or directory can't be trusted.
public enum OwnershipProblem: Sendable, Hashable {
    /// It belongs to this user, not to the one who runs losnap.
    case owner(user: UInt32, expected: UInt32)
    /// Its group or everybody may write it.
    case writable(mode: UInt32)
    /// It may not even be looked at.
    case unreadable
}

/// Why the catalogue can't be written.
public enum WriteProblem: Sendable, Hashable {
    /// Its filesystem is mounted read-only.
    case readOnlyFilesystem
    /// Its directory or the file itself may not be written.
    case notPermitted
    /// It was opened for reading.
    case openedForReading
}
