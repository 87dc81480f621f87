/* ranef.c -- conditional modes of the random effects, level by level. */
#include "lang/command.h"
#include "report/interval-notes.h"
#include "report/naming.h"
#include "report/tables.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "fit/identify.h"
#include "infer/mode-errors.h"
#include "infer/relatives.h"
#include "model/family.h"
#include "model/relation.h"
#include "result/value.h"
#include "term/progress.h"

enum { ROWS_SHOWN = 20 };

struct ranef_call {
    bool all;
    int se; /* enum mode_error */
};

static const struct ranef_call defaults = { .se = MODE_CONDITIONAL };
static const char *const kinds[] = { "conditional", "pev", "full", NULL }; /* enum mode_error */

static const struct option options[] = {
    { .name = "all",
      .type = OPTION_FLAG,
      .offset = offsetof(struct ranef_call, all),
      .help = "all levels, not the first 20 only" },
    { .name = "se",
      .type = OPTION_ENUM,
      .offset = offsetof(struct ranef_call, se),
      .choices = kinds,
      .word = "KIND",
      .help = "conditional: parameters held at their estimates; pev: the error of the fixed effects added; full: all" },
    { 0 },
};

static const struct example examples[] = {
    { "load sleepstudy; fit Reaction ~ Days + (Days | Subject); ranef", "intercept and slope deviations of 18 subjects" },
    { "load sleepstudy; fit Reaction ~ Days + (Days | Subject); ranef, se=pev", "with prediction error variances" },
    { "load penicillin; fit m1 = diameter ~ 1 + (1 | plate) + (1 | sample); ranef m1 sample", "one of two grouping factors" },
    { 0 },
};

static const enum complete completes[] = { COMPLETE_FITTED_MODEL, COMPLETE_GROUP, COMPLETE_NOTHING };

/* A random term of the mean, or of another predictor. */
struct shown_term {
    const struct random_design *design;
    const struct random_fit *random;
    const struct fit *fit;
    int t;                /* of the mean's terms */
    int place;            /* among the terms of all predictors */
    enum mode_error kind; /* which error is shown */
    const double *se;     /* of pev and full; NULL: conditional */
    int32_t own;          /* levels that have rows; behind them relatives of these */
    const char *of, *key; /* of another predictor: "zero inflation", "zi"; NULL: of the mean */
    const bool *never;    /* of `by = f`: the effects that a level never has; NULL: it has all */
};

static bool has_effect(const struct shown_term *term, int32_t level, int a)
{
    return term->never == NULL || level >= term->own || !term->never[(size_t)level * (size_t)term->random->k + (size_t)a];
}

static bool knows_mode(const struct shown_term *term, int32_t level, int a)
{
    if (level >= term->own)
        return true;
    if (!has_effect(term, level, a))
        return false;
    if (term->of == NULL)
        return fit_knows_mode(term->fit, term->t, level, a);
    return !isnan(term->random->modes[(size_t)level * (size_t)term->random->k + (size_t)a]);
}

static double error_of(const struct shown_term *term, size_t level, int a)
{
    return term->se == NULL ? fit_mode_se(term->random, level, a) : term->se[level * (size_t)term->random->k + (size_t)a];
}

/* JSON `levels[{level n estimate[] se[]}]`. */
static void levels_value(struct result *result, const struct shown_term *term)
{
    const struct random_design *design = term->design;
    const struct random_fit *random = term->random;
    struct arena *arena = result->arena;
    struct value *levels = value_array(arena), *level, *sds, *modes;

    for (int32_t l = 0; l < design->level_count; l++) {
        level = value_append(levels, value_object(arena));
        sds = value_array(arena);
        modes = value_array(arena);
        for (int a = 0; a < random->k; a++) {
            bool known = knows_mode(term, l, a);

            value_append(modes,
                         known ? value_real(arena, random->modes[(size_t)l * (size_t)random->k + (size_t)a]) : value_null(arena));
            value_append(sds, known ? value_real(arena, error_of(term, (size_t)l, a)) : value_null(arena));
        }
        value_set(arena, level, "level", value_string(arena, design->levels[l]));
        value_set(arena, level, "n", value_integer(arena, (long long)design->rows_of_level[l]));
        value_set(arena, level, "estimate", modes);
        value_set(arena, level, "se", sds);
    }
    result_value(result, "levels", levels);
}

