/* The protocol of freeze record, locks, guard, waiters and menders, small enough to be walked completely: every interleaving, and at each step every
 * process may be killed. `run` beside this file walks it; Docs/crash-safety.md says in words what it is a model of.
 *
 * Programs 0 and 1 create snapshots of the filesystems in WANTS0 and WANTS1 (bits), each with its guard; a mender is any other command, or `losnap
 * thaw`; a stranger freezes filesystem 0 for itself. One line of a process is one system call or one store in shared memory.
 *
 * Promised, and asserted below:
 *   owned       what a program has frozen has its record, which says so, at every moment
 *   mended      when all have ended or are dead, one more command leaves nothing frozen and no record
 *   foreign     nobody thaws what the stranger has frozen
 *   settled     no record is replaced, and none is removed but by its owner, its owner's guard, or under the lock
 *   consistent  a snapshot that counts was frozen from the first clone to the thaw
 *
 * Two moments can't be told apart by any means that the kernel gives, and are taken as one step, or as excused: a look at the mark and the FITHAW
 * right behind it, or a FITHAW and the note of it; and a stranger's freeze while FIFREEZE is under way or about to be called (`excused`): who finds
 * the filesystem frozen then, and the program dead or stopped, can't know by whom, and thaws.
 *
 * What happens without one of its parts: -DREPLACES (a record is written over another), -DGUARD_WITHOUT_LOCK, -DSTATELESS (a record does not say
 * how far the freeze is), -DBLIND_THAW (the program thaws without asking whether its guard has), -DSTATE_READ_BEFORE (the guard thaws by what it read a step before), -DOLD_LOOK (a mender believes what it read before it
 * had the lock). Each must be found to break a promise, or this model proves nothing. */

#ifndef NFS
#define NFS 1
#endif
#ifndef WANTS0
#define WANTS0 1
#endif
#ifndef WANTS1
#define WANTS1 1
#endif

#define STRANGER 9
#define MENDER 4
#define PROGRAM(i) (2 * (i))
#define GUARD(i) (2 * (i) + 1)
#define BIT(x) (1 << (x))
#define WANTS(i, k) (((i == 0 -> WANTS0 : WANTS1) >> (k)) & 1)

/* Of a record; NONE: there is none. */
#define NONE 0
#define PREPARED 1
#define FREEZING 2
#define FROZEN 3
#define THAWED 4
/* Of the shared memory: the last three, and this. */
#define IDLE 0
#ifdef WITHOUT_DEADLINE
#define HAS_DEADLINE 0
#else
#define HAS_DEADLINE 1
#endif
#define ORPHANED 1
#define DEADLINE 2

byte filesystem[NFS];            /* 0, or who has frozen it: program + 1, or STRANGER */
byte lock[NFS];                  /* who holds it: bits */
byte record[NFS], owner[NFS];    /* its state, and program + 1 */
bit dead[5], ended[5];
bit excused;

typedef Shared {
    byte state[NFS];
    bit thawedByGuard[NFS];
    byte mark;
    bit confirmed, started;
    bit midway                   /* the guard has thawed what it did not know to be frozen */
}
Shared shared[2];

/* One step of process x, unless it has been killed. */
#define STEP(x) atomic { if :: dead[x] -> goto died :: else fi;
#define END }

/* The kernel drops the locks of who is killed. */
inline kill(x) {
    dead[x] = 1;
    for (n : 0 .. NFS - 1) { lock[n] = lock[n] & ~BIT(x) }
}

inline thaw(k, who, result) {
    if
    :: filesystem[k] == 0 -> result = 0
    :: filesystem[k] == STRANGER -> assert(excused); filesystem[k] = 0; result = 1    /* foreign */
    :: else -> filesystem[k] = 0; result = 1
    fi
}

inline note(i, k, value) {
    if
    :: record[k] != NONE && owner[k] == i + 1 ->
        record[k] = value;
    :: else
    fi
}

inline removeOwn(i, k) {
    if :: record[k] != NONE && owner[k] == i + 1 -> record[k] = NONE; owner[k] = 0 :: else fi
}

