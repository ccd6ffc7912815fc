// A column that holds mostly the same text from row to row: a state, an origin, the path of an image. The rule: the text is compared as bytes with
// the one before, and read anew only where it differs, for making a string of it costs more than all else.

import Glibc

/// The last text of a column, and what it means.
final class RepeatedText<Value> {
    private var bytes: [UInt8] = []
    private var last: Value?

    /// What the text means; nil if `parse` can't read it.
    func value(of text: UnsafeBufferPointer<UInt8>, _ parse: (String) -> Value?) -> Value? {
        if let last, text.count == bytes.count, let start = text.baseAddress, memcmp(start, bytes, bytes.count) == 0 { return last }
        bytes = Array(text)
        last = parse(String(decoding: text, as: UTF8.self))
        return last
    }
}
