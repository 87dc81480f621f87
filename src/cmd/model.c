/* model.c -- states a model and says what it means. */
#include "lang/command.h"
#include "report/stating.h"
#include "report/headline.h"
#include "report/tables.h"

#include "model/structure.h"
#include "result/value.h"

static const struct option options[] = { STATEMENT_OPTIONS, { 0 } };

static const struct example examples[] = {
    { "load sleepstudy; model m1 = Reaction ~ Days + (Days | Subject)", "a random intercept and slope for each subject" },
    { "load sleepstudy; model Reaction ~ Days + (Days || Subject)",
      "the same without their covariance; named m1, m2, ... as it comes" },
    { "load pastes; model strength ~ 1 + (1 | batch/cask)", "casks within batches: the terms batch and cask:batch" },
    { "load sleepstudy; model Reaction ~ Days + (1 | Subject), where=Days > 1", "on a part of the rows" },
    { "load cbpp; model cbind(incidence, size - incidence) ~ factor(period) + (1 | herd), family=binomial",
      "counts of successes and failures" },
    { 0 },
};

static const enum complete completes[] = { COMPLETE_FORMULA, COMPLETE_NOTHING };

/* "ar1: factor(t)1 to factor(t)6" */
static const char *effects_text(struct arena *arena, const struct random_design *random)
{
    if (random->structure == NULL)
        return join_names(arena, random->names, random->k, ", ");
    return arena_printf(arena, "%s: %s to %s", random->structure->name, random->names[0], random->names[random->k - 1]);
}

static const char *structure_text(struct arena *arena, const struct random_design *random)
{
    if (random->structure->hetero)
        return arena_printf(arena, "%d variances, %s", random->k, random->structure->words);
    return random->structure->words;
}

/* One row a random term: its effects, how they covary, its groups. */
static void random_table(struct result *result, const struct design *design)
{
    struct table *table = result_table(result, NULL, "Random effects");
    size_t group = table_column(table, NULL, NULL, CELL_TEXT), effects = table_column(table, NULL, "effects", CELL_TEXT);
    size_t levels = table_column(table, NULL, "levels", CELL_INTEGER),
           parameters = table_column(table, NULL, "covariance", CELL_TEXT);

    for (int t = 0; t < design->random_count; t++) {
        const struct random_design *random = &design->random[t];
        size_t row = table_row(table);

        table_indent(table, row, 1);
        table_text(table, row, group, random->group);
        table_text(table, row, effects, effects_text(result->arena, random));
        table_integer(table, row, levels, random->level_count);
        table_text(table, row, parameters,
                   random->structure != NULL         ? structure_text(result->arena, random)
                   : random->k == 1                  ? "1 variance"
                   : !random->covariance->correlated ? arena_printf(result->arena, "%d %s", random->k, random->covariance->words)
                   : random->k == 2                  ? "2 variances, 1 correlation"
                                                     : arena_printf(result->arena, "%d variances, %d correlations", random->k,
                                                                    random->k * (random->k - 1) / 2));
    }
}

/* What `||` means where factors stand before it: R's programs do not agree. */
static void bars_notes(struct result *result, const struct model *model)
{
    const struct design *design = model->design;

    for (int t = 0; t < design->random_count; t++) {
        const struct random_design *random = &design->random[t];
        const struct random_term *term = &model->formula->random[t];

        if (!random->covariance->correlated && random->k > 1 && term->part != RANDOM_ALL)
            result_line(result, LINE_NOTE, "`||` by %s: a variance each for %s%s, no covariances: as glmmTMB's diag()",
                        random->group, term->whole_intercept ? "the intercept and for " : "",
                        join_names(result->arena, random->names, random->k, ", "));
    }
}

static void text_of_model(struct result *result, const struct model *model, const char *old_fit)
{
    const struct design *design = model->design;
    const char *names = join_names(result->arena, design->names, design->p, ", ");

    head_lines(result, model, NULL);
    subset_notes(result, model);
    dropped_notes(result, design);
    if (names != NULL)
        result_line(result, LINE_TEXT, "Fixed effects: %s (%d coefficient%s)", design->p == 0 ? "none" : names, design->p,
                    design->p == 1 ? "" : "s");
    else
        result->failed = true;
    if (design->random_count > 0)
        random_table(result, design);
    else
        result_line(result, LINE_NOTE, "no random effects: a %slinear model", model_is_linear(model) ? "" : "generalized ");
    success_note(result, design);
    category_notes(result, design);
    contrast_notes(result, design);
    bars_notes(result, model);
    weights_note(result, model);
    if (model->spec.offset != NULL)
        result_line(result, LINE_NOTE, "offset: %s", model->spec.offset);
    structure_notes(result, model);
    if (old_fit != NULL)
        result_line(result, LINE_NOTE, "%s", old_fit);
    result_line(result, LINE_NEXT, "fit %s", model->name);
}

static struct result *model_result(const struct model *model, const char *old_fit)
{
    const struct design *design = model->design;
    struct result *result = result_new("model");

    if (result == NULL)
        return NULL;
    identity_values(result, model);
    result_integer(result, "nobs", (long long)design_used_rows(design));
    result_string(result, "where", model->spec.where);
    result_integer(result, "outside_rows", (long long)(design->outside_rows + design->zero_rows));
    result_integer(result, "dropped_rows", (long long)design->dropped_rows);
    result_value(result, "dropped_columns", value_strings(result->arena, design->dropped, (size_t)design->dropped_count));
    result_value(result, "fixed_terms", value_strings(result->arena, design->names, (size_t)design->p));
    groups_value(result, design);
    text_of_model(result, model, old_fit);
    return result;
}

static bool run(struct session *session, const struct call *call, struct glmm_error *err)
{
    struct model *model = model_state(session, call, err), *old;
    struct result *result;
    const char *note = NULL;

    if (model == NULL)
        return false;
    old = session_find_model(session, model->name);
    if (old != NULL)
        note = old->fit == NULL ? "replaces the model of that name" : "replaces the model of that name, and its fit";
    result = model_result(model, note);
    if (result == NULL || !result_ok(result)) {
        result_free(result);
        forget_model(model);
        return fail_memory(err);
    }
    if (!session_add_model(session, model, err)) {
        result_free(result);
        return false;
    }
    return emit(session, result, err);
}

const struct command command_model = {
    .name = "model",
    .usage = "model [NAME =] FORMULA",
    .brief = "state a model",
    .help =
        "States a mixed model on the current data and says what it means: family and link, the fixed coefficients, the "
        "random effects and their groups, rows dropped because a value is missing, columns dropped because they are "
        "collinear. Nothing is fitted yet: `fit` does that.\n"
        "\n"
        "The formula is lme4's: `response ~ fixed effects + (effects | group)`. `(1 | g)` is a random intercept for each "
        "level of g, `(x | g)` a random intercept and slope with their covariance, `(x || g)` the same without it, `(1 | "
        "a/b)` groups b within groups a. More in `help formula`.\n"
        "\n"
        "where=CONDITION states it on the rows in which the condition is true; a weight of 0 leaves a row out. The model keeps "
        "its rows, whatever becomes of the data.\n"
        "\n"
        "Without a name the model is called m1, m2, ... It becomes the current model.",
    .arguments = ARGUMENT_TEXT,
    .complete = completes,
    .options = options,
    .options_size = sizeof(struct statement),
    .examples = examples,
    .flags = COMMAND_CHANGES | COMMAND_LONG | COMMAND_MERGED,
    .run = run,
};
