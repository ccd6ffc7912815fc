// JSON in extended attributes, shared by records and directory marks. The rule: the format is looked at before anything else, so that what a newer
// program wrote is called newer, not damaged.

import Foundation

enum PayloadCoding {
    private struct Head: Decodable {
        var format: Int64
    }

    static func encode(_ payload: some Encodable) throws(SnapshotsError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(payload) else { throw .invalidRecord(problem: .notJSON) }
        return Array(data)
    }

    static func decode<Payload: Decodable>(_ type: Payload.Type, from bytes: [UInt8]) throws(SnapshotsError) -> Payload {
        guard !bytes.isEmpty else { throw .invalidRecord(problem: .absent) }
        guard bytes.count <= RecordAttribute.limit else { throw .invalidRecord(problem: .tooLarge(bytes: bytes.count)) }
        let format = try parse(Head.self, bytes).format
        guard format >= 1 else { throw .invalidRecord(problem: .invalid(field: "format")) }
        guard format <= SnapshotRecord.format else { throw .newerRecord(format: format, known: SnapshotRecord.format) }
        return try parse(type, bytes)
    }

    private static func parse<Payload: Decodable>(_ type: Payload.Type, _ bytes: [UInt8]) throws(SnapshotsError) -> Payload {
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch DecodingError.keyNotFound(let key, let context) {
            throw .invalidRecord(problem: .missing(field: field(context.codingPath + [key])))
        } catch DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context) {
            throw .invalidRecord(problem: context.codingPath.isEmpty ? .notJSON : .invalid(field: field(context.codingPath)))
        } catch DecodingError.dataCorrupted(let context) where !context.codingPath.isEmpty {
            throw .invalidRecord(problem: .invalid(field: field(context.codingPath)))
        } catch {
            throw .invalidRecord(problem: .notJSON)
        }
    }

    private static func field(_ path: [any CodingKey]) -> String {
        path.map(\.stringValue).joined(separator: ".")
    }
}
