// How the verbs reach the database: each is a transaction of its own, or joins the one that is open. The rule: a verb that fails leaves
// nothing behind, also when it had joined a larger transaction whose caller goes on.

import GRDB

extension Catalogue {
    /// Does several verbs in one transaction: all or none, and one wait for the disk.
    public func together<T>(_ body: () throws(SnapshotsError) -> T) throws(SnapshotsError) -> T {
        try write { (_: Database) throws(SnapshotsError) -> T in try body() }
    }

    /// Runs `body` with the database for a change.
    func write<T>(_ body: (Database) throws -> T) throws(SnapshotsError) -> T {
        guard mode != .reading else { throw .catalogueNotWritable(path: path, problem: .openedForReading) }
        do {
            return try queue.unsafeReentrantWrite { db in
                // Immediate: to wait for another writer here, not fail half-way.
                try whole(db.isInsideTransaction ? nil : .immediate, db, body)
            }
        } catch {
            throw file.failure(error)
        }
    }

    /// Runs `body` with the database in one state: what it reads belongs together.
    func read<T>(_ body: (Database) throws -> T) throws(SnapshotsError) -> T {
        do {
            return try queue.unsafeReentrantRead { db in
                try db.isInsideTransaction ? body(db) : whole(.deferred, db, body)
            }
        } catch {
            throw file.failure(error)
        }
    }

    /// Runs `body` in a transaction of that kind; nil: in a savepoint of the one that is open.
    private func whole<T>(_ kind: Database.TransactionKind?, _ db: Database, _ body: (Database) throws -> T) throws -> T {
        var result: T?
        func commit() throws -> Database.TransactionCompletion {
            result = try body(db)
            return .commit
        }
        if let kind { try db.inTransaction(kind, commit) } else { try db.inSavepoint(commit) }
        guard let result else { throw SnapshotsError.catalogueFailed(path: path, detail: "the transaction gave no result") }
        return result
    }
}
