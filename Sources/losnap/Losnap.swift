// The root of the command line: what losnap is, and its commands in the order in which people meet them.

import ArgumentParser
import CloneCore

/// A command of losnap: the parser fills it, and it runs in a session.
protocol Command: ParsableCommand {
    /// Resolves what it was given, calls one operation, and presents what came back.
    func run(in session: Session) throws
}

struct Losnap: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "losnap",
        abstract: "Take, keep and give back snapshots of disk images.",
        discussion: """
            losnap clones image files on a filesystem that can share blocks (XFS, btrfs), with the filesystem inside frozen, keeps the \
            snapshots that your rules ask for, and gives back whole images or single files. Snapshots share blocks with their image: they \
            are no backup against a dying disk.

            SOURCE is a name, or with a slash a path: an image or a mount point. SNAPSHOT is a number (42), or a source with @latest, \
            @oldest, @latest~2, a time (@2026-11-22), an age (@2h) or a label (@before-upgrade). The latest, the oldest and ages don't count \
            what a restore has put aside (safety snapshots).

            EXAMPLES:
              losnap create /home
              losnap list home
              losnap mount home@2h /mnt
              losnap prune home --keep-daily 7 --keep-weekly 4 --dry-run
              losnap restore home@latest
            """,
        version: "losnap \(losnapVersion)",
        groupedSubcommands: [
            CommandGroup(
                name: "Snapshots",
                subcommands: [
                    Create.self, List.self, Show.self, Prune.self, Restore.self, Delete.self, MountSnapshot.self, UnmountSnapshot.self,
                ]),
            CommandGroup(
                name: "What a record says", subcommands: [HoldSnapshot.self, Release.self, LabelSnapshot.self, TagSnapshot.self]),
            CommandGroup(name: "By itself", subcommands: [Run.self, Check.self]),
            CommandGroup(
                name: "Sources, history, repair",
                subcommands: [SourceCommand.self, ConfigCommand.self, PolicyCommand.self, LogCommand.self, Thaw.self, Repair.self]),
        ])
}
