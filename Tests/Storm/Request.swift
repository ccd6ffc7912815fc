// The command line.

import Foundation

/// What the storm is asked to do.
struct Request: Sendable {
    /// Words that make no sense.
    struct Misuse: Error { let word: String }

    static let usage = """
        usage: storm DIRECTORY LOSNAP [--seed N] [--minutes M] [--workers N] [--samples N] [--only WORK]... [--single] [--keep]
               storm DIRECTORY --clean
        """

    /// Made by the storm, removed at its end; sparse files of some 20 GiB lie in it.
    let directory: String
    private(set) var losnap = ""
    private(set) var seed = UInt64.random(in: 1...1_000_000)
    private(set) var minutes = 2.0
    private(set) var workers = 8
    /// How many snapshots are restored, mounted and checked at the end.
    private(set) var samples = 16
    /// The kinds of work that workers choose from; empty: all.
    private(set) var only: [String] = []
    /// Disturb no process twice, and no guard.
    private(set) var single = false
    /// Keep the directory with the images and the catalogues at the end.
    private(set) var keeps = false
    /// Only take down what an earlier storm has left.
    private(set) var cleans = false

    init(_ words: [String]) throws {
        var rest = words[...]
        guard let first = rest.popFirst(), !first.hasPrefix("-") else { throw Misuse(word: words.first ?? "") }
        directory = URL(fileURLWithPath: first).standardizedFileURL.path
        if let next = rest.first, !next.hasPrefix("-") {
            losnap = URL(fileURLWithPath: next).standardizedFileURL.path
            rest.removeFirst()
        }
        func value<Value: LosslessStringConvertible>(_ word: String) throws -> Value {
            guard let value = rest.popFirst().flatMap({ Value($0) }) else { throw Misuse(word: word) }
            return value
        }
        while let word = rest.popFirst() {
            switch word {
            case "--seed": seed = try value(word)
            case "--minutes": minutes = try value(word)
            case "--workers": workers = try value(word)
            case "--samples": samples = try value(word)
            case "--only": only.append(try value(word))
            case "--single": single = true
            case "--keep": keeps = true
            case "--clean": cleans = true
            default: throw Misuse(word: word)
            }
        }
        guard cleans || !losnap.isEmpty else { throw Misuse(word: "LOSNAP") }
    }
}
