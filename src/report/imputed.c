/* imputed.c -- see imputed.h. */
#include "report/imputed.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "data/imputation.h"
#include "fit/identify.h"
#include "fit/imputed.h"
#include "fit/method.h"
#include "infer/ci.h"
#include "infer/components.h"
#include "infer/pool.h"
#include "model/residuals.h"
#include "report/fit-parts.h"
#include "report/fit-random.h"
#include "report/headline.h"
#include "report/inference.h"
#include "report/tables.h"
#include "result/number.h"
#include "result/value.h"

/* --- the data -------------------------------------------------------------------------------------- */

static const char *plural(size_t n)
{
    return n == 1 ? "" : "s";
}

static const char *row_words(struct arena *arena, size_t least, size_t most)
{
    return least == most ? arena_printf(arena, "%zu row%s", most, plural(most))
                         : arena_printf(arena, "%zu to %zu rows", least, most);
}

static void imputation_value(struct result *result, const struct imputations *found, size_t least, size_t most, size_t left_out)
{
    struct arena *arena = result->arena;
    struct value *value = value_object(arena);

    value_set(arena, value, "variable", value_string(arena, found->name));
    value_set(arena, value, "imputations", value_integer(arena, found->count));
    value_set(arena, value, "rows_least", value_integer(arena, (long long)least));
    value_set(arena, value, "rows_most", value_integer(arena, (long long)most));
    value_set(arena, value, "left_out", value_integer(arena, (long long)left_out));
    result_value(result, "imputed", value);
}

void imputation_notes(struct result *result, const struct frame *frame, size_t left_out)
{
    struct imputations found;
    size_t least = SIZE_MAX, most = 0;

    if (!imputations_find(frame, &found, NULL)) {
        result->failed = true;
    } else if (found.count > 0) {
        for (int k = 0; k < found.count; k++) {
            size_t rows = found.start[k + 1] - found.start[k];

            least = rows < least ? rows : least;
            most = rows > most ? rows : most;
        }
        imputation_value(result, &found, least, most, left_out);
        if (found.count == 1)
            result_line(result, LINE_NOTE,
                        "one imputation only, %s = %g: nothing to pool, and fits are of these rows as of any others", found.name,
                        found.number[0]);
        else
            result_line(result, LINE_NOTE, "%d imputations of %s each, numbered by %s: fits are pooled (help imputed)",
                        found.count, row_words(result->arena, least, most), found.name);
        if (left_out > 0)
            result_line(result, LINE_NOTE, "left out: %zu row%s of imputation 0, the data before they were imputed", left_out,
                        plural(left_out));
    }
    imputations_clear(&found);
}

const char *imputed_rows(struct arena *arena, const struct model *model)
{
    const struct design *design = model->design;
    struct imputations found;
    size_t *rows = NULL, least = SIZE_MAX, most = 0;
    const char *words = NULL;
    int used = 0;

    if (imputations_find(model->frame, &found, NULL) && (rows = mem_zalloc((size_t)found.count + 1, sizeof *rows)) != NULL) {
        for (size_t i = 0; i < design->n; i++)
            rows[found.code[design->row[i]]]++;
        for (int k = 0; k < found.count; k++)
            if (rows[k] > 0) {
                least = rows[k] < least ? rows[k] : least;
                most = rows[k] > most ? rows[k] : most;
                used++;
            }
        words = least == most ? arena_printf(arena, "%zu in each of %d imputations", most, used)
                              : arena_printf(arena, "%zu to %zu in %d imputations", least, most, used);
    }
    mem_free(rows);
    imputations_clear(&found);
    return words;
}

/* --- what was pooled ------------------------------------------------------------------------------- */

