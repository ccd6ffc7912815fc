// The way to a file, name by name, for those who open it step by step.

package import SystemPackage

extension FilePath {
    /// The names on the way from the root, without `.`, and with each `..` and the name before it taken away by the words alone: what links
    /// would make of it does not matter to who follows none. For absolute paths.
    package var parts: [String] {
        var parts: [String] = []
        for part in string.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(String(part)) }
        }
        return parts
    }
}
