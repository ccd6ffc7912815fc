// A PostgreSQL server of the test's own, from the distribution's packages. The rules: its port, sockets and data are the test's, and the
// machine's own clusters are left alone; every call is bounded; the server is stopped before its data is unmounted, also when the test fails.

import Foundation
import SystemPackage
import TestSupport
import Testing

struct PostgreSQLCluster {
    /// The newest version's programs; nil if there is none that can check itself (14 or later).
    static let programs: FilePath? = {
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
        let newest = versions.compactMap(Int.init).filter { version in
            ["initdb", "pg_ctl", "psql", "pgbench", "pg_amcheck"].allSatisfy {
                FileManager.default.isExecutableFile(atPath: "/usr/lib/postgresql/\(version)/bin/\($0)")
            }
        }.max()
        return newest.map { FilePath("/usr/lib/postgresql/\($0)/bin") }
    }()

    let scope: TestScope
    /// The data directory.
    let data: FilePath
    /// Sockets, logs and archive.
    let place: FilePath
    let port: Int

    /// Archived WAL.
    var archive: FilePath { place.appending("archive") }

    /// Makes a cluster with pgbench's tables in a directory of its own below `directory`, and starts it.
    static func make(in directory: FilePath, scope: TestScope) throws -> PostgreSQLCluster {
        let place = try scope.freshDirectory("pg")
        let cluster = PostgreSQLCluster(scope: scope, data: directory.appending("main"), place: place, port: 5432)
        for path in [cluster.data, cluster.archive] { try Command.run("install", ["-d", "-o", "postgres", "-m", "700", path.string]) }
        try Command.run("chown", ["postgres", place.string])
        try cluster.run("initdb", "-D", cluster.data.string, "-A", "trust", "--no-sync", "--locale=C.UTF-8")
        let settings = """
            max_wal_size = 200MB
            archive_mode = on
            archive_command = 'test ! -e "\(cluster.archive)/%f" && cp "%p" "\(cluster.archive)/%f"'

            """
        let file = try FileDescriptor.open(cluster.data.appending("postgresql.conf"), .writeOnly, options: [.append, .closeOnExec])
        try file.closeAfter { _ = try file.writeAll(settings.utf8) }
        try cluster.start()
        try cluster.run("pgbench", ["-i", "-q", "-s", "2"] + cluster.connection + ["postgres"])
        return cluster
    }

    /// The cluster in a copy of this one's filesystem, not started.
    func copy(in directory: FilePath, port: Int) throws -> PostgreSQLCluster {
        let copy = PostgreSQLCluster(scope: scope, data: directory.appending("main"), place: place, port: port)
        // It names the server that runs on the original.
        try Command.run("rm", [copy.data.appending("postmaster.pid").string])
        return copy
    }

    private var connection: [String] { ["-h", place.string, "-p", "\(port)"] }

    /// Starts the server, with options of `postgres` besides, and waits until it answers.
    func start(_ options: String = "") throws {
        scope.atEnd("stop the server on port \(port)") { try stop("immediate") }
        try run(
            "pg_ctl", "start", "-w", "-t", "50", "-D", data.string, "-l", log.string, "-o",
            "-p \(port) -k \(place) -c listen_addresses='' \(options)")
    }

    /// Stops the server, if it runs.
    func stop(_ mode: String = "fast") throws {
        guard FileManager.default.fileExists(atPath: data.appending("postmaster.pid").string) else { return }
        try run("pg_ctl", "stop", "-w", "-t", "50", "-m", mode, "-D", data.string)
    }

    /// What the server has logged.
    func logged() throws -> String { try String(contentsOfFile: log.string, encoding: .utf8) }

    private var log: FilePath { place.appending("log-\(port)") }

    /// The answer to a query, fields joined by bars.
    @discardableResult
    func query(_ text: String) throws -> String {
        try run("psql", ["-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1"] + connection + ["-d", "postgres", "-c", text])
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Waits until a query's answer is true.
    func wait(until text: String) throws {
        let end = ContinuousClock.now + .seconds(30)
        while try query("SELECT \(text)") != "t" {
            if ContinuousClock.now > end { throw FixtureError("never true: \(text)\n\((try? logged()) ?? "")") }
            usleep(50_000)
        }
    }

    /// Four clients that transfer money until the end of the test, or until they are ended.
    func load() throws -> ChildProcess {
        let bench = try scope.start(invocation("pgbench", ["-n", "-c", "4", "-T", "300"] + connection + ["postgres"]))
        try waitForLoad()
        return bench
    }

    /// Waits until some more has been transferred.
    func waitForLoad() throws {
        let before = try query("SELECT count(*) FROM pgbench_history")
        try wait(until: "count(*) > \(before) + 20 FROM pgbench_history")
    }

    /// Asserts that each table and index is sound, and that no transfer is there by half.
    func expectSound(sourceLocation: SourceLocation = #_sourceLocation) throws {
        let check = ["--all", "--install-missing", "--heapallindexed", "--parent-check"]
        let outcome = try finished("pg_amcheck", check + connection)
        #expect(outcome.succeeded && outcome.stdout.isEmpty, "\(outcome.stdout)\(outcome.stderr)", sourceLocation: sourceLocation)
        let sums = try query(
            """
            SELECT (SELECT sum(abalance) FROM pgbench_accounts), (SELECT sum(tbalance) FROM pgbench_tellers),
                (SELECT sum(bbalance) FROM pgbench_branches), (SELECT sum(delta) FROM pgbench_history)
            """)
        let each = sums.split(separator: "|", omittingEmptySubsequences: false)
        #expect(each.count == 4 && Set(each).count == 1 && !sums.hasPrefix("|"), "\(sums)", sourceLocation: sourceLocation)
    }

    @discardableResult
    private func run(_ program: String, _ arguments: String...) throws -> String { try run(program, arguments) }

    @discardableResult
    private func run(_ program: String, _ arguments: [String]) throws -> String {
        let outcome = try finished(program, arguments)
        guard outcome.succeeded else {
            throw FixtureError("\(program) \(arguments): \(outcome.status) \(outcome.stderr)\((try? logged()) ?? "")")
        }
        return outcome.stdout
    }

    private func finished(_ program: String, _ arguments: [String]) throws -> Outcome {
        try ChildProcess(invocation(program, arguments)).finish(within: .seconds(60))
    }

    private func invocation(_ program: String, _ arguments: [String]) throws -> Invocation {
        let programs = try #require(Self.programs)
        let group = try Command.run("id", ["-g", "postgres"]).trimmingCharacters(in: .whitespacesAndNewlines)
        let asPostgres = ["--reuid=postgres", "--regid=\(group)", "--init-groups", "--", programs.appending(program).string]
        return Tool(executable: "/usr/bin/setpriv").invocation(asPostgres + arguments)
    }
}

extension Trait where Self == ConditionTrait {
    /// For tests with a PostgreSQL server.
    static var needsPostgreSQL: Self { .enabled(if: PostgreSQLCluster.programs != nil, "needs PostgreSQL 14 or later") }
}
