/* test-encodings.c -- the same data and model written in two ways give the same answers: rows and trials, contrasts, the order of
 * terms, rows and levels, units.
 *
 * Both ways are run as scripts; of what they print as JSON the named values must agree, numbers to 1e-6 relative, words to the
 * letter. */
#include <criterion/criterion.h>

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/rng.h"
#include "base/text.h"
#include "base/threads.h"
#include "lang/reader.h"
#include "session/output.h"
#include "session/session.h"
#include "shell/eval.h"
#include "sanitized.h"

/* --- the data ------------------------------------------------------------------------------------- */

enum { GROUPS = 12, PER_GROUP = 30 };

struct row {
    int g, h, y, trials;
    const char *a, *b;
    double x, e, z;
};

static struct row rows[GROUPS * PER_GROUP];
enum { ROWS = GROUPS * PER_GROUP };

/* Groups g crossed by h; factors a (3 levels) and b (2), without the cell a2, b2; a response of each kind. */
static void make_rows(void)
{
    static const char *const a[] = { "a1", "a2", "a3" }, *const b[] = { "b1", "b2" };
    struct rng rng;
    double effect[GROUPS], other[6];

    rng_init(&rng, 20, 1);
    for (int g = 0; g < GROUPS; g++)
        effect[g] = 0.8 * rng_normal(&rng);
    for (int h = 0; h < 6; h++)
        other[h] = 0.5 * rng_normal(&rng);
    for (int i = 0; i < ROWS; i++) {
        struct row *r = &rows[i];
        double eta;

        r->g = i / PER_GROUP;
        r->h = (int)rng_below(&rng, 6);
        r->a = a[rng_below(&rng, 3)];
        r->b = r->a == a[1] ? b[0] : b[rng_below(&rng, 2)];
        r->x = round(100 * rng_normal(&rng)) / 100;
        r->e = 1 + (double)rng_below(&rng, 5);
        r->trials = 1 + (int)rng_below(&rng, 4);
        eta = -0.3 + effect[r->g] + other[r->h] + 0.4 * r->x + (r->a == a[2] ? 0.7 : 0);
        r->z = round(1000 * (eta + rng_normal(&rng))) / 1000;
        r->y = 0;
        for (int t = 0; t < r->trials; t++)
            r->y += rng_uniform(&rng) < 1 / (1 + exp(-eta));
    }
}

enum { SHUFFLED = 1, RENAMED = 2, BY_TRIAL = 4, TURNED = 8, IMPUTED = 16, THREADS = 32 };
enum { IMPUTATIONS = 3 };

static const char *group_name(int g, unsigned how)
{
    static char name[16];

    snprintf(name, sizeof name, "%s%02d", how & RENAMED ? "person " : "g", how & TURNED ? GROUPS - 1 - g : g);
    return name;
}

/* A row of imputation m (0: of data that were whole), or one for each of its trials. */
static void write_row(FILE *file, const struct row *r, unsigned how, int m)
{
    int times = how & BY_TRIAL ? r->trials : 1, i = (int)(r - rows);
    const char *a = !(how & TURNED) ? r->a : r->a[1] == '1' ? "z3" : r->a[1] == '2' ? "z2" : "z1";
    double x = m > 0 && i % 5 == 0 ? r->x + (i * 7 + m * 3) % 11 / 10.0 - 0.5 : r->x;
    const char *c = m != 2 && r->a[1] == '2' && i % 4 == 0 ? "b2" : r->b; /* a2 with b2 has no row in imputation 2 */

    for (int t = 0; t < times; t++)
        fprintf(file, "%d,%d,%s,h%d,%s,%s,%s,%.2f,%.10g,%g,%d,%d,%.17g,%.3f\n", m, i % PER_GROUP + 1, group_name(r->g, how), r->h,
                a, r->b, c, x, 1024 * x, r->e, how & BY_TRIAL ? t < r->y : r->y, times > 1 || how & BY_TRIAL ? 1 : r->trials,
                (double)r->y / r->trials, r->z);
}

/* Writes the rows to `path`: shuffled; with other names of the groups, in the same order or (TURNED) in the opposite one; with a
 * row for each trial; three times, where x of every fifth row is imputed.  TURNED turns the levels of `a` too. */
