// A command of the user's own, as a shell would run it.
#ifndef CLINUX_SHELL_H
#define CLINUX_SHELL_H

/// Runs `/bin/sh -c command` in this process group, with the environment, the directory and the descriptors 0 to 2 of this process, but for
/// stdout, which goes to the descriptor `output`. Returns its exit status, 128 + N when signal N ended it, or -errno when it could not be run.
///
/// Meanwhile SIGINT and SIGQUIT do not end this process: a terminal sends them to the command too. SIGHUP and SIGTERM are passed on to it.
/// For one command at a time.
int clinux_shell_run(const char *command, int output);

#endif
