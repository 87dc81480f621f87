/* test-result.c -- results keep what they are given, in order, and remember a failed allocation. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "result/result.h"
#include "sweep.h"
#include "report/interval-notes.h"

Test(value, keeps_order)
{
    struct arena *arena = arena_new();
    struct value *object = value_object(arena), *list;

    value_set(arena, object, "z", value_integer(arena, 1));
    value_set(arena, object, "a", value_string(arena, "x"));
    value_set(arena, object, "m", value_reals(arena, (const double[]){ 1, 2, NAN }, 3));
    cr_expect_str_eq(object->as.list.first->key, "z");
    cr_expect_str_eq(object->as.list.last->key, "m");
    cr_expect_eq(object->as.list.count, 3);
    cr_expect_eq(value_get(object, "a")->type, VALUE_STRING);
    cr_expect_null(value_get(object, "b"));
    cr_expect_null(value_get(NULL, "b"));
    cr_expect_eq(value_string(arena, NULL)->type, VALUE_NULL);
    list = value_matrix(arena, (const double[]){ 1, 2, 0, 3, 4, 0 }, 2, 2, 3);
    cr_expect_eq(list->as.list.count, 2);
    cr_expect_eq(list->as.list.first->as.list.last->as.real, 3);
    cr_expect_null(value_append(list, NULL));
    cr_expect_null(value_set(arena, NULL, "x", value_null(arena)));
    arena_free(arena);
}

Test(table, grows_and_keeps_cells)
{
    struct result *result = result_new("test");
    struct table *table = result_table(result, "rows", NULL);

    for (int j = 0; j < 20; j++)
        cr_expect_eq(table_column(table, "k", "h", CELL_INTEGER), (size_t)j);
    for (int i = 0; i < 1000; i++) {
        cr_assert_eq(table_row(table), (size_t)i);
        table_integer(table, (size_t)i, (size_t)(i % 20), i);
    }
    for (size_t i = 0; i < 1000; i++) {
        cr_assert_eq(table_cell(table, i, i % 20)->as.integer, (long long)i);
        cr_assert_eq(table_cell(table, i, (i + 1) % 20)->state, CELL_EMPTY);
    }
    cr_expect_null(table_cell(table, 1000, 0));
    cr_expect_null(table_cell(table, 0, 20));
    cr_expect_null(table_cell(NULL, 0, 0));
    table_text(table, 5000, 0, "outside"); /* nothing happens */
    table_text(table, 0, 0, NULL);
    cr_expect(result_ok(result));
    table_column(table, "late", "late", CELL_TEXT);
    cr_expect_not(result_ok(result), "a column after the first row is a failure");
    result_free(result);
}

/* Everything takes NULL, so that a builder need not ask. */
Test(result, takes_null)
{
    result_line(NULL, LINE_TEXT, "x");
    result_value(NULL, "x", NULL);
    result_string(NULL, "x", "y");
    result_real(NULL, "x", 1);
    cr_expect_null(result_fields(NULL));
    cr_expect_null(result_table(NULL, "x", NULL));
    cr_expect_null(result_plot(NULL, NULL));
    field_real(NULL, NULL, "x", "y", 1, 2);
    table_column(NULL, "x", "y", CELL_TEXT);
    table_row(NULL);
    table_real(NULL, 0, 0, 1);
    plot_series(NULL, MARK_POINT, NULL, 0, NULL, NULL);
    series_ends(NULL, NULL, NULL, NULL);
    plot_reference(NULL, true, 1, NULL);
    plot_statement(NULL, "x");
    cr_expect_null(plot_panel(NULL, "x"));
    cr_expect_null(plot_rows(NULL));
    cr_expect_not(result_ok(NULL));
    result_free(NULL);
}

static bool build(void *context, struct glmm_error *err)
{
    struct result *result = result_new("fit");
    const double x[3] = { 1, 2, 3 };
    struct table *table;
    struct item *fields;
    struct plot *plot;
    bool ok;

    (void)context;
    if (result == NULL)
        return fail_memory(err);
    result_string(result, "model", "m1");
    result_value(result, "list", value_reals(result->arena, x, 3));
    result_line(result, LINE_TITLE, "a title of %d words", 5);
    fields = result_fields(result);
    field_real(result, fields, "aic", "AIC", 1, 2);
    field_text(result, fields, "g", "Group", "eighteen");
    field_p(result, fields, NULL, "p", 0.5);
    field_integer(result, fields, "n", "n", 3);
    table = result_table(result, "rows", "Rows");
    table_column(table, "name", NULL, CELL_TEXT);
    table_interval(table, "lower", "upper", "interval");
    table_column(table, "v", NULL, CELL_VALUE);
    for (int i = 0; i < 40; i++) {
        size_t row = table_row(table);

        table_indent(table, row, 1);
        table_text(table, row, 0, "a name that takes room in the arena, so that it must grow");
        table_pair(table, row, 1, 1, 2);
        table_value(table, row, 2, value_null(result->arena));
    }
    plot = result_plot(result, "plot");
    plot_labels(plot, PLOT_PANELS, "t", "x", "y");
    plot_series(plot_panel(plot, "one"), MARK_LINE, "line", 3, x, x);
    plot_reference(plot, true, 1, "ref");
    table_column(plot_rows(plot), "k", "h", CELL_TEXT);
    plot_statement(plot, "statement %d", 1);
    ok = result_ok(result) || fail_memory(err);
    result_free(result);
    return ok;
}

Test(result, survives_each_failed_allocation)
{
    long count = sweep_allocations(build, NULL);

    cr_expect_gt(count, 4, "sweep stopped at %ld", count);
}

/* What programs are told where there is no interval; a standard deviation that nothing bounds above is told in words, too. */
Test(result, reasons_of_intervals)
{
    const struct interval open = { .lower = 0, .upper = (double)NAN, .reason = INTERVAL_OPEN, .alone = (double)NAN };
    struct intervals_seen seen = { .edge_count = 0 };

    cr_expect_str_eq(interval_reason_word(INTERVAL_OPEN), "open");
    cr_expect_str_eq(interval_reason_word(INTERVAL_UNDEFINED), "not_defined");
    cr_expect_str_eq(interval_reason_word(INTERVAL_LARGE), "large");
    cr_expect_null(interval_reason_word(INTERVAL_GIVEN));
    intervals_look(&open, &seen);
    cr_expect(seen.open && !seen.failed && !seen.undetermined);
}
