/* rows.c -- which levels there are, in which order, what keys do, and one level in full; rows-draw.c draws them. */
#include "cmd/views/rows-private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/sample.h"
#include "fit/identify.h"
#include "lang/command.h"
#include "report/determined.h"
#include "report/naming.h"
#include "report/tables.h"
#include "cmd/plots/strip.h"
#include "infer/intercept.h"
#include "infer/predictor.h"
#include "infer/ci.h"
#include "model/family.h"
#include "render/sketch.h"
#include "result/number.h"

enum { SORT_RAW, SORT_BLUP, SORT_N, SORT_NAME, SORT_COUNT };

const char *rows_sort_name(const struct rows *rows)
{
    static const char *const names[] = { "raw", "BLUP", "n", "name" };

    return rows->sort == SORT_N && rows->now->trials != NULL ? "trials" : names[rows->sort];
}

/* --- order ------------------------------------------------------------------------------------- */

static int compare_levels(void *context, size_t a, size_t b)
{
    const struct rows *rows = context;
    const struct shrinkage *s = rows->now;
    const double *key = rows->sort == SORT_RAW    ? s->raw
                        : rows->sort == SORT_BLUP ? s->pooled
                        : rows->sort == SORT_N    ? s->trials != NULL ? s->trials : s->rows
                                                  : NULL;
    double x, y;

    if (key != NULL && key == s->raw && !isfinite(key[a]) && (key[a] == key[b] || (isnan(key[a]) && isnan(key[b]))))
        key = s->pooled; /* infinite own estimates, by their BLUPs */
    if (key == NULL)
        return 0;
    if (isnan(key[a]) || isnan(key[b]))
        return isnan(key[a]) - isnan(key[b]);
    x = number_sound(key[a]); /* ties are the same with every processor */
    y = number_sound(key[b]);
    return x == y ? 0 : x < y ? -1 : 1;
}

static bool level_matches(void *context, size_t item, const char *words)
{
    const struct rows *rows = context;

    return list_contains(rows->now->level[item], words);
}

/* --- opening ------------------------------------------------------------------------------------ */

double rows_reach(const struct rows *rows)
{
    return wald_quantile((double)INFINITY, rows->session->settings.level);
}

void rows_interval(const struct rows *rows, size_t level, double ends[2])
{
    const struct shrinkage *s = rows->now;

    shrinkage_interval(s, level, rows_reach(rows), ends);
    ends[0] -= s->lower != NULL ? 0 : rows_shift(rows);
    ends[1] -= s->upper != NULL ? 0 : rows_shift(rows);
}

/* Axis, decimals and widths, from what is shown now. */
static void choose_scale(struct rows *rows)
{
    const struct shrinkage *s = rows->now;

    rows->low = HUGE_VAL;
    rows->high = -HUGE_VAL;
    rows->name_width = utf8_width(s->group);
    for (int32_t l = 0; l < s->count; l++) {
        int width = utf8_width(s->level[l]);
        double ends[2];

        rows_interval(rows, (size_t)l, ends);
        range_extend(&rows->low, &rows->high, ends, 2);
        if (!rows->deviations)
            range_extend(&rows->low, &rows->high, &s->raw[l], 1);
        rows->name_width = width > rows->name_width ? width : rows->name_width;
    }
    rows->decimals = fitting_decimals(s->pooled, s->se, (size_t)s->count, rows->session->settings.digits);
}

/* What is shown of a term's effect. */
struct showing {
    struct shrinkage *now, *other;
};

/* Of the effect that `rows` names, from a fit; on failure there is nothing of it. */
static bool make_showing(const struct rows *rows, const struct fit *fit, struct showing *out, struct glmm_error *err)
{
    const struct random_design *random = &fit->design->random[rows->term];
    /* Before the view has the screen, Ctrl-C stops the work; then it is a key. */
    const struct glmm_progress *progress = rows->now == NULL ? &rows->session->progress : NULL;

    out->now = shrinkage_new_watched(fit, random->group, random->names[rows->effect], progress, err);
    out->other = random->k < 2 || out->now == NULL
                     ? NULL
                     : shrinkage_new_watched(fit, random->group, random->names[(rows->effect + 1) % random->k], progress, err);
    if (out->now != NULL && (random->k < 2 || out->other != NULL)
        && (!rows->means || shrinkage_to_response(out->now, fit, rows_reach(rows), err)))
        return true;
    shrinkage_free(out->now);
    shrinkage_free(out->other);
    return false;
}

