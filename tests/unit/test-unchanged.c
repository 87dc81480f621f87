/* test-unchanged.c -- a command to which memory is refused leaves the session as it was: every command that changes one, with
 * each place of the code that asks for memory refusing it once (places.h), its history and its recorded script included. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "run-refusing.h"
#include "session-sum.h"

static struct places places = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* What every command comes to is tried with each. */
static void forget_places(void)
{
    memset(places.seen, 0, sizeof places.seen);
    places.count = 0;
}

/* Runs one command; its exit status. */
static int run_one(struct session *session, const char *text, bool refusing)
{
    struct text shown = { 0 };
    int status = run_refusing(session, text, refusing ? &places : NULL, &shown);

    text_clear(&shown);
    return status;
}

/* What the file holds. */
static char *whole_file(const char *path)
{
    struct text text = { 0 };

    cr_assert(file_read(path, &text, NULL), "%s", path);
    return text_take(&text);
}

/* Once at each place: the session is made anew, the command fails and changes nothing, or does all that it does. */
static void refuse(const char *setup, const char *command)
{
    int quiet = open("/dev/null", O_WRONLY), kept = dup(STDERR_FILENO), refused = 0;
    bool failed = true, changed = false, same = true, done = false;
    int status = 0;

    forget_places();
    dup2(quiet, STDERR_FILENO);
    while (failed && same) {
        struct session *session = session_of(setup);
        uint64_t before = session_sum(session);
        size_t past = count_past(session);

        status = run_one(session, command, true);
        failed = places.failed;
        changed = session_sum(session) != before;
        done = count_past(session) != past;
        same = done || !changed;
        refused += !done;
        session_free(session);
    }
    dup2(kept, STDERR_FILENO);
    close(quiet);
    close(kept);
    cr_expect(same, "%s; %s: memory was refused (%d), and the session is another one", setup, command, refused);
    cr_expect((status == 0 && done && changed) || !same, "%s; %s changes nothing", setup, command);
    cr_expect_gt(refused, 5, "%s; %s: memory was refused %d times", setup, command, refused);
}

/* A folder of its own, with a script and a saved session. */
static void go_apart(void)
{
    static char folder[] = "/tmp/unchanged-XXXXXX";
    FILE *script;

    cr_assert_not_null(mkdtemp(folder));
    cr_assert_eq(chdir(folder), 0);
    script = fopen("part.mix", "w");
    cr_assert_not_null(script);
    fputs("where Days > 2\n", script);
    fclose(script);
    session_free(session_of("load dyestuff; fit m = Yield ~ 1 + (1 | Batch); set digits 6; save s.mixsh"));
}

Test(unchanged, data)
{
    static const char *const commands[] = { "load dyestuff",
                                            "load sleepstudy",
                                            "load dyestuff as d",
                                            "let z = log(Reaction)",
                                            "let Days = Days / 7",
                                            "where Days > 3",
                                            "keep Days Subject",
                                            "drop Days",
                                            "rename Days = d",
                                            "factor Days",
                                            "sort -Reaction",
                                            "sample 20",
                                            "aggregate mean(Reaction), by=Subject",
                                            "reshape wide Reaction, name=Days by=Subject" };

    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        refuse("load sleepstudy", commands[i]);
    refuse("load sleepstudy; let f = factor(Days)", "number f");
    refuse("load sleepstudy; let f = \"2024-01-02\"", "date f");
    refuse("load sleepstudy; where Days > 3; undo", "let z = 1"); /* what could be redone is as it was, too */
    refuse("load oats as b; load oats as a", "append b");
    refuse("load sleepstudy as b; aggregate n = mean(Days), by=Subject; load sleepstudy", "merge b, by=Subject");
}

Test(unchanged, models)
{
    refuse("load dyestuff", "model m = Yield ~ 1 + (1 | Batch)");
    refuse("load dyestuff; fit m = Yield ~ 1 + (1 | Batch); fit n = Yield ~ 1", "model m = Yield ~ 1");
    refuse("load dyestuff; model m = Yield ~ 1 + (1 | Batch)", "fit");
    refuse("load dyestuff; fit m = Yield ~ 1 + (1 | Batch)", "fit m, method=ml");
    refuse("load dyestuff; fit m = Yield ~ 1 + (1 | Batch)", "fit m = Yield ~ 1");
    refuse("load dyestuff; fit m = Yield ~ 1 + (1 | Batch)", "simulate m as s, seed=1 n=1");
    refuse("load kinship_pedigree", "matrix A = pedigree(kinship_pedigree, id, sire, dam)");
    refuse("load kinship_pedigree; matrix A = pedigree(kinship_pedigree, id, sire, dam); matrix B = pedigree(kinship_pedigree, "
           "id, sire, dam)",
           "matrix A = pedigree(kinship_pedigree, id, sire, dam)");
}

