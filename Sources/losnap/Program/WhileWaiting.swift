// What a command does while it waits for another losnap's lock: it says for whom, and collects what was found left frozen meanwhile. The rule: it
// says so only where people may read it (no --json, no --quiet), and once for each lock and holder.

import CloneCore
import Synchronization

/// Waits for locks in front of people.
final class WhileWaiting: Sendable {
    private let write: (@Sendable (String) -> Void)?
    private let told = Mutex<Set<String>>([])
    private let found = Mutex<[LeftFrozen]>([])

    /// - Parameter write: nil where nobody wants to know.
    init(write: (@Sendable (String) -> Void)?) { self.write = write }

    /// Says for whom the command waits. To be called about once a second.
    func say(_ what: String, _ holder: LockOwner?) {
        let text = "losnap: \(EscapedText.line(what)): waiting for \(EscapedText.line(holder?.words ?? "another losnap"))\n"
        if let write, told.withLock({ $0.insert(text).inserted }) { write(text) }
    }

    /// Takes note of what was found after the command's first look.
    func add(_ item: LeftFrozen) { found.withLock { $0.append(item) } }

    /// What was found so far, which is thereby told.
    func takeFound() -> [LeftFrozen] {
        found.withLock { found in
            defer { found = [] }
            return found
        }
    }
}
