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
// Both hold the locks of the filesystems: a guard has its parent's descriptors of them and ends only when it has thawed, so whoever gets such a
// lock knows that nobody is at work there. How far a freeze is also stands in its record, as one byte: what is found there when both are dead says
// whether there is anything to be thawed.
//
#ifndef CLINUX_GUARD_H
#define CLINUX_GUARD_H
#include <stdint.h>

enum { CLINUX_GUARD_MAX = 32 };  // filesystems in one freeze
enum { CLINUX_GUARD_NAME_MAX = 24 };  // bytes of a freeze record's name, the end included: two numbers of 32 bits and a dash

/// The byte of a freeze record that says how far the freeze is, and where in the file it is.
enum {
    CLINUX_RECORD_STATE_AT = 6,  // behind "state "
    CLINUX_RECORD_PREPARED = 'p',  // FIFREEZE has not been called
    CLINUX_RECORD_FREEZING = 'f',  // it has been, or is about to be
    CLINUX_RECORD_FROZEN = 'z',    // it has succeeded
    CLINUX_RECORD_THAWED = 't',    // what was frozen is thawed again, or FIFREEZE has failed
};

/// What a guard watches over: arrays of `count`, in the order in which the filesystems are to be thawed.
struct clinux_guarded {
    int count;
    const int *descriptors;  // of the filesystems that may get frozen
    const int *locks;        // of the files whose locks the guard holds, too
    const int *records;      // of their freeze records, open for writing
    const char *names;       // of the freeze records, each ended by a NUL
    int directory;           // the directory that these are in
};

enum { CLINUX_GUARD_INTACT = 0, CLINUX_GUARD_DEADLINE = 1, CLINUX_GUARD_ORPHANED = 2 };

struct clinux_guard_shared;
struct clinux_guard {
    struct clinux_guard_shared *shared;
    int pid;
    int control;  // the write end of the guard's pipe
    int count;
};

/// Starts the guard. It removes the record of what is thawed for certain: left there, it would be looked at by every command.
/// Returns when the guard is ready, or -errno; then no guard is left.
int clinux_guard_start(struct clinux_guard *guard, const struct clinux_guarded *guarded);
/// The clock starts: at now + `nanoseconds` of CLOCK_BOOTTIME the guard thaws. Called just before the first freeze.
void clinux_guard_arm(struct clinux_guard *guard, uint64_t nanoseconds);
/// To be called right before FIFREEZE. Don't freeze if it returns -ECANCELED, for the window is broken already, or another -errno, for then the
/// record can't be written.
int clinux_guard_freezing(struct clinux_guard *guard, int index);
/// FIFREEZE has succeeded.
void clinux_guard_frozen(struct clinux_guard *guard, int index);
/// It is not frozen: FIFREEZE failed, or FITHAW succeeded or answered EINVAL.
void clinux_guard_thawed(struct clinux_guard *guard, int index);
/// CLINUX_GUARD_INTACT, or why the window is broken. Looks at the clock too.
int clinux_guard_mark(const struct clinux_guard *guard);
/// Whether the guard has thawed it, in a window that is broken: then FITHAW by the parent could thaw what somebody else has frozen since. Waits
/// for a guard that is about to, for two seconds at most.
int clinux_guard_has_thawed(const struct clinux_guard *guard, int index);
/// All is thawed: ends the guard and waits for it. Returns 0, or -EBUSY when a filesystem is not known to be thawed: then the
/// guard goes on by itself until it is.
int clinux_guard_finish(struct clinux_guard *guard);
/// CLOCK_BOOTTIME in nanoseconds.
uint64_t clinux_boot_time(void);

#endif
