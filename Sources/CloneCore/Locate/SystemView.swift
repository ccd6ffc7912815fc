// What locating reads of the system.

/// The system's mounts and block devices, as closures.
public struct SystemView: Sendable {
    /// The running system.
    public static let linux = SystemView()
}
