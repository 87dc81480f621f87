/* fit-random.c -- see fit-random.h. */
#include "report/fit-random.h"

#include <math.h>
#include <string.h>

#include "fit/identify.h"
#include "fit/imputed.h"
#include "infer/icc.h"
#include "infer/parameter.h"
#include "model/family.h"
#include "model/relation.h"
#include "model/residuals.h"
#include "report/interval-notes.h"
#include "report/tables.h"
#include "result/number.h"

enum { CORRELATIONS_INLINE = 4 }; /* more effects a term than one above this: the correlations stand in tables of their own */

struct random_columns {
    size_t group, csv_group, term, sd, interval, variance, correlation[CORRELATIONS_INLINE], share;
    int correlations;
    bool with_share;
    const struct components *components; /* intervals; NULL: none */
};

/* Ends of one size share their decimals; where some are a hundred times others, each has its own digits, one less than estimates.
 */
static void interval_digits(struct table *table, size_t column, const struct components *components, int digits)
{
    static const double FAR = 100;
    double least = HUGE_VAL, most = 0;

    for (int i = 0; i < components->count; i++) {
        const struct interval *interval = &components->interval[i];

        if (interval->reason != INTERVAL_GIVEN)
            continue;
        most = fmax(most, isfinite(interval->upper) ? interval->upper : 0);
        if (interval->lower > 0)
            least = fmin(least, interval->lower);
        else if (interval->upper > 0)
            least = fmin(least, interval->upper);
    }
    if (number_sound(most) <= FAR * number_sound(least))
        return;
    table_decimals(table, column, DECIMALS_OWN);
    table_digits(table, column, digits > 2 ? digits - 1 : digits);
}

static void pair_cell(struct table *table, size_t row, const struct random_columns *at, const struct interval *interval)
{
    if (interval != NULL)
        table_pair(table, row, at->interval, interval->lower, interval->upper);
    else if (at->components != NULL)
        table_none(table, row, at->interval);
}

/* The interval of the standard deviation of effect a of term t, of the residuals for t < 0. */
static void interval_cell(struct table *table, size_t row, const struct random_columns *at, int t, int a)
{
    pair_cell(table, row, at, at->components == NULL ? NULL : components_of(at->components, t, a));
}

/* NAN where it is not determined. */
static double correlation_of(const struct fit *fit, int t, int a, int b)
{
    bool known = fit_knows(fit, t, a, b) && fit_knows(fit, t, a, a) && fit_knows(fit, t, b, b);

    return known ? fit->random[t].correlation[b * fit->random[t].k + a] : (double)NAN;
}

/* That of a term with all its effects, in its first row; where only a sum with others is determined, in the row of the sum. */
static void share_cell(struct table *table, size_t row, const struct random_columns *at, const struct fit *fit, int t)
{
    double share = at->with_share ? icc_share(fit, t) : (double)NAN;

    if (!isnan(share))
        table_real(table, row, at->share, share);
}

/* A structured term of one variance: one row for all its effects. */
static void structured_row(struct table *table, const struct fit *fit, int t, const struct random_columns *at)
{
    const struct random_design *design = &fit->design->random[t];
    size_t row = table_row(table);

    table_indent(table, row, 1);
    table_text(table, row, at->group, design->group);
    table_text(table, row, at->csv_group, design->group);
    table_text(table, row, at->term,
               arena_printf(table->arena, "%s, %d effects", random_structure_name(design, table->arena), design->k));
    if (fit_knows(fit, t, 0, 0)) {
        table_real_known(table, row, at->sd, fit->random[t].sd[0]);
        interval_cell(table, row, at, t, 0);
        table_real_known(table, row, at->variance, fit->random[t].covariance[0]);
    } else {
        table_none(table, row, at->sd);
        table_none(table, row, at->variance);
    }
    share_cell(table, row, at, fit, t);
}

static void random_rows(struct table *table, const struct fit *fit, int t, const struct random_columns *at)
{
    const struct random_design *design = &fit->design->random[t];
    const struct random_fit *random = &fit->random[t];
    int k = random->k;

    if (design->structure != NULL && !design->structure->hetero) {
        structured_row(table, fit, t, at);
        return;
    }
    for (int a = 0; a < k; a++) {
        size_t row = table_row(table);

        table_indent(table, row, 1);
        if (a == 0)
            table_text(table, row, at->group, design->group);
        table_text(table, row, at->csv_group, design->group);
        table_text(table, row, at->term,
                   design->relation == NULL ? design->names[a]
                                            : arena_printf(table->arena, "%s, K = %s", design->names[a], design->relation->name));
        if (!fit_knows(fit, t, a, a)) {
            table_none(table, row, at->sd);
            interval_cell(table, row, at, t, a);
            table_none(table, row, at->variance);
        } else {
            table_real_known(table, row, at->sd, random->sd[a]);
            interval_cell(table, row, at, t, a);
            table_real_known(table, row, at->variance, isinf(random->sd[a]) ? random->sd[a] : random->covariance[a * k + a]);
        }
        for (int b = 0; b < a && b < at->correlations && design->covariance->correlated && design->structure == NULL; b++) {
            if (random->sd[a] == 0 || random->sd[b] == 0) /* there is none */
                continue;
            table_real_known(table, row, at->correlation[b], correlation_of(fit, t, a, b));
        }
        if (a == 0)
            share_cell(table, row, at, fit, t);
    }
}

