/* test-design-r.c -- designs against R's model.matrix and lme4's lFormula (tests/reference/design). */
#include <criterion/criterion.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "data/csv.h"
#include "model/design.h"

static FILE *open_source(const char *folder, const char *name, const char *suffix)
{
    const char *root = getenv("srcdir");
    char path[500];

    snprintf(path, sizeof path, "%s/%s/%s%s", root == NULL ? "." : root, folder, name, suffix);
    return fopen(path, "r");
}

/* A bundled data set, or one of the tests' own. */
static struct frame *read_data(const char *name)
{
    static const char *const places[][2] = { { "data", ".csv" }, { "data", ".csv.gz" }, { "tests/reference/data", ".csv" } };
    const char *root = getenv("srcdir");
    struct glmm_error err = { 0 };
    struct frame *frame = NULL;
    char path[500];
    FILE *file;

    for (size_t i = 0; frame == NULL && i < sizeof places / sizeof places[0]; i++) {
        file = open_source(places[i][0], name, places[i][1]);
        if (file == NULL)
            continue;
        fclose(file);
        snprintf(path, sizeof path, "%s/%s/%s%s", root == NULL ? "." : root, places[i][0], name, places[i][1]);
        frame = csv_read(path, name, NULL, NULL, &err);
    }
    cr_assert_not_null(frame, "%s: %s", name, err.message);
    return frame;
}

/* The fields of a line of tabs, in place. */
static int split(char *line, char *fields[8])
{
    int count = 0;

    line[strcspn(line, "\n")] = '\0';
    for (char *at = line; at != NULL && count < 8; count++) {
        fields[count] = at;
        at = strchr(at, '\t');
        if (at != NULL)
            *at++ = '\0';
    }
    return count;
}

/* Sum, sum of squares, and sum of x sin(i), against R's. */
static void expect_column(const char *formula, const char *name, const double *x, size_t stride, size_t n, char *const sums[3])
{
    double sum = 0.0, squares = 0.0, wave = 0.0, scale, expected[3];

    for (size_t i = 0; i < n; i++) {
        double value = x == NULL ? 1.0 : x[i * stride];

        sum += value;
        squares += value * value;
        wave += value * sin((double)i + 1);
    }
    for (int k = 0; k < 3; k++)
        expected[k] = strtod(sums[k], NULL);
    scale = 1e-10 * sqrt((double)n * expected[1]) + 1e-300;
    cr_expect(fabs(sum - expected[0]) < scale && fabs(wave - expected[2]) < scale
                  && fabs(squares - expected[1]) < 1e-10 * expected[1] + 1e-300,
              "%s: column %s: %.17g %.17g %.17g, not %s %s %s", formula, name, sum, squares, wave, sums[0], sums[1], sums[2]);
}

struct cursor {
    char formula[300];
    struct frame *frame;
    struct formula *parsed;
    struct design *design;
    int column, dropped, random, effect;
};

static void start_case(struct cursor *c, char *const fields[])
{
    struct glmm_error err = { 0 };
    struct design_options options = { .response = RESPONSE_REAL };

    snprintf(c->formula, sizeof c->formula, "%s", fields[2]);
    options.allow_olre = strcmp(fields[3], "olre") == 0;
    if (fields[3][0] != '\0' && !options.allow_olre)
        options.contrasts = fields[3];
    c->frame = read_data(fields[1]);
    c->parsed = formula_parse(fields[2], c->frame, &err);
    cr_assert_not_null(c->parsed, "%s: %s", fields[2], err.message);
    c->design = design_new(c->frame, c->parsed, &options, NULL, &err);
    cr_assert_not_null(c->design, "%s: %s", fields[2], err.message);
    cr_expect_eq(c->design->n, (size_t)atol(fields[4]));
    c->column = c->dropped = 0;
    c->random = c->effect = -1;
}

static void end_case(struct cursor *c)
{
    if (c->design == NULL)
        return;
    cr_expect_eq(c->design->p, c->column, "%s: %d columns, not %d", c->formula, c->design->p, c->column);
    cr_expect_eq(c->design->dropped_count, c->dropped, "%s: %d dropped, not %d", c->formula, c->design->dropped_count,
                 c->dropped);
    cr_expect_eq(c->design->random_count, c->random + 1);
    design_free(c->design);
    formula_free(c->parsed);
    frame_free(c->frame);
    c->design = NULL;
}

static void check_random(struct cursor *c, char *const fields[])
{
    const struct random_design *r = &c->design->random[++c->random];
    double sum = 0.0, expected = strtod(fields[6], NULL), rows = 0.0;

    cr_assert_lt(c->random, c->design->random_count, "%s", c->formula);
    c->effect = 0;
    cr_expect_str_eq(r->group, fields[1]);
    cr_assert_eq(r->level_count, atoi(fields[2]), "%s: %d levels of %s", c->formula, r->level_count, r->group);
    cr_expect_str_eq(r->levels[0], fields[3]);
    cr_expect_str_eq(r->levels[1], fields[4]);
    cr_expect_str_eq(r->levels[r->level_count - 1], fields[5]);
    for (size_t i = 0; i < c->design->n; i++)
        sum += (r->level[i] + 1) * sin((double)i + 1);
    for (int l = 0; l < r->level_count; l++)
        rows += r->rows_of_level[l];
    cr_expect(fabs(sum - expected) < 1e-10 * (1 + r->level_count) * (double)c->design->n, "%s: levels of %s: %.17g, not %s",
              c->formula, r->group, sum, fields[6]);
    cr_expect_eq(rows, (double)c->design->n);
}

static void check_line(struct cursor *c, char *fields[8])
{
    const struct design *d;

    if (strcmp(fields[0], "case") == 0) {
        end_case(c);
        start_case(c, fields);
        return;
    }
    d = c->design;
    if (strcmp(fields[0], "x") == 0) {
        cr_assert_lt(c->column, d->p, "%s: too few columns, %s is missing", c->formula, fields[1]);
        cr_expect_str_eq(d->names[c->column], fields[1], "%s: %s, not %s", c->formula, d->names[c->column], fields[1]);
        expect_column(c->formula, fields[1], d->X + (size_t)c->column * d->n, 1, d->n, &fields[2]);
        c->column++;
    } else if (strcmp(fields[0], "drop") == 0) {
        cr_assert_lt(c->dropped, d->dropped_count, "%s: %s should be dropped", c->formula, fields[1]);
        cr_expect_str_eq(d->dropped[c->dropped], fields[1]);
        c->dropped++;
    } else if (strcmp(fields[0], "random") == 0) {
        check_random(c, fields);
    } else if (strcmp(fields[0], "z") == 0) {
        const struct random_design *r = &d->random[c->random];

        cr_assert_lt(c->effect, r->k, "%s", c->formula);
        cr_expect_str_eq(r->names[c->effect], fields[1], "%s: %s, not %s", c->formula, r->names[c->effect], fields[1]);
        expect_column(c->formula, fields[1], r->z == NULL ? NULL : r->z + c->effect, (size_t)r->k, d->n, &fields[2]);
        c->effect++;
    }
}

Test(design, matches_r)
{
    FILE *file = open_source("tests/reference/design", "design", ".txt");
    struct cursor cursor = { .design = NULL };
    char line[2000], *fields[8];
    int cases = 0;

    cr_assert_not_null(file);
    while (fgets(line, sizeof line, file) != NULL)
        if (line[0] != '#' && split(line, fields) > 1) {
            cases += strcmp(fields[0], "case") == 0;
            check_line(&cursor, fields);
        }
    end_case(&cursor);
    fclose(file);
    cr_assert_geq(cases, 25);
}
