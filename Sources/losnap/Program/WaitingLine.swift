// What a command says while it waits for another losnap's lock. The rule: only what people may read (no --json, no --quiet), once for each lock and
// holder, and after a second: most waits are over sooner.

import CloneCore
import Glibc
import Synchronization
import SystemPackage

/// Says for whom the command waits.
final class WaitingLine: Sendable {
    private let write: @Sendable (String) -> Void
    private let told = Mutex<Set<String>>([])

    init(write: @escaping @Sendable (String) -> Void) { self.write = write }

    /// To be called about once a second.
    func show(_ what: String, _ holder: LockOwner?) {
        let text = "losnap: \(EscapedText.line(what)): waiting for \(EscapedText.line(holder?.words ?? "another losnap"))\n"
        if told.withLock({ $0.insert(text).inserted }) { write(text) }
    }
}
