// What parent and guard do with freeze records while something may be frozen. The rules: async-signal-safe calls only, and only a record that
// names this very process is removed.
#define _GNU_SOURCE 1
#include "guardshared.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

/// Writes "\nprocess PID " into `line`, as the record has it. Returns its length.
static size_t own_line(char line[32]) {
    static const char key[] = "\nprocess ";
    char digits[12];
    size_t count = 0, length = sizeof key - 1;
    for (unsigned pid = (unsigned)getpid(); pid; pid /= 10) digits[count++] = (char)('0' + pid % 10);
    memcpy(line, key, length);
    while (count) line[length++] = digits[--count];
    line[length++] = ' ';
    return length;
}

int clinux_guard_note(int record, char state) {
    ssize_t count;
    do {
        count = pwrite(record, &state, 1, CLINUX_RECORD_STATE_AT);
    } while (count < 0 && errno == EINTR);
    return count == 1 ? 0 : count < 0 ? -errno : -EIO;
}

void clinux_guard_remove_record(int directory, const char *name) {
    char text[512], line[32];  // the mount point, which may be long, comes last
    int file = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (file < 0) return;
    ssize_t size = read(file, text, sizeof text);
    close(file);
    if (size > 0 && memmem(text, (size_t)size, line, own_line(line))) unlinkat(directory, name, 0);
}