/* The sums that are determined in the place of some variances. */
static void sum_rows(struct table *table, const struct fit *fit, const struct random_columns *at)
{
    for (int j = 0; table != NULL && fit->identity != NULL && j < fit->identity->sum_count; j++) {
        const struct identity_sum *sum = &fit->identity->sums[j];
        const char *effects = identity_sum_effects(table->arena, fit->design, sum);
        size_t row = table_row(table);

        table_indent(table, row, 1);
        table_text(table, row, at->group, identity_sum_groups(table->arena, fit->design, sum));
        table_text(table, row, at->csv_group, identity_sum_groups(table->arena, fit->design, sum));
        table_text(table, row, at->term, effects);
        table_real_known(table, row, at->sd, identity_sum_sd(sum));
        pair_cell(table, row, at, at->components == NULL ? NULL : components_of_sum(at->components, j));
        table_real_known(table, row, at->variance, sum->value);
        if (at->with_share && effects != NULL && strcmp(effects, "(Intercept)") == 0)
            table_real_known(table, row, at->share, sum->value / icc_total(fit));
    }
}

/* Whether some term gives more variance to one row than to another. */
static bool varies_with_rows(const struct design *design)
{
    for (int t = 0; t < design->random_count; t++)
        if (design->random[t].z != NULL && (design->random[t].structure == NULL || design->random[t].structure->hetero))
            return true;
    return false;
}

static const char *interval_heading(struct result *result, const struct session *session, const struct components *components)
{
    return arena_printf(result->arena, "%g%% interval (%s)", 100 * session->settings.level,
                        components->method == COMPONENTS_PROFILE ? "profile" : "log-scale");
}

void summary_random(struct result *result, const struct session *session, const struct fit *fit,
                    const struct components *components)
{
    struct table *table = result_table(result, NULL, "Random effects");
    struct random_columns at = { .csv_group = table_column(table, "group", NULL, CELL_TEXT),
                                 .group = table_column(table, NULL, NULL, CELL_TEXT),
                                 .term = table_column(table, "term", "", CELL_TEXT) };
    int widest = 1;
    size_t row;

    if (table == NULL)
        return;
    table_flags(table, at.csv_group, COLUMN_CSV);
    table_flags(table, at.term, COLUMN_NAME);
    table_csv_name(table, "random");
    at.sd = table_column(table, "sd", "Std.Dev.", CELL_REAL);
    if (components->method != COMPONENTS_NONE) {
        at.components = components;
        at.interval = table_interval(table, "lower", "upper", interval_heading(result, session, components));
        interval_digits(table, at.interval, components, session->settings.digits);
    }
    at.variance = table_column(table, "variance", "Variance", CELL_REAL);
    for (int t = 0; t < fit->design->random_count; t++)
        if (fit->design->random[t].covariance->correlated && fit->design->random[t].structure == NULL
            && fit->random[t].k > widest)
            widest = fit->random[t].k;
    at.correlations = widest - 1 > CORRELATIONS_INLINE ? 0 : widest - 1;
    for (int b = 0; b < at.correlations; b++) {
        at.correlation[b] = table_column(table, arena_printf(result->arena, "corr%d", b + 1), b == 0 ? "Corr" : "", CELL_REAL);
        table_decimals(table, at.correlation[b], 2);
        if (b > 0)
            table_flags(table, at.correlation[b], COLUMN_JOINED);
    }
    at.with_share = icc_has_shares(fit);
    if (at.with_share)
        at.share = table_column(table, "share", "share", CELL_PERCENT);
    for (int t = 0; table != NULL && t < fit->design->random_count; t++) /* NULL: memory is out */
        random_rows(table, fit, t, &at);
    sum_rows(table, fit, &at);
    if (fit_has_one_residual(fit)) { /* of several each is a parameter of their structure */
        bool known = fit_knows(fit, -1, 0, 0);

        row = table_row(table);
        table_indent(table, row, 1);
        table_text(table, row, at.group, "Residual");
        table_text(table, row, at.csv_group, "Residual");
        table_real_known(table, row, at.sd, known ? residual_sd_shown(fit) : (double)NAN);
        interval_cell(table, row, &at, -1, 0);
        table_real_known(table, row, at.variance, known ? residual_sd_shown(fit) * residual_sd_shown(fit) : (double)NAN);
        share_cell(table, row, &at, fit, -1);
    }
    if (components_hang_on_nodes(components, -1))
        nodes_note(result, fit, NULL);
    if (at.with_share && varies_with_rows(fit->design))
        result_line(result, LINE_NOTE, "share: of a row's variance, averaged over the rows; a term's effects together");
    if (at.with_share)
        related_share_note(result, fit);
}

