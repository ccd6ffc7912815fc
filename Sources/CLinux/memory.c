// See include/memory.h.
#define _GNU_SOURCE 1
#include "CLinux.h"

#include <sys/mman.h>

void *clinux_unforked(size_t size, int touched) {
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | (touched ? MAP_POPULATE : 0);
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, -1, 0);
    if (memory == MAP_FAILED) return NULL;
    // A kernel that can't do it shares the pages: slower, not wrong.
    madvise(memory, size, MADV_DONTFORK);
    return memory;
}

void clinux_unforked_free(void *memory, size_t size) {
    if (memory) munmap(memory, size);
}
