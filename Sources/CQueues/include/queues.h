// Dispatch queues that are never given back. libdispatch runs what ends a queue with values of its own in a thread, for which it wants two
// descriptors: without them it traps, and without memory for the thread it tries once a second for ever. Swift's overlay hides what helps.
#ifndef CQUEUES_QUEUES_H
#define CQUEUES_QUEUES_H

/// Keeps the queue that the caller runs on for as long as the process lives, some hundred bytes.
void cqueues_keep_current_queue(void);

#endif