static void take_showing(struct rows *rows, const struct fit *fit, const struct showing *showing)
{
    shrinkage_free(rows->now);
    shrinkage_free(rows->other);
    rows->now = showing->now;
    rows->other = showing->other;
    rows->fit = fit;
}

bool rows_show(struct rows *rows, const struct fit *fit, struct glmm_error *err)
{
    struct showing showing;

    if (!make_showing(rows, fit, &showing, err))
        return false;
    take_showing(rows, fit, &showing);
    return true;
}

/* Where many own estimates are infinite, the place of the first that is not: more is to be seen there than at the end. */
static size_t first_finite(const struct rows *rows)
{
    if (rows->deviations || !strip_is_mostly_infinite(rows->now))
        return 0;
    for (size_t i = 0; i < rows->list.count; i++)
        if (isfinite(rows->now->raw[rows->list.order[i]]))
            return i;
    return 0;
}

/* A new list (taken) for the term that is shown.  False where there is no memory to sort it: it is there in another order. */
static bool start_list(struct rows *rows, const struct list *list)
{
    bool sorted;
    int page = rows->list.page;

    list_clear(&rows->list);
    rows->list = *list;
    rows->list.page = page;
    rows->list.matches = level_matches;
    rows->list.compare = compare_levels;
    if (rows->sort == SORT_RAW && strip_is_mostly_infinite(rows->now))
        rows->sort = SORT_BLUP;
    choose_scale(rows);
    if (rows->face == ROWS_PLANE && rows->other == NULL)
        rows->face = ROWS_STRIP;
    rows->list.cursor = rows->list.total; /* the first of the order, not the level 0 wherever it stands */
    sorted = list_arrange(&rows->list);
    rows->list.cursor = rows->list.top = first_finite(rows);
    return sorted;
}

/* Shows the effect that `rows` names, with a list of its own; where that cannot be had, nothing of what is shown changes. */
static bool show_effect(struct rows *rows, bool *sorted, struct glmm_error *err)
{
    const struct fit *fit = rows->model->fit;
    struct showing showing;
    struct list list;

    if (!make_showing(rows, fit, &showing, err))
        return false;
    if (!list_init(&list, (size_t)showing.now->count, rows)) {
        shrinkage_free(showing.now);
        shrinkage_free(showing.other);
        return fail_memory(err);
    }
    take_showing(rows, fit, &showing);
    *sorted = start_list(rows, &list);
    return true;
}

static bool find_effect(struct rows *rows, const struct call *call, int at, struct glmm_error *err)
{
    const struct design *design = rows->model->design;
    const char *group = call->word_count > at ? call->words[at].text : NULL;
    const char *term = call->word_count > at + 1 ? call->words[at + 1].text : NULL;

    for (int t = 0; t < design->random_count; t++)
        for (int a = 0; a < design->random[t].k; a++)
            if ((group == NULL || strcmp(group, design->random[t].group) == 0)
                && (term == NULL || name_is(design->random[t].names[a], term))) {
                rows->term = t;
                rows->effect = a;
                return true;
            }
    shrinkage_free(shrinkage_new(rows->model->fit, group, term, err)); /* says what is wrong, with suggestions */
    if (err != NULL && err->at.begin < 0 && term != NULL)
        err->at = call->words[at + 1].at;
    return false;
}

