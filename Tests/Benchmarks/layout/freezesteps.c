/* The steps of a freeze, timed one by one by the bare system calls: what is dirty is written out first, as losnap does.
 * Usage: freezesteps IMAGE MOUNT DEST
 * Prints one line: MiB of the image in the page cache, MiB of these dirty after syncfs in the image and again when frozen; ms of that syncfs, of
 * fdatasync of the image, of FIFREEZE, of the clone, of FITHAW; extents of the image.
 * For benchmarks on filesystems made for that: it has no guard, so that what kills it while frozen leaves the filesystem frozen. */
#include "../wholeprocess/clonefile.h"
#include <errno.h>
#include <linux/fiemap.h>
#include <linux/mman.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>

#ifndef SYS_cachestat
#define SYS_cachestat 451
#endif

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

/* Counts of pages (cachestat(2)). */
struct pages { uint64_t cached, dirty, writeback, evicted, recently; };

static void count(int file, struct pages *pages) {
    struct { uint64_t from, length; } all_of_it = {0, 0};
    memset(pages, 0, sizeof *pages);
    if (syscall(SYS_cachestat, file, &all_of_it, pages, 0) < 0) pages->dirty = UINT64_MAX / 2;
}

int main(int argc, char **argv) {
    struct clone clone;
    struct pages synced, frozen;
    struct fiemap map = {.fm_length = UINT64_MAX};
    double at[6];
    sigset_t all, before;
    int mount, cloned, thawed;

    if (argc != 4) return 64;
    if (clone_open(&clone, argv[1], argv[3]) < 0) return 1;
    if ((mount = open(argv[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0) return complain(argv[2]) < 0;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before);
    at[0] = now();
    if (syncfs(mount) < 0) return complain("syncfs") < 0;
    at[1] = now();
    count(clone.image, &synced);
    double counted = now() - at[1];
    if (fdatasync(clone.image) < 0) return complain("fdatasync") < 0;
    at[2] = now() - counted;
    double begun = now();
    if (ioctl(mount, FIFREEZE, 0) < 0) return complain("FIFREEZE") < 0;
    double froze = now() - begun;
    count(clone.image, &frozen);
    at[3] = now();
    cloned = ioctl(clone.file, FICLONE, clone.image) < 0 ? errno : 0;
    at[4] = now();
    thawed = ioctl(mount, FITHAW, 0) < 0 ? errno : 0;
    at[5] = now();
    sigprocmask(SIG_SETMASK, &before, NULL);

    if (cloned || thawed) {
        fprintf(stderr, "FICLONE: %s; FITHAW: %s\n", strerror(cloned), strerror(thawed));
        return 1;
    }
    if (clone_publish(&clone) < 0) return 1;
    if (ioctl(clone.image, FS_IOC_FIEMAP, &map) < 0) return complain("FIEMAP") < 0;
    printf("%.1f %.2f %.2f", synced.cached / 256.0, (synced.dirty + synced.writeback) / 256.0, (frozen.dirty + frozen.writeback) / 256.0);
    printf(" %.2f %.2f %.2f %.2f %.2f %u\n", at[1] - at[0], at[2] - at[1], froze, at[4] - at[3], at[5] - at[4], map.fm_mapped_extents);
    return 0;
}
