// The thaw guard: a process that thaws what its parent froze, when the parent can't. Promise P1 rests on it.
//
// The parent tells by shared memory how far it is with each filesystem; the order of those stores and of the look at the mark is
// what makes it right, so both are done here:
//
//   parent                                  guard
//   state = freezing                        mark = broken
//   mark set? then don't freeze             state idle? then it will never be frozen: done
//   FIFREEZE, state = frozen                state freezing? FITHAW again and again: the freeze may still come
//
#ifndef CLINUX_GUARD_H
#define CLINUX_GUARD_H
#include <stdint.h>

enum { CLINUX_GUARD_MAX = 32 };  // filesystems in one freeze
enum { CLINUX_GUARD_NAME_MAX = 24 };  // bytes of a freeze record's name, the end included: two numbers of 32 bits and a dash

enum { CLINUX_GUARD_INTACT = 0, CLINUX_GUARD_DEADLINE = 1, CLINUX_GUARD_ORPHANED = 2 };

struct clinux_guard_shared;
struct clinux_guard {
    struct clinux_guard_shared *shared;
    int pid;
    int control;  // the write end of the guard's pipe
    int count;
};

/// Starts the guard over `count` descriptors of filesystems that may get frozen, in the order in which they are to be thawed.
/// `records` is the directory of freeze records, `names` their names in the same order, each ended by a NUL. The guard removes the record
/// of what is thawed for certain: left there, it would have the next losnap thaw what somebody else has frozen since.
/// Returns when the guard is ready, or -errno; then no guard is left.
int clinux_guard_start(struct clinux_guard *guard, const int *descriptors, int count, int records, const char *names);
/// The clock starts: at now + `nanoseconds` of CLOCK_BOOTTIME the guard thaws. Called just before the first freeze.
void clinux_guard_arm(struct clinux_guard *guard, uint64_t nanoseconds);
/// To be called right before FIFREEZE. -ECANCELED: the window is broken already, don't freeze.
int clinux_guard_freezing(struct clinux_guard *guard, int index);
/// FIFREEZE has succeeded.
void clinux_guard_frozen(struct clinux_guard *guard, int index);
/// It is not frozen: FIFREEZE failed, or FITHAW succeeded or answered EINVAL.
void clinux_guard_thawed(struct clinux_guard *guard, int index);
/// CLINUX_GUARD_INTACT, or why the window is broken. Looks at the clock too.
int clinux_guard_mark(const struct clinux_guard *guard);
/// All is thawed: ends the guard and waits for it. Returns 0, or -EBUSY when a filesystem is not known to be thawed: then the
/// guard goes on by itself until it is.
int clinux_guard_finish(struct clinux_guard *guard);
/// CLOCK_BOOTTIME in nanoseconds.
uint64_t clinux_boot_time(void);

#endif
