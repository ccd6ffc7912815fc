// Writers, and probes that measure how long a small write waits. A thread that waits for a frozen filesystem cannot be ended, so a
// watchdog thaws by hand what stays frozen too long, and reports it.

import Foundation
import Synchronization
import Glibc

/// A write that has not come back.
struct Flight: Sendable {
    let began: Double
    let thread: String
    /// How far it has been told of.
    var told = 0
    /// In so many looks in a row it waited for a thaw, and no record said that losnap is to thaw.
    var unrecorded = 0
}

extension Storm {
    /// Beyond the deadline and the second that losnap promises, what a busy machine takes.
    private static let slack = 6.0
    private static let limit = Place.deadline + 1 + slack

    /// Writes files with checksums into an image.
    func write(into image: Image) {
        guard let at = image.mountPoint else { return }
        var random = Seeded(request.seed ^ UInt64(image.name.utf8.reduce(0) { $0 &* 31 &+ UInt64($1) }))
        let gate = gate(image.name)
        let sizes = image.name == "in1" ? [4096, 20_000, 150_000] : [4096, 20_000, 150_000, 600_000]
        while !stop.isSet {
            if pause.isSet {
                rest(0.2)
                continue
            }
            if gate.enter(within: 1) {
                if isMounted(at) {
                    do {
                        try store(random.pick(sizes), in: at, by: "writer")
                        ledger.count("written \(image.name)")
                        let files = names(in: at).filter { isChecksum($0) }
                        if files.count > 50 { for name in files.shuffled(using: &random).prefix(15) { unlink("\(at)/\(name)") } }
                    } catch {
                        ledger.count("writer of \(image.name): \(error)")
                        rest(0.5)
                    }
                }
                gate.leave()
            }
            rest(random.between(0.1, 0.6))
        }
    }

    /// Writes a byte every moment.
    func probe(_ image: Image) {
        guard let at = image.mountPoint else { return }
        let thread = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/thread-self")) ?? ""
        while !stop.isSet {
            let began = now()
            flights.withLock { $0[image.name] = Flight(began: began, thread: thread) }
            let file = open(at + "/.probe", O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
            if file >= 0 {
                _ = Glibc.write(file, "x", 1)
                close(file)
            } else {
                ledger.count("probe of \(image.name): errno \(errno)")
            }
            let took = now() - began
            flights.withLock { $0[image.name] = nil }
            ledger.state.withLock { $0.longestWrites[image.name] = max($0.longestWrites[image.name] ?? 0, took) }
            rest(0.1)
        }
    }

    /// Looks after the probes until the end.
    func watch() {
        while !stop.isSet || flights.withLock({ !$0.isEmpty }) {
            for (name, flight) in flights.withLock({ $0 }) {
                let waited = now() - flight.began
                if waited > 0.5 { lookForRecord(name, flight) }
                if waited > Place.deadline + 1, flight.told == 0 {
                    mark(name, flight, 1)
                    ledger.note("a write to \(name) waits for \(String(format: "%.1f", waited)) s: \(surroundings(flight))")
                }
                if waited > Self.limit, flight.told < 2 {
                    mark(name, flight, 2)
                    thawByHand(name, waited, flight)
                }
            }
            rest(0.3)
        }
    }

    private func mark(_ name: String, _ flight: Flight, _ step: Int) {
        flights.withLock { flights in if flights[name]?.began == flight.began { flights[name]?.told = step } }
    }

    /// Frozen without a record, nobody will come to thaw.
    private func lookForRecord(_ name: String, _ flight: Flight) {
        let at = "\(place.mounts)/\(name)"
        let isRecorded = names(in: place.frozen).contains { text(place.frozen + "/" + $0).hasSuffix("mount \(at)") }
        let isFrozen = waitsForThaw(flight) && !isRecorded && !wasFrozenByOthers(name, since: flight.began)
        let looks = flights.withLock { flights in
            guard flights[name]?.began == flight.began else { return 0 }
            flights[name]?.unrecorded = isFrozen ? flight.unrecorded + 1 : 0
            return flights[name]?.unrecorded ?? 0
        }
        if looks == 5 { ledger.violation("frozen without a record", "\(name): \(surroundings(flight))") }
    }

    private func waitsForThaw(_ flight: Flight) -> Bool { text("/proc/\(flight.thread)/stack").contains("percpu_rwsem_wait") }

    private func thawByHand(_ name: String, _ waited: Double, _ flight: Flight) {
        let surroundings = surroundings(flight)
        guard waitsForThaw(flight) else {
            ledger.note("a write to \(name) waits for \(Int(waited)) s, not for a thaw: \(surroundings)")
            return
        }
        // The outer one first: an inner one waits for it.
        let thawed = (name == "in1" ? ["outer", "in1"] : [name]).filter { image in
            system("fsfreeze", "-u", "\(place.mounts)/\(image)", within: 5).succeeded
        }
        ledger.violation("left frozen", "\(name) for \(String(format: "%.1f", waited)) s, thawed by hand: \(thawed), \(surroundings)")
    }

    private func surroundings(_ flight: Flight) -> String {
        let records = names(in: place.frozen).map { "\($0): \(text(place.frozen + "/" + $0))" }
        let commands = running.withLock { running in
            running.map { pid, command in
                let kin = ([pid] + children(of: pid)).map { "\($0) \(text("/proc/\($0)/comm").dropLast()) \(text("/proc/\($0)/wchan"))" }
                return "\(command.words.joined(separator: " ")) \(command.blows) \(kin)"
            }
        }
        let stack = text("/proc/\(flight.thread)/stack").split(separator: "\n").prefix(4).joined(separator: " ")
        return quoted("at \(stack); records \(records); running \(commands)")
    }
}

/// Whether something is mounted at a directory.
func isMounted(_ path: String) -> Bool {
    var own = stat()
    var parent = stat()
    return stat(path, &own) == 0 && stat(path + "/..", &parent) == 0 && own.st_dev != parent.st_dev
}
