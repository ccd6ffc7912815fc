// Runs a program and sends it a signal at its n-th system call, so that a test can meet every point between two calls, not chance ones.
// The rules: only the program and, if wanted, its thaw guard are traced; everything is under a deadline; it ends when the program and all that
// it started have ended, which proves that no thaw guard is left.
//
// calltracer [--from TEXT] [--guard] [--at N (--send SIGNAL [--group | --guard-first] | --starve RESOURCE) [--hold]] [--keep IMAGE FILE]...
//            [--limit SECONDS] --report FILE -- PROGRAM ARGUMENT...
// --from TEXT    counts from the first path that contains it (of openat and openat2), which is number 1; `fork`: from the first fork
// --guard        counts and strikes the thaw guard, the first process that the program forks, from its first call on
// --group        sends the signal to the program's process group
// --guard-first  ends the thaw guard before, if there is one; nobody can thaw then
// --starve       from there on it gets no more of what the number is for (RLIMIT_AS, RLIMIT_NOFILE, RLIMIT_FSIZE)
// --hold         holds the one to be struck before the call; the first SIGUSR1 to the tracer strikes it
// --keep         when the program is about to thaw, clones IMAGE as FILE: the same instant as its own clone
// SIGUSR1 and SIGUSR2 to the tracer send SIGCONT and SIGKILL to the one struck.
//
// The report has a line for each: `call N WHAT` (without --at), `held N WHAT frozen|free`, `struck N WHAT frozen|free`,
// `kept`, `ended exit STATUS`, `ended signal NUMBER`.
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST_KEPT = 8, TRACE_OPTIONS = PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL };

static struct {
    const char *from;
    bool guard, group, guard_first, hold;
    long at;
    int signal, resource;
    int kept;
    const char *images[MOST_KEPT], *copies[MOST_KEPT];
    long limit;
    int report;
    char **program;
} request = {.resource = -1, .limit = 60, .report = -1};

static struct {
    pid_t program, guard;
    pid_t struck;  // 0: not yet
    pid_t held;    // 0: none
    char held_at[32];
    long count;
    bool counts, kept, guard_traced;
    bool at_freeze, freezing, thawing;  // the program is in a call that freezes, has been in one, has come to its first thaw
} state;

static volatile sig_atomic_t wanted;

static void remember(int number) { wanted = number == SIGUSR1 ? SIGCONT : SIGKILL; }

__attribute__((format(printf, 1, 2))) static void report(const char *format, ...) {
    char line[256];
    va_list values;
    va_start(values, format);
    int length = vsnprintf(line, sizeof line, format, values);
    va_end(values);
    if (write(request.report, line, (size_t)length) < 0) _exit(70);
}

__attribute__((noreturn)) static void fail(const char *what) {
    fprintf(stderr, "calltracer: %s: %s\n", what, strerror(errno));
    exit(70);
}

static long long milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000ll + now.tv_nsec / 1000000;
}

static void parse(int count, char **words) {
    for (int i = 1; i < count; i++) {
        const char *word = words[i];
        bool has_next = i + 1 < count;
        if (!strcmp(word, "--guard")) request.guard = true;
        else if (!strcmp(word, "--group")) request.group = true;
        else if (!strcmp(word, "--guard-first")) request.guard_first = true;
        else if (!strcmp(word, "--hold")) request.hold = true;
        else if (!strcmp(word, "--from") && has_next) request.from = words[++i];
        else if (!strcmp(word, "--at") && has_next) request.at = atol(words[++i]);
        else if (!strcmp(word, "--send") && has_next) request.signal = atoi(words[++i]);
        else if (!strcmp(word, "--starve") && has_next) request.resource = atoi(words[++i]);
        else if (!strcmp(word, "--limit") && has_next) request.limit = atol(words[++i]);
        else if (!strcmp(word, "--report") && has_next) {
            request.report = open(words[++i], O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
        } else if (!strcmp(word, "--keep") && i + 2 < count && request.kept < MOST_KEPT) {
            request.images[request.kept] = words[++i];
            request.copies[request.kept++] = words[++i];
        } else if (!strcmp(word, "--") && has_next) {
            request.program = words + i + 1;
            break;
        } else {
            fprintf(stderr, "calltracer: %s?\n", word);
            exit(64);
        }
    }
    if (!request.program || request.report < 0) {
        fprintf(stderr, "calltracer: no program, or no report\n");
        exit(64);
    }
}

/// Starts the program, stopped before its exec, and traces it. Its process group is its own; it dies with this process.
static void start(void) {
    pid_t self = getpid();
    pid_t pid = fork();
    if (pid < 0) fail("fork");
    if (pid == 0) {
        setpgid(0, 0);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != self) _exit(70);
        raise(SIGSTOP);
        execv(request.program[0], request.program);
        _exit(127);
    }
    int status;
    if (waitpid(pid, &status, WUNTRACED) != pid || !WIFSTOPPED(status)) fail("start");
    long options = TRACE_OPTIONS | (request.guard || request.guard_first ? PTRACE_O_TRACEFORK : 0);
    if (ptrace(PTRACE_SEIZE, pid, 0, options) != 0) fail("trace");
    kill(pid, SIGCONT);
    state.program = pid;
}

