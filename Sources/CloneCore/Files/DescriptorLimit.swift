// How many descriptors there may be. The rule: raised only for the time of what opens one for each of many things, for a child that is started
// meanwhile would inherit it.

internal import CLinux

/// Runs the body with as many descriptors as the hard limit allows; the usual soft limit is 1024.
package func withMostDescriptors<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
    let former = clinux_descriptors_raise()
    defer { clinux_descriptors_restore(former) }
    return try body()
}
