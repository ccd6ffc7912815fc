// The environment that tools run in. The rule: nothing of the developer's own environment reaches a tool under test,
// but for what the dynamic linker, the coverage and the sanitizer run times need, and the place for temporary files.

import Foundation

package enum CleanEnvironment {
    package static let variables: [String: String] = {
        var variables = [
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": "/nonexistent", "TZ": "UTC", "LC_ALL": "C.UTF-8",
        ]
        for name in ["LD_LIBRARY_PATH", "LLVM_PROFILE_FILE", "ASAN_OPTIONS", "TMPDIR"] {
            variables[name] = ProcessInfo.processInfo.environment[name]
        }
        return variables
    }()
}
