/* pager.c -- longer than the screen: through a pager, which is a child that reads a pipe. */
#include "config.h"
#include "term/pager.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "term/progress.h"

/* Lines that the text takes on a screen of `width` columns, counted up to `enough`.  Escape sequences count as columns: the
 * pager then comes a little early, and `less -F` leaves at once. */
static int screen_lines(const char *text, size_t length, int width, int enough)
{
    const char *end = text + length, *newline;
    int lines = 0, columns;

    while (text < end && lines < enough) {
        newline = memchr(text, '\n', (size_t)(end - text));
        if (newline == NULL)
            newline = end;
        columns = utf8_width_n(text, (size_t)(newline - text));
        lines += columns <= width ? 1 : (columns + width - 1) / width;
        text = newline < end ? newline + 1 : end;
    }
    return lines;
}

/* True where a program of that name stands in PATH. */
static bool program_exists(const char *name)
{
    const char *path = getenv("PATH"), *colon;
    struct text file = {0};
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

/* The pager's command line, or NULL.  What is typed ahead of the prompt, `less` takes for its own commands: `set ...` would save
 * the text in a file named `et ...`.  So it is told to write no files and to start no programs, unless the person has said
 * otherwise. */
static const char *pager_command(void)
{
    const char *pager = getenv("PAGER");

    setenv("LESSSECURE", "1", 0);
    if (pager != NULL && pager[strspn(pager, " \t")] != '\0')
        return pager;
    setenv("LESSCHARSET", "utf-8", 0);          /* that is what we write, whatever the locale says */
    if (program_exists("less"))
        return "less -eFRX '-Ps?e(end) space or q goes back:space goes on, q leaves.'";    /* -e: a space at the end leaves */
    return program_exists("more") ? "more" : NULL;
}

/* Writes all bytes; EINTR goes on unless `stop` is set meanwhile. */
static bool write_all(int fd, const char *bytes, size_t length, const volatile sig_atomic_t *stop)
{
    ssize_t wrote;

    while (length > 0) {
        if (stop != NULL && *stop)
            return true;
        wrote = write(fd, bytes, length);
        if (wrote < 0 && errno != EINTR)
            return false;
        if (wrote > 0) {
            bytes += wrote;
            length -= (size_t)wrote;
        }
    }
    return true;
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

/* False when no pager could be run; the text was then not shown. */
static bool page(struct session *session, const char *command, const char *text, size_t length)
{
    int ends[2], status = 0;
    pid_t child;

    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    child = fork();
    if (child == 0)
        run_pager(command, ends[0]);
    close(ends[0]);
    if (child < 0) {
        close(ends[1]);
        return false;
    }
    write_all(ends[1], text, length, NULL);     /* a pager that was left early is no failure */
    close(ends[1]);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    session->interrupted = 0;                   /* Ctrl-C was the pager's */
    return !(WIFEXITED(status) && (WEXITSTATUS(status) == 126 || WEXITSTATUS(status) == 127));
}

bool pager_show(struct session *session, const char *text, size_t length, struct glmm_error *err)
{
    const char *term = getenv("TERM");
    const char *command;
    int height = session->screen.height;

    fflush(stdout);
    progress_hide();
    if (session->interactive && session->screen.terminal && session->settings.pager != SWITCH_OFF && term != NULL && *term != '\0'
        && strcmp(term, "dumb") != 0 && screen_lines(text, length, session->screen.width, height) >= height
        && (command = pager_command()) != NULL && page(session, command, text, length))
        return true;
    if (!write_all(STDOUT_FILENO, text, length, &session->interrupted))
        return fail(err, GLMM_E_FILE, NOWHERE, "cannot write standard output: %s", strerror(errno));
    return true;
}
