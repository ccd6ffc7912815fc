// See include/files.h.
#define _GNU_SOURCE 1
#include "CLinux.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

int clinux_openat2(int dirfd, const char *path, uint64_t flags, uint32_t mode, uint64_t resolve) {
    struct open_how how;
    memset(&how, 0, sizeof how);
    how.flags = flags | O_CLOEXEC;
    how.mode = (flags & (O_CREAT | __O_TMPFILE)) ? mode : 0;
    how.resolve = resolve;
    long fd = syscall(SYS_openat2, dirfd, path, &how, sizeof how);
    return fd >= 0 ? (int)fd : -errno;
}

int clinux_open_tmpfile(int dirfd, uint32_t mode) {
    int fd = openat(dirfd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, (mode_t)mode);
    return fd >= 0 ? fd : -errno;
}

int clinux_link_fd(int fd, int dirfd, const char *name) {
    if (linkat(fd, "", dirfd, name, AT_EMPTY_PATH) == 0) return 0;
    // Without CAP_DAC_READ_SEARCH the empty path is refused with ENOENT; /proc serves everybody (open(2), O_TMPFILE).
    if (errno != ENOENT) return -errno;
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return linkat(AT_FDCWD, path, dirfd, name, AT_SYMLINK_FOLLOW) == 0 ? 0 : -errno;
}

int clinux_renameat2(int from, const char *name, int to, const char *new_name, unsigned flags) {
    return renameat2(from, name, to, new_name, flags) == 0 ? 0 : -errno;
}

static int look(int dirfd, const char *name, int flags, struct clinux_status *out) {
    struct statx s;
    if (statx(dirfd, name, flags | AT_NO_AUTOMOUNT, STATX_BASIC_STATS, &s) != 0) return -errno;
    out->device = makedev(s.stx_dev_major, s.stx_dev_minor);
    out->inode = s.stx_ino;
    out->size = s.stx_size;
    out->blocks = s.stx_blocks;
    out->mode = s.stx_mode;
    out->uid = s.stx_uid;
    out->gid = s.stx_gid;
    out->links = s.stx_nlink;
    out->immutable = (s.stx_attributes & STATX_ATTR_IMMUTABLE) != 0;
    out->rdev_major = s.stx_rdev_major;
    out->rdev_minor = s.stx_rdev_minor;
    out->mtime_seconds = s.stx_mtime.tv_sec;
    out->mtime_nanoseconds = s.stx_mtime.tv_nsec;
    return 0;
}

int clinux_status_of(int dirfd, const char *name, struct clinux_status *out) {
    return look(dirfd, name, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW, out);
}

int clinux_status_followed(const char *path, struct clinux_status *out) { return look(AT_FDCWD, path, AT_STATX_DONT_SYNC, out); }

int clinux_get_flags(int fd, uint32_t *flags) {
    int value = 0;
    if (ioctl(fd, FS_IOC_GETFLAGS, &value) != 0) return -errno;
    *flags = (uint32_t)value;
    return 0;
}

int clinux_set_flags(int fd, uint32_t flags) {
    int value = (int)flags;
    return ioctl(fd, FS_IOC_SETFLAGS, &value) == 0 ? 0 : -errno;
}

int clinux_get_fsxattr(int fd, struct fsxattr *out) { return ioctl(fd, FS_IOC_FSGETXATTR, out) == 0 ? 0 : -errno; }

int clinux_set_fsxattr(int fd, const struct fsxattr *in) { return ioctl(fd, FS_IOC_FSSETXATTR, in) == 0 ? 0 : -errno; }

int clinux_take_read_lease(int fd) {
    if (fcntl(fd, F_SETSIG, SIGURG) != 0) return -errno;
    return fcntl(fd, F_SETLEASE, F_RDLCK) == 0 ? 0 : -errno;
}

int clinux_read_lease_holds(int fd) {
    int lease = fcntl(fd, F_GETLEASE);
    return lease < 0 ? -errno : lease == F_RDLCK;
}

int clinux_drop_lease(int fd) { return fcntl(fd, F_SETLEASE, F_UNLCK) == 0 ? 0 : -errno; }

int clinux_flock(int fd, int operation) { return flock(fd, operation) == 0 ? 0 : -errno; }

int64_t clinux_fgetxattr(int fd, const char *name, void *value, size_t size) {
    ssize_t n = fgetxattr(fd, name, value, size);
    return n >= 0 ? (int64_t)n : -errno;
}

int clinux_fsetxattr(int fd, const char *name, const void *value, size_t size) {
    return fsetxattr(fd, name, value, size, 0) == 0 ? 0 : -errno;
}

int clinux_fremovexattr(int fd, const char *name) { return fremovexattr(fd, name) == 0 ? 0 : -errno; }

int64_t clinux_flistxattr(int fd, char *list, size_t size) {
    ssize_t n = flistxattr(fd, list, size);
    return n >= 0 ? (int64_t)n : -errno;
}

uint64_t clinux_file_size_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return UINT64_MAX;
    return limit.rlim_cur;
}

uint64_t clinux_descriptors_raise(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= limit.rlim_max) return 0;
    uint64_t former = limit.rlim_cur;
    limit.rlim_cur = limit.rlim_max;
    return setrlimit(RLIMIT_NOFILE, &limit) == 0 ? former : 0;
}

void clinux_descriptors_restore(uint64_t former) {
    struct rlimit limit;
    if (former == 0 || getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = former;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) return;
}
