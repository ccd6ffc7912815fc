// A file that is mapped into memory, and whose disk fails: the kernel tells it by SIGBUS (mmap(2)). SQLite maps the index of its log.
#ifndef CLINUX_MAPPED_H
#define CLINUX_MAPPED_H

/// From here on such a failure writes the text to stderr and ends the process with the status.
void clinux_mapped_file_lost(const char *text, int status);

#endif
