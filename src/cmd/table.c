/* table.c -- fitted models side by side, as papers print them: a column a model, a row an estimate or a measure of fit. */
#include <limits.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "cmd/evidence.h"
#include "cmd/table-sheet.h"
#include "fit/method.h"
#include "infer/comparison.h"
#include "infer/ratio.h"
#include "lang/command.h"
#include "model/family.h"
#include "report/headline.h"
#include "report/tables.h"
#include "result/number.h"

/* --- for programs: tidy tables ---------------------------------------------------------------------- */

/* What a model states beside its formula has the keys of `fit`, and the names of options. */
static const char *const stated_keys[STATED_COUNT] = {
    [STATED_ZI] = "zi_formula", [STATED_DISP] = "disp_formula", [STATED_RESIDUAL] = "residual",   [STATED_WEIGHTS] = "weights",
    [STATED_OFFSET] = "offset", [STATED_WHERE] = "where",       [STATED_CONTRASTS] = "contrasts", [STATED_PRIOR] = "prior",
};

static void model_table(struct result *result, const struct sheet *s)
{
    static const char *const words[] = { "model", "formula", "family", "link", "method", "data" };
    static const char *const reals[] = { "loglik", "aic", "aicc", "bic" };
    struct table *table = result_table(result, "models", NULL);

    for (size_t j = 0; j < sizeof words / sizeof words[0]; j++)
        table_flags(table, table_column(table, words[j], NULL, CELL_TEXT), COLUMN_NOT_TEXT);
    table_flags(table, table_column(table, "nobs", NULL, CELL_INTEGER), COLUMN_NOT_TEXT);
    table_flags(table, table_column(table, "npar", NULL, CELL_INTEGER), COLUMN_NOT_TEXT);
    for (size_t j = 0; j < sizeof reals / sizeof reals[0]; j++)
        table_flags(table, table_column(table, reals[j], NULL, CELL_REAL), COLUMN_NOT_TEXT);
    for (int which = 0; which < STATED_COUNT; which++)
        table_flags(table, table_column(table, stated_keys[which], NULL, CELL_TEXT), COLUMN_NOT_TEXT);
    for (size_t m = 0; m < s->model_count; m++) {
        const struct model *model = s->models[m];
        const char *texts[] = {
            model->name, model->text, model->family->name, model->link->name, method_name(model->fit->method), model->frame->name
        };
        double values[] = { model->fit->loglik, model->fit->aic, model->fit->aicc, model->fit->bic };
        size_t row = table_row(table);

        for (size_t j = 0; j < 6; j++)
            table_text(table, row, j, texts[j]);
        table_integer(table, row, 6, (long long)model->design->n);
        table_integer(table, row, 7, model->fit->npar);
        for (size_t j = 0; j < 4; j++)
            table_real_known(table, row, 8 + j, fit_of_maximum(model->fit, values[j]));
        for (int which = 0; which < STATED_COUNT; which++)
            table_text(table, row, 12 + (size_t)which, stated_text(s->arena, model, (enum stated)which));
    }
}

static void estimate_table(struct result *result, const struct sheet *s)
{
    static const char *const words[] = { "model", "kind", "group", "term", "term2" };
    static const char *const reals[] = { "estimate", "se", "lower", "upper", "p" };
    struct table *table = result_table(result, "estimates", NULL);

    for (size_t j = 0; j < 5; j++)
        table_flags(table, table_column(table, words[j], NULL, CELL_TEXT), COLUMN_NOT_TEXT);
    for (size_t j = 0; j < 5; j++)
        table_flags(table, table_column(table, reals[j], NULL, CELL_REAL), COLUMN_NOT_TEXT);
    for (size_t m = 0; m < s->model_count; m++)
        for (size_t i = 0; i < s->count; i++) {
            const struct line *line = &s->lines[i];
            const struct entry *entry = &line->entries[m];
            const char *texts[] = { s->models[m]->name, line->kind, line->group, line->term, line->term2 };
            const double values[] = { entry->estimate, entry->se, entry->lower, entry->upper, entry->p };
            size_t row;

            if (!entry->present || line->part == PART_FIT)
                continue;
            row = table_row(table);
            for (size_t j = 0; j < 5; j++)
                table_text(table, row, j, texts[j]);
            for (size_t j = 0; j < 5; j++)
                if (!isnan(values[j]))
                    table_real(table, row, 5 + j, values[j]);
        }
}

/* --- for readers ------------------------------------------------------------------------------------- */

