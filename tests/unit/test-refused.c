/* test-refused.c -- every command when memory is refused to it, once at each place of the code that asks for some.
 *
 * A session is set up; then its command runs again and again, each time with the first allocation failing whose chain of callers
 * has not been tried (places.h).  It then says that memory is out and shows nothing, or shows the same bytes as ever; and the
 * session goes on. */
#include <criterion/criterion.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lang/reader.h"
#include "run-refusing.h"
#include "session/output.h"
#include "session/session.h"
#include "shell/eval.h"

static struct places places = { .lock = PTHREAD_MUTEX_INITIALIZER, .alone = true, .share = PLACES_SHARE };

/* True where `part` is a beginning of `whole`: what the commands before the one that failed have shown. */
static bool is_beginning(const struct text *part, const struct text *whole)
{
    return part->length <= whole->length && (part->length == 0 || memcmp(part->data, whole->data, part->length) == 0);
}

/* The line in which one text leaves another. */
static const char *where_differs(const struct text *got, const struct text *right)
{
    const char *line = text_string(got);

    for (size_t i = 0; i < got->length && i < right->length && got->data[i] == right->data[i]; i++)
        if (got->data[i] == '\n')
            line = got->data + i + 1;
    return line;
}

/* True where it was written to a file since the last time that memory was out: no other word is right. */
static bool is_told(int file)
{
    char words[4096];
    ssize_t length = pread(file, words, sizeof words - 1, 0);
    bool told;

    cr_assert(length >= 0);
    words[length] = '\0';
    told = strstr(words, "out of memory") != NULL || strstr(words, strerror(ENOMEM)) != NULL;
    cr_assert(ftruncate(file, 0) == 0 && lseek(file, 0, SEEK_SET) == 0);
    return told;
}

/* Refuses memory to a line of commands in every way; each failure is told, and the session is as it was behind it. */
static void refuse_line(struct session *session, const char *line)
{
    FILE *file = tmpfile();
    int errors = fileno(file), kept = dup(STDERR_FILENO), status;
    struct text right = { 0 }, got = { 0 };
    long first = places.count, most = getenv("REFUSED_MOST") == NULL ? LONG_MAX : atol(getenv("REFUSED_MOST"));
    bool failed = true, as_ever = true, told = true;

    status = run_refusing(session, line, NULL, &right); /* names are taken */
    text_clear(&right);
    cr_expect_eq(status + run_refusing(session, line, NULL, &right), 0, "%s: %s", line, text_string(&right));
    dup2(errors, STDERR_FILENO);
    while (failed && as_ever && told && places.count - first < most) {
        text_clear(&got);
        status = run_refusing(session, line, &places, &got);
        failed = places.failed;
        told = is_told(errors) || status == 0;
        as_ever = status == 0 ? strcmp(text_string(&got), text_string(&right)) == 0 : is_beginning(&got, &right);
    }
    dup2(kept, STDERR_FILENO);
    cr_expect(told, "%s: status %d, and no word of memory", line, status);
    cr_expect(as_ever, "%s: status %d, and it shows this instead: %.200s", line, status, where_differs(&got, &right));
    text_clear(&got);
    status = run_refusing(session, line, NULL, &got);
    cr_expect(status == 0 && strcmp(text_string(&got), text_string(&right)) == 0, "%s: the session does not go on: %d, %.200s",
              line, status, where_differs(&got, &right));
    if (getenv("REFUSED_TELL") != NULL)
        fprintf(stderr, "%6ld  %s\n", places.count - first, line);
    text_clear(&right);
    text_clear(&got);
    fclose(file);
    close(kept);
}

/* The same for each line behind a setup. */
static void refuse(const char *setup, const char *const lines[])
{
    struct session *session = session_of(setup);

    for (int i = 0; lines[i] != NULL; i++)
        refuse_line(session, lines[i]);
    session_free(session);
}

#define REFUSE(setup, ...) refuse(setup, (const char *const[]){ __VA_ARGS__, NULL })

Test(refused, data)
{
    REFUSE("load cbpp", "describe", "describe herd", "head 3", "tail 2", "tabulate herd period", "tabulate period", "datasets");
    REFUSE("load sleepstudy", "load sleepstudy; aggregate mean(Reaction), by=Subject",
           "load sleepstudy; let z = log(Reaction) + mean(Days)", "load sleepstudy; where Days > 3; undo; redo",
           "load sleepstudy; sort Days", "load sleepstudy; rename Days = d", "load sleepstudy; factor Subject",
           "load sleepstudy; keep Days", "load sleepstudy; sample 20", "load sleepstudy; drop Days");
    REFUSE("load trialwide", "describe", "head 2");
    REFUSE("load oats as b", "load oats as a; append b");
    REFUSE("load quizpeople as a; load quizwide as b", "use a; use b");
}

