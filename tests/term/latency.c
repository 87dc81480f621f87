/* latency.c -- how long a command may go on behind Ctrl-C: the longest time between two looks at the progress, of each long
 * command.
 *
 *     latency             the short form (part of make check): small tables
 *     latency all [WORD]  large ones, of all scenes or of those in which the word stands (make check-signals)
 *
 * A look is where the flag that Ctrl-C sets is read, so the longest time between two of them (and from the last one to the end)
 * is what a person waits at most.  It is counted on the clock and in the processor's time of all threads, and the smaller of both
 * counts: a machine that is busy makes the first long, several threads the second.  Then the command is stopped at some looks:
 * it must end within the same time. */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "lang/reader.h"
#include "session/output.h"
#include "session/session.h"
#include "shell/eval.h"
#include "term/progress.h"

enum { COMMANDS = 16, STOPS = 3, SHOWN = 4 };

/* The longest time that a command may take without a look: a sanitizer makes all slower, and so does a build without
 * optimization. */
#if defined(__SANITIZE_ADDRESS__) || !defined(__OPTIMIZE__)
static const double LIMIT = 2.0;
#else
static const double LIMIT = 0.2;
#endif

/* A session, and commands that take long in it.  Rows of `rows` and `wide`: see write_tables. */
static const struct scene {
    const char *name, *setup;
    const char *commands[COMMANDS];
} scenes[] = {
    { "verbs",
      "load rows.csv as d",
      { "load rows.csv as e", "describe", "let z = log(x + 2) * b", "where x > 0", "undo", "sort x",
        "aggregate mean(y) n(), by=g as=a", "use d; merge a, by=g as=mm",
        "use d; keep id x y; reshape long x y, name=name value=value as=long", "use long; reshape wide value, name=name by=id",
        "use d; append d", "use e; tabulate g b", "missing", "write out.csv, replace", "save s.mixsh, replace",
        "restore s.mixsh" } },
    { "formats",
      "load rows.csv as d",
      { "head 20000", "last csv", "last tsv", "last json", "last html", "last latex", "last markdown", "last text",
        "tabulate g h", "sample 20, by=g", "undo", "decompose x by g", "write out.dta, replace", "load out.dta as e",
        "write out.sav, replace", "load out.sav as f" } },
    { "long", "load long.csv as d", { "head 100000", "last text", "last html", "tail 100000", "last markdown" } },
    { "linear",
      "load rows.csv as d",
      { "fit y ~ x + w + (x | g) + (1 | h)", "ranef", "residuals", "diagnose, n=50", "confint, method=profile", "bootstrap, n=20",
        "shrinkage", "predict", "margins x", "r2", "diagnose, n=50 influence=h", "power x, n=10", "test x", "slopes x" } },
    { "counts",
      "load rows.csv as d",
      { "fit c ~ x + (1 | g), family=poisson", "margins x, se=unconditional", "fit c ~ x + (1 | h), family=nbinom2 zi=~x",
        "fit c ~ x + (1 | h), family=nbinom2 disp=~x", "fit b ~ x + (1 | h), family=binomial prior=\"fixed ~ normal(0, 2.5)\"",
        "fit b ~ x + (1 | h), family=binomial method=is", "diagnose, n=50", "attenuation", "residuals", "margins x, slope" } },
    { "ordered",
      "load rows.csv as d",
      { "fit ordered(o) ~ x + (1 | h), family=cumulative", "margins x", "predict", "residuals" } },
    { "gee",
      "load rows.csv as d",
      { "gee y ~ x + w, id=g", "gee c ~ x, id=g corr=exchangeable family=poisson", "gee b ~ x, id=g corr=ar1 family=binomial" } },
    { "meta",
      "load studies.csv as d",
      { "meta e1 n1 e0 n0", "meta e1 n1 e0 n0, model=cm.el", "meta e1 n1 e0 n0, model=um.rs", "meta e1 n1 e0 n0, mods=x" } },
    { "wide",
      "load wide.csv as d",
      { "fit y ~ f + (1 | g)", "vcov", "confint", "gee y ~ f, id=g", "margins f", "fit m = y ~ f + (1 | g); test f", "means m f",
        "contrast m f, method=consecutive", "contrast m f, method=effect" } },
    { "markers",
      "load people.csv as d; matrix K = markers(markers.csv)",
      { "matrix L = markers(markers.csv)", "matrix N = near(d, x, z, range=0.1)", "fit y ~ x + (1 | id, K = K)",
        "scan markers.csv, K=K", "scan markers.csv, loco map=map.csv" } },
    { "tree",
      "load pedigree.csv as d; matrix A = pedigree(d, id, sire, dam)",
      { "matrix B = pedigree(d, id, sire, dam)", "fit y ~ x + (1 | id, K = A)" } },
    { "series",
      "load series.csv as d",
      { "fit c ~ x + ar1(0 + factor(t) | g), family=poisson", "margins x", "fit y ~ x, residual=ar1(t | g)",
        "fit y ~ x + homdiag(1 | s), residual=ar1(t | g) method=ml prior=\"sd ~ gamma(2.5, 1); fixed ~ cauchy(0, 1)\"" } },
    { "places",
      "load places.csv as d",
      { "fit y ~ x + mat(0 + pos(e, n) | g)", "fit y ~ x + exp(0 + pos(e, n) | g)", "summary, ddf=none", "ranef",
        "fit c ~ x + mat(0 + pos(e, n) | g), family=poisson", "fit y ~ x, residual=car1(t | g)" } },
    { "relatives",
      "load people.csv as d; matrix K = markers(markers.csv); where x < 0.5; fit y ~ x + (1 | id, K = K)",
      { "ranef", "ranef, se=pev", "predict", "varcorr", "icc" } },
    { "young",
      "load pedigree.csv as d; matrix A = pedigree(d, id, sire, dam); where x < 0.3; fit y ~ x + (1 | id, K = A)",
      { "ranef", "ranef, se=pev", "predict", "varcorr" } },
    { "crossed", "load crossed.csv as d", { "fit y ~ x + (1 | g) + (1 | h)", "fit b ~ x + (1 | g) + (1 | h), family=binomial" } },
};
enum { SCENES = sizeof scenes / sizeof scenes[0] };

