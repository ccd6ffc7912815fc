// Kills, stops and ends commands; more than half of the time one that a freeze record names.

import Foundation
import Synchronization
import Glibc

extension Storm {
    /// What is done to a command.
    enum Blow: String, CaseIterable, Sendable {
        case kill = "KILL"
        case terminate = "TERM"
        case interrupt = "INT"
        case hangUp = "HUP"
        case stop = "STOP"
        /// losnap and its guard, one after the other.
        case killBoth = "KILL both"
        case terminateBoth = "TERM both"
        case stopBoth = "STOP both"
        case killGuard = "KILL guard"
        case stopGuard = "STOP guard"
        /// losnap and its hooks; the guard is no member.
        case killProcessGroup = "KILL process group"
        /// losnap and its guard at one instant.
        case killControlGroup = "cgroup.kill"

        var weight: Double {
            switch self {
            case .kill: 30
            case .stop: 22
            case .terminate: 15
            case .killControlGroup: 14
            case .killBoth: 8
            case .killGuard, .stopGuard, .killProcessGroup: 6
            case .terminateBoth, .stopBoth, .interrupt, .hangUp: 4
            }
        }

        /// Whether it takes more than the one process of which losnap promises to survive the loss.
        var isManifold: Bool { ![.kill, .stop, .terminate, .interrupt, .hangUp].contains(self) }
    }

    /// Disturbs until it is calm.
    func disturb() {
        var random = Seeded(request.seed ^ 0x5151_5151)
        var later: [Joined] = []
        while !calm.isSet {
            rest(random.between(0.1, 1.0))
            let isAimed = random.chance(0.6)
            let holders = isAimed ? freezers(within: 2) : []
            if isAimed, holders.isEmpty { continue }
            if let stopped = strike(among: isAimed ? holders : nil, &random) { later.append(stopped) }
        }
        for stopped in later { stopped.join() }
    }

    /// The commands that freeze records name.
    private func freezers(within seconds: Double) -> [pid_t] {
        let end = now() + seconds
        while now() < end, !calm.isSet {
            let records = names(in: place.frozen).map { text(place.frozen + "/" + $0) }
            let numbers = Set(records.flatMap { $0.split { !$0.isNumber } }.compactMap { pid_t($0) })
            let found = running.withLock { running in running.filter { numbers.contains($0.key) && !$0.value.isQuiet }.map(\.key) }
            if !found.isEmpty { return found }
            rest(0.002)
        }
        return []
    }

    /// Whether a freeze record names only processes that are dead: the next command may thaw, and can't tell whose freeze it is.
    var hasOrphanedRecord: Bool {
        names(in: place.frozen).contains { name in
            let lines = text(place.frozen + "/" + name).split(separator: "\n").filter { $0.hasPrefix("process ") }
            return !lines.contains { exists("/proc/\($0.split(separator: " ")[1])") }
        }
    }

    /// Strikes one of the commands. Returns what lets it go on, if it was stopped.
    private func strike(among chosen: [pid_t]?, _ random: inout Seeded) -> Joined? {
        var blow = Blow.allCases[random.weighted(Blow.allCases.map { request.single && $0.isManifold ? 0 : $0.weight })]
        let length = random.pick([0.3, 1, 2, 3, Place.deadline + 2])
        let draw = random.next()
        return running.withLock { running in
            let pids = (chosen ?? running.filter { !$0.value.isQuiet }.map(\.key)).filter {
                running[$0] != nil && !(request.single && running[$0]?.blows.isEmpty == false)
            }.sorted()
            guard !pids.isEmpty else { return nil }
            let pid = pids[Int(draw % UInt64(pids.count))]
            guard var command = running[pid] else { return nil }
            if blow == .killControlGroup, command.group == nil { blow = .killBoth }
            let kin = children(of: pid)
            let time = String(format: "%.2f", now() - command.began)
            command.blows.append(
                "\(blow.rawValue) at \(time) s" + (chosen == nil ? "" : ", frozen") + (kin.isEmpty ? "" : ", \(kin.count) children"))
            running[pid] = command
            // Whoever was struck before may have no guard any more, or one that is stopped.
            if blow.isManifold || command.blows.count > 1 { lastOrphaning.withLock { $0 = now() } }
            ledger.count("blow: " + blow.rawValue + (chosen == nil ? "" : " while frozen"))
            return deliver(blow, to: pid, kin, command, length)
        }
    }

    /// Called with the lock of what runs.
    private func deliver(_ blow: Blow, to pid: pid_t, _ kin: [pid_t], _ command: Running, _ length: Double) -> Joined? {
        switch blow {
        case .kill: kill(pid, SIGKILL)
        case .terminate: kill(pid, SIGTERM)
        case .interrupt: kill(pid, SIGINT)
        case .hangUp: kill(pid, SIGHUP)
        case .killBoth: for process in [pid] + kin { kill(process, SIGKILL) }
        case .terminateBoth: for process in [pid] + kin { kill(process, SIGTERM) }
        case .killGuard: for process in kin { kill(process, SIGKILL) }
        // A session of its own, so its group has its number.
        case .killProcessGroup: kill(-pid, SIGKILL)
        case .killControlGroup:
            let file = open((command.group ?? "") + "/cgroup.kill", O_WRONLY | O_CLOEXEC)
            if file >= 0 {
                _ = Glibc.write(file, "1", 1)
                close(file)
            } else {
                for process in [pid] + kin { kill(process, SIGKILL) }
            }
        case .stop: return stop([pid], pid, command, length)
        case .stopGuard: return stop(kin, pid, command, min(length, 3))
        // Nobody can thaw then, so not for long.
        case .stopBoth: return stop([pid] + kin, pid, command, min(length, 1))
        }
        return nil
    }

    private func stop(_ processes: [pid_t], _ pid: pid_t, _ command: Running, _ length: Double) -> Joined {
        for process in processes { kill(process, SIGSTOP) }
        return Joined { [self] in
            rest(length)
            running.withLock { running in
                let isRunning = running[pid]?.began == command.began
                for process in processes where process != pid || isRunning { kill(process, SIGCONT) }
                // Others may have waited for it.
                for (key, other) in running { running[key]?.credit += min(length, now() - other.began) }
            }
        }
    }
}
