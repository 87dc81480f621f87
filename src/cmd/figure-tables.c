/* figure-tables.c -- see figure-shown.h: reading the tables of a result, and what several explanations share. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "cmd/figure-shown.h"
#include "infer/ci.h"
#include "infer/marginal.h"
#include "model/family-parts.h"

/* relative, and of 0: numbers that a formula gives again but for rounding of shown ones. */
static const double SAME = 1e-6, SAME_ZERO = 1e-12;
static const double SAME_QUANTILE = 1e-3; /* relative: a multiple of an error that is the normal one, of ends with few digits */

/* --- reading tables ------------------------------------------------------------------------------------------ */

const struct table *shown_table(const struct result *part, const char *key)
{
    for (const struct item *item = part->first; item != NULL; item = item->next)
        if (item->kind == ITEM_TABLE && item->as.table->key != NULL && strcmp(item->as.table->key, key) == 0)
            return item->as.table;
    return NULL;
}

/* The column with that key; *upper: it is the second of an interval.  column_count where there is none. */
size_t shown_column(const struct table *table, const char *key, bool *upper)
{
    size_t j = 0;

    *upper = false;
    for (; j < table->column_count; j++) {
        const struct table_column *column = &table->columns[j];

        *upper = column->kind == CELL_INTERVAL && column->key2 != NULL && strcmp(column->key2, key) == 0;
        if (*upper || (column->key != NULL && strcmp(column->key, key) == 0))
            break;
    }
    return j;
}

double shown_number(const struct table *table, size_t row, size_t column, bool upper)
{
    const struct cell *cell = column < table->column_count ? table_cell(table, row, column) : NULL;

    if (cell == NULL || cell->state != CELL_SET)
        return (double)NAN;
    switch (table->columns[column].kind) {
    case CELL_INTEGER:
        return (double)cell->as.integer;
    case CELL_INTERVAL:
        return cell->as.pair[upper];
    case CELL_REAL:
    case CELL_P:
    case CELL_PERCENT:
        return cell->as.real;
    default:
        return (double)NAN;
    }
}

double shown_number_at(const struct table *table, size_t row, const char *key)
{
    bool upper;
    size_t column = shown_column(table, key, &upper);

    return shown_number(table, row, column, upper);
}

const char *shown_text_at(const struct table *table, size_t row, const char *key)
{
    bool upper;
    size_t column = shown_column(table, key, &upper);
    const struct cell *cell =
        column < table->column_count && table->columns[column].kind == CELL_TEXT ? table_cell(table, row, column) : NULL;

    return cell == NULL || cell->state != CELL_SET ? "" : cell->as.text;
}

/* Another number of the figure's own row. */
double shown_beside(const struct figure *f, const char *key)
{
    return shown_number_at(f->table, f->row, key);
}

double shown_scalar(const struct result *part, const char *key)
{
    for (const struct item *item = part->first; item != NULL; item = item->next) {
        if (item->kind == ITEM_VALUE && item->key != NULL && strcmp(item->key, key) == 0 && item->as.value != NULL
            && item->as.value->type == VALUE_REAL)
            return item->as.value->as.real;
        for (const struct field *field = item->kind == ITEM_FIELDS ? item->as.fields.first : NULL; field != NULL;
             field = field->next)
            if (field->key != NULL && strcmp(field->key, key) == 0 && field->kind == CELL_REAL && field->cell.state == CELL_SET)
                return field->cell.as.real;
    }
    return (double)NAN;
}

const struct value *shown_value(const struct result *part, const char *key)
{
    for (const struct item *item = part->first; item != NULL; item = item->next)
        if (item->kind == ITEM_VALUE && item->key != NULL && strcmp(item->key, key) == 0)
            return item->as.value;
    return NULL;
}

const char *shown_said(const struct result *part, const char *key)
{
    const struct value *value = shown_value(part, key);

    return value != NULL && value->type == VALUE_STRING ? value->as.string : "";
}

