// Why writes can't be tracked, or what was tracked can't be relied on. The rule: each is a sentence for a person, after "writes can't be tracked:".

public import SystemPackage

/// A reason to compare maps instead.
public enum TrackingRefusal: Error, Sendable, Hashable {
    /// The kernel shows no tracepoints (tracefs).
    case noTracepoints(Errno)
    /// The tracepoints are not of the form that is known.
    case unknownTracepoints
    /// perf_event_open(2) is forbidden.
    case notPermitted
    /// Some other call failed.
    case failed(Errno)
    /// The image has no loop device that could be watched.
    case noLoopDevice
    /// Processes that may have the image open can't be seen from here.
    case otherProcessesHidden
    /// The processes and mounts could not be looked through in time: somebody has very many open files, maps or mounts.
    case searchTooLong
    /// A process writes to the image, or may, beside its loop devices.
    case writer(process: Int32)
    /// Something was written to the image beside its loop devices.
    case writtenBeside
    /// The image can be reached through an overlay, whose writes are shown to nobody.
    case overlay(mountPoint: String)
    /// The kernel's own storage targets may write to any file.
    case storageTarget
    /// Records were lost, or could not be understood.
    case recordsLost
    /// A processor came or went.
    case processorsChanged
    /// A loop device was attached, detached or changed.
    case loopDevicesChanged

    /// The reason, in words.
    public var words: String {
        switch self {
        case .noTracepoints(let error): "the kernel shows no tracepoints (\(error.description))"
        case .unknownTracepoints: "the kernel's tracepoints have another form than the known ones"
        case .notPermitted: "perf_event_open is not permitted"
        case .failed(let error): error.description
        case .noLoopDevice: "the image's loop devices can't be asked"
        case .otherProcessesHidden: "losnap runs in a process namespace from which not every process can be seen"
        case .searchTooLong: "some process has too many open files, memory maps or mounts to check them all"
        case .writer(let process): "process \(process) has the image open for writing, beside the loop devices"
        case .writtenBeside: "something wrote to the image beside the loop devices"
        case .overlay(let mountPoint): "the image can be written through the overlay at \(mountPoint)"
        case .storageTarget: "the kernel has storage targets that may write to the image"
        case .recordsLost: "records of writes were lost"
        case .processorsChanged: "a processor came or went meanwhile"
        case .loopDevicesChanged: "a loop device of the image came, went or changed meanwhile"
        }
    }
}
