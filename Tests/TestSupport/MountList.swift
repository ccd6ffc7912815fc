// What is mounted on the machine, as the kernel lists it. The rule: by a program, for Foundation reads only the first page of such a file.

/// The text of /proc/self/mountinfo.
package func mountInfo() throws -> String { try Command.run("cat", ["/proc/self/mountinfo"]) }
