/* Times two commands in turn, A B A B ..., so that whatever else the machine does strikes both alike.
 * Usage: pairtimer NAME RUNS COMMAND-A... -- COMMAND-B...
 * In the words of a command, `%` at the end of a word stands for the number of the run (for names that must be new).
 * Output of the commands goes to /dev/null; one that fails, or takes longer than a minute, ends it. Prints one line:
 * for wall time, and for user and system time together, the medians of A and B in milliseconds, A - B and A / B. */
#define _GNU_SOURCE 1
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST_RUNS = 1000, MOST_WORDS = 64, WARM_UP = 2 };

struct sample { double wall, cpu; };

static double milliseconds(struct timeval time) { return time.tv_sec * 1e3 + time.tv_usec / 1e3; }

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

static void run_child(char **command) {
    int null = open("/dev/null", O_RDWR);
    dup2(null, 0);
    dup2(null, 1);
    alarm(60); /* kept by exec */
    execvp(command[0], command);
    perror(command[0]);
    _exit(127);
}

static struct sample measure(char **command, int run) {
    char *words[MOST_WORDS + 1] = {0};
    struct sample sample;
    struct rusage usage;
    int status;

    for (int i = 0; command[i]; i++) {
        size_t length = strlen(command[i]);
        words[i] = command[i];
        if (length && command[i][length - 1] == '%'
            && asprintf(&words[i], "%.*s%d", (int)length - 1, command[i], run) < 0) exit(1);
    }
    fflush(NULL);
    double start = now();
    pid_t child = fork();
    if (child == 0) run_child(words);
    if (child < 0 || wait4(child, &status, 0, &usage) != child) {
        perror("fork or wait");
        exit(1);
    }
    sample.wall = now() - start;
    sample.cpu = milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime);
    if (status != 0) {
        fprintf(stderr, "pairtimer: %s failed in run %d: wait status %d\n", words[0], run, status);
        exit(1);
    }
    return sample;
}

static int ascending(const void *a, const void *b) {
    double difference = *(const double *)a - *(const double *)b;
    return (difference > 0) - (difference < 0);
}

static double median(const struct sample *samples, int count, int cpu) {
    double values[MOST_RUNS];
    for (int i = 0; i < count; i++) values[i] = cpu ? samples[i].cpu : samples[i].wall;
    qsort(values, count, sizeof values[0], ascending);
    return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

int main(int argc, char **argv) {
    static struct sample a[MOST_RUNS], b[MOST_RUNS];
    char **commands[2] = {argv + 3, NULL};
    int runs = argc > 2 ? atoi(argv[2]) : 0;

    for (int i = 3; i < argc && !commands[1]; i++) {
        if (strcmp(argv[i], "--") == 0) {
            argv[i] = NULL;
            commands[1] = argv + i + 1;
        }
    }
    if (runs < 1 || runs > MOST_RUNS || argc > MOST_WORDS || !commands[1] || !*commands[0] || !*commands[1]) {
        fprintf(stderr, "usage: pairtimer NAME RUNS COMMAND-A... -- COMMAND-B...\n");
        return 64;
    }
    for (int run = -WARM_UP; run < runs; run++) {
        struct sample of_a = measure(commands[0], run + WARM_UP), of_b = measure(commands[1], run + WARM_UP);
        if (run >= 0) {
            a[run] = of_a;
            b[run] = of_b;
        }
    }
    printf("%-28s", argv[1]);
    for (int cpu = 0; cpu <= 1; cpu++) {
        double of_a = median(a, runs, cpu), of_b = median(b, runs, cpu);
        printf(" %8.2f %8.2f %+8.2f %6.2f", of_a, of_b, of_a - of_b, of_b > 0 ? of_a / of_b : 0);
    }
    printf("\n");
    return 0;
}
