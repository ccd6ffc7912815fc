// A whole configuration, from its text. The rule: pure; either everything in the file is understood, or nothing of it is used.

public import SystemPackage

/// What a configuration says.
public struct LosnapConfiguration: Sendable, Hashable {
    /// The policies, in the order of the file.
    public let policies: [ConfiguredPolicy]
    /// The sources, in the order of the file.
    public let sources: [ConfiguredSource]
    /// From when on `check` complains.
    public let check: ConfiguredCheck

    /// One that says nothing.
    public static let empty = LosnapConfiguration(policies: [], sources: [], check: .usual)

    private init(policies: [ConfiguredPolicy], sources: [ConfiguredSource], check: ConfiguredCheck) {
        self.policies = policies
        self.sources = sources
        self.check = check
    }

    /// Reads the text of a file.
    ///
    /// - Throws: ``ConfigurationError/invalid(path:_:)`` with everything that is wrong.
    public init(parsing text: String, path: FilePath) throws(ConfigurationError) {
        let problems = ProblemList(file: path.string)
        let reader = ConfigurationReader(text, problems)
        self.init(policies: reader.policies, sources: reader.sources, check: reader.check)
        guard problems.problems.isEmpty else { throw .invalid(path: path, problems.sorted) }
    }

    /// The policy of that name.
    public func policy(_ name: String) -> ConfiguredPolicy? { policies.first { $0.name == name } }
}
