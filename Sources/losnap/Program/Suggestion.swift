// The nearest of the names that exist, for hints.

import CloneCore

enum Suggestion {
    /// The name that was probably meant; nil when none is near.
    static func nearest(to word: String, among names: [String]) -> String? {
        if let near = nearestNames(to: word, among: names, limit: 1).first { return near }
        let begun = names.filter { word.count >= 2 && $0.hasPrefix(word.lowercased()) }
        return begun.count == 1 ? begun.first : nil
    }
    /// The names that may have been meant, the nearest first.
    static func all(near word: String, among names: [String]) -> [String] { nearestNames(to: word, among: names) }
}
