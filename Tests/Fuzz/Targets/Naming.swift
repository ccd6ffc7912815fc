// What people type to name a snapshot, a source, a time, and what they call things. The rules: what was understood means the same when it is printed
// and typed again; a label can always be typed as a reference, and never means another snapshot.

internal import Policy
internal import Snapshots
internal import SystemPackage

extension Target {
    static let reference = Target(
        name: "reference",
        tokens: [
            "@", "home", "@latest", "@oldest", "latest~2", "@2026-11-22", "@2026-11-22 07:00:12.123Z", "@2h", "@1y6mo", "/home", "../x",
            "42", "T", "before-upgrade", "~",
        ]
    ) { input in
        let typed = text(input)
        let reference: SnapshotReference
        do throws(SnapshotsError) {
            reference = try SnapshotReference(parsing: typed)
        } catch {
            try checkWords(error)
            return false
        }
        try expect((try? SnapshotReference(parsing: typed)) == reference && reference.text == typed, "not always the same")
        if let source = reference.source {
            switch source {
            case .name(let name):
                try expect(typed.utf8.starts(with: "\(name)@".utf8), "another name than was typed")
                try expect(!name.text.utf8.contains(0x2F), "a name with a slash")
            case .path(let path): try expect(path.length < 4096 && typed.utf8.contains(0x2F), "a path that is none")
            }
        } else {
            guard case .number = reference.selector else { throw Fault("no source, and no number") }
        }
        switch reference.selector {
        case .latest(let back): try expect(back >= 0, "back by less than nothing")
        case .number(let number): try expect(number.value >= 1 && number <= .greatest, "a number out of range")
        default: break
        }
        return true
    }

    static let names = Target(
        name: "names",
        tokens: [
            "@", ",", "~", "latest", "oldest", "2026-11-22", "2h", "42", "/", "..", ".", "-", "1b4e28ba-2fa1-4d2c-883f-0016d3cca427",
            "\u{301}", "before-upgrade",
        ]
    ) { input in
        let typed = text(input)
        var isUnderstood = false
        if let label = try? Label(parsing: typed) {
            isUnderstood = true
            try expect(label.text.utf8.elementsEqual(typed.utf8) && typed.utf8.count <= 255, "another label than was typed")
            let reference = try? SnapshotReference(parsing: "home@\(typed)")
            try expect(reference?.selector == .label(label) && reference?.source?.text == "home", "a label that can't be typed")
        }
        if let tag = try? Tag(parsing: typed) {
            isUnderstood = true
            try expect(!tag.text.contains(",") && (1...64).contains(tag.text.utf8.count), "a tag with a comma")
        }
        if let name = try? SourceName(parsing: typed) {
            isUnderstood = true
            try expect((1...64).contains(name.text.utf8.count) && !name.text.utf8.contains(0x2F), "no name")
            try expect((try? SourceReference(parsing: typed)) == .name(name), "a name that is a path")
        }
        if let name = SnapshotFileName(typed) {
            isUnderstood = true
            let bytes = name.text.utf8
            try expect(!bytes.contains(0x2F) && !bytes.contains(0) && (1...255).contains(bytes.count), "no plain name")
            try expect(!bytes.elementsEqual("..".utf8) && !bytes.elementsEqual(".".utf8), "a name that leads elsewhere")
        }
        if let id = Identifier(parsing: typed) {
            isUnderstood = true
            try expect(Identifier(parsing: id.description) == id && id.description == typed.lowercased(), "another UUID")
        }
        if let number = SnapshotNumber(parsing: typed) {
            try expect(SnapshotNumber(parsing: number.description) == number, "another number")
        }
        // The extension of an image's path becomes part of a file's name.
        let made = SnapshotFileName(takenAt: .latest, id: Identifier(high: 1, low: 2), image: FilePath("/a/b.\(typed)"))
        try expect(
            SnapshotFileName(made.text) == made && made.text.utf8.allSatisfy { (0x2D...0x7A).contains($0) }, "no plain name: \(made)")
        return isUnderstood
    }

    static let instant = Target(
        name: "instant",
        tokens: ["2026-11-23", "T07:00:00", ".123", "Z", "+01:00", "-23:59", "0000-01-01", "9999-12-31", "23:59:59", "02-29", "t", " "]
    ) { input in
        let typed = text(input)
        let instant: Instant
        do throws(SnapshotsError) {
            instant = try Instant(parsing: typed)
        } catch {
            try checkWords(error)
            return false
        }
        try expect(instant >= .earliest && instant <= .latest, "out of range")
        try expect((try? Instant(parsing: instant.description)) == instant, "read again another: \(instant)")
        try expect(instant.description.utf8.count == 24 && instant.compact.utf8.count == 20, "of another length: \(instant)")
        try expect((try? Instant(parsing: typed + "x")) == nil, "what follows is not looked at")
        return true
    }
}
