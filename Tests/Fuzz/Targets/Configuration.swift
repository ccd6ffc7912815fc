// Whole configurations. What is understood keeps to its ranges; what is not is told with its place.

internal import Configuration
internal import Policy
internal import SystemPackage

extension Target {
    static let configuration = Target(
        name: "configuration",
        tokens: [
            "policies:", "sources:", "defaults:", "check:", "keep:", "inherits:", "timezone:", "scope:", "image:", "policy:", "every:",
            "before:", "after:",
            "failed:", "timeout:", "group:", "if-changed:", "pool-warning:", "85%", "max-freeze:", "max-age:", "missed-warning:",
            "snapshot-directory:", "immutable:", "&a", "*a", "<<:",
            "? ", "- ", "!!str", "!!binary", "--- ", "...", "%YAML 1.1", "'", "\"", "|\n  ", ">-\n  ", "{", "}", "[", "]", "~", "1h",
            "07:30", "Europe/London",
            "/srv/*.img", "hourly: 24", "daily: all", "within: 7d", "\n  ", "\n    ", ": ", "# ",
        ]
    ) { input in
        // What is not UTF-8 is refused before, with its place.
        let read: LosnapConfiguration
        do throws(ConfigurationError) {
            read = try LosnapConfiguration(parsing: text(input), path: "/f")
        } catch {
            try checkWords(error)
            guard case .invalid(_, let problems) = error, !problems.isEmpty else { throw Fault("nothing is told to be wrong") }
            for problem in problems {
                try expect(problem.position.line >= 1 && problem.position.column >= 1 && !problem.message.isEmpty, "no place: \(problem)")
            }
            return false
        }
        for policy in read.policies { try checkName(policy.name) }
        for source in read.sources {
            try checkName(source.name)
            switch source.image {
            case .one(let path), .glob(directory: let path, _): try expect(path.isAbsolute, "an image that is not absolute")
            }
            for case .program(let words)? in [source.before, source.after, source.failed] {
                try expect(words.first?.hasPrefix("/") == true, "a hook without a program")
            }
            try expect(source.maxFreeze.map { (10...600_000).contains($0.milliseconds) } ?? true, "a freeze out of range")
            try expect(source.maxPrepare.map { (1...86400).contains($0.seconds) } ?? true, "a preparation out of range")
            try expect(source.policy.map { read.policy($0)?.keep.isEmpty == false } ?? true, "a policy that keeps nothing")
            try expect(source.ifChanged.map { $0.bytes > 0 && $0.bytes <= 1 << 60 } ?? true, "a size out of range")
        }
        return !read.sources.isEmpty || !read.policies.isEmpty
    }

    private static func checkName(_ name: String) throws(Fault) {
        try expect((1...64).contains(name.utf8.count) && !name.contains("/") && !name.hasPrefix("."), "no name: \(name)")
    }
}