/* With the lock: what a dead one has left. */
inline settle(x, k, result) {
    STEP(x) result = (record[k] == FREEZING || record[k] == FROZEN);
#ifdef STATELESS
        result = record[k] != NONE;
#endif
    END;
    if
    :: result -> STEP(x) thaw(k, x, result) END
    :: else
    fi;
    STEP(x) assert(record[k] == NONE || lock[k] == BIT(x)); record[k] = NONE; owner[k] = 0 END    /* settled */
}

/* What nobody looks at any more is one state, not many. */
inline forget(i) {
#ifndef WITH_STRANGER
    if
    :: ended[PROGRAM(i)] && ended[GUARD(i)] ->
        shared[i].mark = 0; shared[i].confirmed = 0; shared[i].midway = 0;
        for (n : 0 .. NFS - 1) { shared[i].state[n] = 0; shared[i].thawedByGuard[n] = 0 }
        n = 0; dead[PROGRAM(i)] = 0; dead[GUARD(i)] = 0
    :: else
    fi
#else
    skip
#endif
}

/* Who has just thawed, and the note of it: one step if there is a stranger. */
#ifdef WITH_STRANGER
#define NOTED(i, k) note(i, k, THAWED); shared[i].state[k] = THAWED
#else
#define NOTED(i, k) skip
#endif

proctype Program(byte i) {
    byte k, n, result;
    bit counts = 1;
    k = 0;
    do
    :: k == NFS -> break
    :: k < NFS && !WANTS(i, k) -> k++
    :: k < NFS && WANTS(i, k) ->
        atomic {
            dead[PROGRAM(i)] || lock[k] == 0;
            if :: dead[PROGRAM(i)] -> goto died :: else fi;
            lock[k] = BIT(PROGRAM(i))
        }
#ifndef REPLACES
        settle(PROGRAM(i), k, result);
#endif
        k++
    od;
    STEP(PROGRAM(i))
        shared[i].started = 1;
#ifndef GUARD_WITHOUT_LOCK
        for (n : 0 .. NFS - 1) { if :: WANTS(i, n) -> lock[n] = lock[n] | BIT(GUARD(i)) :: else fi }
#endif
    END;
    for (k : 0 .. NFS - 1) {
        if
        :: WANTS(i, k) ->
            STEP(PROGRAM(i))
#ifndef REPLACES
                assert(record[k] == NONE);    /* settled */
#endif
                record[k] = PREPARED; owner[k] = i + 1
            END
        :: else
        fi
    }
    k = 0;
    do
    :: k == NFS -> break
    :: k < NFS && !WANTS(i, k) -> k++
    :: k < NFS && WANTS(i, k) ->
        STEP(PROGRAM(i))
            shared[i].state[k] = FREEZING;
            if :: filesystem[k] == STRANGER -> excused = 1 :: else fi
        END;
        STEP(PROGRAM(i)) result = shared[i].mark END;
        if
        :: result -> STEP(PROGRAM(i)) shared[i].state[k] = IDLE; counts = 0 END; break
        :: else
        fi;
        STEP(PROGRAM(i)) note(i, k, FREEZING) END;
        STEP(PROGRAM(i))
            if
            :: filesystem[k] == 0 -> filesystem[k] = i + 1; result = 1
            :: else -> result = 0
            fi
        END;
        if
        :: result ->
            STEP(PROGRAM(i)) note(i, k, FROZEN) END;
            STEP(PROGRAM(i)) shared[i].state[k] = FROZEN END;
            k++
        :: else ->
            STEP(PROGRAM(i)) note(i, k, THAWED) END;
            STEP(PROGRAM(i)) shared[i].state[k] = THAWED; counts = 0 END;
            break
        fi
    od;
    /* k is how far it has come; what it clones now must have been frozen all the time. */
    do
    :: k == 0 -> break
    :: k > 0 && !WANTS(i, k - 1) -> k--
    :: k > 0 && WANTS(i, k - 1) ->
        k--;
        atomic {
            if :: dead[PROGRAM(i)] -> goto died :: else fi;
            if
#ifndef BLIND_THAW
            :: shared[i].thawedByGuard[k] -> counts = 0
            :: !shared[i].thawedByGuard[k] && (shared[i].mark == 0 || dead[GUARD(i)] || ended[GUARD(i)]) ->
#else
            :: true ->
#endif
                if
                :: counts && shared[i].mark == 0 -> assert(filesystem[k] == i + 1)    /* consistent */
                :: else
                fi;
                thaw(k, PROGRAM(i), result);
                NOTED(i, k);
                if :: result == 0 -> counts = 0 :: else fi
#ifndef BLIND_THAW
            /* A guard that takes too long is not waited for. */
            :: shared[i].mark != 0 && !shared[i].thawedByGuard[k] -> thaw(k, PROGRAM(i), result); NOTED(i, k); counts = 0
#endif
            fi
        };
        STEP(PROGRAM(i)) note(i, k, THAWED) END;
        STEP(PROGRAM(i)) shared[i].state[k] = THAWED END
    od;
    STEP(PROGRAM(i)) if :: shared[i].mark != 0 -> counts = 0 :: else fi; shared[i].confirmed = 1 END;
    if
    :: atomic { ended[GUARD(i)] || dead[GUARD(i)] || dead[PROGRAM(i)] -> skip }
    :: atomic { !ended[GUARD(i)] && !dead[GUARD(i)] && !dead[PROGRAM(i)] -> kill(GUARD(i)) }    /* one that is stopped: all is thawed, so it may go */
    fi;
    for (k : 0 .. NFS - 1) { STEP(PROGRAM(i)) removeOwn(i, k) END }
    STEP(PROGRAM(i)) for (n : 0 .. NFS - 1) { lock[n] = lock[n] & ~BIT(PROGRAM(i)) } END;
died:
    atomic { k = 0; n = 0; result = 0; counts = 0; ended[PROGRAM(i)] = 1; forget(i) }
}

