// The limit to the size of files that a process may have been given (`ulimit -f`). The rule: it is asked only when something has failed, for
// SQLite and FICLONE tell of it as something else.

internal import CLinux

/// Whether this process may not make a file as large as that, in bytes.
package func isOverFileSizeLimit(_ size: UInt64) -> Bool { size > clinux_file_size_limit() }
