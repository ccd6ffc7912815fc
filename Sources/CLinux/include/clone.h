// FICLONE, FICLONERANGE (ioctl_ficlonerange(2)) and FS_IOC_FIEMAP (Documentation/filesystems/fiemap.rst).
#ifndef CLINUX_CLONE_H
#define CLINUX_CLONE_H
#include <stddef.h>
#include <stdint.h>
#include <linux/fiemap.h>

int clinux_ficlone(int dest, int source);

/// Clones `length` bytes at `offset` to the same offset of `dest`; a length of 0 means to the end of the source.
int clinux_ficlonerange(int dest, int source, uint64_t offset, uint64_t length);

/// A buffer for `count` extents, or NULL; to be freed with `clinux_fiemap_free`. `touched`: see `clinux_unforked`; a file of few extents would pay
/// for thousands.
struct fiemap *clinux_fiemap_make(uint32_t count, int touched);

void clinux_fiemap_free(struct fiemap *map, uint32_t count);

/// Fills the buffer with the extents from `start` on. Returns how many, or -errno.
int clinux_fiemap_read(int fd, struct fiemap *map, uint64_t start, uint64_t length, uint32_t flags);

/// Counts the extents without reading them. Returns the count, or -errno.
int64_t clinux_fiemap_count(int fd, uint32_t flags);

const struct fiemap_extent *clinux_fiemap_extent(const struct fiemap *map, uint32_t index);

#endif