/* The two columns of one effect, with decimals that suit both; returns the first. */
static size_t effect_columns(struct result *result, struct table *table, const struct shown_term *term, int a, int digits)
{
    const struct random_design *design = term->design;
    const struct random_fit *random = term->random;
    size_t count = (size_t)design->level_count, estimate = table_column(table, design->names[a], design->names[a], CELL_REAL);
    size_t sd = table_column(table, arena_printf(result->arena, "se_%s", design->names[a]),
                             term->kind == MODE_CONDITIONAL ? "cond.SD" : "pred.SE", CELL_REAL);
    double *values = arena_alloc(result->arena, 2 * count, sizeof *values);
    int decimals;

    table_flags(table, sd, COLUMN_JOINED);
    if (values == NULL) {
        result->failed = true;
        return estimate;
    }
    for (size_t l = 0; l < count; l++) {
        values[l] = random->modes[l * (size_t)random->k + (size_t)a];
        values[count + l] = error_of(term, l, a);
    }
    decimals = fitting_decimals(values, values + count, count, digits);
    table_decimals(table, estimate, decimals);
    table_decimals(table, sd, decimals);
    return estimate;
}

static void levels_table(struct result *result, const struct shown_term *term, int digits, bool all, bool alone)
{
    const struct random_design *design = term->design;
    const struct random_fit *random = term->random;
    struct table *table = result_table(result, NULL, design->group);
    size_t group = alone ? 0 : table_column(table, "group", NULL, CELL_TEXT);
    size_t level = table_column(table, "level", NULL, CELL_TEXT), n = table_column(table, "n", "n", CELL_INTEGER), first = 0,
           column;

    bool open = false, never = false;

    if (!alone)
        table_flags(table, group, COLUMN_CSV);
    for (int a = 0; a < random->k; a++) {
        column = effect_columns(result, table, term, a, digits);
        first = a == 0 ? column : first;
    }
    for (int32_t l = 0; l < design->level_count; l++) {
        size_t row = table_row(table);

        if (!alone)
            table_text(table, row, group, design->group);
        table_text(table, row, level, design->levels[l]);
        table_integer(table, row, n, (long long)design->rows_of_level[l]);
        for (int a = 0; a < random->k; a++) {
            double mode = random->modes[(size_t)l * (size_t)random->k + (size_t)a];

            if (isnan(mode) || !knows_mode(term, l, a)) {
                table_none(table, row, first + 2 * (size_t)a);
                table_none(table, row, first + 2 * (size_t)a + 1);
                *(has_effect(term, l, a) ? &open : &never) = true;
                continue;
            }
            table_real(table, row, first + 2 * (size_t)a, mode);
            if (isnan(error_of(term, (size_t)l, a)))
                table_none(table, row, first + 2 * (size_t)a + 1);
            else
                table_real(table, row, first + 2 * (size_t)a + 1, error_of(term, (size_t)l, a));
        }
    }
    if (!all)
        table_show_rows(table, ROWS_SHOWN);
    if (open)
        result_line(result, LINE_NOTE, "\xe2\x80\x93: not determined by these data (help identified)");
    if (never)
        result_line(result, LINE_NOTE, "\xe2\x80\x93: by= gives this level another effect");
}