/* "3 and 5", "2, 3 and 5": of imputations that are left out. */
static const char *left_out_words(struct arena *arena, const struct imputed *imputed)
{
    const char *words = "";
    int left = imputed->count - imputed->counted, said = 0;

    for (int k = 0; k < imputed->count && words != NULL; k++)
        if (!imputed->one[k].counts) {
            said++;
            words = arena_printf(arena, "%s%s%g", words, said == 1 ? "" : said == left ? " and " : ", ", imputed->one[k].number);
        }
    return words;
}

static const char *first_message(const struct imputed *imputed)
{
    for (int k = 0; k < imputed->count; k++)
        if (!imputed->one[k].counts)
            return imputed->one[k].message;
    return "";
}

/* Whether a table of the result shows degrees of freedom without end, in the column of that key. */
static bool has_endless(const struct result *result, const char *key)
{
    for (const struct item *item = result->first; item != NULL; item = item->next)
        for (size_t j = 0; item->kind == ITEM_TABLE && j < item->as.table->column_count; j++) {
            const struct table *table = item->as.table;
            const struct table_column *column = &table->columns[j];
            const struct cell *cell;

            if (column->key == NULL || (column->flags & COLUMN_NOT_TEXT) != 0 || column->kind != CELL_REAL
                || strcmp(column->key, key) != 0)
                continue;
            for (size_t row = 0; row < table->row_count; row++)
                if ((cell = table_cell(table, row, j)) != NULL && cell->state == CELL_SET && isinf(cell->as.real))
                    return true;
        }
    return false;
}

void pooled_note(struct result *result, const struct fit *fit)
{
    const struct imputed *imputed = fit->imputed;
    const char *left;

    if (imputed == NULL)
        return;
    if (has_endless(result, "df"))
        result_line(result, LINE_NOTE, "df Inf: the imputations agree in it, and the law is the normal one");
    if (has_endless(result, "den_df"))
        result_line(result, LINE_NOTE, "den df Inf: the imputations agree, and F times num df is chi-squared");
    result_line(result, LINE_NOTE, "pooled over %d imputations by Rubin's rules (help imputed)", imputed->counted);
    if (imputed->counted == imputed->count)
        return;
    if ((left = left_out_words(result->arena, imputed)) == NULL)
        result->failed = true;
    else
        result_line(result, LINE_NOTE, "imputation%s %s of %d left out, which could not be fitted: %s",
                    plural((size_t)(imputed->count - imputed->counted)), left, imputed->count, first_message(imputed));
}

void pooled_open_note(struct result *result, const struct fit *fit)
{
    for (int j = 0; fit->imputed != NULL && j < fit->design->p; j++)
        if (isnan(fit->beta[j]))
            result_line(result, LINE_NOTE,
                        "\xe2\x80\x93: what hangs on %s, which some imputations do not determine, is not pooled",
                        fit->design->names[j]);
}

/* How many of the fits that count ended so. */
static int count_verdict(const struct imputed *imputed, enum fit_verdict verdict)
{
    int count = 0;

    for (int k = 0; k < imputed->count; k++)
        count += imputed->one[k].counts && imputed->one[k].fit->optimum.verdict == verdict;
    return count;
}

/* --- the summary ----------------------------------------------------------------------------------- */

