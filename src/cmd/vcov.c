/* vcov.c -- the covariance matrix of the fixed effects' estimates. */
#include <math.h>

#include "base/watch.h"
#include "fit/identify.h"
#include "infer/predict-parts.h"
#include "lang/command.h"
#include "report/determined.h"
#include "report/naming.h"
#include "report/headline.h"
#include "report/imputed.h"
#include "report/tables.h"
#include "result/number.h"
#include "result/value.h"
#include "session/session.h"

static const struct example examples[] = {
    { "load sleepstudy; fit Reaction ~ Days + (Days | Subject); vcov", "variances on the diagonal, covariances off it" },
    { "load sleepstudy; fit m1 = Reaction ~ Days + (Days | Subject); vcov m1; last csv", "the same at full precision, as CSV" },
    { 0 },
};

static const enum complete completes[] = { COMPLETE_FITTED_MODEL, COMPLETE_NOTHING };

/* The coefficients of all predictors: names, and where each stands in the joint covariance matrix. */
struct coefficients {
    const char **names;
    int *place, count;
};

static bool list_coefficients(struct arena *arena, const struct fit *fit, struct coefficients *out)
{
    int most = fit->design->p;

    for (int k = 0; k < fit->part_count; k++)
        most += fit->part[k].design != NULL ? fit->part[k].count : 0;
    out->names = arena_alloc(arena, (size_t)most + 1, sizeof *out->names);
    out->place = arena_alloc(arena, (size_t)most + 1, sizeof *out->place);
    if (out->names == NULL || out->place == NULL)
        return false;
    for (int j = 0; j < fit->design->p; j++) {
        out->names[j] = fit->design->names[j];
        out->place[out->count++] = j;
    }
    for (int k = 0; k < fit->part_count; k++) {
        const struct fit_part *part = &fit->part[k];
        struct part_rows rows;

        if (part->design == NULL)
            continue;
        part_rows_init(&rows, fit, part->kind, NULL);
        for (int j = 0; j < part->count; j++) {
            out->names[out->count] = arena_printf(arena, "%s %s", part->kind == PART_ZERO ? "zi" : "disp", part->names[j]);
            out->place[out->count++] = rows.first + j;
        }
    }
    return true;
}

/* The matrix as text shows it; NULL when memory is out. */
static const double *sound_matrix(struct arena *arena, const double *matrix, size_t count)
{
    double *sound = arena_alloc(arena, count * count + 1, sizeof *sound);

    for (size_t i = 0; sound != NULL && i < count; i++)
        for (size_t j = 0; j < count; j++)
            sound[i * count + j] = number_covariance(matrix[i * count + j], matrix[i * count + i], matrix[j * count + j]);
    return sound;
}

static void matrix_table(struct result *result, const char *const *names, const double *matrix, size_t count, struct watch *watch)
{
    enum { VCOV_DIGITS = 4 };
    struct table *table = result_table(result, NULL, NULL);
    size_t term = table_column(table, "term", "", CELL_TEXT);
    const double *sound = sound_matrix(result->arena, matrix, count);

    for (size_t j = 0; j < count; j++)
        table_column(table, names[j], names[j], CELL_REAL);
    if (sound == NULL) { /* the result says so */
        result->failed = true;
        return;
    }
    /* A column of what is of very different sizes has no decimals in common. */
    for (size_t j = 0; j < count && !watch_stops(watch); j++)
        if (number_decimals_hide(sound + j * count, count, VCOV_DIGITS, watch))
            table_decimals(table, term + 1 + j, DECIMALS_OWN);
    for (size_t i = 0; i < count && !watch_stops(watch); i++) {
        size_t row = table_row(table);

        table_text(table, row, term, names[i]);
        for (size_t j = 0; j < count; j++)
            table_real_known(table, row, term + 1 + j, sound[i * count + j]);
    }
}

/* An estimate on which what the data leave open tells, or one that runs with the dispersion: its covariances are none. */
static bool is_moved(const struct fit *fit, int place)
{
    return place < fit->design->p && isnan(fit_coefficient(fit, place));
}

/* Of the coefficients of all predictors, where zi= or disp= has some. */
static bool joint_table(struct result *result, const struct fit *fit, struct watch *watch)
{
    struct coefficients all = { 0 };
    size_t count;
    double *joint;

    if (!list_coefficients(result->arena, fit, &all))
        return false;
    count = (size_t)all.count;
    if ((joint = arena_alloc(result->arena, count * count + 1, sizeof *joint)) == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++) {
            bool mean = (int)i < fit->design->p && (int)j < fit->design->p;

            joint[i * count + j] = is_moved(fit, all.place[i]) || is_moved(fit, all.place[j]) ? (double)NAN
                                   : mean ? fit->vcov[i * (size_t)fit->design->p + j]
                                          : fit_joint(fit, all.place[j], all.place[i]);
        }
    result_value(result, "joint_terms", value_strings(result->arena, all.names, count));
    result_value(result, "joint_vcov", value_matrix_known(result->arena, joint, count, count));
    matrix_table(result, all.names, joint, count, watch);
    return true;
}

static bool has_predictors(const struct fit *fit)
{
    bool any = false;

    for (int k = 0; k < fit->part_count; k++)
        any = any || fit->part[k].design != NULL;
    return any && fit_has_joint(fit);
}

static struct result *vcov_result(const struct model *model, struct watch *watch)
{
    const struct fit *fit = model->fit;
    struct result *result = result_new("vcov");
    size_t p = (size_t)fit->design->p;

    if (result == NULL)
        return NULL;
    result_string(result, "model", model->name);
    result_value(result, "terms", value_strings(result->arena, fit->design->names, p));
    result_value(result, "vcov", value_matrix_known(result->arena, fit->vcov, p, p));
    result_line(result, LINE_TITLE, "%s   covariances of the estimated %s", model->name,
                has_predictors(fit) ? "coefficients" : "fixed effects");
    if (!has_predictors(fit))
        matrix_table(result, fit->design->names, fit->vcov, p, watch);
    else if (!joint_table(result, fit, watch))
        result->failed = true;
    if (fit->identity != NULL && result_has_none(result) && (fit->recession == NULL || errors_are_open(fit)))
        open_note(result, NULL, true);
    caution_notes(result, fit);
    pooled_note(result, fit);
    return result;
}

static bool run(struct session *session, const struct call *call, struct glmm_error *err)
{
    struct model *model = call_only_fit(session, call, err);
    struct result *result;
    struct watch watch;

    if (model == NULL)
        return false;
    if (model->fit->design->p == 0 && !has_predictors(model->fit))
        return fail(err, GLMM_E_MODEL, NOWHERE, "%.60s has no fixed effects, so none that vary together", model->name);
    watch_init(&watch, &session->progress, "row");
    result = vcov_result(model, &watch);
    if (watch_stopped(&watch)) {
        result_free(result);
        return fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped before the matrix was shown");
    }
    return emit(session, result, err);
}

const struct command command_vcov = {
    .name = "vcov",
    .usage = "vcov [MODEL]",
    .brief = "show the covariance matrix of the fixed effects",
    .help = "Shows the estimated covariance matrix of the fixed effects' estimates; the squared standard errors stand on its "
            "diagonal. In a linear mixed model it is sigma^2 (X'V^-1 X)^-1 at the estimated variances. The coefficients of zi= "
            "and disp= follow those of the mean.",
    .arguments = ARGUMENT_WORDS,
    .complete = completes,
    .examples = examples,
    .flags = COMMAND_POOLS,
    .run = run,
};
