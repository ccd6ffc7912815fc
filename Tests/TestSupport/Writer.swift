// Write load whose order can be checked afterwards. In a process of its own a number goes to the file `ahead` and to the
// disk, then to `behind` and to the disk, then the next number. So in every picture of one instant `ahead` equals
// `behind` or is one more. (Never write from the test's own process: on a frozen filesystem it could not be killed.)

import Foundation
package import SystemPackage

package struct Writer: Sendable {
    package let process: ChildProcess
    let directory: FilePath

    /// The last number in each file, in any copy of the directory; nil when not yet there.
    package static func numbers(in directory: FilePath) -> (ahead: Int, behind: Int)? {
        func number(_ name: String) -> Int? {
            let text = try? String(contentsOfFile: directory.appending(name).string, encoding: .utf8)
            return text.flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
        }
        guard let ahead = number("ahead"), let behind = number("behind") else { return nil }
        return (ahead, behind)
    }

    /// Waits until the writer has written `count` more numbers.
    package func waitForProgress(_ count: Int = 3, within limit: Duration = .seconds(20)) throws {
        let start = Self.numbers(in: directory)?.behind ?? 0
        let end = ContinuousClock.now + limit
        while (Self.numbers(in: directory)?.behind ?? 0) < start + count {
            if process.poll() != nil { throw FixtureError("the writer has ended: \(process.finish(within: .seconds(1)).stderr)") }
            if ContinuousClock.now > end { throw FixtureError("the writer makes no progress") }
            usleep(2000)
        }
    }

    /// Ends the writer; on a filesystem that is still frozen it can't die, which throws.
    package func stop() throws {
        if process.end(within: .seconds(10)) == nil { throw FixtureError("the writer does not die: is its filesystem frozen?") }
    }
}

extension TestScope {
    /// Starts a writer in a directory, and waits until it has begun.
    package func writer(in directory: FilePath) throws -> Writer {
        let script = """
            number=0
            record() { printf '%010d\\n' "$number" | dd of="$1" conv=notrunc,fdatasync status=none; }
            while :; do number=$((number + 1)); record ahead && record behind || exit 1; done
            """
        let shell = Tool(executable: "/bin/sh")
        let writer = Writer(process: try start(shell.invocation(["-c", script], directory: directory)), directory: directory)
        try writer.waitForProgress(1)
        return writer
    }
}
