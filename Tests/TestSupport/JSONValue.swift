// JSON as the tool prints it, for assertions: `value["snapshots"][0]["number"] == 42`. A path that leads nowhere is
// `.absent`, which equals no literal, so that a missing field fails the assertion and does not crash the test.

import Foundation

package enum JSONValue: Sendable, Equatable {
    case null, absent
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    /// Parses text that has to be one JSON value and nothing else.
    package init(parsing text: String) throws {
        do { self = try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8)) } catch {
            throw FixtureError("not JSON: \(error)\n\(text)")
        }
    }

    package subscript(key: String) -> JSONValue { object?[key] ?? .absent }

    package subscript(index: Int) -> JSONValue {
        guard let array, array.indices.contains(index) else { return .absent }
        return array[index]
    }

    package var object: [String: JSONValue]? { if case .object(let value) = self { value } else { nil } }
    package var array: [JSONValue]? { if case .array(let value) = self { value } else { nil } }
    package var string: String? { if case .string(let value) = self { value } else { nil } }
    package var integer: Int? { if case .integer(let value) = self { value } else { nil } }
    package var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    package var keys: [String] { object?.keys.sorted() ?? [] }
    package var count: Int { array?.count ?? object?.count ?? 0 }
}

extension JSONValue: Decodable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int.self) {
            self = .integer(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByFloatLiteral, ExpressibleByArrayLiteral
{
    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int) { self = .integer(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(floatLiteral value: Double) { self = .number(value) }
    package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
}
