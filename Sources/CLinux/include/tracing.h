// Kernel tracepoints through perf_event_open(2): one ring buffer a processor, several events in it. And inotify(7), for what no tracepoint shows.
#ifndef CLINUX_TRACING_H
#define CLINUX_TRACING_H
#include <stddef.h>
#include <stdint.h>

/// A tracefs of its own (fsopen(2), Linux 5.2), mounted nowhere: a descriptor to open below; or -errno.
int clinux_tracefs_open(void);

/// Reads a file below a directory, at most `size` bytes. Returns how many, or -errno.
int64_t clinux_read_below(int dirfd, const char *path, char *buffer, size_t size);

/// An event on one processor, every occurrence with its raw record, still disabled. Returns the descriptor or -errno.
int clinux_event_open(uint64_t tracepoint, int cpu);

/// Only occurrences that match (Documentation/trace/events.rst). 0 or -errno.
int clinux_event_filter(int event, const char *filter);

int clinux_event_enable(int event);

struct clinux_event_count {
    uint64_t occurrences;  // that matched
    uint64_t enabled;      // ns
    uint64_t running;      // ns; less than `enabled`: some may have passed uncounted
};

int clinux_event_read(int event, struct clinux_event_count *out);

enum { CLINUX_TRACE_KINDS = 2 };

/// Where a record of one tracepoint has its fields; from its `format` file.
struct clinux_trace_layout {
    uint32_t id;  // as in the record's common_type
    uint32_t device, sector, sectors, operation;
    uint32_t size;  // a record at least
};

/// A ring buffer, and what has been read from it.
struct clinux_ring {
    void *pages;
    size_t bytes;  // of data, a power of two
    struct clinux_trace_layout layouts[CLINUX_TRACE_KINDS];
    uint64_t seen[CLINUX_TRACE_KINDS];  // records of each kind
    uint64_t lost;
    uint32_t senseless;  // something that was not understood
};

/// Maps the ring of an event. `bytes` is a power of two, and at least a page. 0 or -errno.
int clinux_ring_map(struct clinux_ring *ring, int event, size_t bytes);

/// Lets another event of the same processor write to the ring of `event`.
int clinux_ring_share(int other, int event);

void clinux_ring_unmap(struct clinux_ring *ring);

/// A request that changes the device.
struct clinux_trace_write {
    uint32_t device;   // the kernel's encoding: major << 20 | minor
    uint32_t sectors;  // of 512 bytes
    uint64_t sector;
};

/// Takes records out of the ring, at most `room` of them that change something. Takes no memory. Returns how many there were; fewer than `room`:
/// the ring is empty.
int clinux_ring_drain(struct clinux_ring *ring, struct clinux_trace_write *out, int room);

/// Watches the open file (by its inode) for changes and for the end of writing: a descriptor that is read without waiting; or -errno.
int clinux_watch_writes(int fd);

/// 1 if something was noticed since, 0 if not, -errno else. Takes no memory.
int clinux_watch_noticed(int watch);

#endif
