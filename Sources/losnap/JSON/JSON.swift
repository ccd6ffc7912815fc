// JSON as it is written. The rule: fields come in the order in which they are documented, every number is exact, control characters are
// escaped, and one value is one line, so that scripts and people can read along.

import CloneCore

/// A JSON value.
indirect enum JSON: Equatable {
    typealias Field = (String, JSON)

    case null
    case bool(Bool)
    case integer(Int64)
    /// A number with three decimals at most, in thousandths.
    case thousandths(Int64)
    case string(String)
    case array([JSON])
    case fields([String], [JSON])

    /// An object of these fields.
    static func object(_ fields: [Field]) -> JSON { .fields(fields.map(\.0), fields.map(\.1)) }

    /// The text, or null.
    init(_ text: String?) { self = text.map { .string($0) } ?? .null }

    /// The number, or null.
    init(_ number: Int64?) { self = number.map { .integer($0) } ?? .null }

    /// The value as one line.
    var text: String {
        var text = ""
        write(to: &text)
        return text
    }

    /// Adds the value to a line.
    func write(to text: inout String) {
        switch self {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .integer(let value): text += String(value)
        case .thousandths(let value): text += JSON.decimal(value)
        case .string(let value): JSON.write(value, to: &text)
        case .array(let values):
            text += "["
            for (index, value) in values.enumerated() {
                if index > 0 { text += "," }
                value.write(to: &text)
            }
            text += "]"
        case .fields(let names, let values):
            text += "{"
            for (index, (name, value)) in zip(names, values).enumerated() {
                if index > 0 { text += "," }
                JSON.write(name, to: &text)
                text += ":"
                value.write(to: &text)
            }
            text += "}"
        }
    }

    private static func decimal(_ thousandths: Int64) -> String {
        let magnitude = thousandths.magnitude
        var decimals = String(1000 + magnitude % 1000).dropFirst()
        while decimals.last == "0" { decimals.removeLast() }
        return "\(thousandths < 0 ? "-" : "")\(magnitude / 1000)\(decimals.isEmpty ? "" : ".")\(decimals)"
    }

    private static func write(_ string: String, to text: inout String) {
        text += "\""
        defer { text += "\"" }
        // Nearly all text is plain, and a list has thousands of strings.
        if string.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) {
            text += string
            return
        }
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case _ where EscapedText.isDangerous(scalar):
                for unit in String(scalar).utf16 { text += "\\u" + EscapedText.hexadecimal(UInt32(unit), digits: 4) }
            default: text.unicodeScalars.append(scalar)
            }
        }
    }
}
