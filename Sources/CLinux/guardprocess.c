// The guard's half. It runs in a forked child of a process with threads: async-signal-safe calls only.
// It ends only when the parent has confirmed, or when nothing can be frozen any more; a FITHAW that answers EINVAL proves that
// only if it began after FIFREEZE had returned or the parent was dead.
#define _GNU_SOURCE 1
#include "guardshared.h"
#include "thawshared.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    POLL_MS = 100,  // CLOCK_BOOTTIME goes on in suspend, poll's clock does not: look again
    THAW_RETRY_MS = 10,
    LONG_RETRY_MS = 100,      // a parent that is stopped inside FIFREEZE may stay so for hours
    LONG_AFTER = 100,         // rounds
    // A thaw that takes longer waits for a clone call: end that. Well within the second that promise P1 gives, and well above what a busy
    // machine takes to run the thawing process.
    CLONER_GRACE_NS = 400 * 1000 * 1000,
};
static const uint64_t GIVE_UP_NS = 60ull * 1000 * 1000 * 1000;  // after the parent's death, for errors that are not EINVAL

struct watch {
    struct clinux_guard_shared *shared;
    int control, parent, records, count;  // control and parent (a pidfd) are polled; records: the directory of freeze records
    const int *descriptors, *record_files;
};

static bool parent_is_dead(const struct watch *w) {
    struct pollfd p = {.fd = w->parent, .events = POLLIN};
    return poll(&p, 1, 0) == 1;
}

/// Waits for the confirmation, the parent's end or the deadline. Returns the mark to set; INTACT: confirmed.
static int wait_for_reason(const struct watch *w) {
    for (;;) {
        uint64_t deadline = atomic_load(&w->shared->deadline);
        int timeout = POLL_MS;
        if (deadline) {
            uint64_t now = clinux_boot_time();
            if (now >= deadline) return CLINUX_GUARD_DEADLINE;
            uint64_t left = (deadline - now) / 1000000 + 1;
            if (left < (uint64_t)timeout) timeout = (int)left;
        }
        struct pollfd p[2] = {{.fd = w->control, .events = POLLIN}, {.fd = w->parent, .events = POLLIN}};
        poll(p, 2, timeout);
        if (atomic_load(&w->shared->confirmed)) return CLINUX_GUARD_INTACT;
        if (p[1].revents) return CLINUX_GUARD_ORPHANED;
        if (p[0].revents) {
            char byte;
            if (read(w->control, &byte, 1) == 0) return CLINUX_GUARD_ORPHANED;
        }
    }
}

struct attempt {
    pid_t pid;  // 0: none running
    uint64_t since;
    bool parent_dead;
    bool done;
};

struct choice {
    const struct watch *watch;
    int index;
};

/// Looks once more: what the parent has thawed since somebody else may have frozen.
static int still_frozen(void *context) {
    const struct choice *choice = context;
    struct clinux_guard_shared *shared = choice->watch->shared;
    int state = atomic_load(&shared->state[choice->index]);
    atomic_store(&shared->thaw_saw[choice->index], state);
    return state == FREEZING || state == FROZEN ? choice->watch->descriptors[choice->index] : -1;
}

/// One FITHAW in a process of its own, so that one that blocks does not keep the others frozen.
static void start_thaw(const struct watch *w, struct attempt *a, int i, bool parent_dead) {
    struct choice choice = {w, i};
    a->parent_dead = parent_dead;
    a->since = clinux_boot_time();
    pid_t pid = clinux_thaw_fork(&w->shared->thaw_result[i], still_frozen, &choice);
    if (pid < 0) {  // no process to be had: better to block than not to thaw
        int fd = still_frozen(&choice);
        atomic_store(&w->shared->thaw_result[i], fd < 0 ? -EINVAL : clinux_thaw(fd));
        pid = 0;
    }
    a->pid = pid;
}

