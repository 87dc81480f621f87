/* test-invariance.c -- what must not change a fit: the order of rows, the names of levels, the units of predictors and response,
 * and other words for the same model. */
#include <criterion/criterion.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "base/text.h"
#include "data/csv.h"
#include "fit/lmm.h"
#include "model/design.h"
#include "model/formula.h"

struct fitted {
    struct frame *frame;
    struct formula *formula;
    struct design *design;
    struct fit *fit;
};

/* The text of a bundled data set (malloc). */
static char *data_text(const char *name)
{
    const char *srcdir = getenv("srcdir");
    char path[4096], *text;
    long size;
    FILE *file;

    snprintf(path, sizeof path, "%s/data/%s.csv", srcdir == NULL ? "." : srcdir, name);
    file = fopen(path, "rb");
    cr_assert(file != NULL, "%s", path);
    fseek(file, 0, SEEK_END);
    size = ftell(file);
    rewind(file);
    text = calloc((size_t)size + 1, 1);
    cr_assert_eq(fread(text, 1, (size_t)size, file), (size_t)size);
    fclose(file);
    return text;
}

static struct fitted fit_text(const char *text, const char *formula, const char *weights, enum fit_method method)
{
    struct fit_options options = { .method = method };
    struct design_options columns = { .weights = weights };
    struct csv_options csv = { 0 };
    struct glmm_error err = { 0 };
    struct fitted f = { 0 };
    bool ok = (f.frame = csv_read_bytes(text, strlen(text), "data", &csv, &err)) != NULL
              && (f.formula = formula_parse(formula, f.frame, &err)) != NULL
              && (f.design = design_new(f.frame, f.formula, &columns, NULL, &err)) != NULL
              && (f.fit = lmm_fit(f.design, &options, NULL, &err)) != NULL;

    cr_assert(ok, "%s: %s", formula, err.message);
    return f;
}

static void clear(struct fitted *f)
{
    fit_free(f->fit);
    design_free(f->design);
    formula_free(f->formula);
    frame_free(f->frame);
}

static void near(const char *what, double a, double b, double relative)
{
    cr_assert(fabs(a - b) <= relative * fmax(1, fmax(fabs(a), fabs(b))), "%s: %.15g and %.15g", what, a, b);
}

/* Log-likelihood, fixed effects with errors, sigma and the random SDs of terms and groups in the same order. */
static void same_fit(const struct fitted *a, const struct fitted *b)
{
    near("loglik", a->fit->loglik, b->fit->loglik, 1e-10);
    near("sigma", a->fit->sigma, b->fit->sigma, 1e-6);
    cr_assert_eq(a->design->p, b->design->p);
    for (int j = 0; j < a->design->p; j++) {
        near(a->design->names[j], a->fit->beta[j], b->fit->beta[j], 1e-7);
        near("standard error", a->fit->se[j], b->fit->se[j], 1e-6);
    }
    cr_assert_eq(a->design->random_count, b->design->random_count);
    for (int t = 0; t < a->design->random_count; t++)
        for (int k = 0; k < a->design->random[t].k; k++)
            near("sd", a->fit->random[t].sd[k], b->fit->random[t].sd[k], 1e-5);
}

/* --- rows and levels -------------------------------------------------------------------------- */

/* The same lines after the header, shuffled (malloc). */
static char *shuffled(const char *text, uint64_t seed)
{
    const char *body = strchr(text, '\n') + 1, *lines[1024];
    size_t length[1024], count = 0;
    struct text out = { 0 };
    struct rng rng;

    for (const char *at = body; *at != '\0'; count++) {
        lines[count] = at;
        length[count] = strcspn(at, "\n") + 1;
        at += length[count];
    }
    rng_init(&rng, seed, 0);
    text_add_bytes(&out, text, (size_t)(body - text));
    for (size_t i = count; i > 0; i--) {
        size_t j = rng_below(&rng, (uint32_t)i), l = length[j];
        const char *line = lines[j];

        text_add_bytes(&out, line, l);
        lines[j] = lines[i - 1];
        length[j] = length[i - 1];
    }
    return text_take(&out);
}

