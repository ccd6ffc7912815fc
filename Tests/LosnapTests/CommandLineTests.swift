// What wrong arguments get: one sentence, one hint, status 64, and with --json the same as an object.

import Testing

@testable import losnap

@Suite struct CommandLineTests {
    struct Wrong: Sendable, CustomTestStringConvertible {
        let arguments: [String]
        let error: String
        let hint: String
        var testDescription: String { arguments.joined(separator: " ") }

        init(_ arguments: String, _ error: String, _ hint: String) {
            self.arguments = arguments.split(separator: " ").map(String.init)
            self.error = error
            self.hint = hint
        }
    }

    static let wrong = [
        Wrong("", "'losnap' needs a command", "see losnap --help"),
        Wrong("source", "'losnap source' needs a command", "see losnap source --help"),
        Wrong("crate home", "there is no command 'crate'", "did you mean 'losnap create'?"),
        Wrong("lsit", "there is no command 'lsit'", "did you mean 'losnap list'?"),
        Wrong("frobnicate", "there is no command 'frobnicate'", "see losnap --help"),
        Wrong("source lst", "there is no command 'source lst'", "did you mean 'losnap source list'?"),
        Wrong("create", "missing expected argument '<source> ...'", "see losnap create --help"),
        Wrong("create a -hold", "unknown option '-hold'", "long options have two dashes; a path is written with a slash, as ./-hold"),
        Wrong("create a --labell x", "unknown option '--labell'", "did you mean '--label'? see losnap create --help"),
        Wrong("create a --label", "missing value for '--label <text>'", "see losnap create --help"),
        Wrong("create a --max-freeze 5ms", "--max-freeze: '5ms' is not between 10ms and 10min", "write it like 500ms, 10s or 2min"),
        Wrong("create a --max-prepare 25h", "--max-prepare: '25h' is not between 1s and 24h", "write it like 90s or 10min"),
        Wrong("create a --max-freeze 11m", "--max-freeze: '11m' is not between 10ms and 10min", "write it like 500ms, 10s or 2min"),
        Wrong(
            "create a --time 2026-11-23", "'2026-11-23' is not understood as a time",
            "write it like 2026-11-23T07:00:00Z or 2026-11-23T08:00:00+01:00"),
        Wrong(
            "create a --consistency foo", "the value 'foo' is invalid for '--consistency <consistency>'",
            "give one of 'frozen' and 'crash'; see losnap create --help"),
        Wrong("help crate", "there is no command 'crate'", "did you mean 'losnap create'?"),
        Wrong("--utc list", "unknown option '--utc'", "see losnap --help"),
        Wrong("prune", "there are no rules to prune by", "give at least one, such as --keep-daily 7; see losnap prune --help"),
        Wrong(
            "prune a --keep-daily 0", "--keep-daily: the number of snapshots to keep must be at least 1",
            "leave the rule out to keep none by it"),
        Wrong(
            "prune a --keep-daily -1", "--keep-daily: the number of snapshots to keep can't be negative: '-1'",
            "use a number from 1, or 'all' to keep every one"),
        Wrong(
            "prune --all", "--all goes with rules", "without rules every source that has a configured policy is pruned by that"),
        Wrong(
            "policy simulate --every 1d --keep-daily 3 --from 0001-01-01", "--from: '0001-01-01' is not in 1970 or later",
            "give a later time, such as 2026-01-01"),
        Wrong("prune a --keep-daily x", "--keep-daily: not a number of snapshots to keep: 'x'", "use a number from 1, or 'all'"),
        Wrong(
            "prune a --keep-within 3x", "--keep-within: unknown unit 'x' in the duration '3x'",
            "write numbers with y, mo, w, d, h, min or s, as in 1y6mo or 2d12h"),
        Wrong("prune a --keep-dayly 3", "unknown option '--keep-dayly'", "did you mean '--keep-daily'? see losnap prune --help"),
        Wrong(
            "prune a --keep-last 1 --timezone europe/london", "--timezone: unknown time zone 'europe/london'", "did you mean Europe/London?"
        ),
        Wrong("list --csv -q", "--json, --csv and --quiet exclude each other", "give one of them"),
        Wrong("list --columns numbr", "there is no column 'numbr'", "did you mean 'number'?"),
        Wrong(
            "list --since 2026-02-30", "there is no such time as '2026-02-30'",
            "write it like 2026-11-23T07:00:00Z or 2026-11-23T08:00:00+01:00"),
        Wrong(
            "list --since 3m", "--since: 'm' in the duration '3m' could mean months or minutes",
            "write 'mo' for months or 'min' for minutes"),
        Wrong("label 1", "label wants either a text or --remove", "see losnap label --help"),
        Wrong("label 1 x --remove", "label wants either a text or --remove", "see losnap label --help"),
        Wrong("tag 1", "tag wants --add or --remove", "see losnap tag --help"),
        Wrong("log --last -3", "--last: '-3' is not a number from 1", "leave it out to see all"),
        Wrong("repair --adopt x", "--adopt wants the --source that the files are clones of", "see losnap repair --help"),
        Wrong("repair --rebuild", "--rebuild wants directories", "see losnap repair --help"),
        Wrong("repair --time x", "--source and --time go with --adopt", "see losnap repair --help"),
        Wrong(
            "source add .hidden x", "'.hidden' can't be the name of a source: it starts with a dot or a dash",
            "names have letters, digits, '.', '_' and '-'; losnap source add NAME IMAGE gives one"),
        Wrong("source move home", "source move wants --image or --directory", "see losnap source move --help"),
        Wrong("create a --if-changed=0MiB", "--if-changed: '0MiB' is not between 1B and 1048576TiB", "write it like 512KiB, 1MiB or 2GiB"),
        Wrong("create a --command=x --time 2020-01-01T00:00:00Z", "--command and --time exclude each other", "leave out one of them"),
        Wrong("create a --command=x --if-changed", "--command and --if-changed exclude each other", "leave out one of them"),
        Wrong("create a --command=\t", "--command is empty", "give a command for the shell, or leave the option out"),
        Wrong("create a --if-changed=1M", "--if-changed: '1M' is not a size", "write it like 512KiB, 1MiB or 2GiB"),
        Wrong("hold 1 --until 2020-01-01", "--until: '2020-01-01' is not in the future", "give a later time"),
    ]

