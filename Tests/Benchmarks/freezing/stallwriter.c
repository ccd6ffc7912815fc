/* A writer in a mounted image that watches how long it is kept waiting while a command runs.
 * Usage: stallwriter MODE DIRTY-MIB FILE COMMAND...
 *   MODE `write`: 4 KiB at a time into the page cache, a millisecond apart; `sync`: the same, each with fdatasync.
 *   DIRTY-MIB: so much is written into FILE.dirty just before the command begins, and not synced.
 * It writes for a second before the command, while it runs, and a little after. Output of the command goes to stderr. Prints one line:
 * the longest wait while the command ran in ms, the time of the command in ms, writes a second before and while it ran. */
#define _GNU_SOURCE 1
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { BLOCK = 4096, BLOCKS = 4096 };

static char block[1 << 20];

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

static void die(const char *what) {
    perror(what);
    exit(1);
}

/* One write; how long it took in ms. */
static double step(int file, int syncs) {
    static unsigned long random = 88172645463325252UL;
    random ^= random << 13;
    random ^= random >> 7;
    random ^= random << 17;
    double start = now();
    if (pwrite(file, block, BLOCK, (off_t)(random % BLOCKS) * BLOCK) != BLOCK) die("pwrite");
    if (syncs && fdatasync(file) < 0) die("fdatasync");
    double took = now() - start;
    if (!syncs) usleep(1000);
    return took;
}

static void make_dirty(const char *file, long mib) {
    char path[4096];
    snprintf(path, sizeof path, "%s.dirty", file);
    int dirty = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (dirty < 0) die(path);
    for (long i = 0; i < mib; i++) {
        if (pwrite(dirty, block, sizeof block, i << 20) != (ssize_t)sizeof block) die("writing what is dirty");
    }
    close(dirty);
}

static pid_t start_command(char **command) {
    pid_t child = fork();
    if (child < 0) die("fork");
    if (child > 0) return child;
    dup2(2, 1);
    alarm(300); /* kept by exec */
    execvp(command[0], command);
    perror(command[0]);
    _exit(127);
}

int main(int argc, char **argv) {
    if (argc < 5) return 64;
    int syncs = strcmp(argv[1], "sync") == 0, status = 0;
    long before = 0, during = 0, dirty = atol(argv[2]);
    double longest = 0;

    memset(block, 'w', sizeof block);
    int file = open(argv[3], O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) die(argv[3]);
    for (int i = 0; i < BLOCKS; i++) {
        if (pwrite(file, block, BLOCK, (off_t)i * BLOCK) != BLOCK) die("pwrite");
    }
    if (fsync(file) < 0) die("fsync");

    double start = now(), end = start + 1000;
    for (; now() < end; before++) step(file, syncs);
    double before_time = now() - start;
    if (dirty > 0) make_dirty(argv[3], dirty);

    start = now();
    pid_t child = start_command(argv + 4);
    for (pid_t ended = 0; !ended; during++) {
        double took = step(file, syncs);
        if (took > longest) longest = took;
        if ((ended = waitpid(child, &status, WNOHANG)) < 0) die("waitpid");
    }
    double took = now() - start;
    if (status != 0) {
        fprintf(stderr, "stallwriter: %s: wait status %d\n", argv[4], status);
        return 1;
    }
    printf("%.2f %.2f %.1f %.1f\n", longest, took, before * 1e3 / before_time, during * 1e3 / took);
    return 0;
}
