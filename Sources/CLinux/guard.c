// The parent's half of the thaw guard: starts it, tells it how far the freeze is, and ends it. See include/guard.h.
#define _GNU_SOURCE 1
#include "guardshared.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const uint64_t CONFIRM_WAIT_NS = 2ull * 1000 * 1000 * 1000;
static const int READY_WAIT_MS = 10 * 1000;

uint64_t clinux_boot_time(void) {
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

static bool copy_names(struct clinux_guard_shared *shared, const char *names, int count) {
    for (int i = 0; i < count; i++) {
        size_t length = strlen(names) + 1;
        if (length > CLINUX_GUARD_NAME_MAX) return false;
        memcpy(shared->record[i], names, length);
        names += length;
    }
    return true;
}

// A guard that is stopped (SIGSTOP) before it is ready must not hang us either.
static int wait_until_ready(int ready) {
    uint64_t patience = clinux_boot_time() + READY_WAIT_MS * 1000000ull;
    for (;;) {
        struct pollfd readable = {.fd = ready, .events = POLLIN};
        uint64_t now = clinux_boot_time();
        int n = poll(&readable, 1, now < patience ? (int)((patience - now) / 1000000) + 1 : 0);
        if (n == 0) return -ETIME;
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return -errno;
        char byte;
        ssize_t got = read(ready, &byte, 1);
        if (got < 0 && errno == EINTR) continue;
        return got == 1 ? 0 : -ECHILD;
    }
}

int clinux_guard_start(struct clinux_guard *guard, const struct clinux_guarded *guarded) {
    int count = guarded->count;
    if (count < 1 || count > CLINUX_GUARD_MAX) return -E2BIG;
    int control[2] = {-1, -1}, ready[2] = {-1, -1};
    int self = -1, error = 0;
    void *memory = mmap(NULL, sizeof(struct clinux_guard_shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return -errno;
    self = (int)syscall(SYS_pidfd_open, getpid(), 0);
    memcpy(((struct clinux_guard_shared *)memory)->record_file, guarded->records, sizeof(int) * (size_t)count);
    if (!copy_names(memory, guarded->names, count)) {
        error = -ENAMETOOLONG;
    } else if (self < 0 || pipe2(control, O_CLOEXEC) != 0 || pipe2(ready, O_CLOEXEC) != 0) {
        error = -errno;
    } else {
        pid_t pid = _Fork();
        if (pid == 0) clinux_guard_main(memory, guarded, control[0], self, ready[1]);
        if (pid < 0) {
            error = -errno;
        } else {
            close(ready[1]);
            ready[1] = -1;
            error = wait_until_ready(ready[0]);
            if (error == 0) {
                *guard = (struct clinux_guard){.shared = memory, .pid = pid, .control = control[1], .count = count};
                control[1] = -1;
            } else {
                kill(pid, SIGKILL);
                while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {}
            }
        }
    }
    int spare[] = {control[0], control[1], ready[0], ready[1], self};
    for (unsigned i = 0; i < sizeof spare / sizeof spare[0]; i++) {
        if (spare[i] >= 0) close(spare[i]);
    }
    if (error) munmap(memory, sizeof(struct clinux_guard_shared));
    return error;
}

void clinux_guard_arm(struct clinux_guard *guard, uint64_t nanoseconds) {
    atomic_store(&guard->shared->deadline, clinux_boot_time() + nanoseconds);
    if (write(guard->control, "a", 1) < 0) {}  // wakes the guard; it would look by itself soon
}

static int note(struct clinux_guard *guard, int index, char state) {
    return clinux_guard_note(guard->shared->record_file[index], state);
}

int clinux_guard_freezing(struct clinux_guard *guard, int index) {
    atomic_store(&guard->shared->state[index], FREEZING);
    int error = -ECANCELED;
    if (clinux_guard_mark(guard) == CLINUX_GUARD_INTACT) error = note(guard, index, CLINUX_RECORD_FREEZING);
    if (error) atomic_store(&guard->shared->state[index], IDLE);
    return error;
}

void clinux_guard_frozen(struct clinux_guard *guard, int index) {
    note(guard, index, CLINUX_RECORD_FROZEN);  // if that fails, "freezing" has the same effect
    atomic_store(&guard->shared->state[index], FROZEN);
}

void clinux_guard_thawed(struct clinux_guard *guard, int index) {
    note(guard, index, CLINUX_RECORD_THAWED);
    atomic_store(&guard->shared->state[index], THAWED);
}

/// Without taking its end away from `clinux_guard_finish`.
static bool has_ended(const struct clinux_guard *guard) {
    siginfo_t info = {.si_pid = 0};
    return waitid(P_PID, (id_t)guard->pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == guard->pid;
}

int clinux_guard_has_thawed(const struct clinux_guard *guard, int index) {
    uint64_t patience = clinux_boot_time() + CONFIRM_WAIT_NS;
    for (;;) {
        if (atomic_load(&guard->shared->thawed_by_guard[index])) return 1;
        if (clinux_guard_mark(guard) == CLINUX_GUARD_INTACT) return 0;
        if (has_ended(guard)) return atomic_load(&guard->shared->thawed_by_guard[index]);
        if (clinux_boot_time() > patience) return 0;
        struct timespec moment = {.tv_nsec = 50 * 1000};
        nanosleep(&moment, NULL);
    }
}

int clinux_guard_mark(const struct clinux_guard *guard) {
    int mark = atomic_load(&guard->shared->mark);
    if (mark != CLINUX_GUARD_INTACT) return mark;
    uint64_t deadline = atomic_load(&guard->shared->deadline);
    return deadline && clinux_boot_time() >= deadline ? CLINUX_GUARD_DEADLINE : CLINUX_GUARD_INTACT;
}

int clinux_guard_finish(struct clinux_guard *guard) {
    bool thawed = true, ended = false;
    for (int i = 0; i < guard->count; i++) {
        int state = atomic_load(&guard->shared->state[i]);
        if (state != IDLE && state != THAWED) thawed = false;
    }
    if (thawed) atomic_store(&guard->shared->confirmed, 1);
    close(guard->control);
    // A guard that is stopped (SIGSTOP) must not hang us: all is thawed, so it may go.
    uint64_t patience = clinux_boot_time() + CONFIRM_WAIT_NS;
    while (!ended) {
        pid_t pid = waitpid(guard->pid, NULL, WNOHANG);
        ended = pid == guard->pid || (pid < 0 && errno == ECHILD);
        if (ended || clinux_boot_time() > patience) break;
        struct timespec moment = {.tv_nsec = 50 * 1000};
        nanosleep(&moment, NULL);
    }
    if (!ended && thawed) {
        kill(guard->pid, SIGKILL);
        while (waitpid(guard->pid, NULL, 0) < 0 && errno == EINTR) {}
    }
    munmap(guard->shared, sizeof(struct clinux_guard_shared));
    return thawed ? 0 : -EBUSY;
}
