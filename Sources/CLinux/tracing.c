// See include/tracing.h.
#define _GNU_SOURCE 1
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <linux/perf_event.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

int clinux_tracefs_open(void) {
    int context = (int)syscall(SYS_fsopen, "tracefs", FSOPEN_CLOEXEC);
    if (context < 0) return -errno;
    int result = -1;
    if (syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0) {
        result = (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, 0);
    }
    int error = errno;
    close(context);
    return result >= 0 ? result : -error;
}

int64_t clinux_read_below(int dirfd, const char *path, char *buffer, size_t size) {
    int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) return -errno;
    size_t total = 0;
    while (total < size) {
        ssize_t count = read(fd, buffer + total, size - total);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) {
            int error = errno;
            close(fd);
            return -error;
        }
        if (count == 0) break;
        total += (size_t)count;
    }
    close(fd);
    return (int64_t)total;
}

int clinux_event_open(uint64_t tracepoint, int cpu) {
    struct perf_event_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.size = sizeof attributes;
    attributes.type = PERF_TYPE_TRACEPOINT;
    attributes.config = tracepoint;
    attributes.sample_period = 1;
    attributes.sample_type = PERF_SAMPLE_RAW;
    attributes.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
    attributes.disabled = 1;
    attributes.watermark = 1;  // nobody waits for it: no wake-ups
    attributes.wakeup_watermark = 1u << 30;
    int fd = (int)syscall(SYS_perf_event_open, &attributes, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
    return fd >= 0 ? fd : -errno;
}

int clinux_event_filter(int event, const char *filter) {
    return ioctl(event, PERF_EVENT_IOC_SET_FILTER, filter) == 0 ? 0 : -errno;
}

int clinux_event_enable(int event) { return ioctl(event, PERF_EVENT_IOC_ENABLE, 0) == 0 ? 0 : -errno; }

int clinux_event_read(int event, struct clinux_event_count *out) {
    uint64_t values[3];
    ssize_t count = read(event, values, sizeof values);
    if (count < 0) return -errno;
    if (count != sizeof values) return -EIO;  // 0: its processor is gone
    out->occurrences = values[0];
    out->enabled = values[1];
    out->running = values[2];
    return 0;
}

int clinux_ring_map(struct clinux_ring *ring, int event, size_t bytes) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    void *pages = mmap(NULL, page + bytes, PROT_READ | PROT_WRITE, MAP_SHARED, event, 0);
    if (pages == MAP_FAILED) return -errno;
    ring->pages = pages;
    ring->bytes = bytes;
    memset(ring->seen, 0, sizeof ring->seen);
    ring->lost = 0;
    ring->senseless = 0;
    return 0;
}

int clinux_ring_share(int other, int event) { return ioctl(other, PERF_EVENT_IOC_SET_OUTPUT, event) == 0 ? 0 : -errno; }

void clinux_ring_unmap(struct clinux_ring *ring) {
    if (ring->pages) munmap(ring->pages, (size_t)sysconf(_SC_PAGESIZE) + ring->bytes);
    ring->pages = NULL;
}

/// Copies out of the ring, which may end in the middle.
static void copy_out(const struct clinux_ring *ring, uint64_t position, void *to, size_t count) {
    const char *data = (const char *)ring->pages + ((struct perf_event_mmap_page *)ring->pages)->data_offset;
    size_t begin = (size_t)(position & (ring->bytes - 1));
    size_t first = count < ring->bytes - begin ? count : ring->bytes - begin;
    memcpy(to, data + begin, first);
    memcpy((char *)to + first, data, count - first);
}

/// What `blk_fill_rwbs` writes: an F for a flush before it may come first; then R for a read, whatever follows.
static int is_read(const char *operation) { return operation[0] == 'R' || (operation[0] == 'F' && operation[1] == 'R'); }

/// 1 if `out` was filled.
static int take_sample(struct clinux_ring *ring, const char *raw, uint32_t size, struct clinux_trace_write *out) {
    uint16_t type = 0;
    if (size >= sizeof type) memcpy(&type, raw, sizeof type);
    for (int kind = 0; kind < CLINUX_TRACE_KINDS; kind++) {
        const struct clinux_trace_layout *layout = &ring->layouts[kind];
        if (layout->id != type || type == 0) continue;
        if (size < layout->size) break;
        ring->seen[kind]++;
        memcpy(&out->device, raw + layout->device, 4);
        memcpy(&out->sector, raw + layout->sector, 8);
        memcpy(&out->sectors, raw + layout->sectors, 4);
        return out->sectors > 0 && !is_read(raw + layout->operation);
    }
    ring->senseless++;
    return 0;
}

int clinux_ring_drain(struct clinux_ring *ring, struct clinux_trace_write *out, int room) {
    struct perf_event_mmap_page *control = ring->pages;
    // Pairs with the kernel's store of data_head after the records, and with its load of data_tail before it writes over them.
    uint64_t head = __atomic_load_n(&control->data_head, __ATOMIC_ACQUIRE);
    uint64_t tail = control->data_tail;
    int count = 0;
    while (tail < head && count < room) {
        struct {
            struct perf_event_header header;
            char body[504];
        } record;
        copy_out(ring, tail, &record.header, sizeof record.header);
        if (record.header.size < sizeof record.header) {  // the ring makes no sense any more
            ring->senseless++;
            tail = head;
            break;
        }
        size_t body = record.header.size - sizeof record.header;
        size_t kept = body < sizeof record.body ? body : sizeof record.body;
        copy_out(ring, tail + sizeof record.header, record.body, kept);
        uint32_t size = 0;
        uint64_t lost = 0;
        switch (record.header.type) {
        case PERF_RECORD_SAMPLE:
            if (kept >= 4) memcpy(&size, record.body, 4);
            if (size > kept - 4) size = (uint32_t)(kept - 4);
            if (take_sample(ring, record.body + 4, size, &out[count])) count++;
            break;
        case PERF_RECORD_LOST:
            if (kept >= 16) memcpy(&lost, record.body + 8, 8);
            ring->lost += lost ? lost : 1;
            break;
        default: ring->senseless++;
        }
        tail += record.header.size;
    }
    __atomic_store_n(&control->data_tail, tail, __ATOMIC_RELEASE);
    return count;
}

int clinux_watch_writes(int fd) {
    int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (watch < 0) return -errno;
    char path[40];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (inotify_add_watch(watch, path, IN_MODIFY | IN_CLOSE_WRITE) < 0) {
        int error = errno;
        close(watch);
        return -error;
    }
    return watch;
}

int clinux_watch_noticed(int watch) {
    char events[512];
    ssize_t count = read(watch, events, sizeof events);
    if (count > 0) return 1;
    return count < 0 && errno != EAGAIN ? -errno : 0;
}