/* --- what several share -------------------------------------------------------------------------------------- */

bool shown_comes_to(double x, double y)
{
    return fabs(x - y) <= SAME * (fabs(x) + fabs(y)) + SAME_ZERO;
}

const struct link *shown_link(const struct figure *f)
{
    const struct link *link = f->fit->link;

    return link->kind == LINK_IDENTITY ? NULL : link;
}

bool shown_is_exact(const struct figure *f)
{
    return f->fit->family->residual && shown_link(f) == NULL;
}

/* dmu/deta at eta. */
static double slope_at(const struct link *link, double eta)
{
    struct average at;

    typical_at(link, eta, &at);
    return fabs(at.slope);
}

/* The fixed part of the linear predictor, and the variance of the random part, in row i of the design. */
bool shown_row(const struct fit *fit, size_t i, double *eta, double *variance)
{
    const double **z = NEW_ARRAY(const double *, fit->design->random_count + 1);
    struct marginal_rows rows;

    if (z == NULL)
        return false;
    rows = rows_of_design(fit->design, z);
    *eta = rows_eta(fit, &rows, i);
    *variance = rows_variance(fit, &rows, i);
    mem_free(z);
    return true;
}

/* The link of an interval that goes by way of it: of a mean of counts without 0 that of its excess over 1. */
static const struct link *link_of_mean(const struct figure *f)
{
    bool mean = shown_how(f) == DERIVED_PREDICTION_INTERVAL || shown_how(f) == DERIVED_MARGIN_INTERVAL;

    return mean && link_of_intervals(f->fit->mean_link) == &link_log_excess ? &link_log_excess : shown_link(f);
}

/* The scale on which the interval is made; NULL: that of the estimate. */
static const struct link *link_of_end(const struct figure *f)
{
    return shown_is(f, DERIVED_ON_LOGIT)  ? &link_logit
           : shown_is(f, DERIVED_ON_LOG)  ? &link_log
           : shown_is(f, DERIVED_ON_LINK) ? link_of_mean(f)
                                          : NULL;
}

/* `estimate -+ q se`, on that scale and brought back. */
void shown_interval(const struct figure *f, double estimate, double se, double level, struct explanation *out)
{
    const struct link *link = link_of_end(f);
    double eta = link == NULL ? estimate : link_transform(link, estimate),
           end = link == NULL ? f->value : link_transform(link, f->value);
    double eta_se = link == NULL ? se : se / slope_at(link, eta), q = fabs(end - eta) / eta_se;
    double wanted = wald_quantile((double)INFINITY, level);
    struct numbers n = { .used = 0 };
    struct text inner = { 0 };

    if (se == 0) {
        text_addf(&out->formula, "estimate");
        text_addf(&out->convention, "the error is 0: both ends are the estimate");
        return;
    }
    text_addf(&inner, "%s", link == NULL ? "estimate" : "g(estimate)");
    text_addf(&inner, " %s q·se%s", end < eta ? "-" : "+", link == NULL ? "" : "/h'");
    add_mean_formula(&out->formula, link, text_string(&inner));
    if (isfinite(q)) {
        text_truncate(&inner, 0);
        text_addf(&inner, "%s %s %s·%s", show_term(&n, eta, end), end < eta ? "-" : "+", show_term(&n, q, end),
                  show_term(&n, eta_se, end));
        add_mean(&out->numbers, link, text_string(&inner));
    }
    if (fabs(q - wanted) < SAME_QUANTILE * wanted)
        text_addf(&out->convention, "Wald interval, %g%%%s", 100 * level,
                  link == NULL ? "" : ", made on the scale of the link and brought back");
    else
        text_addf(&out->convention, "Wald interval, q = %s%s", show(&n, q),
                  link == NULL ? "" : ", made on the scale of the link and brought back");
    text_clear(&inner);
}
