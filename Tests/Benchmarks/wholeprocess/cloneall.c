/* What `losnap run` with many sources due is measured against: the bare system calls of a durable clone of each image.
 * Usage: cloneall IMAGES DESTS: each IMAGES/NAME is cloned to DESTS/NAME, a new directory. */
#include "clonefile.h"

#include <dirent.h>
#include <sys/stat.h>

int main(int argc, char **argv) {
    DIR *images;
    struct dirent *entry;

    if (argc != 3) return 64;
    if (mkdir(argv[2], 0700) < 0 || !(images = opendir(argv[1]))) return complain(argv[2]) < 0;
    while ((entry = readdir(images))) {
        struct clone clone;
        char *image, *dest;
        if (entry->d_name[0] == '.') continue;
        if (asprintf(&image, "%s/%s", argv[1], entry->d_name) < 0 || asprintf(&dest, "%s/%s", argv[2], entry->d_name) < 0) return 1;
        if (clone_open(&clone, image, dest) < 0) return 1;
        if (ioctl(clone.file, FICLONE, clone.image) < 0) {
            perror("FICLONE");
            return 1;
        }
        if (clone_publish(&clone) < 0) return 1;
        close(clone.image);
        close(clone.directory);
        close(clone.file);
    }
    return 0;
}