/// Looks whether the attempt has ended, and whether what it answered proves that the filesystem is thawed for good.
static void collect(const struct watch *w, struct attempt *a, int i, bool *odd_error) {
    if (a->pid > 0) {
        if (waitpid(a->pid, NULL, WNOHANG) == 0) return;
        a->pid = 0;
    }
    int result = atomic_load(&w->shared->thaw_result[i]);
    if (result == 0 || result == -EINVAL) {
        // While the parent may still be inside FIFREEZE the freeze can complete after either answer.
        a->done = atomic_load(&w->shared->thaw_saw[i]) == FROZEN || (a->parent_dead && result == -EINVAL);
    } else {
        *odd_error = true;
    }
}

/// Thawing processes that are no longer wanted. Each holds the locks, too, so that one which comes late thaws nothing of the next losnap's.
static void end_attempts(struct attempt *attempts, int count) {
    for (int i = 0; i < count; i++) {
        if (attempts[i].pid > 0) kill(attempts[i].pid, SIGKILL);
    }
    for (int i = 0; i < count; i++) {
        if (attempts[i].pid <= 0) continue;
        while (waitpid(attempts[i].pid, NULL, 0) < 0 && errno == EINTR) {}
    }
}

/// Looks after one filesystem; false: it may still be frozen.
static bool thaw_one(const struct watch *w, struct attempt *a, int i, bool parent_dead, bool *odd_error) {
    if (a->done) return true;
    int state = atomic_load(&w->shared->state[i]);
    if (a->pid == 0 && (state == IDLE || state == THAWED)) {
        a->done = true;
    } else {
        if (a->pid == 0) start_thaw(w, a, i, parent_dead);
        // A thaw of a filesystem that is really frozen takes microseconds: give it that before looking.
        struct timespec moment = {.tv_nsec = 200 * 1000};
        nanosleep(&moment, NULL);
        collect(w, a, i, odd_error);
    }
    // At once, not when all are done: whoever looks meanwhile is told the truth.
    if (a->done) {
        clinux_guard_note(w->record_files[i], CLINUX_RECORD_THAWED);
        atomic_store(&w->shared->thawed_by_guard[i], 1);
        clinux_guard_remove_record(w->records, w->shared->record[i]);
    }
    return a->done;
}

/// The parent has confirmed that all are thawed. It removes the records, too, but has other things to do first, and may be killed there.
static void remove_all_records(const struct watch *w) {
    for (int i = 0; i < w->count; i++) clinux_guard_remove_record(w->records, w->shared->record[i]);
}

static void thaw_until_done(const struct watch *w) {
    struct attempt attempts[CLINUX_GUARD_MAX];
    memset(attempts, 0, sizeof attempts);
    bool killed = false;
    uint64_t dead_since = 0;
    for (int round = 0;; round++) {
        bool dead = parent_is_dead(w), all_done = true, odd_error = false, waiting = false, freezing = false;
        uint64_t now = clinux_boot_time();
        if (dead && !dead_since) dead_since = now;
        if (atomic_load(&w->shared->confirmed)) {
            end_attempts(attempts, w->count);
            return remove_all_records(w);
        }
        for (int i = 0; i < w->count; i++) {
            struct attempt *a = &attempts[i];
            if (!thaw_one(w, a, i, dead, &odd_error)) all_done = false;
            if (a->pid > 0 && now > a->since + CLONER_GRACE_NS) waiting = true;
            if (atomic_load(&w->shared->state[i]) == FREEZING) freezing = true;
        }
        if (all_done) return;
        // What waits for FIFREEZE is not helped by killing: that writes out to its end, and then the parent can still report.
        if (waiting && !freezing && !killed && !dead) {
            syscall(SYS_pidfd_send_signal, w->parent, SIGKILL, NULL, 0);
            killed = true;
        }
        if (odd_error && dead && now > dead_since + GIVE_UP_NS) return;  // the freeze record stays: the next command tries
        long pause_ms = round < LONG_AFTER || dead ? THAW_RETRY_MS : LONG_RETRY_MS;
        struct timespec pause = {.tv_nsec = pause_ms * 1000000l};
        nanosleep(&pause, NULL);
    }
}

