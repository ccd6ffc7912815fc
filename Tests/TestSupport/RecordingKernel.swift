// A kernel that notes every call, and can make one fail or let the power go at one. The rule: after a crash no call reaches the real
// kernel any more, so that clean-up code can't run either; only descriptors are still closed, as the end of a process does.

package import CloneCore
import Synchronization
package import SystemPackage

/// Wraps a kernel: records, fails, crashes.
package final class RecordingKernel: Sendable {
    /// One call.
    package struct Call: Sendable, CustomStringConvertible {
        /// The name of the closure in `Kernel`.
        package let name: String
        /// Its arguments, for people and for comparisons.
        package let arguments: String

        package var description: String { "\(name)(\(arguments))" }
    }

    /// What is to go wrong.
    package enum Fault: Sendable {
        case none
        /// The call of that index (from 0) fails with that errno.
        case failure(at: Int, Errno)
        /// At the call of that index the power goes.
        case crash(at: Int)
        /// Every call for which the closure has an errno fails with it.
        case matching(@Sendable (Call) -> Errno?)
    }

    /// What every call gets once the power is gone.
    package static let powerCut = Errno(rawValue: 131)

    private struct State {
        var calls: [Call] = []
        var hasCrashed = false
        var hasFailed = false
    }

    private let base: Kernel
    private let fault: Fault
    private let atCrash: @Sendable () -> Void
    private let state = Mutex(State())

    /// - Parameter atCrash: run once, when the power goes: to save what is on other disks at that moment.
    package init(_ base: Kernel = .linux, _ fault: Fault = .none, atCrash: @escaping @Sendable () -> Void = {}) {
        self.base = base
        self.fault = fault
        self.atCrash = atCrash
    }

    /// The calls until now, without those after a crash.
    package var calls: [Call] { state.withLock { $0.calls } }

    /// Whether the fault has struck.
    package var hasStruck: Bool { state.withLock { $0.hasCrashed || $0.hasFailed } }

    /// Notes a call, and says how it fails.
    private func admit(_ name: String, _ arguments: String) -> Errno? {
        let (failure, crashesNow) = state.withLock { state -> (Errno?, Bool) in
            if state.hasCrashed { return (Self.powerCut, false) }
            let call = Call(name: name, arguments: arguments)
            let index = state.calls.count
            state.calls.append(call)
            switch fault {
            case .none: return (nil, false)
            case .failure(let at, let errno):
                guard index == at else { return (nil, false) }
                state.hasFailed = true
                return (errno, false)
            case .crash(let at):
                guard index == at else { return (nil, false) }
                state.hasCrashed = true
                return (Self.powerCut, true)
            case .matching(let errno):
                let failure = errno(call)
                if failure != nil { state.hasFailed = true }
                return (failure, false)
            }
        }
        if crashesNow { atCrash() }
        return failure
    }

    private func run<Result>(_ name: String, _ arguments: String, _ body: () throws(Errno) -> Result) throws(Errno) -> Result {
        if let failure = admit(name, arguments) { throw failure }
        return try body()
    }

    /// The kernel to hand to the code under test. Freezing is not passed on: no test process freezes.
    package var kernel: Kernel {
        let base = base
        var kernel = base
        kernel.freeze = { (_) throws(Errno) in throw .notSupported }
        kernel.syncFilesystem = { (fd) throws(Errno) in
            try self.run("syncFilesystem", "") { () throws(Errno) in try base.syncFilesystem(fd) }
        }
        kernel.clone = { (to, from) throws(Errno) in try self.run("clone", "") { () throws(Errno) in try base.clone(to, from) } }
        kernel.cloneRange = { (to, from, offset, length) throws(Errno) in
            try self.run("cloneRange", "\(offset)+\(length)") { () throws(Errno) in try base.cloneRange(to, from, offset, length) }
        }
        kernel.readExtents = { (fd, buffer, start, limit, writeOut) throws(Errno) in
            try self.run("readExtents", "\(start)") { () throws(Errno) in try base.readExtents(fd, buffer, start, limit, writeOut) }
        }
        wrapNames(&kernel)
        wrapInodes(&kernel)
        wrapLocks(&kernel)
        return kernel
    }

    private func wrapNames(_ kernel: inout Kernel) {
        let base = base
        kernel.open = { (directory, name, flags, mode) throws(Errno) in
            try self.run("open", name) { () throws(Errno) in try base.open(directory, name, flags, mode) }
        }
        kernel.openNameless = { (directory, mode) throws(Errno) in
            try self.run("openNameless", "") { () throws(Errno) in try base.openNameless(directory, mode) }
        }
        kernel.link = { (fd, directory, name) throws(Errno) in
            try self.run("link", name) { () throws(Errno) in try base.link(fd, directory, name) }
        }
        kernel.unlink = { (directory, name) throws(Errno) in
            try self.run("unlink", name) { () throws(Errno) in try base.unlink(directory, name) }
        }
        kernel.removeDirectory = { (directory, name) throws(Errno) in
            try self.run("removeDirectory", name) { () throws(Errno) in try base.removeDirectory(directory, name) }
        }
        kernel.makeDirectory = { (directory, name, mode) throws(Errno) in
            try self.run("makeDirectory", name) { () throws(Errno) in try base.makeDirectory(directory, name, mode) }
        }
        kernel.rename = { (from, name, to, newName, how) throws(Errno) in
            try self.run("rename", "\(name) \(newName)") { () throws(Errno) in try base.rename(from, name, to, newName, how) }
        }
        kernel.status = { (fd) throws(Errno) in try self.run("status", "") { () throws(Errno) in try base.status(fd) } }
        kernel.statusOf = { (directory, name) throws(Errno) in
            try self.run("statusOf", name) { () throws(Errno) in try base.statusOf(directory, name) }
        }
    }

    private func wrapInodes(_ kernel: inout Kernel) {
        let base = base
        kernel.filesystemStatus = { (fd) throws(Errno) in
            try self.run("filesystemStatus", "") { () throws(Errno) in try base.filesystemStatus(fd) }
        }
        kernel.truncate = { (fd, size) throws(Errno) in
            try self.run("truncate", "\(size)") { () throws(Errno) in try base.truncate(fd, size) }
        }
        kernel.setMode = { (fd, mode) throws(Errno) in
            try self.run("setMode", String(mode, radix: 8)) { () throws(Errno) in try base.setMode(fd, mode) }
        }
        kernel.setOwner = { (fd, user, group) throws(Errno) in
            try self.run("setOwner", "\(user):\(group)") { () throws(Errno) in try base.setOwner(fd, user, group) }
        }
        kernel.getXattr = { (fd, name) throws(Errno) in try self.run("getXattr", name) { () throws(Errno) in try base.getXattr(fd, name) } }
        kernel.removeXattr = { (fd, name) throws(Errno) in
            try self.run("removeXattr", name) { () throws(Errno) in try base.removeXattr(fd, name) }
        }
        kernel.setXattr = { (fd, name, value) throws(Errno) in
            try self.run("setXattr", name) { () throws(Errno) in try base.setXattr(fd, name, value) }
        }
        kernel.listXattrs = { (fd) throws(Errno) in try self.run("listXattrs", "") { () throws(Errno) in try base.listXattrs(fd) } }
        kernel.inodeFlags = { (fd) throws(Errno) in try self.run("inodeFlags", "") { () throws(Errno) in try base.inodeFlags(fd) } }
        kernel.setInodeFlags = { (fd, flags) throws(Errno) in
            let word = flags.contains(.immutable) ? "immutable" : ""
            try self.run("setInodeFlags", word) { () throws(Errno) in try base.setInodeFlags(fd, flags) }
        }
        kernel.extentHints = { (fd) throws(Errno) in try self.run("extentHints", "") { () throws(Errno) in try base.extentHints(fd) } }
        kernel.setExtentHints = { (fd, hints) throws(Errno) in
            try self.run("setExtentHints", "") { () throws(Errno) in try base.setExtentHints(fd, hints) }
        }
        kernel.synchronize = { (fd) throws(Errno) in try self.run("synchronize", "") { () throws(Errno) in try base.synchronize(fd) } }
        kernel.synchronizeData = { (fd) throws(Errno) in
            try self.run("synchronizeData", "") { () throws(Errno) in try base.synchronizeData(fd) }
        }
    }

    private func wrapLocks(_ kernel: inout Kernel) {
        let base = base
        kernel.lock = { (fd, wait) throws(Errno) in try self.run("lock", "") { () throws(Errno) in try base.lock(fd, wait) } }
        kernel.takeLease = { (fd) throws(Errno) in try self.run("takeLease", "") { () throws(Errno) in try base.takeLease(fd) } }
        kernel.leaseHolds = { (fd) throws(Errno) in try self.run("leaseHolds", "") { () throws(Errno) in try base.leaseHolds(fd) } }
        kernel.dropLease = { (fd) throws(Errno) in try self.run("dropLease", "") { () throws(Errno) in try base.dropLease(fd) } }
        kernel.realTime = {
            // It can't fail, but the power can go here: these calls stand between the steps of the catalogue.
            _ = self.admit("realTime", "")
            return base.realTime()
        }
    }
}
