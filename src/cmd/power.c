/* power.c -- how often a coefficient would be found in a study of this size, or of others. */
#include "cmd/derivation.h"
#include "cmd/power-stated.h"
#include "infer/power.h"
#include "base/suggest.h"
#include "lang/command.h"
#include "report/headline.h"
#include "report/naming.h"
#include "report/replicating.h"
#include "report/stating.h"
#include "report/tables.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/verb.h"
#include "model/family.h"
#include "result/number.h"
#include "result/value.h"
#include "term/progress.h"

enum { MOST_POINTS = POWER_POINTS, MOST_LEVELS = 100000 };

struct power_call {
    struct statement statement;
    struct power_stated stated;
    struct replicating replicating;
    double effect, alpha;
    const char *groups, *size, *by;
};

static const struct power_call defaults = {
    .stated = { .sigma = NAN, .dispersion = NAN }, .replicating = { .count = 200 }, .effect = NAN, .alpha = 0.05
};

static const struct option options[] = {
    { .name = "effect",
      .type = OPTION_REAL,
      .offset = offsetof(struct power_call, effect),
      .word = "VALUE",
      .help = "the coefficient's true value; else its estimate" },
    { .name = "groups",
      .type = OPTION_WORD,
      .offset = offsetof(struct power_call, groups),
      .word = "LIST",
      .help = "numbers of groups, \"10,20,40\"; else as many as there are" },
    { .name = "size",
      .type = OPTION_WORD,
      .offset = offsetof(struct power_call, size),
      .word = "LIST",
      .help = "rows in each group, \"5,10\"; else as many as there are" },
    { .name = "by",
      .complete = COMPLETE_GROUP,
      .type = OPTION_WORD,
      .offset = offsetof(struct power_call, by),
      .word = "GROUP",
      .help = "of which group there are more; else the outermost" },
    { .name = "alpha",
      .type = OPTION_REAL,
      .offset = offsetof(struct power_call, alpha),
      .min = 1e-6,
      .max = 0.5,
      .word = "P",
      .help = "the level of the test" },
    { .name = "n",
      .type = OPTION_INTEGER,
      .offset = offsetof(struct power_call, replicating.count),
      .min = 10,
      .max = 1000000,
      .word = "N",
      .help = "replicates at each point" },
    { .name = "seed",
      .type = OPTION_SEED,
      .offset = offsetof(struct power_call, replicating.seed),
      .word = "SEED",
      .help = "another one than `set seed` says" },
    STATEMENT_MEAN_OPTIONS,
    POWER_STATED_OPTIONS(struct power_call, stated),
    { 0 },
};

static const struct example examples[] = {
    { "load sleepstudy; fit Reaction ~ Days + (Days | Subject); power Days, effect=5", "half the effect, the same study" },
    { "load sleepstudy; fit Reaction ~ Days + (Days | Subject); power Days, effect=5 groups=\"6,10,14,20\" n=100",
      "a curve over numbers of subjects" },
    { "power y ~ treat + (1 | school), beta=\"treat=0.5\" sd=\"school=0.3\" sigma=1 between=treat groups=\"10,20,40\" size=10 "
      "n=50",
      "no data yet: schools are treated or not" },
    { 0 },
};

static const enum complete completes[] = { COMPLETE_FITTED_MODEL, COMPLETE_NOTHING };

/* `power [MODEL] TERM` */
static struct model *read_words(struct session *session, const struct call *call, int *coefficient, struct glmm_error *err)
{
    const struct word *term;
    struct model *model = NULL;
    struct suggest suggest;
    int at = 0;

    for (const struct model *m = session->models; m != NULL && call->word_count > 1; m = m->next)
        at = at > 0 || strcmp(m->name, call->words[0].text) == 0;
    if (call->word_count <= at) {
        fail(err, GLMM_E_USAGE, call->argument_at, "power of what? A coefficient is wanted");
        return NULL;
    }
    model = call_first_fit(session, call, at > 0, err);
    if (model == NULL || !no_more_words(call, at + 1, err))
        return NULL;
    term = &call->words[at];
    for (*coefficient = 0; *coefficient < model->design->p; ++*coefficient)
        if (strcmp(model->design->names[*coefficient], term->text) == 0)
            return model;
    suggest_init(&suggest, term->text);
    for (int j = 0; j < model->design->p; j++)
        suggest_offer(&suggest, model->design->names[j]);
    fail(err, GLMM_E_NAME, term->at, "%.60s has no coefficient `%.60s`", model->name, term->text);
    suggest_hint(&suggest, err);
    return NULL;
}

