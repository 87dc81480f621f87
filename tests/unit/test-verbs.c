/* test-verbs.c -- the verbs that make a frame of a frame: what comes out, that the old frame stays, and each allocation failing.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "data/date.h"
#include "data/verbs.h"
#include "sweep.h"

static struct arena *arena;
static struct frame *frame;
static const struct expr *by_g, *rows_of, *most_of; /* parsed before allocations are counted */

/* g: a a b b b, -; x: 1 2 3 4 NA 6; k: 1..6 */
static void small(void)
{
    static const double x[] = { 1, 2, 3, 4, (double)NAN, 6 };
    static const int32_t g[] = { 0, 0, 1, 1, 1, -1 };
    struct column *column;

    arena = arena_new();
    by_g = expr_parse(arena, "g", NULL);
    rows_of = expr_parse(arena, "n()", NULL);
    most_of = expr_parse(arena, "max(k)", NULL);
    frame = frame_new("small", 6);
    column = frame_add(frame, "x", COLUMN_REAL, NULL);
    memcpy(column->as.real, x, sizeof x);
    column_count_missing(column, 6);
    column = frame_add(frame, "g", COLUMN_FACTOR, NULL);
    memcpy(column->as.code, g, sizeof g);
    column->levels = NEW_ARRAY(char *, 2);
    column->level_count = 2;
    column->levels[0] = mem_strdup("a");
    column->levels[1] = mem_strdup("b");
    column_count_missing(column, 6);
    column = frame_add(frame, "k", COLUMN_INTEGER, NULL);
    for (int i = 0; i < 6; i++)
        column->as.integer[i] = i + 1;
}

static void small_done(void)
{
    frame_free(frame);
    arena_free(arena);
}

TestSuite(verbs, .init = small, .fini = small_done);

/* The variable y that the expression makes, as numbers; 99 stands for missing. */
static void expect_let(const char *text, const char *by, enum column_type type, const double expected[6])
{
    struct glmm_error err = { .at = NOWHERE };
    const struct expr *expr = expr_parse(arena, text, &err), *group = by == NULL ? NULL : expr_parse(arena, by, &err);
    struct frame *next = expr == NULL ? NULL : frame_let(frame, "y", expr, group, NULL, &err);
    const struct column *y;

    cr_assert_not_null(next, "%s: %s", text, err.message);
    y = frame_find(next, "y");
    cr_expect_eq(y->type, type, "%s is %s", text, column_type_name(y->type));
    for (size_t i = 0; i < 6; i++) {
        double value = y->type != COLUMN_FACTOR ? column_real(y, i) : y->as.code[i] < 0 ? (double)NAN : y->as.code[i];

        cr_expect(expected[i] == 99 ? isnan(value) : value == expected[i], "%s, row %zu: %g, not %g", text, i, value,
                  expected[i]);
    }
    cr_expect_null(frame_find(frame, "y"));
    frame_free(next);
}

