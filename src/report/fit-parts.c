/* fit-parts.c -- see fit-parts.h. */
#include "report/fit-parts.h"

#include <math.h>

#include "fit/scales.h"
#include "infer/ci.h"
#include "report/tables.h"
#include "result/number.h"
#include "result/value.h"

static const char *const part_keys[] = { "thresholds", "zi", "disp" };

static const char *part_title(struct result *result, const struct family *family, enum part_kind kind)
{
    if (kind == PART_THRESHOLDS)
        return "Thresholds";
    if (kind == PART_ZERO)
        return family_is_hurdle(family) ? "Zeros (log-odds)" : "Zero inflation (log-odds)";
    return arena_printf(result->arena, "Dispersion (log %s%s)", family->reciprocal ? "1/" : "", family->dispersion_name);
}

/* Of the 0 and the 1 that proportions may have. */
static void empty_notes(struct result *result, const struct fit_part *part)
{
    for (int j = 0; j < part->count; j++)
        if (isinf(part->estimate[j]))
            result_line(result, LINE_NOTE, "%s is %s: no response is %d, and nothing else hangs on it", part->names[j],
                        part->estimate[j] < 0 ? "-Inf" : "Inf", part->estimate[j] > 0);
}

static void part_table(struct result *result, const struct session *session, const struct fit *fit, const struct fit_part *part)
{
    double level = session->settings.level;
    struct table *table = result_table(result, part_keys[part->kind], part_title(result, fit->family, part->kind));
    size_t term = table_column(table, "term", NULL, CELL_TEXT), estimate = table_column(table, "estimate", "Estimate", CELL_REAL),
           se = table_column(table, "se", "Std.Err.", CELL_REAL), statistic = table_column(table, "statistic", "z", CELL_REAL),
           p = table_column(table, "p", "p", CELL_P);
    size_t interval = table_interval(table, "lower", "upper", arena_printf(result->arena, "%g%% interval (z)", 100 * level));
    int decimals = fitting_decimals_or_own(part->estimate, part->se, (size_t)part->count, session->settings.digits);

    table_estimate_decimals(table, (struct estimate_columns){ estimate, se, interval }, decimals);
    table_statistic(table, statistic, 2);
    for (int j = 0; j < part->count; j++) {
        size_t row = table_row(table);
        struct wald wald;

        wald_test(part->estimate[j], part->se[j], (double)INFINITY, level, &wald);
        table_indent(table, row, 1);
        table_text(table, row, term, part->names[j]);
        table_real_known(table, row, estimate, part->estimate[j]);
        if (!isfinite(part->se[j]) || !isfinite(part->estimate[j])) { /* the verdict says why */
            table_none(table, row, se);
            table_none(table, row, statistic);
            table_none(table, row, p);
            table_none(table, row, interval);
            continue;
        }
        table_real(table, row, se, part->se[j]);
        table_real(table, row, statistic, wald.statistic);
        table_real(table, row, p, wald.p);
        table_pair(table, row, interval, wald.lower, wald.upper);
    }
    if (part->kind == PART_THRESHOLDS && fit->family->categories == 0)
        empty_notes(result, part);
}

static bool has_correlations(const struct design *design)
{
    bool any = false;

    for (int t = 0; t < design->random_count; t++)
        any = any || (design->random[t].k > 1 && design->random[t].covariance->correlated);
    return any;
}

/* The random terms of a predictor: standard deviations, and each effect's correlations with those before it. */
static void part_random_table(struct result *result, const struct fit_part *part)
{
    bool zero = part->kind == PART_ZERO;
    struct table *table =
        result_table(result, zero ? "zi_random" : "disp_random", zero ? "Random effects of zi" : "Random effects of disp");
    size_t group = table_column(table, "group", NULL, CELL_TEXT), effect = table_column(table, "term", NULL, CELL_TEXT),
           sd = table_column(table, "sd", "Std.Dev.", CELL_REAL),
           variance = table_column(table, "variance", "Variance", CELL_REAL),
           corr = table_column(table, "corr", has_correlations(part->design) ? "Corr" : NULL, CELL_TEXT);

    table_flags(table, effect, COLUMN_NAME);
    for (int t = 0; t < part->design->random_count; t++) {
        const struct random_design *design = &part->design->random[t];
        const struct random_fit *random = &part->random[t];

        for (int a = 0; a < random->k; a++) {
            size_t row = table_row(table);
            const char *text = "";
            char number[NUMBER_SIZE];

            table_indent(table, row, 1);
            table_text(table, row, group, design->group);
            table_text(table, row, effect, design->names[a]);
            table_real_known(table, row, sd, random->sd[a]);
            table_real_known(table, row, variance, random->sd[a] * random->sd[a]);
            for (int b = 0; b < a && design->covariance->correlated; b++) {
                double r = random->correlation[a + b * random->k];

                text = arena_printf(result->arena, "%s%s%s", text, b > 0 ? " " : "",
                                    isnan(r) ? "\xe2\x80\x93" : number_fixed(number, r, 2));
            }
            table_text(table, row, corr, text);
        }
    }
}

/* JSON `disp[]` of disp= by REML, whose coefficients are shown as those of the residuals' structure. */
static struct value *scales_value(struct arena *arena, const struct session *session, const struct fit *fit)
{
    const struct design *scales = fit_scales(fit);
    struct value *list = value_array(arena), *one;

