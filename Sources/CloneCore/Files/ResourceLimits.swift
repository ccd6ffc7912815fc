// Limits that this process was given (getrlimit(2)). The rules: that of descriptors is raised only for the time of what opens one for each of many things,
// for a child that is started meanwhile would inherit it; that of a file's size is asked only when something has failed, for SQLite and FICLONE report it
// as something else.

internal import CLinux

/// Runs the body with as many descriptors as the hard limit allows; the usual soft limit is 1024.
package func withMostDescriptors<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
    let former = clinux_descriptors_raise()
    defer { clinux_descriptors_restore(former) }
    return try body()
}

/// Whether this process may not make a file as large as that, in bytes (`ulimit -f`).
package func isOverFileSizeLimit(_ size: UInt64) -> Bool { size > clinux_file_size_limit() }
