// FIFREEZE and FITHAW (linux/fs.h), and the syncs that go before them.
#ifndef CLINUX_FREEZE_H
#define CLINUX_FREEZE_H
#include <stddef.h>
#include <stdint.h>

int clinux_freeze(int fd);

int clinux_thaw(int fd);

int clinux_syncfs(int fd);

#endif