static void write_rows(const char *path, unsigned how)
{
    int count = how & IMPUTED ? IMPUTATIONS * ROWS : ROWS;
    FILE *file = fopen(path, "w");

    cr_assert_not_null(file);
    fprintf(file, "m,s,g,h,a,b,c,x,x1024,e,y,n,p,z\n");
    for (int i = 0; i < count; i++) {
        int at = how & SHUFFLED ? (i * 97 + 13) % count : i;

        write_row(file, &rows[at % ROWS], how, how & IMPUTED ? at / ROWS + 1 : 0);
    }
    fclose(file);
}

/* Where the groups live, in the order of their rows or another. */
static void write_places(const char *path, unsigned how)
{
    FILE *file = fopen(path, "w");

    cr_assert_not_null(file);
    fprintf(file, "g,px,py\n");
    for (int i = 0; i < GROUPS; i++) {
        int g = how & SHUFFLED ? (i * 7 + 3) % GROUPS : i;

        fprintf(file, "%s,%d,%d\n", group_name(g, how), g * 7 % 5, g * 3 % 4);
    }
    fclose(file);
}

/* The same model in two ways, and what must be the same of it. */
struct encoding {
    const char *what;
    unsigned how[2];
    const char *script[2]; /* behind `load FILE as d` */
    const char *values;
};

/* --- running and comparing ------------------------------------------------------------------------ */

/* The objects that the script prints, as an array. */
static json_t *run(const char *script)
{
    struct session *session = session_new();
    struct glmm_error err = { .at = NOWHERE };
    struct text output = { 0 };
    struct reader *reader = reader_open_text(script, "test", &err);
    json_t *list = json_array();
    char *whole;

    session->run = eval_request;
    session->settings.format = FORMAT_JSON;
    session_capture(session, &output);
    cr_assert_eq(eval_reader(session, reader, EVAL_SCRIPT), 0, "%s\n%s", script, text_string(&output));
    whole = strdup(text_string(&output));
    for (char *line = strtok(whole, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        json_error_t where;
        json_t *object = json_loads(line, 0, &where);

        cr_assert_not_null(object, "%s: %s", where.text, line);
        json_array_append_new(list, object);
    }
    free(whole);
    reader_close(reader);
    text_clear(&output);
    session_free(session);
    return list;
}

/* Whether one of the object's values is that word. */
static bool says(json_t *object, const char *word)
{
    const char *key;
    json_t *value;

    json_object_foreach(object, key, value)
    {
        if (json_is_string(value) && strcmp(json_string_value(value), word) == 0)
            return true;
    }
    return false;
}

/* Appends what stands at `path` ("rows.estimate") below value; arrays are walked through, or what of them says a word
 * ("intervals{sd}.lower"). */
static void collect(json_t *value, const char *path, json_t *into)
{
    size_t length = strcspn(path, ".{");
    char key[64];

    if (*path == '{') {
        size_t word = strcspn(path, "}");
        size_t before = json_array_size(into);

        snprintf(key, sizeof key, "%.*s", (int)word - 1, path + 1);
        for (size_t i = 0; i < json_array_size(value); i++)
            if (says(json_array_get(value, i), key))
                collect(json_array_get(value, i), path + word + (path[word + 1] == '.' ? 2 : 1), into);
        cr_assert_gt(json_array_size(into), before, "nothing says `%s`", key);
    } else if (json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value); i++)
            collect(json_array_get(value, i), path, into);
    } else if (*path == '\0') {
        json_array_append(into, value != NULL ? value : json_null());
    } else {
        snprintf(key, sizeof key, "%.*s", (int)length, path);
        cr_assert(json_is_object(value) && json_object_get(value, key) != NULL, "no `%s`", path);
        collect(json_object_get(value, key), path + length + (path[length] == '.'), into);
    }
}

static json_t *find(json_t *list, const char *command, const char *path)
{
    json_t *found = json_array();

    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *object = json_array_get(list, i);
        const char *name = json_string_value(json_object_get(object, "command"));

        if (name != NULL && strcmp(name, command) == 0)
            collect(object, path, found);
    }
    return found;
}

static bool same(json_t *a, json_t *b)
{
    double x, y;

    if (!json_is_number(a) || !json_is_number(b))
        return json_equal(a, b);
    x = json_number_value(a);
    y = json_number_value(b);
    return fabs(x - y) <= 1e-6 * fmax(fabs(x), fabs(y)) + 1e-9;
}