static const char *stars_of(double p)
{
    return !(p < 0.05) ? NULL : p < 0.001 ? "***" : p < 0.01 ? "**" : "*";
}

/* The columns of one model; 0 where there is no such column (the first column has the labels). */
struct model_columns {
    size_t estimate, stars, error;
};

static struct model_columns add_columns(struct table *table, const struct sheet *s, const char *name)
{
    const char *percent = arena_printf(s->arena, "%g%% interval", 100 * s->level);
    struct model_columns at = { .estimate = table_column(table, NULL, name, CELL_REAL) };

    table_decimals(table, at.estimate, DECIMALS_OWN);
    if (s->options->stars) {
        at.stars = table_column(table, NULL, "", CELL_TEXT);
        table_flags(table, at.stars, COLUMN_CLOSE);
    }
    switch ((enum errors)s->options->errors) {
    case ERRORS_SE:
        at.error = table_column(table, NULL, "(SE)", CELL_REAL);
        table_flags(table, at.error, COLUMN_ERROR);
        table_decimals(table, at.error, DECIMALS_OWN);
        break;
    case ERRORS_INTERVAL:
        at.error = table_interval(table, NULL, NULL, percent);
        break;
    case ERRORS_P:
        at.error = table_column(table, NULL, "p", CELL_P);
        break;
    case ERRORS_NONE:
        break;
    }
    if (at.error > 0)
        table_flags(table, at.error, COLUMN_JOINED);
    return at;
}

/* Decimals that show two digits of the error, or the number's own digits where it has none; INT_MIN where nothing asks for any.
 */
static int entry_decimals(const struct entry *entry, int digits)
{
    if (!entry->present)
        return INT_MIN;
    if (isfinite(entry->se) && entry->se > 0)
        return 1 - number_decade(entry->se);
    if (isfinite(entry->estimate) && entry->estimate != 0)
        return digits - 1 - number_decade(entry->estimate);
    return INT_MIN;
}

/* Decimals that all models' estimates of a row share: as many as one of them needs.  -1: more than can be read, so that each
 * number is written in its own way. */
static int line_decimals(const struct sheet *s, const struct line *line, int digits)
{
    enum { MOST = 6 };
    int decimals = 0, needed;

    if (line->counts)
        return 0;
    if (line->part == PART_FIT || (line->kind != NULL && strcmp(line->kind, "corr") == 0))
        return 2;
    if (s->options->decimals >= 0)
        return s->options->decimals;
    for (size_t m = 0; m < s->model_count; m++) {
        needed = entry_decimals(&line->entries[m], digits - 1);
        decimals = needed > decimals ? needed : decimals;
    }
    return decimals > MOST ? -1 : decimals;
}

static void fill_entry(struct table *table, size_t row, const struct model_columns *at, const struct sheet *s,
                       const struct line *line, const struct entry *entry)
{
    if (!entry->present)
        return;
    table_real_known(table, row, at->estimate, entry->estimate);
    if (line->part != PART_FIXED)
        return;
    if (at->stars > 0)
        table_text(table, row, at->stars, stars_of(entry->p));
    if (at->error == 0)
        return;
    if (s->options->errors == ERRORS_INTERVAL)
        table_pair_known(table, row, at->error, entry->lower, entry->upper);
    else
        table_real_known(table, row, at->error, s->options->errors == ERRORS_P ? entry->p : entry->se);
}

static const char *part_title(const struct sheet *s, enum part part)
{
    switch (part) {
    case PART_FIXED:
        return "Fixed effects";
    case PART_RANDOM:
        return s->options->random == VARIATION_VARIANCE ? "Random effects (variances)" : "Random effects (SD)";
    default:
        return "Fit";
    }
}

static void side_by_side(struct result *result, const struct sheet *s, int digits)
{
    struct table *table = result_table(result, NULL, NULL);
    size_t name = table_column(table, NULL, "", CELL_TEXT), row;
    struct model_columns *at = arena_alloc(s->arena, s->model_count, sizeof *at);

    if (at == NULL) {
        result->failed = true;
        return;
    }
    for (size_t m = 0; m < s->model_count; m++)
        at[m] = add_columns(table, s, s->models[m]->name);
    for (int part = 0; part < PARTS; part++) {
        bool begun = false;

        for (size_t i = 0; i < s->count; i++) {
            const struct line *line = &s->lines[i];

            if (line->part != (enum part)part)
                continue;
            if (!begun)
                table_text(table, table_row(table), name, part_title(s, line->part));
            begun = true;
            row = table_row(table);
            table_indent(table, row, 1);
            table_row_decimals(table, row, line_decimals(s, line, digits));
            table_text(table, row, name, line->label);
            for (size_t m = 0; m < s->model_count; m++)
                fill_entry(table, row, &at[m], s, line, &line->entries[m]);
        }
    }
}

