// A mapped file of which a page can't be had: the process ends with the words and the status that were prepared.

import CloneCore
import Foundation
import Glibc
import Testing

@Suite("Mapped files")
struct MappedFileTests {
    @Test("a lost page ends the process with its last words")
    func lost() async {
        let result = await #expect(processExitsWith: .exitCode(74), observing: [\.standardErrorContent]) {
            MappedFile.whenLost(write: "the disk failed\n", exit: 74)
            // A page behind the end of the file is as lost as one that a disk does not give.
            guard let file = tmpfile(), ftruncate(fileno(file), 4096) == 0,
                let pages = mmap(nil, 8192, PROT_READ, MAP_SHARED, fileno(file), 0), pages != MAP_FAILED
            else { exit(1) }
            exit(Int32(pages.load(fromByteOffset: 4096, as: UInt8.self)))
        }
        #expect(result.map { String(decoding: $0.standardErrorContent, as: UTF8.self).contains("the disk failed\n") } == true)
    }
}