Test(unchanged, standing)
{
    refuse("load dyestuff; load sleepstudy", "use dyestuff");
    refuse("load dyestuff; model m = Yield ~ 1; model n = Yield ~ 1 + (1 | Batch)", "use m");
    refuse("load dyestuff", "set digits 6");
    refuse("load dyestuff; let a = 1; let b = 2", "undo 2");
    refuse("load dyestuff", "undo");
    refuse("load dyestuff; model m = Yield ~ 1", "undo 2");
    refuse("load dyestuff; model m = Yield ~ 1; undo 2", "redo 2");
    refuse("load dyestuff; fit m = Yield ~ 1; set digits 5; undo 2", "redo");
}

Test(unchanged, files)
{
    go_apart();
    refuse("load sleepstudy", "source part.mix");
    refuse("load sleepstudy; let z = Days", "try where z > 2");
    refuse("load sleepstudy; model m = Reaction ~ Days; let z = 1; where Days > 1; undo", "restore s.mixsh");
    refuse("load sleepstudy; output a.txt", "restore s.mixsh");
    refuse("load sleepstudy", "output o.txt");
    refuse("load sleepstudy; output a.txt", "output o.txt");
    refuse("load sleepstudy; output a.txt", "output off");
    refuse("load sleepstudy", "record r.mix");
    refuse("load sleepstudy; record a.mix", "record r.mix");
    refuse("load sleepstudy; record a.mix", "record off");
}

/* The script of a session has each command that succeeded, and no other; where it is begun anew it is whole as well. */
static void refuse_recorded(const char *command, const char *line)
{
    int quiet = open("/dev/null", O_WRONLY), kept = dup(STDERR_FILENO);
    bool failed = true, right = true;
    char *script = NULL;

    forget_places();
    dup2(quiet, STDERR_FILENO);
    while (failed && right) {
        struct session *session = session_of("load sleepstudy; record r.mix, replace");
        size_t past = count_past(session);
        bool done;

        (void)run_one(session, command, true);
        failed = places.failed;
        done = count_past(session) != past;
        right = run_one(session, "let last = 1", false) == 0;
        mem_free(script);
        script = whole_file("r.mix");
        right = right && (strstr(script, line) != NULL) == done && strstr(script, "let last = 1\n") != NULL;
        session_free(session);
    }
    dup2(kept, STDERR_FILENO);
    close(quiet);
    close(kept);
    cr_expect(right, "%s: memory was refused, and the script is\n%s", command, script);
    mem_free(script);
}

Test(unchanged, recorded)
{
    go_apart();
    refuse_recorded("where Days > 3", "where Days > 3\n");
    refuse_recorded("load dyestuff", "load dyestuff\n");
    refuse_recorded("set digits 6", "set digits 6\n");
    refuse_recorded("restore s.mixsh", "load dyestuff\n");
}

/* Commands that run others, and fits of several models, keep what was done. */
Test(unchanged, several)
{
    struct session *session;
    FILE *script;

    go_apart();
    script = fopen("two.mix", "w");
    fputs("let a = 1\nlet b = nothing\n", script);
    fclose(script);
    session = session_of("load dyestuff; model m = Yield ~ 1; model n = Yield ~ 1 + (1 | Batch)");
    cr_expect_neq(run_one(session, "source two.mix", false), 0);
    cr_expect_not_null(frame_find(session->data, "a"));
    cr_expect_eq(undo_count(session), 4);
    cr_expect_eq(run_one(session, "fit m n", false), 0);
    cr_expect_eq(undo_count(session), 6);
    cr_expect_eq(run_one(session, "undo", false), 0);
    cr_expect_null(session_find_model(session, "n")->fit);
    cr_expect_not_null(session_find_model(session, "m")->fit);
    session_free(session);
}
