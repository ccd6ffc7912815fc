// Keeping a dispatch queue. The two functions are libdispatch's (dispatch/queue.h, dispatch/object.h), declared here because those headers
// want libdispatch's own compiler settings. The first is deprecated for telling queues apart, which nobody does here.
#include "queues.h"

extern void *dispatch_get_current_queue(void);
extern void dispatch_retain(void *object);

void cqueues_keep_current_queue(void) { dispatch_retain(dispatch_get_current_queue()); }
