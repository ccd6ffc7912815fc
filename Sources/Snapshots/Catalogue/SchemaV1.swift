// The first form of the catalogue on disk. The rule: this text is never edited, a test holds its digest; a change of form is a new migration.
// The invariants are in the schema, so that no program can break them: states, ranges, what goes together, what is unique.
// AUTOINCREMENT is what keeps a number from being used twice. A UUID is a text of 36 characters, a time is milliseconds since 1970 UTC.

enum SchemaV1 {
    static let sql = """
        CREATE TABLE meta (
            only INTEGER PRIMARY KEY CHECK (only = 1),
            id TEXT NOT NULL CHECK (length(id) = 36),
            created_at INTEGER NOT NULL CHECK (created_at BETWEEN -62167219200000 AND 253402300799999)
        ) STRICT;

        CREATE TABLE source (
            row INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE CHECK (length(id) = 36),
            name TEXT NOT NULL
                CHECK (length(name) BETWEEN 1 AND 64 AND name NOT GLOB '*[^A-Za-z0-9._-]*' AND name NOT GLOB '[.-]*'),
            image_path TEXT NOT NULL CHECK (image_path GLOB '/*'),
            snapshot_directory TEXT CHECK (snapshot_directory GLOB '/*'),
            pool_type TEXT,
            pool_uuid TEXT,
            policy TEXT,
            scope TEXT CHECK (scope IN ('run', 'all')),
            created_at INTEGER NOT NULL CHECK (created_at BETWEEN -62167219200000 AND 253402300799999),
            removed_at INTEGER CHECK (removed_at BETWEEN -62167219200000 AND 253402300799999),
            CHECK ((pool_type IS NULL) = (pool_uuid IS NULL))
        ) STRICT;
        CREATE UNIQUE INDEX source_name ON source (name) WHERE removed_at IS NULL;
        CREATE UNIQUE INDEX source_image ON source (image_path) WHERE removed_at IS NULL;

        CREATE TABLE directory (
            row INTEGER PRIMARY KEY,
            path TEXT NOT NULL CHECK (path GLOB '/*'),
            pool_type TEXT NOT NULL,
            pool_uuid TEXT NOT NULL,
            UNIQUE (path, pool_type, pool_uuid)
        ) STRICT;

        CREATE TABLE snapshot (
            number INTEGER PRIMARY KEY AUTOINCREMENT CHECK (number BETWEEN 1 AND 9007199254740991),
            id TEXT NOT NULL UNIQUE CHECK (length(id) = 36),
            source INTEGER NOT NULL REFERENCES source (row),
            directory INTEGER NOT NULL REFERENCES directory (row),
            file_name TEXT CHECK (file_name NOT GLOB '*/*' AND file_name NOT IN ('', '.', '..')),
            image_path TEXT NOT NULL CHECK (image_path GLOB '/*'),
            state TEXT NOT NULL CHECK (state IN ('pending', 'complete', 'deleting')),
            taken_at INTEGER NOT NULL CHECK (taken_at BETWEEN -62167219200000 AND 253402300799999),
            created_at INTEGER NOT NULL CHECK (created_at BETWEEN -62167219200000 AND 253402300799999),
            revision INTEGER NOT NULL CHECK (revision BETWEEN 1 AND 1099511627776),
            label TEXT CHECK (length(CAST(label AS BLOB)) BETWEEN 1 AND 255),
            held INTEGER NOT NULL DEFAULT 0 CHECK (held IN (0, 1)),
            hold_reason TEXT CHECK (length(CAST(hold_reason AS BLOB)) BETWEEN 1 AND 255),
            hold_until INTEGER CHECK (hold_until BETWEEN -62167219200000 AND 253402300799999),
            group_id TEXT CHECK (length(group_id) = 36),
            origin TEXT NOT NULL CHECK (origin IN ('manual', 'run', 'safety', 'import', 'adopted')),
            consistency TEXT NOT NULL CHECK (consistency IN ('frozen', 'unmounted', 'crash')),
            scope TEXT CHECK (scope IN ('run', 'all')),
            logical_bytes INTEGER NOT NULL CHECK (logical_bytes >= 0),
            allocated_bytes INTEGER NOT NULL CHECK (allocated_bytes >= 0),
            frozen_us INTEGER CHECK (frozen_us >= 0),
            extents INTEGER CHECK (extents >= 0),
            clone_method TEXT NOT NULL CHECK (clone_method <> ''),
            removal_kind TEXT,
            removal_reason TEXT,
            removal_command TEXT,
            image_user INTEGER NOT NULL CHECK (image_user BETWEEN 0 AND 4294967295),
            image_group INTEGER NOT NULL CHECK (image_group BETWEEN 0 AND 4294967295),
            image_mode INTEGER NOT NULL CHECK (image_mode BETWEEN 0 AND 4095),
            image_acl BLOB,
            image_security TEXT,
            image_nocow INTEGER NOT NULL CHECK (image_nocow IN (0, 1)),
            image_project INTEGER CHECK (image_project BETWEEN 0 AND 4294967295),
            image_extsize INTEGER CHECK (image_extsize BETWEEN 0 AND 4294967295),
            image_cowextsize INTEGER CHECK (image_cowextsize BETWEEN 0 AND 4294967295),
            CHECK (state = 'pending' OR file_name IS NOT NULL),
            CHECK ((state = 'deleting') = (removal_kind IS NOT NULL)),
            CHECK (removal_kind IS NOT NULL OR (removal_reason IS NULL AND removal_command IS NULL)),
            CHECK (held = 1 OR (hold_reason IS NULL AND hold_until IS NULL))
        ) STRICT;
        CREATE INDEX snapshot_time ON snapshot (taken_at, number);
        CREATE INDEX snapshot_source_time ON snapshot (source, taken_at, number);
        CREATE UNIQUE INDEX snapshot_file ON snapshot (directory, file_name) WHERE file_name IS NOT NULL;
        CREATE INDEX snapshot_unfinished ON snapshot (state) WHERE state <> 'complete';
        CREATE INDEX snapshot_label ON snapshot (label) WHERE label IS NOT NULL;
        CREATE INDEX snapshot_group ON snapshot (group_id) WHERE group_id IS NOT NULL;

        CREATE TABLE snapshot_tag (
            snapshot INTEGER NOT NULL REFERENCES snapshot (number) ON DELETE CASCADE,
            tag TEXT NOT NULL CHECK (length(CAST(tag AS BLOB)) BETWEEN 1 AND 64),
            PRIMARY KEY (snapshot, tag)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX snapshot_tag_tag ON snapshot_tag (tag);

        CREATE TABLE event (
            row INTEGER PRIMARY KEY AUTOINCREMENT,
            at INTEGER NOT NULL CHECK (at BETWEEN -62167219200000 AND 253402300799999),
            kind TEXT NOT NULL CHECK (kind <> ''),
            source_id TEXT CHECK (length(source_id) = 36),
            source_name TEXT,
            snapshot_number INTEGER,
            snapshot_id TEXT CHECK (length(snapshot_id) = 36),
            reason TEXT,
            command TEXT
        ) STRICT;
        CREATE INDEX event_time ON event (at);
        CREATE INDEX event_source ON event (source_id, at) WHERE source_id IS NOT NULL;
        CREATE INDEX event_snapshot ON event (snapshot_number) WHERE snapshot_number IS NOT NULL;
        """
}
