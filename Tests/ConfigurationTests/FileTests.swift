// Which files are read, and as whom.

import CloneCore
import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import Configuration

@Suite struct FileTests {
    private func error(_ path: FilePath, user: UInt32 = 1000) -> ConfigurationError? {
        do throws(ConfigurationError) {
            _ = try LosnapConfiguration.read(path, .required, user: user, kernel: .linux)
            return nil
        } catch {
            return error
        }
    }

    @Test func `what is no configuration`() throws {
        try TestScope.with { scope in
            let path = scope.directory.appending("losnap.yaml")
            #expect(error(path)?.category == .notFound)
            #expect(try LosnapConfiguration.read(path, .optional, user: 1000, kernel: .linux) == nil)
            #expect(error(path.appending("beneath"))?.code == "configuration_missing")
            #expect(error(scope.directory)?.message.hasSuffix("it is not a regular file") == true)
            try scope.write("", to: path)
            #expect(error(path) == nil)
            try scope.write(String(repeating: "#\n", count: 1 << 19), to: path)
            #expect(error(path) == nil)
            try scope.write(String(repeating: "#\n", count: 1 << 19) + "#", to: path)
            #expect(error(path)?.code == "configuration_too_large")
            let fifo = scope.directory.appending("fifo")
            #expect(mkfifo(fifo.string, 0o600) == 0)
            #expect(error(fifo)?.code == "configuration_unreadable")
        }
    }

    @Test(arguments: [0, 1000] as [UInt32]) func `the null device is an empty configuration, and no other is`(user: UInt32) throws {
        let read = try LosnapConfiguration.read("/dev/null", .required, user: user, kernel: .linux)
        #expect(read?.sources.isEmpty == true && read?.policies.isEmpty == true)
        #expect(error("/dev/zero", user: user) != nil)
        // A file in its place, as an unlucky program may leave it, is a file like others.
        var kernel = Kernel.linux
        kernel.statusOf = { (directory, name) throws(Errno) in try Kernel.linux.statusOf(directory, "/etc/passwd") }
        #expect(throws: ConfigurationError.self) { try LosnapConfiguration.read("/dev/null", .required, user: user, kernel: kernel) }
    }

    @Test(.enabled(if: geteuid() == 0, "needs root, to make files of root")) func `root reads only what nobody else can change`() throws {
        try TestScope.with { scope in
            let folder = scope.directory.appending("etc")
            #expect(mkdir(folder.string, 0o755) == 0)
            let path = folder.appending("losnap.yaml")
            #expect(error(path, user: 0)?.code == "configuration_missing")
            try scope.write("{}", to: path)
            #expect(error(path, user: 0) == nil)

            chmod(path.string, 0o664)
            #expect(error(path, user: 0) == .exposed(path: path, .writable))
            chmod(path.string, 0o644)
            chown(path.string, 1000, 0)
            #expect(error(path, user: 0) == .exposed(path: path, .owner(1000)))
            #expect(error(path) == nil)
            chown(path.string, 0, 0)
            for mode: mode_t in [0o777, 0o1777, 0o775] {
                chmod(folder.string, mode)
                #expect(error(path, user: 0) == .exposed(path: folder, .writable))
            }
            chmod(folder.string, 0o755)
            chown(folder.string, 1000, 0)
            #expect(error(path, user: 0)?.category == .permission)
            chown(folder.string, 0, 0)

            let link = folder.appending("link.yaml")
            #expect(symlink(path.string, link.string) == 0)
            let way = scope.directory.appending("way")
            #expect(symlink(folder.string, way.string) == 0)
            // Links of root's to what is root's are as good as that; each step behind them counts, too.
            for name in [link, way.appending("losnap.yaml")] { #expect(error(name, user: 0) == nil) }
            chmod(folder.string, 0o777)
            for name in [link, way.appending("losnap.yaml")] { #expect(error(name, user: 0) == .exposed(path: folder, .writable)) }
            chmod(folder.string, 0o755)
            let theirs = scope.directory.appending("theirs")
            #expect(mkdir(theirs.string, 0o755) == 0)
            chown(theirs.string, 1000, 0)
            let through = scope.directory.appending("through")
            #expect(symlink(theirs.appending("losnap.yaml").string, through.string) == 0)
            #expect(symlink(path.string, theirs.appending("losnap.yaml").string) == 0)
            #expect(error(through, user: 0) == .exposed(path: theirs, .owner(1000)))
            for (name, exposed) in [(link, link), (way.appending("losnap.yaml"), way)] {
                lchown(exposed.string, 1000, 0)
                #expect(error(name, user: 0) == .exposed(path: exposed, .owner(1000)))
                if geteuid() == 0 { #expect(error(name) == .exposed(path: exposed, .owner(1000))) }
            }
        }
    }

    @Test func `every error explains itself`() {
        let errors: [ConfigurationError] = [
            .missing(path: "/c"), .unreadable(path: "/c", .permissionDenied), .unreadable(path: "/c", .noFunction), .notAFile(path: "/c"),
            .exposed(path: "/c", .owner(5)), .exposed(path: "/c", .writable), .tooLarge(path: "/c", limit: 1),
            .invalid(path: "/c", []),
        ]
        for error in errors {
            #expect(!error.message.hasSuffix("."))
            #expect(error.message.contains("/c"))
            #expect(error.hint != nil)
        }
        let forbidden = ConfigurationError.unreadable(path: "/c", .noFunction).hint
        #expect(forbidden?.contains("RestrictSUIDSGID=") == true)
    }
}
