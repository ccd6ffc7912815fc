/* What `losnap create` of a mounted image is measured against: the bare system calls of sync, freeze, clone, thaw.
 * Usage: freezeclone IMAGE MOUNT DEST. For benchmarks on filesystems made for that: it has no guard, so that what
 * kills it while frozen leaves the filesystem frozen. Between freeze and thaw there are system calls on open descriptors
 * only, and no way out. */
#include "clonefile.h"
#include <errno.h>
#include <signal.h>

int main(int argc, char **argv) {
    struct clone clone;
    sigset_t all, before;
    int mount, cloned, thawed;

    if (argc != 4) return 64;
    if (clone_open(&clone, argv[1], argv[3]) < 0) return 1;
    if ((mount = open(argv[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0) {
        perror(argv[2]);
        return 1;
    }
    if (syncfs(mount) < 0 || fdatasync(clone.image) < 0) {
        perror("sync");
        return 1;
    }
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before);
    if (ioctl(mount, FIFREEZE, 0) < 0) {
        perror("FIFREEZE");
        return 1;
    }
    cloned = ioctl(clone.file, FICLONE, clone.image) < 0 ? errno : 0;
    thawed = ioctl(mount, FITHAW, 0) < 0 ? errno : 0;
    sigprocmask(SIG_SETMASK, &before, NULL);

    if (cloned || thawed) {
        fprintf(stderr, "FICLONE: %s; FITHAW: %s\n", strerror(cloned), strerror(thawed));
        return 1;
    }
    return clone_publish(&clone) < 0;
}
