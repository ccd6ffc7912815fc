// One target with its inputs: first the corpus as it is, then mutations of it. Inputs that are understood become seeds themselves, so that later
// ones go deeper. The rule: bounded in time for every input (SIGALRM ends the process) and in memory for all of them together.

internal import Glibc

struct Session {
    let target: Target
    let request: Request
    let note: InputNote

    /// An input that takes so long, in seconds, hangs.
    private static let patience: UInt32 = 30
    /// How many understood inputs are seeds at one time, beside the corpus.
    private static let mostLearnt = 512

    func run() throws {
        let started = now()
        let before = peak()
        let corpus = try seeds()
        for seed in corpus { _ = try attempt(seed, "corpus") }
        var mutator = Mutator(seed: request.seed, tokens: target.tokens, corpus: corpus)
        var learnt: [[UInt8]] = []
        var understood = 0
        for index in 0..<request.inputs {
            if index % 64 == 0 { alarm(Self.patience) }
            let input = mutator.next(learnt)
            guard try attempt(input, "input \(index)") else { continue }
            understood += 1
            if learnt.count < Self.mostLearnt {
                learnt.append(input)
            } else if understood % 16 == 0 {
                learnt[Int.random(in: 0..<learnt.count, using: &mutator.generator)] = input
            }
        }
        alarm(0)
        let seconds = now() - started
        let grown = peak() - before
        let rate = seconds > 0 ? Int(Double(request.inputs) / seconds) : 0
        print(
            "\(target.name): \(request.inputs) inputs, \(understood) understood, seed \(request.seed), \(Int(seconds * 10)) tenths of a second, "
                + "\(rate) a second, grown by \(grown) MiB")
        try expect(grown <= request.memory, "\(target.name): grew by \(grown) MiB, which is more than \(request.memory)")
    }

    func replay(_ files: [String]) throws {
        for file in files {
            guard let bytes = contents(file) else { throw Request.Misuse(description: "\(file): can't be read") }
            // What a crashed run has left is longer than any corpus file.
            let input = bytes.count > 16 << 20 ? InputNote.input(in: bytes) : bytes
            print("\(target.name): \(file): \(try attempt(input, file) ? "understood" : "refused")")
        }
    }

    /// Inputs of 16 MiB: each seed, and what costs much, over and over.
    func tryHuge() throws {
        let before = peak()
        let size = 16 << 20
        let pieces =
            try seeds().filter { !$0.isEmpty } + target.tokens.map { Array($0.utf8) } + [
                [0], [0xFF], [0x20], [0x0A], Array("\u{301}".utf8),
            ]
        // Each seed and each hint is tried long; of the many a few, else it takes minutes.
        var generator = Seeded(request.seed)
        for piece in pieces.shuffled(using: &generator).prefix(4) {
            var input: [UInt8] = []
            input.reserveCapacity(size + piece.count)
            while input.count < size { input += piece }
            alarm(Self.patience * 4)
            _ = try attempt(input, "16 MiB of \(String(decoding: piece.prefix(60), as: UTF8.self).debugDescription)")
        }
        alarm(0)
        let grown = peak() - before
        print("\(target.name): 4 inputs of 16 MiB, grown by \(grown) MiB")
        try expect(grown <= request.memory, "\(target.name): grew by \(grown) MiB, which is more than \(request.memory)")
    }

    /// Whether the input was understood.
    private func attempt(_ input: [UInt8], _ what: String) throws -> Bool {
        note.write(input)
        do {
            return try target.attempt(input)
        } catch let fault as Fault {
            let shown = String(decoding: input.prefix(2000), as: UTF8.self).debugDescription
            let seed = "seed \(request.seed)"
            throw Fault("\(target.name), \(what), \(seed): \(fault.words)\n\(shown)\nthe whole input is in \(request.note)")
        }
    }

    private func seeds() throws -> [[UInt8]] {
        let folder = "\(request.corpus)/\(target.name)"
        guard let directory = opendir(folder) else { throw Request.Misuse(description: "\(folder): there is no corpus") }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted().compactMap { contents("\(folder)/\($0)") }
    }
}

private func contents(_ path: String) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
        let count = read(descriptor, &buffer, buffer.count)
        if count <= 0 { return count == 0 ? bytes : nil }
        bytes += buffer[..<count]
    }
}

private func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// The most memory that the process ever had, in MiB.
private func peak() -> Int {
    var usage = rusage()
    getrusage(Int32(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss / 1024
}
