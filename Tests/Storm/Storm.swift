// State that the threads of the storm share.

import Foundation
import Synchronization

/// A storm: its place, its catalogues, what runs, and what was found.
final class Storm: Sendable {
    let request: Request
    let place: Place
    let ledger: Ledger
    /// Root's, with all images; another one of root's over some of them; a user's.
    let catalogues: [Catalogue]
    /// The losnap commands that run.
    let running = Mutex<[pid_t: Running]>([:])
    /// Held by whoever mounts an image, unmounts it, freezes it or writes into it.
    let gates: [String: Gate]
    /// Held by whoever renames or moves the image `rn` or its source.
    let moving = Gate()
    /// Nothing new is begun.
    let calm = Flag()
    /// Writers and probes end.
    let stop = Flag()
    /// Writers wait: a pool is full, and their image would get errors.
    let pause = Flag()
    /// Disks that are full at the moment.
    let filled = Mutex<Set<String>>([])
    /// When a command was last struck in a way that leaves nobody to thaw.
    let lastOrphaning = Mutex(-1e9)
    /// When images were frozen by somebody else than losnap, from and to.
    let foreignFreezes = Mutex<[(image: String, from: Double, to: Double)]>([])
    /// Writes of probes that have not come back.
    let flights = Mutex<[String: Flight]>([:])

    init(_ request: Request) {
        self.request = request
        place = Place(directory: request.directory)
        ledger = Ledger(directory: place.log)
        gates = Dictionary(uniqueKeysWithValues: place.images.map { ($0.name, Gate()) })
        catalogues = Self.catalogues(place, losnap: request.losnap)
    }

    var root: Catalogue { catalogues[0] }
    var second: Catalogue { catalogues[1] }
    var user: Catalogue { catalogues[2] }

    /// Whether somebody else had an image frozen at some time since then.
    func wasFrozenByOthers(_ image: String, since time: Double) -> Bool {
        foreignFreezes.withLock { $0.contains { $0.image == image && $0.to >= time } }
    }

    func gate(_ image: String) -> Gate { gates[image] ?? moving }

    private static func catalogues(_ place: Place, losnap: String) -> [Catalogue] {
        func environment(_ catalogue: String, _ configuration: String, _ runtime: String) -> [String: String] {
            [
                "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/nonexistent",
                "LOSNAP_CATALOGUE": catalogue, "LOSNAP_CONFIG": configuration, "LOSNAP_RUNTIME_DIR": runtime, "NO_COLOR": "1",
            ].merging(inherited) { $1 }
        }
        let etc = place.directory + "/etc"
        var others = environment(place.user + "/state/catalogue.sqlite", place.user + "/losnap.yaml", place.user + "/run")
        // losnap and its libraries may lie where only root may look.
        others["LD_LIBRARY_PATH"] = place.open
        return [
            Catalogue(
                name: "root's", program: [losnap],
                environment: environment(place.state + "/catalogue.sqlite", etc + "/losnap.yaml", place.runtime),
                images: place.images.map(\.name)),
            Catalogue(
                name: "the second", program: [losnap],
                environment: environment(place.directory + "/state2/catalogue.sqlite", etc + "/second.yaml", place.runtime),
                images: Place.secondImages),
            Catalogue(
                name: "the user's",
                program: ["setpriv", "--reuid=\(Place.userID)", "--regid=\(Place.userID)", "--clear-groups", "--", place.open + "/losnap"],
                environment: others, images: ["u"], isPrivileged: false),
        ]
    }

    /// What the dynamic linker and the coverage need, and by what Tests/run finds processes that were left behind.
    private static var inherited: [String: String] {
        ProcessInfo.processInfo.environment.filter { ["LD_LIBRARY_PATH", "LLVM_PROFILE_FILE", "TMPDIR"].contains($0.key) }
    }
}
