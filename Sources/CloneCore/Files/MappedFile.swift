// When a disk fails under a file that is mapped into memory, the kernel sends SIGBUS, and nothing can be thrown. The rule: the process ends with
// words prepared before; what is frozen the guard thaws, as after any death of its parent.

internal import CLinux

/// The process's one answer to a mapped file that is lost.
public enum MappedFile {
    /// From here on a lost page writes the text to stderr and ends the process with the status.
    public static func whenLost(write text: String, exit status: Int32) { clinux_mapped_file_lost(text, status) }
}
