// The three standard streams, which whoever starts a program may have closed. The rule: nothing that is opened later gets their numbers, or what is meant
// for a reader would be written into a catalogue or an image.

internal import Glibc

package enum StandardStreams {
    /// Opens `/dev/null` for each that is closed, for reading only, so that a write still fails. To be called before anything else is opened.
    package static func fill() {
        for descriptor in CInt(0)...2 where fcntl(descriptor, F_GETFD) < 0 {
            // The lowest that is free: this one. It stays open in children, whose streams would else be the same trap.
            _ = open("/dev/null", O_RDONLY)
        }
    }
}
