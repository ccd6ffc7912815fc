// The line on a terminal that shows how far long work has come. The rule: only where people look (stderr is a terminal, no --json, no --quiet),
// only after a second, a few times a second, and gone when the work is done and before anything else is written: a hook's words go past this program.

import Glibc
import Snapshots
import Synchronization

/// Draws progress, and takes it away.
final class ProgressLine: Sendable {
    private struct State {
        var work: WorkProgress.Work?
        var done: Int64 = 0
        var began = 0.0
        var drawn = 0.0
        var isShown = false
    }

    private let write: @Sendable (String) -> Void
    private let width: Int
    /// Seconds on a clock that only goes forward.
    private let clock: @Sendable () -> Double
    private let state = Mutex(State())

    /// How long work lasts before it is shown, and between two pictures, in seconds.
    private static let patience = 1.0
    private static let interval = 0.1

    init(width: Int, clock: @escaping @Sendable () -> Double = ProgressLine.monotonic, write: @escaping @Sendable (String) -> Void) {
        self.write = write
        self.width = width
        self.clock = clock
    }

    /// Shows it, if it is time to; takes it away when all is done.
    func show(_ progress: WorkProgress) {
        if progress.done >= progress.total { return clear() }
        let now = clock()
        let text = state.withLock { state -> String? in
            // The same from the beginning is another piece of work: the next image of a group.
            if state.work != progress.work || progress.done < state.done {
                state.work = progress.work
                state.began = now
            }
            state.done = progress.done
            guard now - state.began >= Self.patience, now - state.drawn >= Self.interval else { return nil }
            state.drawn = now
            state.isShown = true
            // A line that fills the last column makes some terminals go on to the next.
            return ProgressText(progress: progress, seconds: now - state.began).line(width: width - 1)
        }
        if let text { write("\r\(text)\u{1B}[K") }
    }

    /// Takes the line away. What comes next begins anew.
    func clear() {
        let wasShown = state.withLock { state in
            defer { state = State() }
            return state.isShown
        }
        if wasShown { write("\r\u{1B}[K") }
    }

    @Sendable static func monotonic() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}

extension ProgressLine {
    /// That of the terminal on that descriptor; nil if it can't take a line back.
    convenience init?(terminal descriptor: CInt, type: String?) {
        if type == "dumb" { return nil }
        var size = winsize()
        let isKnown = ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        self.init(width: isKnown ? Int(size.ws_col) : 80) { text in
            // A terminal that is gone is nobody's loss: the work goes on.
            var text = text
            _ = text.withUTF8 { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        }
    }
}
