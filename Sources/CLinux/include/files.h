// Files by directory descriptor and plain name: openat2(2), O_TMPFILE and linkat(2), renameat2(2), statx(2), inode flags, leases.
#ifndef CLINUX_FILES_H
#define CLINUX_FILES_H
#include <stddef.h>
#include <stdint.h>
#include <linux/fs.h>
#include <linux/openat2.h>

enum { CLINUX_O_PATH = 010000000 };  // O_PATH, a GNU name

/// openat2(2). `resolve` is a mask of RESOLVE_ values; O_CLOEXEC is always added. Returns the descriptor or -errno.
int clinux_openat2(int dirfd, const char *path, uint64_t flags, uint32_t mode, uint64_t resolve);

/// A nameless file in the directory, readable and writable (O_TMPFILE; not O_EXCL, so that it can be linked). Returns the descriptor or -errno.
int clinux_open_tmpfile(int dirfd, uint32_t mode);

/// Gives the open file a name. Never overwrites: -EEXIST.
int clinux_link_fd(int fd, int dirfd, const char *name);

int clinux_renameat2(int from, const char *name, int to, const char *new_name, unsigned flags);

struct clinux_status {
    uint64_t device;  // as st_dev
    uint64_t inode;
    uint64_t size;
    uint64_t blocks;  // of 512 bytes
    uint32_t mode;
    uint32_t uid;
    uint32_t gid;
    uint32_t links;
    uint32_t immutable;  // STATX_ATTR_IMMUTABLE
    uint32_t rdev_major;
    uint32_t rdev_minor;
    int64_t mtime_seconds;
    uint32_t mtime_nanoseconds;
};

/// statx(2) without following a symbolic link at the end; an empty name means the descriptor itself.
int clinux_status_of(int dirfd, const char *name, struct clinux_status *out);

/// Device and inode of what a path leads to, links followed, from what is known here: a server is not asked (AT_STATX_DONT_SYNC).
int clinux_status_followed(const char *path, struct clinux_status *out);

/// FS_IOC_GETFLAGS: the inode flags that chattr(1) shows.
int clinux_get_flags(int fd, uint32_t *flags);

int clinux_set_flags(int fd, uint32_t flags);

/// FS_IOC_FSGETXATTR: project id, extent size hints (ioctl_xfs_fsgetxattr(2)).
int clinux_get_fsxattr(int fd, struct fsxattr *out);

int clinux_set_fsxattr(int fd, const struct fsxattr *in);

enum { CLINUX_FLAG_IMMUTABLE = FS_IMMUTABLE_FL, CLINUX_FLAG_APPEND = FS_APPEND_FL, CLINUX_FLAG_NOCOW = FS_NOCOW_FL };

/// Takes a read lease (fcntl(2), F_SETLEASE): succeeds only while nobody has the file open for writing. A break is told by
/// SIGURG, which is ignored by default, instead of SIGIO, which kills.
int clinux_take_read_lease(int fd);

/// 1 while the read lease is held unbroken, 0 when somebody waits to open for writing, -errno else.
int clinux_read_lease_holds(int fd);

int clinux_drop_lease(int fd);

int clinux_flock(int fd, int operation);

int64_t clinux_fgetxattr(int fd, const char *name, void *value, size_t size);

int clinux_fsetxattr(int fd, const char *name, const void *value, size_t size);
int clinux_fremovexattr(int fd, const char *name);

int64_t clinux_flistxattr(int fd, char *list, size_t size);

/// The size in bytes beyond which this process can't make a file grow; UINT64_MAX: there is no such limit.
uint64_t clinux_file_size_limit(void);

/// Raises the soft limit of open descriptors to the hard one. Returns the former soft limit; 0: nothing was changed.
uint64_t clinux_descriptors_raise(void);
/// Gives it back; descriptors that are open stay so.
void clinux_descriptors_restore(uint64_t former);

#endif
