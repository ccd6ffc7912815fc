// `losnap mount`: look inside a snapshot by way of a scratch clone.

import ArgumentParser
import CloneCore
import Snapshots

struct MountSnapshot: Command {
    static let configuration = CommandConfiguration(
        commandName: "mount",
        abstract: "Mount a scratch clone of a snapshot, to look inside.",
        discussion: """
            What is mounted is a clone of the snapshot without a name: whatever is done in it, the snapshot stays as it is, and at losnap \
            umount the clone is gone. Without arguments, shows what is mounted. Needs root.

            EXAMPLES:
              losnap mount home@latest /mnt
              cp /mnt/me/letter.txt ~ && losnap umount /mnt
              losnap mount 42 /mnt --writable
            """)

    @Argument(help: "The snapshot.", completion: .snapshot)
    var snapshot: String?

    @Argument(help: "An existing directory to mount it at.", completion: .directory)
    var directory: String?

    @Flag(name: .long, help: "Allow writing into the scratch clone.")
    var writable = false

    @OptionGroup var catalogue: CatalogueArguments
    @OptionGroup var display: DisplayArguments

    func run(in session: Session) throws {
        guard let snapshot else {
            try session.checkConfiguration(catalogue.config)
            let mounts = try ScratchClone(kernel: session.kernel).mounts()
            let store = mounts.isEmpty ? nil : try session.openIfThere(catalogue)
            let known = try mounts.map { mount in
                try Identifier(parsing: mount.snapshot).flatMap { id in try store?.catalogue.snapshot(id: id) }
            }
            try session.present(MountsPresentation(mounts: Array(zip(mounts, known))), display)
            return
        }
        guard let directory else {
            throw FrontError.usage("missing expected argument '<directory>'", hint: "see losnap mount --help")
        }
        let store = try session.openIfThere(catalogue)
        let listed = try session.find(snapshot, in: store, display)
        guard let store else { return }
        let mount = try store.mount(listed, at: session.resolved(directory), access: writable ? .writable : .readOnly)
        try session.present(MountPresentation(mount: mount, snapshot: listed), display)
    }
}