    for (int j = 0; scales != NULL && j < scales->p; j++) {
        struct wald wald;
        double se, estimate = fit_scales_coefficient(fit, j, &se);

        wald_test(estimate, se, (double)INFINITY, session->settings.level, &wald);
        one = value_append(list, value_object(arena));
        value_set(arena, one, "term", value_string(arena, scales->names[j]));
        value_set(arena, one, "estimate", value_real(arena, estimate));
        value_set(arena, one, "se", value_real_known(arena, se));
        value_set(arena, one, "statistic", value_real_known(arena, wald.statistic));
        value_set(arena, one, "p", value_real_known(arena, wald.p));
        value_set(arena, one, "lower", value_real_known(arena, wald.lower));
        value_set(arena, one, "upper", value_real_known(arena, wald.upper));
    }
    return list;
}

void fit_part_tables(struct result *result, const struct session *session, const struct fit *fit)
{
    bool present[3] = { false, false, false };

    for (int k = 0; k < fit->part_count; k++) {
        present[fit->part[k].kind] = true;
        part_table(result, session, fit, &fit->part[k]);
        if (fit->part[k].design != NULL && fit->part[k].design->random_count > 0)
            part_random_table(result, &fit->part[k]);
    }
    for (int kind = 0; kind < 3; kind++)
        if (!present[kind])
            result_value(result, part_keys[kind],
                         kind == PART_DISPERSION ? scales_value(result->arena, session, fit) : value_array(result->arena));
}

/* One shape: in the text, and in the list. */
static void shape_field(struct result *result, const struct session *session, const struct fit *fit, int shape,
                        struct item *fields, struct value *list)
{
    const struct family_shape *of = &fit->family->more[shape - fit->family->has_dispersion];
    int at = fit_rest_of_shape(fit, shape);
    double se = at < 0 ? (double)NAN : fit_rest_se(fit, at), reach = wald_quantile(INFINITY, session->settings.level) * se, rate;
    double ends[3] = { fit->shape[shape], (double)NAN, (double)NAN };
    char text[3][NUMBER_SIZE];
    const char *interval = family_holds_shape(fit->family, shape) ? ", held" : "", *limit = "";
    struct value *value = value_append(list, value_object(result->arena));
    int decimals;

    if (isfinite(reach)) {
        shape_interval(fit, shape, fit->rest[at], se, session->settings.level, ends + 1);
        if (isinf(ends[2]))
            limit = arena_printf(result->arena, "; %s: %s", of->scale == SHAPE_POWER ? "2" : "Inf", fit->family->limit);
        ends[1] = family_shape_value(fit->family, shape, ends[1], NULL);
        ends[2] = family_shape_value(fit->family, shape, ends[2], NULL);
        family_shape_value(fit->family, shape, fit->rest[at], &rate);
        se *= rate;
    }
    value_set(result->arena, value, "name", value_string(result->arena, of->name));
    if (!fit_has_estimates(fit)
        || (of->scale == SHAPE_POWER && !family_holds_shape(fit->family, shape) && fit_has_no_variation(fit))) {
        static const char *const unknown[] = { "estimate", "se", "lower", "upper" };

        for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++)
            value_set(result->arena, value, unknown[i], value_null(result->arena));
        field_text(result, fields, NULL, "Shape", arena_printf(result->arena, "%s \xe2\x80\x93; %s", of->name, of->note));
        return;
    }
    value_set(result->arena, value, "estimate", value_real(result->arena, ends[0]));
    value_set(result->arena, value, "se", isfinite(reach) ? value_real(result->arena, se) : value_null(result->arena));
    value_set(result->arena, value, "lower", isfinite(reach) ? value_real(result->arena, ends[1]) : value_null(result->arena));
    value_set(result->arena, value, "upper", isfinite(reach) ? value_real(result->arena, ends[2]) : value_null(result->arena));
    decimals = number_decimals(ends, isfinite(reach) && ends[2] < 1e6 ? 3 : 1, session->settings.digits);
    if (isfinite(reach))
        interval = arena_printf(result->arena, " [%s, %s]", number_fixed(text[1], ends[1], decimals),
                                ends[2] < 1e6 ? number_fixed(text[2], ends[2], decimals) : "Inf");
    field_text(result, fields, NULL, "Shape",
               arena_printf(result->arena, "%s %s%s; %s%s", of->name,
                            ends[0] > 1e6 ? "Inf" : number_fixed(text[0], ends[0], decimals), interval, of->note, limit));
}

void fit_shape_fields(struct result *result, const struct session *session, const struct fit *fit)
{
    struct value *list = value_array(result->arena);
    struct item *fields = NULL;

    for (int j = fit->family->has_dispersion; j < family_shapes(fit->family); j++) {
        if (fit->family->more[j - fit->family->has_dispersion].scale == SHAPE_FREE)
            continue;
        if (fields == NULL && !fit->has_scale) /* else they stand below the dispersion */
            result_line(result, LINE_BLANK, " ");
        if (fields == NULL)
            fields = result_fields(result);
        shape_field(result, session, fit, j, fields, list);
    }
    result_value(result, "shapes", list);
}