/// Everything the guard will run is run once, so that its pages are there and locked before anything is frozen.
static void warm_up(void) {
    clinux_boot_time();
    clinux_guard_note(-1, CLINUX_RECORD_THAWED);
    struct timespec none = {0};
    nanosleep(&none, NULL);
    pid_t pid = _Fork();
    if (pid == 0) _exit(clinux_thaw(-1) == -EBADF ? 0 : 1);
    if (pid > 0) {
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {}
    }
}

_Noreturn void clinux_guard_main(
    struct clinux_guard_shared *shared, const struct clinux_guarded *guarded, int control, int parent, int ready) {
    int count = guarded->count;
    setsid();
    if (chdir("/") != 0) {}  // the parent's working directory is not kept busy
    prctl(PR_SET_NAME, "losnap-guard");
    static const int ignored[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGPIPE, SIGALRM, SIGTERM, SIGUSR1, SIGUSR2, SIGTSTP,
                                  SIGTTIN, SIGTTOU, SIGIO,   SIGXCPU, SIGXFSZ, SIGVTALRM, SIGPROF, SIGPWR, SIGSTKFLT};
    for (unsigned i = 0; i < sizeof ignored / sizeof ignored[0]; i++) signal(ignored[i], SIG_IGN);
    signal(SIGCHLD, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);

    // Keep the pipe, the parent's pidfd, the directory of freeze records, the descriptors to thaw, their freeze records, the locks of their
    // filesystems and the ready end; nothing else: no other lock, no clone or terminal.
    enum { HIGH = 3 * CLINUX_GUARD_MAX + 8 };
    int kept[3 * CLINUX_GUARD_MAX + 4];
    int total = 0;
    kept[total++] = fcntl(control, F_DUPFD, HIGH);
    kept[total++] = fcntl(parent, F_DUPFD, HIGH);
    kept[total++] = fcntl(guarded->directory, F_DUPFD, HIGH);
    for (int i = 0; i < count; i++) kept[total++] = fcntl(guarded->descriptors[i], F_DUPFD, HIGH);
    for (int i = 0; i < count; i++) kept[total++] = fcntl(guarded->records[i], F_DUPFD, HIGH);
    for (int i = 0; i < count; i++) kept[total++] = fcntl(guarded->locks[i], F_DUPFD, HIGH);
    kept[total++] = fcntl(ready, F_DUPFD, HIGH);
    ready = total - 1;
    for (int i = 0; i < total; i++) {
        if (kept[i] < 0 || dup2(kept[i], i) < 0) _exit(1);
    }
    if (close_range((unsigned)total, ~0u, 0) != 0) _exit(1);
    int descriptors[CLINUX_GUARD_MAX], record_files[CLINUX_GUARD_MAX];
    for (int i = 0; i < count; i++) {
        descriptors[i] = 3 + i;
        record_files[i] = 3 + count + i;
    }
    struct watch w = {
        .shared = shared, .control = 0, .parent = 1, .records = 2, .count = count, .descriptors = descriptors, .record_files = record_files};

    int score = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);  // best effort: needs CAP_SYS_RESOURCE
    if (score >= 0) {
        if (write(score, "-1000", 5) < 0) {}
        close(score);
    }
    mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT);  // best effort
    warm_up();

    if (write(ready, "r", 1) != 1) _exit(1);
    close(ready);
    int mark = wait_for_reason(&w);
    if (mark == CLINUX_GUARD_INTACT) {
        remove_all_records(&w);
        _exit(0);
    }
    int intact = CLINUX_GUARD_INTACT;
    atomic_compare_exchange_strong(&shared->mark, &intact, mark);  // before the first thaw: whoever sees it thawed sees it broken
    thaw_until_done(&w);
    _exit(0);
}
