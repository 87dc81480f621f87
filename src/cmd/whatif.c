/* whatif.c -- the same group with more data: what its estimate would keep of its own, and how narrow its interval would be. */
#include "cmd/derivation.h"
#include "lang/command.h"
#include "report/determined.h"
#include "report/naming.h"
#include "report/tables.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "fit/identify.h"
#include "infer/ci.h"
#include "infer/moredata.h"
#include "infer/shrinkage.h"
#include "base/suggest.h"
#include "result/number.h"

enum { STEPS = 10 }; /* numbers of rows shown, at most */

struct whatif_call {
    int n;
};

static const struct option options[] = {
    { .name = "n",
      .type = OPTION_INTEGER,
      .offset = offsetof(struct whatif_call, n),
      .min = 1,
      .max = 1e9,
      .word = "ROWS",
      .help = "the number of rows that the group is to have; without it, eight times the present number" },
    { 0 },
};

static const struct example examples[] = {
    { "load dyestuff; fit Yield ~ 1 + (1 | Batch); whatif C, n=50", "batch C measured 50 times instead of 5" },
    { "load sleepstudy; fit m1 = Reaction ~ Days + (Days | Subject); whatif m1 335", "a subject's intercept and slope" },
    { "load batting; fit cbind(hits, at_bats - hits) ~ 1 + (1 | player), family=binomial; whatif Clemente, n=12",
      "twelve times the at-bats" },
    { 0 },
};

static const enum complete completes[] = { COMPLETE_FITTED_MODEL, COMPLETE_GROUP, COMPLETE_LEVEL, COMPLETE_NOTHING };

/* --- which level ------------------------------------------------------------------------------------- */

struct question {
    struct model *model;
    int t; /* the term; for a group with several, the first */
    int32_t level;
};

static int32_t find_level(const struct random_design *random, const char *name)
{
    for (int32_t l = 0; l < random->level_count; l++)
        if (strcmp(random->levels[l], name) == 0)
            return l;
    return -1;
}

/* The level among all groups of the design, or those of one name; *t and *level get the first, the count of groups that have
 * it. */
static int search_level(const struct design *design, const char *group, const char *name, int *t, int32_t *level)
{
    int found = 0;
    int32_t l;

    for (int s = 0; s < design->random_count; s++) {
        if (!is_first_of_group(design, s) || (group != NULL && strcmp(design->random[s].group, group) != 0)
            || (l = find_level(&design->random[s], name)) < 0)
            continue;
        if (found++ == 0) {
            *t = s;
            *level = l;
        }
    }
    return found;
}

static bool fail_level(const struct model *model, const char *group, const struct word *word, struct glmm_error *err)
{
    const struct design *design = model->design;
    struct suggest suggest;

    if (group == NULL && design->random_count > 1 && group_index(design, design->random[1].group) > 0)
        fail(err, GLMM_E_NAME, word->at, "no group of %.60s is named `%.60s`", model->name, word->text);
    else
        fail(err, GLMM_E_NAME, word->at, "`%.60s` is no level of %.100s", word->text,
             group != NULL ? group : design->random[0].group);
    if (group == NULL && group_index(design, word->text) >= 0) {
        error_hint(err, "it is the grouping factor; name one of its levels: whatif %.60s %.60s", word->text,
                   design->random[group_index(design, word->text)].levels[0]);
        return false;
    }
    suggest_init(&suggest, word->text);
    for (int t = 0; t < design->random_count; t++)
        for (int32_t l = 0; is_first_of_group(design, t) && l < design->random[t].level_count; l++)
            if (group == NULL || strcmp(design->random[t].group, group) == 0)
                suggest_offer(&suggest, design->random[t].levels[l]);
    if (!suggest_hint(&suggest, err))
        error_hint(err, "ranef lists the levels");
    return false;
}

