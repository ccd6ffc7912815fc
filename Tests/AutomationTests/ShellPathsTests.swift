// Which paths a line for the shell shows. The rule of these tests: what `sh` would run or write is among them.

import Testing

@testable import Automation

@Suite("Paths in a line for the shell")
struct ShellPathsTests {
    @Test(
        "words, however they are written",
        arguments: [
            ("/a/b", ["/a/b"]), ("sh -e /a/x.sh", ["/a/x.sh"]), ("true && exec /a/b; /c|/d&/e", ["/a/b", "/c", "/d", "/e"]),
            ("(/a){ /b; }", ["/a", "/b"]), ("a=$(/b c) `/d`", ["/b", "/d"]), ("echo x>>/a/b 2>/dev/null </c", ["/a/b", "/dev/null", "/c"]),
            ("'/a b/c'", ["/a b/c"]), ("\"/a b/c\"", ["/a b/c"]), (#"/a\ b/\c"#, ["/a b/c"]), (#"/a"/b"'/c d'"#, ["/a/b/c d"]),
            (#""/a\b""#, [#"/a\b"#]), (#""/a\"b""#, [#"/a"b"#]), ("/a/\\\nb", ["/a/b"]), ("/a\n/b", ["/a", "/b"]), ("#/a\n# /b", ["/b"]),
            ("a/b ./c ../d e//f", []), ("", []), ("'", []), ("\\", []), ("'/a", ["/a"]),
        ])
    func words(line: String, paths: [String]) {
        // A quoted text with blanks may be a line of its own, so more may follow.
        let found = ShellPaths.paths(in: line)
        #expect(Array(found.prefix(paths.count)) == paths && found.isEmpty == paths.isEmpty, "\(found)")
    }

    @Test(
        "what a word holds besides a path",
        arguments: [
            ("S=/a/x.sh; . $S", ["/a/x.sh"]), ("PATH=/a/bin:/b/bin:$PATH x", ["/a/bin", "/b/bin"]),
            ("x --file=/a/b", ["/a/b"]), ("awk -f/a/b", ["/a/b"]), ("x @/a", ["/a"]), ("-a/b=/c", ["/b=/c", "/c"]),
            ("/a/$X/b", ["/a/"]), ("/a/b${X}/c", ["/a/"]), ("/{a,b}/c", ["/"]),
            ("'/a/$X/b'", ["/a/$X/b"]), ("\"/a/\\$X/b\"", ["/a/$X/b"]), ("/a/{x}/b", ["/a/", "/a/{x}/b"]), ("'/a/{x}/b'", ["/a/{x}/b"]),
            ("x {/a,/b}", ["/a", "/b"]),
            (". ${S:-/a/x.sh}", ["/a/x.sh"]), (". $'/a/x'", ["/a/x"]),
            ("/a\u{A0}b", ["/a\u{A0}b"]), ("/a/e\u{301}/\u{301}b", ["/a/e\u{301}/\u{301}b"]), ("\"$X\"/a/b", []), ("/a/*/b", ["/a/*/b"]),
        ])
    func parts(line: String, paths: [String]) {
        let found = ShellPaths.paths(in: line)
        for path in paths { #expect(found.contains(path), "\(found)") }
        #expect(paths.isEmpty == found.isEmpty, "\(found)")
    }

    @Test("lines within lines")
    func nested() {
        for line in ["sh -c '. \"/a b/x\"'", #"sh -c "sh -c '. \"/a b/x\"'""#, "eval '/a b/x' '; /y'", #"x "$(. '/a b/x')""#] {
            let found = ShellPaths.paths(in: line)
            #expect(found.contains("/a b/x"), "\(line): \(found)")
        }
    }
}
