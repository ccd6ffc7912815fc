// Loop devices: loop(4), linux/loop.h. LOOP_CONFIGURE makes and fills a device in one step (Linux 5.8).
#ifndef CLINUX_LOOP_H
#define CLINUX_LOOP_H
#include <stddef.h>
#include <stdint.h>
#include <linux/loop.h>

struct clinux_loop_status {
    uint64_t device;  // st_dev of the backing file
    uint64_t inode;   // st_ino of the backing file
    uint64_t offset;
    uint64_t size_limit;
    uint32_t number;
    uint32_t flags;  // LO_FLAGS_
    char file_name[LO_NAME_SIZE];  // what the one who attached it wrote there
};

int clinux_loop_get_status(int fd, struct clinux_loop_status *out);

/// The number of a free loop device (made if there is none), from /dev/loop-control; or -errno.
int clinux_loop_get_free(int control);

/// Binds the file to the loop device; `name` (cut to 63 bytes) is what lo_file_name says from then on. -EBUSY when somebody else was
/// faster.
int clinux_loop_configure(int device, int file, uint32_t flags, const char *name);

enum { CLINUX_LOOP_READ_ONLY = LO_FLAGS_READ_ONLY, CLINUX_LOOP_AUTOCLEAR = LO_FLAGS_AUTOCLEAR };

#endif
