// The names in a directory, by its path: of /proc, /sys, and our own places. The rule: what can't be read is empty; who must know the
// difference opens the directory.

internal import Glibc

/// The plain names in a directory; none when it can't be read or is not there.
package func listDirectory(_ path: String) -> [String] {
    guard let directory = opendir(path) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
            pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name != ".", name != ".." { names.append(name) }
    }
    return names
}
