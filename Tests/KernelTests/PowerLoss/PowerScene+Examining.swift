// What must hold after a power cut. The rule: first looked at as it is, then mended by what a person would do next: `repair`, or simply the next
// command; then the main job has to go on.

import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

extension PowerScene {
    /// Which command mends.
    enum Mending { case repair, nextCreate }

    /// Examines the disks as they are mounted now.
    func examine(_ moment: PowerMoment, mendedBy mending: Mending, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let losnap = losnap(started: try freshRuntime())
        let what: Comment = "\(moment.what), mended by \(mending)"
        try expectPromises(moment, losnap, what, sourceLocation)
        let numberBefore = try highestNumber(losnap)
        switch mending {
        case .repair:
            if hasCatalogue { try run(losnap, ["repair"], moment.what, sourceLocation: sourceLocation) }
        case .nextCreate:
            try run(losnap, ["create", image("home").string], moment.what, sourceLocation: sourceLocation)
        }
        // A group that was torn in another directory is no business of a create in this one.
        if mending == .nextCreate { try run(losnap, ["repair"], moment.what, sourceLocation: sourceLocation) }
        if hasCatalogue {
            let again = try run(losnap, ["repair"], moment.what)
            // The image as it was before a restore is reported until somebody removes it.
            let isLeft = again.split(separator: "\n").allSatisfy { $0.contains(".img.losnap-") || $0.hasPrefix("    hint: ") }
            #expect(
                again == "all is well\n" || (isLeft && moment.what.contains("restore")), "\(what): \(again)", sourceLocation: sourceLocation
            )
            try expectSettled(moment, losnap, extra: mending == .nextCreate ? 1 : 0, what, sourceLocation)
        }
        // The main job goes on.
        try run(losnap, ["create", image("home").string], moment.what, sourceLocation: sourceLocation)
        #expect(try highestNumber(losnap) > numberBefore, what, sourceLocation: sourceLocation)
        let kept = files("home").max()
        try run(losnap, ["prune", "home", "--keep-last", "1"], moment.what, sourceLocation: sourceLocation)
        #expect(files("home") == Set([kept].compactMap { $0 }), what, sourceLocation: sourceLocation)
    }

    private var hasCatalogue: Bool { access(catalogue.string, F_OK) == 0 }

    private func listed(_ losnap: Tool) throws -> [JSONValue] {
        try JSONValue(parsing: run(losnap, ["list", "--json"]))["snapshots"].array ?? []
    }

    private func highestNumber(_ losnap: Tool) throws -> Int { try listed(losnap).compactMap { $0["number"].integer }.max() ?? 0 }

    /// The files of the snapshots that are listed as complete.
    private func complete(_ losnap: Tool) throws -> [(name: String, snapshot: JSONValue)] {
        try listed(losnap).filter { $0["state"] == "complete" }.map {
            (FilePath($0["path"].string ?? "").lastComponent?.string ?? "", $0)
        }
    }

    /// What is listed as complete is whole, and all that had been reported is listed; the image is the old or the new one, whole.
    private func expectPromises(_ moment: PowerMoment, _ losnap: Tool, _ what: Comment, _ location: SourceLocation) throws {
        let complete = try complete(losnap)
        let names = Set(complete.map(\.name))
        for (name, snapshot) in complete {
            #expect(snapshot["presence"] == "present", what, sourceLocation: location)
            expectWhole(name, FilePath(snapshot["path"].string ?? ""), id: snapshot["id"].string ?? "?", what, location)
        }
        #expect(moment.untouchable.isSubset(of: names), what, sourceLocation: location)
        if moment.reported {
            let kept = moment.operation == .prune ? moment.untouchable : moment.before
            #expect(kept.isSubset(of: names) && names.count == kept.count + moment.operation.made, what, sourceLocation: location)
        } else if moment.operation.made == 2 {
            #expect([0, 2].contains(names.subtracting(moment.before).count), what, sourceLocation: location)
        }
        let image = try Data(contentsOf: URL(fileURLWithPath: image("home").string))
        if moment.operation == .restore {
            let allowed = moment.reported ? [moment.images[1]] : moment.images
            #expect(allowed.contains(image), what, sourceLocation: location)
        }
        #expect(image.count == moment.images[0].count, what, sourceLocation: location)
    }

    /// The bytes are those that were read before the cut, and the record says whose they are.
    private func expectWhole(_ name: String, _ path: FilePath, id: String, _ what: Comment, _ location: SourceLocation) {
        guard let expected = contents[name] else {
            Issue.record("\(what): \(name) was never there", sourceLocation: location)
            return
        }
        #expect((try? Data(contentsOf: URL(fileURLWithPath: path.string))) == expected, what, sourceLocation: location)
        let record = try? Command.run("getfattr", ["-n", "trusted.losnap", "--only-values", "--absolute-names", path.string])
        #expect(record?.contains("\"\(id)\"") == true, what, sourceLocation: location)
    }

    /// Rows and files belong together, and nothing is unfinished.
    private func expectSettled(
        _ moment: PowerMoment, _ losnap: Tool, extra: Int, _ what: Comment, _ location: SourceLocation
    ) throws {
        let rows = try listed(losnap)
        #expect(rows.allSatisfy { $0["state"] == "complete" && $0["presence"] == "present" }, what, sourceLocation: location)
        let names = Set(rows.compactMap { FilePath($0["path"].string ?? "").lastComponent?.string })
        #expect(names == allFiles && names.count == rows.count, what, sourceLocation: location)
        let made = names.subtracting(moment.before).count - extra
        #expect([0, moment.operation.made].contains(made), what, sourceLocation: location)
        for (name, snapshot) in try complete(losnap) where contents[name] != nil {
            expectWhole(name, FilePath(snapshot["path"].string ?? ""), id: snapshot["id"].string ?? "?", what, location)
        }
        // Only a restore that was cut off may leave something beside the images: one image, whole.
        let others = try FileManager.default.contentsOfDirectory(atPath: pool.path.string)
            .filter { ![".losnap", "state", "home.img", "other.img"].contains($0) }
        #expect(others.isEmpty || moment.operation == .restore && others.count == 1, "\(what): \(others)", sourceLocation: location)
        for name in others {
            #expect(name.hasPrefix(".home.img.losnap-"), what, sourceLocation: location)
            let left = try Data(contentsOf: URL(fileURLWithPath: pool.path.appending(name).string))
            #expect(moment.images.contains(left), what, sourceLocation: location)
        }
    }
}
