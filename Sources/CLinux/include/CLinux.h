// What Swift cannot see of the kernel's interface: request numbers made by macros, structs with flexible arrays, GNU calls.
// The rule of admission: nothing that Swift could do itself. Every function returns -errno for a failure, else 0 or a value,
// so that errno is read before anything else can touch it.
//
// The headers include no header of libc that depends on _GNU_SOURCE: other C modules are built without it, and one program can't
// hold two shapes of one libc type (fd_set).
#ifndef CLINUX_H
#define CLINUX_H

#include "clone.h"
#include "fileextents.h"
#include "files.h"
#include "filesystems.h"
#include "freeze.h"
#include "guard.h"
#include "loop.h"
#include "mapped.h"
#include "memory.h"
#include "processes.h"
#include "shell.h"
#include "signals.h"
#include "thaw.h"
#include "tracing.h"
#include "usage.h"

#endif