Test(verbs, let_computes)
{
    expect_let("k * 2", NULL, COLUMN_INTEGER, (double[]){ 2, 4, 6, 8, 10, 12 });
    expect_let("x / 2", NULL, COLUMN_REAL, (double[]){ 0.5, 1, 1.5, 2, 99, 3 });
    expect_let("x > 2", NULL, COLUMN_LOGICAL, (double[]){ 0, 0, 1, 1, 99, 1 });
    expect_let("sum(k)", "g", COLUMN_INTEGER, (double[]){ 3, 3, 12, 12, 12, 99 });
    expect_let("sum(k) - sum(k, by = k)", "g", COLUMN_INTEGER, (double[]){ 2, 1, 9, 8, 7, 99 });
    expect_let("n()", "g", COLUMN_INTEGER, (double[]){ 2, 2, 3, 3, 3, 99 });
    expect_let("n() by g", NULL, COLUMN_INTEGER, (double[]){ 2, 2, 3, 3, 3, 99 });
    expect_let("row()", NULL, COLUMN_INTEGER, (double[]){ 1, 2, 3, 4, 5, 6 });
    expect_let("row()", "g", COLUMN_INTEGER, (double[]){ 1, 2, 1, 2, 3, 99 });
    expect_let("lag(k)", NULL, COLUMN_INTEGER, (double[]){ 99, 1, 2, 3, 4, 5 });
    expect_let("lag(k) by g", NULL, COLUMN_INTEGER, (double[]){ 99, 1, 99, 3, 4, 99 });
    expect_let("lead(k, 2)", "g", COLUMN_INTEGER, (double[]){ 99, 99, 5, 99, 99, 99 });
    expect_let("lag(g)", NULL, COLUMN_FACTOR, (double[]){ 99, 0, 0, 1, 1, 1 });
    expect_let("rank(-k)", "g", COLUMN_INTEGER, (double[]){ 2, 1, 3, 2, 1, 99 });
    expect_let("center(k) by g", NULL, COLUMN_REAL, (double[]){ -0.5, 0.5, -1, 0, 1, 99 });
}

/* R: cut(1:6, c(1, 3, 5)), right = FALSE, three intervals. */
Test(verbs, cut_as_r)
{
    expect_let("cut(k, c(5, 1, 3))", NULL, COLUMN_FACTOR, (double[]){ 99, 0, 0, 1, 1, 99 });
    expect_let("cut(k, c(1, 3, 5), right = FALSE)", NULL, COLUMN_FACTOR, (double[]){ 0, 0, 1, 1, 99, 99 });
    expect_let("cut(k, 3)", NULL, COLUMN_FACTOR, (double[]){ 0, 0, 1, 1, 2, 2 });
    expect_let("cut(x, c(-Inf, 2, Inf), c(\"low\", \"high\"))", NULL, COLUMN_FACTOR, (double[]){ 0, 0, 1, 1, 99, 1 });
    expect_let("cut(k, c(0.999, 2, 9)) == \"(0.999,2]\"", NULL, COLUMN_LOGICAL, (double[]){ 1, 1, 0, 0, 0, 0 });
}

Test(verbs, texts_are_tested)
{
    expect_let("startsWith(g, \"a\")", NULL, COLUMN_LOGICAL, (double[]){ 1, 1, 0, 0, 0, 99 });
    expect_let("endsWith(g, \"ab\")", NULL, COLUMN_LOGICAL, (double[]){ 0, 0, 0, 0, 0, 99 });
    expect_let("contains(k, \"3\")", NULL, COLUMN_LOGICAL, (double[]){ 0, 0, 1, 0, 0, 0 });
    expect_let("grepl(\"^[b-z]+$\", g)", NULL, COLUMN_LOGICAL, (double[]){ 0, 0, 1, 1, 1, 99 });
    expect_let("nchar(g)", NULL, COLUMN_INTEGER, (double[]){ 1, 1, 1, 1, 1, 99 });
}

Test(verbs, where_keeps_the_true)
{
    struct glmm_error err = { .at = NOWHERE };
    size_t unknown = 0;
    struct frame *next = frame_where(frame, expr_parse(arena, "x > 1 & g == \"b\"", &err), NULL, &unknown, NULL, &err);

    cr_assert_not_null(next);
    cr_expect_eq(next->rows, 2);
    cr_expect_eq(unknown, 2); /* x is missing in one row of b, g where x is 6 */
    cr_expect_eq(frame_find(next, "k")->as.integer[0], 3);
    cr_expect_eq(frame->rows, 6);
    frame_free(next);
    cr_expect_null(frame_where(frame, expr_parse(arena, "x > 7", &err), NULL, &unknown, NULL, &err));
    cr_expect_eq(err.code, GLMM_E_DATA);
    error_clear(&err);
    cr_expect_null(frame_where(frame, expr_parse(arena, "k", &err), NULL, &unknown, NULL, &err));
    cr_expect_eq(err.code, GLMM_E_TYPE);
}

