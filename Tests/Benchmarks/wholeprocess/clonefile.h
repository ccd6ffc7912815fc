/* The steps that bareclone and freezeclone have in common. DEST must not exist; its directory is what is made durable. */
#define _GNU_SOURCE 1
#include <fcntl.h>
#include <libgen.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct clone { int image, directory, file; const char *name; };

static inline int complain(const char *what) {
    perror(what);
    return -1;
}

/* Everything that looks up a path, before anything is frozen. */
static inline int clone_open(struct clone *clone, const char *image, const char *dest) {
    char *directory = dirname(strdup(dest));
    clone->name = basename(strdup(dest));
    if ((clone->image = open(image, O_RDONLY | O_CLOEXEC)) < 0) return complain(image);
    if ((clone->directory = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0) return complain(directory);
    if ((clone->file = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0400)) < 0) return complain("O_TMPFILE");
    return 0;
}

/* Gives the nameless clone its name, durably. */
static inline int clone_publish(const struct clone *clone) {
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", clone->file);
    if (fsync(clone->file) < 0) return complain("fsync");
    if (linkat(AT_FDCWD, path, clone->directory, clone->name, AT_SYMLINK_FOLLOW) < 0) return complain(clone->name);
    if (fsync(clone->directory) < 0) return complain("fsync of the directory");
    return 0;
}
