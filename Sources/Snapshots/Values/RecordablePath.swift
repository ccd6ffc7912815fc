// Which paths can be recorded: absolute ones in UTF-8, since the record is JSON, and without `..`, since what lies above a name may change.

package import SystemPackage

extension FilePath {
    /// Why the path can't be recorded; nil when it can.
    package var problem: PathProblem? {
        if !isAbsolute { return .notAbsolute }
        // The kernel's PATH_MAX counts the NUL at the end.
        if length >= 4096 { return .tooLong }
        guard let text = String(validating: self) else { return .notUTF8 }
        // Not by `components`: this is asked for each row of a list.
        return text.utf8.split(separator: UInt8(ascii: "/")).contains { $0.elementsEqual("..".utf8) } ? .climbs : nil
    }
}

extension FilePath {
    /// The path that a row or a record holds; nil when it can't have been recorded.
    init?(recorded text: String) {
        guard !text.utf8.contains(0) else { return nil }
        self.init(text)
        if problem != nil { return nil }
    }
}
