/* Runs a command without its output and prints how much memory it had at most, in MiB.
 * Usage: peak COMMAND... */
#define _GNU_SOURCE 1
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv) {
    struct rusage usage;
    int status;
    if (argc < 2) return 64;
    pid_t child = fork();
    if (child == 0) {
        dup2(open("/dev/null", O_RDWR), 1);
        execvp(argv[1], argv + 1);
        perror(argv[1]);
        _exit(127);
    }
    if (child < 0 || wait4(child, &status, 0, &usage) != child || status != 0) {
        fprintf(stderr, "peak: %s failed\n", argv[1]);
        return 1;
    }
    printf("%.0f\n", usage.ru_maxrss / 1024.0);
    return 0;
}
