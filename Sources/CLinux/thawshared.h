// What the two that thaw in a process of their own share: the guard, and the command that thaws what was left. Not for other files.
#ifndef CLINUX_THAWSHARED_H
#define CLINUX_THAWSHARED_H
#include <stdatomic.h>
#include <sys/types.h>

/// Before FITHAW has answered 0 or -errno.
enum { THAW_NO_ANSWER = 1 };

/// Forks a process that calls FITHAW and stores the answer in shared memory. `prepare`, if not NULL, is called in it first; it may
/// only make async-signal-safe calls, and returns the descriptor to thaw. Returns the process, or -errno.
pid_t clinux_thaw_fork(int fd, atomic_int *answer, int (*prepare)(int fd));

#endif
