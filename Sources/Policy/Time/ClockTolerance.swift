// How wrong a clock may be before anybody hears of it: one number for whoever judges, takes or watches, so that what one of them lets pass is no
// fault to another.

/// How far a snapshot may lie ahead of the clock, in milliseconds: 5 minutes, as a clock is put right by small steps. What is further ahead was taken in
/// the future, or the clock was set back since.
public let clockTolerance: Int64 = 5 * 60 * 1000