static void scalar_values(struct result *result, const struct model *model)
{
    static const char *const none[] = { "loglik", "criterion", "aic", "aicc", "bic", "deviance" };
    const struct fit *fit = model->fit;
    const struct imputed *imputed = fit->imputed;
    struct arena *arena = result->arena;
    struct value *value = value_object(arena);

    identity_values(result, model);
    result_string(result, "method", method_name(fit->method));
    result_integer(result, "nobs", (long long)imputed->most_rows);
    result_integer(result, "npar", fit->npar);
    result_integer(result, "df_residual", (long long)imputed->most_rows - fit->npar);
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        result_null(result, none[i]);
    if (fit_has_residual(fit) && isfinite(fit->sigma))
        result_real(result, "sigma", fit->sigma);
    else
        result_null(result, "sigma");
    if (fit->has_scale && isfinite(fit->dispersion))
        result_real(result, "dispersion", fit->dispersion);
    else
        result_null(result, "dispersion");
    groups_value(result, imputed->one[0].model->design);
    value_set(arena, value, "variable", value_string(arena, imputed->variable));
    value_set(arena, value, "imputations", value_integer(arena, imputed->count));
    value_set(arena, value, "pooled", value_integer(arena, imputed->counted));
    value_set(arena, value, "rows_least", value_integer(arena, (long long)imputed->least_rows));
    value_set(arena, value, "rows_most", value_integer(arena, (long long)imputed->most_rows));
    value_set(arena, value, "boundary", value_integer(arena, count_verdict(imputed, VERDICT_BOUNDARY)));
    value_set(arena, value, "not_identified", value_integer(arena, count_verdict(imputed, VERDICT_NOT_IDENTIFIED)));
    result_value(result, "imputed", value);
}

struct columns {
    size_t term, estimate, se, df, statistic, p, interval, within, between, riv, lambda, fmi, complete;
};

static struct columns fixed_columns(struct table *table, double level, struct arena *arena)
{
    struct columns c = { 0 };
    size_t *const hidden[] = { &c.within, &c.between, &c.riv, &c.lambda, &c.fmi, &c.complete };
    static const char *const keys[] = { "within", "between", "riv", "lambda", "fmi", "complete_df" };

    estimate_columns(table, &c.term, &c.estimate, &c.se);
    c.df = table_column(table, "df", "df", CELL_REAL);
    c.statistic = table_column(table, "statistic", "t", CELL_REAL);
    c.p = table_column(table, "p", "p", CELL_P);
    c.interval = table_interval(table, "lower", "upper", arena_printf(arena, "%g%% interval (Barnard-Rubin)", 100 * level));
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        *hidden[i] = table_column(table, keys[i], NULL, CELL_REAL);
        table_flags(table, *hidden[i], COLUMN_NOT_TEXT);
    }
    return c;
}

static void put_coefficient(struct table *table, const struct columns *c, const char *name, const struct pooled *one,
                            double level)
{
    size_t row = table_row(table);
    struct wald wald;

    table_indent(table, row, 1);
    table_text(table, row, c->term, name);
    if (isnan(one->estimate)) {
        const size_t empty[] = { c->estimate, c->se, c->df, c->statistic, c->p, c->interval };

        for (size_t i = 0; i < sizeof empty / sizeof *empty; i++)
            table_none(table, row, empty[i]);
        return;
    }
    wald_test(one->estimate, one->se, one->df, level, &wald);
    table_real(table, row, c->estimate, one->estimate);
    table_real(table, row, c->se, one->se);
    table_real(table, row, c->df, one->df);
    table_real_known(table, row, c->statistic, wald.statistic);
    table_real_known(table, row, c->p, wald.p);
    table_pair_known(table, row, c->interval, wald.lower, wald.upper);
    table_real(table, row, c->within, one->within);
    table_real(table, row, c->between, one->between);
    table_real(table, row, c->riv, one->riv);
    table_real(table, row, c->lambda, one->lambda);
    table_real(table, row, c->fmi, one->fmi);
    if (isfinite(one->complete_df))
        table_real(table, row, c->complete, one->complete_df);
}

