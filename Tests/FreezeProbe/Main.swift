// Takes clones as losnap does, with a kernel in which a call can be made to stall, fail, or be hit by a signal: a process of its own
// that tests can kill, stop and watch. The rule: the injected calls print nothing; a stall shows itself by a marker file outside.
//
// freezeprobe clone RUNTIME [--deadline MS] [--wait] [--crash] [--stall CALL:N:SECONDS] [--fail CALL:N:ERRNO]
//                           [--signal CALL:N:SIGNAL] [--stall-after CALL:N:SECONDS]
//                           IMAGE DEST [IMAGE DEST]...
// freezeprobe thaw RUNTIME

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
        let options = CloneOptions(
            consistency: request.consistency, maxFreezeNanoseconds: request.deadlineMilliseconds * 1_000_000,
            waitsForLocks: request.waits, places: RuntimePlaces(under: request.runtime))
        let job = try CloneJob(preparing: targets, options: options, outputs: [("stdout", 1), ("stderr", 2)], kernel: kernel)
        say("freezes \(job.frozenMountPoints.joined(separator: ","))")
        let taken = try job.run()
        for (place, clone) in zip(places, taken) { try place.fill(with: clone, from: clone.image) }
        for clone in taken { say("clone \(clone.consistency.rawValue) \(clone.frozenNanoseconds ?? 0)") }
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

/// One line on stdout, at once: what a killed process had said is not lost in a buffer.
private func say(_ line: String) { _ = try? FileDescriptor.standardOutput.writeAll(Array("\(line)\n".utf8)) }
