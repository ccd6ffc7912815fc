// Whether the catalogue is what it was, without reading it.

import GRDB

/// Counts that tell one state of the catalogue from another; they mean nothing but to the process that asked.
struct CatalogueVersion: Equatable {
    /// Changes as soon as another connection has changed something (https://sqlite.org/pragma.html#pragma_data_version).
    let others: Int64
    /// How many rows this connection has changed.
    let own: Int
}

extension Catalogue {
    /// The version now.
    func version() throws(SnapshotsError) -> CatalogueVersion {
        try read { db in
            CatalogueVersion(others: try Int64.fetchOne(db, sql: "PRAGMA data_version") ?? 0, own: db.totalChangesCount)
        }
    }
}