Test(refused, linear)
{
    REFUSE("load dyestuff", "fit m = Yield ~ 1 + (1 | Batch)", "confint m", "diagnose m", "plot-ascii caterpillar m",
           "plot-ascii qq m", "plot-ascii residuals m", "plot-ascii shrinkage m", "icc m", "plot-ascii profile m",
           "bootstrap m, n=10 seed=1", "simulate m as s, seed=1 n=1", "confint m, method=boot n=10 seed=1");
    REFUSE("load sleepstudy; fit m = Reaction ~ Days + (Days | Subject); fit n = Reaction ~ Days + (1 | Subject)", "summary m",
           "summary m, ddf=kr", "anova m", "compare m n", "r2 m", "varcorr m", "vcov m", "ranef m", "test n Days = 0",
           "means m Days, at=\"Days=1,2\"", "decompose Reaction by Subject", "table m n", "predict m", "margins m Days",
           "shrinkage m", "shrinkage m, pairs", "residuals m", "fitted m", "whatif m 308", "summary m; explain Days",
           "slopes Days", "report m");
    REFUSE("load oats; fit m = yield ~ nitro + Variety + (1 | Block)", "diagnose m, influence=Block", "contrast m Variety",
           "means m Variety");
}

Test(refused, structures)
{
    REFUSE("load orthodont; let t = factor(age)", "fit m = distance ~ Sex + ar1(0 + t | Subject)", "summary m", "predict m",
           "fit m = distance ~ Sex + (1 | Subject), residual=\"us(t | Subject)\"", "summary m", "predict m", "varcorr m");
    REFUSE("load orthodont; fit m = distance ~ Sex * age + (1 | Subject)", "means Sex", "contrast Sex", "slopes age by Sex");
    REFUSE("load cbpp; let t = factor(period)", "fit m = incidence ~ 1 + cs(0 + t | herd), family=poisson", "summary m");
    REFUSE("load kinship_pedigree", "matrix A = pedigree(kinship_pedigree, id, sire, dam)");
}

Test(refused, families)
{
    REFUSE("load epil", "fit m = y ~ trt + (1 | subject), family=nbinom2 zi=~1 disp=~trt", "predict m", "ranef m");
    REFUSE("load cbpp", "fit m = cbind(incidence, size - incidence) ~ period + (1 | herd), family=binomial", "attenuation m",
           "margins m period", "shrinkage m, response", "plot-ascii attenuation",
           "fit m = incidence ~ factor(period) + (1 | herd), family=poisson prior=\"sd ~ gamma(2.5, 0)\"", "summary m",
           "ladder m", "gee cbind(incidence, size - incidence) ~ factor(period), family=binomial id=herd");
    REFUSE("load wine", "fit m = rating ~ contact + (1 | judge), family=cumulative", "margins contact", "predict m",
           "means contact", "summary m");
    REFUSE("load nielweise2007", "meta events n, arm=arm study=author", "meta events n, arm=arm study=author; plot-ascii forest",
           "meta events n, arm=arm study=author model=cm.el");
    REFUSE("load pressure, imputation=.imp", "describe");
}

Test(refused, talk)
{
    REFUSE("load dyestuff; fit m = Yield ~ 1 + (1 | Batch)", "help", "help fit", "try help bulp", "set", "set digits 4",
           "summary m; last csv", "last json", "last html", "last latex", "last tsv", "try fit y",
           "set format json; summary m; ranef m; set format text", "set format csv; summary m; set format text",
           "output o.txt; describe; output off", "note \"a word\"");
    REFUSE("load dyestuff; fit m = Yield ~ 1 + (1 | Batch); save s.mixsh", "restore s.mixsh", "write y.csv, replace");
}

