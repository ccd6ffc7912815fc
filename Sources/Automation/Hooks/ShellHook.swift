// A hook as a process. The rules: it starts in `/`, with stdin from nowhere and its output on losnap's stderr, without any other descriptor but
// that of the program which is run by it, with
// no signal blocked or ignored, and in a session of its own; losnap waits for the shell, not for what it leaves in the background; at the
// timeout the whole session's group is asked to end, and a few seconds later made to.

import CloneCore
import Configuration
import Glibc
import SystemPackage

/// A hook that runs.
struct ShellHook {
    /// Between asking and making it end.
    static let graceSeconds = 5

    private let call: HookCall
    private let process: pid_t

    /// Starts it.
    init(starting call: HookCall) throws(HookProblem) {
        self.call = call
        // Where it is ignored, the kernel forgets at once how a child ended.
        signal(SIGCHLD, SIG_DFL)
        // A losnap that was started without stderr has none to pass on.
        let output: CInt? = Self.canBeWritten(2) ? 2 : nil
        switch call.command {
        case .shell(let line):
            if let problem = HookTrust.problem(call.command) { throw problem }
            do throws(Errno) {
                process = try startShell(line, environment: call.environment, output: output)
            } catch {
                throw .notStarted(error)
            }
        case .program(let words):
            let program = try HookTrust.program(words)
            do throws(Errno) {
                process = try startProgram(
                    program, arguments: words, environment: call.environment + ["LOSNAP_HOOK_PROGRAM=\(words[0])"], output: output)
            } catch {
                throw .programNotStarted(path: words[0], error)
            }
        }
    }

    /// Waits for its end, and brings that about if need be: at the timeout, and `before` also when losnap is to end.
    func finish() -> HookProblem? {
        let end = monotonicMilliseconds() + Int64(call.seconds) * 1000
        while true {
            // The shell is not reaped yet, so that its number can't be another process's when it is ended.
            if hasEnded(within: min(100, end - monotonicMilliseconds())) { return reap() }
            if call.moment == .before, let signal = DeferredSignals.waiting {
                endGroup()
                return .interrupted(signal: signal)
            }
            if monotonicMilliseconds() >= end {
                endGroup()
                return .timedOut(seconds: call.seconds)
            }
        }
    }

    // MARK: Start

    /// Whether the descriptor is open for writing.
    private static func canBeWritten(_ descriptor: Int32) -> Bool {
        let flags = fcntl(descriptor, F_GETFL)
        return flags != -1 && flags & O_ACCMODE != O_RDONLY
    }

    // MARK: End

    /// Waits for the shell's end, so many milliseconds.
    private func hasEnded(within milliseconds: Int64) -> Bool {
        if let descriptor = childDescriptor(process) {
            defer { close(descriptor) }
            var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            // Also returns early for a signal; whoever asks asks again.
            return Glibc.poll(&poll, 1, Int32(max(0, milliseconds))) == 1
        }
        usleep(UInt32(max(0, min(milliseconds, 10))) * 1000)
        var information = siginfo_t()
        return waitid(P_PID, id_t(process), &information, WEXITED | WNOHANG | WNOWAIT) == 0 && information.si_signo == SIGCHLD
    }

    /// How it ended.
    private func reap() -> HookProblem? {
        var status: Int32 = 0
        while waitpid(process, &status, 0) != process {
            if errno != EINTR { return .lost }
        }
        let signal = status & 0x7f
        if signal != 0 { return .killed(signal: signal) }
        let code = (status >> 8) & 0xff
        return code == 0 ? nil : .exited(code)
    }

    /// Asks the group to end, and after a few seconds makes it. A process that not even that ends at once is left to the kernel.
    private func endGroup() {
        kill(-process, SIGTERM)
        let end = monotonicMilliseconds() + Int64(Self.graceSeconds) * 1000
        var isReaped = false
        while monotonicMilliseconds() < end {
            if !isReaped, hasEnded(within: 50) {
                _ = reap()
                isReaped = true
            }
            guard isReaped else { continue }
            // The group keeps its number while anybody is in it.
            if kill(-process, 0) != 0 { return }
            usleep(20_000)
        }
        kill(-process, SIGKILL)
        if !isReaped, hasEnded(within: 2000) { _ = reap() }
    }
}

extension HookCall {
    /// Its variables as a process gets them.
    fileprivate var environment: [String] { variables.map { "\($0.key)=\($0.value)" }.sorted() }
}

private func monotonicMilliseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
}
