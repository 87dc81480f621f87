/* diagnose.c -- what may be wrong with a fit: one screen of verdicts, with what to do. */
#include "infer/diagnose.h"
#include "infer/influence.h"
#include "cmd/derivation.h"
#include "lang/command.h"
#include "report/headline.h"
#include "report/naming.h"
#include "report/tables.h"

#include <limits.h>
#include <math.h>
#include <string.h>

#include "cmd/verb.h"
#include "fit/method.h"
#include "result/number.h"
#include "term/progress.h"

struct diagnose_call {
    int draws;
    uint64_t seed;
    const char *influence, *time;
    int refit;
};

static const struct diagnose_call defaults = { .draws = 250 };

static const struct option options[] = {
    { .name = "n",
      .type = OPTION_INTEGER,
      .offset = offsetof(struct diagnose_call, draws),
      .min = 50,
      .max = 10000,
      .word = "N",
      .help = "responses drawn from the fit (250)" },
    { .name = "seed",
      .type = OPTION_SEED,
      .offset = offsetof(struct diagnose_call, seed),
      .word = "SEED",
      .help = "another one than `set seed` says" },
    { .name = "influence",
      .complete = COMPLETE_GROUP,
      .type = OPTION_WORD,
      .offset = offsetof(struct diagnose_call, influence),
      .word = "GROUP",
      .help = "also how the fit moves without each level of that group: moves in errors, Cook's distance" },
    { .name = "refit",
      .type = OPTION_INTEGER,
      .offset = offsetof(struct diagnose_call, refit),
      .min = 0,
      .max = INT_MAX,
      .word = "N",
      .help = "fit the model again without the N levels farthest by one step (all; of a large model a few)" },
    { .name = "time",
      .type = OPTION_VARIABLE,
      .offset = offsetof(struct diagnose_call, time),
      .word = "VAR",
      .help = "the order in which neighbours are looked at; else that of a predictor, where one gives an order" },
    { 0 },
};

static const struct example examples[] = {
    { "load sleepstudy; fit Reaction ~ Days + (Days | Subject); diagnose", "a linear model" },
    { "load salamanders; fit count ~ mined + (1 | site), family=poisson; diagnose", "counts with more zeros than a Poisson has" },
    { "load sleepstudy; fit Reaction ~ Days + (Days | Subject); diagnose, influence=Subject", "without each subject in turn" },
    { 0 },
};

static const enum complete completes[] = { COMPLETE_FITTED_MODEL, COMPLETE_NOTHING };

/* The first column: what is looked at. */
static const char *what(struct arena *arena, const struct check *c)
{
    switch (c->kind) {
    case CHECK_FIT:
        return "the fit";
    case CHECK_DISPERSION:
    case CHECK_DISPERSION_NEW:
        return "dispersion";
    case CHECK_ZEROS_GIVEN:
    case CHECK_ZEROS:
        return "zeros";
    case CHECK_UNIFORMITY:
        return "distribution";
    case CHECK_SPREAD:
        return "spread";
    case CHECK_MEAN_ALONG:
    case CHECK_SPREAD_ALONG:
        return arena_printf(arena, "along %s", c->subject);
    case CHECK_ORDER:
        return arena_printf(arena, "order of %s", c->other);
    case CHECK_GROUP_SPREAD:
        return arena_printf(arena, "spread by %s", c->subject);
    case CHECK_LEVERAGE:
        return "leverage";
    case CHECK_OUTLIERS:
        return "outliers";
    case CHECK_MODES:
        return arena_printf(arena, "%s %s", c->subject, c->other);
    case CHECK_INFLUENCE:
        return arena_printf(arena, "levels of %s", c->subject);
    case CHECK_COLLINEARITY:
        return "collinearity";
    case CHECK_SEPARATION:
        return "separation";
    default:
        return "rows left out";
    }
}

/* With its digits, zeros too: a factor of 1.90 beside 2.39. */
static const char *digits_text(char buffer[NUMBER_SIZE], double x, int digits)
{
    number_text(buffer, x, digits);
    return number_keep_zeros(buffer, x, digits);
}

