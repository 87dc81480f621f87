/* hangup.c -- the terminal goes away: at the prompt, in the middle of a line, in a fit, in each view, in the pager, before a
 * key of a tour.  Whether the signal that tells of it is heard or ignored, the program ends soon, and nothing half typed
 * runs. */
#include "config.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pty.h"

enum { STEPS = 12, ROWS = 60000, LEVELS = 1300 };

/* What is typed, and what is waited for then, by turns; NULL ends. */
static const struct moment {
    const char *name;
    const char *steps[STEPS];
} moments[] = {
    { "at the prompt", { NULL } },
    { "in the middle of a line", { "record half", "record half" } },
    { "in a continuation line", { "record half \\\r", "...> " } },
    { "behind half a continuation line", { "record \\\r", "...> ", "half", "half" } },
    { "with a bracket open", { "model m1 = (\r", "...> " } },
    { "in a search of the history", { "record half", "half", "\022cord", "i-search" } },
    { "before a quoted key", { "record half\026", "half" } },
    { "behind Escape", { "record half\033", "half" } },
    { "in a count", { "record half\0335", "arg: 5" } },
    { "in a paste", { "\033[200~record half\rset digits 5", "" } },
    { "in the list of candidates", { "set \t", "width" } },
    { "in a fit", { "load big.csv\r", "big> ", "fit y ~ x + (1 + x | a) + (1 + x | b)\r", "^C stops" } },
    { "in view data", { "load sleepstudy\r", "next: ", "view data\r", "back" } },
    { "in view summary", { "load dyestuff; fit Yield ~ 1 + (1 | Batch)\r", "next: ", "view summary\r", "back" } },
    { "in view shrinkage", { "load dyestuff; fit Yield ~ 1 + (1 | Batch)\r", "next: ", "view shrinkage\r", "back" } },
    { "in view ranef", { "load dyestuff; fit Yield ~ 1 + (1 | Batch)\r", "next: ", "view ranef\r", "back" } },
    { "in view attenuation",
      { "load sleepstudy; fit Reaction ~ Days + (Days | Subject)\r", "next: ", "view attenuation\r", "back" } },
    { "where a view asks for words", { "load sleepstudy\r", "next: ", "view data\r", "back", "/30", "30" } },
    { "in the help of a view", { "load sleepstudy\r", "next: ", "view data\r", "back", "?", "\033[24d" } },
    { "in the pager", { "load sleepstudy; head 180\r", "lines  space goes on" } },
    { "before a key of a tour", { "demo shrinkage\r", "> " } },
    { "before a key of a replay", { "replay step.mix, step\r", "set digits 5" } },
    { "while it writes", { "load insteval; set pager off; head 100000\r", "studage" } },
};
enum { MOMENTS = sizeof moments / sizeof moments[0] };

static const struct {
    const char *name;
    enum pty_leader leader;
    bool deaf;
} manners[] = {
    { "and tells the program", PTY_PROGRAM, false },
    { "and the program ignores it", PTY_PROGRAM, true },
    { "with its shell, and the program ignores it", PTY_SHELL, true },
};
enum { MANNERS = sizeof manners / sizeof manners[0] };

static int passed, failed;

static bool bring_about(struct pty *pty, const struct moment *moment)
{
    if (!pty_wait(pty, "mixsh> "))
        return false;
    for (int i = 0; i < STEPS && moment->steps[i] != NULL; i++)
        if (i % 2 == 0)
            pty_type(pty, moment->steps[i]);
        else if (!pty_wait(pty, moment->steps[i]))
            return false;
    return true;
}

static bool hang_up(const struct moment *moment, int manner, const char **why)
{
    static const char *const arguments[] = { "--quiet", NULL };
    struct pty pty;
    int status;
    bool ok;

    pty_start(&pty, arguments, manners[manner].leader, manners[manner].deaf);
    ok = bring_about(&pty, moment);
    *why = "it did not come to that";
    if (ok) {
        pty_hang_up(&pty);
        ok = pty_ended(&pty, &status);
        *why = "the program lives on";
    }
    if (ok && !manners[manner].deaf) {
        ok = WIFSIGNALED(status) && WTERMSIG(status) == SIGHUP;
        *why = "it ended, but not by the signal";
    } else if (ok) {
        ok = WIFEXITED(status);
        *why = "it crashed";
    }
    if (ok) {
        ok = access("half", F_OK) != 0;
        *why = "what was half typed ran";
    }
    if (!ok)
        pty_show(&pty);
    pty_clear(&pty);
    remove("half");
    return ok;
}

static void write_files(void)
{
    FILE *big = fopen("big.csv", "w"), *step = fopen("step.mix", "w");
    unsigned long state = 7;

    if (big == NULL || step == NULL)
        exit(99);
    fputs("y,x,a,b\n", big);
    for (int i = 0; i < ROWS; i++) {
        unsigned values[4];

        for (int k = 0; k < 4; k++) {
            state = state * 6364136223846793005UL + 1442695040888963407UL;
            values[k] = (unsigned)(state >> 40);
        }
        fprintf(big, "%u.%u,0.%u,%u,%u\n", values[0] % 10, values[1] % 1000, values[1] / 1000 % 1000, values[2] % LEVELS,
                values[3] % LEVELS);
    }
    fputs("set digits 5\nset digits 6\nset digits 7\n", step);
    fclose(big);
    fclose(step);
}

/* `hangup [WORDS]`: all, or the moments with these words in their names. */
int main(int argc, char **argv)
{
    const char *why;

    setvbuf(stdout, NULL, _IOLBF, 0);
    scratch_enter();
    write_files();
    for (int m = 0; m < MOMENTS; m++)
        for (int n = 0; n < MANNERS; n++) {
            if (argc > 1 && strstr(moments[m].name, argv[1]) == NULL)
                continue;
            if (hang_up(&moments[m], n, &why)) {
                passed++;
            } else {
                failed++;
                printf("FAIL: the terminal goes away %s %s: %s\n", moments[m].name, manners[n].name, why);
            }
        }
    scratch_leave();
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}