proctype Guard(byte i) {
    byte k, n, state, result;
    bit orphan, done[NFS], all;
    atomic {
        shared[i].started || dead[GUARD(i)] || (ended[PROGRAM(i)] && !shared[i].started);
        if :: dead[GUARD(i)] || !shared[i].started -> goto died :: else fi
    }
    atomic {
        dead[GUARD(i)] || shared[i].confirmed || dead[PROGRAM(i)] || HAS_DEADLINE;
        if
        :: dead[GUARD(i)] -> goto died
        :: shared[i].confirmed -> goto remove
        :: dead[PROGRAM(i)] -> shared[i].mark = ORPHANED
#ifndef WITHOUT_DEADLINE
        :: true -> shared[i].mark = DEADLINE
#endif
        fi
    }
    do
    :: STEP(GUARD(i)) all = 1; orphan = dead[PROGRAM(i)]; if :: shared[i].confirmed -> goto remove :: else fi END;
        k = 0;
        do
        :: k == NFS -> break
        :: k < NFS && (!WANTS(i, k) || done[k]) -> k++
        :: k < NFS && WANTS(i, k) && !done[k] ->
#ifdef STATE_READ_BEFORE
            STEP(GUARD(i)) state = shared[i].state[k] END;
#endif
            STEP(GUARD(i))
#ifndef STATE_READ_BEFORE
                state = shared[i].state[k];
#endif
                if
                :: state == IDLE || state == THAWED -> done[k] = 1
                :: else ->
                    thaw(k, GUARD(i), result);
                    done[k] = state == FROZEN || (orphan && result == 0);
                    if :: state == FREEZING && result -> shared[i].midway = 1 :: else fi;
                    if :: done[k] -> note(i, k, THAWED); shared[i].thawedByGuard[k] = 1 :: else fi
                fi
            END;
            if
            :: done[k] ->
                STEP(GUARD(i)) note(i, k, THAWED); shared[i].thawedByGuard[k] = 1 END;
                STEP(GUARD(i)) removeOwn(i, k) END
            :: else -> all = 0
            fi;
            k++
        od;
        if :: all -> break :: else fi
    od;
    goto out;
remove:
    for (k : 0 .. NFS - 1) { STEP(GUARD(i)) removeOwn(i, k) END }
out:
    STEP(GUARD(i)) for (n : 0 .. NFS - 1) { lock[n] = lock[n] & ~BIT(GUARD(i)) } END;
died:
    atomic {
        k = 0; n = 0; state = 0; result = 0; orphan = 0; all = 0;
        for (k : 0 .. NFS - 1) { done[k] = 0 }
        k = 0; ended[GUARD(i)] = 1; forget(i)
    }
}

