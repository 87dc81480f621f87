/* test-estimable.c -- what the data determine does not depend on how the formula says it: contrasts, the order of terms, an
 * intercept, the column that was dropped. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "infer/grid.h"
#include "model/estimable.h"
#include "model/rows.h"
#include "sweep.h"

enum { LEVELS = 3, CELL = 4 };

/* Three levels by three, `CELL` rows each but none of a2 with b3; z is 2 x + 3, w is of a1 alone. */
static struct frame *table_of(bool all)
{
    size_t cells = LEVELS * LEVELS - !all, rows = all ? cells : cells * CELL;
    struct frame *frame = frame_new("data", rows);
    static const char *const names[] = { "A", "B" };
    struct column *column;
    size_t row = 0;

    for (int f = 0; f < 2; f++) {
        column = frame_add(frame, names[f], COLUMN_FACTOR, NULL);
        column->levels = NEW_ARRAY(char *, LEVELS);
        for (; column->level_count < LEVELS; column->level_count++) {
            char name[3] = { "ab"[f], (char)('1' + column->level_count), '\0' };

            column->levels[column->level_count] = mem_strdup(name);
        }
    }
    frame_add(frame, "x", COLUMN_REAL, NULL);
    frame_add(frame, "z", COLUMN_REAL, NULL);
    frame_add(frame, "y", COLUMN_REAL, NULL);
    for (int a = 0; a < LEVELS; a++)
        for (int b = 0; b < LEVELS; b++)
            for (int i = 0; i < (all ? 1 : CELL) && (all || a != 1 || b != 2); i++, row++) {
                double x = 1000 + sin((double)(row * 7)) + (all ? 5 : 0);

                frame->columns[0].as.code[row] = a;
                frame->columns[1].as.code[row] = b;
                frame->columns[2].as.real[row] = x;
                frame->columns[3].as.real[row] = 2 * x + 3;
                frame->columns[4].as.real[row] = cos((double)(row * row));
            }
    return frame;
}

struct made {
    struct frame *data;
    struct formula *formula;
    struct design *design;
};

static struct made make(const char *text, const char *contrasts)
{
    struct design_options options = { .contrasts = contrasts };
    struct glmm_error err = { .at = NOWHERE };
    struct made m = { .data = table_of(false) };

    m.formula = formula_parse(text, m.data, &err);
    cr_assert_not_null(m.formula, "%s: %s", text, err.message);
    m.design = design_new(m.data, m.formula, &options, NULL, &err);
    cr_assert_not_null(m.design, "%s: %s", text, err.message);
    return m;
}

static void made_clear(struct made *m)
{
    design_free(m->design);
    formula_free(m->formula);
    frame_free(m->data);
}

static const char *const codings[] = { "treatment", "sum", "helmert", "poly", "A=sum, B=poly" };

/* Each row of all nine cells: a2 with b3 is not estimable, and the reason names it; the others are. */
Test(estimable, an_empty_cell_whatever_the_coding)
{
    static const char *const formulas[] = {
        "y ~ A * B", "y ~ B * A", "y ~ 0 + A:B", "y ~ A + A:B", "y ~ 0 + B + A:B", "y ~ x + A * B", "y ~ poly(x, 2) + A * B",
        "y ~ A:B",
    };

    for (size_t f = 0; f < sizeof formulas / sizeof *formulas; f++)
        for (size_t c = 0; c < sizeof codings / sizeof *codings; c++) {
            struct made m = make(formulas[f], codings[c]);
            struct frame *cells = table_of(true);
            struct design_rows *rows = design_rows_new(m.design, m.formula, cells, ROWS_FIXED, NULL, NULL);

            cr_assert_not_null(rows);
            cr_assert_not_null(rows->estimable);
            for (int i = 0; i < LEVELS * LEVELS; i++)
                cr_expect_eq(rows->estimable[i], i != 5, "%s, %s: row %d", formulas[f], codings[c], i);
            cr_expect(strstr(rows->why_not, "a2") != NULL && strstr(rows->why_not, "b3") != NULL, "%s", rows->why_not);
            design_rows_free(rows);
            frame_free(cells);
            made_clear(&m);
        }
}

/* Additive: nothing is dropped, and all is estimable. */
Test(estimable, without_the_interaction)
{
    struct made m = make("y ~ A + B", "sum");
    struct frame *cells = table_of(true);
    struct design_rows *rows = design_rows_new(m.design, m.formula, cells, ROWS_FIXED, NULL, NULL);

    cr_expect_null(m.design->null);
    cr_expect_null(rows->estimable);
    design_rows_free(rows);
    frame_free(cells);
    made_clear(&m);
}

/* A predictor twice: the rows of a table in which both move together are estimable, far from the data too; where one moves alone
 * they are not, and neither are the coefficients, whichever was dropped. */