/* The second: what was found. */
static const char *finding(struct arena *arena, const struct check *c, const struct fit *fit)
{
    char a[NUMBER_SIZE], b[NUMBER_SIZE];
    bool groups = design_term_count(fit->design) > 0;

    switch (c->kind) {
    case CHECK_FIT:
        return verdict_name(fit->optimum.verdict);
    case CHECK_DISPERSION:
        return arena_printf(arena, "%s times the family's%s", digits_text(a, c->statistic, 3), groups ? ", given the modes" : "");
    case CHECK_DISPERSION_NEW:
        return arena_printf(arena, "%s times the draws', new effects", digits_text(a, c->statistic, 3));
    case CHECK_ZEROS_GIVEN:
    case CHECK_ZEROS:
        return arena_printf(arena, "%.0f, and %s in draws%s", c->statistic, number_fixed(b, c->expected, 0),
                            !groups                        ? ""
                            : c->kind == CHECK_ZEROS_GIVEN ? ", given the modes"
                                                           : ", new effects");
    case CHECK_UNIFORMITY:
        return arena_printf(arena, "quantile residuals off by %s at most", number_fixed(a, c->statistic, 3));
    case CHECK_SPREAD:
        return arena_printf(arena, "residuals vary %s times as much", digits_text(a, c->statistic, 3));
    case CHECK_MEAN_ALONG:
    case CHECK_SPREAD_ALONG:
        return arena_printf(arena, "%s off by %s errors at %s", c->kind == CHECK_MEAN_ALONG ? "mean" : "spread",
                            number_fixed(a, c->statistic, 2), c->level);
    case CHECK_ORDER:
        return arena_printf(arena, "neighbours%s%s correlate by %s", c->subject == NULL ? "" : " in ",
                            c->subject == NULL ? "" : c->subject, number_fixed(a, c->statistic, 2));
    case CHECK_GROUP_SPREAD:
        return arena_printf(arena, "rows of %s vary %s times as much", c->level, digits_text(a, c->statistic, 3));
    case CHECK_LEVERAGE:
        return arena_printf(arena, "row %s has %s of 1, the mean %s", c->level, digits_text(a, c->statistic, 2),
                            digits_text(b, c->expected, 2));
    case CHECK_OUTLIERS:
        return arena_printf(arena, "%.0f %s%s beyond all draws, %s expected", c->statistic,
                            fit->design->repeats ? "trial" : "row", c->statistic == 1 ? "" : "s",
                            number_fixed(b, c->expected, 1));
    case CHECK_MODES:
        return arena_printf(arena, "modes: W' %s", number_fixed(a, c->statistic, 3));
    case CHECK_INFLUENCE:
        return arena_printf(arena, "%s moves %s by %s errors", c->level, c->other, number_fixed(a, fabs(c->statistic), 2));
    case CHECK_COLLINEARITY:
        return arena_printf(arena, "variance of %s inflated %s times", c->other, digits_text(a, c->statistic, 3));
    case CHECK_SEPARATION:
        return arena_printf(arena, "rows fitted perfectly: %.0f", c->statistic);
    default:
        return c->level == NULL ? arena_printf(arena, "%s %% for missing values", number_text(a, 100 * c->statistic, 2))
                                : arena_printf(arena, "%s %%; of %s %s: %s %%", number_text(a, 100 * c->statistic, 2), c->subject,
                                               c->level, number_text(b, 100 * c->expected, 2));
    }
}

static const char *dispersion_advice(const struct fit *fit)
{
    if (strcmp(fit->family->name, "poisson") == 0)
        return "more variation than a Poisson has: its standard errors are too small. Try family=nbinom2, or an effect of each "
               "row";
    if (strcmp(fit->family->name, "binomial") == 0)
        return "more variation than a binomial has: its standard errors are too small. Try family=betabinomial, or an effect of "
               "each "
               "row";
    return "more variation than the family has: a predictor or a random effect may be missing";
}

