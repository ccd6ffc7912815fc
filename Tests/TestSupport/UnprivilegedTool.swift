// Runs a tool as user and group 65534, with no other groups and no privileges. A checkout or a toolchain may lie where
// only its owner may look (root's home, for one): then a copy of the tool, with those of its libraries that are hidden,
// is run from the test's directory.

package import Glibc
import SystemPackage

extension TestScope {
    /// The user and group id of `nobody`.
    package static let nobody: uid_t = 65534

    /// The same tool, run by `nobody`.
    package func asNobody(_ tool: Tool) throws -> Tool {
        // A static program has no libraries: ldd fails, and prints none.
        let listing = try Command.outcome("ldd", [tool.executable.string]).stdout
        let hidden = listing.split(separator: "\n").compactMap { line in
            line.split(whereSeparator: \.isWhitespace).first { $0.hasPrefix("/") }.map { FilePath(String($0)) }
        }.filter { !isOpenToAll($0) }

        var result = tool
        if !hidden.isEmpty || !isOpenToAll(tool.executable) {
            let copies = try freshDirectory("public-copy")
            try Command.run("cp", ["--"] + hidden.map(\.string) + [tool.executable.string, copies.string])
            try Command.run("chmod", ["-R", "a+rX", "--", copies.string])
            result = Tool(executable: copies.appending(tool.executable.lastComponent?.string ?? ""))
            result.environment = tool.environment
            result.environment["LD_LIBRARY_PATH"] = copies.string
        }
        // Else a losnap of theirs would make one in /tmp, and leave it.
        if result.environment["LOSNAP_RUNTIME_DIR"] == nil {
            let runtime = try freshDirectory("nobody-run", mode: 0o700)
            chown(runtime.string, Self.nobody, Self.nobody)
            result.environment["LOSNAP_RUNTIME_DIR"] = runtime.string
        }
        result.wrapper = ["setpriv", "--reuid=\(Self.nobody)", "--regid=\(Self.nobody)", "--clear-groups", "--"]
        return result
    }

    private func isOpenToAll(_ path: FilePath) -> Bool {
        var current = path
        while !current.isEmpty {
            var status = stat()
            guard stat(current.string, &status) == 0 else { return false }
            let isDirectory = status.st_mode & S_IFMT == S_IFDIR
            let needed: mode_t = isDirectory ? S_IXOTH : S_IROTH
            if status.st_mode & needed == 0 { return false }
            if !current.removeLastComponent() { break }
        }
        return true
    }
}
