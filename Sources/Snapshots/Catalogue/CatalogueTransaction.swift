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
                var result: T?
                if db.isInsideTransaction {
                    try db.inSavepoint {
                        result = try body(db)
                        return .commit
                    }
                } else {
                    // Immediate: to wait for another writer here, not fail half-way.
                    try db.inTransaction(.immediate) {
                        result = try body(db)
                        return .commit
                    }
                }
                guard let result else { throw SnapshotsError.catalogueFailed(path: path, detail: "the transaction gave no result") }
                return result
            }
        } catch {
            throw file.failure(error)
        }
    }

    /// Runs `body` with the database in one state: what it reads belongs together.
    func read<T>(_ body: (Database) throws -> T) throws(SnapshotsError) -> T {
        do {
            return try queue.unsafeReentrantRead { db in
                guard !db.isInsideTransaction else { return try body(db) }
                var result: T?
                try db.inTransaction(.deferred) {
                    result = try body(db)
                    return .commit
                }
                guard let result else { throw SnapshotsError.catalogueFailed(path: path, detail: "the transaction gave no result") }
                return result
            }
        } catch {
            throw file.failure(error)
        }
    }
}