/* --- notes ------------------------------------------------------------------------------------------- */

static const char *how_fitted(struct arena *arena, const struct model *model)
{
    const char *nodes = model->fit->nodes > 1 ? arena_printf(arena, ", %d nodes", model->fit->nodes) : "";

    return arena_printf(arena, "%s, %s%s; data: %s", law_in_full(arena, model), method_name(model->fit->method), nodes,
                        model->frame->name);
}

static void model_notes(struct result *result, const struct sheet *s)
{
    const char *first = how_fitted(result->arena, s->models[0]);
    bool same = first != NULL;

    for (size_t m = 1; m < s->model_count && same; m++) {
        const char *other = how_fitted(result->arena, s->models[m]);

        same = other != NULL && strcmp(first, other) == 0;
    }
    for (size_t m = 0; m < s->model_count; m++) {
        const char *how = how_fitted(result->arena, s->models[m]);

        result_line(result, LINE_NOTE, "%s   %s%s%s", s->models[m]->name, model_in_full(result->arena, s->models[m]),
                    same ? "" : "     ", same || how == NULL ? "" : how);
    }
    if (same)
        result_line(result, LINE_NOTE, "%s", first);
}

static void error_note(struct result *result, const struct sheet *s)
{
    bool t = false, z = false, ratios = false;
    const char *by;
    struct ratio ratio;

    for (size_t m = 0; m < s->model_count; m++) {
        t = t || s->models[m]->fit->df != NULL;
        z = z || s->models[m]->fit->df == NULL;
        ratios = ratios || (s->options->ratios && ratio_of_model(s->models[m], &ratio));
    }
    by = t && z ? "by t (Satterthwaite) where there are degrees of freedom, else by z" : t ? "by t (Satterthwaite)" : "by z";
    if (s->options->stars)
        result_line(result, LINE_NOTE, "* p < 0.05, ** p < 0.01, *** p < 0.001, %s", by);
    if (s->options->errors == ERRORS_SE)
        result_line(result, LINE_NOTE, "in parentheses: standard errors%s", ratios ? " of the ratios, by the delta method" : "");
    else if (s->options->errors == ERRORS_INTERVAL)
        result_line(result, LINE_NOTE, "intervals: %g%%, %s", 100 * s->level, by);
    else if (s->options->errors == ERRORS_P)
        result_line(result, LINE_NOTE, "p: two-sided, %s", by);
    if (ratios && ratio_of_model(s->models[0], &ratio))
        result_line(result, LINE_NOTE, "fixed effects: exp(estimate), %ss", ratio.name);
}

/* A note that programs are told too. */
static void note(struct result *result, struct table *notes, const char *text)
{
    if (text == NULL)
        result->failed = true;
    else
        result_line(result, LINE_NOTE, "%s", text);
    table_text(notes, table_row(notes), 0, text);
}

/* A penalized fit is named, and what was added. */
static void prior_notes(struct result *result, struct table *notes, const struct sheet *s)
{
    for (size_t m = 0; m < s->model_count; m++)
        if (s->models[m]->spec.prior != NULL)
            note(result, notes,
                 arena_printf(s->arena, "%s is penalized (prior: %s): estimates are modes of the posterior density",
                              s->models[m]->name, spec_on_one_line(s->arena, s->models[m]->spec.prior)));
}

/* A fit without criteria is named, and why it has none. */
static void unranked_notes(struct result *result, struct table *notes, const struct sheet *s)
{
    for (size_t m = 0; m < s->model_count; m++)
        if (s->models[m]->fit->imputed == NULL && !fit_is_maximum(s->models[m]->fit))
            note(result, notes,
                 arena_printf(s->arena, "%s has no logLik, AIC and BIC: it %s", s->models[m]->name,
                              no_maximum(s->models[m]->fit)));
}

/* The models that describe the same data as each model: the number of the first of them in first[m].  What tells a model from
 * the first of all is said; returns how many kinds there are. */