/* [MODEL] [FACTOR] LEVEL */
static bool find_question(struct session *session, const struct call *call, struct question *q, struct glmm_error *err)
{
    struct word *word = call->words, *last = call->words + call->word_count;
    const char *group = NULL;
    int found;

    if (call->word_count == 0)
        return fail(err, GLMM_E_USAGE, call->argument_at, "`whatif` needs the name of a group: one level of a grouping factor");
    if (call->word_count > 1 && session_find_model(session, word->text) != NULL) {
        q->model = session_need_fit(session, word->text, word->at, err);
        word++;
    } else {
        q->model = session_need_fit(session, NULL, NOWHERE, err);
    }
    if (q->model == NULL)
        return false;
    if (q->model->design->random_count == 0)
        return fail_without_effects(q->model, ", so it has no groups", err);
    if (last - word > 1) {
        if (!check_group(q->model, word, err))
            return false;
        group = word++->text;
    }
    if (last - word > 1)
        return fail(err, GLMM_E_USAGE, word[1].at, "`%.60s` is one word too many", word[1].text);
    found = search_level(q->model->design, group, word->text, &q->t, &q->level);
    if (found == 0)
        return fail_level(q->model, group, word, err);
    if (found > 1) {
        fail(err, GLMM_E_NAME, word->at, "`%.60s` is a level of several grouping factors", word->text);
        error_hint(err, "whatif %.60s %.60s %.60s", q->model->name, q->model->design->random[q->t].group, word->text);
        return false;
    }
    return true;
}

/* Of a model whose groups have sums of effects that are determined: these; an error where some of the level's are not. */
static bool take_determined(struct question *q, struct arena *arena, struct glmm_error *err)
{
    struct model *shown = determined_model(q->model, arena);
    int t = -1;

    if (shown == NULL)
        return fail_memory(err);
    if (shown != q->model)
        t = group_index(shown->design, q->model->design->random[q->t].group);
    if (t >= 0) {
        q->model = shown;
        q->t = t;
    }
    for (t = 0; t < q->model->design->random_count; t++)
        for (int a = 0; strcmp(q->model->design->random[t].group, q->model->design->random[q->t].group) == 0
                        && a < q->model->design->random[t].k;
             a++)
            if (!identity_check_modes(q->model->fit, t, a, err))
                return false;
    return true;
}

/* --- the result ------------------------------------------------------------------------------------------ */

/* One effect of the level at each number of rows. */
struct course {
    const struct shrinkage *shrinkage;
    int32_t level;
    int count;
    double rows[STEPS], pooled[STEPS], se[STEPS], lower[STEPS], upper[STEPS], raw[STEPS], weight[STEPS];
};

static void fill_rows(struct table *table, const struct course *c, const struct session *session, struct arena *arena)
{
    int decimals = fitting_decimals(c->pooled, c->se, (size_t)c->count, session->settings.digits);
    size_t n = table_column(table, "n", "n", CELL_INTEGER), pooled = table_column(table, "estimate", "BLUP", CELL_REAL);
    size_t interval =
        table_interval(table, "lower", "upper", arena_printf(arena, "%g%% interval", 100 * session->settings.level));
    size_t kept = c->shrinkage->scalar ? table_column(table, "weight", "kept", CELL_PERCENT) : 0;
    size_t when = table_column(table, NULL, "", CELL_TEXT);

    table_decimals(table, pooled, decimals);
    table_decimals(table, interval, decimals);
    for (int i = 0; i < c->count; i++) {
        size_t row = table_row(table);

        table_integer(table, row, n, (long long)c->rows[i]);
        table_real(table, row, pooled, c->pooled[i]);
        table_pair(table, row, interval, c->lower[i], c->upper[i]);
        if (c->shrinkage->scalar)
            table_real(table, row, kept, c->weight[i]);
        table_text(table, row, when, i == 0 ? "now" : NULL);
    }
}

static void draw_course(struct result *result, const struct course *c, bool several, const struct session *session)
{
    const struct shrinkage *s = c->shrinkage;
    struct plot *plot = result_plot(result, NULL);
    bool intercept = strcmp(s->term, "(Intercept)") == 0;

    if (plot == NULL)
        return;
    plot_labels(plot, PLOT_ROWS, several ? s->term : NULL,
                intercept ? s->scale : arena_printf(plot->arena, "%s (%s per unit)", s->term, s->scale), NULL);
    fill_rows(plot_rows(plot), c, session, plot->arena);
    if (!isnan(c->raw[0]))
        plot_series(plot, MARK_RAW, "own estimate", (size_t)c->count, c->raw, NULL);
    plot_series(plot, MARK_POOLED, "BLUP", (size_t)c->count, c->pooled, NULL);
    series_ends(plot,
                plot_series(plot, MARK_INTERVAL, arena_printf(plot->arena, "%g%%", 100 * session->settings.level),
                            (size_t)c->count, c->lower, NULL),
                c->upper, NULL);
    plot_reference(plot, true, s->complete, "overall");
}

