// Exchanges two names again and again, as a local user without rights would beside a command of root's, so that each moment between two of its
// system calls is met sooner or later. The rules: it has given up root's rights before the first exchange, and ends with its parent.
//
// flipper UID A B [A B]...
// Exchanges each A with its B (renameat2(2), RENAME_EXCHANGE), all of them once a round, until SIGTERM; then prints how many rounds there were.
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t ended;

static void end(int signal) {
    (void)signal;
    ended = 1;
}

// A few microseconds, another number each time: else the exchanges would keep step with the command.
static void wait_a_little(unsigned *seed) {
    *seed = *seed * 1103515245u + 12345u;
    struct timespec time = {0, (long)(*seed >> 16 & 0x1f) * 5000};
    nanosleep(&time, NULL);
}

int main(int count, char **arguments) {
    if (count < 4 || count % 2 != 0) {
        fprintf(stderr, "usage: flipper UID A B [A B]...\n");
        return 64;
    }
    uid_t user = (uid_t)strtoul(arguments[1], NULL, 10);
    if (user == 0 || setgroups(0, NULL) != 0 || setgid(user) != 0 || setuid(user) != 0) {
        fprintf(stderr, "flipper: can't become user %u: %s\n", user, strerror(errno));
        return 71;
    }
    // After setuid, which takes it back.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    struct sigaction action = {.sa_handler = end};
    sigaction(SIGTERM, &action, NULL);
    unsigned long rounds = 0;
    unsigned seed = (unsigned)getpid();
    while (!ended) {
        for (int at = 2; at < count; at += 2) {
            if (renameat2(AT_FDCWD, arguments[at], AT_FDCWD, arguments[at + 1], RENAME_EXCHANGE) != 0 && errno != ENOENT) {
                fprintf(stderr, "flipper: %s: %s\n", arguments[at], strerror(errno));
                return 1;
            }
        }
        rounds++;
        // Now and then in a tight loop, now and then not.
        if (rounds % 64 < 48) wait_a_little(&seed);
    }
    printf("%lu\n", rounds);
    return 0;
}