static size_t same_rows(struct result *result, struct table *notes, const struct sheet *s, size_t first[])
{
    size_t kinds = 0;

    for (size_t m = 0; m < s->model_count; m++) {
        struct glmm_error why = { 0 }, other = { 0 };

        for (first[m] = 0; first[m] < m; first[m]++)
            if (first[first[m]] == first[m]
                && models_compare(s->models[first[m]], s->models[m], NOWHERE, first[m] == 0 ? &why : &other))
                break;
        kinds += first[m] == m;
        if (m > 0 && first[m] == m)
            note(result, notes, arena_printf(s->arena, "logLik, AIC and BIC: %s", why.message));
        error_clear(&why);
        error_clear(&other);
    }
    return kinds;
}

/* Of several models of more than one kind of data: which are of the same. */
static void kinds_note(struct result *result, struct table *notes, const struct sheet *s, const size_t first[], size_t kinds)
{
    const char *groups = NULL, **names = arena_alloc(s->arena, s->model_count, sizeof *names);

    if (kinds < 2 || s->model_count < 3 || names == NULL)
        return;
    for (size_t f = 0; f < s->model_count; f++) {
        int count = 0;

        for (size_t m = f; m < s->model_count; m++)
            if (first[m] == f)
                names[count++] = s->models[m]->name;
        if (count < 2)
            continue;
        groups = arena_printf(s->arena, "%s%s%s", groups == NULL ? "" : groups, groups == NULL ? "among " : ", and among ",
                              join_names(s->arena, names, count, ", "));
    }
    note(result, notes,
         groups == NULL ? "logLik, AIC and BIC of no two of these models compare"
                        : arena_printf(s->arena, "logLik, AIC and BIC can be compared %s alone", groups));
}

/* Criteria that stand side by side look as if they could be compared. */
static void criteria_notes(struct result *result, struct table *notes, const struct sheet *s)
{
    static const char *const words[] = {
        [CRITERIA_FIXED] =
            "logLik, AIC and BIC of REML fits with different fixed effects do not compare; fit them with method=ml",
        [CRITERIA_REML] = "logLik, AIC and BIC of REML fits compare with no others; fit them with method=ml",
        [CRITERIA_APPROXIMATED] = "by different methods: a difference in logLik may be their approximations'",
    };
    enum { KINDS = sizeof words / sizeof *words };
    size_t *first = arena_alloc(s->arena, s->model_count, sizeof *first);
    bool said[KINDS] = { false };

    if (first == NULL) {
        result->failed = true;
        return;
    }
    kinds_note(result, notes, s, first, same_rows(result, notes, s, first));
    for (size_t m = 0; m < s->model_count; m++)
        for (size_t other = 0; other < m; other++)
            if (first[m] == first[other])
                said[criteria_of(s->models[m]->fit, s->models[other]->fit)] = true;
    for (int kind = CRITERIA_COMPARE + 1; kind < KINDS; kind++)
        if (said[kind])
            note(result, notes, words[kind]);
}

/* A dash is explained where one stands: of a fit that has not converged it need not be the data's. */
static void dash_note(struct result *result, const struct sheet *s)
{
    bool dash = false, ended = false;

    for (size_t i = 0; i < s->count; i++)
        for (size_t m = 0; m < s->model_count; m++) {
            const struct line *line = &s->lines[i];
            bool here = line->entries[m].present
                        && (isnan(line->entries[m].estimate)
                            || (line->part == PART_FIXED && isnan(line->entries[m].se) && s->options->errors != ERRORS_NONE));

            dash = dash || here;
            ended = ended || (here && !fit_is_maximum(s->models[m]->fit));
        }
    if (dash)
        result_line(result, LINE_NOTE,
                    ended ? "\xe2\x80\x93: not determined, or the fit has not converged"
                          : "\xe2\x80\x93: not determined by the data");
}

/* --- the command -------------------------------------------------------------------------------------- */

static bool find_models(struct session *session, const struct call *call, struct sheet *s, struct glmm_error *err)
{
    size_t count = call->word_count == 0 ? 1 : (size_t)call->word_count;

    s->models = arena_alloc(call->arena, count, sizeof *s->models);
    if (s->models == NULL)
        return fail_memory(err);
    for (size_t i = 0; i < count; i++) {
        const struct word *word = call->word_count == 0 ? NULL : &call->words[i];
        const struct model *model =
            session_ended_fit(session, word == NULL ? NULL : word->text, word == NULL ? NOWHERE : word->at, err);

        if (model == NULL)
            return false;
        for (size_t j = 0; word != NULL && j < i; j++)
            if (s->models[j] == model)
                return fail(err, GLMM_E_USAGE, word->at, "%.60s is named twice", word->text);
        s->models[s->model_count++] = model;
    }
    return true;
}

