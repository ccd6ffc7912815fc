// Runs many losnap commands at once over several images and pools, disturbs them, and checks the promises of Docs/crash-safety.md during
// the storm and after it. Needs root. The seed decides what each worker tries; the kernel decides how the commands interleave.
//
// storm DIRECTORY LOSNAP [--seed N] [--minutes M] [--workers N] [--samples N] [--only WORK]... [--single] [--keep]
// storm DIRECTORY --clean
//
// The storm creates DIRECTORY and removes it at the end. After a violation DIRECTORY/log stays: `commands`, `violations`, `notes`,
// `report`, `hang-...`. loclone must be beside LOSNAP. Exit status 0: no violation; 1: violations, each printed when it was found; 2: the
// storm could not be set up; 64: usage. SIGINT and SIGTERM end the storm early; it checks the rest all the same.

import Foundation
import Glibc
import Synchronization

private let interrupted = Atomic(false)

@main
enum Main {
    static func main() {
        umask(0o022)
        setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1)
        let request: Request
        do { request = try Request(Array(CommandLine.arguments.dropFirst())) } catch {
            FileHandle.standardError.write(Data("\(error)\n\(Request.usage)\n".utf8))
            exit(64)
        }
        let place = Place(directory: request.directory)
        if request.cleans {
            let left = place.clean(keepsLog: false)
            for name in left { say("left: \(name)") }
            exit(left.isEmpty ? 0 : 2)
        }
        guard geteuid() == 0 else { fail("needs root") }
        guard request.only.allSatisfy({ Worker.workNames.contains($0) }) else {
            fail("--only takes \(Worker.workNames.joined(separator: ", "))")
        }
        for number in [SIGINT, SIGTERM] { signal(number) { _ in interrupted.store(true, ordering: .relaxed) } }
        say("seed \(request.seed), \(request.minutes) minutes, \(request.workers) workers")
        let storm = Storm(request)
        do { try storm.setUp() } catch {
            _ = place.clean(keepsLog: false)
            fail("\(error)")
        }
        storm.rage { interrupted.load(ordering: .relaxed) }
        storm.examine()
        let report = storm.ledger.report()
        storm.ledger.append(report, to: "report")
        say(report)
        say(storm.ledger.summary())
        let isWell = storm.ledger.violations == 0
        let left = request.keeps ? [] : place.clean(keepsLog: !isWell)
        for name in left { say("left: \(name)") }
        exit(isWell && left.isEmpty ? 0 : 1)
    }

    private static func fail(_ words: String) -> Never {
        FileHandle.standardError.write(Data("storm: \(words)\n".utf8))
        exit(2)
    }
}

extension Storm {
    /// The storm itself, until its time is over.
    func rage(_ isInterrupted: @Sendable () -> Bool) {
        for catalogue in catalogues {
            for image in catalogue.images {
                let file = place.image(image)?.file ?? "\(place.user)/\(image).img"
                let words = ["create", catalogue === second ? image : file]
                var first = losnap(catalogue, "create", words, Manner(isQuiet: true))
                // Other programs' mounts and loop devices may come and go just then.
                for _ in 0..<20 where !first.succeeded {
                    rest(0.5)
                    first = losnap(catalogue, "create", words, Manner(isQuiet: true))
                }
                if !first.succeeded { ledger.violation("the first snapshot fails", first.evidence) }
                catalogue.known.withLock { known in for snapshot in first.snapshots { known.reported[snapshot.id] = snapshot } }
            }
        }
        var behind = place.mounted.flatMap { image in
            [Joined { [self] in write(into: image) }, Joined { [self] in probe(image) }]
        }
        behind += catalogues.map { catalogue in Joined { [self] in keepListing(catalogue) } }
        let watcher = Joined { [self] in watch() }
        var front = [Joined { [self] in disturb() }, Joined { [self] in fill() }]
        front += (0..<request.workers).map { number in Joined { [self] in Worker(self, number).work() } }
        let end = now() + request.minutes * 60
        var told = now()
        while now() < end, !isInterrupted() {
            rest(0.5)
            guard now() - told > 60 else { continue }
            told = now()
            say("\(ledger.clock()) \(ledger.summary())")
        }
        calm.set()
        for thread in front where !thread.join(within: 400) { ledger.violation("a worker does not end") }
        stop.set()
        for thread in behind + [watcher] where !thread.join(within: 60) { ledger.violation("a writer, a probe or a lister does not end") }
    }
}
