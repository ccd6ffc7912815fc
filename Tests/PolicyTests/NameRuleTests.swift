// Labels, tags, and the patterns for labels.

import Policy
import Testing

@Suite struct NameRuleTests {
    @Test func labelsAreKeptByPattern() throws {
        var scene = try Scene((1...4).map { "2026-01-0\($0)T00:00:00Z" }) { $0.labels = ["before-*", "x"] }
        scene.candidates[0].label = "before-upgrade"
        scene.candidates[1].label = "after-upgrade"
        scene.candidates[2].label = "x"
        #expect(scene.kept(by: .label) == [1, 3])
        #expect(scene.staying == [1, 3, 4])
    }

    @Test func noLabelMatchesNoPattern() throws {
        #expect(try Scene(["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"]) { $0.labels = ["*"] }.kept(by: .label) == [])
    }

    @Test func oneOfTheTagsIsEnough() throws {
        var scene = try Scene((1...4).map { "2026-01-0\($0)T00:00:00Z" }) { $0.tags = ["a", "b*"] }
        scene.candidates[0].tags = ["z", "a"]
        scene.candidates[1].tags = ["bc"]
        scene.candidates[2].tags = ["b*"]
        #expect(scene.kept(by: .tag) == [1, 3])
        #expect(scene.reasons(1) == ["tag"])
    }

    @Test func nameRulesTakeNoPlaces() throws {
        var scene = try Scene((1...3).map { "2026-01-0\($0)T00:00:00Z" }) {
            $0.tags = ["a"]
            $0.last = .count(2)
        }
        scene.candidates[0].tags = ["a"]
        #expect(scene.staying == [1, 2, 3])
    }

    @Test(arguments: [
        ("", ""), ("*", ""), ("*", "abc"), ("a*c", "ac"), ("a*c", "abcbc"), ("*b*", "abc"), ("**a", "ba"), ("?", "x"), ("?", "é"),
        ("?", "e\u{301}"), ("é", "e\u{301}"), ("[abc]", "b"), ("[a-c]x", "bx"), ("[!a-c]", "d"), ("[^a]", "b"), ("[]]", "]"),
        ("[a]]", "a]"), ("[a-]", "-"), ("[", "["), ("a[b", "a[b"), ("\\*", "*"), ("a\\", "a\\"), ("[\\]]", "]"), ("a*a*a*b", "aaaaaaab"),
    ])
    func globMatches(pattern: String, text: String) {
        #expect(Glob(pattern).matches(text))
    }

    @Test(arguments: [
        ("", "a"), ("a", ""), ("a", "A"), ("a*c", "acb"), ("?", ""), ("?", "ab"), ("[abc]", "d"), ("[!a-c]", "b"), ("[z-a]", "m"),
        ("\\*", "x"), ("a*a*a*b", "aaaaaaaa"), ("[]", "]"), ("*.", "a"), ("[a-c]", "-"),
    ])
    func globDoesNotMatch(pattern: String, text: String) {
        #expect(!Glob(pattern).matches(text))
    }
}