/* What to do about a check that is not ok. */
static const char *advice(struct arena *arena, const struct check *c, const struct fit *fit)
{
    switch (c->kind) {
    case CHECK_FIT:
        return "the verdict below `summary` says what this means; help convergence, help boundary";
    case CHECK_DISPERSION:
    case CHECK_DISPERSION_NEW:
        return dispersion_advice(fit);
    case CHECK_SPREAD:
        return "quantile residuals keep to the middle, or to the ends: another family, or a dispersion of its own (disp=)";
    case CHECK_MEAN_ALONG:
        return "the mean bends there beyond what the model says: a curve (poly, ns), or an interaction; plot-ascii partial";
    case CHECK_SPREAD_ALONG:
        return arena_printf(arena, "the variation hangs on it: disp=~%s, or a random slope; help disp", c->subject);
    case CHECK_ORDER:
        return "neighbours are alike beyond what the model says: residual=ar1(), a curve, a random slope; help structures";
    case CHECK_GROUP_SPREAD:
        return "rows vary more in some levels than in others: disp= of what tells them apart, or a family with heavier tails";
    case CHECK_LEVERAGE:
        return arena_printf(arena, "the fixed effects are fitted to that row nearly alone: is it right? fit again without it");
    case CHECK_ZEROS_GIVEN:
    case CHECK_ZEROS:
        return c->statistic > c->expected
                   ? "more zeros than the model makes: overdispersion (family=nbinom2), or zeros of another "
                     "origin (zi=~1)"
                   : "fewer zeros than the model makes: is the response truncated?";
    case CHECK_UNIFORMITY:
        return "the response has not the distribution that the model gives it: plot-ascii qq; another family, a transformation, "
               "a "
               "missing predictor";
    case CHECK_OUTLIERS:
        return "rows that the model can hardly make: look at the largest of `residuals`";
    case CHECK_MODES:
        return "effects that are not normal: plot-ascii caterpillar; a predictor between the groups may be missing, or some "
               "groups are "
               "of another kind";
    case CHECK_INFLUENCE:
        return arena_printf(arena, "results hang on that level: fit again without it and see whether they hold");
    case CHECK_COLLINEARITY:
        return "predictors that tell nearly the same: their coefficients are known together, not one by one; leave one out, or "
               "do not "
               "read them singly";
    case CHECK_SEPARATION:
        return "infinite coefficients: help separation";
    default:
        return "rows are left out of some groups more than of others: are their values missing for a reason? `missing` shows "
               "where";
    }
}

static void check_table(struct result *result, const struct diagnosis *d, const struct fit *fit)
{
    struct table *table = result_table(result, "checks", NULL);
    size_t name = table_column(table, "check", NULL, CELL_TEXT), look = table_column(table, NULL, NULL, CELL_TEXT);
    size_t found = table_column(table, NULL, "found", CELL_TEXT), p = table_column(table, "p", "p", CELL_P);
    size_t verdict = table_column(table, "verdict", "verdict", CELL_TEXT), group = table_column(table, "group", NULL, CELL_TEXT);
    size_t term = table_column(table, "term", NULL, CELL_TEXT), level = table_column(table, "level", NULL, CELL_TEXT);
    size_t statistic = table_column(table, "statistic", NULL, CELL_REAL),
           expected = table_column(table, "expected", NULL, CELL_REAL);

    table_flags(table, name, COLUMN_NOT_TEXT);
    for (size_t j = group; j <= expected; j++)
        table_flags(table, j, COLUMN_NOT_TEXT);
    for (int i = 0; i < d->count; i++) {
        const struct check *c = &d->checks[i];
        size_t row = table_row(table);

        table_text(table, row, name, check_kind_name(c->kind));
        table_text(table, row, look, what(result->arena, c));
        table_text(table, row, found, finding(result->arena, c, fit));
        table_text(table, row, verdict, check_verdict_name(c->verdict));
        table_text(table, row, group, c->subject);
        table_text(table, row, term, c->other);
        table_text(table, row, level, c->level);
        if (!isnan(c->p))
            table_real(table, row, p, c->p);
        if (!isnan(c->statistic))
            table_real(table, row, statistic, c->statistic);
        if (!isnan(c->expected))
            table_real(table, row, expected, c->expected);
    }
}