Test(verbs, keep_drop_and_rename)
{
    struct glmm_error err = { .at = NOWHERE };
    struct frame *next = frame_keep(frame, (const char *const[]){ "k", "x" }, 2, &err);
    size_t place = 9;

    cr_assert_eq(next->column_count, 2);
    cr_expect_str_eq(next->columns[0].name, "k");
    cr_expect_str_eq(next->columns[1].name, "x");
    frame_free(next);
    next = frame_without(frame, (const char *const[]){ "x", "k" }, 2, &err);
    cr_assert_eq(next->column_count, 1);
    cr_expect_str_eq(next->columns[0].name, "g");
    frame_free(next);
    cr_expect_null(frame_without(frame, (const char *const[]){ "x", "k", "g" }, 3, &err));
    error_clear(&err);
    next = frame_rename(frame, (const char *const[]){ "x", "k" }, (const char *const[]){ "k", "x" }, 2, &place, &err);
    cr_assert_not_null(next);
    cr_expect_str_eq(next->columns[0].name, "k");
    cr_expect_str_eq(next->columns[2].name, "x");
    cr_expect_eq(next->columns[0].as.real, frame->columns[0].as.real, "values are shared");
    frame_free(next);
    cr_expect_null(frame_rename(frame, (const char *const[]){ "x" }, (const char *const[]){ "g" }, 1, &place, &err));
    cr_expect_eq(place, 0);
}

/* The integers of a variable, 99 for missing. */
static void expect_rows(const struct frame *next, const char *name, const int *expected, size_t rows)
{
    const struct column *column = frame_find(next, name);

    cr_assert_not_null(column, "%s", name);
    cr_assert_eq(next->rows, rows);
    for (size_t i = 0; i < rows; i++) {
        int value = column_missing(column, i)       ? 99
                    : column->type == COLUMN_FACTOR ? (int)column->as.code[i]
                                                    : (int)column_real(column, i);

        cr_expect_eq(value, expected[i], "%s, row %zu: %d, not %d", name, i, value, expected[i]);
    }
}

Test(verbs, factor_orders_labels_and_loses)
{
    struct glmm_error err = { .at = NOWHERE };
    struct factor_spec spec = { .levels = (const char *const[]){ "b", "z" }, .level_count = 2, .reference = "z" };
    size_t lost = 9;
    struct frame *next = frame_factor(frame, "g", &spec, &lost, &err);

    expect_rows(next, "g", (int[]){ 99, 99, 0, 0, 0, 99 }, 6);
    cr_expect_eq(lost, 2);
    cr_expect_eq(frame_find(next, "g")->reference, 1);
    cr_expect_str_eq(frame_find(next, "g")->levels[1], "z");
    frame_free(next);
    spec = (struct factor_spec){ .labels = (const char *const[]){ "u", "v", "u", "v", "w", "w" }, .label_count = 6 };
    next = frame_factor(frame, "k", &spec, &lost, &err);
    expect_rows(next, "k", (int[]){ 0, 1, 0, 1, 2, 2 }, 6);
    cr_expect_eq(frame_find(next, "k")->level_count, 3);
    frame_free(next);
    spec = (struct factor_spec){ .reference = "q" };
    cr_expect_null(frame_factor(frame, "g", &spec, &lost, &err));
    cr_expect_eq(err.code, GLMM_E_NAME);
}

Test(verbs, sort_is_stable_and_missing_is_last)
{
    struct glmm_error err = { .at = NOWHERE };
    struct frame *next = frame_sort(frame, (struct sort_key[]){ { "x", true } }, 1, NULL, &err);

    expect_rows(next, "k", (int[]){ 6, 4, 3, 2, 1, 5 }, 6);
    frame_free(next);
    next = frame_sort(frame, (struct sort_key[]){ { "g", true }, { "k", false } }, 2, NULL, &err);
    expect_rows(next, "k", (int[]){ 3, 4, 5, 1, 2, 6 }, 6);
    frame_free(next);
}