Test(invariance, order_of_rows)
{
    static const struct {
        const char *data, *formula;
    } cases[] = {
        { "sleepstudy", "Reaction ~ Days + (Days | Subject)" },
        { "penicillin", "diameter ~ 1 + (1 | plate) + (1 | sample)" },
        { "pastes", "strength ~ 1 + (1 | batch/cask)" },
        { "machines", "score ~ Machine + (0 + Machine | Worker)" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *text = data_text(cases[i].data);
        struct fitted a = fit_text(text, cases[i].formula, NULL, METHOD_REML);

        for (uint64_t seed = 1; seed <= 3; seed++) {
            char *other = shuffled(text, seed);
            struct fitted b = fit_text(other, cases[i].formula, NULL, METHOD_REML);

            same_fit(&a, &b);
            clear(&b);
            free(other);
        }
        clear(&a);
        free(text);
    }
}

/* Subjects 308 .. 372 become names that sort the other way round; each keeps its conditional modes. */
Test(invariance, names_of_levels)
{
    char *text = data_text("sleepstudy"), *at = text;
    struct text renamed = { 0 };
    struct fitted a, b;

    while (*at != '\0') {
        size_t line = strcspn(at, "\n");
        const char *comma = memchr(at, ',', line), *last = comma;
        int subject;

        while (comma != NULL && (comma = memchr(comma + 1, ',', line - (size_t)(comma + 1 - at))) != NULL)
            last = comma;
        subject = atoi(last + 1 + (last[1] == '"'));
        text_add_bytes(&renamed, at, (size_t)(last + 1 - at));
        if (subject > 0)
            text_addf(&renamed, "\"person %d\"", 1000 - subject);
        else
            text_add_bytes(&renamed, last + 1, line - (size_t)(last + 1 - at));
        text_add(&renamed, "\n");
        at += line + (at[line] == '\n');
    }
    a = fit_text(text, "Reaction ~ Days + (Days | Subject)", NULL, METHOD_REML);
    b = fit_text(text_string(&renamed), "Reaction ~ Days + (Days | Subject)", NULL, METHOD_REML);
    same_fit(&a, &b);
    cr_assert_str_eq(a.design->random[0].levels[0], "308");
    cr_assert_str_eq(b.design->random[0].levels[17], "person 692");
    for (int l = 0; l < 18; l++)
        for (int k = 0; k < 2; k++)
            near("mode", a.fit->random[0].modes[2 * l + k], b.fit->random[0].modes[2 * (17 - l) + k], 1e-5);
    clear(&a);
    clear(&b);
    text_clear(&renamed);
    free(text);
}

/* --- units ------------------------------------------------------------------------------------ */

Test(invariance, scale_of_a_predictor)
{
    static const double scales[] = { 1e-6, 0.5, 7, 1e6 };
    char *text = data_text("sleepstudy");

    for (size_t i = 0; i < sizeof scales / sizeof scales[0]; i++) {
        struct fitted a = fit_text(text, "Reaction ~ Days + (Days | Subject)", NULL, METHOD_ML), b;
        char formula[200];
        double c = scales[i];

        snprintf(formula, sizeof formula, "Reaction ~ I(Days * %g) + (I(Days * %g) | Subject)", c, c);
        b = fit_text(text, formula, NULL, METHOD_ML);
        near("loglik", a.fit->loglik, b.fit->loglik, 1e-9);
        near("slope", a.fit->beta[1], b.fit->beta[1] * c, 1e-7);
        near("its standard error", a.fit->se[1], b.fit->se[1] * c, 1e-5);
        near("its sd", a.fit->random[0].sd[1], b.fit->random[0].sd[1] * c, 1e-4);
        near("sd of intercepts", a.fit->random[0].sd[0], b.fit->random[0].sd[0], 1e-4);
        clear(&a);
        clear(&b);
    }
    free(text);
}

/* A shift moves the place of the intercept: its variance there follows from the covariance matrix, the slope stays. */
Test(invariance, shift_of_a_predictor)
{
    static const double shifts[] = { -4.5, 10, 1000 };
    char *text = data_text("sleepstudy");

    for (size_t i = 0; i < sizeof shifts / sizeof shifts[0]; i++) {
        struct fitted a = fit_text(text, "Reaction ~ Days + (Days | Subject)", NULL, METHOD_REML), b;
        const double *cov = a.fit->random[0].covariance;
        char formula[200];
        double c = shifts[i], variance = cov[0] - 2 * c * cov[1] + c * c * cov[3];

        snprintf(formula, sizeof formula, "Reaction ~ I(Days + %g) + (I(Days + %g) | Subject)", c, c);
        b = fit_text(text, formula, NULL, METHOD_REML);
        near("loglik", a.fit->loglik, b.fit->loglik, 1e-9);
        near("slope", a.fit->beta[1], b.fit->beta[1], 1e-7);
        near("intercept", a.fit->beta[0] - c * a.fit->beta[1], b.fit->beta[0], 1e-6);
        near("sd of intercepts", sqrt(variance), b.fit->random[0].sd[0], 1e-3);
        near("sigma", a.fit->sigma, b.fit->sigma, 1e-5);
        clear(&a);
        clear(&b);
    }
    free(text);
}

Test(invariance, unit_of_the_response)
{
    char *text = data_text("sleepstudy");
    struct fitted a = fit_text(text, "Reaction ~ Days + (Days | Subject)", NULL, METHOD_ML);
    struct fitted b = fit_text(text, "I(Reaction / 1000 + 5) ~ Days + (Days | Subject)", NULL, METHOD_ML);

    near("loglik", a.fit->loglik + 180 * log(1000), b.fit->loglik, 1e-9);
    near("intercept", a.fit->beta[0] / 1000 + 5, b.fit->beta[0], 1e-8);
    near("slope", a.fit->beta[1], b.fit->beta[1] * 1000, 1e-7);
    near("sd of slopes", a.fit->random[0].sd[1], b.fit->random[0].sd[1] * 1000, 1e-5);
    near("theta", a.fit->theta[2], b.fit->theta[2], 1e-5);
    clear(&a);
    clear(&b);
    free(text);
}

/* --- other words for the same model ----------------------------------------------------------- */

Test(invariance, equivalent_formulas)
{
    static const struct {
        const char *data, *a, *b;
    } cases[] = {
        { "sleepstudy", "Reaction ~ Days + (Days | Subject)", "Reaction ~ 1 + Days + (1 + Days | Subject)" },
        { "sleepstudy", "Reaction ~ Days + (Days || Subject)", "Reaction ~ Days + (1 | Subject) + (0 + Days | Subject)" },
        { "sleepstudy", "Reaction ~ Days + (Days | Subject)", "Reaction ~ (Days | Subject) + Days" },
        { "sleepstudy", "Reaction ~ Days + (Days | Subject)", "Reaction ~ I(Days) + (1 + I(Days) | factor(Subject))" },
        { "pastes", "strength ~ 1 + (1 | batch/cask)", "strength ~ (1 | cask:batch) + (1 | batch)" },
        { "machines", "score ~ Machine + (1 | Worker/Machine)", "score ~ 1 + Machine + (1 | Machine:Worker) + (1 | Worker)" },
        { "orthodont", "distance ~ age * Sex + (age | Subject)", "distance ~ age + Sex + age:Sex + (age | Subject)" },
        { "orthodont", "distance ~ age * Sex + (1 | Subject)", "distance ~ (age + Sex)^2 + (1 | Subject)" },
        { "oats", "yield ~ nitro + Variety + (1 | Block/Variety)",
          "yield ~ nitro * Variety - nitro:Variety + (1 | Block/Variety)" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *text = data_text(cases[i].data);
        struct fitted a = fit_text(text, cases[i].a, NULL, METHOD_REML), b = fit_text(text, cases[i].b, NULL, METHOD_REML);

        same_fit(&a, &b);
        clear(&a);
        clear(&b);
        free(text);
    }
}

/* The same column space in other coordinates: the maximum of the likelihood stays (REML's changes with |X'X|). */
Test(invariance, other_coordinates)
{
    static const struct {
        const char *data, *a, *b;
    } cases[] = {
        { "machines", "score ~ Machine + (1 | Worker)", "score ~ 0 + Machine + (1 | Worker)" },
        { "machines", "score ~ Machine + (Machine | Worker)", "score ~ 0 + Machine + (0 + Machine | Worker)" },
        { "sleepstudy", "Reaction ~ Days + I(Days^2) + (1 | Subject)", "Reaction ~ poly(Days, 2) + (1 | Subject)" },
        { "orthodont", "distance ~ age * Sex + (1 | Subject)", "distance ~ 0 + Sex + Sex:age + (1 | Subject)" },
        { "penicillin", "diameter ~ 1 + (1 | plate) + (1 | sample)", "diameter ~ 1 + (1 | sample) + (1 | plate)" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *text = data_text(cases[i].data);
        struct fitted a = fit_text(text, cases[i].a, NULL, METHOD_ML), b = fit_text(text, cases[i].b, NULL, METHOD_ML);

        near(cases[i].b, a.fit->loglik, b.fit->loglik, 1e-9);
        near("sigma", a.fit->sigma, b.fit->sigma, 1e-5);
        near("a fitted value", a.fit->fitted[17], b.fit->fitted[17], 1e-5);
        clear(&a);
        clear(&b);
        free(text);
    }
}

/* --- weights ---------------------------------------------------------------------------------- */

/* Equal weights only change the unit of sigma. */
Test(invariance, equal_weights)
{
    char *text = data_text("sleepstudy");
    struct fitted a = fit_text(text, "Reaction ~ Days + (Days | Subject)", NULL, METHOD_REML);
    struct fitted b = fit_text(text, "Reaction ~ Days + (Days | Subject)", "0 * Days + 4", METHOD_REML);

    near("loglik", a.fit->loglik, b.fit->loglik, 1e-10);
    near("sigma", 2 * a.fit->sigma, b.fit->sigma, 1e-6);
    near("slope", a.fit->beta[1], b.fit->beta[1], 1e-8);
    near("standard error", a.fit->se[1], b.fit->se[1], 1e-6);
    near("sd", a.fit->random[0].sd[1], b.fit->random[0].sd[1], 1e-5);
    clear(&a);
    clear(&b);
    free(text);
}

/* m equal rows as one row of weight m: with sigma profiled out, r^2 and log|M| are the same, only the number of rows is not.  So
 * with d the deviance (ML), d = log|M| + n (1 + log(2 pi r^2 / n)) - sum log w, both sides give the same r^2 at the same theta.
 */
Test(invariance, equal_rows_merge_into_weights)
{
    enum { COUNT = 48, COPIES = 3 };
    const double pi = 3.14159265358979323846;
    struct text once = { 0 }, copied = { 0 };
    struct fitted a, b;
    struct lmm *one, *many;
    struct rng rng;
    double theta[2][1] = { { 0.4 }, { 1.7 } }, squares[2];

    rng_init(&rng, 7, 0);
    text_add(&once, "g,x,y,w\n");
    text_add(&copied, "g,x,y,w\n");
    for (int i = 0; i < COUNT; i++) {
        struct text line = { 0 };

        text_addf(&line, "g%d,%.6f,%.6f", i % 8, rng_normal(&rng), rng_normal(&rng) + i % 8);
        text_addf(&once, "%s,%d\n", text_string(&line), COPIES);
        for (int c = 0; c < COPIES; c++)
            text_addf(&copied, "%s,1\n", text_string(&line));
        text_clear(&line);
    }
    a = fit_text(text_string(&once), "y ~ x + (1 | g)", "w", METHOD_ML);
    b = fit_text(text_string(&copied), "y ~ x + (1 | g)", "w", METHOD_ML);
    one = lmm_new(a.design, false, NULL);
    many = lmm_new(b.design, false, NULL);
    for (int i = 0; i < 2; i++) {
        double n = COUNT, m = COUNT * COPIES, d = lmm_deviance(one, theta[i]) + COUNT * log(COPIES),
               e = lmm_deviance(many, theta[i]);

        /* e - d = (m - n) log r^2 + m (1 + log(2 pi / m)) - n (1 + log(2 pi / n)) */
        squares[i] = exp((e - d - m * (1 + log(2 * pi / m)) + n * (1 + log(2 * pi / n))) / (m - n));
    }
    /* The same r^2 must come out of d alone: log|M| of 8 equal groups of COUNT / 8 rows of weight COPIES is known. */
    for (int i = 0; i < 2; i++) {
        double n = COUNT, log_m = 8 * log1p(COPIES * (COUNT / 8) * theta[i][0] * theta[i][0]);
        double d = lmm_deviance(one, theta[i]) + COUNT * log(COPIES);

        near("r^2", squares[i], n / (2 * pi) * exp((d - log_m) / n - 1), 1e-9);
    }
    lmm_free(one);
    lmm_free(many);
    clear(&a);
    clear(&b);
    text_clear(&once);
    text_clear(&copied);
}