/* JSON and CSV: a row for each effect and number of rows.  `alone`: the model has no other random effect. */
static void rows_table(struct result *result, const struct course *courses, int count, bool alone)
{
    struct table *table = result_table(result, "rows", NULL);
    size_t term = table_column(table, "term", "term", CELL_TEXT), n = table_column(table, "n", "n", CELL_INTEGER);
    size_t real[7] = { 0 }, columns = 0;
    static const char *const keys[] = { "raw", "complete", "estimate", "se", "lower", "upper", "weight" };

    for (; columns < sizeof keys / sizeof keys[0]; columns++)
        real[columns] = table_column(table, keys[columns], keys[columns], CELL_REAL);
    column_derives(table, real[0], DERIVED_WHATIF_OWN, 0);
    column_derives(table, real[2], DERIVED_WHATIF, 0);
    column_derives(table, real[3], DERIVED_WHATIF_SD, alone ? DERIVED_CLOSED : 0);
    column_derives(table, real[4], DERIVED_WHATIF_LOWER, 0);
    column_derives(table, real[5], DERIVED_WHATIF_UPPER, 0);
    column_derives(table, real[6], DERIVED_WHATIF_KEPT, 0);
    for (size_t j = term; j <= real[columns - 1]; j++)
        table_flags(table, j, COLUMN_NOT_TEXT);
    for (int a = 0; a < count; a++)
        for (int i = 0; i < courses[a].count; i++) {
            const struct course *c = &courses[a];
            const double values[] = { c->raw[i], c->shrinkage->complete, c->pooled[i], c->se[i], c->lower[i], c->upper[i] };
            size_t row = table_row(table);

            table_text(table, row, term, c->shrinkage->term);
            table_integer(table, row, n, (long long)c->rows[i]);
            for (size_t j = 0; j < sizeof values / sizeof values[0]; j++)
                table_real(table, row, real[j], values[j]);
            if (c->shrinkage->scalar)
                table_real(table, row, real[6], c->weight[i]);
        }
}

/* "78%", "99.66%", "more than 99.99%". */
static const char *share_text(struct arena *arena, double share)
{
    char text[NUMBER_SIZE];

    return share >= 0.99995             ? "more than 99.99%"
           : share < 0.005 && share > 0 ? "less than 1%"
                                        : arena_printf(arena, "%s%%", number_fixed(text, 100 * share, share > 0.995 ? 2 : 0));
}

/* What to see in the rows. */
static void remarks(struct result *result, const struct question *q, const struct course *c, bool several)
{
    const struct shrinkage *s = c->shrinkage;
    int last = c->count - 1;

    if (!several && c->se[0] == 0) {
        result_line(result, LINE_BLANK, " ");
        result_line(result, LINE_TEXT,
                    "The variance between levels of %s is estimated as 0: however many rows %s had, nothing of its own deviation "
                    "would be kept.",
                    s->group, s->level[c->level]);
    } else if (!several && isfinite(c->raw[0]) && c->count > 1) {
        result_line(result, LINE_BLANK, " ");
        result_line(result, LINE_TEXT,
                    "With %.0f row%s %s %s would keep %s of its own deviation instead of %s, and its interval would be %.2g "
                    "times as wide.",
                    c->rows[last], c->rows[last] == 1 ? "" : "s", s->group, s->level[c->level],
                    share_text(result->arena, c->weight[last]), share_text(result->arena, c->weight[0]),
                    c->se[0] > 0 ? c->se[last] / c->se[0] : 1);
    }
    result_line(result, LINE_NOTE, "%s rows like its present ones, values repeated; parameters%s held at their estimates",
                c->rows[last] >= c->rows[0] ? "more" : "fewer", q->model->design->random_count > 1 ? " and other effects" : "");
    if (isinf(c->raw[0]))
        result_line(result, LINE_NOTE,
                    "own estimate %s: the rows of %s are all at the edge of what is possible, and the more of them, the farther "
                    "goes the BLUP",
                    c->raw[0] > 0 ? "Inf" : "-Inf", s->level[c->level]);
}

/* Fills the courses of the effects of term t. */
static bool compute_term(const struct question *q, int t, double level, int asked, struct course *courses, struct glmm_error *err)
{
    const struct fit *fit = q->model->fit;
    const struct random_design *random = &fit->design->random[t];
    struct moredata *more = moredata_new(fit, t, q->level, err);
    double *space = NEW_ARRAY(double, random->k *(random->k + 1));
    double present = random->rows_of_level[q->level], rows[STEPS], weight;
    int count = moredata_steps(present, asked > 0 ? asked : 8 * present, STEPS, rows);

    for (int i = 0; more != NULL && space != NULL && i < count; i++) {
        moredata_at(more, rows[i], space, space + random->k, &weight);
        for (int a = 0; a < random->k; a++) {
            struct course *c = &courses[a];

            c->count = count;
            c->level = q->level;
            c->rows[i] = rows[i];
            c->raw[i] = c->shrinkage->raw[q->level];
            c->pooled[i] = c->shrinkage->complete + space[a];
            c->se[i] = moredata_se(space + random->k, random->k, a);
            wald_interval(c->pooled[i], c->se[i], (double)INFINITY, level, &c->lower[i], &c->upper[i]);
            c->weight[i] = weight;
        }
    }
    moredata_free(more);
    mem_free(space);
    return (more != NULL && space != NULL) || fail_memory(err);
}

