/* fuzz-command.c -- any bytes as input of the shell: splitting, words, options, the call.  No command is run. */
#include <stdlib.h>
#include <string.h>

#include "cmd/commands.h"
#include "driver.h"
#include "lang/split.h"
#include "shell/call.h"

static const char *const own_seeds[] = {
    "load sleepstudy\nmodel m1 = Reaction ~ Days + (Days | Subject)\nfit m1, method=ml nodes=9\n",
    "load \"my file.csv\" as x, sep=\";\" na=\"-9\" header=yes # comment\n",
    "set digits 6; set seed 42; record script.mix, new replace\n",
    "fit y ~ x * (a + b) + `odd name` + \\\n  (1 | g), weights=(a + b)/2, tol = 1e-8\n",
    "try replay \"a\\\"b\\\\c.mix\", step check=out.txt\nhelp fit 2; last json \"x y.json\"\n",
    "history, last=3\nset level 0.9;;;quit\n",
    NULL
};

const long fuzz_rounds = 20000;

/* The usage of each command, and its examples. */
const char *const *fuzz_seeds(void)
{
    enum { MOST = 900 };
    static const char *seeds[MOST + 2];
    int count = 0;

    for (int i = 0; own_seeds[i] != NULL; i++)
        seeds[count++] = own_seeds[i];
    for (int i = 0; commands[i] != NULL && count < MOST; i++) {
        seeds[count++] = commands[i]->usage;
        for (const struct example *e = commands[i]->examples; e->script != NULL && count < MOST; e++)
            seeds[count++] = e->script;
    }
    return seeds;
}

/* Every span lies in the line. */
static void check_call(const struct call *call, size_t length)
{
    for (int i = 0; i < call->word_count; i++)
        if (call->words[i].at.begin < 0 || call->words[i].at.end > (int)length || call->words[i].at.begin > call->words[i].at.end)
            abort();
}

static void check_error(const struct glmm_error *err, size_t length)
{
    if (err->code == GLMM_OK || err->message[0] == '\0' || err->at.begin > (int)length || err->at.end > (int)length + 1)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    enum split_state state = SPLIT_COMMAND;
    struct split split;
    const char *clean;

    split_init(&split, (const char *)data, size);
    while (arena != NULL && (state == SPLIT_COMMAND || state == SPLIT_ERROR)) {
        struct glmm_error err = { .at = NOWHERE };
        struct call call;

        state = split_next(&split, arena, &clean, &err);
        if (state == SPLIT_ERROR)
            check_error(&err, size);
        if (state != SPLIT_COMMAND)
            continue;
        if (strlen(clean) == split.end - split.begin) { /* no zero byte in it: the evaluator lets none in */
            if (call_parse(&call, clean, (size & 1) != 0, arena, &err))
                check_call(&call, strlen(clean));
            else
                check_error(&err, strlen(clean));
        }
    }
    arena_free(arena);
    return 0;
}
