/* strip.c -- see strip.h. */
#include "cmd/plots/strip.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cmd/modelling.h"
#include "infer/ci.h"
#include "result/number.h"

/* --- the order -------------------------------------------------------------------------------- */

struct place {
    double value;                   /* what is sorted by */
    int32_t level;
};

/* Levels stand in the order of their names already, which breaks ties. */
static int compare_places(const void *left, const void *right)
{
    const struct place *a = left, *b = right;

    if (isnan(a->value) != isnan(b->value))
        return isnan(a->value) ? 1 : -1;
    if (a->value != b->value && !isnan(a->value))
        return a->value < b->value ? -1 : 1;
    return (a->level > b->level) - (a->level < b->level);
}

static const double *sort_key(const struct shrinkage *effect, const char *sort)
{
    if (strcmp(sort, "raw") == 0)
        return effect->raw;
    if (strcmp(sort, "blup") == 0)
        return effect->pooled;
    if (strcmp(sort, "n") != 0)
        return NULL;
    return effect->trials != NULL ? effect->trials : effect->rows;
}

int32_t *strip_order(const struct shrinkage *effect, const char *sort, struct arena *arena)
{
    const double *key = sort_key(effect, sort);
    size_t count = (size_t)effect->count;
    struct place *places = NEW_ARRAY(struct place, count);
    int32_t *order = arena_alloc(arena, count, sizeof *order);

    for (size_t l = 0; places != NULL && l < count; l++)
        places[l] = (struct place){ key == NULL ? 0 : number_sound(key[l]), (int32_t)l };
    if (places != NULL)
        qsort(places, count, sizeof *places, compare_places);
    for (size_t i = 0; places != NULL && order != NULL && i < count; i++)
        order[i] = places[i].level;
    if (places == NULL)
        order = NULL;
    mem_free(places);
    return order;
}

/* --- values in that order --------------------------------------------------------------------- */

struct picture {
    double *raw, *pooled, *lower, *upper;
};

static bool picture_init(struct picture *picture, const struct strip *strip, struct arena *arena)
{
    const struct shrinkage *s = strip->effect;
    double reach = strip->reach > 0 ? strip->reach : wald_quantile((double)INFINITY, strip->level);
    bool ranks = strip->rank_lower != NULL;

    picture->raw = arena_alloc(arena, strip->count, sizeof(double));
    picture->pooled = arena_alloc(arena, strip->count, sizeof(double));
    picture->lower = arena_alloc(arena, strip->count, sizeof(double));
    picture->upper = arena_alloc(arena, strip->count, sizeof(double));
    if (picture->raw == NULL || picture->pooled == NULL || picture->lower == NULL || picture->upper == NULL)
        return false;
    for (size_t i = 0; i < strip->count; i++) {
        int32_t l = strip->order[i];

        if (l == STRIP_GAP) {
            picture->raw[i] = picture->pooled[i] = picture->lower[i] = picture->upper[i] = (double)NAN;
            continue;
        }
        picture->raw[i] = ranks ? s->rank_raw[l] : s->raw[l];
        picture->pooled[i] = ranks ? s->rank_pooled[l] : s->pooled[l];
        picture->lower[i] = ranks ? strip->rank_lower[l] : s->lower != NULL ? s->lower[l] : s->pooled[l] - reach * s->se[l];
        picture->upper[i] = ranks ? strip->rank_upper[l] : s->upper != NULL ? s->upper[l] : s->pooled[l] + reach * s->se[l];
    }
    return true;
}

/* --- rows with a strip ------------------------------------------------------------------------ */

size_t strip_size_column(struct table *table, const struct shrinkage *s)
{
    const char *name = s->trials != NULL ? "trials" : "n";

    return table_column(table, name, name, CELL_INTEGER);
}

void strip_size(struct table *table, size_t row, size_t column, const struct shrinkage *s, int32_t level)
{
    table_integer(table, row, column, (long long)(s->trials != NULL ? s->trials : s->rows)[level]);
}

static size_t add_interval(struct table *table, const struct strip *strip, struct arena *arena)
{
    return table_interval(table, "lower", "upper",
                          strip->interval != NULL ? strip->interval : arena_printf(arena, "%g%% interval", 100 * strip->level));
}

