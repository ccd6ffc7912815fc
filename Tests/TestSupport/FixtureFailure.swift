// How failures of the fixtures themselves are told: thrown when a step can't be done, reported when the test goes on.

package import Testing

/// A fixture could not be made or taken down: the test says nothing about losnap.
package struct FixtureError: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}

/// Where failures go that are found outside the test's own flow: a clean-up, a deadline. An issue of the test, unless
/// a test of the fixtures wants to see them.
package struct FailureReport: Sendable {
    package let failed: @Sendable (String, SourceLocation) -> Void

    package init(_ failed: @escaping @Sendable (String, SourceLocation) -> Void) { self.failed = failed }

    package static let issue = FailureReport { Issue.record("\($0)", sourceLocation: $1) }
}