/* The tests, and below them what the imputations add to the variance. */
static void fixed_tables(struct result *result, const struct session *session, const struct fit *fit, const struct pooled each[])
{
    double level = session->settings.level;
    const char *title =
        fit->link->kind == LINK_IDENTITY ? "Fixed effects" : arena_printf(result->arena, "Fixed (%s)", fit->link->scale);
    struct table *table = result_table(result, "fixed", title), *missing;
    struct columns c = fixed_columns(table, level, result->arena);
    int decimals = fitting_decimals_or_own(fit->beta, fit->se, (size_t)fit->design->p, session->settings.digits);
    size_t at[3];

    table_estimate_decimals(table, (struct estimate_columns){ c.estimate, c.se, c.interval }, decimals);
    table_decimals(table, c.df, 2);
    table_statistic(table, c.statistic, 2);
    for (int j = 0; j < fit->design->p; j++)
        put_coefficient(table, &c, fit->design->names[j], &each[j], level);
    missing = result_table(result, NULL, "Missing information");
    table_csv_name(missing, "missing");
    at[0] = table_column(missing, "term", NULL, CELL_TEXT);
    at[1] = table_column(missing, "riv", "increase in variance", CELL_REAL);
    at[2] = table_column(missing, "fmi", "fraction missing", CELL_REAL);
    table_decimals(missing, at[1], 3);
    table_decimals(missing, at[2], 3);
    table_flags(missing, at[2], COLUMN_SHARE);
    for (int j = 0; j < fit->design->p; j++) {
        size_t row = table_row(missing);

        table_indent(missing, row, 1);
        table_text(missing, row, at[0], fit->design->names[j]);
        table_real_known(missing, row, at[1], each[j].riv);
        table_real_known(missing, row, at[2], each[j].fmi);
    }
}

/* Coefficients that some imputation does not determine. */
static void open_notes(struct result *result, const struct fit *fit, const struct pooled each[])
{
    for (int j = 0; j < fit->design->p; j++) {
        int open = 0;

        if (!isnan(each[j].estimate))
            continue;
        for (int k = 0; k < fit->imputed->count; k++) {
            const struct imputed_fit *one = &fit->imputed->one[k];
            bool known = false;

            for (int c = 0; one->counts && c < one->model->design->p; c++)
                known = known || (one->kept[c] == j && isfinite(one->fit->beta[c]) && isfinite(one->fit->se[c]));
            open += one->counts && !known;
        }
        result_line(result, LINE_NOTE,
                    "\xe2\x80\x93: %s is not determined, or infinite, in %d of %d imputations, and is not pooled",
                    fit->design->names[j], open, fit->imputed->counted);
    }
}

static struct value *matrix_of(struct arena *arena, const double *matrix, int k)
{
    return value_matrix_known(arena, matrix, (size_t)k, (size_t)k);
}

static void random_value(struct result *result, const struct fit *fit, const struct pooled_sd *list, int count)
{
    struct arena *arena = result->arena;
    struct value *terms = value_array(arena);
    int at = 0;

    for (int t = 0; t < fit->design->random_count; t++) {
        const struct random_fit *random = &fit->random[t];
        struct value *term = value_append(terms, value_object(arena)), *lower = value_array(arena), *upper = value_array(arena);

        value_set(arena, term, "group", value_string(arena, fit->design->random[t].group));
        value_set(arena, term, "terms", value_strings(arena, fit->design->random[t].names, (size_t)random->k));
        value_set(arena, term, "sd", value_reals_known(arena, random->sd, (size_t)random->k));
        value_set(arena, term, "corr", matrix_of(arena, random->correlation, random->k));
        for (int a = 0; a < random->k && at < count; a++, at++) {
            value_append(lower, value_real_known(arena, list[at].lower));
            value_append(upper, value_real_known(arena, list[at].upper));
        }
        value_set(arena, term, "sd_lower", lower);
        value_set(arena, term, "sd_upper", upper);
    }
    result_value(result, "random", terms);
}

/* The correlations of effect a with those before it: "0.07 -0.31", "-" where there is none. */
static const char *correlations_of(struct arena *arena, const struct fit *fit, int t, int a)
{
    const struct random_fit *random = &fit->random[t];
    const char *words = "";
    char number[NUMBER_SIZE];

    if (!fit->design->random[t].covariance->correlated || fit->design->random[t].structure != NULL)
        return words;
    for (int b = 0; b < a && words != NULL; b++) {
        double correlation = random->correlation[a + b * random->k];

        words = arena_printf(arena, "%s%s%s", words, b == 0 ? "" : " ",
                             isnan(correlation) ? "-" : number_fixed(number, correlation, 2));
    }
    return words;
}