static const char *error_note(enum mode_error kind)
{
    switch (kind) {
    case MODE_PEV:
        return "pred.SE: root of the prediction error variance, the error of the fixed effects included, the variances held at "
               "their estimates";
    case MODE_FULL:
        return "pred.SE: root of the prediction error variance, the errors of the fixed effects and of the variances included";
    default:
        return "cond.SD: their SD given the data, the parameters held at their estimates";
    }
}

static struct result *ranef_result(const struct model *model, const struct shown_term *term, int digits, bool all, bool alone)
{
    const struct random_design *design = term->design;
    struct result *result = result_new("ranef");

    if (result == NULL)
        return NULL;
    result_string(result, "model", model->name);
    result_string(result, "group", design->group);
    result_value(result, "terms", value_strings(result->arena, design->names, (size_t)design->k));
    if (term->key != NULL)
        result_string(result, "part", term->key);
    if (term->kind != MODE_CONDITIONAL)
        result_string(result, "se", kinds[term->kind]);
    levels_value(result, term);
    result_line(result, LINE_TITLE, "%s   random effects of %s%s%s", model->name, design->group, term->of == NULL ? "" : ", ",
                term->of == NULL ? "" : term->of);
    result_line(result, LINE_NOTE, "conditional modes (BLUPs): deviations from the fixed effects; %s", error_note(term->kind));
    if (design->level_count > term->own)
        result_line(result, LINE_NOTE, "n 0: %d name%s of %s without rows, by what their relatives have",
                    design->level_count - term->own, design->level_count - term->own == 1 ? "" : "s", design->relation->name);
    unconverged_note(result, model->fit);
    levels_table(result, term, digits, all, alone);
    return result;
}

/* All random terms of the model, the mean's first; the arena's, NULL when memory is out. */
static struct shown_term *terms_of(const struct model *model, struct arena *arena, int *count)
{
    const struct fit *fit = model->fit;
    const struct design *design = fit->design;
    int total = design->random_count;
    struct shown_term *terms;

    for (int i = 0; i < fit->part_count; i++)
        total += fit->part[i].design == NULL ? 0 : fit->part[i].design->random_count;
    if ((terms = arena_alloc(arena, (size_t)total + 1, sizeof *terms)) == NULL)
        return NULL;
    *count = 0;
    for (int t = 0; t < design->random_count; t++)
        terms[(*count)++] = (struct shown_term){ .design = &design->random[t],
                                                 .random = &fit->random[t],
                                                 .fit = fit,
                                                 .t = t,
                                                 .place = t,
                                                 .own = design->random[t].level_count };
    for (int t = 0; t < design->random_count && model->formula->random_count == design->random_count; t++)
        if (design->random[t].relation == NULL) /* else relatives tell of it */
            terms[t].never = random_never_has(&design->random[t], design->n, &model->formula->random[t], arena);
    for (int i = 0; i < fit->part_count; i++) {
        const struct fit_part *part = &fit->part[i];
        bool zero = part->kind == PART_ZERO;

        for (int t = 0; part->design != NULL && part->random != NULL && t < part->design->random_count; t++)
            terms[(*count)++] = (struct shown_term){ .design = &part->design->random[t],
                                                     .random = &part->random[t],
                                                     .fit = fit,
                                                     .place = design_first_term(design, fit_part_place(part->kind)) + t,
                                                     .own = part->design->random[t].level_count,
                                                     .of = !zero                           ? "dispersion (logarithm)"
                                                           : family_is_hurdle(fit->family) ? "zeros (log-odds)"
                                                                                           : "zero inflation (log-odds)",
                                                     .key = zero ? "zi" : "disp" };
    }
    return terms;
}

/* The word is a group of a predictor beside the mean's. */
static bool is_group_of_part(const struct fit *fit, const char *word)
{
    for (int i = 0; i < fit->part_count; i++)
        if (fit->part[i].design != NULL && group_index(fit->part[i].design, word) >= 0)
            return true;
    return false;
}

