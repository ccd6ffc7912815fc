// Child processes with nothing inherited by accident.
#ifndef CLINUX_PROCESSES_H
#define CLINUX_PROCESSES_H

/// Starts `/bin/sh -c command` in `/`, in a session of its own, with no signal blocked or ignored, stdin from /dev/null, stdout and stderr
/// on `output` (negative: on /dev/null), and no other descriptor. Returns its number.
int clinux_spawn_shell(const char *command, char *const *environment, int output);

enum { CLINUX_PROGRAM_FD = 3 };

/// Starts the program that the descriptor `program` is open on (O_PATH will do) in the same way, with these arguments, the first being its name. It has
/// one descriptor more, CLINUX_PROGRAM_FD, by which the kernel or the interpreter of a script reads it. Returns its number.
int clinux_spawn_program(int program, char *const *arguments, char *const *environment, int output);

/// A descriptor that is readable when that child has ended (pidfd_open(2)).
int clinux_pidfd_open(int pid);

#endif
