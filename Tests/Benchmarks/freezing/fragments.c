/* Makes a sparse file of many extents. A filesystem is made in it afterwards, without discarding.
 * `holes`: 4 KiB of data in every 8 KiB, and nothing between. Quick, and the extents can't grow together, for their places in the file do not
 * touch. `rewritten`: no holes, but every second 4 KiB written once more; where that goes to a new place (btrfs) each is an extent.
 * Usage: fragments holes|rewritten FILE EXTENTS SIZE-MIB */
#define _GNU_SOURCE 1
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK = 4096 };

int main(int argc, char **argv) {
    static char block[BLOCK];
    if (argc != 5) return 64;
    int rewrites = strcmp(argv[1], "rewritten") == 0;
    long extents = atol(argv[3]);
    off_t size = (off_t)atol(argv[4]) << 20, start = size - (off_t)extents * 2 * BLOCK;
    int file = open(argv[2], O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0 || start < 0 || ftruncate(file, size) < 0) {
        perror(argv[2]);
        return 1;
    }
    for (int round = 0; round <= rewrites; round++) {
        for (long i = 0; i < extents; i++) {
            off_t step = !rewrites ? 2 : 1;
            if (round == 1 && i % 2) continue;
            memcpy(block, &i, sizeof i);
            if (pwrite(file, block, BLOCK, start + (off_t)i * step * BLOCK) != BLOCK) {
                perror("pwrite");
                return 1;
            }
        }
        if (fsync(file) < 0) {
            perror("fsync");
            return 1;
        }
    }
    return 0;
}
