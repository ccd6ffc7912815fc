/* Makes the files of many snapshots quickly: each a clone of one that losnap made, with that one's record but for number, UUID
 * and time. Nothing is synced, and no file is immutable: it is for benchmarks on a pool that is thrown away.
 * Usage: snapshotfiles <LIST: each line has, between tabs, the model's path, the new path, number, UUID, time as the record has it. */
#define _GNU_SOURCE 1
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/xattr.h>
#include <unistd.h>

static const char attribute[] = "trusted.losnap";

static int complain(const char *what) {
    perror(what);
    return 1;
}

/* Puts `value` in the place of what stands between `key` and the next `end` behind it. */
static int replace(char *record, size_t room, const char *key, const char *value, char end) {
    char *start = strstr(record, key), *stop = start ? strchr(start + strlen(key), end) : NULL;
    if (!stop || strlen(record) + strlen(value) >= room) return -1;
    start += strlen(key);
    memmove(start + strlen(value), stop, strlen(stop) + 1);
    memcpy(start, value, strlen(value));
    return 0;
}

int main(void) {
    static char line[16384], model[4096], pattern[8192], record[16384];
    int source = -1;

    while (fgets(line, sizeof line, stdin)) {
        char *rest = line, *words[5];
        for (int i = 0; i < 5; i++) {
            if (!(words[i] = strsep(&rest, i < 4 ? "\t" : "\n"))) return 65;
        }
        if (strcmp(words[0], model) != 0) {
            if (source >= 0) close(source);
            if ((source = open(words[0], O_RDONLY | O_CLOEXEC)) < 0) return complain(words[0]);
            ssize_t length = fgetxattr(source, attribute, pattern, sizeof pattern - 1);
            if (length < 0) return complain(attribute);
            pattern[length] = 0;
            snprintf(model, sizeof model, "%s", words[0]);
        }
        strcpy(record, pattern);
        if (replace(record, sizeof record, "\"number\":", words[2], ',') < 0
            || replace(record, sizeof record, "\"snapshot\":\"", words[3], '"') < 0
            || replace(record, sizeof record, "\"taken_at\":\"", words[4], '"') < 0) {
            fprintf(stderr, "snapshotfiles: the record of %s is not as expected\n", model);
            return 65;
        }
        int file = open(words[1], O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0400);
        if (file < 0) return complain(words[1]);
        if (ioctl(file, FICLONE, source) < 0) return complain("FICLONE");
        if (fsetxattr(file, attribute, record, strlen(record), 0) < 0) return complain(attribute);
        close(file);
    }
    return ferror(stdin) != 0;
}
