// See include/thaw.h and thawshared.h. The child of a process with threads makes async-signal-safe calls only.
#define _GNU_SOURCE 1
#include "CLinux.h"
#include "thawshared.h"

#include <errno.h>
#include <fcntl.h>
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

pid_t clinux_thaw_fork(atomic_int *answer, int (*choose)(void *context), void *context) {
    atomic_store(answer, THAW_NO_ANSWER);
    pid_t pid = _Fork();
    if (pid == 0) {
        int fd = choose(context);
        atomic_store(answer, fd < 0 ? -EINVAL : clinux_thaw(fd));
        _exit(0);
    }
    return pid < 0 ? -errno : pid;
}

struct kept {
    int fd, lock;
};

/// One that blocks outlives the command: it must hold no terminal, and no pipe whose reader waits for the end. The filesystem's lock it must
/// hold, or it would thaw what the next losnap has frozen when it comes through.
static int drop_all_but(void *context) {
    enum { HIGH = 16 };
    int fd = ((struct kept *)context)->fd, lock = ((struct kept *)context)->lock;
    setsid();
    if (chdir("/") != 0) {}
    prctl(PR_SET_NAME, "losnap-thaw");
    int high = fcntl(fd, F_DUPFD, HIGH), high_lock = fcntl(lock, F_DUPFD, HIGH);
    if (high < 0 || high_lock < 0 || dup2(high, 0) < 0 || dup2(high_lock, 1) < 0) return fd;
    close_range(2, ~0u, 0);
    return 0;
}

int clinux_thaw_start(struct clinux_thaw *thaw, int fd, int lock) {
    struct clinux_thaw_answer *answer = mmap(NULL, sizeof *answer, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (answer == MAP_FAILED) return -errno;
    struct kept kept = {fd, lock};
    pid_t pid = clinux_thaw_fork(&answer->value, drop_all_but, &kept);
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