static bool same_group(const struct question *q, int t)
{
    return strcmp(q->model->design->random[t].group, q->model->design->random[q->t].group) == 0;
}

/* Fills the courses of all effects of the level, of all terms of its group. */
static bool compute(const struct question *q, double level, int asked, struct course *courses, struct glmm_error *err)
{
    const struct design *design = q->model->design;

    for (int t = 0; t < design->random_count; t++) {
        if (!same_group(q, t))
            continue;
        if (!compute_term(q, t, level, asked, courses, err))
            return false;
        courses += design->random[t].k;
    }
    return true;
}

static struct result *whatif_result(const struct session *session, const struct question *q, const struct course *courses,
                                    int count)
{
    const struct shrinkage *s = courses->shrinkage;
    struct result *result = result_new("whatif");

    if (result == NULL)
        return NULL;
    result_string(result, "model", q->model->name);
    result_string(result, "group", s->group);
    result_string(result, "level", s->level[q->level]);
    result_string(result, "scale", s->scale);
    result_line(result, LINE_TITLE, "%s   %s %s with %.0f row%s instead of %.0f", q->model->name, s->group, s->level[q->level],
                courses->rows[courses->count - 1], courses->rows[courses->count - 1] == 1 ? "" : "s", courses->rows[0]);
    rows_table(result, courses, count, q->model->design->random_count == 1 && courses[0].shrinkage->scalar);
    for (int a = 0; a < count; a++)
        draw_course(result, &courses[a], count > 1, session);
    remarks(result, q, courses, count > 1);
    return result;
}

static bool run(struct session *session, const struct call *call, struct glmm_error *err)
{
    const struct whatif_call *given = call->options;
    const struct design *design;
    struct shrinkage **effects = NULL;
    struct course *courses = NULL;
    struct question q = { 0 };
    bool ok = find_question(session, call, &q, err) && take_determined(&q, call->arena, err);
    int k = 0;

    if (ok) {
        design = q.model->design;
        for (int t = 0; t < design->random_count; t++)
            k += same_group(&q, t) ? design->random[t].k : 0;
        effects = NEW_ARRAY(struct shrinkage *, k);
        courses = NEW_ARRAY(struct course, k);
        ok = (effects != NULL && courses != NULL) || fail_memory(err);
        for (int t = 0, at = 0; ok && t < design->random_count; t++)
            for (int a = 0; ok && same_group(&q, t) && a < design->random[t].k; a++, at++) {
                courses[at].shrinkage = effects[at] = shrinkage_new_watched(q.model->fit, design->random[t].group,
                                                                            design->random[t].names[a], &session->progress, err);
                ok = effects[at] != NULL;
            }
    }
    ok = ok && compute(&q, session->settings.level, given->n, courses, err)
         && emit(session, whatif_result(session, &q, courses, k), err);
    for (int a = 0; a < k && effects != NULL; a++)
        shrinkage_free(effects[a]);
    mem_free(effects);
    mem_free(courses);
    return ok;
}

const struct command command_whatif = {
    .name = "whatif",
    .usage = "whatif [MODEL] [FACTOR] GROUP",
    .brief = "show what a group's estimate would be with more data",
    .help = "GROUP is one level of a grouping factor: a school, a subject. Shows how its BLUP, the interval, and what is kept of "
            "its own deviation would move "
            "if it had more rows like those it has (or fewer), all parameters held at their estimates.\n\n"
            "In a linear model the BLUP of a random effect that stands alone keeps "
            "n\xc2\xb7\xcf\x84\xc2\xb2/(n\xc2\xb7\xcf\x84\xc2\xb2 + \xcf\x83\xc2\xb2) of the own deviation; the "
            "interval shrinks with it. Vector effects move together, through their covariance. In other models the rows are "
            "repeated and the mode is found again.",
    .arguments = ARGUMENT_WORDS,
    .complete = completes,
    .options = options,
    .options_size = sizeof(struct whatif_call),
    .examples = examples,
    .run = run,
};