Test(verbs, sample_takes_so_many_of_each_group)
{
    struct glmm_error err = { .at = NOWHERE };
    struct grouping groups;
    struct frame *next;

    cr_assert(row_groups_make(frame, expr_parse(arena, "g", &err), &groups, &err));
    cr_expect_eq(groups.count, 2);
    next = frame_sample(frame, &groups, 2, 0.0, 1, &err);
    expect_rows(next, "g", (int[]){ 0, 0, 1, 1 }, 4);
    frame_free(next);
    row_groups_clear(&groups);
}

static struct frame *aggregated(struct glmm_error *err)
{
    const struct summary_item items[] = { { "n", rows_of }, { "most", most_of } };
    struct grouping groups;
    struct frame *next;
    size_t place;

    if (!row_groups_make(frame, by_g, &groups, err))
        return NULL;
    next = frame_aggregate(frame, &groups, by_g, items, 2, &place, NULL, err);
    row_groups_clear(&groups);
    return next;
}

Test(verbs, aggregate_has_a_row_for_each_group)
{
    struct glmm_error err = { .at = NOWHERE };
    struct frame *next = aggregated(&err);

    expect_rows(next, "g", (int[]){ 0, 1 }, 2);
    expect_rows(next, "n", (int[]){ 2, 3 }, 2);
    expect_rows(next, "most", (int[]){ 2, 5 }, 2);
    frame_free(next);
}

Test(verbs, merge_keeps_what_its_kind_says)
{
    struct glmm_error err = { .at = NOWHERE };
    struct frame *right = aggregated(&err), *next;
    struct merge_facts facts;

    next = frame_merge(frame, right, (const char *const[]){ "g" }, 1, MERGE_LEFT, &facts, NULL, &err);
    expect_rows(next, "most", (int[]){ 2, 2, 5, 5, 5, 99 }, 6);
    cr_expect(facts.matched == 5 && facts.left_only == 1 && facts.right_only == 0 && facts.left_many && !facts.right_many);
    frame_free(next);
    next = frame_merge(frame, right, (const char *const[]){ "g" }, 1, MERGE_INNER, &facts, NULL, &err);
    expect_rows(next, "k", (int[]){ 1, 2, 3, 4, 5 }, 5);
    frame_free(next);
    frame_free(right);
}

Test(verbs, reshape_and_back)
{
    struct glmm_error err = { .at = NOWHERE };
    struct frame *long_one = frame_long(frame, (const char *const[]){ "x", "k" }, 2, "which", "value", "", NULL, &err), *wide,
                 *both;
    struct grouping groups;
    size_t left_out;

    expect_rows(long_one, "value", (int[]){ 1, 1, 2, 2, 3, 3, 4, 4, 99, 5, 6, 6 }, 12);
    expect_rows(long_one, "which", (int[]){ 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1 }, 12);
    frame_free(long_one);
    cr_assert(row_groups_make(frame, expr_parse(arena, "g", &err), &groups, &err));
    wide = frame_wide(frame, &groups, "k", (const char *const[]){ "x" }, 1, &left_out, NULL, &err);
    expect_rows(wide, "x_2", (int[]){ 2, 99 }, 2);
    expect_rows(wide, "x_4", (int[]){ 99, 4 }, 2);
    row_groups_clear(&groups);
    both = frame_stack(frame, wide, NULL, &err);
    expect_rows(both, "x_2", (int[]){ 99, 99, 99, 99, 99, 99, 2, 99 }, 8);
    frame_free(both);
    frame_free(wide);
}

/* --- memory --------------------------------------------------------------------------------------- */

static bool run_let(void *context, struct glmm_error *err)
{
    struct frame *next = frame_let(frame, "y", context, NULL, NULL, err);

    frame_free(next);
    return next != NULL;
}