static json_t *run_as(const char *script, unsigned how)
{
    json_t *list;

    omp_set_num_threads(how & THREADS ? 3 : 1);
    list = run(script);
    omp_set_num_threads(1);
    return list;
}

/* Of `values`, "command path" pairs with semicolons between them. */
static void expect_same(const struct encoding *encoding, char script[2][2048])
{
    json_t *a = run_as(script[0], encoding->how[0]), *b = run_as(script[1], encoding->how[1]);
    const char *what = encoding->what;
    char all[1024], *rest = all;

    snprintf(all, sizeof all, "%s", encoding->values);
    for (char *pair; (pair = strtok_r(rest, ";", &rest)) != NULL;) {
        char command[32], path[64];
        json_t *x, *y;

        cr_assert_eq(sscanf(pair, "%31s %63s", command, path), 2);
        x = find(a, command, path);
        y = find(b, command, path);
        cr_expect_gt(json_array_size(x), 0, "%s: nothing at %s %s", what, command, path);
        cr_expect_eq(json_array_size(x), json_array_size(y), "%s: %s %s: %zu and %zu values", what, command, path,
                     json_array_size(x), json_array_size(y));
        for (size_t i = 0; i < json_array_size(x) && i < json_array_size(y); i++) {
            char *one = json_dumps(json_array_get(x, i), JSON_ENCODE_ANY),
                 *two = json_dumps(json_array_get(y, i), JSON_ENCODE_ANY);

            cr_expect(same(json_array_get(x, i), json_array_get(y, i)), "%s: %s %s[%zu]: %s and %s", what, command, path, i, one,
                      two);
            free(one);
            free(two);
        }
        json_decref(x);
        json_decref(y);
    }
    json_decref(a);
    json_decref(b);
}

#define ZEROS   "let y = ifelse(e == 1, 0, 2 * y + 1); "
#define ORDERED "let o = ifelse(y == 0, 1, ifelse(y == 1, 2, 3)); factor o; "

#include "encodings-kinds.h"
#include "encodings-inference.h"

