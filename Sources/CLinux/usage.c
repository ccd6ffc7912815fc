// See include/usage.h.
#define _GNU_SOURCE 1
#include "CLinux.h"

#include <sys/resource.h>

void clinux_thread_usage(uint64_t *running, uint64_t *sleeps) {
    struct rusage usage = {0};
    getrusage(RUSAGE_THREAD, &usage);
    uint64_t microseconds = (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000u;
    microseconds += (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
    *running = microseconds * 1000;
    *sleeps = (uint64_t)usage.ru_nvcsw;
}
