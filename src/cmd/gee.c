/* gee.c -- population-averaged models by generalized estimating equations. */
#include "cmd/derivation.h"
#include "lang/command.h"
#include "report/headline.h"
#include "report/naming.h"
#include "report/stating.h"
#include "report/tables.h"

#include <math.h>
#include <string.h>

#include "infer/averaged.h"
#include "infer/ci.h"
#include "result/number.h"

struct gee_call {
    struct statement statement; /* first: see STATEMENT_OPTIONS */
    const char *id, *wave;
    int corr, errors, unit;
};

enum { UNIT_ROWS, UNIT_TRIALS };

static const char *const corr_choices[] = { "independence", "exchangeable", "ar1", "unstructured", NULL };
static const char *const error_choices[] = { "sandwich", "mancl", "kauermann", "naive", NULL };

static const char *const unit_choices[] = { "rows", "trials", NULL };

static const struct gee_call defaults = { .corr = GEE_EXCHANGEABLE };

static const struct option options[] = {
    { .name = "id",
      .type = OPTION_VARIABLE,
      .offset = offsetof(struct gee_call, id),
      .word = "VAR",
      .help = "the clusters: rows of different ones are independent",
      .also = "subject cluster group groups panel" },
    { .name = "corr",
      .type = OPTION_ENUM,
      .offset = offsetof(struct gee_call, corr),
      .choices = corr_choices,
      .word = "KIND",
      .help = "the working correlation of rows of a cluster",
      .also = "corstr cor_struct type correlation" },
    { .name = "wave",
      .type = OPTION_VARIABLE,
      .offset = offsetof(struct gee_call, wave),
      .word = "VAR",
      .help = "when a row was seen, for ar1 and unstructured; without it rows follow each other as they stand" },
    { .name = "se",
      .type = OPTION_ENUM,
      .offset = offsetof(struct gee_call, errors),
      .choices = error_choices,
      .word = "KIND",
      .help = "errors: sandwich; corrected for few clusters (mancl, kauermann); or naive, if the working correlation holds",
      .also = "std.err vce covb" },
    { .name = "unit",
      .type = OPTION_ENUM,
      .offset = offsetof(struct gee_call, unit),
      .choices = unit_choices,
      .word = "KIND",
      .help = "of cbind(s, f), what is alike in a cluster: rows, each the share of its trials, or trials, as if each had a row" },
    STATEMENT_MEAN_OPTIONS,
    STATEMENT_ROWS_OPTIONS,
    { 0 },
};

static const struct example examples[] = {
    { "load toenail; gee outcome ~ treatment * time, family=binomial id=patientID",
      "odds ratios of the population, visits of a patient alike" },
    { "load toenail; gee outcome ~ treatment * time, family=binomial id=patientID corr=unstructured wave=visit",
      "a correlation for each pair of visits" },
    { "load cbpp; gee cbind(incidence, size - incidence) ~ factor(period), family=binomial id=herd unit=trials se=mancl",
      "animals are alike, as for attenuation; 15 herds are few" },
    { 0 },
};

static const enum complete completes[] = { COMPLETE_FORMULA, COMPLETE_NOTHING };

/* --- the tables --------------------------------------------------------------------------------- */

struct columns {
    size_t term, estimate, se, naive, statistic, p, interval, first_other;
};

static const char *const other_keys[GEE_ERRORS] = { "sandwich_se", "mancl_se", "kauermann_se", NULL };

static struct columns columns_of(struct table *table, enum gee_errors kind, double level, struct arena *arena)
{
    struct columns c = { 0 };

    estimate_columns(table, &c.term, &c.estimate, &c.se);
    c.naive = table_column(table, "naive_se", "naive", CELL_REAL);
    c.statistic = table_column(table, "statistic", "z", CELL_REAL);
    c.p = table_column(table, "p", "p", CELL_P);
    c.interval = table_interval(table, "lower", "upper", arena_printf(arena, "%g%% interval", 100 * level));
    for (int k = 0; k < GEE_NAIVE; k++) {
        size_t column = table_column(table, other_keys[k], NULL, CELL_REAL);

        if (k == 0)
            c.first_other = column;
        table_flags(table, column, COLUMN_NOT_TEXT);
    }
    table_all_derive(table, DERIVED_ESTIMATING);
    if (kind == GEE_NAIVE)
        table_flags(table, c.naive, COLUMN_NOT_TEXT);
    table_decimals(table, c.statistic, 2);
    return c;
}