/* The levels that count most, by refits. */
static void influence_table(struct result *result, const struct fit *fit, const struct influence *influence)
{
    enum { MOST = 10 };
    const struct random_design *random = &fit->design->random[influence->term];
    struct table *table = result_table(result, "influence", arena_printf(result->arena, "without level of %s", random->group));
    size_t level = table_column(table, "level", NULL, CELL_TEXT), rows = table_column(table, "rows", "rows", CELL_INTEGER);
    size_t cook = table_column(table, "cook", "Cook's D", CELL_REAL),
           step = table_column(table, "step_cook", "one step", CELL_REAL);
    size_t move = table_column(table, "move", "largest move", CELL_REAL),
           step_move = table_column(table, "step_move", "one step", CELL_REAL),
           term = table_column(table, "term", "of", CELL_TEXT);

    table_all_derive(table, DERIVED_INFLUENCE);
    for (size_t j = cook; j <= step_move; j++)
        table_decimals(table, j, 3);
    for (int i = 0; i < influence->count; i++) {
        const struct influence_level *l = &influence->levels[i];
        size_t row = table_row(table);

        table_indent(table, row, 1);
        table_text(table, row, level, random->levels[l->level]);
        table_integer(table, row, rows, (long long)random->rows_of_level[l->level]);
        table_real_known(table, row, cook, l->cook);
        table_real_known(table, row, step, l->step_cook);
        table_real_known(table, row, move, l->move);
        table_real_known(table, row, step_move, l->step_move);
        if (l->coefficient >= 0)
            table_text(table, row, term, fit->design->names[l->coefficient]);
    }
    table_show_rows(table, MOST);
    result_line(
        result, LINE_NOTE, "%s. moves are of coefficients, in standard errors of the fit%s%s",
        influence->singular ? "\xe2\x80\x93: predictors tell so nearly the same that V has no inverse, nor Cook's D a value"
                            : "Cook's D: (b - b without)' V^-1 (b - b without) / p",
        !influence->stepped ? "; there is no step where residuals are structured"
        : influence->exact  ? "; one step: exact at the same variances, and a step of Newton's for these, without fitting again"
                            : "; one step: by first order, without fitting again",
        influence->stopped ? "; stopped before the others" : "");
    if (influence->refits < random->level_count)
        result_line(result, LINE_NOTE,
                    "the model was fitted again without %ld of the %d, the farthest by one step: refit=N fits it without N",
                    influence->refits, random->level_count);
}

/* Whether the check before it is the other of two of a kind, and has the same said of it. */
static bool is_said_before(const struct diagnosis *d, int i)
{
    enum check_kind kind = d->checks[i].kind;

    for (int j = 0; j < i; j++)
        if (d->checks[j].verdict != CHECK_OK
            && ((kind == CHECK_DISPERSION_NEW && d->checks[j].kind == CHECK_DISPERSION)
                || (kind == CHECK_ZEROS && d->checks[j].kind == CHECK_ZEROS_GIVEN)))
            return true;
    return false;
}

static struct result *diagnose_result(const struct model *model, const struct diagnosis *d)
{
    struct result *result = result_new("diagnose");
    int open = 0;

    if (result == NULL)
        return NULL;
    result_string(result, "model", model->name);
    result_integer(result, "draws", d->draws);
    result_integer(result, "seed", (long long)d->seed);
    result_line(result, LINE_TITLE, "%s   %s     %s, %s", model->name, model->text, law_in_full(result->arena, model),
                method_name(model->fit->method));
    result_line(result, LINE_TEXT, "held against %d responses drawn from the fit, seed %llu", d->draws,
                (unsigned long long)d->seed);
    check_table(result, d, model->fit);
    for (int i = 0; i < d->count; i++)
        if (d->checks[i].verdict != CHECK_OK) {
            open++;
            if (!is_said_before(d, i))
                result_line(result, LINE_NOTE, "%s: %s", what(result->arena, &d->checks[i]),
                            advice(result->arena, &d->checks[i], model->fit));
        }
    if (open == 0)
        result_line(result, LINE_VERDICT, "nothing here speaks against the model");
    return result;
}

/* The table of influence= under the rest. */
static bool add_influence(struct session *session, const struct call *call, const struct model *model, struct result *result,
                          struct glmm_error *err)
{
    const struct diagnose_call *given = call->options;
    struct influence influence = { 0 };
    int term = group_index(model->design, given->influence);
    bool ok;