Test(estimable, a_predictor_twice)
{
    static const char *const formulas[] = { "y ~ x + z + A", "y ~ z + x + A", "y ~ 0 + A + z + x" };

    for (int f = 0; f < 3; f++) {
        struct made m = make(formulas[f], NULL);
        struct frame *cells = table_of(true);
        bool coefficient[8];
        struct design_rows *rows;

        cells->columns[3].as.real[4] += 1;
        rows = design_rows_new(m.design, m.formula, cells, ROWS_FIXED, NULL, NULL);
        for (int i = 0; i < LEVELS * LEVELS; i++)
            cr_expect_eq(rows->estimable[i], i != 4, "%s: row %d", formulas[f], i);
        cr_assert(estimable_coefficients(m.design->null, m.design->p, coefficient));
        for (int j = 0; j < m.design->p; j++)
            if (strcmp(m.design->names[j], "x") == 0 || strcmp(m.design->names[j], "z") == 0)
                cr_expect_not(coefficient[j]);
            else if (strcmp(m.design->names[j], "Aa2") == 0 && f < 2)
                cr_expect(coefficient[j]);
        design_rows_free(rows);
        frame_free(cells);
        made_clear(&m);
    }
}

/* A difference may be estimable where the parts are not: a1 against a3 in the empty column b3 with a2 is not concerned; the mean
 * of a2 over all B is not estimable, nor is its difference from a1. */
Test(estimable, sums_and_differences)
{
    for (size_t c = 0; c < sizeof codings / sizeof *codings; c++) {
        struct made m = make("y ~ A * B", codings[c]);
        struct frame *cells = table_of(true);
        struct design_rows *rows = design_rows_new(m.design, m.formula, cells, ROWS_FIXED, NULL, NULL);
        struct stated_rows stated = { .n = rows->n, .X = rows->X, .dropped = rows->dropped };
        struct estimable_sum sum[LEVELS], twice;

        for (int a = 0; a < LEVELS; a++) {
            cr_assert(estimable_sum_init(&sum[a], m.design->null));
            for (int b = 0; b < LEVELS; b++)
                estimable_sum_add(&sum[a], m.design->null, &stated, (size_t)(a * LEVELS + b), 1.0 / LEVELS);
            cr_expect_eq(estimable_sum_is(&sum[a], m.design->null), a != 1);
            cr_expect_eq(sum[a].each, a != 1);
        }
        cr_expect(estimable_difference_is(&sum[0], &sum[2], m.design->null));
        cr_expect_not(estimable_difference_is(&sum[0], &sum[1], m.design->null));
        cr_assert(estimable_sum_init(&twice, m.design->null));
        for (int b = 0; b < LEVELS; b++)
            estimable_sum_add(&twice, m.design->null, &stated, (size_t)(LEVELS + b), 1.0 / LEVELS);
        cr_expect(estimable_difference_is(&sum[1], &twice, m.design->null));
        for (int a = 0; a < LEVELS; a++)
            estimable_sum_clear(&sum[a]);
        estimable_sum_clear(&twice);
        design_rows_free(rows);
        frame_free(cells);
        made_clear(&m);
    }
}

/* Units do not matter, nor does it where a predictor's origin lies. */
Test(estimable, in_any_unit)
{
    static const double units[] = { 1e-8, 1, 1e8 };

    for (int u = 0; u < 3; u++) {
        struct made m = { .data = table_of(false) };
        struct frame *cells = table_of(true);
        struct design_rows *rows;

        for (size_t i = 0; i < m.data->rows; i++)
            m.data->columns[2].as.real[i] *= units[u];
        for (size_t i = 0; i < cells->rows; i++)
            cells->columns[2].as.real[i] *= units[u];
        cells->columns[3].as.real[7] += 0.5;
        m.formula = formula_parse("y ~ z + x + A * B", m.data, NULL);
        m.design = design_new(m.data, m.formula, NULL, NULL, NULL);
        rows = design_rows_new(m.design, m.formula, cells, ROWS_FIXED, NULL, NULL);
        for (int i = 0; i < LEVELS * LEVELS; i++)
            cr_expect_eq(rows->estimable[i], i != 5 && i != 7, "unit %g: row %d", units[u], i);
        design_rows_free(rows);
        frame_free(cells);
        made_clear(&m);
    }
}

struct making {
    struct made m;
    struct frame *cells;
};

static bool rows_made(void *context, struct glmm_error *err)
{
    const struct making *making = context;
    struct design_options options = { .contrasts = "sum" };
    struct design *design = design_new(making->m.data, making->m.formula, &options, NULL, err);
    struct design_rows *rows = NULL;
    struct estimable_sum sum;
    bool ok = design != NULL && (rows = design_rows_new(design, making->m.formula, making->cells, ROWS_FIXED, NULL, err)) != NULL;

    if (ok) {
        ok = estimable_sum_init(&sum, design->null) || fail_memory(err);
        estimable_sum_clear(&sum);
    }
    design_rows_free(rows);
    design_free(design);
    return ok;
}

Test(estimable, survives_each_failed_allocation)
{
    struct making making = { make("y ~ A * B", "sum"), table_of(true) };

    cr_expect_gt(sweep_allocations(rows_made, &making), 5);
    frame_free(making.cells);
    made_clear(&making.m);
}