static void read_path(pid_t pid, unsigned long long address, char path[PATH_MAX]) {
    // In pieces that end with a page: what is behind the string may not be mapped.
    size_t length = 0;
    while (length < PATH_MAX - 1) {
        size_t piece = 256 - (address + length) % 256;
        if (piece > PATH_MAX - 1 - length) piece = PATH_MAX - 1 - length;
        struct iovec to = {path + length, piece}, from = {(void *)(uintptr_t)(address + length), piece};
        ssize_t n = process_vm_readv(pid, &to, 1, &from, 1, 0);
        if (n <= 0) break;
        if (memchr(path + length, 0, (size_t)n)) return;
        length += (size_t)n;
    }
    path[length] = 0;
}

/// clone(2) as fork(3) calls it; a thread has no such signal.
static bool is_fork(const struct __ptrace_syscall_info *call) {
    return call->entry.nr == SYS_clone && (call->entry.args[0] & 0xff) == SIGCHLD;
}

/// Whether counting begins here.
static bool is_marker(pid_t pid, const struct __ptrace_syscall_info *call) {
    if (!request.from) return true;
    if (!strcmp(request.from, "fork")) return is_fork(call);
    if (call->entry.nr != SYS_openat && call->entry.nr != SYS_openat2) return false;
    char path[PATH_MAX];
    read_path(pid, call->entry.args[1], path);
    return strstr(path, request.from) != NULL;
}

static void describe(const struct __ptrace_syscall_info *call, char what[32]) {
    if (call->entry.nr == SYS_ioctl) {
        unsigned number = (unsigned)call->entry.args[1];
        const char *name = number == (unsigned)FIFREEZE ? "freeze"
            : number == (unsigned)FITHAW                ? "thaw"
            : number == (unsigned)FICLONE || number == (unsigned)FICLONERANGE ? "clone"
                                                                            : NULL;
        if (name) snprintf(what, 32, "%s", name);
        else snprintf(what, 32, "ioctl-%x", number);
    } else if (is_fork(call)) {
        snprintf(what, 32, "fork");
    } else {
        snprintf(what, 32, "%llu", (unsigned long long)call->entry.nr);
    }
}

