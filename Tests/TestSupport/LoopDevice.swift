// A loop device that a test has attached. The rule: it is detached by its name only while it still holds the file that
// this test attached; after somebody else's detach the same name may serve another test or the system.

import Foundation
package import SystemPackage

/// How to attach a file.
package struct LoopOptions: Sendable {
    package var offset = 0
    package var sizeLimit = 0
    package var directIO = false
    package var readOnly = false

    package init(offset: Int = 0, sizeLimit: Int = 0, directIO: Bool = false, readOnly: Bool = false) {
        self.offset = offset
        self.sizeLimit = sizeLimit
        self.directIO = directIO
        self.readOnly = readOnly
    }
}

package struct LoopDevice: Sendable {
    /// `/dev/loopN`
    package let path: FilePath
    private let backingFile: String

    init(attaching file: FilePath, _ options: LoopOptions) throws {
        var arguments = ["--find", "--show", "--offset", "\(options.offset)"]
        if options.sizeLimit > 0 { arguments += ["--sizelimit", "\(options.sizeLimit)"] }
        if options.directIO { arguments += ["--direct-io=on"] }
        if options.readOnly { arguments += ["--read-only"] }
        let output = try Command.run("losetup", arguments + ["--", file.string])
        path = FilePath(output.trimmingCharacters(in: .whitespacesAndNewlines))
        backingFile = try Self.backingFile(of: path) ?? { throw FixtureError("nothing is attached to \(output)") }()
    }

    /// Whether the device still holds the file, under its name then or unlinked since.
    package var isAttached: Bool {
        guard let now = try? Self.backingFile(of: path) else { return false }
        return now == backingFile || now == backingFile + " (deleted)"
    }

    /// Detaches, and waits until the kernel has let go of the file.
    package func detach() throws {
        guard isAttached else { return }
        try Command.run("losetup", ["--detach", path.string])
        let end = ContinuousClock.now + .seconds(10)
        while isAttached {
            if ContinuousClock.now > end { throw FixtureError("\(path) is still in use") }
            usleep(5000)
        }
    }

    private static func backingFile(of device: FilePath) throws -> String? {
        guard let name = device.lastComponent?.string else { return nil }
        let text = try? String(contentsOfFile: "/sys/block/\(name)/loop/backing_file", encoding: .utf8)
        return text.map { $0.hasSuffix("\n") ? String($0.dropLast()) : $0 }
    }
}

extension TestScope {
    /// Attaches a file to a free loop device until the end of the test.
    package func attach(_ file: FilePath, _ options: LoopOptions = LoopOptions()) throws -> LoopDevice {
        let device = try LoopDevice(attaching: file, options)
        atEnd("detach \(device.path)") { try device.detach() }
        return device
    }
}
