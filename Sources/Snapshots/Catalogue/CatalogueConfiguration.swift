// How every connection to a catalogue begins. The rule: one that can't be made costs an error and nothing else. GRDB looks at the file while it opens
// it, and gives the connection's queue back if that fails, which takes a thread and descriptors: just what there may be none of, and then the
// process traps or waits for ever. So each queue is kept.

import CQueues
import GRDB

extension Configuration {
    /// GRDB's own, and the queue of each connection is kept for as long as the process lives, some hundred bytes.
    static func keepingQueue() -> Configuration {
        var configuration = Configuration()
        // Runs on the queue, before the file is looked at.
        configuration.prepareDatabase { _ in cqueues_keep_current_queue() }
        return configuration
    }
}
