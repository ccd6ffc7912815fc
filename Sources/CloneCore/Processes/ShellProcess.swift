// Starting the shell, or a program that was judged, with nothing inherited by accident.

internal import CLinux
internal import Glibc
package import SystemPackage

/// Starts `/bin/sh -c command` in `/`, in a session of its own, with that environment, its output on `output` (nil: nowhere) and no other
/// descriptor. Its number; whoever starts it waits for it.
package func startShell(_ command: String, environment: [String], output: CInt?) throws(Errno) -> CInt {
    var variables = environment.map { strdup($0) } + [nil]
    defer { for text in variables { free(text) } }
    let process = clinux_spawn_shell(command, &variables, output ?? -1)
    if process < 0 { throw Errno(rawValue: -process) }
    return process
}

/// Starts a program in the same way, by its descriptor, which it keeps. The first of the arguments is its name.
package func startProgram(
    _ program: TrustedProgram, arguments: [String], environment: [String], output: CInt?
) throws(Errno) -> CInt {
    var words = arguments.map { strdup($0) } + [nil]
    var variables = environment.map { strdup($0) } + [nil]
    defer { for text in words + variables { free(text) } }
    let process = clinux_spawn_program(program.file.descriptor, &words, &variables, output ?? -1)
    if process < 0 { throw Errno(rawValue: -process) }
    return process
}

/// A descriptor that is readable when the child has ended; nil if there can't be one.
package func childDescriptor(_ process: CInt) -> CInt? {
    let descriptor = clinux_pidfd_open(process)
    return descriptor >= 0 ? descriptor : nil
}
