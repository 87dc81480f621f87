/* margins-tables.c -- the tables of `margins`: means, contrasts, a slope. */
#include "cmd/margins-job.h"

#include <math.h>

#include "cmd/derivation.h"
#include "fit/identify.h"
#include "infer/ratio.h"
#include "report/inference.h"
#include "report/tables.h"

static int decimals_of(const struct margin *a, const struct margin *b, int count, int digits, struct arena *arena)
{
    double *values = arena_alloc(arena, 2 * (size_t)count + 1, sizeof *values),
           *errors = arena_alloc(arena, 2 * (size_t)count + 1, sizeof *errors);

    for (int k = 0; values != NULL && errors != NULL && k < count; k++) {
        values[k] = a[k].estimate;
        errors[k] = a[k].se;
        values[count + k] = b[k].estimate;
        errors[count + k] = b[k].se;
    }
    if (values == NULL || errors == NULL)
        return digits;
    if (fitting_decimals_or_own(values, errors, (size_t)count, digits) == DECIMALS_OWN) /* the errors of b are not shown */
        return DECIMALS_OWN;
    return fitting_decimals(values, errors, 2 * (size_t)count, digits);
}

/* A number with its error and its interval, in three columns: dashes for what is not estimable, or open. */
static void put_margin(const struct margins_job *job, struct table *table, size_t row, const size_t column[3],
                       const struct margin *m, bool open)
{
    bool error = isnan(m->se) && isfinite(m->estimate) && job->predictor.model->fit->identity != NULL;

    for (int j = 0; j < 3; j++)
        if (open || !m->estimable || (error && j > 0))
            table_none(table, row, column[j]);
    if (open || !m->estimable)
        return;
    table_real_known(table, row, column[0], m->estimate);
    table_real_known(table, row, column[1], m->se);
    if (!error)
        table_pair_known(table, row, column[2], m->lower, m->upper);
}

/* A mean over random effects whose variance the data leave open. */
static bool is_open(const struct margins_job *job, bool same)
{
    return !same && identity_spread_is_open(job->predictor.model->fit);
}

/* On which scale the intervals of means are made. */
static unsigned scale_of_intervals(const struct margins *m, int category)
{
    return m->link == NULL ? DERIVED_ON_LOG : category > 0 ? DERIVED_ON_LOGIT : DERIVED_ON_LINK;
}

/* The mean of the population (estimate, error, interval), and beside it, where it is another, that of a typical group, in the
 * same decimals. */
static void show_beside(struct table *table, const size_t mean[3], size_t typical, size_t typical_se, int decimals, bool same)
{
    table_estimate_decimals(table, (struct estimate_columns){ mean[0], mean[1], mean[2] }, decimals);
    table_decimals(table, typical, decimals);
    if (decimals == DECIMALS_OWN)
        table_error(table, typical, typical_se);
    table_flags(table, typical_se, COLUMN_NOT_TEXT);
    if (same)
        table_flags(table, typical, COLUMN_NOT_TEXT);
}

/* "95% interval", and by which t, where it is one. */
static const char *heading(const struct margins_job *job, const struct margins *m, struct arena *arena)
{
    double level = job->session->settings.level;

    if (m->ddf != LINEAR_NORMAL)
        return interval_heading_by(arena, level, m->ddf);
    return arena_printf(arena, "%g%% interval", 100 * level);
}

/* Of intervals by t, behind the others: in JSON and CSV.  0: by z. */
static size_t df_column(struct table *table, const struct margins *m)
{
    size_t df;

    if (m->ddf == LINEAR_NORMAL)
        return 0;
    df = table_column(table, "df", NULL, CELL_REAL);
    table_flags(table, df, COLUMN_NOT_TEXT);
    return df;
}

static void put_df(struct table *table, size_t row, size_t df, const struct margin *margin)
{
    if (df > 0 && isfinite(margin->df) && isfinite(margin->se))
        table_real(table, row, df, margin->df);
}

