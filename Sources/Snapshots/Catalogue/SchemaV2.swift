// The second form: what a clone in two phases cost. The rule: this text is never edited, a test holds its digest; a change of form is a new migration.

enum SchemaV2 {
    static let sql = """
        ALTER TABLE snapshot ADD COLUMN recloned_bytes INTEGER CHECK (recloned_bytes >= 0);
        ALTER TABLE snapshot ADD COLUMN predicted_us INTEGER CHECK (predicted_us >= 0);
        """

    /// How a catalogue of the form before looks like one of this form to who only reads it.
    static let imitation = """
        CREATE TEMPORARY VIEW snapshot AS SELECT *, NULL AS recloned_bytes, NULL AS predicted_us FROM main.snapshot;
        """
}
