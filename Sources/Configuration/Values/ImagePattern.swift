// Which images an entry is about: one, or all that match. The rule: a pattern is only in the last part of a path, so that matching an image
// needs no look at any directory.

public import Policy
public import SystemPackage

/// An image, or a pattern of images in one directory.
public enum ImagePattern: Sendable, Hashable, CustomStringConvertible {
    /// The image at that path.
    case one(FilePath)
    /// All files in the directory whose names match; names that start with a dot only if the pattern does.
    case glob(directory: FilePath, Glob)

    init(parsing text: String) throws(Refusal) {
        let path = try absolutePath(text)
        let special: Set<Character> = ["*", "?", "[", "\\"]
        guard text.contains(where: special.contains) else {
            self = .one(path)
            return
        }
        let directory = path.removingLastComponent()
        guard let name = path.lastComponent, !directory.string.contains(where: special.contains) else {
            throw Refusal("a pattern in the directory of '\(text.shown)'", hint: "only the last part of the path may have *, ? and [")
        }
        self = .glob(directory: directory, Glob(name.string))
    }

    /// Whether the image is meant.
    public func matches(_ image: FilePath) -> Bool {
        switch self {
        case .one(let path): return path == image
        case .glob(let directory, let glob):
            guard let name = image.lastComponent?.string, image.removingLastComponent() == directory else { return false }
            return (!name.hasPrefix(".") || glob.pattern.hasPrefix(".")) && glob.matches(name)
        }
    }

    /// The same where its directory, or the image, really is.
    public func resolved(_ resolve: (FilePath) -> FilePath) -> ImagePattern {
        switch self {
        case .one(let path): .one(resolve(path))
        case .glob(let directory, let glob): .glob(directory: resolve(directory), glob)
        }
    }

    /// The text that was read.
    public var description: String {
        switch self {
        case .one(let path): path.string
        case .glob(let directory, let glob): directory.appending(glob.pattern).string
        }
    }
}

/// A path that means the same wherever losnap is started.
func absolutePath(_ text: String) throws(Refusal) -> FilePath {
    guard !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
        throw Refusal("the path '\(text.shown)' has a control character")
    }
    let path = FilePath(text)
    guard path.isAbsolute else { throw Refusal("the path '\(text.shown)' is not absolute", hint: "begin it with /") }
    guard path.lastComponent != nil else { throw Refusal("'\(text.shown)' is no file or directory of its own") }
    return path.lexicallyNormalized()
}