/* Whether the correlation is at an end of its range in some imputation that counts. */
static bool ends_at_one(const struct fit *fit, int t, int a, int b)
{
    for (int k = 0; k < fit->imputed->count; k++)
        if (fit->imputed->one[k].counts && fabs(fit->imputed->one[k].fit->random[t].correlation[a + b * fit->random[t].k]) >= 1)
            return true;
    return false;
}

void pooled_correlation_notes(struct result *result, const struct fit *fit)
{
    for (int t = 0; t < fit->design->random_count; t++)
        for (int a = 0; a < fit->random[t].k && fit->design->random[t].structure == NULL; a++)
            for (int b = 0; b < a; b++)
                if (isnan(fit->random[t].correlation[a + b * fit->random[t].k]) && ends_at_one(fit, t, a, b))
                    result_line(result, LINE_NOTE,
                                "the correlation of %s and %s between levels of %s is -1 or 1 in some imputations: no mean",
                                fit->design->random[t].names[b], fit->design->random[t].names[a], fit->design->random[t].group);
}

static void random_table(struct result *result, const struct session *session, const struct fit *fit,
                         const struct pooled_sd *list, int count)
{
    struct table *table = result_table(result, NULL, "Random effects");
    size_t group = table_column(table, "group", NULL, CELL_TEXT), term = table_column(table, "term", "", CELL_TEXT);
    size_t sd = table_column(table, "sd", "Std.Dev.", CELL_REAL);
    size_t interval = table_interval(table, "lower", "upper",
                                     arena_printf(result->arena, "%g%% interval (log-scale)", 100 * session->settings.level));
    size_t corr = table_column(table, "corr", "Corr", CELL_TEXT), fmi = table_column(table, "fmi", "fraction missing", CELL_REAL);
    bool correlated = false;

    table_csv_name(table, "random");
    table_decimals(table, fmi, 3);
    table_flags(table, fmi, COLUMN_SHARE);
    for (int i = 0; i < count; i++) {
        size_t row = table_row(table);
        const char *words = list[i].term < 0 ? "" : correlations_of(result->arena, fit, list[i].term, list[i].a);

        table_indent(table, row, 1);
        table_text(table, row, group, list[i].term < 0 ? "Residual" : fit->design->random[list[i].term].group);
        if (list[i].term >= 0)
            table_text(table, row, term, fit->design->random[list[i].term].names[list[i].a]);
        table_real_known(table, row, sd, list[i].estimate);
        table_pair_known(table, row, interval, list[i].lower, list[i].upper);
        table_text(table, row, corr, words);
        table_real_known(table, row, fmi, list[i].fmi);
        correlated = correlated || (words != NULL && words[0] != '\0');
        result->failed = result->failed || words == NULL;
    }
    if (!correlated)
        table_flags(table, corr, COLUMN_NOT_TEXT);
    pooled_correlation_notes(result, fit);
    for (int i = 0; i < count; i++)
        if (list[i].zero > 0)
            result_line(result, LINE_NOTE,
                        "the standard deviation of %s, %s is 0 in %d of %d imputations: the mean of them is shown, without an "
                        "interval",
                        list[i].term < 0 ? "Residual" : fit->design->random[list[i].term].group,
                        list[i].term < 0 ? "rows" : fit->design->random[list[i].term].names[list[i].a], list[i].zero,
                        fit->imputed->counted);
}

