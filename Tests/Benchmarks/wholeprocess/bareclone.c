/* What `losnap create` of an unmounted image is measured against: the bare system calls of a durable clone.
 * Usage: bareclone IMAGE DEST */
#include "clonefile.h"

int main(int argc, char **argv) {
    struct clone clone;
    if (argc != 3) return 64;
    if (clone_open(&clone, argv[1], argv[2]) < 0) return 1;
    if (ioctl(clone.file, FICLONE, clone.image) < 0) {
        perror("FICLONE");
        return 1;
    }
    return clone_publish(&clone) < 0;
}
