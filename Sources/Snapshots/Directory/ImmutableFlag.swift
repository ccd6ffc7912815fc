// The immutable flag (chattr +i): against slips of root's own hand. The rule: set last and made durable; whoever may not set it goes
// without it.

import CloneCore
import SystemPackage

/// Whether a flag could be set.
enum FlagOutcome: Sendable {
    case set, notPermitted, notSupported
}

extension Kernel {
    /// Sets the immutable flag on an open file and makes it durable.
    func makeImmutable(_ file: OpenFile) throws(SnapshotsError) -> FlagOutcome {
        do {
            let flags = try inodeFlags(file.descriptor)
            try setInodeFlags(file.descriptor, flags.union(.immutable))
        } catch .notPermitted, .permissionDenied {
            return .notPermitted
        } catch .inappropriateIOCTLForDevice, .notSupported {
            return .notSupported
        } catch {
            throw .clone(CloneError(error, .setFlags, file.path))
        }
        try beneath { () throws(CloneError) in
            try calling(.sync, file.path) { () throws(Errno) in try synchronize(file.descriptor) }
        }
        return .set
    }

    /// Clears it, if it is set. Returns whether it was.
    @discardableResult
    func clearImmutable(_ file: OpenFile) throws(SnapshotsError) -> Bool {
        do {
            let flags = try inodeFlags(file.descriptor)
            guard flags.contains(.immutable) else { return false }
            try setInodeFlags(file.descriptor, flags.subtracting(.immutable))
            return true
        } catch .inappropriateIOCTLForDevice, .notSupported {
            return false
        } catch {
            throw .clone(CloneError(error, .setFlags, file.path))
        }
    }
}
