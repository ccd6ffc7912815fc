// The rule: between defer and release the only way to end this process is SIGKILL (and the thaw guard sees that).
#define _GNU_SOURCE 1
#include "CLinux.h"

#include <signal.h>
#include <stdatomic.h>
#include <string.h>

static const int deferred[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGPIPE, SIGALRM, SIGTERM, SIGUSR1,  SIGUSR2,
                               SIGTSTP, SIGTTIN, SIGTTOU, SIGIO,   SIGXCPU, SIGXFSZ, SIGVTALRM, SIGPROF, SIGPWR, SIGSTKFLT};
enum { COUNT = sizeof deferred / sizeof deferred[0] };

static struct sigaction former[COUNT];
static atomic_int came[COUNT];
static int depth;

static void remember(int signal) {
    for (int i = 0; i < COUNT; i++) {
        if (deferred[i] == signal) atomic_store(&came[i], 1);
    }
}

void clinux_signals_defer(void) {
    if (depth++ > 0) return;
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = remember;
    action.sa_flags = SA_RESTART;
    sigfillset(&action.sa_mask);
    for (int i = 0; i < COUNT; i++) {
        atomic_store(&came[i], 0);
        sigaction(deferred[i], NULL, &former[i]);
        // What was ignored stays ignored (nohup, a shell's background job).
        if (former[i].sa_handler != SIG_IGN) sigaction(deferred[i], &action, NULL);
    }
}

void clinux_signals_release(void) {
    if (--depth > 0) return;
    for (int i = 0; i < COUNT; i++) sigaction(deferred[i], &former[i], NULL);
    for (int i = 0; i < COUNT; i++) {
        if (atomic_exchange(&came[i], 0)) raise(deferred[i]);
    }
}
