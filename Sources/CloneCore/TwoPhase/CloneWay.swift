// The three ways to clone a frozen image. The words are those of the command line, of the record and of JSON.

/// How the blocks of a frozen image come to be shared.
public enum CloneWay: String, Sendable, Hashable, CaseIterable {
    /// All of it while frozen.
    case plain
    /// Most of it before; while frozen the extent maps of image and clone are compared, and what differs is cloned again.
    case maps
    /// Most of it before; while frozen only what the loop devices were seen to write since is cloned again.
    case tracked
}

/// Choices that only tests make otherwise.
package struct TwoPhaseTuning: Sendable {
    /// Up to so many extents the plain way is as short.
    package var plainAtMost = 1000
    /// The size of each ring buffer, a power of two; nil: by the number of processors.
    package var ringBytes: Int?
    /// Whether the rings are emptied all the time, or only when somebody asks.
    package var drainsInBackground = true
    /// How often recording may begin anew after records were lost.
    package var restarts = 3
    /// A reason to pretend for which writes can't be tracked.
    package var refusal: TrackingRefusal?
    /// Whether what was tracked is held against the maps.
    package var checksTracking: Bool
    /// Called while frozen, when all clones are made.
    package var whileFrozen: (@Sendable () -> Void)?
    /// Called after phase 1, with nothing frozen.
    package var betweenPhases: (@Sendable () -> Void)?

    package init() {
        #if DEBUG
            checksTracking = true
        #else
            checksTracking = false
        #endif
    }
}