bool rows_open(struct rows *rows, struct session *session, const struct call *call, struct glmm_error *err)
{
    int at;
    bool sorted;
    struct model *model = call_fitted_model(session, call, &at, err);

    rows->session = session;
    rows->sort = rows->deviations ? SORT_BLUP : SORT_RAW;
    if (model == NULL || !no_more_words(call, at + 2, err)
        || (call->word_count > at && !check_group(model, &call->words[at], err)))
        return false;
    if (model->design->random_count == 0)
        return fail_without_effects(model, "", err);
    rows->stated = model;
    if ((rows->arena = arena_new()) == NULL || (rows->model = determined_model(model, rows->arena)) == NULL)
        return fail_memory(err);
    return find_effect(rows, call, at, err) && identity_check_modes(rows->model->fit, rows->term, rows->effect, err)
           && show_effect(rows, &sorted, err) && (sorted || fail_memory(err));
}

void rows_close(struct rows *rows)
{
    arena_free(rows->arena);
    shrinkage_free(rows->now);
    shrinkage_free(rows->other);
    list_clear(&rows->list);
    pane_close(&rows->pane);
}

/* What is shown has a mean. */
static bool is_intercept(const struct rows *rows)
{
    return strcmp(rows->model->design->random[rows->term].names[rows->effect], "(Intercept)") == 0;
}

bool rows_has_next(const struct rows *rows)
{
    const struct design *design = rows->model->design;

    return design->random_count > 1 || design->random[0].k > 1;
}

void rows_following(const struct rows *rows, int *term, int *effect)
{
    const struct design *design = rows->model->design;

    *term = rows->term;
    *effect = rows->effect + 1;
    if (*effect >= design->random[*term].k) {
        *effect = 0;
        *term = (*term + 1) % design->random_count;
    }
}

bool rows_next(struct rows *rows, struct glmm_error *err)
{
    int term = rows->term, effect = rows->effect;
    bool means = rows->means, sorted;

    rows_following(rows, &rows->term, &rows->effect);
    rows->means = rows->means && is_intercept(rows);
    if (show_effect(rows, &sorted, err)) {
        if (!sorted)
            fail_memory(err);
        return true;
    }
    rows->term = term;
    rows->effect = effect;
    rows->means = means;
    return false;
}

/* --- the scale --------------------------------------------------------------------------------------------- */

const char *rows_other_scale(const struct rows *rows)
{
    if (rows->model->fit->mean_link->kind == LINK_IDENTITY || !is_intercept(rows))
        return NULL;
    return rows->means ? "link" : "response";
}

bool rows_change_scale(struct rows *rows, struct glmm_error *err)
{
    const struct link *link = rows->model->fit->mean_link;

    if (link->kind == LINK_IDENTITY)
        return fail(err, GLMM_E_USAGE, NOWHERE, "the link is the identity: this is the scale of the response");
    if (!is_intercept(rows))
        return fail(err, GLMM_E_USAGE, NOWHERE, "only an intercept has a mean; %.60s is a difference on the scale of the link",
                    rows->now->term);
    if (rows->at == NULL && (rows->at = intercept_at(rows->model, rows->arena)) == NULL)
        return fail_memory(err);
    rows->means = !rows->means;
    if (!rows_show(rows, rows->model->fit, err)) {
        rows->means = !rows->means;
        return false;
    }
    if (rows->means && rows->face == ROWS_PLANE)
        rows->face = ROWS_STRIP;
    choose_scale(rows);
    if (!list_arrange(&rows->list))
        fail_memory(err);
    return true;
}

/* --- one level in full --------------------------------------------------------------------------------------- */

/* What stands behind a row's numbers: the model's variables as they are in the data; where the data are gone or changed, the
 * columns of the design. */
struct behind {
    const struct design *design;
    const struct predictor *predictors; /* NULL: the design's columns */
    int count;
    size_t first; /* in the table */
};