/* The term with the levels that its matrix alone has.  Where these are too much for the memory, without them. */
static bool add_relatives(struct session *session, struct shown_term *term, struct arena *arena, struct glmm_error *err)
{
    struct random_design *design = arena_alloc(arena, 1, sizeof *design);
    struct random_fit *random = arena_alloc(arena, 1, sizeof *random);

    if (design == NULL || random == NULL)
        return fail_memory(err);
    if (term->of != NULL || term->design->relation == NULL)
        return true;
    if (!relatives_find(term->fit, term->t, arena, &session->progress, design, random, err)) {
        if (err->code != GLMM_E_LIMIT)
            return false;
        *err = (struct glmm_error){ 0 };
        return true;
    }
    term->design = design;
    term->random = random;
    return true;
}

/* The errors that are asked for; the arena's. */
static bool set_errors(struct session *session, struct shown_term *term, enum mode_error kind, struct arena *arena,
                       struct glmm_error *err)
{
    double *se = arena_alloc(arena, (size_t)term->design->level_count * (size_t)term->design->k + 1, sizeof *se);

    term->kind = kind;
    if (kind == MODE_CONDITIONAL)
        return true;
    term->se = se;
    return se == NULL ? fail_memory(err) : mode_errors(term->fit, term->place, term->design, kind, se, &session->progress, err);
}

static bool run(struct session *session, const struct call *call, struct glmm_error *err)
{
    const struct ranef_call *given = call->options;
    struct result *answer = NULL, *part;
    struct shown_term *terms;
    struct model *model;
    const struct word *group;
    int at, count = 0, shown = 0;
    bool ok = true;

    if ((model = call_fitted_parts(session, call, &at, err)) == NULL || !no_more_words(call, at + 1, err))
        return false;
    group = call->word_count > at ? &call->words[at] : NULL;
    if (group != NULL && !is_group_of_part(model->fit, group->text) && !check_group(model, &call->words[at], err))
        return false;
    if ((terms = terms_of(model, call->arena, &count)) == NULL)
        return fail_memory(err);
    if (count == 0)
        return fail_without_effects(model, "", err);
    for (int i = 0; i < count; i++)
        if (group == NULL || name_is(terms[i].design->group, group->text))
            terms[shown++] = terms[i];
    progress_name(session, "ranef", NULL);
    for (int i = 0; ok && i < shown; i++) {
        part = NULL;
        ok = add_relatives(session, &terms[i], call->arena, err)
             && set_errors(session, &terms[i], (enum mode_error)given->se, call->arena, err)
             && ((part = ranef_result(model, &terms[i], session->settings.digits, given->all, shown == 1)) != NULL
                 || fail_memory(err));
        result_append(&answer, part);
    }
    if (ok)
        return emit(session, answer, err);
    result_free(answer);
    return false;
}

const struct command command_ranef = {
    .name = "ranef",
    .usage = "ranef [MODEL] [GROUP]",
    .brief = "show the random effects, level by level",
    .help = "Shows the conditional mode (BLUP) of each random effect for each level of a grouping factor: how far the level "
            "lies from the fixed effects. Without GROUP all grouping factors are shown, those of zi= and disp= too.\n"
            "\n"
            "The conditional SD is that of the effect given the data, with the fixed effects and the variances held at their "
            "estimates, as lme4 gives it; it leaves out what is not known about these. "
            "`se=pev` adds the error of the fixed effects: the prediction error variance Var(b - BLUP) of Henderson, as "
            "SAS and breeders have it. `se=full` adds that of the variances too, as glmmTMB has it. Of a generalized model the "
            "covariances are those of the joint information about all parameters.\n"
            "\n"
            "Of a term with a matrix K the names of K without rows follow, n 0: sires without records, young animals. What is "
            "known of them is known through their relatives.",
    .arguments = ARGUMENT_WORDS,
    .complete = completes,
    .options = options,
    .defaults = &defaults,
    .options_size = sizeof(struct ranef_call),
    .examples = examples,
    .run = run,
};