void margins_rows_table(struct result *result, const struct margins_job *job, const struct margins *m, bool same)
{
    const struct settings *settings = &job->session->settings;
    struct table *table = result_table(result, "rows", job->predictor.column->name);
    size_t level = table_column(table, "level", NULL, CELL_TEXT), value = table_column(table, "value", NULL, CELL_REAL);
    size_t estimate = table_column(table, "estimate", same ? "mean" : "population", CELL_REAL),
           se = table_column(table, "se", "Std.Err.", CELL_REAL);
    size_t interval = table_interval(table, "lower", "upper", heading(job, m, result->arena));
    size_t typical = table_column(table, "typical", "typical group", CELL_REAL),
           typical_se = table_column(table, "typical_se", NULL, CELL_REAL);
    size_t typical_interval = table_interval(table, "typical_lower", "typical_upper", NULL), df = df_column(table, m);
    int decimals = decimals_of(m->population, m->typical, m->count, settings->digits, result->arena);
    unsigned scale = scale_of_intervals(m, job->category);

    column_derives(table, estimate, DERIVED_MARGIN, 0);
    column_derives(table, se, DERIVED_MARGIN_SE, 0);
    column_derives(table, interval, DERIVED_MARGIN_INTERVAL, scale);
    column_derives(table, typical, DERIVED_TYPICAL, 0);
    column_derives(table, typical_se, DERIVED_TYPICAL_SE, 0);
    column_derives(table, typical_interval, DERIVED_TYPICAL_INTERVAL, scale);
    table_flags(table, value, COLUMN_NOT_TEXT);
    table_flags(table, typical_interval, COLUMN_NOT_TEXT);
    show_beside(table, (const size_t[]){ estimate, se, interval }, typical, typical_se, decimals, same);
    for (int k = 0; k < m->count; k++) {
        size_t row = table_row(table);

        table_text(table, row, level, job->values[k].label);
        if (!job->predictor.coded || job->predictor.grouped)
            table_real(table, row, value, job->values[k].number);
        put_margin(job, table, row, (const size_t[]){ estimate, se, interval }, &m->population[k], is_open(job, same));
        put_margin(job, table, row, (const size_t[]){ typical, typical_se, typical_interval }, &m->typical[k], false);
        put_df(table, row, df, &m->population[k]);
    }
}

struct contrast_columns {
    size_t from, to, name, difference, se, interval, ratio, ratio_interval, odds_ratio;
    size_t typical_difference, typical_se, typical_ratio, typical_odds_ratio, needed;
};

bool margins_have_odds(const struct margins *m)
{
    for (int k = 0; k < m->contrast_count; k++)
        if (!isnan(m->of_typical[k].odds_ratio))
            return true;
    return false;
}

/* `geometric`: the ratios are of geometric means, and what is asked for. */
static struct contrast_columns contrast_columns(struct table *table, const char *heading, bool geometric)
{
    struct contrast_columns c;

