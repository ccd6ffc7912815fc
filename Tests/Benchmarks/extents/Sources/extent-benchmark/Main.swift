// Reads the extent map of a file once, and prints how many extents there are and how long it took in microseconds: what fiemap.c does by the
// bare call.
// Usage: extent-benchmark FILE

import CloneCore
import Foundation

@main struct Benchmark {
    static func main() throws {
        guard CommandLine.arguments.count == 2 else { exit(64) }
        let path = CommandLine.arguments[1]
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            perror(path)
            exit(1)
        }
        let clock = ContinuousClock()
        let start = clock.now
        let map = try ExtentMap.read(descriptor, path: path)
        let took = (clock.now - start).components
        print(map.extents.count, Double(took.seconds) * 1e6 + Double(took.attoseconds) / 1e12)
    }
}
