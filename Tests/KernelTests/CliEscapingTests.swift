// Names that a terminal would obey. The rule: whatever a path holds, stderr has whole lines of our own and no control character, and so
// has stdout where it is for people.

import Foundation
import SystemPackage
import TestSupport
import Testing

private let nasty = "a\u{1B}[31m\nlosnap: error: b\r\u{9B}c\u{202E}"

@Suite("Control characters in paths", .needsRoot, .blocking, .timeLimit(.minutes(15)))
struct CliEscapingTests {
    private func expectClean(_ outcome: Outcome, _ program: String, lines: Int? = nil, _ what: String) {
        let said = outcome.stderr.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        #expect(said.allSatisfy { $0.hasPrefix("\(program): ") }, "\(what): \(outcome.stderr)")
        if let lines { #expect(said.count == lines, "\(what): \(outcome.stderr)") }
        for text in [outcome.stderr, outcome.stdout] {
            let dangerous = text.unicodeScalars.filter { $0 != "\n" && ($0.properties.generalCategory == .control || $0 == "\u{202E}") }
            #expect(dangerous.isEmpty, "\(what): \(text)")
        }
    }

    @Test("losnap")
    func losnap() throws {
        try CliScene.with(image: nil) { scene in
            let image = try scene.scope.plainImage("\(nasty).img", in: scene.pool.path)
            try scene.create()
            let missing = scene.scope.directory.appending("nowhere").string + "/" + nasty
            let calls: [[String]] = [
                ["create", image.string], ["create", missing], ["create", nasty], ["list", missing], ["show", "\(missing)@latest"],
                ["source", "add", "nice", image.string], ["source", "add", nasty, image.string], ["source", "list"], ["create", "nice"],
                ["list"], ["show", "nice@latest"], ["restore", "nice@latest"], ["restore", "nice@latest", "--to", missing],
                ["restore", "nice@latest", "--to", "\(scene.pool.path)/\(nasty)"], ["repair", "--adopt", missing, "--source", "nice"],
                ["repair", "--rebuild", missing], ["mount", "nice@latest", missing], ["umount", missing], ["log"],
                ["list", "--catalogue", missing], ["list", "--config", missing], ["config", "check", "--config", missing],
                ["prune", "nice", "--keep-label", nasty], ["prune", "nice", "--keep-last", nasty], ["label", "1", nasty], [nasty],
                ["list", "--\(nasty)"], ["delete", nasty], ["create", "nice", "--max-freeze", nasty],
                ["source", "move", "nice", "--image", missing],
            ]
            for call in calls {
                expectClean(try scene.sandbox.losnap.run(call), "losnap", "\(call)")
            }
            for place in [missing, "\(scene.pool.path)/\(nasty).img/x"] {
                let environment = ["LOSNAP_RUNTIME_DIR": place]
                expectClean(try scene.sandbox.losnap.run(["create", "nice"], environment: environment), "losnap", "runtime \(place)")
            }
        }
    }

    @Test("loclone")
    func loclone() throws {
        try TestScope.with { scope in
            let scene = try LocloneScene(scope)
            let image = scene.pool.path.appending("\(nasty).img").string
            let missing = try scene.tool.run([image, "\(image).copy"])
            #expect(missing.status == .exited(1))
            expectClean(missing, "loclone", lines: 2, "missing")
            try Command.run("cp", ["--reflink=always", scene.image.string, image])
            let cloned = try scene.tool.run([image, "\(image).copy"])
            #expect(cloned.succeeded && cloned.stdout.split(separator: "\n").count == 1)
            expectClean(cloned, "loclone", lines: 0, "cloned")
            expectClean(try scene.tool.run([image, "two", "\(nasty)"]), "loclone", lines: 2, "too many arguments")
            expectClean(try scene.tool.run([image, image]), "loclone", lines: 2, "one file")
        }
    }
}