static void fixed_table(struct result *result, const struct session *session, const struct gee *gee, enum gee_errors kind)
{
    const char *title =
        gee->link->kind == LINK_IDENTITY ? "Fixed effects" : arena_printf(result->arena, "Fixed (%s)", gee->link->scale);
    struct table *table = result_table(result, "fixed", title);
    double level = session->settings.level;
    struct columns c = columns_of(table, kind, level, result->arena);
    int decimals = fitting_decimals_or_own(gee->beta, gee->se[kind], (size_t)gee->p, session->settings.digits);

    table_estimate_decimals(table, (struct estimate_columns){ c.estimate, c.se, c.interval }, decimals);
    table_decimals(table, c.naive, decimals);
    for (int j = 0; j < gee->p; j++) {
        size_t row = table_row(table);
        struct wald wald;

        wald_test(gee->beta[j], gee->se[kind][j], (double)NAN, level, &wald);
        table_indent(table, row, 1);
        table_text(table, row, c.term, gee->names[j]);
        table_real(table, row, c.estimate, gee->beta[j]);
        table_real_known(table, row, c.se, gee->se[kind][j]);
        table_real_known(table, row, c.naive, gee->se[GEE_NAIVE][j]);
        table_real_known(table, row, c.statistic, wald.statistic);
        table_real_known(table, row, c.p, wald.p);
        table_pair_known(table, row, c.interval, wald.lower, wald.upper);
        for (int k = 0; k < GEE_NAIVE; k++)
            table_real_known(table, row, c.first_other + (size_t)k, gee->se[k][j]);
    }
}

enum { WAVES_SHOWN = 8 };

/* The matrix of the waves, where there are few. */
static void correlation_table(struct result *result, const struct gee *gee, const char *wave)
{
    struct table *table;
    size_t count = (size_t)gee->wave_count;
    char text[40];

    if (gee->corr != GEE_UNSTRUCTURED || count > WAVES_SHOWN)
        return;
    table = result_table(result, NULL, arena_printf(result->arena, "Working correlation by %s", wave == NULL ? "row" : wave));
    table_column(table, "wave", NULL, CELL_TEXT);
    for (size_t t = 0; t < count; t++)
        table_decimals(table, table_column(table, NULL, arena_strdup(result->arena, number_as_r(gee->wave[t], text)), CELL_REAL),
                       3);
    for (size_t s = 0; s < count; s++) {
        size_t row = table_row(table);

        table_text(table, row, 0, number_as_r(gee->wave[s], text));
        for (size_t t = 0; t <= s; t++)
            table_real_known(table, row, t + 1, gee->correlation[s + t * count]);
    }
}

static void fit_fields(struct result *result, const struct gee *gee)
{
    struct item *fields = result_fields(result);

    if (gee->alpha_count == 1 && !isnan(gee->alpha[0]))
        field_real(result, fields, NULL, gee->corr == GEE_AR1 ? "correlation of neighbours" : "working correlation",
                   gee->alpha[0], 4);
    field_real(result, fields, "dispersion", "dispersion", gee->dispersion, -1);
    if (!gee->has_quasi)
        return;
    field_real(result, fields, "qic", "QIC", gee->qic, 2);
    field_real(result, fields, "qicu", "QICu", gee->qicu, 2);
}

/* --- what the numbers are worth ------------------------------------------------------------------- */

static bool any_unknown(const double x[], int count)
{
    for (int j = 0; j < count; j++)
        if (isnan(x[j]))
            return true;
    return false;
}

static void cluster_notes(struct result *result, const struct gee *gee, enum gee_errors kind)
{
    if (any_unknown(gee->se[kind], gee->p))
        result_line(result, LINE_NOTE,
                    "\xe2\x80\x93: no sandwich: one cluster alone determines the coefficient, and leaves no residual to make an "
                    "error of; se=naive has one");
    if (gee->few && kind != GEE_NAIVE)
        result_line(
            result, LINE_NOTE,
            "%d clusters for %d coefficients: the sandwich is singular, and single errors say little; se=naive trusts the "
            "working correlation instead",
            gee->clusters, gee->p);
    else if (gee->clusters < GEE_CLUSTERS_ENOUGH && kind == GEE_SANDWICH)
        result_line(result, LINE_NOTE,
                    "%d clusters are few for a sandwich, whose errors come out too small: se=mancl and se=kauermann correct them",
                    gee->clusters);
}

static void correlation_notes(struct result *result, const struct gee *gee, const char *wave)
{
    if (wave == NULL && (gee->corr == GEE_AR1 || gee->corr == GEE_UNSTRUCTURED))
        result_line(result, LINE_NOTE,
                    "waves: the rows of a cluster in the order of the data, none missing; wave= has another order, and gaps");
    if (gee->corr == GEE_UNSTRUCTURED && gee->unseen > 0)
        result_line(result, LINE_NOTE,
                    "\xe2\x80\x93: %d pair%s of waves no cluster has both of: nothing tells how they correlate", gee->unseen,
                    gee->unseen == 1 ? "" : "s");
    if (gee->corr != GEE_UNSTRUCTURED && gee->unseen > 0)
        result_line(result, LINE_NOTE, "no cluster has two rows: there is no correlation to estimate");
    if (gee->indefinite)
        result_line(result, LINE_NOTE,
                    "the working correlation of all waves together is not positive definite, though that of each cluster's is");
    if (gee->corr == GEE_UNSTRUCTURED && gee->alpha_count > gee->clusters)
        result_line(result, LINE_NOTE, "%d correlations from %d clusters: corr=exchangeable or corr=ar1 has one",
                    gee->alpha_count, gee->clusters);
}