/* The table left of the strip. */
static void fill_rows(struct table *table, const struct strip *strip, const struct picture *picture, struct arena *arena)
{
    const struct shrinkage *s = strip->effect;
    bool ranks = strip->rank_lower != NULL, with_kept = s->weight != NULL && !ranks;
    int decimals = ranks ? 0 : fitting_decimals(s->pooled, s->se, (size_t)s->count, strip->digits);
    size_t name = table_column(table, "level", s->group, CELL_TEXT), n = strip_size_column(table, s);
    size_t raw = table_column(table, "raw", "raw", CELL_REAL);
    size_t pooled = table_column(table, "pooled", "BLUP", CELL_REAL);
    size_t early = strip->lowest == NULL ? add_interval(table, strip, arena) : 0;
    size_t kept = with_kept ? table_column(table, "weight", "kept", CELL_PERCENT) : 0;
    size_t lowest = strip->lowest != NULL ? table_column(table, "p_lowest", "lowest", CELL_PERCENT) : 0;
    size_t highest = strip->lowest != NULL ? table_column(table, "p_highest", "highest", CELL_PERCENT) : 0;
    /* A narrow page leaves columns out from the right: the interval of ranks is drawn anyway. */
    size_t interval = strip->lowest != NULL ? add_interval(table, strip, arena) : early;

    table_decimals(table, raw, decimals);
    table_decimals(table, pooled, decimals);
    table_decimals(table, interval, decimals);
    for (size_t i = 0; i < strip->count; i++) {
        int32_t l = strip->order[i];
        size_t row = table_row(table);

        if (l == STRIP_GAP) {
            table_text(table, row, name, "...");
            continue;
        }
        table_text(table, row, name, s->level[l]);
        strip_size(table, row, n, s, l);
        table_real(table, row, raw, picture->raw[i]);
        table_real(table, row, pooled, picture->pooled[i]);
        table_pair(table, row, interval, picture->lower[i], picture->upper[i]);
        if (with_kept)
            table_real(table, row, kept, s->weight[l]);
        if (strip->lowest != NULL) {
            table_real(table, row, lowest, strip->lowest[l]);
            table_real(table, row, highest, strip->highest[l]);
        }
    }
}

/* In a model of groups and nothing else, a level's own estimate is its mean. */
static const char *own_label(const struct model *model, const struct shrinkage *s)
{
    bool mean =
        is_linear(model) && model->design->p == 1 && model->design->random_count == 1 && strcmp(s->term, "(Intercept)") == 0;

    return mean ? "own mean" : "own estimate";
}

static const char *axis_label(const struct strip *strip, struct arena *arena)
{
    const struct shrinkage *s = strip->effect;

    if (strip->rank_lower != NULL)
        return arena_printf(arena, "rank of %d, from the smallest", (int)s->count);
    if (strcmp(s->term, "(Intercept)") == 0)
        return s->scale;
    return arena_printf(arena, "%s (%s per unit)", s->term, s->scale);
}

static void add_statement(struct plot *plot, const struct strip *strip)
{
    if (strip->rank_lower != NULL)
        plot_statement(plot, "intervals, and the probabilities to be lowest and highest: %d draws of all levels from their conditional distributions", (int)RANK_DRAWS);
    else if (strip->effect->weight != NULL && is_linear(strip->model))
        plot_statement(plot, "kept = n·τ²/(n·τ² + σ²)");
    else if (strip->effect->weight != NULL)
        plot_statement(plot, "kept = I·τ²/(I·τ² + 1), with I the information of the group's rows");
}

bool strip_build(struct plot *plot, const struct strip *strip)
{
    struct picture picture;

    if (plot == NULL || !picture_init(&picture, strip, plot->arena))
        return false;
    plot_labels(plot, PLOT_ROWS, plot->title, axis_label(strip, plot->arena), NULL);
    fill_rows(plot_rows(plot), strip, &picture, plot->arena);
    plot_series(plot, MARK_RAW, own_label(strip->model, strip->effect), strip->count, picture.raw, NULL);
    plot_series(plot, MARK_POOLED, "BLUP", strip->count, picture.pooled, NULL);
    series_ends(plot,
                plot_series(plot, MARK_INTERVAL, arena_printf(plot->arena, "%g%%", 100 * strip->level), strip->count,
                            picture.lower, NULL),
                picture.upper, NULL);
    if (strip->rank_lower == NULL)
        plot_reference(plot, true, strip->effect->complete, "overall");
    add_statement(plot, strip);
    return plot_ok(plot);
}

/* --- arrows ----------------------------------------------------------------------------------- */

bool strip_arrows(struct plot *plot, const struct shrinkage *x, const struct shrinkage *y, const int32_t *order, size_t count)
{
    struct strip of_x = { .effect = x, .order = order, .count = count, .level = 0.95 }, of_y = of_x;
    struct picture px, py;

    of_y.effect = y;
    if (plot == NULL || !picture_init(&px, &of_x, plot->arena) || !picture_init(&py, &of_y, plot->arena))
        return false;
    plot_labels(plot, PLOT_XY, plot->title, x->term, y->term);
    series_ends(plot, plot_series(plot, MARK_ARROW, "own estimate → BLUP", count, px.raw, py.raw), px.pooled, py.pooled);
    plot_reference(plot, true, x->complete, "overall");
    plot_reference(plot, false, y->complete, NULL);
    return plot_ok(plot);
}
