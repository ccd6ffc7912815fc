// See include/fileextents.h.
#define _GNU_SOURCE 1
#include "CLinux.h"

#include <endian.h>
#include <errno.h>
#include <linux/btrfs.h>
#include <linux/btrfs_tree.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

enum { SEARCH_BYTES = 65536, INLINE_HEAD = offsetof(struct btrfs_file_extent_item, disk_bytenr) };

// Items are packed one behind the other, headers included, so nothing in them is aligned.
static int read_item(const unsigned char *data, uint32_t size, uint64_t logical, struct clinux_file_extent *out) {
    struct btrfs_file_extent_item item;
    if (size < INLINE_HEAD) return -EIO;
    memset(&item, 0, sizeof item);
    memcpy(&item, data, size < sizeof item ? size : sizeof item);
    out->logical = logical;
    out->is_encoded = item.compression != 0;
    out->is_unknown = item.encryption != 0 || item.other_encoding != 0 || item.type == BTRFS_FILE_EXTENT_INLINE;
    out->is_unwritten = item.type == BTRFS_FILE_EXTENT_PREALLOC;
    if (item.type == BTRFS_FILE_EXTENT_INLINE) {
        out->length = le64toh(item.ram_bytes);
        out->physical = out->inside = 0;
        return 0;
    }
    if (size < sizeof item) return -EIO;
    out->length = le64toh(item.num_bytes);
    out->physical = le64toh(item.disk_bytenr);
    out->inside = le64toh(item.offset);
    return 0;
}

int clinux_btrfs_file_extents(int fd, uint64_t inode, uint64_t start, struct clinux_file_extent *out, int room) {
    struct btrfs_ioctl_search_args_v2 *search = calloc(1, sizeof *search + SEARCH_BYTES);
    if (!search) return -ENOMEM;
    // Tree 0 is that of the subvolume which the descriptor is in.
    search->key.min_objectid = search->key.max_objectid = inode;
    search->key.min_type = search->key.max_type = BTRFS_EXTENT_DATA_KEY;
    search->key.min_offset = start;
    search->key.max_offset = UINT64_MAX;
    search->key.max_transid = UINT64_MAX;
    search->key.nr_items = (uint32_t)room;
    search->buf_size = SEARCH_BYTES;
    int result = 0;
    if (ioctl(fd, BTRFS_IOC_TREE_SEARCH_V2, search) < 0) {
        result = -errno;
        free(search);
        return result;
    }
    const unsigned char *next = (const unsigned char *)search->buf;
    size_t left = SEARCH_BYTES;
    for (uint32_t index = 0; index < search->key.nr_items && result >= 0; index++) {
        struct btrfs_ioctl_search_header header;
        if (left < sizeof header || result >= room) { result = -EIO; break; }
        memcpy(&header, next, sizeof header);
        next += sizeof header;
        left -= sizeof header;
        if (header.len > left) { result = -EIO; break; }
        if (header.type == BTRFS_EXTENT_DATA_KEY && header.objectid == inode) {
            int error = read_item(next, header.len, header.offset, &out[result]);
            if (error) { result = error; break; }
            result++;
        }
        next += header.len;
        left -= header.len;
    }
    free(search);
    return result;
}
