// See include/mapped.h. In the handler only what may be called in one: write(2), _exit(2), sigaction(2).
#define _GNU_SOURCE 1
#include "CLinux.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

static char last_words[4096];
static size_t length;
static int last_status;

static void end(int number, siginfo_t *info, void *context) {
    (void)context;
    // BUS_ADRERR: a page of a mapped file that can't be had. Anything else is a fault of the program, and ends it as such.
    if (info->si_code == BUS_ADRERR) {
        if (write(STDERR_FILENO, last_words, length) < 0) _exit(last_status);
        _exit(last_status);
    }
    signal(number, SIG_DFL);
}

void clinux_mapped_file_lost(const char *text, int status) {
    length = strnlen(text, sizeof last_words);
    memcpy(last_words, text, length);
    last_status = status;
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = end;
    action.sa_flags = SA_SIGINFO;
    sigemptyset(&action.sa_mask);
    sigaction(SIGBUS, &action, NULL);
}