static bool run_where(void *context, struct glmm_error *err)
{
    size_t unknown;
    struct frame *next = frame_where(frame, context, NULL, &unknown, NULL, err);

    frame_free(next);
    return next != NULL;
}

static bool run_names(void *context, struct glmm_error *err)
{
    size_t place;
    struct frame *next = frame_keep(frame, (const char *const[]){ "k", "x" }, 2, err), *other = NULL, *third = NULL;
    bool ok;

    (void)context;
    ok = next != NULL
         && (other = frame_rename(next, (const char *const[]){ "k" }, (const char *const[]){ "m" }, 1, &place, err)) != NULL
         && (third = frame_without(other, (const char *const[]){ "m" }, 1, err)) != NULL;
    frame_free(next);
    frame_free(other);
    frame_free(third);
    return ok;
}

/* What makes frames of several columns or rows. */
static bool run_tables(void *context, struct glmm_error *err)
{
    struct factor_spec spec = { .levels = (const char *const[]){ "b", "z" }, .level_count = 2, .reference = "z" };
    struct frame *made[5] = { NULL };
    struct merge_facts facts;
    struct text text = { 0 };
    size_t lost;
    bool ok;

    (void)context;
    ok = (made[0] = aggregated(err)) != NULL
         && (made[1] = frame_merge(frame, made[0], (const char *const[]){ "g" }, 1, MERGE_OUTER, &facts, NULL, err)) != NULL
         && (made[2] = frame_stack(made[1], made[0], NULL, err)) != NULL
         && (made[3] = frame_long(made[2], (const char *const[]){ "x", "most" }, 2, "which", "value", "", NULL, err)) != NULL
         && (made[4] = frame_factor(made[3], "g", &spec, &lost, err)) != NULL && csv_write(made[4], ',', &text, NULL, err);
    for (size_t k = 0; k < 5; k++)
        frame_free(made[k]);
    text_clear(&text);
    return ok;
}

static bool run_sort(void *context, struct glmm_error *err)
{
    struct frame *next = frame_sort(frame, (struct sort_key[]){ { "g", true }, { "k", false } }, 2, NULL, err);

    (void)context;
    frame_free(next);
    return next != NULL;
}

Test(verbs, every_allocation_may_fail)
{
    static const char *const texts[] = { "k + 1",           "sum(k) by g",        "lag(g) by g",
                                         "row() by g",      "cut(x, 2)",          "cut(x, c(0, 3, 9), c(\"a\", \"b\"))",
                                         "grepl(\"a\", g)", "contains(k, \"1\")", "nchar(g)" };
    struct glmm_error err = { .at = NOWHERE };
    long tables;

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        cr_expect_gt(sweep_allocations(run_let, expr_parse(arena, texts[i], &err)), 5, "%s", texts[i]);
    cr_expect_gt(sweep_allocations(run_where, expr_parse(arena, "k > 2", &err)), 5);
    cr_expect_gt(sweep_allocations(run_names, NULL), 5);
    cr_expect_gt(sweep_allocations(run_sort, NULL), 5);
    tables = sweep_allocations(run_tables, NULL);
    cr_expect_gt(tables, 40, "%ld", tables);
}

