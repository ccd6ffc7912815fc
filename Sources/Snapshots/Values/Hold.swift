// The user's flag that forbids removal. The rule: a hold without an end lasts until it is released; one with an end counts as released from
// that instant on, though it stays recorded.

public import Policy

/// A hold on a snapshot.
public struct Hold: Hashable, Sendable {
    /// The longest a reason may be, in bytes.
    public static let reasonLimit = 255

    /// Why, in the user's words.
    public let reason: String?
    /// From when on it no longer counts; nil for never.
    public let until: Instant?

    /// A hold for that reason until then.
    ///
    /// - Throws: ``SnapshotsError/invalidHoldReason(text:problem:)``
    public init(reason: String? = nil, until: Instant? = nil) throws(SnapshotsError) {
        if let reason, let problem = reason.textProblem(limit: Self.reasonLimit) {
            throw .invalidHoldReason(text: reason, problem: problem)
        }
        self.reason = reason
        self.until = until
    }

    /// Whether it ends before the other one does.
    public func endsBefore(_ other: Hold) -> Bool {
        guard let until else { return false }
        return other.until.map { until < $0 } ?? true
    }

    /// Whether it forbids removal at that instant.
    public func counts(at now: Instant) -> Bool {
        guard let until else { return true }
        return now < until
    }
}
