// Opening the catalogue. The rule: reading commands find an absent catalogue empty, changing ones find nothing in it, and only those that
// make something may make it, unless one was lost.

import Automation
import CloneCore
import Foundation
import Snapshots
import SystemPackage

extension Session {
    /// Opens the store in the way that the command wants.
    func open(_ arguments: CatalogueArguments, for purpose: Purpose, waits: Bool = false, atMost limit: UInt64? = nil) throws -> Store {
        try checkConfiguration(arguments.config)
        var options = StoreOptions(
            catalogue: try cataloguePath(arguments.catalogue), places: places, waitsForLocks: waits, longestWaitNanoseconds: limit,
            command: commandLine, outputs: [ProgramOutput(name: "stdout", descriptor: 1), ProgramOutput(name: "stderr", descriptor: 2)],
            leftFrozen: leftFrozen, progress: progress, kernel: kernel)
        watchWaits(&options, isBrief: limit != nil)
        prepareForLostCatalogue(options.catalogue)
        let store = try Store(options, mode: purpose.mode, whenFull: purpose == .freeing ? .useReserve : .refuse)
        keepOpen(store)
        return store
    }

    /// The same, or nil if there is no catalogue yet.
    func openIfThere(_ arguments: CatalogueArguments, for purpose: Purpose = .reading, waits: Bool = false) throws -> Store? {
        do {
            return try open(arguments, for: purpose, waits: waits)
        } catch SnapshotsError.catalogueMissing(let path) {
            // A name that somebody typed may be a slip of the pen; the usual place is just empty at first.
            if arguments.catalogue != nil { warn(.noCatalogue(path: path)) }
            return nil
        } catch SnapshotsError.catalogueLost(let path) {
            let lost = SnapshotsError.catalogueLost(path: path)
            warn(Warning(lost.code, lost.message, hint: lost.hint))
            return nil
        }
    }

    /// Options for `rebuildCatalogue`, which opens no store.
    func storeOptions(_ arguments: CatalogueArguments, waits: Bool) throws -> StoreOptions {
        try checkConfiguration(arguments.config)
        var options = StoreOptions(
            catalogue: try cataloguePath(arguments.catalogue), places: places, waitsForLocks: waits, command: commandLine,
            progress: progress, kernel: kernel)
        watchWaits(&options)
        return options
    }

    /// The snapshot that the text names.
    func find(_ text: String, in store: Store?, _ display: DisplayArguments) throws -> ListedSnapshot {
        let reference = try SnapshotReference(parsing: withResolvedPath(text))
        guard let store else { throw SnapshotsError.unknownSnapshot(reference: text, nearest: []) }
        return try store.find(reference, timeZone: zone(display))
    }

    /// A reference whose source is a path, with that path resolved.
    private func withResolvedPath(_ text: String) -> String {
        guard let division = text.lastIndex(of: "@"), text[..<division].contains("/") else { return text }
        return resolved(String(text[..<division])).string + text[division...]
    }

    /// The source that the text names.
    ///
    /// - Parameter configured: for a snapshot of it: then it may be new, and is called as it is here.
    func resolve(_ text: String, in store: Store?, registeringAs configured: ConfiguredSources? = nil) throws -> Source {
        let reference = try SourceReference(parsing: text.contains("/") ? resolved(text).string : text)
        guard let store else { throw SnapshotsError.unknownSource(reference: text, nearest: []) }
        do {
            return try configured?.source(reference, in: store) ?? store.find(reference)
        } catch {
            // A path without a slash is the commonest slip.
            guard case SnapshotsError.unknownSource(let name, let nearest) = error, nearest.isEmpty, !text.contains("/"), isThere(text)
            else { throw error }
            throw SnapshotsError.unknownSource(reference: name, nearest: ["./\(text)"])
        }
    }

    /// The zone that times are shown in.
    func zone(_ display: DisplayArguments) -> TimeZone {
        if display.utc { return .gmt }
        do {
            return try localZone.get().zone
        } catch {
            warn(.unknownTimeZone(error))
            return .gmt
        }
    }

    /// Where the catalogue is.
    func cataloguePath(_ named: String?) throws(FrontError) -> FilePath {
        if let named = named ?? variable("LOSNAP_CATALOGUE") {
            if named.isEmpty { throw .usage("--catalogue names no file", hint: "give a path, or leave the option out") }
            return absolute(named)
        }
        if userID == 0 { return "/var/lib/losnap/catalogue.sqlite" }
        // The XDG specification has relative paths ignored.
        if let state = variable("XDG_STATE_HOME"), state.hasPrefix("/") { return FilePath(state).appending("losnap/catalogue.sqlite") }
        guard let home = variable("HOME") else { throw .noHome }
        return absolute(home).appending(".local/state/losnap/catalogue.sqlite")
    }
}

/// What the catalogue is opened for.
enum Purpose {
    /// To look.
    case reading
    /// To change a record.
    case changing
    /// To take something in; the catalogue is made if need be.
    case making
    /// To free space; the reserve may be given up.
    case freeing

    fileprivate var mode: CatalogueMode {
        switch self {
        case .reading: .reading
        case .changing, .freeing: .writing
        case .making: .creating
        }
    }
}
