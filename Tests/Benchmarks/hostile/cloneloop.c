// Clones a file again and again, as anybody may who can read it. It ends with its standard input and says how often it has.
// Usage: cloneloop SOURCE CLONE
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <poll.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

int main(int argc, char **argv) {
    if (argc != 3) errx(64, "usage: cloneloop SOURCE CLONE");
    int source = open(argv[1], O_RDONLY | O_CLOEXEC);
    if (source < 0) err(1, "%s", argv[1]);
    int clone = open(argv[2], O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (clone < 0) err(1, "%s", argv[2]);
    struct pollfd input = {.fd = 0, .events = POLLIN};
    long times = 0;
    while (poll(&input, 1, 0) == 0) {
        if (ioctl(clone, FICLONE, source)) err(1, "FICLONE");
        times++;
    }
    printf("%ld\n", times);
    return 0;
}