    c.from = table_column(table, "from", NULL, CELL_TEXT);
    c.to = table_column(table, "to", NULL, CELL_TEXT);
    c.name = table_column(table, NULL, NULL, CELL_TEXT);
    c.difference = table_column(table, "difference", "difference", CELL_REAL);
    c.se = table_column(table, "se", "Std.Err.", CELL_REAL);
    c.interval = table_interval(table, "lower", "upper", heading);
    c.ratio = table_column(table, "ratio", geometric ? "ratio of geometric means" : "ratio", CELL_REAL);
    c.ratio_interval = table_interval(table, "ratio_lower", "ratio_upper", geometric ? heading : NULL);
    c.odds_ratio = table_column(table, "odds_ratio", "odds ratio", CELL_REAL);
    c.typical_difference = table_column(table, "typical_difference", NULL, CELL_REAL);
    c.typical_se = table_column(table, "typical_se", NULL, CELL_REAL);
    c.typical_ratio = table_column(table, "typical_ratio", NULL, CELL_REAL);
    c.typical_odds_ratio = table_column(table, "typical_odds_ratio", "typical group's", CELL_REAL);
    c.needed = table_column(table, "nnt", NULL, CELL_REAL);
    column_derives(table, c.difference, DERIVED_DIFFERENCE, 0);
    column_derives(table, c.se, DERIVED_DIFFERENCE_SE, 0);
    column_derives(table, c.interval, DERIVED_DIFFERENCE_INTERVAL, 0);
    column_derives(table, c.ratio, DERIVED_RATIO, 0);
    column_derives(table, c.ratio_interval, DERIVED_RATIO_INTERVAL, 0);
    column_derives(table, c.odds_ratio, DERIVED_ODDS_RATIO, 0);
    column_derives(table, c.typical_difference, DERIVED_TYPICAL_DIFFERENCE, 0);
    column_derives(table, c.typical_se, DERIVED_TYPICAL_DIFFERENCE_SE, 0);
    column_derives(table, c.typical_ratio, DERIVED_TYPICAL_RATIO, 0);
    column_derives(table, c.typical_odds_ratio, DERIVED_TYPICAL_ODDS_RATIO, 0);
    table_flags(table, c.needed, COLUMN_NOT_TEXT);
    table_flags(table, c.from, COLUMN_NOT_TEXT);
    table_flags(table, c.to, COLUMN_NOT_TEXT);
    table_flags(table, c.name, COLUMN_NOT_JSON);
    if (!geometric)
        table_flags(table, c.ratio_interval, COLUMN_NOT_TEXT);
    table_flags(table, c.typical_difference, COLUMN_NOT_TEXT);
    table_flags(table, c.typical_se, COLUMN_NOT_TEXT);
    table_flags(table, c.typical_ratio, COLUMN_NOT_TEXT);
    return c;
}

/* Three decimals, unless a ratio is so small that they would not show it, or so large that they are noise. */
static void ratio_decimals(struct table *table, struct contrast_columns c, const struct margins *m)
{
    double least = 1, most = 1;

    for (int k = 0; k < m->contrast_count; k++) {
        const double ratios[] = { m->of_population[k].ratio, m->of_population[k].odds_ratio, m->of_typical[k].odds_ratio };

        for (int i = 0; i < 3; i++) {
            if (!isfinite(ratios[i]) || ratios[i] == 0) /* a cell at infinity */
                continue;
            least = fmin(least, ratios[i]);
            most = fmax(most, ratios[i]);
        }
    }
    table_decimals(table, c.ratio_interval, 3);
    if (least < 0.01 || most >= 1000) {
        table_decimals(table, c.ratio_interval, DECIMALS_OWN);
        table_digits(table, c.ratio, 3);
        table_digits(table, c.odds_ratio, 3);
        table_digits(table, c.typical_odds_ratio, 3);
        return;
    }
    table_decimals(table, c.ratio, 3);
    table_decimals(table, c.odds_ratio, 3);
    table_decimals(table, c.typical_odds_ratio, 3);
}

/* Those of the means, or, where the data determine none of these, of the differences. */
static int decimals_of_contrasts(const struct margins *m, int digits, struct arena *arena)
{
    struct margin *differences = arena_alloc(arena, (size_t)m->contrast_count + 1, sizeof *differences);
    bool known = differences == NULL;

    for (int k = 0; k < m->count; k++)
        known = known || isfinite(m->population[k].estimate);
    if (known)
        return decimals_of(m->population, m->typical, m->count, digits, arena);
    for (int k = 0; k < m->contrast_count; k++)
        differences[k] = m->of_population[k].difference;
    return decimals_of(differences, differences, m->contrast_count, digits, arena);
}

