// What the two that thaw in a process of their own share: the guard, and the command that thaws what was left. Not for other files.
#ifndef CLINUX_THAWSHARED_H
#define CLINUX_THAWSHARED_H
#include <stdatomic.h>
#include <sys/types.h>

/// Before FITHAW has answered 0 or -errno.
enum { THAW_NO_ANSWER = 1 };

/// Forks a process that calls FITHAW and stores the answer in shared memory. `choose` is called in it right before, with `context`; it may only
/// make async-signal-safe calls, and returns the descriptor to thaw, or -1 if there is nothing to be thawed any more, which is answered by
/// -EINVAL as the kernel would. Returns the process, or -errno.
pid_t clinux_thaw_fork(atomic_int *answer, int (*choose)(void *context), void *context);

#endif
