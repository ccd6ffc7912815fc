// A MariaDB server of the test's own, from the distribution's packages. The rules: socket and data are the test's, there is no network, and it
// runs as nobody; every call is bounded; it is killed before its data is unmounted.

import Foundation
import SystemPackage
import TestSupport
import Testing

struct MariaDBServer {
    private let scope: TestScope
    private let data: FilePath
    private let process: ChildProcess
    /// An option file that leads clients to the server.
    let defaults: FilePath

    /// Makes a data directory below `directory`, and starts the server.
    static func make(in directory: FilePath, scope: TestScope) throws -> MariaDBServer {
        let data = directory.appending("data")
        let temporary = try scope.freshDirectory("maria")
        for path in [data, temporary] { try Command.run("install", ["-d", "-o", "\(TestScope.nobody)", "-m", "755", path.string]) }
        let options = [
            "--no-defaults", "--datadir=\(data)", "--skip-test-db", "--auth-root-authentication-method=socket",
            "--auth-root-socket-user=root", "--tmpdir=\(temporary)",
        ]
        let outcome = try ChildProcess(try asNobody("mariadb-install-db", options)).finish(within: .seconds(60))
        try #require(outcome.succeeded, "\(outcome.stdout)\(outcome.stderr)")
        return try MariaDBServer(starting: data, scope: scope)
    }

    /// Starts another one on the data directory in a copy of this one's filesystem. It mends no tables by itself.
    func copy(in directory: FilePath) throws -> MariaDBServer { try MariaDBServer(starting: directory.appending("data"), scope: scope) }

    private init(starting data: FilePath, scope: TestScope) throws {
        let place = try scope.freshDirectory("maria")
        try Command.run("chown", ["\(TestScope.nobody)", place.string])
        let options = [
            "--no-defaults", "--datadir=\(data)", "--socket=\(place)/socket", "--pid-file=\(place)/pid", "--skip-networking",
            "--tmpdir=\(place)", "--myisam-recover-options=OFF", "--innodb-buffer-pool-size=32M",
        ]
        (self.scope, self.data) = (scope, data)
        process = try scope.start(Self.asNobody("mariadbd", options))
        defaults = place.appending("client.cnf")
        try scope.write("[client]\nsocket=\(place)/socket\n", to: defaults)
        try wait { try Command.outcome("mariadb-admin", ["--defaults-file=\(defaults)", "--silent", "ping"]).succeeded }
    }

    /// The answer, fields joined by tabs.
    @discardableResult
    func query(_ text: String) throws -> String {
        try Command.run("mariadb", ["--defaults-file=\(defaults)", "--batch", "--skip-column-names", "--execute=\(text)"])
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// A client that runs these statements again and again.
    func load(_ statements: String) throws -> ChildProcess {
        let script = "while echo \"$1\"; do :; done | mariadb --defaults-file=\(defaults)"
        return try scope.start(Tool(executable: "/bin/sh").invocation(["-c", script, "load", statements]))
    }

    /// Waits until it is so.
    func wait(until condition: () throws -> Bool) throws {
        let end = ContinuousClock.now + .seconds(30)
        while try !condition() {
            if process.poll() != nil { throw FixtureError("mariadbd has ended: \(process.finish(within: .seconds(1)).stderr)") }
            if ContinuousClock.now > end { throw FixtureError("it does not come to pass") }
            usleep(50_000)
        }
    }

    /// Kills it.
    func end() { process.end() }

    private static func asNobody(_ program: String, _ options: [String]) throws -> Invocation {
        let user = ["--reuid=\(TestScope.nobody)", "--regid=\(TestScope.nobody)", "--clear-groups", "--"]
        return Tool(executable: "/usr/bin/setpriv").invocation(user + [program] + options)
    }
}

extension Trait where Self == ConditionTrait {
    /// For tests with a MariaDB server.
    static var needsMariaDB: Self {
        .enabled(if: ["mariadbd", "mariadb-install-db", "mariadb-admin"].allSatisfy { Command.find($0) != nil }, "needs MariaDB")
    }
}