static const struct encoding encodings[] = {
    { "rows and trials",
      { BY_TRIAL, 0 },
      { "fit y ~ x + b + (1 | g), family=binomial; margins b; icc; attenuation",
        "fit cbind(y, n - y) ~ x + b + (1 | g), family=binomial; margins b; icc; attenuation" },
      "fit fixed.estimate; fit fixed.se; fit random.sd; fit optimum.verdict; margins rows.estimate; margins rows.se; icc "
      "rows.icc; "
      "icc rows.design_effect; attenuation coefficients.marginal; attenuation coefficients.naive" },
    { "explained variance over trials",
      { BY_TRIAL, 0 },
      { "fit y ~ x + b + (x | g), family=binomial; r2", "fit cbind(y, n - y) ~ x + b + (x | g), family=binomial; r2" },
      "r2 fixed_trials; r2 groups_trials" },
    { "intervals of components, rows and trials",
      { BY_TRIAL, 0 },
      { "fit y ~ 1 + (1 | g) + (1 | h), family=binomial", "fit cbind(y, n - y) ~ 1 + (1 | g) + (1 | h), family=binomial" },
      "fit sd_interval; fit random.sd_lower; fit random.sd_upper" },
    { "a proportion of trials",
      { 0, 0 },
      { "fit cbind(y, n - y) ~ x + (1 | g) + (1 | h), family=binomial; icc",
        "fit p ~ x + (1 | g) + (1 | h), family=binomial trials=n; icc" },
      "fit loglik; fit fixed.estimate; fit fixed.se; fit random.sd; icc rows.icc" },
    { "contrasts, with an empty cell",
      { 0, 0 },
      { "fit z ~ a * b + (1 | g); predict, at=\"a=a1,a2,a3, b=b1,b2\"; margins a; margins b",
        "fit z ~ a * b + (1 | g), contrasts=sum; predict, at=\"a=a1,a2,a3, b=b1,b2\"; margins a; margins b" },
      "fit random.sd; fit npar; predict rows.estimate; predict rows.se; margins rows.estimate; margins rows.se" },
    { "helmert contrasts, with an empty cell",
      { 0, 0 },
      { "fit y ~ a * b + x + (1 | g), family=poisson; predict, at=\"a=a1,a2,a3, b=b1,b2, x=0\"; margins a",
        "fit y ~ a * b + x + (1 | g), family=poisson contrasts=helmert; predict, at=\"a=a1,a2,a3, b=b1,b2, x=0\"; margins a" },
      "fit loglik; fit npar; predict rows.estimate; predict rows.se; margins rows.estimate; margins rows.lower" },
    { "cell means, with an empty cell",
      { 0, 0 },
      { "fit z ~ a * b + (1 | g), method=ml; predict, at=\"a=a1,a2,a3, b=b1,b2\"; margins a",
        "fit z ~ 0 + a:b + (1 | g), method=ml; predict, at=\"a=a1,a2,a3, b=b1,b2\"; margins a" },
      "fit loglik; fit npar; predict rows.estimate; predict rows.se; margins rows.estimate" },
    { "the order of terms",
      { 0, 0 },
      { "fit z ~ a + x + b + (1 | g) + (1 | h); margins a; predict, at=\"a=a1,a2, b=b1, x=1\"",
        "fit z ~ b + x + a + (1 | h) + (1 | g); margins a; predict, at=\"a=a1,a2, b=b1, x=1\"" },
      "fit loglik; fit optimum.verdict; margins rows.estimate; margins rows.se; predict rows.estimate" },
    { "the order of rows",
      { 0, SHUFFLED },
      { "fit z ~ a + x + (x | g) + (1 | h); icc; margins a; vcov", "fit z ~ a + x + (x | g) + (1 | h); icc; margins a; vcov" },
      "fit loglik; fit fixed.estimate; fit fixed.se; fit fixed.df; fit random.sd; fit optimum.verdict; icc rows.icc; margins "
      "rows.estimate" },
    { "the order of rows of counts",
      { 0, SHUFFLED },
      { "fit y ~ a + x + (x | g), family=nbinom2; margins a", "fit y ~ a + x + (x | g), family=nbinom2; margins a" },
      "fit loglik; fit fixed.estimate; fit fixed.se; fit random.sd; fit optimum.verdict; margins rows.estimate" },
    { "the names of levels",
      { 0, RENAMED },
      { "fit z ~ x + (x | g); ranef", "fit z ~ x + (x | g); ranef" },
      "fit loglik; fit fixed.estimate; fit fixed.df; fit random.sd; fit random.corr; ranef levels.estimate; ranef levels.se" },
    { "the order of levels, and another reference",
      { 0, TURNED },
      { "fit z ~ a + x + (1 | g); predict, at=\"a=a1,a2,a3, x=0\"; icc",
        "fit z ~ a + x + (1 | g); predict, at=\"a=z3,z2,z1, x=0\"; icc" },
      "fit loglik; fit random.sd; fit sigma; predict rows.estimate; predict rows.se; icc rows.icc" },
    { "the unit of a predictor",
      { 0, 0 },
      { "fit z ~ x + a + (x | g), method=ml; margins a; icc", "fit z ~ x1024 + a + (x1024 | g), method=ml; margins a; icc" },
      "fit loglik; fit sigma; fit fixed.statistic; fit fixed.df; fit optimum.verdict; margins rows.estimate; icc rows.icc" },
    { "the origin of a predictor",
      { 0, 0 },
      { "fit y ~ x + (x | g), family=poisson; margins x", "fit y ~ I(x + 100) + (I(x + 100) | g), family=poisson; margins x" },
      "fit loglik; fit optimum.verdict; margins rows.estimate" },
    { "the unit of the response",
      { 0, 0 },
      { "fit z ~ x + a + (1 | g) + (1 | h)", "fit I(z * 1024) ~ x + a + (1 | g) + (1 | h)" },
      "fit fixed.statistic; fit fixed.df; fit fixed.p; fit optimum.verdict" },
    { "an offset in the formula",
      { 0, 0 },
      { "fit y ~ x + offset(log(e)) + (1 | g), family=poisson; margins x",
        "fit y ~ x + (1 | g), family=poisson offset=log(e); margins x" },
      "fit loglik; fit fixed.estimate; fit fixed.se; fit random.sd; margins rows.estimate" },
    { "ordered categories, the order of rows",
      { 0, SHUFFLED },
      { ORDERED "fit o ~ a + x + (1 | g), family=cumulative; margins a; slopes x; icc",
        ORDERED "fit o ~ a + x + (1 | g), family=cumulative; margins a; slopes x; icc" },
      "fit loglik; fit fixed.estimate; fit fixed.se; fit thresholds.estimate; fit thresholds.se; fit random.sd; fit "
      "optimum.verdict; margins rows.estimate; slopes rows.estimate; slopes rows.se; icc rows.icc" },
    { "ordered categories from the other end",
      { 0, 0 },
      { ORDERED "fit o ~ a + x + (1 | g), family=cumulative; anova; icc",
        ORDERED "factor o, levels=\"3, 2, 1\"; fit o ~ a + x + (1 | g), family=cumulative; anova; icc" },
      "fit loglik; fit fixed.se; fit random.sd; fit optimum.verdict; anova rows.statistic; icc rows.icc" },
    { "ordered categories, the slope is the coefficient",
      { 0, 0 },
      { ORDERED "fit o ~ x + (1 | g), family=cumulative; slopes x", ORDERED "fit o ~ x + (1 | g), family=cumulative; test x" },
      "fit loglik" },
    { "zero inflation, the order of rows",
      { 0, SHUFFLED },
      { ZEROS "fit y ~ a + x + (1 | g), family=poisson zi=~b; margins a; predict, at=\"a=a1, b=b1,b2\" type=zero",
        ZEROS "fit y ~ a + x + (1 | g), family=poisson zi=~b; margins a; predict, at=\"a=a1, b=b1,b2\" type=zero" },
      "fit loglik; fit fixed.estimate; fit zi.estimate; fit zi.se; fit random.sd; fit optimum.verdict; margins rows.estimate; "
      "predict rows.estimate" },
    { "zero inflation, contrasts with an empty cell",
      { 0, 0 },
      { ZEROS "fit y ~ x, family=poisson zi=~a*b; predict, at=\"a=a1,a2,a3, b=b1,b2\" type=zero; margins a",
        ZEROS "fit y ~ x, family=poisson zi=~a*b contrasts=sum; predict, at=\"a=a1,a2,a3, b=b1,b2\" type=zero; margins a" },
      "fit loglik; fit npar; predict rows.estimate; margins rows.estimate; margins rows.se" },
    { "a dispersion's predictor, the order of terms",
      { 0, SHUFFLED },
      { "fit z ~ x + (1 | g), disp=~a + b + x; predict, at=\"a=a1,a2,a3, b=b1\" type=dispersion",
        "fit z ~ x + (1 | g), disp=~x + b + a; predict, at=\"a=a1,a2,a3, b=b1\" type=dispersion" },
      "fit loglik; fit fixed.estimate; fit fixed.se; fit random.sd; fit optimum.verdict; predict rows.estimate; predict "
      "rows.se" },
    { "a dispersion's predictor, cells without rows",
      { 0, 0 },
      { "fit z ~ x, disp=~a*b; predict, at=\"a=a1,a2,a3, b=b1,b2\" type=dispersion",
        "fit z ~ x, disp=~a*b contrasts=helmert; predict, at=\"a=a1,a2,a3, b=b1,b2\" type=dispersion" },
      "fit loglik; fit npar; predict rows.estimate" },
    { "heavy tails, the order of rows",
      { 0, SHUFFLED },
      { "fit z ~ a + x + (1 | g), family=t(4); margins a", "fit z ~ a + x + (1 | g), family=t(4); margins a" },
      "fit loglik; fit fixed.estimate; fit fixed.se; fit random.sd; fit optimum.verdict; margins rows.estimate" },
    { "a covariance structure, the order of rows",
      { 0, SHUFFLED },
      { "fit z ~ a + x + ar1(0 + factor(e) | g); margins a", "fit z ~ a + x + ar1(0 + factor(e) | g); margins a" },
      "fit loglik; fit fixed.estimate; fit fixed.se; fit random.sd; fit optimum.verdict; margins rows.estimate" },
    { "a covariance structure of counts, the order of rows",
      { 0, SHUFFLED },
      { "fit cbind(y, n - y) ~ a + x + homdiag(0 + a | g), family=binomial",
        "fit cbind(y, n - y) ~ a + x + homdiag(0 + a | g), family=binomial" },
      "fit loglik; fit fixed.estimate; fit random.sd; fit approximation.drift; fit approximation.error" },
    { "a covariance structure, the unit of positions",
      { 0, 0 },
      { "fit z ~ x + ou(0 + e | g)", "let e = 60 * e; fit z ~ x + ou(0 + e | g)" },
      "fit loglik; fit fixed.estimate; fit fixed.se; fit random.sd; fit optimum.verdict" },
    { "a covariance structure, the order of levels",
      { 0, TURNED },
      { "fit z ~ x + homcs(0 + a | g)", "fit z ~ x + homcs(0 + a | g)" },
      "fit loglik; fit fixed.estimate; fit fixed.se; fit sigma; fit optimum.verdict" },
    { "a prior, rows and trials",
      { BY_TRIAL, 0 },
      { "fit y ~ x + b + (1 | g), family=binomial prior=\"sd ~ gamma(2.5, 0.1)\"",
        "fit cbind(y, n - y) ~ x + b + (1 | g), family=binomial prior=\"sd ~ gamma(2.5, 0.1)\"" },
      "fit fixed.estimate; fit fixed.se; fit random.sd; fit optimum.verdict" },
    { "estimating equations, rows and trials",
      { BY_TRIAL, 0 },
      { "gee y ~ x + b, family=binomial id=g corr=independence",
        "gee cbind(y, n - y) ~ x + b, family=binomial id=g corr=independence" },
      "gee fixed.estimate; gee fixed.se" },
    { "estimating equations of trials",
      { BY_TRIAL, 0 },
      { "gee y ~ x + b, family=binomial id=g; gee y ~ x + b, family=binomial id=g se=mancl corr=independence",
        "gee cbind(y, n - y) ~ x + b, family=binomial id=g unit=trials; "
        "gee cbind(y, n - y) ~ x + b, family=binomial id=g se=mancl corr=independence unit=trials" },
      "gee fixed.estimate; gee fixed.sandwich_se; gee fixed.mancl_se; gee fixed.kauermann_se; gee fixed.naive_se; gee alpha; "
      "gee dispersion; gee qic; gee qicu" },
    { "two names of one partition",
      { 0, 0 },
      { "fit z ~ x + (1 | g) + (1 | g:g); icc", "fit z ~ x + (1 | g:g) + (1 | g); icc" },
      "fit loglik; fit npar; fit sigma; fit fixed.estimate; fit fixed.se; fit optimum.verdict" },
};

