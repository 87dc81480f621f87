/* sensitivity.c -- how far the estimates hang on choices beside the data: optimizer, start, method, link, distribution, levels.
 */
#include "infer/sensitivity.h"
#include "lang/command.h"
#include "report/headline.h"
#include "report/naming.h"
#include "report/tables.h"

#include <math.h>
#include <string.h>

#include "base/suggest.h"
#include "cmd/derivation.h"
#include "cmd/verb.h"
#include "fit/method.h"
#include "result/number.h"
#include "result/value.h"
#include "term/progress.h"

static const double TIE = 1e-6;      /* moves, in standard errors, that near are one: the first is named */
static const double SAME_AIC = 1e-3; /* AICs that near are one */

struct sensitivity_call {
    const char *vary;
    int levels;
};

static const struct sensitivity_call defaults = { .levels = 5 };
static const char *const kinds[] = { "optimizers", "starts", "methods", "links", "families", "groups", NULL };

static const struct option options[] = {
    { .name = "vary",
      .type = OPTION_WORD,
      .offset = offsetof(struct sensitivity_call, vary),
      .choices = kinds,
      .word = "LIST",
      .help = "of optimizers, starts, methods, links, families, groups; otherwise all" },
    { .name = "levels",
      .type = OPTION_INTEGER,
      .offset = offsetof(struct sensitivity_call, levels),
      .min = 1,
      .max = 100000,
      .word = "N",
      .help = "levels of each group that are left out in turn, the most influential (5)" },
    { 0 },
};

static const struct example examples[] = {
    { "load sleepstudy; fit Reaction ~ Days + (Days | Subject); sensitivity", "all that can be varied in a linear model" },
    { "load cbpp; fit cbind(incidence, size - incidence) ~ factor(period) + (1 | herd), family=binomial; sensitivity, "
      "vary=\"links, families\"",
      "only the distribution" },
    { "load epil; fit y ~ lbase * trt + (1 | subject), family=poisson; sensitivity, vary=groups levels=10",
      "without each of the ten subjects that count most" },
    { 0 },
};

static const enum complete completes[] = { COMPLETE_FITTED_MODEL, COMPLETE_NOTHING };

