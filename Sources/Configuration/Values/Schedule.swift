// When a source is due: from the value of `every` in the file to a schedule. What a schedule means is said in Policy.

import Policy

extension Schedule {
    /// Reads a duration, or a list of times of day; what is wrong is told with its place.
    init?(_ texts: Setting<[String]>, _ entry: Entry) {
        let words = texts.value ?? []
        // What could not be read of a list has been told.
        if words.isEmpty { return nil }
        do throws(ScheduleError) {
            self = try Schedule(parsing: words)
        } catch {
            entry.complain(error.message, hint: error.hint)
            return nil
        }
    }
}
