// FITHAW in a process of its own. It can block, in a sleep that no signal ends: an ext4 in an image on a filesystem that is frozen, or
// while its image is being cloned. Then it must hold up nobody, neither the caller nor the other filesystems.
#ifndef CLINUX_THAW_H
#define CLINUX_THAW_H
#include <stdint.h>

struct clinux_thaw_answer;
struct clinux_thaw {
    struct clinux_thaw_answer *answer;  // memory shared with the process
    int pid;
};

/// Starts a process that calls FITHAW on the descriptor, and keeps no other one but `lock`, so that the filesystem's lock is held until it has
/// answered, however long that takes and whoever has ended. Returns 0 or -errno; then there is none.
int clinux_thaw_start(struct clinux_thaw *thaw, int fd, int lock);
/// Waits until it has answered, at most until that CLOCK_BOOTTIME (ns). Returns 0 if FITHAW succeeded, its -errno, or -ETIMEDOUT: it
/// blocks still. Such a one is told to die, which it does when it wakes. To be called once, whatever it returns.
int clinux_thaw_finish(struct clinux_thaw *thaw, uint64_t until);

#endif
