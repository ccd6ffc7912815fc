// From seeds to inputs that nobody would write: bits turned over, pieces cut out, doubled, put into one another, numbers and words exchanged for those
// at which programs break. The rule: what comes depends on the seed alone.

struct Mutator {
    var generator: Seeded
    private let tokens: [[UInt8]]
    private let corpus: [[UInt8]]

    /// Longer inputs are cut: a piece that is doubled again and again would be all there is.
    private static let longest = 8192

    private static let words: [[UInt8]] =
        [
            "\0", "\\", "..", "../../etc/passwd", "/", "//", ".", "%", "%n%s", "-", "--", "@", "~", ":", ",", "\"", "'", "{", "}", "[", "]",
            "*", "?", "#",
            "&", "!", "|", ">", " ", "\t", "\n", "\r\n", "\r", "\u{85}", "\u{2028}", "\u{FEFF}", "\u{301}", "\u{1F469}\u{200D}\u{1F4BB}",
            "\u{202E}",
            "\u{1B}[31m", "\u{E9}", "e\u{301}", "\u{10FFFF}", "null", "true", "false", "\\u0000", "\\ud800", "\\040", "\\777",
        ].map { Array($0.utf8) } + [
            [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xE2, 0x82], [0x80], Array(repeating: 0x41, count: 300),
            Array(repeating: 0x39, count: 40), Array(repeating: 0x5B, count: 1200), Array(repeating: 0x2F, count: 4100),
        ]

    private static let numbers: [[UInt8]] = [
        "0", "00", "1", "-1", "+1", "9", "10", "59", "60", "255", "256", "4095", "4096", "65535", "65536", "2147483647", "2147483648",
        "4294967295",
        "4294967296", "9007199254740991", "9007199254740992", "9223372036854775807", "9223372036854775808", "-9223372036854775808",
        "18446744073709551615", "18446744073709551616", "253402300799999", "253402300800000", "-62167219200001", "1099511627776", "1e309",
        "1e3", "0.5",
        "NaN", "0x10", "\u{663}",
    ].map { Array($0.utf8) }

    init(seed: UInt64, tokens: [String], corpus: [[UInt8]]) {
        generator = Seeded(seed)
        self.tokens = tokens.map { Array($0.utf8) }
        self.corpus = corpus.isEmpty ? [[]] : corpus
    }

    /// The next input; some begin with one of the learnt.
    mutating func next(_ learnt: [[UInt8]]) -> [UInt8] {
        var bytes = seed(learnt)
        for _ in 0..<Int.random(in: 1...5, using: &generator) { mutate(&bytes, learnt) }
        if bytes.count > Self.longest { bytes.removeSubrange(Self.longest...) }
        return bytes
    }

    private mutating func seed(_ learnt: [[UInt8]]) -> [UInt8] {
        if learnt.isEmpty || generator.chance(50) { return pick(corpus) }
        return pick(learnt)
    }

    private mutating func pick(_ list: [[UInt8]]) -> [UInt8] { list[Int.random(in: 0..<list.count, using: &generator)] }

    /// A word at which programs break.
    private mutating func word() -> [UInt8] {
        switch Int.random(in: 0..<(tokens.isEmpty ? 2 : 4), using: &generator) {
        case 0: pick(Self.words)
        case 1: pick(Self.numbers)
        default: pick(tokens)
        }
    }

    /// A place in the input, its end included.
    private mutating func place(_ bytes: [UInt8]) -> Int { Int.random(in: 0...bytes.count, using: &generator) }

    /// A stretch of the input, short ones more often.
    private mutating func stretch(_ bytes: [UInt8]) -> Range<Int> {
        let start = place(bytes)
        let most = generator.chance(80) ? 16 : bytes.count
        return start..<min(bytes.count, start + Int.random(in: 0...most, using: &generator))
    }

    private mutating func mutate(_ bytes: inout [UInt8], _ learnt: [[UInt8]]) {
        switch Int.random(in: 0..<13, using: &generator) {
        case 0:
            guard !bytes.isEmpty else { return }
            bytes[Int.random(in: 0..<bytes.count, using: &generator)] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        case 1:
            guard !bytes.isEmpty else { return }
            bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
        case 2, 3: bytes.insert(contentsOf: word(), at: place(bytes))
        case 4: bytes.replaceSubrange(stretch(bytes), with: word())
        case 5: bytes.removeSubrange(stretch(bytes))
        case 6:
            let range = stretch(bytes)
            let piece = Array(bytes[range])
            let times = generator.chance(90) ? Int.random(in: 1...4, using: &generator) : Int.random(in: 5...100, using: &generator)
            for _ in 0..<times where bytes.count < Self.longest { bytes.insert(contentsOf: piece, at: range.upperBound) }
        case 7: bytes.removeSubrange(place(bytes)...)
        case 8:
            let other = seed(learnt)
            bytes.replaceSubrange(place(bytes)..., with: other[place(other)...])
        case 9, 10: replaceRun(in: &bytes, with: generator.chance(80) ? pick(Self.numbers) : word()) { (0x30...0x39).contains($0) }
        case 11:
            replaceRun(in: &bytes, with: word()) {
                $0 > 0x20 && ![0x22, 0x27, 0x3A, 0x2C, 0x2F, 0x40, 0x5B, 0x5D, 0x7B, 0x7D].contains($0)
            }
        default:
            var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map(Array.init)
            let other = seed(learnt).split(separator: 0x0A, omittingEmptySubsequences: false)
            let line = Int.random(in: 0..<lines.count, using: &generator)
            switch Int.random(in: 0..<3, using: &generator) {
            case 0: lines.insert(Array(other[Int.random(in: 0..<other.count, using: &generator)]), at: line)
            case 1: lines.swapAt(line, Int.random(in: 0..<lines.count, using: &generator))
            default: lines.remove(at: line)
            }
            bytes = Array(lines.joined(separator: [0x0A]))
        }
    }

    /// Exchanges one run of such bytes.
    private mutating func replaceRun(in bytes: inout [UInt8], with new: [UInt8], _ belongs: (UInt8) -> Bool) {
        guard !bytes.isEmpty else { return }
        let start = Int.random(in: 0..<bytes.count, using: &generator)
        guard let begin = bytes[start...].firstIndex(where: belongs) ?? bytes[..<start].firstIndex(where: belongs) else { return }
        var low = begin
        var high = begin
        while low > 0, belongs(bytes[low - 1]) { low -= 1 }
        while high < bytes.count, belongs(bytes[high]) { high += 1 }
        bytes.replaceSubrange(low..<high, with: new)
    }
}