void margins_contrasts_table(struct result *result, const struct margins_job *job, const struct margins *m, bool same)
{
    const struct settings *settings = &job->session->settings;
    struct table *table = result_table(result, "contrasts", "contrast");
    struct contrast_columns c = contrast_columns(table, heading(job, m, result->arena), ratio_log_base(job->predictor.model) > 0);
    int decimals = decimals_of_contrasts(m, settings->digits, result->arena);
    bool odds = m->contrast_count > 0 && margins_have_odds(m);
    size_t df = df_column(table, m);

    table_estimate_decimals(table, (struct estimate_columns){ c.difference, c.se, c.interval }, decimals);
    ratio_decimals(table, c, m);
    if (ratio_is_meaningless(job->predictor.model))
        table_flags(table, c.ratio, COLUMN_NOT_TEXT);
    if (!odds)
        table_flags(table, c.odds_ratio, COLUMN_NOT_TEXT);
    if (!odds || same)
        table_flags(table, c.typical_odds_ratio, COLUMN_NOT_TEXT);
    for (int k = 0; k < m->contrast_count; k++) {
        const struct margin_contrast *of = &m->of_population[k], *typical = &m->of_typical[k];
        const char *from = job->values[of->from].label, *to = job->values[of->to].label;
        size_t row = table_row(table);

        table_text(table, row, c.from, from);
        table_text(table, row, c.to, to);
        table_text(table, row, c.name, arena_printf(result->arena, "%s - %s", to, from));
        put_margin(job, table, row, (const size_t[]){ c.difference, c.se, c.interval }, &of->difference, is_open(job, same));
        if (!of->difference.estimable) {
            table_none(table, row, c.ratio);
            table_none(table, row, c.ratio_interval);
            table_none(table, row, c.odds_ratio);
            table_none(table, row, c.typical_odds_ratio);
            continue;
        }
        if (is_open(job, same)) {
            table_none(table, row, c.ratio);
            table_none(table, row, c.odds_ratio);
        } else {
            table_real_known(table, row, c.ratio, of->ratio);
            table_pair_known(table, row, c.ratio_interval, of->ratio_lower, of->ratio_upper);
            table_real_known(table, row, c.odds_ratio, of->odds_ratio);
        }
        if (odds && !is_open(job, same) && isfinite(margin_needed(&of->difference)))
            table_real_known(table, row, c.needed, margin_needed(&of->difference));
        table_real_known(table, row, c.typical_difference, typical->difference.estimate);
        table_real_known(table, row, c.typical_se, typical->difference.se);
        table_real_known(table, row, c.typical_ratio, typical->ratio);
        table_real_known(table, row, c.typical_odds_ratio, typical->odds_ratio);
        put_df(table, row, df, &of->difference);
    }
}

void margins_slope_table(struct result *result, const struct margins_job *job, const struct margins *m, bool same)
{
    const struct settings *settings = &job->session->settings;
    struct table *table = result_table(result, "rows", NULL);
    size_t level = table_column(table, "level", NULL, CELL_TEXT),
           estimate = table_column(table, "estimate", same ? "mean slope" : "population", CELL_REAL),
           se = table_column(table, "se", "Std.Err.", CELL_REAL);
    size_t interval = table_interval(table, "lower", "upper", heading(job, m, result->arena));
    size_t typical = table_column(table, "typical", "typical group", CELL_REAL),
           typical_se = table_column(table, "typical_se", NULL, CELL_REAL), df = df_column(table, m), row = table_row(table);
    struct margin population = margin_slope(&m->of_population[0].difference, 2 * job->step),
                  group = margin_slope(&m->of_typical[0].difference, 2 * job->step);
    int decimals;

    decimals = decimals_of(&population, &group, 1, settings->digits, result->arena);
    column_derives(table, estimate, DERIVED_MARGIN, DERIVED_AS_SLOPE);
    column_derives(table, se, DERIVED_MARGIN_SE, 0);
    column_derives(table, interval, DERIVED_MARGIN_INTERVAL, 0);
    column_derives(table, typical, DERIVED_TYPICAL, DERIVED_AS_SLOPE);
    column_derives(table, typical_se, DERIVED_TYPICAL_SE, 0);
    show_beside(table, (const size_t[]){ estimate, se, interval }, typical, typical_se, decimals, same);
    table_text(table, row, level, "slope");
    put_df(table, row, df, &population);
    put_margin(job, table, row, (const size_t[]){ estimate, se, interval }, &population, is_open(job, same));
    table_real_known(table, row, typical, group.estimate);
    table_real_known(table, row, typical_se, group.se);
    result_value(result, "contrasts", value_array(result->arena));
}
