// See include/clone.h.
#define _GNU_SOURCE 1
#include "CLinux.h"

#include <errno.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

int clinux_ficlone(int dest, int source) { return ioctl(dest, FICLONE, source) == 0 ? 0 : -errno; }

int clinux_ficlonerange(int dest, int source, uint64_t offset, uint64_t length) {
    struct file_clone_range range = {.src_fd = source, .src_offset = offset, .src_length = length, .dest_offset = offset};
    return ioctl(dest, FICLONERANGE, &range) == 0 ? 0 : -errno;
}

static size_t fiemap_size(uint32_t count) { return sizeof(struct fiemap) + (size_t)count * sizeof(struct fiemap_extent); }

struct fiemap *clinux_fiemap_make(uint32_t count, int touched) {
    struct fiemap *map = clinux_unforked(fiemap_size(count), touched);
    if (!map) return NULL;
    map->fm_extent_count = count;
    return map;
}

void clinux_fiemap_free(struct fiemap *map, uint32_t count) { clinux_unforked_free(map, fiemap_size(count)); }

int clinux_fiemap_read(int fd, struct fiemap *map, uint64_t start, uint64_t length, uint32_t flags) {
    map->fm_start = start;
    map->fm_length = length;
    map->fm_flags = flags;
    map->fm_mapped_extents = 0;
    return ioctl(fd, FS_IOC_FIEMAP, map) == 0 ? (int)map->fm_mapped_extents : -errno;
}

int64_t clinux_fiemap_count(int fd, uint32_t flags) {
    struct fiemap map;
    memset(&map, 0, sizeof map);
    map.fm_length = FIEMAP_MAX_OFFSET;
    map.fm_flags = flags;
    return ioctl(fd, FS_IOC_FIEMAP, &map) == 0 ? (int64_t)map.fm_mapped_extents : -errno;
}

const struct fiemap_extent *clinux_fiemap_extent(const struct fiemap *map, uint32_t index) {
    return &map->fm_extents[index];
}