static void behind_begin(struct behind *behind, const struct rows *rows, struct table *table, struct arena *arena)
{
    const struct design *design = rows->fit->design;
    struct glmm_error err = { .at = NOWHERE };

    *behind = (struct behind){ .design = design, .count = design->p };
    behind->predictors = predictor_all(rows->model, arena, &behind->count, &err);
    if (behind->predictors == NULL || behind->count == 0) {
        behind->predictors = NULL;
        behind->count = design->p;
    }
    for (int j = 0; j < behind->count; j++) {
        const struct column *c = behind->predictors == NULL ? NULL : behind->predictors[j].column;
        const char *name = c == NULL ? design->names[j] : c->name;
        size_t column = table_column(table, NULL, name,
                                     c == NULL || c->type == COLUMN_REAL ? CELL_REAL
                                     : c->type == COLUMN_INTEGER         ? CELL_INTEGER
                                                                         : CELL_TEXT);

        behind->first = j == 0 ? column : behind->first;
        if (strcmp(name, "(Intercept)") == 0)
            table_flags(table, column, COLUMN_NOT_TEXT);
    }
}

static void behind_row(const struct behind *behind, struct table *table, size_t row, size_t i)
{
    const struct design *design = behind->design;
    char buffer[40];

    for (int j = 0; j < behind->count; j++) {
        const struct column *c = behind->predictors == NULL ? NULL : behind->predictors[j].column;
        size_t place = behind->first + (size_t)j;

        if (c == NULL)
            table_real(table, row, place, design->X[(size_t)j * design->n + i]);
        else if (column_missing(c, design->row[i]))
            continue;
        else if (c->type == COLUMN_REAL)
            table_real(table, row, place, c->as.real[design->row[i]]);
        else if (c->type == COLUMN_INTEGER)
            table_integer(table, row, place, c->as.integer[design->row[i]]);
        else
            table_text(table, row, place, column_text(c, design->row[i], buffer));
    }
}

static void detail_rows(struct result *result, const struct rows *rows, int32_t l)
{
    const struct design *design = rows->fit->design;
    const struct random_design *random = &design->random[rows->term];
    struct table *table = result_table(result, NULL, NULL);
    size_t row_column = table_column(table, NULL, "row", CELL_INTEGER),
           y = table_column(table, NULL, design->response, CELL_REAL);
    size_t trials = design->trials == NULL ? 0 : table_column(table, NULL, "trials", CELL_REAL);
    size_t fitted = table_column(table, NULL, "fitted", CELL_REAL), residual = table_column(table, NULL, "residual", CELL_REAL);
    struct behind behind;

    behind_begin(&behind, rows, table, result->arena);
    for (size_t i = 0; i < design->n; i++) {
        size_t row;

        if (random->level[i] != l)
            continue;
        row = table_row(table);
        table_integer(table, row, row_column, (long long)design->row[i] + 1);
        table_real(table, row, y, design->y[i]);
        if (design->trials != NULL)
            table_real(table, row, trials, design->trials[i]);
        table_real(table, row, fitted, rows->fit->fitted[i]);
        table_real(table, row, residual, design->y[i] - rows->fit->fitted[i]);
        behind_row(&behind, table, row, i);
    }
}

static void detail_effects(struct result *result, const struct rows *rows, int32_t l)
{
    const struct random_design *random = &rows->fit->design->random[rows->term];
    struct table *table = result_table(result, NULL, NULL);
    double reach = rows_reach(rows), ends[2];
    size_t name = table_column(table, NULL, "effect", CELL_TEXT), raw = table_column(table, NULL, "raw", CELL_REAL);
    size_t pooled = table_column(table, NULL, "BLUP", CELL_REAL), overall = table_column(table, NULL, "overall", CELL_REAL);
    size_t se = table_column(table, NULL, "cond.SD", CELL_REAL);
    size_t interval =
        table_interval(table, NULL, NULL, arena_printf(result->arena, "%g%% interval", 100 * rows->session->settings.level));
    size_t kept = table_column(table, NULL, "kept", CELL_PERCENT);

    if (rows->now->weight == NULL)
        table_flags(table, kept, COLUMN_NOT_TEXT);
    for (int a = 0; a < random->k; a++) {
        bool mean = rows->means && a == rows->effect;
        struct shrinkage *s = rows->means && !mean ? NULL : shrinkage_new(rows->fit, random->group, random->names[a], NULL);
        size_t row;

        if (rows->means && !mean)
            continue;
        if (s == NULL || (mean && !shrinkage_to_response(s, rows->fit, reach, NULL))) {
            shrinkage_free(s);
            result->failed = true;
            return;
        }
        row = table_row(table);
        table_text(table, row, name, mean ? s->scale : random->names[a]);
        table_real(table, row, raw, s->raw[l]);
        table_real(table, row, pooled, s->pooled[l]);
        table_real(table, row, overall, s->complete);
        table_real(table, row, se, s->se[l]);
        shrinkage_interval(s, (size_t)l, reach, ends);
        if (s->se[l] > 0)
            table_pair(table, row, interval, ends[0], ends[1]);
        else
            table_flags(table, interval, COLUMN_NOT_TEXT); /* a variance of 0: there is none */
        if (s->weight != NULL)
            table_real(table, row, kept, s->weight[l]);
        shrinkage_free(s);
    }
}

