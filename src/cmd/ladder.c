/* ladder.c -- how good is Laplace's approximation: the same model with more and more quadrature nodes. */
#include "cmd/derivation.h"
#include "lang/command.h"
#include "report/headline.h"
#include "report/naming.h"
#include "report/tables.h"

#include <math.h>
#include <stdio.h>

#include "fit/identify.h"
#include "fit/method.h"
#include "infer/ladder.h"
#include "model/family.h"
#include "result/number.h"
#include "result/value.h"
#include "term/progress.h"

static const struct example examples[] = {
    { "load cbpp; model cbind(incidence, size - incidence) ~ factor(period) + (1 | herd), family=binomial; ladder",
      "herds of a few dozen animals: Laplace is good enough" },
    { "load bacteria; model y ~ trt + (1 | ID), family=binomial; ladder", "children with four binary rows each" },
    { 0 },
};

static const enum complete completes[] = { COMPLETE_MODEL, COMPLETE_NOTHING };

/* "herd SD (Intercept)" */
static const char *full_name(struct result *result, const struct ladder *ladder, int j)
{
    if (ladder->group[j] == NULL)
        return ladder->name[j];
    return arena_printf(result->arena, "%s %s", ladder->group[j], ladder->name[j]);
}

/* Estimates by rung: one row a parameter, one column a rung. */
static void estimate_table(struct result *result, const struct ladder *ladder)
{
    struct table *table = result_table(result, NULL, "Estimates");
    size_t name = table_column(table, "parameter", NULL, CELL_TEXT), first = 0, se, row;
    char key[24], heading[24];

    for (int r = 0; r < ladder->rungs; r++) {
        size_t column;

        snprintf(key, sizeof key, "nodes%d", ladder->nodes[r]);
        snprintf(heading, sizeof heading, "%d", ladder->nodes[r]);
        column = table_column(table, arena_printf(result->arena, "%s", key),
                              r == 0 ? "1 node" : arena_printf(result->arena, "%s", heading), CELL_REAL);
        column_derives(table, column, DERIVED_RUNG, (unsigned)ladder->nodes[r]);
        first = r == 0 ? column : first;
    }
    se = table_column(table, "se", "Std.Err.", CELL_REAL);
    column_derives(table, se, DERIVED_RUNG_SE, 0);
    for (int j = 0; j < ladder->count; j++) {
        row = table_row(table);
        table_indent(table, row, 1);
        table_text(table, row, name, full_name(result, ladder, j));
        for (int r = 0; r < ladder->rungs; r++)
            table_real_known(table, row, first + (size_t)r,
                             ladder->estimable[j] ? ladder->estimate[r * ladder->count + j] : (double)NAN);
        if (!ladder->estimable[j])
            table_none(table, row, se);
        else if (isfinite(ladder->se[j]))
            table_real(table, row, se, ladder->se[j]);
    }
}

/* One row a rung: the log-likelihood, and how far from the last and from the rung before. */
static void rung_table(struct result *result, const struct ladder *ladder)
{
    struct table *table = result_table(result, "rungs", "Rungs");
    size_t nodes = table_column(table, "nodes", "nodes", CELL_INTEGER),
           loglik = table_column(table, "loglik", "logLik", CELL_REAL);
    size_t moved = table_column(table, "moved", "largest move (SE)", CELL_REAL),
           drift = table_column(table, "drift", "from the last (SE)", CELL_REAL);
    size_t fit = table_column(table, "fit", "fit", CELL_TEXT), row;
    double largest;

    column_derives(table, loglik, DERIVED_RUNG_LOGLIK, 0);
    column_derives(table, moved, DERIVED_MOVED, 0);
    column_derives(table, drift, DERIVED_DRIFT, 0);
    table_decimals(table, loglik, 4);
    table_decimals(table, moved, 3);
    table_decimals(table, drift, 3);
    for (int r = 0; r < ladder->rungs; r++) {
        row = table_row(table);
        largest = 0;
        for (int j = 0; j < ladder->count; j++)
            if (fabs(ladder_drift(ladder, r, j)) > largest)
                largest = fabs(ladder_drift(ladder, r, j));
        table_integer(table, row, nodes, ladder->nodes[r]);
        table_real_known(table, row, loglik, ladder->loglik[r]);
        if (r > 0 && ladder->worst >= 0)
            table_real(table, row, moved, ladder->moved[r]);
        if (ladder->worst >= 0)
            table_real(table, row, drift, largest);
        table_text(table, row, fit, verdict_name(ladder->fit_verdict[r]));
    }
}

/* "its estimate of ID SD (Intercept) lies 0.13 standard errors below that with 9 nodes" */
static const char *distance(struct result *result, const struct ladder *ladder)
{
    char drift[NUMBER_SIZE];

    if (fabs(ladder->worst_drift) < LADDER_SAME)
        return arena_printf(result->arena, "no estimate lies %g standard errors from that with %d nodes", 2 * LADDER_SAME,
                            ladder->nodes[ladder->rungs - 1]);
    return arena_printf(result->arena, "its estimate of %s lies %s standard errors %s that with %d nodes",
                        full_name(result, ladder, ladder->worst), number_text(drift, fabs(ladder->worst_drift), 2),
                        ladder->worst_drift < 0 ? "below" : "above", ladder->nodes[ladder->rungs - 1]);
}

