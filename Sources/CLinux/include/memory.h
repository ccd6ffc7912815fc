// Memory that a forked child does not get. What a process and its child share is copied at the next write to it: a page fault and a new page, which
// nobody wants while filesystems are frozen.
#ifndef CLINUX_MEMORY_H
#define CLINUX_MEMORY_H

#include <stddef.h>

/// `size` bytes of zeros, or NULL. `touched` takes all of it now, not at the first write. madvise(2), MADV_DONTFORK.
void *clinux_unforked(size_t size, int touched);

/// Gives back what `clinux_unforked` gave for that size. NULL is none.
void clinux_unforked_free(void *memory, size_t size);

#endif
