// What a long run tells of itself while it goes on: how often something was tried. The rule: nothing in a usual run.

import Foundation

package enum LongRun {
    /// One line on stderr.
    package static func tell(_ line: String) {
        guard TestLength.isLong else { return }
        FileHandle.standardError.write(Data("\(line)\n".utf8))
    }
}
