/* What losnap's freeze is measured against: freeze, clone, thaw by the bare system calls, and nothing before, as other tools do it.
 * Usage: barefreeze IMAGE MOUNT DEST [synced]: with `synced`, what is dirty is written out first.
 * For benchmarks on filesystems made for that: it has no guard, so that what kills it while frozen leaves the filesystem frozen.
 * Between freeze and thaw there are system calls on open descriptors only, and no way out. */
#include "../wholeprocess/clonefile.h"
#include <errno.h>
#include <signal.h>
#include <time.h>

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

int main(int argc, char **argv) {
    struct clone clone;
    sigset_t all, before;
    int mount, cloned, thawed;

    if (argc < 4) return 64;
    if (clone_open(&clone, argv[1], argv[3]) < 0) return 1;
    if ((mount = open(argv[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0) return complain(argv[2]) < 0;
    if (argc > 4 && (syncfs(mount) < 0 || fdatasync(clone.image) < 0)) return complain("sync") < 0;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before);
    if (ioctl(mount, FIFREEZE, 0) < 0) return complain("FIFREEZE") < 0;
    double frozen = now();
    cloned = ioctl(clone.file, FICLONE, clone.image) < 0 ? errno : 0;
    thawed = ioctl(mount, FITHAW, 0) < 0 ? errno : 0;
    frozen = now() - frozen;
    sigprocmask(SIG_SETMASK, &before, NULL);

    if (cloned || thawed) {
        fprintf(stderr, "FICLONE: %s; FITHAW: %s\n", strerror(cloned), strerror(thawed));
        return 1;
    }
    fprintf(stderr, "frozen %.2f ms\n", frozen);
    return clone_publish(&clone) < 0;
}
