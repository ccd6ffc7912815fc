// The rule: between defer and release the only way to end this process is SIGKILL (and the thaw guard sees that).
#define _GNU_SOURCE 1
#include "CLinux.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>

static const int deferred[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGPIPE, SIGALRM, SIGTERM, SIGUSR1,  SIGUSR2,
                               SIGTSTP, SIGTTIN, SIGTTOU, SIGIO,   SIGXCPU, SIGXFSZ, SIGVTALRM, SIGPROF, SIGPWR, SIGSTKFLT};
enum { COUNT = sizeof deferred / sizeof deferred[0] };

static struct sigaction former[COUNT];
static atomic_int came[COUNT];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;  // of depth and former; never taken in a handler
static int depth;

static void remember(int signal) {
    for (int i = 0; i < COUNT; i++) {
        if (deferred[i] == signal) atomic_store(&came[i], 1);
    }
}

static void install(void) {
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

void clinux_signals_defer(void) {
    pthread_mutex_lock(&mutex);
    if (depth++ == 0) install();
    pthread_mutex_unlock(&mutex);
}

void clinux_signals_release(void) {
    pthread_mutex_lock(&mutex);
    int is_last = --depth == 0;
    for (int i = 0; is_last && i < COUNT; i++) sigaction(deferred[i], &former[i], NULL);
    pthread_mutex_unlock(&mutex);
    for (int i = 0; is_last && i < COUNT; i++) {
        if (atomic_exchange(&came[i], 0)) raise(deferred[i]);
    }
}

int clinux_signals_came(void) {
    for (int i = 0; i < COUNT; i++) {
        int only_stops = deferred[i] == SIGTSTP || deferred[i] == SIGTTIN || deferred[i] == SIGTTOU;
        if (!only_stops && atomic_load(&came[i])) return deferred[i];
    }
    return 0;
}

int clinux_signals_are_deferred(void) {
    pthread_mutex_lock(&mutex);
    int are = depth > 0;
    pthread_mutex_unlock(&mutex);
    return are;
}