/* Any other command, and every look between. */
proctype Mender() {
    byte k, result;
    bit noted;
    for (k : 0 .. NFS - 1) {
        STEP(MENDER) noted = (record[k] == FREEZING || record[k] == FROZEN) END;
        if
        :: record[k] != NONE ->
            STEP(MENDER) result = (lock[k] == 0); if :: result -> lock[k] = BIT(MENDER) :: else fi END;
            if
            :: result ->
#ifdef OLD_LOOK
                if :: noted -> STEP(MENDER) thaw(k, MENDER, result); record[k] = NONE; owner[k] = 0 END :: else fi;
#else
                settle(MENDER, k, result);
#endif
                STEP(MENDER) lock[k] = 0 END
            :: else
            fi
        :: else
        fi
    }
died:
    atomic { k = 0; result = 0; noted = 0; ended[MENDER] = 1 }
}

/* FIFREEZE of program i is under way, or about to be, as far as its guard knows; or was so when its guard had to thaw. */
#define UNDERWAY(i) ((!ended[PROGRAM(i)] || !ended[GUARD(i)] || owner[0] == i + 1) && (shared[i].state[0] == FREEZING || shared[i].midway))

bit strangerEnded = 1;
#ifdef WITH_STRANGER
proctype Stranger() {
    if
    :: atomic {
        filesystem[0] == 0 -> filesystem[0] = STRANGER; excused = 0;
        if
        :: UNDERWAY(0) || UNDERWAY(1) || record[0] == FREEZING -> excused = 1
        :: else
        fi
       }
        atomic { if :: filesystem[0] == STRANGER -> filesystem[0] = 0 :: else -> assert(excused) fi }    /* foreign */
    :: true
    fi;
    strangerEnded = 1
}
#endif

/* Anybody, in any order, at any moment. */
#ifndef MOST_KILLS
#define MOST_KILLS 5
#endif
bit killerEnded;
proctype Killer() {
    byte n, kills;
    do
    :: atomic { kills < MOST_KILLS && !dead[0] && !ended[0] -> kill(0); kills++ }
    :: atomic { kills < MOST_KILLS && !dead[1] && !ended[1] && shared[0].started -> kill(1); kills++ }
    :: atomic { kills < MOST_KILLS && !dead[2] && !ended[2] -> kill(2); kills++ }
    :: atomic { kills < MOST_KILLS && !dead[3] && !ended[3] && shared[1].started -> kill(3); kills++ }
    :: atomic { kills < MOST_KILLS && !dead[4] && !ended[4] -> kill(4); kills++ }
    :: break
    od;
    atomic { kills = 0; killerEnded = 1 }
}

/* owned */
#define OWNED(k) (filesystem[k] == 0 || filesystem[k] == STRANGER || (owner[k] == filesystem[k] && (record[k] == FREEZING || record[k] == FROZEN)))

proctype Monitor() {
end_watching:
    if
    :: !OWNED(0) -> assert(false)
#if NFS > 1
    :: !OWNED(1) -> assert(false)
#endif
    fi
}

/* mended */
proctype Last() {
    byte k, result;
    (ended[0] && ended[1] && ended[2] && ended[3] && ended[4] && strangerEnded && killerEnded);
    for (k : 0 .. NFS - 1) {
        atomic {
            assert(lock[k] == 0);
            if
            :: record[k] == FREEZING || record[k] == FROZEN -> thaw(k, MENDER, result)
            :: else
            fi;
            record[k] = NONE; owner[k] = 0;
            assert(filesystem[k] == 0)
        }
    }
}

init {
    atomic {
#ifdef WITH_STRANGER
        strangerEnded = 0;
        run Stranger();
#endif
        run Program(0); run Guard(0);
#ifdef ONE_PROGRAM
        ended[2] = 1; ended[3] = 1;
#else
        run Program(1); run Guard(1);
#endif
#ifdef WITH_MENDER
        run Mender();
#else
        ended[MENDER] = 1;
#endif
        run Killer();
        run Monitor();
        run Last()
    }
}
