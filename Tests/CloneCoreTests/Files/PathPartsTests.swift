// The way to a file, name by name.

import CloneCore
import SystemPackage
import Testing

@Suite("Parts of a path")
struct PathPartsTests {
    @Test(
        "what stands for nothing is left out, and a step up takes one away, but not the root",
        arguments: [
            ("/", []), ("//srv/./images/", ["srv", "images"]), ("/srv/../var/a b", ["var", "a b"]), ("/../..", []), ("/a/b/../../c", ["c"]),
            ("/.losnap/..data/...", [".losnap", "..data", "..."]),
        ] as [(String, [String])])
    func parts(path: String, parts: [String]) {
        #expect(FilePath(path).parts == parts)
        #expect(FilePath(path).lexicallyNormalized().components.map(\.string) == parts)
    }
}
