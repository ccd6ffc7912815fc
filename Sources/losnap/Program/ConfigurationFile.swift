// The configuration, as far as this version knows it: it must be there if it is named, and may be empty. The rule: what can't be read yet is
// refused, never ignored.

import Glibc
import SystemPackage

extension Session {
    /// Looks at the configuration that is named, if one is.
    func checkConfiguration(_ named: String?) throws(FrontError) {
        guard let named = named ?? variable("LOSNAP_CONFIG") else { return }
        let path = absolute(named)
        guard try !ConfigurationFile.saysNothing(path) else { return }
        throw .configurationNotRead(path: path.string)
    }
}

enum ConfigurationFile {
    /// Whether the file holds blank lines, comments and document marks only.
    static func saysNothing(_ path: FilePath) throws(FrontError) -> Bool {
        let text: String
        do {
            let file = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec, .nonBlocking])
            text = try file.closeAfter {
                // A configuration that says nothing fits into this; one that is longer and does not is refused all the same.
                var bytes = [UInt8](repeating: 0, count: 1 << 20)
                let count = try bytes.withUnsafeMutableBytes { try file.read(into: $0) }
                return String(decoding: bytes[..<count], as: UTF8.self)
            }
        } catch let error as Errno {
            if error == .noSuchFileOrDirectory || error == .notDirectory { throw .configurationMissing(path: path.string) }
            throw .configurationUnreadable(path: path.string, error)
        } catch {
            throw .configurationUnreadable(path: path.string, .ioError)
        }
        return text.split(whereSeparator: \.isNewline).allSatisfy { line in
            let words = line.drop(while: \.isWhitespace)
            return words.isEmpty || words.hasPrefix("#") || words == "---" || words == "..."
        }
    }
}