static void last_lines(struct result *result, const struct fit *fit)
{
    int boundary = count_verdict(fit->imputed, VERDICT_BOUNDARY), open = count_verdict(fit->imputed, VERDICT_NOT_IDENTIFIED);
    struct item *fields;

    if (fit->design->random_count == 0 && fit_has_one_residual(fit) && fit_knows(fit, -1, 0, 0)) {
        result_line(result, LINE_BLANK, " ");
        fields = result_fields(result);
        field_real(result, fields, NULL, "residual SD", fit->sigma, -1);
    }
    if (fit->has_scale && !fit_has_residual(fit)) {
        result_line(result, LINE_BLANK, " ");
        fields = result_fields(result);
        field_real(result, fields, NULL, fit->family->dispersion_name, fit->dispersion, -1);
    }
    pooled_note(result, fit);
    result_line(result, LINE_NOTE, "no log-likelihood, AIC or BIC: those of several data sets are not those of one");
    if (boundary > 0)
        result_line(result, LINE_VERDICT, "fit: boundary \xe2\x80\x94 in %d of %d imputations. why: help boundary", boundary,
                    fit->imputed->counted);
    if (open > 0)
        result_line(result, LINE_VERDICT, "fit: not identified \xe2\x80\x94 in %d of %d imputations. why: help identified", open,
                    fit->imputed->counted);
}

/* Each coefficient with what it is made of; false when memory is out or the work was stopped. */
static bool pool_each(struct session *session, const struct model *model, struct arena *arena, struct pooled **each,
                      double **vcov, struct glmm_error *err)
{
    size_t p = (size_t)model->fit->design->p;
    double *unit = arena_alloc(arena, p + 1, sizeof *unit);
    const struct stated_rows rows = { 1, unit, NULL, .coefficients = true };
    struct linear linear = { .fit = model->fit };
    bool ok;

    *each = arena_alloc(arena, p + 1, sizeof **each);
    *vcov = arena_alloc(arena, p * p + 1, sizeof **vcov);
    ok = (unit != NULL && *each != NULL && *vcov != NULL) || fail_memory(err);
    ok = ok && session_linear(session, model, &linear, err);
    for (size_t j = 0; ok && j < p; j++) {
        unit[j] = 1;
        ok = pool_linear(&linear, &rows, 0, &(*each)[j], err);
        unit[j] = 0;
    }
    if (ok)
        memcpy(*vcov, linear_vcov(&linear), p * p * sizeof **vcov);
    linear_clear(&linear);
    return ok;
}

struct result *pooled_summary(const struct session *session, const struct model *model, const char *command,
                              struct glmm_error *err)
{
    const struct fit *fit = model->fit;
    struct result *result = result_new(command);
    const struct pooled_sd *list;
    struct pooled *each;
    double *vcov;
    int count;

    if ((result == NULL && !fail_memory(err)) || !pool_each((struct session *)session, model, result->arena, &each, &vcov, err)
        || !pool_deviations(fit, session->settings.level, result->arena, &session->progress, &list, &count, err)) {
        result_free(result);
        return NULL;
    }
    scalar_values(result, model);
    head_lines(result, model, fit);
    success_note(result, model->design);
    category_notes(result, model->design);
    contrast_notes(result, model->design);
    subset_notes(result, model);
    dropped_notes(result, model->design);
    structure_notes(result, model);
    if (fit->design->p > 0) {
        fixed_tables(result, session, fit, each);
        open_notes(result, fit, each);
    } else {
        result_value(result, "fixed", value_array(result->arena));
    }
    result_value(result, "vcov", matrix_of(result->arena, vcov, fit->design->p));
    fit_part_tables(result, session, fit);
    random_value(result, fit, list, count);
    if (fit->design->random_count > 0)
        random_table(result, session, fit, list, count);
    summary_structures(result, session, fit, &(struct components){ .method = COMPONENTS_NONE });
    last_lines(result, fit);
    if (session->settings.timing)
        result_real(result, "seconds", fit->seconds);
    result_line(result, LINE_NEXT, "next: confint, method=wald | vcov");
    if (result_ok(result))
        return result;
    result_free(result);
    fail_memory(err);
    return NULL;
}
