// What guard and parent share: memory, and who may say what in it. See include/guard.h for the protocol. Not for other files.
#ifndef CLINUX_GUARDSHARED_H
#define CLINUX_GUARDSHARED_H
#include <stdatomic.h>

#include "CLinux.h"

enum state { IDLE, FREEZING, FROZEN, THAWED };

struct clinux_guard_shared {
    atomic_int mark;
    atomic_int confirmed;
    _Atomic uint64_t deadline;  // CLOCK_BOOTTIME, ns; 0: not armed
    atomic_int state[CLINUX_GUARD_MAX];
    char record[CLINUX_GUARD_MAX][CLINUX_GUARD_NAME_MAX];  // names of the freeze records; set before the guard is there
    int record_file[CLINUX_GUARD_MAX];  // the parent's descriptors of the freeze records
    atomic_int thawed_by_guard[CLINUX_GUARD_MAX];
    atomic_int thaw_saw[CLINUX_GUARD_MAX];  // the state right before that FITHAW
    atomic_int thaw_result[CLINUX_GUARD_MAX];  // of the last FITHAW of a thawing process; see thawshared.h
};

/// The guard's half: the child's whole life. `control` is the read end of the parent's pipe, `parent` its pidfd, `ready` takes one byte.
_Noreturn void clinux_guard_main(
    struct clinux_guard_shared *shared, const struct clinux_guarded *guarded, int control, int parent, int ready);

/// Notes in a freeze record how far the freeze is. Returns 0 or -errno. Async-signal-safe; the byte is there, so that no memory is taken.
int clinux_guard_note(int record, char state);

/// Removes the freeze record of that name, if it is the one that names this process. Async-signal-safe.
void clinux_guard_remove_record(int directory, const char *name);

#endif