static bool fail_number(const struct call *call, const char *option, const char *item, struct glmm_error *err)
{
    fail(err, GLMM_E_USAGE, call_option_at(call, option), "`%.40s` is no number of %s, 1 to %d", item,
         strcmp(option, "groups") == 0 ? "groups" : "rows", MOST_LEVELS);
    if (strchr(item, ' ') != NULL || strchr(item, ';') != NULL || strchr(item, ':') != NULL)
        error_hint(err, "several stand with commas between them: %s=\"10,20,40\"", option);
    return false;
}

/* "10,20,40" as whole numbers; one 0 where the option was not given. */
static bool read_list(const struct call *call, const char *option, const char *text, long list[MOST_POINTS], int *count,
                      struct glmm_error *err)
{
    const char *const *items = NULL;
    size_t item_count = 0;

    list[0] = 0;
    *count = 1;
    if (text == NULL)
        return true;
    if (!verb_list(call, option, text, &items, &item_count, err))
        return false;
    *count = 0;
    for (size_t i = 0; i < item_count; i++) {
        double value;

        if (!parse_number(items[i], strlen(items[i]), &value) || value < 1 || value > MOST_LEVELS || value != floor(value))
            return fail_number(call, option, items[i], err);
        if (*count == MOST_POINTS)
            return fail(err, GLMM_E_LIMIT, call_option_at(call, option), "at most %d numbers", MOST_POINTS);
        list[(*count)++] = (long)value;
    }
    return *count > 0 || fail(err, GLMM_E_USAGE, call_option_at(call, option), "a list of numbers, \"10,20,40\"");
}

static bool find_group(const struct call *call, const struct power_call *given, const struct model *model, int *term,
                       struct glmm_error *err)
{
    bool wanted = given->groups != NULL || given->size != NULL || given->by != NULL;

    *term = -1;
    if (!wanted)
        return true;
    if (model->design->random_count == 0)
        return fail_without_effects(model, ", so it has no groups to count", err);
    *term = given->by == NULL ? design_outer_term(model->design) : group_index(model->design, given->by);
    return *term >= 0 || fail(err, GLMM_E_NAME, call_option_at(call, "by"), "%.60s has no group `%.60s`", model->name, given->by);
}

/* --- the answer --------------------------------------------------------------------------------------- */

static void points_table(struct result *result, const struct power_point points[], int count, const char *group)
{
    struct table *table = result_table(result, "rows", NULL);
    size_t groups = table_column(table, "groups", group == NULL ? NULL : group, CELL_INTEGER);
    size_t size = table_column(table, "size", "rows each", CELL_INTEGER), n = table_column(table, "n", "rows", CELL_INTEGER);
    size_t power = table_column(table, "power", "power", CELL_REAL);
    size_t interval = table_interval(table, "lower", "upper", "95% interval");
    size_t mean = table_column(table, "mean", "mean estimate", CELL_REAL),
           error = table_column(table, "se", "Std.Err.", CELL_REAL);
    size_t used = table_column(table, "used", "fits", CELL_INTEGER);
    bool sized = false;

    for (int i = 0; i < count; i++)
        sized = sized || points[i].rows > 0;
    table_all_derive(table, DERIVED_POWER);
    if (group == NULL)
        table_flags(table, groups, COLUMN_NOT_TEXT);
    if (!sized)
        table_flags(table, size, COLUMN_NOT_TEXT);
    table_decimals(table, power, 3);
    table_decimals(table, interval, 3);
    table_flags(table, power, COLUMN_SHARE);
    table_flags(table, interval, COLUMN_SHARE);
    for (int i = 0; i < count; i++) {
        const struct power_point *p = &points[i];
        size_t row = table_row(table);

        if (group != NULL)
            table_integer(table, row, groups, p->levels);
        if (p->rows > 0)
            table_integer(table, row, size, (long long)p->rows);
        table_integer(table, row, n, (long long)p->n);
        table_real_known(table, row, power, p->power);
        table_pair_known(table, row, interval, p->used > 0 ? p->lower : (double)NAN, p->used > 0 ? p->upper : (double)NAN);
        table_real_known(table, row, mean, p->mean);
        table_real_known(table, row, error, p->error);
        table_integer(table, row, used, p->used);
    }
}