Test(refused, plots)
{
    REFUSE("load dyestuff; let few = Yield > 1500", "plot-ascii histogram Yield", "plot-ascii histogram few",
           "plot-ascii box Yield", "plot-ascii box Yield by Batch", "plot-ascii bars Batch",
           "plot-ascii scatter Yield Yield by few", "plot-ascii means Yield few by Batch",
           "set charset block; plot-ascii box Yield by few; set charset ascii",
           "plot-ascii scatter Yield Yield, file=p.svg replace", "plot-ascii histogram Yield; last json");
    REFUSE("load dyestuff; fit m = Yield ~ 1 + (1 | Batch)", "plot-ascii shares m", "plot-ascii qq ranef m",
           "plot-ascii fitted m", "plot-ascii groups m", "plot-ascii caterpillar m, file=p.svg replace",
           "plot-ascii shrinkage m, sort=raw file=p.svg replace");
    REFUSE("load sleepstudy; where Days < 4; fit m = Reaction ~ Days + (Days | Subject)", "plot-ascii shrinkage m Subject",
           "plot-ascii shrinkage m Subject (Intercept) Days", "plot-ascii groups m, max=3 file=p.svg replace",
           "plot-ascii partial m Days", "plot-ascii attenuation m");
    REFUSE("load oats; fit m = yield ~ Variety * nitro + (1 | Block)", "plot-ascii partial m Variety",
           "plot-ascii partial m nitro, file=p.svg replace", "plot-ascii attenuation m Variety", "table m, stars");
    REFUSE("load cbpp; fit m = cbind(incidence, size - incidence) ~ factor(period) + (1 | herd), family=binomial",
           "plot-ascii caterpillar m, response", "plot-ascii shrinkage m, response file=p.svg replace",
           "plot-ascii attenuation m, file=p.svg replace", "plot-ascii residuals m, file=p.svg replace");
    REFUSE("load pastes; fit m = strength ~ 1 + (1 | batch) + (1 | sample)", "plot-ascii shares m, file=p.svg replace",
           "plot-ascii shrinkage m batch");
}

/* Where the transcripts keep their files. */
static void go_to(const char *folder)
{
    const char *source = getenv("srcdir");
    char path[4096];

    snprintf(path, sizeof path, "%s/tests/cli/%s", source == NULL ? "." : source, folder);
    cr_assert_eq(chdir(path), 0);
}

Test(refused, files)
{
    go_to("foreign.d");
    REFUSE("load cbpp", "load study.dta", "load study.sav", "load study.db, table=visits",
           "load two.xlsx, sheet=\"Notes & more\"", "load two.RData, table=second", "load frame-xz.rds", "load table.csv.xz");
    go_to("matrix.d");
    REFUSE("load places.csv; load pedigree.csv", "matrix A = square.csv", "matrix A = \"triplets.csv\"",
           "matrix P = pedigree(pedigree, id, sire, dam)", "matrix T = tree(\"cells.nwk\")",
           "matrix M = markers(\"markers.csv\")", "matrix N = near(places, x, y, range = 2)");
    REFUSE("load cells.csv; matrix T = tree(\"cells.nwk\")", "fit m = size ~ rep + (1 | cell, K = T)");
    go_to("scan.d");
    REFUSE("load five.csv; matrix F = five-related.csv; model m = y ~ 1 + (1 | id, K = F)", "scan five.bed, plots=off");
}

Test(refused, imputed)
{
    go_to("imputed.d");
    REFUSE("load visits.csv, imputation=.imp; fit n = y ~ f + (1 | g)", "fit m = y ~ x + f + (1 | g)",
           "summary m, ddf=kenward-roger", "test m x = 0 and fb = 0", "means f, at=\"x=0,1\"", "contrast f", "slopes x by f",
           "confint m", "vcov m", "margins f, by=f", "predict m, at=\"x=0, 1\"");
}

Test(refused, verbs)
{
    REFUSE("load dyestuff", "load dyestuff; let d = as.Date(Yield); let y = year(d + 1)",
           "load dyestuff; let w = cut(Yield, 3, labels = c(\"a\", \"b\", \"c\"))",
           "load dyestuff; let few = Yield > 1500; let r = scale(rank(Yield) by few)",
           "load dyestuff; let few = Yield > 1500; tabulate Batch few", "load dyestuff; let few = Yield > 1500; missing",
           "load dyestuff; aggregate mean(Yield) sd(Yield), by=Batch",
           "load dyestuff; let row = 1 + (row() - 1) %% 5; reshape wide Yield, name=row by=Batch; "
           "reshape long Yield_1 Yield_2, name=row value=Yield prefix=Yield_");
    REFUSE("load labexport, skip=2", "describe", "load labexport, skip=2");
}

Test(refused, studies)
{
    REFUSE("load dyestuff; fit m = Yield ~ 1 + (1 | Batch); fit n = Yield ~ 1", "sensitivity m, vary=optimizers",
           "power m (Intercept), effect=50 groups=6 n=10");
    REFUSE("load dyestuff; model m = Yield ~ 1 + (1 | Batch)",
           "power y ~ x + (1 | g), beta=\"x=0.5\" sigma=1 sd=\"g=0.3\" groups=5 size=4 n=10 of=x");
    REFUSE("load sleepstudy; fit m = Reaction ~ Days + (1 | Subject)", "decompose Reaction by Subject");
    REFUSE("load epil; where subject < 5 | subject > 55; let late = period > 2",
           "fit b = y ~ lbase + (1 | subject/late), family=poisson nodes=2",
           "fit b = y ~ lbase + (1 | subject), family=poisson draws=10",
           "fit b = y ~ lbase + (1 | subject), family=poisson method=pql");
}
