/* The factor of glmm-precision.h: its products of slopes in two ways. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fit/glmm-precision.h"

enum { SLOPES = 3, WIDTH = 3, ROWS = 1500, MANY_ROWS = 4000 };

static size_t entries_of(const struct precision *f)
{
    return f->entries + (size_t)f->tail * (size_t)f->tail;
}

/* Adds w zz' of a row to x; `at` are its unknowns. */
static void add_row(const struct precision *f, const int at[], const double z[], double w, double *x)
{
    for (int a = 0; a < WIDTH; a++)
        for (int b = 0; b <= a; b++)
            x[at[a] > at[b] ? precision_place(f, at[a], at[b]) : precision_place(f, at[b], at[a])] += w * z[a] * z[b];
}

/* Levels of three factors, of blocks of one unknown each: a row has one of each.  `linked`: the large tail is met column by
 * column. */
static struct precision *make(const int levels[WIDTH], int rows, bool linked, double **slopes)
{
    int count = levels[0] + levels[1] + levels[2];
    int32_t *size = malloc(sizeof *size * (size_t)count), *links = malloc(sizeof *links * (size_t)rows * WIDTH);
    uint32_t state = 1;
    struct precision_link *link;
    struct precision *f;

    for (int i = 0; i < count; i++)
        size[i] = 1;
    for (int i = 0; i < rows; i++)
        for (int a = 0, first = 0; a < WIDTH; first += levels[a++])
            links[i * WIDTH + a] = first + (int32_t)((state = state * 1103515245u + 12345u) >> 8) % levels[a];
    f = precision_new(count, size, (size_t)rows, WIDTH, links, NULL);
    cr_assert_not_null(f);
    link = f->link;
    if (!linked)
        f->link = NULL;
    precision_identity(f);
    for (int k = 0; k < SLOPES; k++)
        slopes[k] = calloc(entries_of(f), sizeof(double));
    for (int i = 0; i < rows; i++) {
        double z[WIDTH] = { 1, 0.7, 1.3 };
        int at[WIDTH] = { links[i * WIDTH], links[i * WIDTH + 1], links[i * WIDTH + 2] };

        add_row(f, at, z, 0.2 + 0.01 * (i % 17), f->value);
        for (int k = 0; k < SLOPES; k++)
            add_row(f, at, z, sin(i * (k + 1.0)), slopes[k]);
    }
    cr_assert(precision_cholesky(f));
    precision_invert(f);
    f->link = link;
    free(size);
    free(links);
    return f;
}

/* Of symmetric matrices, each off-diagonal entry of which stands once. */
static double product(const struct precision *f, const double *a, const double *b)
{
    double sum = 0;

    for (int j = 0; j < f->head; j++)
        for (int32_t e = f->start[j]; e < f->start[j + 1]; e++)
            sum += (e == f->start[j] ? 1 : 2) * a[e] * b[e];
    for (int j = 0; j < f->tail; j++)
        for (int i = j; i < f->tail; i++) {
            size_t e = f->entries + (size_t)i + (size_t)j * (size_t)f->tail;

            sum += (i == j ? 1 : 2) * a[e] * b[e];
        }
    return sum;
}

/* tr(Q D_i Q D_j) = - tr(Q._i D_j), with the slope of the inverse on the pattern. */
static void check(const int levels[WIDTH])
{
    double *slopes[SLOPES], expected[SLOPES * SLOPES], products[SLOPES * SLOPES], *scratch;
    struct precision *f = make(levels, ROWS, true, slopes);
    size_t bytes = sizeof(double) * entries_of(f);
    double *along = malloc(bytes);

    cr_assert(f->head > 0 && f->tail > 0, "%d and %d", f->head, f->tail);
    for (int i = 0; i < SLOPES; i++) {
        memcpy(along, slopes[i], bytes);
        precision_invert_slope(f, along);
        for (int j = 0; j <= i; j++)
            expected[i + j * SLOPES] = -product(f, along, slopes[j]);
    }
    precision_invert(f); /* the slopes' scratch is that of the inverse */
    scratch = malloc(bytes);
    cr_assert(precision_slope_products(f, SLOPES, slopes, scratch, products));
    for (int j = 0; j < SLOPES; j++)
        for (int i = j; i < SLOPES; i++)
            cr_expect_lt(fabs(products[i + j * SLOPES] - expected[i + j * SLOPES]), 1e-10 * expected[j + j * SLOPES],
                         "%d, %d: %.15g for %.15g", i, j, products[i + j * SLOPES], expected[i + j * SLOPES]);
    for (int i = 0; i < SLOPES; i++)
        free(slopes[i]);
    free(scratch);
    free(along);
    precision_free(f);
}

Test(precision, products_of_slopes_are_those_of_the_slopes_of_the_inverse)
{
    check((const int[WIDTH]){ 300, 120, 90 });
    check((const int[WIDTH]){ 30, 290, 120 });
    check((const int[WIDTH]){ 300, 2, 1 });
}

/* The same factor to the last digit, and the same inverse, as column by column of the head. */
static bool check_links(const int levels[WIDTH], int rows)
{
    double *slopes[2 * SLOPES];
    struct precision *f = make(levels, rows, true, slopes), *g = make(levels, rows, false, slopes + SLOPES);
    bool apart = f->apart;

    cr_assert(f->link != NULL, "a tail of %d", f->tail);
    cr_expect(memcmp(f->value, g->value, sizeof(double) * f->entries) == 0);
    for (int j = 0; j < f->tail; j++)
        for (int i = j; i < f->tail; i++) {
            size_t e = f->entries + (size_t)i + (size_t)j * (size_t)f->tail;

            cr_expect(f->value[e] == g->value[e], "%d, %d", i, j);
        }
    for (size_t e = 0; e < f->entries; e++)
        cr_expect_lt(fabs(f->inverse[e] - g->inverse[e]), 1e-14, "%zu: %.17g for %.17g", e, f->inverse[e], g->inverse[e]);
    for (int i = 0; i < 2 * SLOPES; i++)
        free(slopes[i]);
    precision_free(f);
    precision_free(g);
    return apart;
}

Test(precision, a_large_tail_is_met_column_by_column)
{
    cr_expect_not(check_links((const int[WIDTH]){ 300, 150, 150 }, ROWS));
    cr_expect(check_links((const int[WIDTH]){ 400, 150, 1 }, MANY_ROWS));
}