/* The calendar against itself, and days that are known: each day follows the one before, and weeks go round. */
Test(verbs, days_are_counted)
{
    int year, month, day, before = 0;
    int32_t date;

    cr_expect(date_of(1970, 1, 1, &date) && date == 0);
    cr_expect(date_of(2000, 2, 29, &date) && date == 11016);
    cr_expect(date_of(1, 1, 1, &date) && date == DATE_FIRST);
    cr_expect(date_of(9999, 12, 31, &date) && date == DATE_LAST);
    cr_expect_not(date_of(1900, 2, 29, &date));
    cr_expect_not(date_of(2023, 4, 31, &date));
    cr_expect_not(date_of(0, 12, 31, &date) || date_of(10000, 1, 1, &date) || date_of(-4, 5, 6, &date));
    cr_expect_not(date_of(2023, 0, 9, &date) || date_of(2023, 13, 9, &date) || date_of(2023, 7, 0, &date)
                  || date_of(2023, 7, 32, &date));
    cr_expect_eq(date_weekday(0), 4);
    for (long y = 1, d = DATE_FIRST; y <= 9999; y++) /* years counted one by one */
        for (long m = 1; m <= 12; m++) {
            long days = m == 2 ? 28 + (y % 400 == 0 || (y % 4 == 0 && y % 100 != 0)) : 30 + ((m > 7) ^ (m % 2));

            cr_assert(date_of(y, m, 1, &date) && date == d, "%ld-%ld-1 is %d, not %ld", y, m, date, d);
            cr_assert(date_of(y, m, days, &date) && !date_of(y, m, days + 1, &date), "%ld-%ld", y, m);
            d += days;
        }
    for (int32_t d = DATE_FIRST; d <= DATE_LAST; d += d < DATE_LAST - 5000 ? 97 : 1) {
        date_parts(d, &year, &month, &day);
        cr_assert(date_of(year, month, day, &date), "%d", d);
        cr_assert_eq(date, d);
        cr_assert(year * 10000 + month * 100 + day > before);
        before = year * 10000 + month * 100 + day;
    }
    cr_expect_eq(date_weekday(DATE_FIRST), 1); /* of the proleptic calendar */
}

static void expect_date(const char *text, unsigned orders, const char *expected)
{
    char buffer[40];
    int32_t date;
    bool read = date_read(text, strlen(text), orders, true, &date);

    cr_expect(read == (expected != NULL), "%s", text);
    if (read && expected != NULL)
        cr_expect_str_eq(date_text(date, buffer), expected, "%s is %s", text, buffer);
}

/* A text ends where its length says, whatever stands behind it. */
Test(verbs, a_date_ends_with_its_text)
{
    static const char *const texts[] = { "2024-01-31", "31.1.2024", "5-Jan-2024", "January 5, 2024", "1/2/34", "2024 March 7" };
    static const char *const behind[] = { "0", "9", "1-2", "/5", "th", " 12:30", "." };

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        for (size_t k = 0; k < sizeof behind / sizeof *behind; k++) {
            char longer[64];
            int32_t alone, followed;

            snprintf(longer, sizeof longer, "%s%s", texts[i], behind[k]);
            cr_assert(date_read(texts[i], strlen(texts[i]), DATE_ANY, false, &alone), "%s", texts[i]);
            cr_expect(date_read(longer, strlen(texts[i]), DATE_ANY, false, &followed) && followed == alone, "%s of %s", texts[i],
                      longer);
        }
}

Test(verbs, months_have_names_in_several_languages)
{
    static const char *const march[] = { "3. M\u00e4rz 2021",  "3. MRZ. 2021",      "03.M\u00c4RZ.2021", "3 mars 2021",
                                         "3 de marzo de 2021", "3 marzo 2021",      "3 maart 2021",      "3rd March 2021",
                                         "March 3rd, 2021",    "3 mar\u00e7o 2021", "3-mrt-2021",        "3 of March 2021",
                                         "Mar. 3, 2021" };

    for (size_t i = 0; i < sizeof march / sizeof *march; i++)
        expect_date(march[i], DATE_DMY, "2021-03-03");
    expect_date("1er d\u00e9cembre 2020", DATE_DMY, "2020-12-01");
    expect_date("14. Mai 2021", DATE_DMY, "2021-05-14");
    expect_date("14 ao\u00fbt 2021", DATE_DMY, "2021-08-14");
    expect_date("14MAR2021:09:30:00", DATE_DMY, "2021-03-14");
    expect_date("14 A\u00d4UT 2021", DATE_DMY, NULL);
    expect_date("3. M\u00e4rzen 2021", DATE_DMY, NULL);
    expect_date("3. M\u00e4 2021", DATE_DMY, NULL);
    expect_date("3.. Mai 2021", DATE_DMY, NULL);
    expect_date("3st 2021 5", DATE_DMY, NULL);
    expect_date("3 4:12:30 2021", DATE_DMY, NULL);
    expect_date("14.03.2021:09:30", DATE_DMY, NULL);
}

