// A mount namespace of an unprivileged user with as many mounts as wanted, at mount points with paths as long as wanted. It says "ready" and
// then waits for the end of its standard input.
// Usage: manymounts COUNT PATH-BYTES [CHARACTER [SOURCE]]
//   CHARACTER  what the names of the directories are made of; 'n' stands for a newline, which mountinfo shows as four bytes (default x)
//   SOURCE     a directory that is bind-mounted COUNT times; else a tmpfs is
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static void put(const char *path, const char *format, unsigned number) {
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0 || dprintf(file, format, number) < 0) err(1, "%s", path);
    close(file);
}

int main(int argc, char **argv) {
    if (argc < 3 || argc > 5) errx(64, "usage: manymounts COUNT PATH-BYTES [CHARACTER [SOURCE]]");
    int count = atoi(argv[1]), length = atoi(argv[2]);
    char letter = argc > 3 && argv[3][0] != 'n' ? argv[3][0] : argc > 3 ? '\n' : 'x';
    unsigned user = getuid(), group = getgid();
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS)) err(1, "unshare");
    put("/proc/self/setgroups", "deny", 0);
    put("/proc/self/uid_map", "0 %u 1", user);
    put("/proc/self/gid_map", "0 %u 1", group);
    // The tmpfs hides what lies in /tmp.
    int source = argc > 4 ? open(argv[4], O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
    if (argc > 4 && source < 0) err(1, "%s", argv[4]);
    if (mount("none", "/tmp", "tmpfs", 0, NULL) || chdir("/tmp")) err(1, "/tmp");
    char name[256];
    memset(name, letter, 255);
    name[255] = 0;
    for (int made = 5; made + 256 < length; made += 256)
        if (mkdir(name, 0755) || chdir(name)) err(1, "mkdir");
    char from[32] = "source";
    if (source >= 0)
        snprintf(from, sizeof from, "/proc/self/fd/%d", source);
    else if (mkdir(from, 0755) || mount("none", from, "tmpfs", 0, NULL))
        err(1, "source");
    for (int i = 0; i < count; i++) {
        char point[300];
        snprintf(point, sizeof point, "%d", i);
        if (mkdir(point, 0755) || mount(from, point, NULL, MS_BIND, NULL)) err(1, "mount %d", i);
    }
    puts("ready");
    fflush(stdout);
    char byte;
    while (read(0, &byte, 1) > 0) {}
    return 0;
}
