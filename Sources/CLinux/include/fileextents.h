// The items of a btrfs that say where a file lies (BTRFS_IOC_TREE_SEARCH_V2): what FIEMAP does not tell of a compressed extent is where in it a piece
// of the file begins.
#ifndef CLINUX_FILEEXTENTS_H
#define CLINUX_FILEEXTENTS_H
#include <stdint.h>

struct clinux_file_extent {
    uint64_t logical;   // in the file
    uint64_t length;    // in the file
    uint64_t physical;  // where the extent begins on disk; 0: a hole
    uint64_t inside;    // how far into what the extent holds, uncompressed
    uint8_t is_encoded;
    uint8_t is_unknown;  // inline, or encoded in a way that nobody knows
    uint8_t is_unwritten;
};

/// Reads the items of the file with that inode number in the subvolume of the descriptor that begin at `start` or behind it, at most `room`. Returns how
/// many, 0 at the end, or -errno: -EPERM without CAP_SYS_ADMIN, -ENOTTY on other filesystems.
int clinux_btrfs_file_extents(int fd, uint64_t inode, uint64_t start, struct clinux_file_extent *out, int room);

#endif