    if (term < 0)
        return fail(err, GLMM_E_NAME, call_option_at(call, "influence"), "`%.60s` is no grouping factor of %.60s",
                    given->influence, model->name);
    ok =
        influence_find(&influence, model->fit, term, call_has_option(call, "refit") ? given->refit : -1, &session->progress, err);
    if (ok)
        influence_table(result, model->fit, &influence);
    influence_clear(&influence);
    return ok;
}

static bool order_is_a_variable(const struct call *call, const struct model *model, const char *name, struct glmm_error *err)
{
    const struct column *column = frame_need(model->frame, name, call_option_at(call, "time"), err);

    if (column != NULL && model->design->repeats)
        return fail(err, GLMM_E_MODEL, call_option_at(call, "time"),
                    "a row of %.60s stands for several observations alike, which have no order", model->name);
    return column != NULL
           && (column->type != COLUMN_FACTOR
               || fail(err, GLMM_E_TYPE, call_option_at(call, "time"), "an order is of numbers or dates, and `%.60s` is a factor",
                       name));
}

static bool run(struct session *session, const struct call *call, struct glmm_error *err)
{
    const struct diagnose_call *given = call->options;
    uint64_t seed = call_has_option(call, "seed") ? given->seed : session->settings.seed;
    struct diagnosis *d;
    struct model *model;
    struct result *result;
    int at;

    if ((model = call_fitted_model(session, call, &at, err)) == NULL || !no_more_words(call, at, err))
        return false;
    if (call_has_option(call, "refit") && given->influence == NULL) {
        fail(err, GLMM_E_USAGE, call_option_at(call, "refit"), "refit= is of influence=GROUP: without which levels?");
        if (model->design->random_count > 0)
            error_hint(err, "diagnose, influence=%s refit=%d", model->design->random[0].group, given->refit);
        return false;
    }
    if (given->time != NULL && !order_is_a_variable(call, model, given->time, err))
        return false;
    progress_name(session, "diagnose", NULL);
    if ((d = diagnosis_new(model, given->draws, seed, given->time, &session->progress, err)) == NULL)
        return false;
    result = diagnose_result(model, d);
    diagnosis_free(d);
    if (result != NULL && given->influence != NULL && !add_influence(session, call, model, result, err)) {
        result_free(result);
        return false;
    }
    return emit(session, result, err);
}

const struct command command_diagnose = {
    .name = "diagnose",
    .usage = "diagnose [MODEL]",
    .brief = "what may be wrong with a fit",
    .help =
        "Looks for what may be wrong with a fitted model, and says what to do. The response is held against responses drawn "
        "from the fit, with new random effects or given the modes.\n"
        "\n"
        "    dispersion     squared Pearson residuals (counts, proportions), both ways\n"
        "    zeros          of a count, both ways\n"
        "    distribution   quantile residuals: the place of a response among its draws\n"
        "    spread         whether these keep to the middle or to the ends\n"
        "    outliers       rows beyond all draws\n"
        "    along X        mean and spread of rotated residuals in parts of a predictor\n"
        "    order of X     whether neighbours in time are alike, rotated\n"
        "    spread by G    whether rows vary more in some levels of a group, rotated\n"
        "    GROUP EFFECT   whether the modes look normal (Shapiro-Francia)\n"
        "    levels         the largest move of a coefficient without a level, in its errors\n"
        "                   (first order; influence=GROUP shows each, by fits without it)\n"
        "    leverage       a row that the fixed effects are fitted to nearly alone\n"
        "    collinearity   the largest variance inflation of a term, GVIF^(1/df)\n"
        "\n"
        "and separation and rows left out, where there are any. Rotated residuals are made independent within groups. Verdicts "
        "are ok, look and bad; p is the share of draws that are as far out.",
    .arguments = ARGUMENT_WORDS,
    .complete = completes,
    .options = options,
    .options_size = sizeof(struct diagnose_call),
    .defaults = &defaults,
    .examples = examples,
    .flags = COMMAND_LONG,
    .run = run,
};
