// Which filesystem a descriptor is on: type (statfs(2)) and UUID (FS_IOC_GETFSUUID, BTRFS_IOC_FS_INFO).
#ifndef CLINUX_FILESYSTEMS_H
#define CLINUX_FILESYSTEMS_H
#include <stddef.h>
#include <stdint.h>
#include <linux/magic.h>

enum {
    CLINUX_MAGIC_XFS = 0x58465342,
    CLINUX_MAGIC_BTRFS = 0x9123683e,
    CLINUX_MAGIC_EXT4 = 0xef53,
    CLINUX_MAGIC_TMPFS = 0x01021994,
    CLINUX_MAGIC_BCACHEFS = 0xca451a4e,
    CLINUX_MAGIC_OVERLAY = 0x794c7630
};

struct clinux_filesystem {
    uint64_t magic;
    uint64_t block_size;
    uint64_t total_blocks;
    uint64_t available_blocks;
    uint32_t read_only;
};

int clinux_statfs(int fd, struct clinux_filesystem *out);

/// The filesystem's UUID, 16 bytes. -ENOTTY where the filesystem tells none.
int clinux_filesystem_uuid(int fd, uint64_t magic, uint8_t uuid[16]);

/// BTRFS_IOC_FORGET_DEV: the kernel forgets what btrfs it saw on the device last, unless that is mounted. 0 or -errno.
int clinux_btrfs_forget(const char *device);

/// BTRFS_IOC_START_SYNC and BTRFS_IOC_WAIT_SYNC: the filesystem's running transaction is committed, dirty data of others left alone. 0 or -errno.
int clinux_btrfs_commit(int fd);

int clinux_mount(const char *source, const char *target, const char *type, unsigned long flags, const char *data);

enum { CLINUX_MS_RDONLY = 1, CLINUX_MS_NOSUID = 2, CLINUX_MS_NODEV = 4, CLINUX_UMOUNT_NOFOLLOW = 8 };  // mount(2), umount2(2)

int clinux_umount(const char *target, int flags);

#endif
