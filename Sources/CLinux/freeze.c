// See include/freeze.h.
#define _GNU_SOURCE 1
#include "CLinux.h"

#include <errno.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

int clinux_freeze(int fd) { return ioctl(fd, FIFREEZE, 0) == 0 ? 0 : -errno; }

int clinux_thaw(int fd) { return ioctl(fd, FITHAW, 0) == 0 ? 0 : -errno; }

int clinux_syncfs(int fd) { return syncfs(fd) == 0 ? 0 : -errno; }
