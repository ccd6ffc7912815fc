// How a catalogue is opened: choices with names, not flags.

/// What the opener means to do.
public enum CatalogueMode: Sendable, Hashable {
    /// Read only; the catalogue must exist.
    case reading
    /// Read and write; the catalogue must exist.
    case writing
    /// Read and write; a catalogue that does not exist is made.
    case creating
}

/// What to do about a disk so full that the catalogue can't be opened.
public enum CatalogueWhenFull: Sendable, Hashable {
    /// Fail.
    case refuse
    /// Give up the reserve file and try again: for what frees space.
    case useReserve
}