/* vary="links, families" */
static bool read_kinds(const struct call *call, const char *text, bool chosen[], struct glmm_error *err)
{
    const char *const *items = NULL;
    size_t count = 0;

    for (int k = 0; k < VARIANT_KINDS; k++)
        chosen[k] = text == NULL;
    if (text == NULL)
        return true;
    if (!verb_list(call, "vary", text, &items, &count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        struct suggest suggest;
        bool found = false;

        for (int k = 0; k < VARIANT_KINDS; k++)
            if (strcmp(items[i], kinds[k]) == 0)
                found = chosen[k] = true;
        if (found)
            continue;
        suggest_init(&suggest, items[i]);
        for (int k = 0; k < VARIANT_KINDS; k++)
            suggest_offer(&suggest, kinds[k]);
        fail(err, GLMM_E_USAGE, call_option_at(call, "vary"),
             "`%.40s` is nothing to vary: optimizers, starts, methods, links, families, groups", items[i]);
        suggest_hint(&suggest, err);
        return false;
    }
    return true;
}

/* --- words ------------------------------------------------------------------------------------------- */

static const char *variant_words(struct arena *arena, const struct variant *v)
{
    switch (v->kind) {
    case VARIANT_OPTIMIZER:
        return arena_printf(arena, "optimizer %s", v->what);
    case VARIANT_START:
        return arena_printf(arena, "start SDs x %s", v->what);
    case VARIANT_METHOD:
        return arena_printf(arena, v->how.method == METHOD_AGQ ? "method AGQ, nodes %s" : "method %s", v->what);
    case VARIANT_LINK:
        return arena_printf(arena, "link %s", v->what);
    case VARIANT_FAMILY:
        return arena_printf(arena, "family %s", v->what);
    default:
        return arena_printf(arena, "without %s %s", v->group, v->what);
    }
}

static const char *verdict_words(struct arena *arena, const struct variant *v)
{
    const char *name = variant_verdict_name(v->verdict);

    return v->boundary && v->verdict <= VARIANT_FAR ? arena_printf(arena, "%s, boundary", name) : name;
}

/* A move in words: no sign on what is nothing. */
static double rounded(double move)
{
    return fabs(move) < 0.005 ? 0 : move;
}

/* --- tables ------------------------------------------------------------------------------------------ */

static struct value *moves_value(struct arena *arena, const struct sensitivity *s, const double numbers[])
{
    return value_reals_known(arena, numbers, (size_t)s->count);
}

static void variants_table(struct result *result, const struct sensitivity *s)
{
    struct arena *arena = result->arena;
    struct table *table = result_table(result, "variants", NULL);
    size_t words = table_column(table, NULL, "variant", CELL_TEXT), kind = table_column(table, "kind", NULL, CELL_TEXT);
    size_t what = table_column(table, "what", NULL, CELL_TEXT), group = table_column(table, "group", NULL, CELL_TEXT);
    size_t loglik = table_column(table, "loglik", "log-lik.", CELL_REAL), aic = table_column(table, "aic", NULL, CELL_REAL);
    size_t move = table_column(table, "move", "largest move", CELL_REAL), of = table_column(table, "of", "of", CELL_TEXT);
    size_t verdict = table_column(table, "verdict", NULL, CELL_TEXT), judged = table_column(table, NULL, "verdict", CELL_TEXT);
    size_t boundary = table_column(table, "boundary", NULL, CELL_INTEGER);
    size_t estimates = table_column(table, "estimates", NULL, CELL_VALUE), moves = table_column(table, "moves", NULL, CELL_VALUE);

    table_all_derive(table, DERIVED_VARIED);
    for (size_t j = kind; j <= group; j++)
        table_flags(table, j, COLUMN_NOT_TEXT);
    table_flags(table, words, COLUMN_NOT_JSON);
    table_flags(table, judged, COLUMN_NOT_JSON);
    table_flags(table, verdict, COLUMN_NOT_TEXT);
    table_flags(table, aic, COLUMN_NOT_TEXT);
    for (size_t j = boundary; j <= moves; j++)
        table_flags(table, j, COLUMN_NOT_TEXT);
    table_decimals(table, loglik, 3);
    table_decimals(table, move, 2);
    for (int i = 0; i < s->variant_count; i++) {
        const struct variant *v = &s->variants[i];
        size_t row = table_row(table);

        table_text(table, row, words, variant_words(arena, v));
        table_text(table, row, kind, variant_kind_name(v->kind));
        table_text(table, row, what, v->what);
        table_text(table, row, group, v->group);
        if (v->kind != VARIANT_GROUP) /* of other rows */
            table_real_known(table, row, loglik, v->loglik);
        if (v->kind != VARIANT_GROUP && !isnan(v->aic))
            table_real(table, row, aic, v->aic);
        if (v->verdict != VARIANT_MISSING)
            table_real_known(table, row, move, v->largest < 0 ? (double)NAN : rounded(v->move[v->largest]));
        if (v->largest >= 0 && fabs(v->move[v->largest]) >= 0.005)
            table_text(table, row, of, parameter_words(&s->parameters[v->largest], arena));
        table_text(table, row, verdict, variant_verdict_name(v->verdict));
        table_text(table, row, judged, verdict_words(arena, v));
        table_integer(table, row, boundary, v->boundary);
        table_value(table, row, estimates, moves_value(arena, s, v->estimate));
        table_value(table, row, moves, moves_value(arena, s, v->move));
    }
}

static void estimates_table(struct result *result, const struct sensitivity *s)
{
    struct arena *arena = result->arena;
    struct table *table = result_table(result, "parameters", NULL);
    struct parameter_columns c;
    size_t estimate, se, spread, low, high, p, largest, doubtful, turned;

    parameter_columns(table, &c);
    estimate = table_column(table, "estimate", "Estimate", CELL_REAL);
    se = table_column(table, "se", "Std.Err.", CELL_REAL);
    spread = table_interval(table, "lowest", "highest", "moves");
    p = table_column(table, "p", "p", CELL_P);
    largest = table_column(table, "p_largest", "largest p", CELL_P);
    low = table_column(table, "lowest_of", NULL, CELL_TEXT);
    high = table_column(table, "highest_of", NULL, CELL_TEXT);
    doubtful = table_column(table, "p_largest_of", NULL, CELL_TEXT);
    turned = table_column(table, "turned", NULL, CELL_INTEGER);
    table_all_derive(table, DERIVED_VARIED);
    for (size_t j = low; j <= turned; j++)
        table_flags(table, j, COLUMN_NOT_TEXT);
    table_decimals(table, estimate, DECIMALS_OWN);
    table_decimals(table, se, DECIMALS_OWN);
    table_error(table, estimate, se);
    table_digits(table, se, 3);
    table_decimals(table, spread, 2);
    for (int j = 0; j < s->count; j++) {
        struct sensitivity_range range;
        size_t row = table_row(table);

        sensitivity_range_of(s, j, &range);
        parameter_cells(table, row, &c, &s->parameters[j], arena);
        table_real_known(table, row, estimate, s->parameters[j].estimate);
        table_real_known(table, row, se, s->se[j]);
        table_pair_known(table, row, spread, isnan(s->se[j]) ? (double)NAN : rounded(range.lowest),
                         isnan(s->se[j]) ? (double)NAN : rounded(range.highest));
        if (s->parameters[j].kind == PARAMETER_FIXED && !isnan(s->p[j])) {
            table_real(table, row, p, s->p[j]);
            table_real(table, row, largest, range.p);
        }
        if (range.low >= 0)
            table_text(table, row, low, variant_words(arena, &s->variants[range.low]));
        if (range.high >= 0)
            table_text(table, row, high, variant_words(arena, &s->variants[range.high]));
        if (range.doubtful >= 0)
            table_text(table, row, doubtful, variant_words(arena, &s->variants[range.doubtful]));
        table_integer(table, row, turned, range.turned);
    }
}

/* --- sentences --------------------------------------------------------------------------------------- */

/* Of the optimizers and starts: whether there is one optimum. */
static void say_optimum(struct result *result, const struct sensitivity *s)
{
    int searches = 0, same = 0;

    for (int i = 0; i < s->variant_count; i++) {
        const struct variant *v = &s->variants[i];
        const char *words = variant_words(result->arena, v);

        if (v->kind > VARIANT_START || v->verdict == VARIANT_MISSING)
            continue;
        searches++;
        same += v->verdict <= VARIANT_FAR;
        if (v->verdict == VARIANT_LOWER)
            result_line(result, LINE_NOTE,
                        "%s finds a better point than the fit: the fit is not at the optimum (help convergence)", words);
        else if (v->verdict == VARIANT_ABOVE)
            result_line(result, LINE_NOTE, "%s stops short of the optimum: that search failed, not the fit", words);
    }
    if (searches > 0 && same == searches)
        result_line(result, LINE_TEXT, "all searches end at the optimum of the fit: it does not hang on optimizer or start");
}

/* The estimate that moves most, in a sentence; on the scale of another link nothing moves. */
static void say_largest(struct result *result, const struct sensitivity *s)
{
    const struct variant *most = NULL;
    char move[NUMBER_SIZE];
    bool link = false;

    for (int i = 0; i < s->variant_count; i++) {
        const struct variant *v = &s->variants[i];

        if (v->kind == VARIANT_LINK) /* on a scale of its own */
            link = link || v->verdict == VARIANT_MOVES || v->verdict == VARIANT_FAR;
        else if (v->verdict <= VARIANT_FAR && v->largest >= 0
                 && (most == NULL || fabs(v->move[v->largest]) > fabs(most->move[most->largest]) + TIE))
            most = v;
    }
    if (most == NULL)
        return;
    number_fixed(move, fabs(most->move[most->largest]), 2);
    if (most->verdict == VARIANT_SAME)
        result_line(result, LINE_VERDICT, "no estimate moves by a tenth of its standard error%s",
                    link ? ", but with another link" : ": nothing hangs on what was varied");
    else
        result_line(result, LINE_VERDICT, "%s moves most, by %s standard errors (%s): %s",
                    parameter_words(&s->parameters[most->largest], result->arena), move, variant_words(result->arena, most),
                    most->verdict == VARIANT_FAR ? "what is said of it hangs on that" : "less than its own uncertainty");
}

/* A link or a distribution that the data like better. */
static void say_better(struct result *result, const struct sensitivity *s, const struct fit *fit)
{
    const struct variant *best = NULL;
    char less[NUMBER_SIZE];

    if (fit->method == METHOD_REML || fit->method == METHOD_PQL || !fit_is_maximum(fit))
        return;
    for (int i = 0; i < s->variant_count; i++) {
        const struct variant *v = &s->variants[i];

        if ((v->kind == VARIANT_LINK || v->kind == VARIANT_FAMILY) && v->verdict <= VARIANT_FAR && v->aic < fit->aic - 2
            && (best == NULL || v->aic < best->aic - SAME_AIC))
            best = v;
    }
    if (best != NULL)
        result_line(result, LINE_NOTE, "%s has a lower AIC than the fit, by %s", variant_words(result->arena, best),
                    number_fixed(less, fit->aic - best->aic, 1));
}

/* What would be said otherwise of a coefficient. */
static void say_conclusions(struct result *result, const struct sensitivity *s)
{
    for (int j = 0; j < s->count; j++) {
        struct sensitivity_range range;
        const char *name = parameter_words(&s->parameters[j], result->arena);
        char p[NUMBER_SIZE];

        if (s->parameters[j].kind != PARAMETER_FIXED || !(s->p[j] < 0.05) || strcmp(s->parameters[j].name, "(Intercept)") == 0)
            continue;
        sensitivity_range_of(s, j, &range);
        if (range.turned)
            result_line(result, LINE_NOTE, "%s, which is told from 0 in the fit, has the other sign in a variant", name);
        else if (range.p >= 0.05)
            result_line(result, LINE_NOTE, "%s is told from 0 in the fit, and not %s%s (p %s)", name,
                        s->variants[range.doubtful].kind == VARIANT_GROUP ? "" : "with ",
                        variant_words(result->arena, &s->variants[range.doubtful]), number_text(p, range.p, 2));
    }
}

static void say_rest(struct result *result, const struct sensitivity *s)
{
    bool links = false, dash = false;

    for (int j = 0; j < s->count && !dash; j++)
        dash = isnan(s->se[j]);
    result_line(result, LINE_NOTE, "moves: in standard errors of the fit%s",
                dash ? "; \xe2\x80\x93: without one, none is told" : "");
    for (int i = 0; i < s->variant_count; i++) {
        const struct variant *v = &s->variants[i];

        links = links || v->kind == VARIANT_LINK;
        if (v->verdict == VARIANT_FAILED)
            result_line(result, LINE_NOTE, "%s: %s", variant_words(result->arena, v), v->why);
    }
    if (s->closed)
        result_line(result, LINE_NOTE, "no optimizers: there is no criterion that the fit minimizes by a search");
    if (links)
        result_line(result, LINE_NOTE,
                    "another link has another scale: what moves is estimate / Std.Err. of a coefficient; the table of estimates "
                    "leaves that out");
    if (s->stopped)
        result_line(result, LINE_NOTE, "stopped before all was tried: what is done counts");
}

static struct result *sensitivity_result(const struct model *model, const struct sensitivity *s)
{
    struct result *result = result_new("sensitivity");

    if (result == NULL)
        return NULL;
    result_string(result, "model", model->name);
    result_real(result, "loglik", model->fit->loglik);
    result_line(result, LINE_TITLE, "%s   %s     %s, %s", model->name, model->text, law_in_full(result->arena, model),
                method_name(model->fit->method));
    variants_table(result, s);
    estimates_table(result, s);
    say_optimum(result, s);
    say_largest(result, s);
    say_better(result, s, model->fit);
    say_conclusions(result, s);
    say_rest(result, s);
    return result;
}

static bool run(struct session *session, const struct call *call, struct glmm_error *err)
{
    const struct sensitivity_call *given = call->options;
    bool chosen[VARIANT_KINDS];
    struct sensitivity *s;
    struct result *result;
    struct model *model;
    int at;

    if ((model = call_fitted_model(session, call, &at, err)) == NULL || !no_more_words(call, at, err)
        || !read_kinds(call, given->vary, chosen, err))
        return false;
    progress_name(session, "sensitivity", NULL);
    if ((s = sensitivity_new(model->fit, chosen, given->levels, &session->progress, err)) == NULL)
        return false;
    result = sensitivity_result(model, s);
    sensitivity_free(s);
    return emit(session, result, err);
}

const struct command command_sensitivity = {
    .name = "sensitivity",
    .usage = "sensitivity [MODEL]",
    .brief = "what the estimates hang on beside the data",
    .help =
        "Fits the model again in other ways, and shows how far each estimate moves, in standard errors of the fit:\n"
        "\n"
        "    optimizers     other searches for the same optimum: BOBYQA, Subplex and L-BFGS, from a start "
        "that knows nothing of the fit\n"
        "    starts         from standard deviations a tenth and ten times those of the fit\n"
        "    methods        ML for REML; other numbers of nodes, or importance sampling\n"
        "    links          the other links of the family\n"
        "    families       distributions whose coefficients mean the same\n"
        "    groups         without the levels that count most, one at a time (levels=N)\n"
        "\n"
        "vary=LIST chooses. Verdicts: same (no estimate moves by a tenth of its error), moves, far (by an error or more); stops "
        "above and lower are of searches, beside the optimum of the fit. `moves` in the second table go from the lowest to the "
        "highest of all variants; largest p is that of a coefficient in the variant that speaks least for it.\n"
        "\n"
        "Ctrl-C keeps what is done. diagnose, influence=GROUP leaves out every level.",
    .arguments = ARGUMENT_WORDS,
    .complete = completes,
    .options = options,
    .options_size = sizeof(struct sensitivity_call),
    .defaults = &defaults,
    .examples = examples,
    .flags = COMMAND_LONG,
    .run = run,
};