/* With sanitizers every eighth pair, for it is the numbers that are held: what the verbs do with memory is seen by
 * tests/verbs-models. The data sets are a0.csv, b0.csv and so on; where the groups live is in a0-places.csv. */
static void check(const struct encoding *encoding, size_t count)
{
    for (size_t i = 0; i < count; i += SANITIZED ? 8 : 1) {
        char script[2][2048];

        for (int k = 0; k < 2; k++) {
            unsigned how = encoding[i].how[k];
            char path[64], places[64];

            snprintf(path, sizeof path, "%c%zu.csv", 'a' + k, i);
            snprintf(places, sizeof places, "%c%zu-places.csv", 'a' + k, i);
            write_rows(path, how);
            write_places(places, how);
            snprintf(script[k], sizeof script[k], "load %s as places; load %s as d%s; %s", places, path,
                     how & IMPUTED ? ", imputation=m" : "", encoding[i].script[k]);
        }
        expect_same(&encoding[i], script);
    }
}

/* The tests run at the same time, with files of the same names. */
static void enter_folder(const char *name)
{
    cr_assert(mkdir(name, 0700) == 0 && chdir(name) == 0);
}

Test(encodings, the_same_answers)
{
    enter_folder("dozen");
    make_rows();
    check(encodings, sizeof encodings / sizeof encodings[0]);
}

Test(encodings, the_same_answers_of_all_kinds)
{
    enter_folder("kinds");
    make_rows();
    check(encodings_of_kinds, sizeof encodings_of_kinds / sizeof encodings_of_kinds[0]);
}

Test(encodings, the_same_inference)
{
    enter_folder("inference");
    make_rows();
    check(encodings_of_inference, sizeof encodings_of_inference / sizeof encodings_of_inference[0]);
}
