/* fuzz-session.c -- a script, end to end: whatever it says, the session survives, and nothing that a terminal would obey is
 * shown.
 *
 * Long work is stopped after some steps, as Ctrl-C would stop it.  The script runs in the current folder, which it may fill with
 * files of its own, under short names: tests/run gives an empty one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/commands.h"
#include "driver.h"
#include "script.h"

static const char table[] =
    "y,x,g,h,k,n\n1.5,1,a,u,1,4\n2.5,2,a,v,3,5\n-3,NA,b,u,2,4\n4,4,b,v,0,6\n5.5,-5,c,u,4,4\n6,6,c,NA,1,4\n"
    "7,0,d,v,1,3\n2,1,d,u,2,3\n";

static const char *const own_seeds[] = {
    "fit y ~ x + (1 | g)\nsummary\nranef\nicc\nshrinkage\n",
    "fit cbind(k, n - k) ~ h + (1 | g), family=binomial nodes=3\nmargins h\nattenuation\nset format json\nlast\n",
    "fit k ~ x + (1 | g), family=poisson\npredict, at=\"x=0:3\"\nplot-ascii fitted\nladder\n",
    "model m = y ~ x * h + (x || g)\nfit m, method=ml\ncompare\nvcov\nresiduals\nfitted\nexplain\n",
    "describe\nhead 3\nset digits 3; set width 50; set charset ascii; set level 0.9\nlast csv f.csv, replace\nlast latex\n",
    "record r.mix, replace\nset seed 7\nrecord off\nreplay r.mix\noutput o.txt, replace\noutput off\nreplay r.mix, check=o.txt\n",
    "load t.csv as u, na=\"a\" types=\"k=factor\"\nuse t\ndatasets\nhistory\nhelp fit\nhelp shrinkage\ntry describe\n",
    "plot-ascii histogram y\nplot-ascii scatter y x by g\nplot-ascii qq\nset colour always\nset format markdown\nhead\n",
    "whatif g a, n=20\nexplain 1.5\ndemo\nset\nset format tsv; describe\n",
    NULL
};

enum { STEPS = 600, LONGEST = 1500, MOST_SEEDS = 900 };

const long fuzz_rounds = 1000;

/* Each verb with its options, as the examples of the commands have them; not those of the largest data. */
const char *const *fuzz_seeds(void)
{
    static const char *seeds[MOST_SEEDS + 1];
    int count = 0;

    for (int i = 0; own_seeds[i] != NULL; i++)
        seeds[count++] = own_seeds[i];
    for (int i = 0; commands[i] != NULL; i++)
        for (const struct example *e = commands[i]->examples; e->script != NULL && count < MOST_SEEDS; e++)
            if (strstr(e->script, "insteval") == NULL)
                seeds[count++] = e->script;
    return seeds;
}

/* Text in whole characters, and no control character but the line break, the tab, and what sets colours. */
static void check_shown(const char *text, size_t length)
{
    check(utf8_invalid(text, length) < 0);
    for (size_t i = 0; i < length; i++)
        check((unsigned char)text[i] >= ' ' ? text[i] != 0x7f : strchr("\n\t\033", text[i]) != NULL && text[i] != '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char load[] = "load t.csv as t\n";
    struct session *session;
    struct text all = { 0 }, script = { 0 };
    FILE *file;
    const char *told;
    size_t length;

    if (size > LONGEST || memchr(data, '/', size) != NULL || (file = fopen("t.csv", "w")) == NULL)
        return 0; /* no path out of the folder */
    fputs(table, file);
    fclose(file);
    session = script_session(&all);
    session->screen.terminal = true; /* for a program, formats give the bytes that the data have */
    told_begin();
    text_add(&script, load);
    text_add_bytes(&script, (const char *)data, strnlen((const char *)data, size));
    script_run(session, text_string(&script), STEPS);
    check_shown(text_string(&all), all.length);
    session_free(session);
    told = told_end(&length);
    check_shown(told, length);
    text_clear(&script);
    text_clear(&all);
    return 0;
}
