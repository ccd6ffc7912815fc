/* Makes a sparse file of many extents: 4 KiB of data in every 8 KiB, and nothing between. Quick, and the extents can't grow together, for
 * their places in the file do not touch. A filesystem is made in it afterwards, without discarding.
 * Usage: fragments FILE EXTENTS SIZE-MIB */
#define _GNU_SOURCE 1
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK = 4096 };

int main(int argc, char **argv) {
    static char block[BLOCK];
    if (argc != 4) return 64;
    long extents = atol(argv[2]);
    off_t size = (off_t)atol(argv[3]) << 20, start = size - (off_t)extents * 2 * BLOCK;
    int file = open(argv[1], O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0 || start < 0 || ftruncate(file, size) < 0) {
        perror(argv[1]);
        return 1;
    }
    for (long i = 0; i < extents; i++) {
        memcpy(block, &i, sizeof i);
        if (pwrite(file, block, BLOCK, start + (off_t)i * 2 * BLOCK) != BLOCK) {
            perror("pwrite");
            return 1;
        }
    }
    if (fsync(file) < 0) {
        perror("fsync");
        return 1;
    }
    return 0;
}
