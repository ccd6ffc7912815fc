// What `mount`, `umount` and `thaw` show.

import CloneCore
import Foundation
import Snapshots

/// A scratch clone that was mounted.
struct MountPresentation: Presentation {
    var mount: ScratchMount
    var snapshot: ListedSnapshot

    func text(_ context: RenderContext) -> String {
        let what = "snapshot \(snapshot.snapshot.number) of \(snapshot.snapshot.sourceName), \(context.time(snapshot.snapshot.takenAt))"
        let access = mount.access == .writable ? "writable, and gone at umount" : "read-only"
        return EscapedText.line("\(mount.directory): \(what), \(mount.type), \(access)") + "\n"
    }

    func fields(_ context: RenderContext) -> [JSON.Field] {
        [("mount", .mount(mount, snapshot: snapshot.snapshot)), ("snapshot", .snapshot(snapshot, now: context.now))]
    }
}

/// The scratch clones that are mounted.
struct MountsPresentation: Presentation {
    /// Each with its snapshot, if the catalogue knows it.
    var mounts: [(mount: ScratchMount, snapshot: Snapshot?)]

    func text(_ context: RenderContext) -> String {
        if mounts.isEmpty { return "nothing is mounted by losnap\n" }
        var table = Table([("DIRECTORY", .left), ("SNAPSHOT", .left), ("TYPE", .left), ("ACCESS", .left), ("DEVICE", .left)])
        for (mount, snapshot) in mounts {
            let name = snapshot.map { "\($0.number) (\($0.sourceName))" } ?? mount.snapshot
            table.add([mount.directory, name, mount.type, mount.access.word, mount.device])
        }
        return table.text(context.style)
    }

    func fields(_ context: RenderContext) -> [JSON.Field] { [("mounts", .array(mounts.map { .mount($0.mount, snapshot: $0.snapshot) }))] }
}

/// A scratch clone that was unmounted.
struct UnmountPresentation: Presentation {
    var mount: ScratchMount

    func text(_ context: RenderContext) -> String { EscapedText.line("\(mount.directory): unmounted") + "\n" }

    func fields(_ context: RenderContext) -> [JSON.Field] { [("mount", .mount(mount, snapshot: nil))] }
}

/// What was found frozen.
struct ThawPresentation: Presentation {
    var found: [LeftFrozen]

    func text(_ context: RenderContext) -> String {
        if found.isEmpty { return "nothing was left frozen\n" }
        return found.map { found in
            let words =
                switch found {
                case .thawed(let mountPoint): "\(mountPoint): thawed"
                case .stale(let mountPoint): "\(mountPoint): not frozen any more"
                case .inUse(let mountPoint): "\(mountPoint): frozen by a losnap that is at work"
                case .stuck(let mountPoint, let error): "\(mountPoint): can't be thawed: \(error.message)"
                }
            return EscapedText.line(words) + "\n"
        }.joined()
    }

    func fields(_ context: RenderContext) -> [JSON.Field] {
        [
            (
                "filesystems",
                .array(
                    found.map { found in
                        let (mountPoint, result, error): (String, String, JSON) =
                            switch found {
                            case .thawed(let mountPoint): (mountPoint, "thawed", .null)
                            case .stale(let mountPoint): (mountPoint, "not_frozen", .null)
                            case .inUse(let mountPoint): (mountPoint, "in_use", .null)
                            case .stuck(let mountPoint, let error): (mountPoint, "stuck", context.json(error))
                            }
                        return .object([("mount_point", .string(mountPoint)), ("result", .string(result)), ("error", error)])
                    })
            )
        ]
    }
}

extension ScratchAccess {
    fileprivate var word: String { self == .writable ? "writable" : "read-only" }
}

extension JSON {
    fileprivate static func mount(_ mount: ScratchMount, snapshot: Snapshot?) -> JSON {
        .object([
            ("snapshot_id", .string(mount.snapshot)), ("number", JSON(snapshot?.number.value)), ("source", JSON(snapshot?.sourceName.text)),
            ("directory", .string(mount.directory)), ("device", .string(mount.device)),
            ("filesystem", .string(mount.type)), ("writable", .bool(mount.access == .writable)),
        ])
    }
}
