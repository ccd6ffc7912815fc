// Starts processes. A signal is sent only while holding the lock that reaping takes, so it never reaches another process with the same
// number.

import Foundation
import Glibc
import Synchronization

/// A step of the storm itself that failed: it says nothing about losnap.
struct StormError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// What an ended process left.
struct Ended: Sendable {
    /// The exit status, or the negative number of the signal.
    let status: Int
    let output: String

    var succeeded: Bool { status == 0 }
}

/// A file without a name, for the output of a process.
final class Output: Sendable {
    let descriptor: CInt

    init() throws {
        let directory = ProcessInfo.processInfo.environment["TMPDIR"] ?? "/var/tmp"
        descriptor = open(directory, O_RDWR | O_CLOEXEC | O_DIRECTORY | 0o20000000, 0o600)  // O_TMPFILE
        guard descriptor >= 0 else { throw StormError("temporary file in \(directory): errno \(errno)") }
    }

    deinit { close(descriptor) }

    var text: String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = pread(descriptor, &buffer, buffer.count, off_t(bytes.count))
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// Starts a program in a session of its own, with default signals, reading nothing.
func spawn(_ words: [String], environment: [String: String], out: CInt, err: CInt) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, out, 1)
    posix_spawn_file_actions_adddup2(&actions, err, 2)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    var all = sigset_t()
    sigemptyset(&none)
    sigfillset(&all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    let newSession: CInt = 0x80  // POSIX_SPAWN_SETSID
    posix_spawnattr_setflags(&attributes, Int16(newSession | CInt(POSIX_SPAWN_SETSIGMASK) | CInt(POSIX_SPAWN_SETSIGDEF)))
    let arguments = words.map { strdup($0) } + [nil]
    let variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for string in arguments + variables { free(string) } }
    var pid: pid_t = 0
    let error = posix_spawnp(&pid, words[0], &actions, &attributes, arguments, variables)
    guard error == 0 else { throw StormError("can't run \(words[0]): errno \(error)") }
    return pid
}

/// The exit status, or the negative number of the signal.
func status(ofWait code: CInt) -> Int { code & 0x7f == 0 ? Int((code >> 8) & 0xff) : -Int(code & 0x7f) }

private let plainEnvironment: [String: String] = {
    var variables = ["PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/nonexistent"]
    // Tests/run finds what was left behind by it.
    variables["TMPDIR"] = ProcessInfo.processInfo.environment["TMPDIR"]
    return variables
}()

/// Runs a program of the system to its end; one that is still running after the limit is killed and has status -9.
@discardableResult
func system(_ words: String..., within seconds: Double = 120) -> Ended { system(words, within: seconds) }

func system(_ words: [String], within seconds: Double = 120) -> Ended {
    do {
        let output = try Output()
        let pid = try spawn(words, environment: plainEnvironment, out: output.descriptor, err: output.descriptor)
        let end = now() + seconds
        var code: CInt = 0
        var wasKilled = false
        while waitpid(pid, &code, WNOHANG) != pid {
            if now() > end, !wasKilled {
                kill(pid, SIGKILL)
                wasKilled = true
            }
            // What waits for a frozen filesystem does not die: whoever waits for it must not wait for ever.
            if now() > end + 10 { return Ended(status: -9, output: output.text) }
            usleep(3000)
        }
        return Ended(status: status(ofWait: code), output: output.text)
    } catch {
        return Ended(status: 127, output: "\(error)")
    }
}

/// A program that has to succeed.
func need(_ words: String..., within seconds: Double = 120) throws {
    let ended = system(words, within: seconds)
    guard ended.succeeded else { throw StormError("\(words.joined(separator: " ")): \(ended.status) \(ended.output)") }
}
