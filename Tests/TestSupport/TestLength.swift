// How long a test may take: whether it is to try every place or a sample. The rule: the switch is read here alone; `Tests/run --long` sets it.

internal import Glibc

/// The length of a run of the tests.
public enum TestLength {
    /// Whether all is tried that can be (`LOSNAP_TEST_LONG` is set), or a sample.
    public static var isLong: Bool { getenv("LOSNAP_TEST_LONG") != nil }
}