static bool large;
static struct session *current;

/* --- tables ------------------------------------------------------------------------------------------ */

static unsigned below(unsigned bound)
{
    static unsigned long long state = 12345;

    state = state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)((state >> 33) % bound);
}

static double unit(void)
{
    return below(1 << 30) / (double)(1 << 30);
}

static FILE *create(const char *name)
{
    FILE *file = fopen(name, "w");

    if (file == NULL) {
        perror(name);
        exit(99);
    }
    return file;
}

static void write_rows(unsigned rows)
{
    FILE *file = create("rows.csv");
    unsigned groups = rows / 60 + 5;

    fputs("id,y,x,w,g,h,c,b,o\n", file);
    for (unsigned i = 0; i < rows; i++) {
        unsigned g = below(groups), h = below(40);
        double x = unit(), eta = 0.5 * x + 0.4 * sin(g) + 0.3 * cos(h), u = unit();

        fprintf(file, "%u,%.5f,%.5f,%.4f,g%u,h%u,%d,%d,%u\n", i, eta + unit() - u, x, unit(), g, h,
                (int)(-log(unit() + 1e-9) * exp(eta) * (below(4) > 0)), u < 1.0 / (1.0 + exp(-eta)), 1 + below(3) + (u < 0.3));
    }
    fclose(file);
}

/* Rows that a table has whole: numbers with few and with many decimals, texts that are all others. */
static void write_long(unsigned rows)
{
    FILE *file = create("long.csv");

    fputs("y,few,text,g\n", file);
    for (unsigned i = 0; i < rows; i++)
        fprintf(file, "%.6f,%.1f,word %u,g%u\n", unit() - 0.5, unit(), i, below(40));
    fclose(file);
}

