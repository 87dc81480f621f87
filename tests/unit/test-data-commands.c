/* test-data-commands.c -- the commands on data: their numbers against R's, and memory that runs out at any point. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lang/reader.h"
#include "session/output.h"
#include "session/session.h"
#include "shell/eval.h"
#include "sweep.h"

static void use_own_data(void)
{
    const char *source = getenv("srcdir");
    char *whole = realpath(source == NULL ? "." : source, NULL);

    if (whole != NULL)
        setenv("MIXSH_DATADIR", whole, 1);
    free(whole);
}

/* Runs the script in a session of its own; its output is added to `output`. */
static bool run_script(const char *script, struct text *output)
{
    struct session *session = session_new();
    struct reader *reader = NULL;
    struct glmm_error err;
    bool ok;

    error_clear(&err);
    ok = session != NULL && (reader = reader_open_text(script, "script", &err)) != NULL;
    if (ok) {
        session->run = eval_request;
        session_capture(session, output);
        ok = eval_reader(session, reader, EVAL_SCRIPT) == 0;
        session_capture(session, NULL);
    }
    reader_close(reader);
    session_free(session);
    return ok;
}

/* The number behind `"key":` in JSON, from `place` on. */
static double number_of(const char *json, const char *key)
{
    char label[40];
    const char *place;

    snprintf(label, sizeof label, "\"%s\":", key);
    place = strstr(json, label);
    cr_assert_not_null(place, "no %s in %s", key, json);
    return strtod(place + strlen(label), NULL);
}

/* From R: mean(), sd(), quantile() of Reaction. */
Test(data_commands, describe_as_r, .init = use_own_data)
{
    static const struct {
        const char *key;
        double value;
    } expected[] = { { "n", 180 },        { "missing", 0 },      { "mean", 298.507891666667 }, { "sd", 56.3287571252351 },
                     { "min", 194.3322 }, { "q25", 255.375825 }, { "median", 288.6508 },       { "q75", 336.752075 },
                     { "max", 466.3535 } };
    struct text output = { 0 };

    cr_assert(run_script("load sleepstudy; set format json; describe Reaction", &output));
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        cr_expect_float_eq(number_of(strstr(text_string(&output), "\"numbers\""), expected[i].key), expected[i].value,
                           1e-12 * fabs(expected[i].value), "%s", expected[i].key);
    text_clear(&output);
}

/* Fails each allocation of the script in turn: nothing may leak or crash. */
static void sweep_script(const char *script)
{
    int quiet = open("/dev/null", O_WRONLY), kept = dup(STDERR_FILENO);
    struct mem_hook before = mem_hook_get();
    struct sweep sweep = { .countdown = -1 };
    struct text output = { 0 };
    long i;

    run_script(script, &output);
    text_clear(&output);
    dup2(quiet, STDERR_FILENO); /* each failure is reported there */
    for (i = 0; sweep.countdown < 0; i++) {
        sweep = (struct sweep){ .countdown = i };
        mem_hook_set((struct mem_hook){ .resize = sweep_resize, .context = &sweep });
        run_script(script, &output);
        text_clear(&output);
        mem_hook_set(before);
        if (sweep.alive != 0)
            break;
    }
    dup2(kept, STDERR_FILENO);
    close(quiet);
    close(kept);
    cr_expect_eq(sweep.alive, 0, "%s: %ld blocks are left when allocation %ld fails", script, sweep.alive, i);
    cr_expect_gt(i, 30, "%s: %ld", script, i);
}

Test(data_commands, load, .init = use_own_data)
{
    sweep_script("load batting as b, na=\"7,8\" types=\"hits=real\"");
    sweep_script("load slepstudy");
}

/* The result is kept, and a list of each level with its count would take many times the room of the data. */
Test(data_commands, write, .init = use_own_data)
{
    sweep_script("load cbpp; let size = ordered(size); factor herd, labels=\"NA,b,c,d,e,f,g,h,i,j,k,l,m,n,o\" ref=c; "
                 "write sweep-write.csv, replace");
    unlink("sweep-write.csv");
}

Test(data_commands, describe_lists_a_thousand_levels)
{
    char path[] = "/tmp/mixsh-levels-XXXXXX", script[120];
    int file = mkstemp(path);
    FILE *stream = fdopen(file, "w");
    struct text output = { 0 };

    fputs("id,few\n", stream);
    for (int i = 0; i < 1001; i++)
        fprintf(stream, "p%d,q%d\n", i, i % 1000);
    fclose(stream);
    snprintf(script, sizeof script, "load \"%s\" as d; set format json; describe", path);
    cr_assert(run_script(script, &output));
    cr_expect_not_null(strstr(text_string(&output), "\"level\":\"q999\""));
    cr_expect_null(strstr(text_string(&output), "\"level\":\"p0\""));
    cr_expect_not_null(strstr(text_string(&output), "\"levels\":null"));
    text_truncate(&output, 0);
    snprintf(script, sizeof script, "load \"%s\" as d; set format json; describe id", path);
    cr_assert(run_script(script, &output));
    cr_expect_not_null(strstr(text_string(&output), "\"level\":\"p1000\""));
    unlink(path);
    text_clear(&output);
}

Test(data_commands, describe, .init = use_own_data)
{
    sweep_script("load cbpp; describe; describe herd");
}

Test(data_commands, head_and_use, .init = use_own_data)
{
    sweep_script("load batting; load cbpp; use batting; head 3");
}

Test(data_commands, datasets, .init = use_own_data)
{
    sweep_script("load batting; datasets");
}
