// Which way each image of a job is cloned, and what is done for that before anything is frozen. The rules: few extents are cloned the plain way, for
// that is as short; a frozen part that would be longer than allowed is refused here, with nothing frozen yet.

internal import SystemPackage

/// What is known of each image of a job, in the order of its targets.
struct ClonePlan {
    /// Those that are cloned in two phases.
    var clones: [TwoPhaseClone?]
    /// Of the others: extents, and how long cloning them takes, as far as that was reckoned.
    var plain: [(extents: Int?, predicted: UInt64?)]
    /// Whether time has passed since all was written out.
    var tookTime = false

    init(_ count: Int) {
        clones = Array(repeating: nil, count: count)
        plain = Array(repeating: (nil, nil), count: count)
    }

    /// How that image was cloned.
    func making(_ index: Int) -> CloneMaking {
        guard let clone = clones[index] else {
            return CloneMaking(extents: plain[index].extents, predictedNanoseconds: plain[index].predicted)
        }
        return CloneMaking(
            way: clone.way, extents: clone.extents, reclonedBytes: clone.reclonedBytes, predictedNanoseconds: clone.predicted,
            refusal: clone.refusal)
    }
}

/// What one extent costs to clone on XFS, where nothing was measured (nanoseconds; Docs/performance.md).
private let usualCost: UInt64 = 20_000

extension CloneJob {
    /// Chooses, and clones for a beginning what is cloned in two phases.
    func begin(_ plan: inout ClonePlan) throws(CloneError) {
        // Before extents are counted: what is dirty has none yet.
        try settle()
        for index in prepared.indices where prepared[index].consistency == .frozen {
            let item = prepared[index]
            let few = try fewExtents(of: item)
            let way = item.target.way ?? options.way
            // Where even these might take too long, what it really costs is measured.
            if let few, way == nil || way == .plain, UInt64(few) * usualCost <= options.maxFreezeNanoseconds {
                plan.plain[index] = (few, UInt64(few) * usualCost)
                continue
            }
            plan.tookTime = true
            if way != .plain, way != nil || canReadExtents(of: item) {
                let clone = try TwoPhaseClone(
                    of: item.target, to: item.clone.file, forced: way, options, view: view, kernel: kernel)
                try synchronize()
                try clone.begin(progress: options.progress)
                plan.clones[index] = clone
            } else {
                plan.plain[index] = try reckon(item)
            }
        }
        options.tuning.betweenPhases?()
    }

    /// Catches up with what was written meanwhile, and refuses what would be frozen for too long.
    func approach(_ plan: inout ClonePlan) throws(CloneError) {
        for index in prepared.indices {
            try plan.clones[index]?.catchUp { () throws(CloneError) in try synchronize() }
        }
        // All members of a group are frozen together; the one that takes longest is where something can be done.
        let predicted = prepared.indices.map { plan.clones[$0]?.predicted ?? plan.plain[$0].predicted ?? 0 }
        let total = predicted.reduce(0, +)
        guard total > options.maxFreezeNanoseconds, let longest = predicted.indices.max(by: { predicted[$0] < predicted[$1] }) else {
            return
        }
        let image = prepared[longest].target.image
        throw .freezeTooLong(
            image: image.path, pool: filesystemName(of: image.file, kernel: kernel), predicted: (total + 999_999) / 1_000_000,
            limit: options.maxFreezeNanoseconds / 1_000_000,
            extents: plan.clones[longest]?.extents ?? plan.plain[longest].extents ?? 0, plan.clones[longest]?.way ?? .plain,
            others: predicted.count { $0 > 0 } - 1)
    }

    /// How many extents it has, if they are so few that the plain way is as short; nil: more, or they can't be told.
    private func fewExtents(of item: Prepared) throws(CloneError) -> Int? {
        let most = options.tuning.plainAtMost
        let file = item.target.image.file
        guard let buffer = ExtentBuffer(room: most + 1) else { throw .system(.extents, path: file.path, .noMemory) }
        guard let count = try? kernel.readExtents(file.descriptor, buffer, 0, most + 1, false) else { return nil }
        return count <= most ? count : nil
    }

    private func canReadExtents(of item: Prepared) -> Bool {
        guard let buffer = ExtentBuffer(room: 1) else { return false }
        return (try? kernel.readExtents(item.target.image.file.descriptor, buffer, 0, 1, false)) != nil
    }

    /// Tries with some of the image what cloning costs here, and counts the rest.
    private func reckon(_ item: Prepared) throws(CloneError) -> (extents: Int?, predicted: UInt64?) {
        let file = item.target.image.file
        let clone = item.clone.file
        guard let buffer = ExtentBuffer(room: 2048) else { throw .system(.extents, path: file.path, .noMemory) }
        let pace = ClonePace(of: item.target.image.identity, view: view)
        var cloner = RangeCloner(source: file.descriptor, destination: clone.descriptor, kernel: kernel, pace: pace)
        var cost = RangeCloner.Cost()
        let granule = try TwoPhaseClone.granule(of: clone, kernel)
        var extents = 0
        let limit = TimeLimit(options.maxPrepareNanoseconds, kernel: kernel)
        do {
            _ = try cloner.cloneAll(granule: granule, buffer: buffer, enough: 2000, cost: &cost) { !limit.isOver }
            try kernel.truncate(clone.descriptor, 0)
            var start: UInt64 = 0
            while !limit.isOver {
                let began = kernel.bootTime()
                let count = try kernel.readExtents(file.descriptor, buffer, start, buffer.room, false)
                guard count > 0 else { break }
                extents += count
                let last = buffer[count - 1]
                if last.flags.contains(.last) || last.end <= start { break }
                start = last.end
                kernel.pause(kernel.bootTime() - began)
            }
        } catch {
            // A filesystem without extent maps is cloned all the same.
            if error == .notSupported || error == .inappropriateIOCTLForDevice { return (nil, nil) }
            throw .ofClone(error, image: file, directory: item.target.directory, kernel: kernel)
        }
        try limit.check(.countingExtents, file.path)
        return (extents, UInt64(extents) * cost.perExtent)
    }
}
