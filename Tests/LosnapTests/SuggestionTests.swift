// The name that was probably meant.

import Testing

@testable import losnap

@Suite struct SuggestionTests {
    @Test(
        arguments: [
            ("crate", "create"), ("lst", "list"), ("LIST", "list"), ("unmount", "umount"), ("realease", "release"), ("re", nil),
            ("rest", "restore"),
            ("xyz", nil), ("", nil), ("d", nil),
        ] as [(String, String?)]) func `the nearest`(word: String, name: String?)
    {
        let names = ["create", "list", "show", "prune", "restore", "release", "delete", "mount", "umount"]
        #expect(Suggestion.nearest(to: word, among: names) == name)
    }
}
