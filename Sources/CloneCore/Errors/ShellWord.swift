// Words for commands that hints and logs show. The rule: what is shown as a command can be copied into a shell as it is, whatever the path.

extension String {
    /// The word as a shell would take it back.
    package var shellWord: String {
        let isPlain =
            !isEmpty
            && utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "@%+=:,./_~-".utf8.contains(byte) || byte >= 0x80
                }
            }
        return isPlain ? self : "'" + split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}
