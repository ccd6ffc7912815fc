// Takes clones as losnap does, with a kernel in which a call can be made to stall, fail, or be hit by a signal: a process of its own
// that tests can kill, stop and watch. The rule: the injected calls print nothing; a stall shows itself by a marker file outside.
//
// freezeprobe clone RUNTIME [--deadline MS] [--wait] [--crash] [--stall CALL:N:SECONDS] [--fail CALL:N:ERRNO]
//                           [--signal CALL:N:SIGNAL] [--stall-after CALL:N:SECONDS]
//                           [--way plain|maps|tracked] [--two-phase] [--ring BYTES] [--refuse-tracking] [--beside] [--between COMMAND]
//                           IMAGE DEST [IMAGE DEST]...
// freezeprobe thaw RUNTIME
// freezeprobe map RUNTIME IMAGE MARKER: holds a writable map of the image, with nothing open, from when the marker is there

internal import CloneCore
internal import Glibc
internal import SystemPackage

@main
enum Main {
    static func main() {
        do {
            let request = try Request(Array(CommandLine.arguments.dropFirst()))
            switch request.verb {
            case .clone: try clone(request)
            case .thaw: try thaw(request)
            case .map: for (image, marker) in request.pairs { hold(image, marker) }
            }
        } catch let error as CloneError {
            say("error \(error.code) \(error)")
            exit(2)
        } catch {
            say("usage: \(error)")
            exit(64)
        }
    }

    private static func clone(_ request: Request) throws {
        let kernel = injected(request.faults, markers: request.runtime)
        var places: [DestinationPlace] = []
        var targets: [CloneTarget] = []
        for (image, destination) in request.pairs {
            let place = try DestinationPlace(destination)
            places.append(place)
            targets.append(CloneTarget(image: try ImageFile(path: image), directory: place.directory))
        }
        var options = CloneOptions(
            consistency: request.consistency, maxFreezeNanoseconds: request.deadlineMilliseconds * 1_000_000,
            wait: LockWait(waits: request.waits), places: RuntimePlaces(under: request.runtime), way: request.way)
        options.tuning = request.tuning
        let besides = request.clonesBeside ? try targets.map { try Beside($0) } : []
        if let command = request.between { options.tuning.betweenPhases = { _ = system(command) } }
        if !besides.isEmpty { options.tuning.whileFrozen = { for beside in besides { beside.take() } } }
        let job = try CloneJob(preparing: targets, options: options, outputs: [("stdout", 1), ("stderr", 2)], kernel: kernel)
        say("freezes \(job.frozenMountPoints.joined(separator: ","))")
        let taken = try job.run()
        for (place, clone) in zip(places, taken) { try place.fill(with: clone, from: clone.image) }
        for (beside, (_, destination)) in zip(besides, request.pairs) { try beside.publish(as: destination + ".plain") }
        for clone in taken { say("clone \(clone.consistency.rawValue) \(clone.frozenNanoseconds ?? 0) \(clone.making.words)") }
    }

    private static func hold(_ image: String, _ marker: String) {
        let descriptor = open(image, O_RDWR | O_CLOEXEC)
        let address = mmap(nil, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
        guard descriptor >= 0, address != MAP_FAILED else { exit(1) }
        close(descriptor)
        close(open(marker, O_CREAT | O_WRONLY | O_CLOEXEC, 0o600))
        sleep(60)
    }

    private static func thaw(_ request: Request) throws {
        for found in try thawLeftFrozen(places: RuntimePlaces(under: request.runtime)) {
            switch found {
            case .thawed(let mountPoint): say("thawed \(mountPoint)")
            case .stale(let mountPoint): say("stale \(mountPoint)")
            case .inUse(let mountPoint): say("inUse \(mountPoint)")
            case .stuck(let mountPoint, let error): say("stuck \(mountPoint) \(error.code)")
            }
        }
    }
}

extension CloneMaking {
    /// Way, extents, bytes cloned again, reckoned nanoseconds, and why writes were not tracked.
    fileprivate var words: String {
        let numbers = [extents.map(UInt64.init), reclonedBytes, predictedNanoseconds].map { $0.map(String.init) ?? "-" }
        return ([way.rawValue] + numbers + [refusal?.words ?? "-"]).joined(separator: " ")
    }
}

/// One line on stdout, at once: what a killed process had said is not lost in a buffer.
private func say(_ line: String) { _ = try? FileDescriptor.standardOutput.writeAll(Array("\(line)\n".utf8)) }
