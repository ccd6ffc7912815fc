// The names in a directory, by its path: of /proc, /sys, and our own places. The rule: what can't be read is empty; who must know the
// difference reads a `DirectoryStream`.

/// The plain names in a directory, as far as it can be read; none when it can't be or is not there.
package func listDirectory(_ path: String) -> [String] {
    guard var directory = try? DirectoryStream(path) else { return [] }
    var names: [String] = []
    while let entry = try? directory.next() { names.append(entry.name) }
    return names
}
