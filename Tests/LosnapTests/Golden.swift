// Texts that are compared with files in Golden/. The rule: LOSNAP_REWRITE_GOLDEN=1 writes them anew, and the run fails then, so that
// nobody commits a changed text without having looked at it.

import Foundation
import SystemPackage
import Testing

/// Compares a text with the golden file of that name.
func expectGolden(_ text: String, _ name: String, sourceLocation: SourceLocation = #_sourceLocation) {
    let path = repository.appending("Tests/LosnapTests/Golden").appending(name).string
    if ProcessInfo.processInfo.environment["LOSNAP_REWRITE_GOLDEN"] == "1" {
        let isWritten = FileManager.default.createFile(atPath: path, contents: Data(text.utf8))
        Issue.record("\(name): \(isWritten ? "written anew" : "could not be written")", sourceLocation: sourceLocation)
        return
    }
    let expected = FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    #expect(text == expected, "\(name) differs from its golden file", sourceLocation: sourceLocation)
}

/// The root of the sources.
let repository = FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent()

/// A text file of the repository.
func sourceText(_ path: String) throws -> String {
    try String(contentsOfFile: repository.appending(path).string, encoding: .utf8)
}