/* Of rows of several trials: whose correlation it is. */
static void unit_note(struct result *result, const struct gee *gee, int unit)
{
    if (unit == UNIT_TRIALS)
        result_line(result, LINE_NOTE, "%s of single trials, as if each had a row of 0 or 1",
                    gee->corr == GEE_INDEPENDENCE ? "the dispersion is" : "the correlation and the dispersion are");
    else if (gee->corr == GEE_EXCHANGEABLE)
        result_line(result, LINE_NOTE,
                    "the correlation and the dispersion are of rows, each the share of its trials; unit=trials has those of "
                    "single trials, as `attenuation` has and rows of 0 and 1 give");
    else if (gee->corr != GEE_INDEPENDENCE)
        result_line(result, LINE_NOTE, "the correlation and the dispersion are of rows, each the share of its trials");
}

static void notes(struct result *result, const struct model *model, const struct gee *gee, enum gee_errors kind,
                  const struct gee_call *given)
{
    static const char *const words[GEE_ERRORS] = {
        "sandwich (robust): good even if the working correlation is wrong",
        "sandwich, corrected for few clusters (Mancl & DeRouen)",
        "sandwich, corrected for few clusters (Kauermann & Carroll)",
        "naive: good only if the working correlation is right",
    };

    success_note(result, model->design);
    subset_notes(result, model);
    dropped_notes(result, model->design);
    result_line(result, LINE_NOTE, "Std.Err.: %s", words[kind]);
    cluster_notes(result, gee, kind);
    correlation_notes(result, gee, given->wave);
    if (model->design->trials != NULL)
        unit_note(result, gee, given->unit);
    if (!gee->has_quasi)
        result_line(result, LINE_NOTE, "no QIC: %s has no quasi-likelihood in closed form", gee->family->name);
    if (gee->family->has_dispersion && !gee->family->weight_divides) {
        char number[NUMBER_SIZE];

        result_line(result, LINE_NOTE,
                    "the variance function holds %s at its maximum-likelihood estimate from independent rows, %s",
                    gee->family->dispersion_name,
                    isfinite(gee->held) ? number_text(number, gee->held, 4) : "which is infinite: its limit (help boundary)");
    }
}

/* --- the result --------------------------------------------------------------------------------- */

static void head(struct result *result, const struct model *model, const struct gee *gee, const struct gee_call *given)
{
    struct item *fields;
    bool trials = model->design->trials != NULL;
    const char *sizes = gee->least == gee->most
                            ? arena_printf(result->arena, "%d clusters of %d", gee->clusters, gee->most)
                            : arena_printf(result->arena, "%d clusters of %d-%d", gee->clusters, gee->least, gee->most);

    result_string(result, "formula", model->text);
    result_string(result, "family", model->family->name);
    result_string(result, "link", model->link->name);
    result_string(result, "corr", gee_corr_name(gee->corr));
    result_string(result, "id", given->id);
    result_string(result, "wave", given->wave);
    result_integer(result, "nobs", (long long)model->design->n);
    result_integer(result, "clusters", gee->clusters);
    result_string(result, "unit", unit_choices[given->unit]);
    result_string(result, "errors", error_choices[given->errors]);
    result_line(result, LINE_TITLE, "%s     %s (%s), GEE, %s", model->text, model->family->name, model->link->name,
                gee_corr_name(gee->corr));
    fields = result_fields(result);
    field_integer(result, fields, NULL, "n", (long long)model->design->n);
    if (trials)
        field_real(result, fields, "trials", "trials", design_trials(model->design), 0);
    field_text(result, fields, NULL, arena_printf(result->arena, "%s:", given->id),
               trials ? arena_printf(result->arena, "%s rows", sizes) : sizes);
    field_text(result, fields, NULL, "data:", model->frame->name);
}

