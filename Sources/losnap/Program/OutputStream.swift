// Writing to stdout and stderr by write(2). The rule: a failing write is noticed, but for a reader that has gone away: then the rest is
// nobody's loss, and the program ends as if it had been read.

import Glibc
import SystemPackage

/// One of the program's output streams, or a buffer of a test.
final class OutputStream {
    /// Nil for a buffer of a test.
    let descriptor: CInt?
    private var isClosed = false
    /// Runs before anything is written: what stands on the terminal for a while is taken away.
    var beforeWriting: (() -> Void)?
    /// What was written, if there is no descriptor.
    private(set) var collected = ""

    init(descriptor: CInt?) {
        self.descriptor = descriptor
    }

    /// Whether it is a terminal.
    var isTerminal: Bool { terminal != nil }

    /// The descriptor, if it is a terminal.
    var terminal: CInt? { descriptor.flatMap { isatty($0) == 1 ? $0 : nil } }

    /// Writes the whole text.
    func write(_ text: String) throws(FrontError) {
        beforeWriting?()
        guard !isClosed else { return }
        guard let descriptor else {
            collected += text
            return
        }
        do {
            _ = try FileDescriptor(rawValue: descriptor).writeAll(text.utf8)
        } catch let error as Errno {
            isClosed = true
            if error != .brokenPipe { throw .output(error) }
        } catch {
            throw .output(.ioError)
        }
    }
}
