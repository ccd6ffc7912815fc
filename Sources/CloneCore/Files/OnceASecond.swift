// Something that is done once a second beside a call that blocks. The rule: it has ended when the caller goes on, so that nothing of it is left when
// the process forks.

internal import Glibc

/// A thread that calls a body once a second until it is ended.
final class OnceASecond {
    private final class Work: Sendable {
        let pipe: CInt
        let body: @Sendable () -> Void

        init(pipe: CInt, body: @escaping @Sendable () -> Void) {
            self.pipe = pipe
            self.body = body
        }

        func run() {
            var readable = pollfd(fd: pipe, events: Int16(POLLIN), revents: 0)
            while true {
                let result = poll(&readable, 1, 1000)
                if result == 0 { body() } else if result > 0 || errno != EINTR { return }
            }
        }
    }

    private var pipe: (read: CInt, write: CInt)
    private var thread = pthread_t()

    /// Begins. Nil: there is no thread to be had, and nothing is done.
    init?(_ body: @escaping @Sendable () -> Void) {
        var ends: [CInt] = [-1, -1]
        guard Glibc.pipe(&ends) == 0 else { return nil }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        pipe = (ends[0], ends[1])
        // The thread's own reference, which it gives back at its end.
        let work = Unmanaged.passRetained(Work(pipe: ends[0], body: body))
        let result = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<Work>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, work.toOpaque())
        guard result == 0 else {
            work.release()
            close(ends[0])
            close(ends[1])
            return nil
        }
    }

    /// Ends it, and waits for a call that is under way.
    func end() {
        close(pipe.write)
        pthread_join(thread, nil)
        close(pipe.read)
    }
}