void related_share_note(struct result *result, const struct fit *fit)
{
    bool ones = true; /* of plain terms, and where all levels have 1 with themselves there is nothing to say */

    for (int t = 0; t < fit->design->random_count; t++)
        ones = ones && fit->design->random[t].related == NULL;
    if (!ones)
        result_line(
            result, LINE_NOTE,
            "share: of a row's variance, to which a component with a matrix K gives its own times what the row's level has "
            "with itself in K, averaged over the rows");
}

/* The columns of structures, and the intervals that they are of; -1: those of no term. */
struct structure_columns {
    size_t csv_group, csv_structure, group, structure, parameter, estimate, interval;
    const struct components *components; /* NULL: none */
};

static void parameter_rows(struct table *table, const struct structure_columns *c, int t, const char *group,
                           const char *structure, const struct covariance_parameter *list, int count)
{
    for (int i = 0; i < count; i++) {
        size_t row = table_row(table);
        const struct interval *interval = c->components == NULL ? NULL : components_of_structure(c->components, t, i);

        table_indent(table, row, 1);
        table_text(table, row, c->csv_group, group);
        table_text(table, row, c->csv_structure, structure);
        if (i == 0) {
            table_text(table, row, c->group, group);
            table_text(table, row, c->structure, structure);
        }
        table_text(table, row, c->parameter, list[i].name);
        table_real_known(table, row, c->estimate, list[i].estimate);
        if (interval != NULL)
            table_pair(table, row, c->interval, interval->lower, interval->upper);
        else if (c->components != NULL)
            table_none(table, row, c->interval);
    }
}

/* The parameters of structured terms and residuals, beside the standard deviations of the terms. */
void summary_structures(struct result *result, const struct session *session, const struct fit *fit,
                        const struct components *components)
{
    const struct design *design = fit->design;
    int count = fit->residual == NULL ? 0 : fit->residual->parameter_count;
    struct structure_columns c = { .components = components->method == COMPONENTS_NONE ? NULL : components };
    struct table *table;

    for (int t = 0; t < design->random_count; t++)
        count += fit->random[t].parameter_count;
    if (count == 0)
        return;
    table = result_table(result, NULL, "Structure");
    table_csv_name(table, "structure");
    c.csv_group = table_column(table, "group", NULL, CELL_TEXT);
    c.csv_structure = table_column(table, "structure", NULL, CELL_TEXT);
    c.group = table_column(table, NULL, NULL, CELL_TEXT);
    c.structure = table_column(table, NULL, "", CELL_TEXT);
    c.parameter = table_column(table, "parameter", "", CELL_TEXT);
    table_flags(table, c.csv_group, COLUMN_CSV);
    table_flags(table, c.csv_structure, COLUMN_CSV);
    table_flags(table, c.structure, COLUMN_NAME);
    table_flags(table, c.parameter, COLUMN_NAME);
    c.estimate = table_column(table, "estimate", "Estimate", CELL_REAL);
    if (c.components != NULL) {
        c.interval = table_interval(table, "lower", "upper", interval_heading(result, session, components));
        table_decimals(table, c.interval, DECIMALS_OWN);
    }
    for (int t = 0; t < design->random_count; t++)
        if (design->random[t].structure != NULL)
            parameter_rows(table, &c, t, design->random[t].group, random_structure_name(&design->random[t], result->arena),
                           fit->random[t].parameters, fit->random[t].parameter_count);
    if (fit->residual != NULL)
        parameter_rows(table, &c, -1, "Residual", design->residual != NULL ? design->residual->text : fit->residual->structure,
                       fit->residual->parameters, fit->residual->parameter_count);
    if (components->method == COMPONENTS_PROFILE)
        pieces_note(result, fit);
}

/* A lower triangle of correlations, for terms of many effects and for `corr`. */
void summary_correlation_table(struct result *result, const char *title, const char *const *names, int count,
                               const double *correlation)
{
    struct table *table = result_table(result, NULL, title);
    size_t name = table_column(table, "term", NULL, CELL_TEXT), first = 0, row;

    for (int b = 0; b + 1 < count; b++) {
        size_t column = table_column(table, names[b], names[b], CELL_REAL);

        first = b == 0 ? column : first;
        table_decimals(table, column, 2);
    }
    for (int a = 0; a < count; a++) {
        row = table_row(table);
        table_indent(table, row, 1);
        table_text(table, row, name, names[a]);
        for (int b = 0; b < a; b++)
            table_real_known(table, row, first + (size_t)b, correlation[b * count + a]);
    }
}

void summary_random_correlations(struct result *result, const struct fit *fit)
{
    for (int t = 0; t < fit->design->random_count; t++) {
        const struct random_design *design = &fit->design->random[t];

        if (design->k - 1 > CORRELATIONS_INLINE && design->covariance->correlated && design->structure == NULL)
            summary_correlation_table(result, arena_printf(result->arena, "Correlations by %s", design->group), design->names,
                                      design->k, fit->random[t].correlation);
    }
}
