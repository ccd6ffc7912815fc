// The tracepoints by which a write to a loop device is seen: a request issued to it, and one completed. The rules: what counts is the completion,
// for whatever reached the image after a look completes after that look; the requests issued are the ones whose data may be there already, too.
// Both carry the whole device's number, whatever partition or mapping a request came through. Where a record has its fields is read from the kernel.

internal import CLinux
internal import SystemPackage

/// Where the records of the two tracepoints have their fields.
struct BlockTracepoints: Sendable {
    static let names = ["block_rq_issue", "block_rq_complete"]
    let layouts: [clinux_trace_layout]

    /// Reads them from a tracefs of its own, so none need be mounted.
    init() throws(TrackingRefusal) {
        let directory = clinux_tracefs_open()
        guard directory >= 0 else { throw .noTracepoints(Errno(rawValue: -directory)) }
        let tracefs = OpenFile(adopting: directory, path: "tracefs", kernel: .linux)
        var layouts: [clinux_trace_layout] = []
        for name in Self.names {
            var buffer = [CChar](repeating: 0, count: 16384)
            let count = clinux_read_below(tracefs.descriptor, "events/block/\(name)/format", &buffer, buffer.count)
            guard count >= 0 else { throw .noTracepoints(Errno(rawValue: CInt(-count))) }
            let text = String(decoding: buffer.prefix(Int(count)).map(UInt8.init(bitPattern:)), as: UTF8.self)
            guard let layout = Self.layout(text) else { throw .unknownTracepoints }
            layouts.append(layout)
        }
        self.layouts = layouts
    }

    /// From a `format` file (Documentation/trace/events.rst); nil if it lacks what is needed.
    static func layout(_ format: String) -> clinux_trace_layout? {
        var id: UInt32?
        var fields: [Substring: (offset: UInt32, size: UInt32)] = [:]
        for line in format.split(separator: "\n") {
            if line.hasPrefix("ID: ") { id = UInt32(line.dropFirst(4)) }
            // 	field:unsigned int nr_sector;	offset:24;	size:4;	signed:0;
            let parts = line.split(separator: ";").map { $0.drop { $0 == "\t" || $0 == " " } }
            guard parts.count >= 3, parts[0].hasPrefix("field:"), parts[1].hasPrefix("offset:"), parts[2].hasPrefix("size:"),
                let offset = UInt32(parts[1].dropFirst(7)), let size = UInt32(parts[2].dropFirst(5)),
                let name = parts[0].split(separator: " ").last?.prefix(while: { $0 != "[" })
            else { continue }
            fields[name] = (offset, size)
        }
        guard let id, id <= UInt16.max, let device = fields["dev"], device.size == 4, let sector = fields["sector"], sector.size == 8,
            let sectors = fields["nr_sector"], sectors.size == 4, let operation = fields["rwbs"], operation.size >= 2
        else { return nil }
        let end = [device, sector, sectors, operation].map { $0.offset + $0.size }.max() ?? 0
        return clinux_trace_layout(
            id: id, device: device.offset, sector: sector.offset, sectors: sectors.offset, operation: operation.offset, size: end)
    }
}
