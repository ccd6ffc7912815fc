// `losnap umount`: the end of a scratch clone. It needs no catalogue.

import ArgumentParser
import CloneCore
import Snapshots
import SystemPackage

struct UnmountSnapshot: Command {
    static let configuration = CommandConfiguration(
        commandName: "umount",
        abstract: "Unmount a scratch clone; it is gone then.",
        discussion: """
            Unmounts nothing but what losnap mount has mounted.

            EXAMPLES:
              losnap umount /mnt
            """)

    @Argument(help: "The directory that it is mounted at.", completion: .directory)
    var directory: String

    @OptionGroup var catalogue: CatalogueArguments
    @OptionGroup var display: DisplayArguments

    func run(in session: Session) throws {
        try session.checkConfiguration(catalogue.config)
        let mount = try ScratchClone(kernel: session.kernel).unmount(session.resolved(directory).string)
        try session.present(UnmountPresentation(mount: mount), display)
    }
}
