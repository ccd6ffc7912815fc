// What is being done when the power goes: for each operation the command, and what may and what must be there afterwards.

import Foundation
import SystemPackage
import TestSupport

enum PowerCase: String, CaseIterable {
    case createFirst, create, createGroup, prune, restore

    /// The commands, in an order in which each finds what it needs.
    static let order: [Self] = [.createFirst, .create, .createGroup, .prune, .restore]

    func arguments(_ scene: PowerScene) -> [String] {
        switch self {
        case .createFirst: ["create", scene.image("home").string, "--label", "first"]
        case .create: ["create", "home"]
        case .createGroup: ["create", scene.image("home").string, scene.image("other").string]
        case .prune: ["prune", "home", "--keep-last", "1"]
        case .restore: ["restore", "home@latest"]
        }
    }

    /// How many snapshots it makes.
    var made: Int {
        switch self {
        case .createFirst, .create, .restore: 1
        case .createGroup: 2
        case .prune: 0
        }
    }

    /// Whether it works on images that are not mounted.
    var wantsUnmounted: Bool { self == .restore }

    /// The snapshot files that nothing may take away, of those that are there before.
    func untouchable(_ scene: PowerScene) -> Set<String> {
        guard self == .prune else { return scene.allFiles }
        return scene.files("other").union(scene.files("home").max().map { [$0] } ?? [])
    }
}

/// A moment at which the power went.
struct PowerMoment {
    let operation: PowerCase
    /// For messages: which moment it was.
    let what: String
    /// Whether the operation had reported that it was done.
    let reported: Bool
    /// Snapshot files that must be there, and those that are there when all is done; nil when that is not known by name.
    let untouchable: Set<String>
    let before: Set<String>
    /// What the image may hold: the old and, after a restore, the new.
    let images: [Data]
    /// The pictures of the disks.
    var disks: [FilePath] = []
}
