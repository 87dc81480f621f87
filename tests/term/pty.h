/* pty.h -- a terminal whose other end is in our hands: what a test types, sees, resizes, and takes away.
 *
 * tmux (tests/term/run) shows what a person would see; this shows what happens when the terminal itself goes away, and takes
 * keys and sizes faster than any person's. */
#ifndef TESTS_PTY_H
#define TESTS_PTY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <termios.h>

/* Who leads the session of the terminal, and gets the signal first when it goes. */
enum pty_leader { PTY_PROGRAM, PTY_SHELL };

struct pty {
    int master;            /* -1: taken away */
    pid_t leader, program; /* the same one where the program leads */
    char *seen;            /* all that was written, with a NUL behind it */
    size_t length, capacity;
    size_t from;          /* what stands before was waited for already */
    bool full_before;     /* what pty_full_screen() said of what was forgotten */
    struct termios modes; /* as they were before the program started */
};

/* Starts $MIXSH with the arguments (the last NULL) in a new terminal of 24 x 80; with `deaf` it ignores SIGHUP.  A test that
 * cannot go on says why and exits, here and below. */
void pty_start(struct pty *pty, const char *const arguments[], enum pty_leader leader, bool deaf);

/* Types bytes; "" types nothing. */
void pty_type(struct pty *pty, const char *text);

/* Waits for the text behind what was waited for before; false when it did not come within the patience of this test, or the
 * program ended. */
bool pty_wait(struct pty *pty, const char *text);

/* The text stands behind what was waited for before; of what came by now. */
bool pty_has(const struct pty *pty, const char *text);

/* Ctrl-C, and then a question (what its answer says must not be in it) at the prompt; false where its answer does not come within
 * the patience of this test.  Typed again until it stands at the prompt by itself, for what follows a Ctrl-C may have been typed
 * while a command was still ending: it then waits at the prompt, perhaps behind what was typed before, and an Enter with it does
 * not run it.  The Enter behind what stands there is typed once: a line that is lost from there on is the program's fault. */
bool pty_prompt_answers(struct pty *pty, const char *question, const char *answer);

/* How many bytes of what was typed the program has not read yet; at least 1 where the terminal edits lines, and tells of whole
 * ones only. */
int pty_in_line(const struct pty *pty);

/* Takes in what was written by now, waiting at most so long for the first of it. */
void pty_take(struct pty *pty, int milliseconds);

/* Ctrl-Z, and what a shell's `fg` does as soon as the program has stopped.  False when it did not stop, as it should where a
 * shell leads the session; where it leads itself, nothing stops it. */
bool pty_stop_and_go_on(struct pty *pty);

/* Stops the program as SIGSTOP does, wherever it is; SIGCONT lets it go on. */
bool pty_freeze(struct pty *pty);

/* Types bytes to a frozen program whose keys the terminal does not edit, until all stand in line but for Ctrl-C, which is a
 * signal: the terminal takes them at a moment of its own, and the program would go on with a part of them. */
bool pty_type_frozen(struct pty *pty, const char *text);

/* Forgets what was written so far, but the end of it. */
void pty_forget(struct pty *pty);

/* The program has the alternate screen. */
bool pty_full_screen(const struct pty *pty);

void pty_resize(struct pty *pty, int rows, int columns);

/* Closes our end: for the program the terminal is gone. */
void pty_hang_up(struct pty *pty);

/* Waits for the end of the program; false, having killed it, when it lives on. */
bool pty_ended(struct pty *pty, int *status);

/* Kills what is left, and frees. */
void pty_clear(struct pty *pty);

/* What came last, escapes made visible: for messages. */
void pty_show(const struct pty *pty);

/* A folder to run in, entered; HOME and the XDG folders are in it.  Removed, with all that is in it, by scratch_leave(). */
void scratch_enter(void);
void scratch_leave(void);

#endif
