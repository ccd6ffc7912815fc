// From a failing call to an error that says what it means. The rule: what many calls share is here once; what is special to one call
// (FICLONE's EINVAL) is decided where that call is made.

package import SystemPackage

extension CloneError {
    /// The error for `errno` from `call` on `path`.
    package init(_ errno: Errno, _ call: SystemCall, _ path: String) {
        switch errno {
        case .noSuchFileOrDirectory, .notDirectory: self = .noSuchFile(path: path)
        case .permissionDenied, .notPermitted: self = .notPermitted(path: path, during: call)
        case .noSpace, Errno(rawValue: 122): self = .full(path: path)  // 122: EDQUOT
        case .readOnlyFileSystem: self = .readOnly(path: path)
        case .ioError: self = .inputOutput(path: path, during: call)
        default: self = .system(call, path: path, errno)
        }
    }
}

/// Runs a kernel call and gives its errno the sentence of that call on that path.
@inline(__always)
package func calling<Result>(
    _ call: SystemCall, _ path: @autoclosure () -> String, _ body: () throws(Errno) -> Result
) throws(CloneError) -> Result {
    do {
        return try body()
    } catch {
        throw CloneError(error, call, path())
    }
}
