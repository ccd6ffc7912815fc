// The way to a file, name by name, for those who open it step by step.

internal import Glibc
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

/// The path as an absolute one, from the working directory.
///
/// - Throws: `noSuchFile` for a relative path in a directory that has been removed.
func absolutePath(_ path: String) throws(CloneError) -> String {
    if path.hasPrefix("/") { return path }
    guard let directory = getcwd(nil, 0) else { throw .noSuchFile(path: path) }
    defer { free(directory) }
    return String(cString: directory) + "/" + path
}
