// Restoring as values.

public import SystemPackage

/// Where a restored image goes.
public enum RestoreTarget: Sendable, Hashable {
    /// Back in the place of the source's image, which is replaced.
    case inPlace
    /// To a new file, which must not be there yet.
    case newFile(FilePath)
}

/// What a restore is going to do: what `--dry-run` shows.
public struct RestorePlan: Sendable {
    /// What is restored.
    public var snapshot: ListedSnapshot
    /// The file that will be made or replaced.
    public var path: FilePath
    /// Whether there is an image there now, to be replaced.
    public var replaces: Bool
    /// Whether a safety snapshot of the present state is taken first.
    public var takesSafetySnapshot: Bool
}

/// What a restore did.
public struct RestoreReport: Sendable {
    /// What was planned and done.
    public var plan: RestorePlan
    /// The snapshot of the state before; nil when there was none to take.
    public var safety: ListedSnapshot?
    /// What the user should know.
    public var warnings: [StoreWarning]
}