static void open_level(struct rows *rows, struct view_event *event)
{
    const struct shrinkage *s = rows->now;
    int32_t l = (int32_t)list_item(&rows->list);
    struct result *result;

    if ((size_t)l >= rows->list.total)
        return;
    result = result_new("view");
    if (result != NULL) {
        result_line(result, LINE_TITLE, "%s %s   %.0f row%s   rank %d of %d by own estimate, %d by BLUP", s->group, s->level[l],
                    s->rows[l], s->rows[l] == 1 ? "" : "s", s->rank_raw[l], (int)s->count, s->rank_pooled[l]);
        if (rows->fit != rows->model->fit)
            result_line(result, LINE_NOTE, "what if, not fitted");
        if (rows->means && rows->at[0] != '\0')
            result_line(result, LINE_NOTE, "%s at %s", s->scale, rows->at);
        detail_effects(result, rows, l);
        detail_rows(result, rows, l);
    }
    if (!pane_open(&rows->pane, result, rows->session, rows->columns))
        snprintf(event->say, sizeof event->say, "memory is out");
}

/* --- keys ------------------------------------------------------------------------------------------------------ */

static void sort_next(struct rows *rows, struct view_event *event)
{
    rows->sort = (rows->sort + 1) % SORT_COUNT;
    if (rows->deviations && rows->sort == SORT_RAW)
        rows->sort = SORT_BLUP;
    if (!list_arrange(&rows->list))
        snprintf(event->say, sizeof event->say, "memory is out: the order is not sorted");
    else
        snprintf(event->say, sizeof event->say, "sorted by %s", rows_sort_name(rows));
}

bool rows_key(struct rows *rows, struct view_event *event, bool *left)
{
    if (rows->pane.open) {
        if (event->action == VIEW_BACK || event->action == VIEW_OPEN) {
            pane_close(&rows->pane);
            return true;
        }
        return pane_key(&rows->pane, event);
    }
    switch (event->action) {
    case VIEW_BACK:
        if (rows->list.filter[0] != '\0') { /* a filter is a level of its own */
            rows->list.filter[0] = '\0';
            list_arrange(&rows->list);
        } else {
            *left = true;
        }
        return true;
    case VIEW_SORT:
        sort_next(rows, event);
        return true;
    case VIEW_PLOT:
        rows->face = rows->face == ROWS_STRIP                                                               ? ROWS_TABLE
                     : rows->face == ROWS_TABLE && rows->other != NULL && !rows->deviations && !rows->means ? ROWS_PLANE
                                                                                                            : ROWS_STRIP;
        return true;
    case VIEW_OPEN:
        open_level(rows, event);
        return true;
    case VIEW_CLICK:
        if (event->row >= rows->first_row && event->row < rows->first_row + rows->list.page
            && rows->list.top + (size_t)(event->row - rows->first_row) < rows->list.count)
            rows->list.cursor = rows->list.top + (size_t)(event->row - rows->first_row);
        return true;
    default:
        return list_key(&rows->list, event);
    }
}