    @Test(arguments: wrong) func `wrong arguments get a sentence and a hint`(wrong: Wrong) throws {
        let outcome = runArray(wrong.arguments)
        #expect(outcome.stderr == "losnap: error: \(wrong.error)\nlosnap: hint: \(wrong.hint)\n")
        #expect(outcome.status == .usage)
        #expect(outcome.stdout.isEmpty)
    }

    @Test func `with json the error is the last line of stderr`() {
        let outcome = run("prune", "home", "--keep-daily", "0", "--json")
        let message = "--keep-daily: the number of snapshots to keep must be at least 1"
        #expect(
            outcome.stderr
                == #"{"error":{"code":"invalid_limit","message":"\#(message)","hint":"leave the rule out to keep none by it"}}"# + "\n")
        #expect(outcome.status == .usage)
        #expect(run("create", "--json").stderr.hasPrefix(#"{"error":{"code":"usage""#))
        // What comes after -- is no option.
        #expect(run("label", "--", "--json").stderr.hasPrefix("losnap: error:"))
    }

    @Test func `completion scripts are there`() {
        for shell in ["bash", "zsh", "fish"] {
            let outcome = run("--generate-completion-script", shell)
            #expect(outcome.status == .done)
            #expect(outcome.stdout.contains("losnap"))
        }
    }

    @Test func `a hold has a reason, or none`() throws {
        func hold(_ arguments: String...) throws -> String? {
            guard case .command(let command) = try CommandLineParser.parse(arguments), let create = command as? Create else { return "?" }
            #expect(create.source == ["home"])
            return create.hold
        }
        #expect(try hold("create", "home") == nil)
        #expect(try hold("create", "--hold", "home") == OptionalValue.absent)
        #expect(try hold("create", "home", "--hold") == OptionalValue.absent)
        #expect(try hold("create", "--hold=", "home") == OptionalValue.absent)
        #expect(try hold("create", "--hold=why not", "home") == "why not")
        #expect(try hold("create", "--hold=a=b", "home", "--label", "x") == "a=b")
        #expect(OptionalValue.spelledOut(["--", "--hold"]) == ["--", "--hold"])
    }

    @Test func `the command is logged as a shell would take it`() {
        #expect(session(["create", "home", "--label", "it's new"]).commandLine == #"losnap create home --label 'it'\''s new'"#)
        #expect(session(["x", ""]).commandLine == "losnap x ''")
    }

    private func runArray(_ arguments: [String]) -> RunOutcome {
        let session = session(arguments)
        let status = Program.run(arguments, in: session)
        return RunOutcome(status: status, stdout: session.output.collected, stderr: session.complaints.collected)
    }
}