Test(verbs, dates_are_read)
{
    expect_date("2024-01-31", DATE_ANY, "2024-01-31");
    expect_date("31.1.2024", DATE_ANY, "2024-01-31");
    expect_date("1/31/2024", DATE_ANY, "2024-01-31");
    expect_date("1/2/2024", DATE_DMY, "2024-02-01");
    expect_date("1/2/2024", DATE_MDY, "2024-01-02");
    expect_date("31JAN2024", DATE_DMY, "2024-01-31");
    expect_date("31-Jan-68", DATE_DMY, "2068-01-31");
    expect_date("Jan 31, 1969", DATE_MDY, "1969-01-31");
    expect_date("September 1, 2024", DATE_MDY, "2024-09-01");
    expect_date("20240131", DATE_YMD, "2024-01-31");
    expect_date("31012024", DATE_DMY, "2024-01-31");
    expect_date("2024-01-31T12:30:00Z", DATE_YMD, "2024-01-31");
    expect_date("1/31/2024 1:30 PM", DATE_MDY, "2024-01-31");
    expect_date("2024-02-30", DATE_ANY, NULL);
    expect_date("31.1/2024", DATE_ANY, NULL);
    expect_date("2024-1", DATE_ANY, NULL);
    expect_date("2024-01-31x", DATE_ANY, NULL);
    expect_date("", DATE_ANY, NULL);
    expect_date("12345-01-01", DATE_ANY, NULL);
    expect_date("02024-01-31", DATE_ANY, NULL); /* a year has four digits or two */
    expect_date("31.01.02024", DATE_DMY, NULL);
    expect_date("00031.1.2024", DATE_DMY, NULL);
    expect_date("31/00001/2024", DATE_DMY, NULL);
    cr_expect_eq(date_format_order("%d.%m.%Y"), DATE_DMY);
    cr_expect_eq(date_format_order("YYYY/MM/DD"), DATE_YMD);
    cr_expect_eq(date_format_order("ydm"), 0);
}

/* Dates in expressions: k days after a day. */
Test(verbs, let_of_dates)
{
    expect_let("as.Date(\"1970-01-01\") + k", NULL, COLUMN_DATE, (double[]){ 1, 2, 3, 4, 5, 6 });
    expect_let("as.Date(k) - as.Date(1)", NULL, COLUMN_INTEGER, (double[]){ 0, 1, 2, 3, 4, 5 });
    expect_let("days(as.Date(k), \"1970-01-03\")", NULL, COLUMN_INTEGER, (double[]){ -1, 0, 1, 2, 3, 4 });
    expect_let("as.Date(x) >= \"1970-01-04\"", NULL, COLUMN_LOGICAL, (double[]){ 0, 0, 1, 1, 99, 1 });
    expect_let("day(as.Date(x))", NULL, COLUMN_INTEGER, (double[]){ 2, 3, 4, 5, 99, 7 });
    expect_let("weekday(as.Date(k))", NULL, COLUMN_FACTOR, (double[]){ 4, 5, 6, 0, 1, 2 });
    expect_let("max(as.Date(k)) by g", NULL, COLUMN_DATE, (double[]){ 2, 2, 5, 5, 5, 99 });
    expect_let("lag(as.Date(k))", NULL, COLUMN_DATE, (double[]){ 99, 1, 2, 3, 4, 5 });
    expect_let("ifelse(k > 2, as.Date(k), NA)", NULL, COLUMN_DATE, (double[]){ 99, 99, 3, 4, 5, 6 });
    expect_let("as.Date(k) %in% c(\"1970-01-03\", \"1970-01-05\")", NULL, COLUMN_LOGICAL, (double[]){ 0, 1, 0, 1, 0, 0 });
}

