// See include/thaw.h and thawshared.h. The child of a process with threads makes async-signal-safe calls only.
#define _GNU_SOURCE 1
#include "CLinux.h"
#include "thawshared.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SHORT_PAUSE_NS = 50 * 1000, LONG_PAUSE_NS = 5 * 1000 * 1000, LONG_AFTER = 100 };

struct clinux_thaw_answer {
    atomic_int value;
};

pid_t clinux_thaw_fork(int fd, atomic_int *answer, int (*prepare)(int fd)) {
    atomic_store(answer, THAW_NO_ANSWER);
    pid_t pid = _Fork();
    if (pid == 0) {
        int target = prepare ? prepare(fd) : fd;
        atomic_store(answer, clinux_thaw(target));
        _exit(0);
    }
    return pid < 0 ? -errno : pid;
}

/// One that blocks outlives the command: it must hold no lock, no terminal, and no pipe whose reader waits for the end.
static int drop_all_but(int fd) {
    setsid();
    if (chdir("/") != 0) {}
    prctl(PR_SET_NAME, "losnap-thaw");
    if (dup2(fd, 0) < 0) return fd;
    close_range(1, ~0u, 0);
    return 0;
}

int clinux_thaw_start(struct clinux_thaw *thaw, int fd) {
    struct clinux_thaw_answer *answer = mmap(NULL, sizeof *answer, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (answer == MAP_FAILED) return -errno;
    pid_t pid = clinux_thaw_fork(fd, &answer->value, drop_all_but);
    if (pid < 0) {
        munmap(answer, sizeof *answer);
        return pid;
    }
    *thaw = (struct clinux_thaw){.answer = answer, .pid = pid};
    return 0;
}

int clinux_thaw_finish(struct clinux_thaw *thaw, uint64_t until) {
    bool ended = false;
    for (int round = 0;; round++) {
        pid_t pid = waitpid(thaw->pid, NULL, WNOHANG);
        ended = pid == thaw->pid || (pid < 0 && errno == ECHILD);  // ECHILD: SIGCHLD is ignored, as some that start programs leave it
        if (ended || clinux_boot_time() >= until) break;
        struct timespec pause = {.tv_nsec = round < LONG_AFTER ? SHORT_PAUSE_NS : LONG_PAUSE_NS};
        nanosleep(&pause, NULL);
    }
    if (!ended) kill(thaw->pid, SIGKILL);
    int answer = atomic_load(&thaw->answer->value);
    munmap(thaw->answer, sizeof *thaw->answer);
    if (answer != THAW_NO_ANSWER) return answer;
    return ended ? -ECHILD : -ETIMEDOUT;
}
