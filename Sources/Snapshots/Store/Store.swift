// The one door to everything that remembers: a catalogue, the kernel beneath it, and the operations as verbs (in `Operations/`). The rule: a
// verb either does what it says and returns what it did, or throws one error; nothing is printed, and the clock is read through the kernel.

public import Policy
public import CloneCore
public import SystemPackage

/// What a store is opened with.
public struct StoreOptions: Sendable {
    /// Where the catalogue is, an absolute path.
    public var catalogue: FilePath
    /// Where locks and freeze records lie.
    public var places: RuntimePlaces
    /// Whether to wait for another losnap at work.
    public var waitsForLocks: Bool
    /// How long such a wait may last, in nanoseconds; nil: until the other has finished.
    public var longestWaitNanoseconds: UInt64?
    /// Is told about once a second what is waited for, and who holds it.
    public var waiting: (@Sendable (_ what: String, _ holder: LockOwner?) -> Void)?
    /// Is told what was found frozen and left behind by dead processes after the first look, and what became of it.
    public var thawed: (@Sendable (LeftFrozen) -> Void)?
    /// The command as it was typed, for the log.
    public var command: String
    /// Descriptors that the program writes to, by name: none may lie on what is to be frozen.
    public var outputs: [ProgramOutput]
    /// What was found left frozen, if the caller has looked for it already; nil: opening a store looks.
    public var leftFrozen: [LeftFrozen]?
    /// Who is told how far long work has come; nil: nobody.
    public var progress: ProgressWatcher?
    /// The kernel, or a test's.
    public var kernel: Kernel
    /// What locating reads of the system, or a test's.
    public var view: SystemView

    /// Those options.
    public init(
        catalogue: FilePath, places: RuntimePlaces, waitsForLocks: Bool = false, longestWaitNanoseconds: UInt64? = nil, command: String,
        outputs: [ProgramOutput] = [], leftFrozen: [LeftFrozen]? = nil, progress: ProgressWatcher? = nil, kernel: Kernel = .linux,
        view: SystemView = .linux
    ) {
        self.catalogue = catalogue
        self.places = places
        self.waitsForLocks = waitsForLocks
        self.longestWaitNanoseconds = longestWaitNanoseconds
        self.command = command
        self.outputs = outputs
        self.leftFrozen = leftFrozen
        self.progress = progress
        self.kernel = kernel
        self.view = view
    }
}

extension StoreOptions {
    /// How to wait for a lock. What dead processes leave frozen meanwhile is thawed, for they may be whom the lock's holder waits for.
    package var wait: LockWait {
        LockWait(waits: waitsForLocks, atMost: longestWaitNanoseconds) { [waiting, thawed, places, view, kernel] what, holder in
            waiting?(what, holder)
            let found = try? thawLeftFrozen(places: places, waitingForOthers: false, view: view, kernel: kernel)
            for item in found ?? [] { thawed?(item) }
        }
    }
}

/// A descriptor that the program writes to.
public struct ProgramOutput: Sendable, Hashable {
    /// What it is called: "stdout".
    public var name: String
    /// Its number.
    public var descriptor: CInt

    /// That output.
    public init(name: String, descriptor: CInt) {
        self.name = name
        self.descriptor = descriptor
    }
}

/// An open store.
public final class Store: Sendable {
    /// The catalogue.
    public let catalogue: Catalogue
    /// What it was opened with.
    public let options: StoreOptions
    /// What was found frozen and left behind, and what became of it: looked for before anything else.
    public let leftFrozen: [LeftFrozen]
    /// What opening did that somebody should know: the reserve beside the catalogue is gone.
    let openingWarnings: [StoreWarning]
    private let whenFull: CatalogueWhenFull

    package var kernel: Kernel { options.kernel }

    /// Opens the catalogue, after thawing what a killed losnap left frozen, unless the options say that this was looked after.
    public init(
        _ options: StoreOptions, mode: CatalogueMode, whenFull: CatalogueWhenFull = .refuse
    ) throws(SnapshotsError) {
        self.options = options
        self.whenFull = whenFull
        leftFrozen = try beneath { () throws(CloneError) in
            if let found = options.leftFrozen { return found }
            return try thawLeftFrozen(places: options.places, view: options.view, kernel: options.kernel)
        }
        let busy = options.waitsForLocks ? options.longestWaitNanoseconds.map { max(5, Double($0) / 1e9) } ?? 3600 : 5.0
        let now = Instant(clamping: options.kernel.realTime())
        let reserve = CatalogueReserve(besides: options.catalogue)
        let hadReserve = whenFull == .useReserve && reserve.isThere
        catalogue = try Catalogue.open(path: options.catalogue, mode: mode, now: now, busyTimeout: busy, whenFull: whenFull)
        openingWarnings = hadReserve && !reserve.isThere ? [.reserveGivenUp(path: reserve.path.string)] : []
        guard mode != .reading else { return }
        if whenFull == .refuse { reserve.restoreIfPossible() }
        for case .thawed(let mountPoint) in leftFrozen {
            // It is thawed, and the caller is told; a full disk must not keep the command from its work.
            try? catalogue.append(Event(Occasion(at: now, kind: .thawed, reason: mountPoint, command: options.command)))
        }
    }

    /// Does a change of the catalogue; if its disk turns out full, once more without the reserve, where that was allowed.
    func relieving<Result>(
        _ warnings: inout [StoreWarning], _ body: () throws(SnapshotsError) -> Result
    ) throws(SnapshotsError) -> Result {
        do throws(SnapshotsError) {
            return try body()
        } catch .catalogueFull(let path) where whenFull == .useReserve {
            let reserve = CatalogueReserve(besides: options.catalogue)
            guard reserve.giveUp() else { throw .catalogueFull(path: path) }
            warnings.append(.reserveGivenUp(path: reserve.path.string))
            return try body()
        }
    }

    /// The time now.
    public var now: Instant { Instant(clamping: kernel.realTime()) }

    /// An occasion of now, for the log.
    func occasion(_ kind: EventKind, _ reason: String? = nil) -> Occasion {
        Occasion(at: now, kind: kind, reason: reason, command: options.command)
    }
}

/// Runs something of CloneCore and wraps its error as this module's.
@inline(__always)
func beneath<Result>(_ body: () throws(CloneError) -> Result) throws(SnapshotsError) -> Result {
    do {
        return try body()
    } catch {
        throw .clone(error)
    }
}