static bool check_ratios(const struct sheet *s, const struct call *call, struct glmm_error *err)
{
    struct ratio ratio;

    for (size_t m = 0; m < s->model_count; m++)
        if (s->options->ratios && !ratio_of_model(s->models[m], &ratio))
            return fail(err, GLMM_E_USAGE, call->option_at[3],
                        "%.60s: exp() of a coefficient means nothing with the link %s; it does with log, logit and cloglog",
                        s->models[m]->name, s->models[m]->link->name);
    return true;
}

static bool table_run(struct session *session, const struct call *call, struct glmm_error *err)
{
    struct sheet s = { .options = call->options, .level = session->settings.level };
    struct result *result;
    struct table *notes;
    bool ok;

    if (!find_models(session, call, &s, err) || !check_ratios(&s, call, err))
        return false;
    result = result_new("table");
    if (result == NULL)
        return fail_memory(err);
    s.arena = result->arena;
    ok = sheet_fill(&s);
    result_string(result, "title", s.options->title);
    if (s.options->title != NULL)
        result_line(result, LINE_TITLE, "%s", s.options->title);
    if (ok) {
        model_table(result, &s);
        side_by_side(result, &s, session->settings.digits);
        estimate_table(result, &s);
        dash_note(result, &s);
        error_note(result, &s);
        model_notes(result, &s);
        notes = result_table(result, "notes", NULL);
        table_flags(notes, table_column(notes, "note", NULL, CELL_TEXT), COLUMN_NOT_TEXT);
        criteria_notes(result, notes, &s);
        prior_notes(result, notes, &s);
        unranked_notes(result, notes, &s);
    }
    result->failed = result->failed || !ok;
    mem_free(s.lines);
    return emit(session, result, err);
}

static const char *const error_choices[] = { "se", "interval", "p", "none", NULL };
static const char *const random_choices[] = { "sd", "variance", "none", NULL };

static const struct option options[] = {
    { "errors", OPTION_ENUM, offsetof(struct table_options, errors), .choices = error_choices, .word = "KIND",
      .help = "beside each estimate: its standard error, interval, p, or nothing" },
    { "random", OPTION_ENUM, offsetof(struct table_options, random), .choices = random_choices, .word = "KIND",
      .help = "random effects as standard deviations, variances, or not at all" },
    { "stars", OPTION_FLAG, offsetof(struct table_options, stars), .help = "mark small p-values" },
    { "ratios", OPTION_FLAG, offsetof(struct table_options, ratios), .help = "exp(estimate): odds ratios, rate ratios" },
    { "decimals", OPTION_INTEGER, offsetof(struct table_options, decimals), .min = 0, .max = 10, .word = "N",
      .help = "decimals of all estimates (chosen row by row)" },
    { "title", OPTION_WORD, offsetof(struct table_options, title), .word = "\"TEXT\"", .help = "a line above" },
    { .name = NULL },
};

static const struct table_options defaults = { .decimals = -1 };

static const enum complete completes[] = { COMPLETE_FITTED_MODEL, COMPLETE_NOTHING };

static const struct example examples[] = {
    { "load sleepstudy; fit m1 = Reaction ~ Days + (1 | Subject); fit m2 = Reaction ~ Days + (Days | Subject); table m1 m2",
      "two models of the same data" },
    { "load cbpp; fit m1 = cbind(incidence, size - incidence) ~ period + (1 | herd), family=binomial; table m1, ratios "
      "errors=interval; last latex odds.tex",
      "odds ratios with intervals, as LaTeX in a file" },
    { "load sleepstudy; fit m1 = Reaction ~ Days + (Days | Subject); table m1, stars random=variance decimals=2 title=\"Table "
      "1\"; "
      "last markdown",
      "in a journal's style, as Markdown" },
    { 0 },
};

const struct command command_table = {
    .name = "table",
    .usage = "table [MODEL...]",
    .brief = "models side by side, for a paper",
    .help =
        "Puts fitted models side by side: fixed effects with their errors, random effects, and measures of fit, a row each; what "
        "a model has not is blank. The decimals of a row are those that its errors warrant, the same for all models.\n"
        "\n"
        "`last latex FILE`, `last markdown`, `last html FILE` and `last csv FILE` write it for a document; in CSV and JSON it "
        "is tidy, a row for each model and estimate, at full precision.",
    .arguments = ARGUMENT_WORDS,
    .complete = completes,
    .options = options,
    .options_size = sizeof(struct table_options),
    .defaults = &defaults,
    .examples = examples,
    .run = table_run,
};