static void verdict_lines(struct result *result, const struct ladder *ladder, const char *model)
{
    const char *far = ladder->worst < 0 ? "" : distance(result, ladder);

    if (ladder->worst < 0) {
        result_line(
            result, LINE_VERDICT,
            "no estimate has a standard error, so that there is no saying what nodes would move: see the verdict of fit %s",
            model);
        return;
    }
    if (far == NULL)
        result->failed = true;
    else if (fabs(ladder->worst_drift) > LADDER_GOOD)
        result_line(result, LINE_VERDICT, "Laplace is not good enough here: %s%s", far,
                    ladder->verdict == LADDER_UNSETTLED ? ""
                                                        : arena_printf(result->arena, ". Take at least %d: fit %s, nodes=%d",
                                                                       ladder->enough, model, ladder->enough));
    else if (ladder->verdict == LADDER_LAPLACE_GOOD)
        result_line(result, LINE_VERDICT, "Laplace is good enough here: %s%s", far,
                    fabs(ladder->worst_drift) < LADDER_SAME ? "" : ", and no other is further off");
    if (ladder->verdict != LADDER_UNSETTLED)
        return;
    result_line(result, LINE_VERDICT, "the estimates still move at the last rung, by up to %.2g standard errors",
                ladder->moved[ladder->rungs - 1]);
    if (ladder->ended != NULL)
        result_line(result, LINE_NOTE, "the next rung: %s", ladder->ended);
    else
        result_line(result, LINE_NOTE, "the integrals of this model are hard: fit %s, nodes=51", model);
}

/* JSON `parameters[{group name estimate[] se drift[]}]`; an estimate at 0, 1 or infinity has no error, and so no drift: null. */
static void parameters_value(struct result *result, const struct ladder *ladder)
{
    struct arena *arena = result->arena;
    struct value *list = value_array(arena), *one, *estimates, *drifts;

    for (int j = 0; j < ladder->count; j++) {
        one = value_append(list, value_object(arena));
        estimates = value_array(arena);
        drifts = value_array(arena);
        for (int r = 0; r < ladder->rungs; r++) {
            bool is = ladder->estimable[j];

            value_append(estimates, value_real_known(arena, is ? ladder->estimate[r * ladder->count + j] : (double)NAN));
            value_append(drifts, value_real_known(arena, is ? ladder_drift(ladder, r, j) : (double)NAN));
        }
        value_set(arena, one, "group", value_string(arena, ladder->group[j]));
        value_set(arena, one, "name", value_string(arena, ladder->name[j]));
        value_set(arena, one, "estimate", estimates);
        value_set(arena, one, "se", value_real_known(arena, ladder->estimable[j] ? ladder->se[j] : (double)NAN));
        value_set(arena, one, "drift", drifts);
    }
    result_value(result, "parameters", list);
}

static struct result *ladder_result(const struct model *model, const struct ladder *ladder)
{
    static const char *const verdicts[] = { "good", "off", "unsettled" };
    struct result *result = result_new("ladder");

    if (result == NULL)
        return NULL;
    result_string(result, "model", model->name);
    result_string(result, "laplace", verdicts[ladder->verdict]);
    result_integer(result, "enough", ladder->enough);
    result_line(result, LINE_TITLE, "%s   %s     %s: by quadrature nodes", model->name, model->text,
                law_in_full(result->arena, model));
    estimate_table(result, ladder);
    parameters_value(result, ladder);
    rung_table(result, ladder);
    result_line(result, LINE_NOTE,
                "1 node is Laplace's approximation; the ladder ends where no estimate moves by more than %g of its standard "
                "error, at 5 nodes or more",
                LADDER_STABLE);
    verdict_lines(result, ladder, model->name);
    if (model->fit != NULL && identity_design(model->fit) != model->design)
        result_line(result, LINE_NOTE, "of a model that is not identified the parameters that are determined: help identified");
    return result;
}

static bool run(struct session *session, const struct call *call, struct glmm_error *err)
{
    const struct word *word = call->word_count > 0 ? &call->words[0] : NULL;
    struct ladder *ladder;
    struct model *model;
    bool ok;

    if (!no_more_words(call, 1, err))
        return false;
    model = session_need_model(session, word == NULL ? NULL : word->text, word == NULL ? NOWHERE : word->at, err);
    if (model == NULL || !session_takes_model(session, model, word == NULL ? NOWHERE : word->at, err))
        return false;
    progress_name(session, "ladder", NULL);
    ladder = ladder_new(model->fit == NULL ? model->design : identity_design(model->fit), model->family, model->link,
                        &session->progress, err);
    ok = ladder != NULL && emit(session, ladder_result(model, ladder), err);
    ladder_free(ladder);
    return ok;
}

const struct command command_ladder = {
    .name = "ladder",
    .usage = "ladder [MODEL]",
    .brief = "fit with more and more quadrature nodes",
    .help = "Fits the model with 1, 3, 5, 9, 15 and 25 nodes of adaptive Gauss-Hermite quadrature per random effect, until no "
            "estimate moves by more than a hundredth of its standard error, and says whether Laplace's approximation (1 node) "
            "is good enough here: whether it is within a twentieth of a standard error of the last rung, for every estimate.\n"
            "\n"
            "Laplace is at its worst where groups are small and the response is binary, for the standard deviations first. The "
            "model keeps the fit it has.\n"
            "\n"
            "There is no ladder for a linear model, whose likelihood is exact, nor for crossed factors, whose integral has too "
            "many dimensions for a grid.",
    .arguments = ARGUMENT_WORDS,
    .complete = completes,
    .examples = examples,
    .flags = COMMAND_LONG,
    .run = run,
};
