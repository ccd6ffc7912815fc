#define _GNU_SOURCE 1
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

static int add_actions(posix_spawn_file_actions_t *actions, int output, int program) {
    int error = posix_spawn_file_actions_addchdir_np(actions, "/");
    if (!error) error = posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0);
    for (int fd = 1; !error && fd <= 2; fd++) {
        error = output < 0 ? posix_spawn_file_actions_addopen(actions, fd, "/dev/null", O_WRONLY, 0)
                           : posix_spawn_file_actions_adddup2(actions, output, fd);
    }
    // The program's own descriptor stays open: the interpreter of a script reads it by that.
    if (!error && program >= 0) error = posix_spawn_file_actions_adddup2(actions, program, CLINUX_PROGRAM_FD);
    if (!error) error = posix_spawn_file_actions_addclosefrom_np(actions, program >= 0 ? CLINUX_PROGRAM_FD + 1 : 3);
    return error;
}

static int set_attributes(posix_spawnattr_t *attributes) {
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    int error = posix_spawnattr_setsigmask(attributes, &none);
    if (!error) error = posix_spawnattr_setsigdefault(attributes, &all);
    if (!error) error = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    return error;
}

static int spawn(const char *path, char *const *arguments, char *const *environment, int output, int program) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int error = posix_spawn_file_actions_init(&actions);
    if (error) return -error;
    error = posix_spawnattr_init(&attributes);
    if (!error) {
        pid_t pid = 0;
        error = add_actions(&actions, output, program);
        if (!error) error = set_attributes(&attributes);
        if (!error) error = posix_spawn(&pid, path, &actions, &attributes, arguments, environment);
        posix_spawnattr_destroy(&attributes);
        posix_spawn_file_actions_destroy(&actions);
        return error ? -error : pid;
    }
    posix_spawn_file_actions_destroy(&actions);
    return -error;
}

int clinux_spawn_shell(const char *command, char *const *environment, int output) {
    char *const arguments[] = {"/bin/sh", "-c", (char *)command, NULL};
    return spawn(arguments[0], arguments, environment, output, -1);
}

int clinux_spawn_program(int program, char *const *arguments, char *const *environment, int output) {
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", CLINUX_PROGRAM_FD);
    return spawn(path, arguments, environment, output, program);
}

int clinux_pidfd_open(int pid) {
    long fd = syscall(SYS_pidfd_open, pid, 0);
    return fd >= 0 ? (int)fd : -errno;
}
