/* pager-external.c -- see pager-external.h.  The program is a child that reads a pipe. */
#include "config.h"
#include "term/pager-external.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "session/output.h"
#include "term/terminal.h"

/* True where a program of that name stands in PATH. */
static bool program_exists(const char *name)
{
    const char *path = getenv("PATH"), *colon;
    struct text file = { 0 };
    bool found = false;

    if (path == NULL)
        path = "/usr/bin:/bin";
    while (!found && *path != '\0') {
        colon = strchrnul(path, ':');
        text_truncate(&file, 0);
        text_add_bytes(&file, path, (size_t)(colon - path));
        text_add_char(&file, '/');
        text_add(&file, name);
        found = !file.failed && access(file.data, X_OK) == 0;
        path = *colon == '\0' ? colon : colon + 1;
    }
    text_clear(&file);
    return found;
}

/* The program's command line, or NULL.  `less` is told to write no files and to start no programs, unless the person has said
 * otherwise. */
static const char *pager_command(void)
{
    static const char *const names[] = { "MIXSH_PAGER", "PAGER" };
    const char *command;

    setenv("LESSSECURE", "1", 0);
    setenv("LESSCHARSET", "utf-8", 0); /* that is what we write, whatever the locale says */
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        command = getenv(names[i]);
        if (command != NULL && command[strspn(command, " \t")] != '\0')
            return command;
    }
    if (program_exists("less"))
        return "less -FRX";
    return program_exists("more") ? "more" : NULL;
}

/* Runs in the child: standard input from the pipe, signals as a program expects to find them. */
static void run_pager(const char *command, int input)
{
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    if (dup2(input, STDIN_FILENO) >= 0) {
        close(input);
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    }
    _exit(127);
}

bool pager_external(struct session *session, const char *text, size_t length)
{
    const char *command = pager_command();
    int ends[2], status = 0;
    pid_t child;

    if (command == NULL || pipe2(ends, O_CLOEXEC) != 0)
        return false;
    terminal_lend();
    child = fork();
    if (child == 0)
        run_pager(command, ends[0]);
    close(ends[0]);
    if (child < 0) {
        close(ends[1]);
        terminal_take_back();
        return false;
    }
    (void)file_write(ends[1], text, length, NULL); /* a pager that was left early is no failure */
    close(ends[1]);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    terminal_take_back();
    session->interrupted = 0; /* Ctrl-C was the pager's */
    return !(WIFEXITED(status) && WEXITSTATUS(status) != 0);
}
