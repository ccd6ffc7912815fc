// The three standard streams of a child, and the spawn itself. The rule: processes that parallel tests start side by
// side do not hold each other's pipes open, nor keep busy what another test is about to unmount. So a child gets three
// descriptors and no other, whatever was opened without close-on-exec elsewhere.

import Foundation
import Glibc
import SystemPackage

final class ChildStreams {
    struct Pipe {
        let readEnd: Int32
        let writeEnd: Int32

        init() throws {
            var ends: [Int32] = [-1, -1]
            guard pipe(&ends) == 0 else { throw FixtureError("pipe: \(Errno(rawValue: errno))") }
            (readEnd, writeEnd) = (ends[0], ends[1])
        }
    }

    private typealias CloseFrom = @convention(c) (UnsafeMutablePointer<posix_spawn_file_actions_t>, Int32) -> Int32

    // Declared for _GNU_SOURCE only, which Swift's view of the C library lacks. glibc has it since 2.34.
    private static let closeAll: CloseFrom = {
        guard let symbol = dlsym(nil, "posix_spawn_file_actions_addclosefrom_np") else { fatalError("glibc is older than 2.34") }
        return unsafeBitCast(symbol, to: CloseFrom.self)
    }()

    let stdin: Int32
    let stdout: Pipe
    let stderr: Pipe

    /// Starts a process; its output is collected from then on.
    static func start(_ invocation: Invocation) throws -> (pid: pid_t, output: ChildOutput) {
        let streams = try ChildStreams(input: invocation.input)
        let pid = try streams.spawn(invocation)
        return (pid, ChildOutput(stdout: streams.stdout.readEnd, stderr: streams.stderr.readEnd))
    }

    /// Input comes from an unlinked file, not a pipe: no size deadlocks it, and a child that does not read it does no harm.
    private init(input: String) throws {
        stdin = input.isEmpty ? open("/dev/null", O_RDONLY | O_CLOEXEC) : try Self.unlinkedFile(holding: input)
        stdout = try Pipe()
        stderr = try Pipe()
    }

    deinit {
        close(stdin)
        close(stdout.writeEnd)
        close(stderr.writeEnd)
    }

    private func spawn(_ invocation: Invocation) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, stdin, 0)
        posix_spawn_file_actions_adddup2(&actions, stdout.writeEnd, 1)
        posix_spawn_file_actions_adddup2(&actions, stderr.writeEnd, 2)
        _ = Self.closeAll(&actions, 3)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        var all = sigset_t()
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        let arguments = Self.cStrings([invocation.executable.string] + invocation.arguments)
        let environment = Self.cStrings(invocation.environment.map { "\($0.key)=\($0.value)" })
        defer { for string in arguments + environment { free(string) } }
        var pid: pid_t = 0
        let error = posix_spawn(&pid, invocation.executable.string, &actions, &attributes, arguments, environment)
        guard error == 0 else {
            close(stdout.readEnd)
            close(stderr.readEnd)
            throw FixtureError("can't run \(invocation.executable): \(Errno(rawValue: error))")
        }
        return pid
    }

    private static func cStrings(_ strings: [String]) -> [UnsafeMutablePointer<CChar>?] { strings.map { strdup($0) } + [nil] }

    private static func unlinkedFile(holding text: String) throws -> Int32 {
        var template = Array("\(NSTemporaryDirectory())/losnap-test-input.XXXXXX".utf8CString)
        let file = mkstemp(&template)
        guard file >= 0 else { throw FixtureError("temporary file: \(Errno(rawValue: errno))") }
        unlink(template)
        let descriptor = FileDescriptor(rawValue: file)
        try descriptor.writeAll(text.utf8)
        try descriptor.seek(offset: 0, from: FileDescriptor.SeekOrigin.start)
        return file
    }
}
