// See include/loop.h.
#define _GNU_SOURCE 1
#include "CLinux.h"

#include <errno.h>
#include <linux/loop.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>

int clinux_loop_get_status(int fd, struct clinux_loop_status *out) {
    struct loop_info64 info;
    memset(&info, 0, sizeof info);
    if (ioctl(fd, LOOP_GET_STATUS64, &info) != 0) return -errno;
    // lo_device is the kernel's own encoding of dev_t (huge_encode_dev), which is glibc's for 32-bit device numbers.
    out->device = info.lo_device;
    out->inode = info.lo_inode;
    out->offset = info.lo_offset;
    out->size_limit = info.lo_sizelimit;
    out->number = info.lo_number;
    out->flags = info.lo_flags;
    memcpy(out->file_name, info.lo_file_name, sizeof out->file_name);
    out->file_name[sizeof out->file_name - 1] = 0;
    return 0;
}

int clinux_loop_get_free(int control) {
    int number = ioctl(control, LOOP_CTL_GET_FREE);
    return number >= 0 ? number : -errno;
}

int clinux_loop_configure(int device, int file, uint32_t flags, const char *name) {
    struct loop_config config;
    memset(&config, 0, sizeof config);
    config.fd = (uint32_t)file;
    config.info.lo_flags = flags;
    strncpy((char *)config.info.lo_file_name, name, sizeof config.info.lo_file_name - 1);
    return ioctl(device, LOOP_CONFIGURE, &config) == 0 ? 0 : -errno;
}
