// See include/filesystems.h.
#define _GNU_SOURCE 1
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/btrfs.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

// Newer than the headers of older distributions (linux/fs.h, Linux 6.9).
struct clinux_fsuuid2 {
    uint8_t len;
    uint8_t uuid[16];
};

#define CLINUX_FS_IOC_GETFSUUID _IOR(0x15, 0, struct clinux_fsuuid2)

// XFS's own call, older (fs/xfs/libxfs/xfs_fs.h: XFS_IOC_FSGEOMETRY_V1 carries the UUID).
struct clinux_xfs_geometry_v1 {
    uint32_t blocksize, rtextsize, agblocks, agcount, logblocks, sectsize, inodesize, imaxpct;
    uint64_t datablocks, rtblocks, rtextents, logstart;
    uint8_t uuid[16];
    uint32_t sunit, swidth;
    int32_t version;
    uint32_t flags, logsectsize, rtsectsize, dirblocksize;
};

#define CLINUX_XFS_IOC_FSGEOMETRY_V1 _IOR('X', 100, struct clinux_xfs_geometry_v1)

int clinux_statfs(int fd, struct clinux_filesystem *out) {
    struct statfs s;
    if (fstatfs(fd, &s) != 0) return -errno;
    out->magic = (uint64_t)(uint32_t)s.f_type;
    out->block_size = (uint64_t)s.f_bsize;
    out->total_blocks = s.f_blocks;
    out->available_blocks = s.f_bavail;
    out->read_only = (s.f_flags & ST_RDONLY) != 0;
    return 0;
}

int clinux_filesystem_uuid(int fd, uint64_t magic, uint8_t uuid[16]) {
    if (magic == CLINUX_MAGIC_BTRFS) {
        struct btrfs_ioctl_fs_info_args info;
        memset(&info, 0, sizeof info);
        if (ioctl(fd, BTRFS_IOC_FS_INFO, &info) != 0) return -errno;
        memcpy(uuid, info.fsid, 16);
        return 0;
    }
    struct clinux_fsuuid2 id;
    memset(&id, 0, sizeof id);
    if (ioctl(fd, CLINUX_FS_IOC_GETFSUUID, &id) == 0 && id.len == 16) {
        memcpy(uuid, id.uuid, 16);
        return 0;
    }
    if (magic == CLINUX_MAGIC_XFS) {
        struct clinux_xfs_geometry_v1 geometry;
        memset(&geometry, 0, sizeof geometry);
        if (ioctl(fd, CLINUX_XFS_IOC_FSGEOMETRY_V1, &geometry) != 0) return -errno;
        memcpy(uuid, geometry.uuid, 16);
        return 0;
    }
    return -ENOTTY;
}

int clinux_btrfs_forget(const char *device) {
    struct btrfs_ioctl_vol_args args;
    memset(&args, 0, sizeof args);
    if (strlen(device) >= sizeof args.name) return -ENAMETOOLONG;
    strcpy(args.name, device);
    int control = open("/dev/btrfs-control", O_RDWR | O_CLOEXEC);
    if (control < 0) return -errno;
    int result = ioctl(control, BTRFS_IOC_FORGET_DEV, &args) == 0 ? 0 : -errno;
    close(control);
    return result;
}

int clinux_btrfs_commit(int fd) {
    __u64 transaction = 0;
    if (ioctl(fd, BTRFS_IOC_START_SYNC, &transaction) != 0) return -errno;
    return ioctl(fd, BTRFS_IOC_WAIT_SYNC, &transaction) == 0 ? 0 : -errno;
}

int clinux_mount(const char *source, const char *target, const char *type, unsigned long flags, const char *data) {
    return mount(source, target, type, flags, data) == 0 ? 0 : -errno;
}

int clinux_umount(const char *target, int flags) { return umount2(target, flags) == 0 ? 0 : -errno; }
