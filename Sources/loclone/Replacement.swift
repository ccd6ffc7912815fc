// Making a clone and putting it in DEST's place. The rule: DEST is what it was until the rename, and the clone after it; source and
// destination are compared as files, not as names.

internal import CloneCore

/// A clone of SOURCE on its way to DEST.
struct Replacement {
    private let image: ImageFile
    private let place: DestinationPlace

    /// Opens both and refuses what can't be.
    init(source: String, destination: String) throws(CloneError) {
        image = try ImageFile(path: source)
        place = try DestinationPlace(destination)
        if place.existing?.identity == image.identity { throw .sameFile(source: source, destination: destination) }
        try place.check(for: image)
    }

    /// Clones, freezing what is mounted, and replaces. Returns what the user should know.
    func make(places: RuntimePlaces) throws(CloneError) -> [String] {
        var notes: [String] = []
        var options = CloneOptions(places: places)
        options.thawed = { complain($0) }
        let taken: TakenClone
        do {
            taken = try take(options)
        } catch {
            // The original clones what is not mounted without a question; so do we, but say it.
            switch error {
            case .openForWriting, .cannotProveUnused, .refused(.attachedNotMounted):
                complain("warning: \(error.message); the clone is as after a power cut")
            default: throw error
            }
            options.consistency = .crash
            taken = try take(options)
        }
        if taken.consistency != .frozen { notes.append("\(image.path) is not mounted, not freezing") }
        try place.fill(with: taken, from: image)
        return notes
    }

    private func take(_ options: CloneOptions) throws(CloneError) -> TakenClone {
        let job = try CloneJob(
            preparing: [CloneTarget(image: image, directory: place.directory)], options: options,
            outputs: [("stdout", 1), ("stderr", 2)])
        return try job.run()[0]
    }
}