static struct result *gee_result(const struct session *session, const struct model *model, const struct gee *gee,
                                 const struct gee_call *given)
{
    struct result *result = result_new("gee");
    enum gee_errors kind = (enum gee_errors)given->errors;
    size_t p = (size_t)gee->p;

    if (result == NULL)
        return NULL;
    head(result, model, gee, given);
    fixed_table(result, session, gee, kind);
    correlation_table(result, gee, given->wave);
    result_value(result, "alpha", value_reals_known(result->arena, gee->alpha, (size_t)gee->alpha_count));
    fit_fields(result, gee);
    if (!gee->has_quasi) {
        result_null(result, "qic");
        result_null(result, "qicu");
    }
    result_value(result, "waves", value_reals(result->arena, gee->wave, (size_t)gee->wave_count));
    result_value(result, "correlation",
                 value_matrix_known(result->arena, gee->correlation, (size_t)gee->wave_count, (size_t)gee->wave_count));
    result_value(result, "vcov", value_matrix_known(result->arena, gee->vcov[kind], p, p));
    result_value(result, "naive_vcov", value_matrix_known(result->arena, gee->vcov[GEE_NAIVE], p, p));
    notes(result, model, gee, kind, given);
    return result;
}

/* --- the command -------------------------------------------------------------------------------- */

/* The call without the rows whose cluster or wave is missing. */
static bool leave_out_missing(struct session *session, struct call *call, struct gee_call *given, struct glmm_error *err)
{
    const struct averaged_call asked = { given->id, given->wave, (enum gee_corr)given->corr, given->unit == UNIT_TRIALS };
    const struct frame *data =
        given->statement.data == NULL ? session_need_data(session, err) : session_find_data(session, given->statement.data);
    const char *where = given->statement.where, *condition = NULL;

    if (data == NULL) /* no data at all, or none of that name: model_state says so */
        return given->statement.data != NULL;
    where = spec_unquoted(call->arena, where, "\"");
    if (!averaged_condition(call->arena, data, &asked, where, &condition, err)) {
        place_argument(call, err);
        return false;
    }
    if (condition != NULL)
        given->statement.where = condition;
    return true;
}

static bool check_call(const struct gee_call *given, struct glmm_error *err)
{
    if (given->id != NULL)
        return true;
    fail(err, GLMM_E_USAGE, NOWHERE, "gee needs to know which rows belong together: id=");
    error_hint(err, "gee FORMULA, id=VARIABLE: rows with the same value are a cluster");
    return false;
}

/* Random effects are another model's. */
static bool check_model(const struct model *model, const struct call *call, struct glmm_error *err)
{
    if (model->design->random_count == 0)
        return true;
    fail(err, GLMM_E_MODEL, call->argument_at, "gee has no random effects: rows of a cluster are alike by id= and corr=");
    error_hint(err, "leave (... | %s) out, with id=%s; or fit the mixed model, and see `attenuation`",
               model->design->random[0].group, model->design->random[0].group);
    return false;
}

static bool run(struct session *session, const struct call *call, struct glmm_error *err)
{
    struct gee_call given = *(const struct gee_call *)call->options;
    struct call own = *call;
    struct averaged averaged = { 0 };
    struct model *model = NULL;
    bool ok = check_call(&given, err) && leave_out_missing(session, &own, &given, err);
    const struct averaged_call asked = { given.id, given.wave, (enum gee_corr)given.corr, given.unit == UNIT_TRIALS };

    own.options = &given;
    ok = ok && (model = model_state(session, &own, err)) != NULL && check_model(model, call, err)
         && session_takes_model(session, model, NOWHERE, err);
    if (ok && !averaged_init(&averaged, model, &asked, &session->progress, err)) {
        place_argument(call, err);
        ok = false;
    }
    ok = ok && emit(session, gee_result(session, model, averaged.gee, &given), err);
    averaged_clear(&averaged);
    forget_model(model);
    return ok;
}

const struct command command_gee = {
    .name = "gee",
    .usage = "gee FORMULA",
    .brief = "fit a population-averaged model",
    .help =
        "Fits the mean of the response, averaged over the population, by generalized estimating equations. Rows with the same id "
        "may be alike in any way: a working correlation makes the estimates sharper where it is near the truth, and the standard "
        "errors (sandwich) hold where it is not. A coefficient is an effect on the average of all clusters, not within one: for "
        "that fit a mixed model; `attenuation` has both, side by side.\n"
        "\n"
        "The correlation is exchangeable (any two rows of a cluster alike), ar1 (falling with the distance of their waves), "
        "unstructured (one for each pair of waves) or independence; numbers are geepack's: the dispersion is the mean squared "
        "Pearson residual, ar1 uses pairs of all distances. The smaller QIC is the better.\n"
        "\n"
        "Sandwich errors need many clusters (40 or more); with few, se=mancl or se=kauermann corrects them. Families with a "
        "shape "
        "beside the mean, as nbinom2, hold it at its estimate from independent rows.",
    .arguments = ARGUMENT_TEXT,
    .complete = completes,
    .options = options,
    .options_size = sizeof(struct gee_call),
    .defaults = &defaults,
    .examples = examples,
    .flags = COMMAND_LONG,
    .run = run,
};