static void write_studies(unsigned studies)
{
    FILE *file = create("studies.csv");

    fputs("e1,n1,e0,n0,x\n", file);
    for (unsigned i = 0; i < studies; i++) {
        unsigned n = 20 + below(200), m = 20 + below(200);

        fprintf(file, "%u,%u,%u,%u,%.3f\n", below(n / 3), n, below(m / 2), m, unit());
    }
    fclose(file);
}

/* Many fixed effects. */
static void write_wide(unsigned levels)
{
    FILE *file = create("wide.csv");

    fputs("y,f,g\n", file);
    for (unsigned i = 0; i < 6 * levels; i++)
        fprintf(file, "%.5f,f%u,g%u\n", unit(), i % levels, below(30));
    fclose(file);
}

static void write_people(unsigned people, unsigned markers)
{
    FILE *file = create("people.csv"), *counts = create("markers.csv"), *map = create("map.csv"),
         *pedigree = create("pedigree.csv");

    fputs("id,y,x,z\n", file);
    fputs("id", counts);
    fputs("marker,chromosome,position\n", map);
    fputs("id,sire,dam,y,x\n", pedigree);
    for (unsigned j = 0; j < markers; j++) {
        fprintf(counts, ",m%u", j);
        fprintf(map, "m%u,%u,%u\n", j, j * 2 / markers, j);
    }
    for (unsigned i = 0; i < people; i++) {
        fprintf(file, "p%u,%.5f,%.5f,%.5f\n", i, unit() + below(2), unit(), unit());
        fprintf(counts, "\np%u", i);
        for (unsigned j = 0; j < markers; j++)
            fprintf(counts, ",%u", below(2) + below(2));
    }
    for (unsigned i = 0; i < 10 * people; i++) {
        if (i < people)
            fprintf(pedigree, "a%u,NA,NA", i);
        else
            fprintf(pedigree, "a%u,a%u,a%u", i, below(i), below(i));
        fprintf(pedigree, ",%.5f,%.5f\n", unit(), unit());
    }
    fputs("\n", counts);
    fclose(file);
    fclose(counts);
    fclose(map);
    fclose(pedigree);
}

static void write_crossed(unsigned rows, unsigned levels)
{
    FILE *file = create("crossed.csv");

    fputs("y,b,x,g,h\n", file);
    for (unsigned i = 0; i < rows; i++)
        fprintf(file, "%.5f,%u,%.4f,g%u,h%u\n", unit(), below(2), unit(), below(levels), below(levels));
    fclose(file);
}

/* One long series. */
static void write_series(unsigned times)
{
    FILE *file = create("series.csv");
    double e = 0.0;

    fputs("c,y,x,t,g,s\n", file);
    for (unsigned i = 0; i < times; i++) {
        double x = unit();

        e = 0.8 * e + unit() - 0.5;
        fprintf(file, "%d,%.5f,%.4f,%u,1,s%u\n", (int)(-log(unit() + 1e-9) * exp(0.5 + x + e)), x + e, x, i, below(times / 10));
    }
    fclose(file);
}

/* Places in one level, and rows of toep's lags. */
static void write_places(unsigned places)
{
    FILE *file = create("places.csv");

    fputs("y,c,x,e,n,t,g\n", file);
    for (unsigned i = 0; i < places; i++) {
        double e = 20.0 * unit(), n = 20.0 * unit(), x = unit(), s = sin(e) + cos(n);

        fprintf(file, "%.5f,%d,%.4f,%.4f,%.4f,%u,1\n", x + s + unit() + unit() - unit(),
                (int)(-log(unit() + 1e-9) * exp(0.3 * s + x)), x, e, n, i);
    }
    fclose(file);
}

static void write_tables(void)
{
    write_places(large ? 1000 : 40);
    write_rows(large ? 20000 : 800);
    write_long(large ? 100000 : 3000);
    write_studies(large ? 3000 : 40);
    write_wide(large ? 2500 : 60);
    write_people(large ? 2000 : 80, large ? 3000 : 40);
    write_series(large ? 1000 : 60);
    write_crossed(large ? 30000 : 300, large ? 8000 : 50);
}

/* --- a command under the watch ------------------------------------------------------------------------- */