/* The curve, where there are several numbers of groups of one size. */
static void curve(struct result *result, const struct power_point points[], int count, const char *group)
{
    struct plot *plot = count > 2 ? result_plot(result, "plot") : NULL;
    double x[MOST_POINTS], y[MOST_POINTS];

    if (plot == NULL)
        return;
    for (int i = 0; i < count; i++) {
        x[i] = points[i].levels;
        y[i] = points[i].power;
    }
    plot_labels(plot, PLOT_XY, NULL, arena_printf(result->arena, "levels of %s", group), "power");
    plot_series(plot, MARK_LINE, NULL, (size_t)count, x, y);
    plot_series(plot, MARK_RAW, NULL, (size_t)count, x, y);
    plot_reference(plot, false, 0.8, NULL);
    plot->has_y_range = true;
    plot->y_range[0] = 0;
    plot->y_range[1] = 1;
}

static void words(struct result *result, const struct power_point points[], int count, int sizes, const char *group, double alpha,
                  long replicates, bool stopped)
{
    long lost = 0;

    for (int i = 0; i < count; i++)
        lost += points[i].stopped ? 0 : replicates - points[i].used;
    if (stopped)
        result_line(result, LINE_NOTE, "stopped before all replicates were done: those that are count");
    if (lost > 0)
        result_line(result, LINE_NOTE, "%ld fits do not count: not converged, or with estimates that the data did not determine",
                    lost);
    if (sizes == 1 && count > 1 && group != NULL) {
        bool beyond;
        double at = power_levels(points, count, alpha, 0.8, &beyond);

        if (!isnan(at))
            result_line(result, LINE_TEXT, "power 0.8 is reached with about %.0f level%s of %s%s", ceil(at), at > 1 ? "s" : "",
                        group, beyond ? ", if errors fall as the root of their number beyond those that were tried" : "");
    }
}

static struct result *power_result(const struct model *model, const struct power_question *question, const char *group,
                                   const struct power_point points[], int count, int sizes, bool stopped)
{
    struct result *result = result_new("power");
    char effect[NUMBER_SIZE], alpha[NUMBER_SIZE];
    double value = isnan(question->effect) ? model->fit->beta[question->coefficient] : question->effect;

    if (result == NULL)
        return NULL;
    result_string(result, "model", model->name);
    result_string(result, "term", model->design->names[question->coefficient]);
    result_real(result, "effect", value);
    result_real(result, "alpha", question->alpha);
    result_string(result, "group", group);
    result_integer(result, "replicates", question->replicates);
    result_integer(result, "seed", (long long)question->seed);
    result_line(result, LINE_TITLE, "%s   %s     %s", model->name, model->text, law_in_full(result->arena, model));
    result_line(result, LINE_TEXT, "power of the test of %s, true value %s, at level %s: %ld replicates each, seed %llu",
                model->design->names[question->coefficient], number_text(effect, value, 4),
                number_text(alpha, question->alpha, 3), question->replicates, (unsigned long long)question->seed);
    points_table(result, points, count, group);
    if (sizes == 1 && group != NULL)
        curve(result, points, count, group);
    words(result, points, count, sizes, group, question->alpha, question->replicates, stopped);
    return result;
}

/* What all points share. */
struct plan {
    struct model *model; /* of a fit; NULL: of a study that is stated, and `study` is its first point's */
    struct study *study;
    struct study_question asked;
    struct power_question question;
    long groups[MOST_POINTS], sizes[MOST_POINTS];
    int group_count, size_count;
    struct power_point points[MOST_POINTS];
    int count;
    bool stopped; /* before all replicates of all points were done */
};

/* One point of a stated study: its first gives the words. */
static bool try_stated(struct session *session, const struct call *call, struct plan *plan, int32_t levels, size_t rows,
                       struct power_point *out, struct glmm_error *err)
{
    struct study *study;

    plan->asked.groups = levels;
    plan->asked.size = rows;
    if (!study_power(&plan->asked, &plan->question, &session->progress, &study, out, err)) {
        place_argument(call, err);
        return false;
    }
    if (plan->study == NULL)
        plan->study = study;
    else
        study_free(study);
    return true;
}

static bool try_point(struct session *session, const struct call *call, struct plan *plan, long groups, long size,
                      struct power_point *out, struct glmm_error *err)
{
    int32_t levels = groups > 0 ? (int32_t)groups : 0;

