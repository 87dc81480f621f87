/* strip.c -- see strip.h. */
#include "cmd/derivation.h"
#include "cmd/plots/strip.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "lang/command.h"
#include "report/tables.h"
#include "infer/ci.h"
#include "result/number.h"

/* --- the order -------------------------------------------------------------------------------- */

struct place {
    double value;  /* what is sorted by */
    double second; /* and then */
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
    if (a->second != b->second)
        return a->second < b->second ? -1 : 1;
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
        places[l] = (struct place){ key == NULL ? 0 : number_sound(key[l]),
                                    key != NULL && key == effect->raw && !isfinite(key[l]) ? number_sound(effect->pooled[l]) : 0,
                                    (int32_t)l };
    if (places != NULL)
        qsort(places, count, sizeof *places, compare_places);
    for (size_t i = 0; places != NULL && order != NULL && i < count; i++)
        order[i] = places[i].level;
    if (places == NULL)
        order = NULL;
    mem_free(places);
    return order;
}

enum { INFINITE_MOST = 10, DIGITS = 4 };

bool strip_is_mostly_infinite(const struct shrinkage *effect)
{
    int32_t missing = 0;

    for (int32_t l = 0; l < effect->count; l++)
        missing += !isfinite(effect->raw[l]);
    return missing > INFINITE_MOST || missing > effect->count / 2;
}

const char *strip_usual_sort(const struct shrinkage *effect)
{
    return strip_is_mostly_infinite(effect) ? "blup" : "raw";
}

bool strip_has_no_intervals(const struct shrinkage *effect)
{
    for (int32_t l = 0; l < effect->count; l++)
        if (effect->se[l] != 0)
            return false;
    return true;
}