static struct watching {
    double wall, cpu; /* at the last look */
    double longest;
    char before[64], what[64], last[64]; /* around it */
    long looks, limit;                   /* limit: the look that says stop; 0: none */
} watching;

static double now(clockid_t clock)
{
    struct timespec time;

    clock_gettime(clock, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void take_time(const char *what)
{
    double wall = now(CLOCK_MONOTONIC), cpu = now(CLOCK_PROCESS_CPUTIME_ID);
    double gap = fmin(wall - watching.wall, cpu - watching.cpu);

    if (gap > watching.longest) {
        watching.longest = gap;
        snprintf(watching.before, sizeof watching.before, "%s", watching.last);
        snprintf(watching.what, sizeof watching.what, "%s", what);
    }
    snprintf(watching.last, sizeof watching.last, "%s", what);
    watching.wall = wall;
    watching.cpu = cpu;
}

static bool look(const char *what)
{
    bool stop;

#pragma omp critical(latency)
    {
        take_time(what);
        watching.looks++;
        stop = watching.limit > 0 && watching.looks >= watching.limit;
    }
    return !stop;
}

static bool hide(struct session *session, const char *text, size_t length, struct glmm_error *err)
{
    (void)session;
    (void)text;
    (void)length;
    (void)err;
    return true;
}

/* The exit status that a script of that would have. */
static int run(const char *text, long limit)
{
    struct glmm_error err = { .at = NOWHERE };
    struct reader *reader = reader_open_text(text, "script", &err);
    int status;

    if (reader == NULL)
        exit(99);
    current->interrupted = 0;
    progress_watch(look);
    watching = (struct watching){
        .wall = now(CLOCK_MONOTONIC), .cpu = now(CLOCK_PROCESS_CPUTIME_ID), .limit = limit, .last = "the beginning"
    };
    status = eval_reader(current, reader, EVAL_KEEP_GOING);
    take_time("the end");
    reader_close(reader);
    current->interrupted = 0;
    return status;
}

/* The whole command, and then stopped at looks over its length; true where each was soon enough. */
static bool measure(const char *scene, const char *command)
{
    double whole = now(CLOCK_MONOTONIC), longest;
    long looks;
    int stops = large ? STOPS : 1;
    bool ok;

    ok = run(command, 0) == 0;
    if (!ok)
        printf("%s: %s: it fails\n", scene, command);
    whole = now(CLOCK_MONOTONIC) - whole;
    longest = watching.longest;
    looks = watching.looks;
    ok = ok && longest <= LIMIT;
    if (!ok || large)
        printf("%s%s: %s: %.2f s, %ld looks, %.3f s between \"%s\" and \"%s\"\n", ok ? "" : "FAIL: ", scene, command, whole,
               looks, longest, watching.before, watching.what);
    for (int i = 1; i <= stops && looks > 0; i++) {
        (void)run(command, 1 + (looks - 1) * i / (stops + 1));
        if (watching.longest > LIMIT && watching.longest > longest) {
            printf("FAIL: %s: %s: stopped, it went on for %.3f s behind \"%s\"\n", scene, command, watching.longest,
                   watching.before);
            ok = false;
        }
    }
    return ok;
}

int main(int argc, char **argv)
{
    int passed = 0, failed = 0;

    large = argc > 1 && strcmp(argv[1], "all") == 0;
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (freopen("/dev/null", "w", stderr) == NULL) /* what is said of each stop */
        return 99;
    write_tables();
    for (int s = 0; s < SCENES; s++) {
        if (argc > 2 && strstr(scenes[s].name, argv[2]) == NULL)
            continue;
        if ((current = session_new()) == NULL)
            return 99;
        current->run = eval_request;
        current->screen.terminal = true;
        current->show = hide;
        if (run("set pager off", 0) != 0 || run(scenes[s].setup, 0) != 0)
            printf("FAIL: %s: it does not begin\n", scenes[s].name), failed++;
        for (int c = 0; c < COMMANDS && scenes[s].commands[c] != NULL; c++) {
            if (measure(scenes[s].name, scenes[s].commands[c]))
                passed++;
            else
                failed++;
        }
        session_free(current);
    }
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}