    if (plan->model == NULL)
        return try_stated(session, call, plan, levels, (size_t)size, out, err);
    if (levels == 0 && plan->question.term >= 0)
        levels = plan->model->design->random[plan->question.term].level_count;
    return power_at(plan->model->fit, &plan->question, levels, (size_t)size, &session->progress, out, err);
}

static bool show(struct session *session, const struct plan *plan, struct glmm_error *err)
{
    const struct model *model = plan->model != NULL ? plan->model : plan->study->model;
    const char *group = plan->model == NULL       ? plan->study->group
                        : plan->question.term < 0 ? NULL
                                                  : model->design->random[plan->question.term].group;

    return emit(session, power_result(model, &plan->question, group, plan->points, plan->count, plan->size_count, plan->stopped),
                err);
}

/* Each number of groups with each size, until it is stopped: what is whole then counts. */
static bool try_all(struct session *session, const struct call *call, struct plan *plan, struct glmm_error *err)
{
    progress_name(session, "power", NULL);
    for (int i = 0; i < plan->group_count; i++)
        for (int j = 0; j < plan->size_count; j++) {
            struct power_point *point = &plan->points[plan->count];

            if (!try_point(session, call, plan, plan->groups[i], plan->sizes[j], point, err)) {
                if (plan->count == 0 || err->code != GLMM_E_INTERRUPT)
                    return false;
                error_clear(err);
                plan->stopped = true;
                return true;
            }
            plan->count++;
            plan->stopped = point->stopped;
            if (plan->stopped)
                return true;
        }
    return true;
}

/* The words and the lists; of a formula also what is stated. */
static bool read_plan(struct session *session, const struct call *call, struct plan *plan, struct glmm_error *err)
{
    const struct power_call *given = call->options;
    bool stated = strchr(call->argument, '~') != NULL;

    if (!stated && !power_stated_nothing(call, err))
        return false;
    if (!stated && (plan->model = read_words(session, call, &plan->question.coefficient, err)) == NULL)
        return false;
    if (!read_list(call, "groups", given->groups, plan->groups, &plan->group_count, err)
        || !read_list(call, "size", given->size, plan->sizes, &plan->size_count, err))
        return false;
    plan->question.term = -1;
    if (stated ? !power_stated_read(call, &given->statement, &given->stated, given->groups, given->size, &plan->asked, err)
               : !find_group(call, given, plan->model, &plan->question.term, err))
        return false;
    return plan->group_count * plan->size_count <= MOST_POINTS
           || fail(err, GLMM_E_LIMIT, call->argument_at, "%d points, of which there can be %d",
                   plan->group_count * plan->size_count, MOST_POINTS);
}

static bool run(struct session *session, const struct call *call, struct glmm_error *err)
{
    const struct power_call *given = call->options;
    struct plan *plan = arena_alloc(call->arena, 1, sizeof *plan);
    bool ok;

    if (plan == NULL)
        return fail_memory(err);
    plan->question =
        (struct power_question){ .effect = given->effect, .alpha = given->alpha, .replicates = given->replicating.count };
    plan->question.seed = replicating_seed(session, call, &given->replicating);
    ok = read_plan(session, call, plan, err) && try_all(session, call, plan, err) && show(session, plan, err);
    study_free(plan->study);
    return ok;
}

const struct command command_power = {
    .name = "power",
    .usage = "power [MODEL] COEFFICIENT|FORMULA",
    .brief = "how often an effect would be found",
    .help =
        "Draws responses from a fit, with its variances and its other coefficients, and with this coefficient at its estimate "
        "or at effect=VALUE; fits the model to each; and counts how often the test of `summary` finds it: p below alpha. The "
        "power at the estimate of a study that is done says nothing new about it.\n"
        "\n"
        "groups=LIST and size=LIST ask for studies of other sizes: so many levels of a group (by=GROUP), so many rows in each, "
        "with the predictors of the levels that there are; of other groups there are "
        "as many as before.\n"
        "\n"
        "A formula with beta= plans a study of which there are no data (help planning).",
    .arguments = ARGUMENT_WORDS,
    .complete = completes,
    .options = options,
    .options_size = sizeof(struct power_call),
    .defaults = &defaults,
    .examples = examples,
    .flags = COMMAND_LONG,
    .run = run,
};