/// Clones the images as they are now, frozen.
static void keep(void) {
    state.kept = true;
    for (int i = 0; i < request.kept; i++) {
        int image = open(request.images[i], O_RDONLY | O_CLOEXEC);
        int copy = open(request.copies[i], O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        if (image < 0 || copy < 0 || ioctl(copy, FICLONE, image) != 0) fail(request.copies[i]);
        close(image);
        close(copy);
    }
    report("kept\n");
}

/// The letter of proc_pid_stat(5), and the parent; 0: no such process.
static char look(pid_t pid, pid_t *parent) {
    char name[64], text[512];
    snprintf(name, sizeof name, "/proc/%d/stat", (int)pid);
    int file = open(name, O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    ssize_t size = read(file, text, sizeof text - 1);
    close(file);
    if (size <= 0) return 0;
    text[size] = 0;
    char *end = strrchr(text, ')'), letter = 0;
    int number = 0;
    if (!end || sscanf(end + 1, " %c %d", &letter, &number) != 2) return 0;
    *parent = number;
    return letter;
}

/// The program is stopped meanwhile, so the number of its child can't be given to another.
static void end_guard(void) {
    pid_t parent = 0;
    if (state.guard <= 0 || !look(state.guard, &parent) || parent != state.program) return;
    kill(state.guard, SIGKILL);
    for (;;) {
        char letter = look(state.guard, &parent);
        if (letter == 0 || letter == 'Z') return;
        struct timespec moment = {.tv_nsec = 100000};
        nanosleep(&moment, NULL);
    }
}

/// The number that the next descriptor would get: with that as the limit there is no other, but those that are closed can be had again, as
/// when a real limit is reached.
static rlim_t lowest_free(pid_t pid) {
    char path[64];
    struct stat status;
    for (int number = 0;; number++) {
        snprintf(path, sizeof path, "/proc/%d/fd/%d", pid, number);
        if (lstat(path, &status) != 0) return (rlim_t)number;
    }
}

static void strike(pid_t pid, const char *what) {
    if (request.guard_first) end_guard();
    state.struck = pid;
    if (request.resource >= 0) {
        struct rlimit none = {0};
        if (request.resource == RLIMIT_NOFILE) none.rlim_cur = none.rlim_max = lowest_free(pid);
        if (prlimit(pid, request.resource, &none, NULL) != 0) fail("prlimit");
    } else {
        kill(request.group ? -pid : pid, request.signal);
    }
    // Whoever is killed goes before the call; any other signal comes after it, and is seen as a stop of its own.
    report("struck %ld %s %s\n", state.count, what, state.freezing && !state.thawing ? "frozen" : "free");
}

static void at_entry(pid_t pid, const struct __ptrace_syscall_info *call) {
    char what[32];
    describe(call, what);
    bool is_program = pid == state.program;
    // Struck at the freeze itself it is not yet frozen: others may write until the call has done it.
    if (is_program && state.at_freeze) state.freezing = true;
    if (is_program) state.at_freeze = !strcmp(what, "freeze");
    if (is_program && !strcmp(what, "thaw")) state.thawing = true;
    if (is_program && !strcmp(what, "thaw") && request.kept && !state.kept) keep();
    if (is_program == request.guard) return;
    if (!state.counts && is_marker(pid, call)) state.counts = true;
    if (!state.counts) return;
    state.count++;
    if (!request.at) report("call %ld %s\n", state.count, what);
    if (state.count != request.at) return;
    if (!request.hold) return strike(pid, what);
    state.held = pid;
    snprintf(state.held_at, sizeof state.held_at, "%s", what);
    report("held %ld %s %s\n", state.count, what, state.freezing && !state.thawing ? "frozen" : "free");
}

/// Strikes the one that is held, and lets it go on.
static void strike_held(void) {
    pid_t pid = state.held;
    state.held = 0;
    strike(pid, state.held_at);
    if (request.signal != SIGKILL || request.resource >= 0) ptrace(PTRACE_SYSCALL, pid, 0, 0);
}

static void see_stop(pid_t pid, int status) {
    int number = WSTOPSIG(status), event = status >> 16;
    long pass = 0;
    if (pid != state.program && pid != state.guard) {  // the child of a fork, before its parent has told of it
        state.guard = pid;
    }
    if (event == PTRACE_EVENT_FORK) {
        unsigned long child = 0;
        ptrace(PTRACE_GETEVENTMSG, pid, 0, &child);
        state.guard = (pid_t)child;
        ptrace(PTRACE_SETOPTIONS, pid, 0, TRACE_OPTIONS);
    } else if (pid == state.guard && event == PTRACE_EVENT_STOP && !state.guard_traced) {
        if (!request.guard) {
            ptrace(PTRACE_DETACH, pid, 0, 0);
            return;
        }
        ptrace(PTRACE_SETOPTIONS, pid, 0, TRACE_OPTIONS);
        state.guard_traced = true;
    } else if (number == (SIGTRAP | 0x80)) {
        struct __ptrace_syscall_info call;
        if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof call, &call) > 0 && call.op == PTRACE_SYSCALL_INFO_ENTRY) at_entry(pid, &call);
        if (state.held == pid || (state.struck == pid && request.signal == SIGKILL)) return;
    } else if (event == PTRACE_EVENT_STOP && number != SIGTRAP) {
        ptrace(PTRACE_LISTEN, pid, 0, 0);  // stopped by a signal: it stays so until SIGCONT
        return;
    } else if (event == 0) {
        pass = number;
    }
    ptrace(PTRACE_SYSCALL, pid, 0, pass);
}

/// Waits for all; false at the deadline.
static bool follow(void) {
    long long end = milliseconds() + request.limit * 1000;
    for (;;) {
        if (wanted && state.held) {
            wanted = 0;
            strike_held();
        } else if (wanted && state.struck) {
            pid_t parent = 0;  // of a guard it is the program, and then this process; reaped by the program, its number may be another's
            if (look(state.struck, &parent) && (parent == state.program || parent == getpid())) {
                kill(request.group ? -state.struck : state.struck, wanted);
            }
            wanted = 0;
        }
        int status;
        pid_t pid = waitpid(-1, &status, __WALL | WNOHANG);
        if (pid < 0 && errno == ECHILD) return true;
        if (pid <= 0) {
            if (milliseconds() > end) return false;
            struct timespec moment = {.tv_nsec = 30000};
            nanosleep(&moment, NULL);
        } else if (WIFSTOPPED(status)) {
            see_stop(pid, status);
        } else if (pid == state.program) {
            if (WIFEXITED(status)) report("ended exit %d\n", WEXITSTATUS(status));
            else report("ended signal %d\n", WTERMSIG(status));
        }
    }
}

int main(int count, char **words) {
    parse(count, words);
    // A guard that outlives the program becomes a child of this process.
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    struct sigaction action = {.sa_handler = remember, .sa_flags = SA_RESTART};
    sigaction(SIGUSR1, &action, NULL);
    sigaction(SIGUSR2, &action, NULL);
    if (request.guard) state.counts = !request.from;
    start();
    if (follow()) return 0;
    fprintf(stderr, "calltracer: still running after %ld s\n", request.limit);
    kill(state.program, SIGKILL);
    return 3;
}
