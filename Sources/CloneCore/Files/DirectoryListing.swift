// The names in a directory: by its path of /proc, /sys, and our own places, else by a descriptor. The rule: what can't be read is empty; who must
// know the difference reads a `DirectoryStream`.

internal import SystemPackage

/// The plain names in a directory, as far as it can be read; none when it can't be or is not there.
package func listDirectory(_ path: String) -> [String] {
    guard var directory = try? DirectoryStream(path) else { return [] }
    var names: [String] = []
    while let entry = try? directory.next() { names.append(entry.name) }
    return names
}

/// The same of a directory that is open.
package func listDirectory(_ directory: OpenFile, kernel: Kernel) -> [String] {
    // A descriptor of its own, for the position in a directory is shared by duplicates; the stream closes it.
    guard let own = try? kernel.open(directory.descriptor, ".", [.directory], 0) else { return [] }
    guard var stream = try? DirectoryStream(taking: own) else {
        kernel.close(own)
        return []
    }
    var names: [String] = []
    while let entry = try? stream.next() { names.append(entry.name) }
    return names
}