const char *strip_interval_label(double level, double reach, struct arena *arena)
{
    char number[NUMBER_SIZE];

    if (reach > 0)
        return arena_printf(arena, "±%s SE, parameters held fixed", number_text(number, reach, 3));
    return arena_printf(arena, "%g%%, parameters held fixed", 100 * level);
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
        double ends[2];

        if (l == STRIP_GAP) {
            picture->raw[i] = picture->pooled[i] = picture->lower[i] = picture->upper[i] = (double)NAN;
            continue;
        }
        picture->raw[i] = ranks ? s->rank_raw[l] : s->raw[l];
        picture->pooled[i] = ranks ? s->rank_pooled[l] : s->pooled[l];
        shrinkage_interval(s, (size_t)l, reach, ends);
        picture->lower[i] = ranks ? strip->rank_lower[l] : ends[0];
        picture->upper[i] = ranks ? strip->rank_upper[l] : ends[1];
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

/* Means and intervals to compare come about by this table; the rest is the fit's. */
static void say_derivations(struct table *table, const struct strip *strip, size_t raw, size_t pooled, size_t interval)
{
    bool means = strip->effect->lower != NULL && strip->model->fit->link->kind != LINK_IDENTITY;

    if (strip->rank_lower != NULL)
        return;
    if (means) {
        column_derives(table, raw, DERIVED_MEAN_OWN, 0);
        column_derives(table, pooled, DERIVED_MEAN, 0);
    }
    if ((means || strip->interval != NULL) && !strip_has_no_intervals(strip->effect))
        column_derives(table, interval, DERIVED_MEAN_INTERVAL, means ? DERIVED_ON_LINK : 0);
}

int strip_decimals(const struct shrinkage *s, int digits)
{
    int decimals = fitting_decimals_or_own(s->pooled, s->se, (size_t)s->count, digits), raw;

    if (!strip_has_no_intervals(s) || decimals == DECIMALS_OWN)
        return decimals;
    raw = fitting_decimals(s->raw, s->se, (size_t)s->count, digits);
    return raw > decimals ? raw : decimals;
}

/* The table left of the strip. */
static void fill_rows(struct table *table, const struct strip *strip, const struct picture *picture, struct arena *arena)
{
    const struct shrinkage *s = strip->effect;
    bool ranks = strip->rank_lower != NULL, with_kept = s->weight != NULL && !ranks;
    bool intervals = ranks || !strip_has_no_intervals(s);
    int decimals = ranks ? 0 : strip_decimals(s, strip->digits);
    size_t name = table_column(table, "level", s->group, CELL_TEXT), n = strip_size_column(table, s);
    size_t raw = table_column(table, "raw", "raw", CELL_REAL);
    size_t pooled = table_column(table, "pooled", "BLUP", CELL_REAL);
    size_t early = strip->lowest == NULL && intervals ? add_interval(table, strip, arena) : 0;
    size_t kept = with_kept ? table_column(table, "weight", "kept", CELL_PERCENT) : 0;
    size_t lowest = strip->lowest != NULL ? table_column(table, "p_lowest", "lowest", CELL_PERCENT) : 0;
    size_t highest = strip->lowest != NULL ? table_column(table, "p_highest", "highest", CELL_PERCENT) : 0;
    /* A narrow page leaves columns out from the right: the interval of ranks is drawn anyway. */
    size_t interval = strip->lowest != NULL ? add_interval(table, strip, arena) : early;

    say_derivations(table, strip, raw, pooled, interval);
    table_decimals(table, raw, decimals);
    table_decimals(table, pooled, decimals);
    if (intervals)
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
        table_real_known(table, row, raw, picture->raw[i]);
        table_real(table, row, pooled, picture->pooled[i]);
        if (intervals)
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
    bool mean = model_is_linear(model) && model->design->p == 1 && model->design->random_count == 1
                && strcmp(s->term, "(Intercept)") == 0;

    return mean ? "own mean" : "own estimate";
}

static const char *axis_label(const struct strip *strip, struct arena *arena)
{
    const struct shrinkage *s = strip->effect;

    if (strip->rank_lower != NULL)
        return arena_printf(arena, "rank of %d, from the smallest", (int)s->count);
    if (strcmp(s->term, "(Intercept)") != 0)
        return arena_printf(arena, "%s (%s per unit)", s->term, s->scale);
    if (strip->at == NULL || strip->at[0] == '\0')
        return s->scale;
    return arena_printf(arena, "%s at %s", s->scale, strip->at);
}

static const char *interval_label(const struct strip *strip, struct arena *arena)
{
    if (strip->rank_lower != NULL)
        return arena_printf(arena, "%g%% of the draws", 100 * strip->level);
    return strip_interval_label(strip->level, strip->interval != NULL ? strip->reach : 0, arena);
}

static const char *overall_label(const struct strip *strip, struct arena *arena)
{
    if (shrinkage_differs_from(strip->effect) != NULL)
        return arena_printf(arena, "overall, which is %s:", shrinkage_differs_from(strip->effect));
    if (strip->at == NULL || strip->at[0] == '\0')
        return "overall";
    return arena_printf(arena, "overall at %s:", strip->at);
}

/* The standard deviation of the effect between the levels. */
static double sd_of(const struct strip *strip)
{
    const struct fit *fit = strip->model->fit;

    for (int t = 0; t < fit->design->random_count; t++)
        for (int a = 0; a < fit->design->random[t].k; a++)
            if (strcmp(fit->design->random[t].group, strip->effect->group) == 0
                && strcmp(fit->design->random[t].names[a], strip->effect->term) == 0)
                return fit->random[t].sd[a];
    return (double)NAN;
}

/* Own estimates among the rows that do not exist. */
static void say_missing(struct plot *plot, const struct shrinkage *s, const int32_t *order, size_t count)
{
    bool below = false, above = false, unknown = false;

    for (size_t i = 0; i < count; i++) {
        double raw = order[i] == STRIP_GAP ? 0 : s->raw[order[i]];

        below = below || (isinf(raw) && raw < 0);
        above = above || (isinf(raw) && raw > 0);
        unknown = unknown || isnan(raw);
    }
    if (below || above || unknown)
        plot_statement(plot, "%s%s%s%s%s%s%s", plot->statement == NULL ? "" : plot->statement,
                       plot->statement == NULL ? "" : "; ", below || above ? "raw " : "",
                       below && above ? "-Inf or Inf"
                       : below        ? "-Inf"
                       : above        ? "Inf"
                                      : "",
                       below || above ? ": from the level's rows alone no finite estimate exists (all responses at one end, or "
                                        "split by a predictor)"
                                      : "",
                       (below || above) && unknown ? "; " : "",
                       unknown ? "raw \xe2\x80\x93: the level's rows alone do not determine it" : "");
}

/* All but the ranks: of what the values are differences. */
static void say_differences(struct plot *plot, const struct strip *strip)
{
    const struct shrinkage *s = strip->effect;

    if (strip->rank_lower == NULL && shrinkage_differs_from(s) != NULL)
        plot_statement(plot, "%s%sdifferences from the overall %s, which is %s", plot->statement == NULL ? "" : plot->statement,
                       plot->statement == NULL ? "" : "; ", s->term, shrinkage_differs_from(s));
}

/* Of effects each of which is known without error. */
static const char *why_known(const struct strip *strip)
{
    return !(sd_of(strip) > 0)                    ? "the variance is estimated as 0, so that every BLUP is the overall value"
           : strip->model->fit->recession != NULL ? "a coefficient of this mean is infinite, so that all levels are at one end"
                                                  : "a standard deviation of the residuals is 0, so that those rows tell each "
                                                    "level without error";
}

static void add_statement(struct plot *plot, const struct strip *strip)
{
    char tau[NUMBER_SIZE], sigma[NUMBER_SIZE];

    if (strip->rank_lower != NULL) {
        plot_statement(plot, "intervals: %d draws of all levels from their conditional distributions, the parameters held fixed",
                       (int)RANK_DRAWS);
        plot_about(plot, "p_lowest", "lowest, highest: the share of the draws in which the level is that");
        if (strip_has_no_intervals(strip->effect))
            plot_statement(plot, "%s: lots drew the order of equal ones", why_known(strip));
    } else if (strip_has_no_intervals(strip->effect))
        plot_statement(plot, "no intervals: %s", why_known(strip));
    else if (strip->effect->weight != NULL && model_is_linear(strip->model))
        plot_about(plot, "weight", "kept = n·τ²/(n·τ² + σ²), with τ = %s and σ = %s", number_text(tau, sd_of(strip), DIGITS),
                   number_text(sigma, strip->model->fit->sigma, DIGITS));
    else if (strip->effect->weight != NULL)
        plot_about(plot, "weight", "kept = I·τ²/(I·τ² + 1), with τ = %s and I what the group's rows tell",
                   number_text(tau, sd_of(strip), DIGITS));
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
    if (strip->rank_lower != NULL || !strip_has_no_intervals(strip->effect))
        series_ends(plot, plot_series(plot, MARK_INTERVAL, interval_label(strip, plot->arena), strip->count, picture.lower, NULL),
                    picture.upper, NULL);
    if (strip->rank_lower == NULL)
        plot_reference(plot, true, strip->effect->complete, overall_label(strip, plot->arena));
    add_statement(plot, strip);
    say_differences(plot, strip);
    if (!strip->raw_told)
        say_missing(plot, strip->effect, strip->order, strip->count);
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
