// See include/shell.h. In C, for handlers of signals run at any moment. The rule: from before the command starts until it has ended no signal of a
// terminal ends this process, and none is sent to a process id that was given back.
#define _GNU_SOURCE 1
#include "CLinux.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const int outlived[] = {SIGINT, SIGQUIT, SIGHUP, SIGTERM};
enum { COUNT = sizeof outlived / sizeof outlived[0] };

static atomic_int child;
static atomic_int early;  // one that came before the child was there

static void outlive(int signal) {
    if (signal == SIGINT || signal == SIGQUIT) return;
    int before = errno;
    pid_t pid = atomic_load(&child);
    if (pid > 0) {
        kill(pid, signal);
    } else {
        atomic_store(&early, signal);
    }
    errno = before;
}

static int spawn(pid_t *pid, const char *command, int output) {
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
    sigset_t defaults;
    // Ignored here for the sake of our own output and files. What has a handler becomes the default by itself.
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    sigaddset(&defaults, SIGXFSZ);
    int error = posix_spawnattr_init(&attributes);
    if (error) return error;
    error = posix_spawn_file_actions_init(&actions);
    if (!error) {
        char *arguments[] = {"sh", "-c", (char *)command, NULL};
        error = posix_spawnattr_setsigdefault(&attributes, &defaults);
        if (!error) error = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
        if (!error && output != STDOUT_FILENO) error = posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
        if (!error) error = posix_spawn(pid, "/bin/sh", &actions, &attributes, arguments, environ);
        posix_spawn_file_actions_destroy(&actions);
    }
    posix_spawnattr_destroy(&attributes);
    return error;
}

static int wait_for(pid_t pid) {
    siginfo_t end;
    int status;
    // Left unreaped until nobody sends it signals any more.
    while (waitid(P_PID, (id_t)pid, &end, WEXITED | WNOWAIT) < 0) {
        if (errno != EINTR) return -errno;
    }
    atomic_store(&child, 0);
    if (waitpid(pid, &status, 0) < 0) return -errno;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int clinux_shell_run(const char *command, int output) {
    struct sigaction former[COUNT], former_child, action;
    pid_t pid = 0;
    memset(&action, 0, sizeof action);
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    // A parent that ignored it would never be told how the command ended.
    action.sa_handler = SIG_DFL;
    sigaction(SIGCHLD, &action, &former_child);
    atomic_store(&child, 0);
    atomic_store(&early, 0);
    action.sa_handler = outlive;
    for (int i = 0; i < COUNT; i++) {
        sigaction(outlived[i], NULL, &former[i]);
        // What was ignored stays ignored (nohup, a shell's background job), here and in the command.
        if (former[i].sa_handler != SIG_IGN) sigaction(outlived[i], &action, NULL);
    }
    int result = -spawn(&pid, command, output);
    if (result == 0) {
        atomic_store(&child, pid);
        int signal = atomic_exchange(&early, 0);
        if (signal) kill(pid, signal);
        result = wait_for(pid);
    }
    for (int i = 0; i < COUNT; i++) sigaction(outlived[i], &former[i], NULL);
    sigaction(SIGCHLD, &former_child, NULL);
    return result;
}
