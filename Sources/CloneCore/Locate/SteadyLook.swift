// Looking again at what may be a moment's state: something is being mounted or unmounted beside us. The rule: words that are meant to last are said
// only of what lasts.

extension CloneError {
    /// Whether a mount or an unmount that is under way shows like this.
    var mayPass: Bool {
        switch self {
        case .refused(.replacedWhileMounted), .refused(.insideAnother), .refused(.tooMany), .refused(.externalLog): false
        case .refused, .imageNotFound, .notOnAnImage: true
        default: false
        }
    }
}

enum SteadyLook {
    /// Between two looks (nanoseconds).
    static let pause: UInt64 = 100_000_000
    /// mount(8) attaches an image some time before it mounts it, and has a daemon look at it in between.
    static let looks = 6
}

extension ImageLocator {
    /// The same as `use`, but what may be a moment's state is looked at several times, until it is one that can be used.
    ///
    /// - Throws: `.mountsChanging` if it differed from look to look; else as `use`.
    public func steadyUse(of image: FileIdentity, path: String) throws(CloneError) -> ImageUse {
        let attached = attachments(of: image)
        let first: CloneError
        do {
            return try use(of: image, path: path)
        } catch {
            guard error.mayPass else { throw error }
            first = error
        }
        var isChanging = false
        for _ in 1..<SteadyLook.looks {
            kernel.pause(SteadyLook.pause)
            do throws(CloneError) {
                return try use(of: image, path: path)
            } catch {
                guard error.mayPass else { throw error }
                isChanging = isChanging || error != first || attachments(of: image) != attached
            }
        }
        throw isChanging ? .mountsChanging(path: path) : first
    }

    /// The loop devices that have the image, each with a number that no other attachment has (diskseq, from Linux 5.15 on).
    private func attachments(of image: FileIdentity) -> [String: String] {
        let direct = view.loopDevices().filter { $0.identity == image }
        return Dictionary(uniqueKeysWithValues: direct.map { ($0.name, view.read("/sys/block/\($0.name)/diskseq") ?? "") })
    }
}
