// `losnap source`: manage sources without a configuration file.

import ArgumentParser
import Snapshots

struct SourceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "source",
        abstract: "Add, list, rename, move and remove sources.",
        discussion: """
            A source is an image that snapshots are taken of, with a name. losnap create /home registers one by itself, under the image's file \
            name without its extension.

            EXAMPLES:
              losnap source add home /srv/images/home.img
              losnap source list
            """,
        subcommands: [AddSource.self, ListSources.self, RenameSource.self, MoveSource.self, RemoveSource.self])
}