/* Texts and numbers become dates, and dates go through what moves rows. */
Test(verbs, names_of_months_say_which_part_is_which)
{
    static const char *const texts[] = { "Jan-05-2024", "13-02-2024", "14-02-2024" };
    static char compact[] = "20240105", day_first[] = "13/02/2024", named[] = "5 Mar 2024", other_id[] = "05012024";
    char *const kinds_of[] = { compact, day_first, named }, *const ids[] = { compact, other_id };
    struct date_orders orders = { 0 };
    struct date_scan scan = { 0 };
    struct date_kinds kinds;
    char formats[DATE_KINDS_TEXT];
    int32_t date = 0, other = 0;

    for (int k = 0; k < 3; k++) {
        cr_expect(date_orders_add(&orders, texts[k], strlen(texts[k]), true));
        cr_expect(date_scan_add(&scan, texts[k], strlen(texts[k])));
    }
    cr_expect_eq(orders.common, DATE_DMY);
    cr_expect_eq(date_scan_order(&scan), DATE_DMY);
    cr_expect(date_read("Jan-05-2024", 11, DATE_DMY, true, &date) && date_read("2024-01-05", 10, DATE_YMD, true, &other));
    cr_expect_eq(date, other);
    cr_assert(date_kinds_find(kinds_of, 3, &kinds));
    cr_expect_str_eq(date_kinds_text(&kinds, formats), "d/m/y, ymd");
    cr_expect(date_kinds_read(formats, &kinds) && kinds.count == 2);
    cr_expect(date_read_kinds("20240105", 8, &kinds, &date) && date == other);
    cr_expect(date_read_kinds("5 Jan 2024", 10, &kinds, &date) && date == other);
    cr_expect_not(date_kinds_find(ids, 2, &kinds)); /* nothing but digits: ids */
}

Test(verbs, date_reads)
{
    struct glmm_error err = { .at = NOWHERE };
    struct date_spec spec = { .has_epoch = true, .epoch = 10 };
    struct frame *dated = frame_date(frame, "x", &spec, &err), *both;

    cr_assert_not_null(dated);
    cr_expect_eq(frame_find(dated, "x")->type, COLUMN_DATE);
    cr_expect_eq(frame_find(dated, "x")->as.integer[0], 11);
    cr_expect_eq(frame_find(dated, "x")->missing, 1);
    both = frame_stack(dated, dated, NULL, &err);
    cr_assert_not_null(both);
    cr_expect_eq(frame_find(both, "x")->type, COLUMN_DATE);
    cr_expect_eq(frame_find(both, "x")->as.integer[11], 16);
    frame_free(both);
    frame_free(dated);
    spec = (struct date_spec){ 0 };
    cr_expect_null(frame_date(frame, "g", &spec, &err));
    cr_expect_eq(err.code, GLMM_E_DATA);
    cr_expect_str_eq(spec.first, "a");
    error_clear(&err);
    spec = (struct date_spec){ .force = true };
    dated = frame_date(frame, "g", &spec, &err);
    cr_assert_not_null(dated);
    cr_expect_eq(frame_find(dated, "g")->missing, 6);
    cr_expect_eq(spec.unread, 5);
    frame_free(dated);
}

static bool run_date(void *context, struct glmm_error *err)
{
    struct date_spec spec = { .force = true };
    struct frame *next = frame_date(frame, context, &spec, err);

    frame_free(next);
    return next != NULL;
}

Test(verbs, dates_without_memory)
{
    cr_expect_gt(sweep_allocations(run_date, (void *)"g"), 5);
    cr_expect_gt(sweep_allocations(run_date, (void *)"k"), 5);
}
