// What this thread has used of the processor, and how often it has slept.
#ifndef CLINUX_USAGE_H
#define CLINUX_USAGE_H

#include <stdint.h>

/// The time that this thread was running, in nanoseconds, and how often it gave the processor up to wait for something (getrusage(2)). Takes no
/// memory.
void clinux_thread_usage(uint64_t *running, uint64_t *sleeps);

#endif
