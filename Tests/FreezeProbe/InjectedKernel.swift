// The real kernel, with faults at chosen calls. The rule: what is not to fail is the real call. A stall makes the file
// `at-CALL-N` in the runtime directory, so that a test knows the phase without the probe printing while frozen.

internal import CloneCore
internal import Glibc
internal import SystemPackage

/// What happens before and after each call of one kind.
private struct Injection: Sendable {
    let faults: [Fault]
    let markers: String

    func before(_ call: String) throws(Errno) -> [Fault] {
        let due = faults.filter { $0.call == call && $0.isDue() }
        for fault in due {
            switch fault.effect {
            case .stall(let seconds): pause(fault, seconds)
            case .signal(let number): kill(getpid(), number)
            case .fail(let errno): throw errno
            case .stallAfter: break
            }
        }
        return due
    }

    func after(_ due: [Fault]) {
        for fault in due {
            if case .stallAfter(let seconds) = fault.effect { pause(fault, seconds) }
        }
    }

    private func pause(_ fault: Fault, _ seconds: Double) {
        close(open("\(markers)/at-\(fault.call)-\(fault.number)", O_CREAT | O_WRONLY | O_CLOEXEC, 0o600))
        stall(seconds: seconds)
    }
}

/// The real kernel with these faults.
func injected(_ faults: [Fault], markers: String) -> Kernel {
    let injection = Injection(faults: faults, markers: markers)
    let real = Kernel.linux
    var kernel = real
    func wrap(_ name: String, _ call: @escaping @Sendable (CInt) throws(Errno) -> Void) -> @Sendable (CInt) throws(Errno) -> Void {
        { (fd) throws(Errno) in
            let due = try injection.before(name)
            try call(fd)
            injection.after(due)
        }
    }
    kernel.freeze = wrap("freeze", real.freeze)
    kernel.thaw = wrap("thaw", real.thaw)
    kernel.syncFilesystem = wrap("syncFilesystem", real.syncFilesystem)
    kernel.synchronize = wrap("synchronize", real.synchronize)
    kernel.cloneRange = { (destination, source, offset, length) throws(Errno) in
        let due = try injection.before("cloneRange")
        try real.cloneRange(destination, source, offset, length)
        injection.after(due)
    }
    kernel.clone = { (destination, source) throws(Errno) in
        let due = try injection.before("clone")
        try real.clone(destination, source)
        injection.after(due)
    }
    kernel.link = { (fd, directory, name) throws(Errno) in
        let due = try injection.before("link")
        try real.link(fd, directory, name)
        injection.after(due)
    }
    kernel.rename = { (from, name, to, newName, how) throws(Errno) in
        let due = try injection.before("rename")
        try real.rename(from, name, to, newName, how)
        injection.after(due)
    }
    return kernel
}
