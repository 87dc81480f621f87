/* partial.c -- see partial.h.
 *
 * With x'beta the fixed part of a row in which the term's variables have their values and all else is held, the effect is
 * offset + x'beta with the interval of that linear function, and the partial residual of row i is
 *
 *   r_i = offset + x_i'beta + (y_i - mu_i) / (dmu_i / deta_i),   mu_i with the modes of the row's groups. */
#include "infer/partial.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/rng.h"
#include "base/sample.h"
#include "infer/ci.h"
#include "infer/curves.h"
#include "infer/residual.h"
#include "model/family.h"

static const double STRAIGHT = 1e-7; /* of the curve's size: a curve that is a line but for rounding of its making */
static const double FAR = 3;         /* interquartile ranges beyond the middle half: farther off is beyond the plot */

enum { SEED = 1 }; /* of the rows that are drawn: the same on every run */

struct work {
    struct partial *out;
    const struct fit *fit;
    struct linear linear;
    struct grid_rows grid; /* the points, line after line */
    struct setting_value *values, *levels;
    double offset, level;
    const struct glmm_progress *progress;
    struct glmm_error *err;
};

/* --- the points ----------------------------------------------------------------------------------- */

/* The values of x, as the curves over one variable have them, and the offset at which these stand. */
static bool take_points(struct work *w)
{
    struct partial *p = w->out;
    struct curves curves;
    bool ok = curves_init(&curves, &p->term.x, NULL, w->progress, w->err);
    double *x = ok ? arena_alloc(p->arena, curves.count + 1, sizeof *x) : NULL;
    int count = 0;

    if (ok) {
        p->count = curves.count;
        w->offset = curves.grid.rows.offset == NULL ? 0 : curves.grid.rows.offset[0];
        w->values = p->term.x.few ? predictor_values(&p->term.x, p->arena, &count, w->err)
                                  : arena_alloc(p->arena, p->count + 1, sizeof *w->values);
        ok = (x != NULL && w->values != NULL) || fail_memory(w->err);
    }
    for (size_t k = 0; ok && k < p->count; k++) {
        x[k] = curves.x[k];
        if (!p->term.x.few)
            w->values[k].number = x[k];
    }
    p->x = x;
    curves_clear(&curves);
    return ok;
}

static bool take_lines(struct work *w)
{
    struct partial *p = w->out;
    const char **names;
    int count = 1;

    if (p->term.crossed && (w->levels = predictor_values(&p->term.by, p->arena, &count, w->err)) == NULL)
        return false;
    p->line_count = (size_t)count;
    p->line = arena_alloc(p->arena, p->line_count, sizeof *p->line);
    names = arena_alloc(p->arena, p->count + 1, sizeof *names);
    if (p->line == NULL || names == NULL)
        return fail_memory(w->err);
    for (size_t l = 0; l < p->line_count; l++) {
        double *block = arena_alloc(p->arena, 3 * p->count, sizeof *block);

        if (block == NULL)
            return fail_memory(w->err);
        p->line[l] = (struct partial_line){ .label = w->levels == NULL ? NULL : w->levels[l].label,
                                            .estimate = block,
                                            .lower = block + p->count,
                                            .upper = block + 2 * p->count };
    }
    p->spread = arena_alloc(p->arena, p->count * p->line_count + 1, sizeof *p->spread);
    if (p->spread == NULL)
        return fail_memory(w->err);
    for (size_t c = 0; c < p->count * p->line_count; c++)
        p->spread[c] = (struct partial_spread){ .rows = 0, .low = (double)NAN, .high = (double)NAN };
    for (size_t k = 0; p->term.x.few && k < p->count; k++)
        names[k] = w->values[k].label;
    p->names = p->term.x.few ? names : NULL;
    return true;
}

/* Holds all but the term's variables in rows of a copy, which it frees, and makes them rows of the design. */
static bool make_rows(struct work *w, struct frame *copy, struct grid_rows *out)
{
    struct partial *p = w->out;
    bool *held = arena_alloc(p->arena, p->model->frame->column_count + 1, sizeof *held), ok;

    for (size_t j = 0; held != NULL && j < p->model->frame->column_count; j++) {
        const struct column *column = &p->model->frame->columns[j];

        held[j] = column == p->term.x.column || (p->term.crossed && column == p->term.by.column);
    }
    ok = (held != NULL || fail_memory(w->err))
         && predictor_hold(p->model, false, p->model->frame, held, NULL, copy, p->arena, &p->held, w->err)
         && predictor_rows(&p->term.x, copy, out, w->progress, w->err);
    frame_free(copy);
    for (size_t i = 0; ok && out->made->offset != NULL && i < out->rows.n; i++)
        out->made->offset[i] = w->offset;
    return ok;
}

static bool make_grid(struct work *w)
{
    struct partial *p = w->out;
    size_t n = p->count * p->line_count, *source = NEW_ARRAY(size_t, n);
    struct frame *copy = NULL;
    bool ok = source != NULL || fail_memory(w->err);

    for (size_t i = 0; ok && i < n; i++)
        source[i] = p->model->design->row[0];
    ok = ok && (copy = grid_copy(p->model->frame, source, n, w->err)) != NULL;
    for (size_t i = 0; ok && i < n; i++)
        ok = predictor_set(&p->term.x, copy, i, 1, &w->values[i % p->count], w->err);
    for (size_t l = 0; ok && p->term.crossed && l < p->line_count; l++)
        ok = predictor_set(&p->term.by, copy, l * p->count, p->count, &w->levels[l], w->err);
    mem_free(source);
    if (!ok) {
        frame_free(copy);
        return false;
    }
    return make_rows(w, copy, &w->grid);
}

/* --- the effect ------------------------------------------------------------------------------------ */

static bool set_point(struct work *w, const struct stated_rows *rows, size_t at, struct partial_line *line, size_t k)
{
    struct linear_estimate e;
    double q;

    if (!linear_estimate(&w->linear, rows, at, &e, w->err))
        return false;
    if (e.certain) {
        line->estimate[k] = line->lower[k] = line->upper[k] = w->offset;
        return true;
    }
    line->estimate[k] = e.estimable ? e.estimate + w->offset : (double)NAN;
    q = e.estimable && isfinite(e.estimate) && !isnan(e.df) ? wald_quantile(e.df, w->level) : (double)NAN;
    line->lower[k] = line->estimate[k] - q * e.se;
    line->upper[k] = line->estimate[k] + q * e.se;
    w->out->infinite += e.estimable && !isfinite(e.estimate);
    return true;
}

static bool is_straight(const struct partial *p, const struct partial_line *line)
{
    double range = p->x[p->count - 1] - p->x[0], rise = line->estimate[p->count - 1] - line->estimate[0];
    double size = fabs(line->estimate[0]) + fabs(rise);

    if (p->names != NULL || !(range > 0))
        return false;
    for (size_t k = 0; k < p->count; k++)
        if (!(fabs(line->estimate[0] + rise * (p->x[k] - p->x[0]) / range - line->estimate[k]) <= STRAIGHT * size))
            return false;
    return true;
}

/* column := the slope of the columns of X, or of the dropped ones, between the ends of the line. */
static void slope_row(const struct partial *p, const double *X, size_t columns, size_t line, double *column)
{
    size_t n = p->count * p->line_count, from = line * p->count, to = from + p->count - 1;

    for (size_t j = 0; j < columns; j++)
        column[j] = (X[j * n + to] - X[j * n + from]) / (p->x[p->count - 1] - p->x[0]);
}

static bool set_slope(struct work *w, size_t l)
{
    struct partial *p = w->out;
    struct partial_line *line = &p->line[l];
    const struct null_space *null = w->fit->design->null;
    size_t columns = (size_t)w->fit->design->p, dropped = null == NULL ? 0 : (size_t)null->count;
    double *row = arena_alloc(p->arena, columns + dropped + 1, sizeof *row), q;
    struct stated_rows rows = { .n = 1, .X = row, .dropped = dropped > 0 ? row + columns : NULL, .coefficients = true };
    struct linear_estimate e;

    if (row == NULL)
        return fail_memory(w->err);
    slope_row(p, w->grid.rows.X, columns, l, row);
    if (dropped > 0 && w->grid.rows.dropped != NULL)
        slope_row(p, w->grid.rows.dropped, dropped, l, row + columns);
    if (!linear_estimate(&w->linear, &rows, 0, &e, w->err))
        return false;
    q = isnan(e.df) ? (double)NAN : wald_quantile(e.df, w->level);
    line->slope = e.estimable ? e.estimate : (double)NAN;
    line->slope_lower = line->slope - q * e.se;
    line->slope_upper = line->slope + q * e.se;
    return true;
}

static bool set_lines(struct work *w)
{
    struct partial *p = w->out;
    struct stated_rows rows = { .n = w->grid.rows.n, .X = w->grid.rows.X, .dropped = w->grid.rows.dropped };

    for (size_t l = 0; l < p->line_count; l++) {
        struct partial_line *line = &p->line[l];

        for (size_t k = 0; k < p->count; k++)
            if (!set_point(w, &rows, l * p->count + k, line, k))
                return false;
        for (size_t k = 0; k < p->count; k++) {
            if (!isfinite(line->estimate[k]))
                continue;
            line->low = line->estimate[k] < line->estimate[line->low] || !isfinite(line->estimate[line->low]) ? k : line->low;
            line->high = line->estimate[k] > line->estimate[line->high] || !isfinite(line->estimate[line->high]) ? k : line->high;
        }
        line->straight = is_straight(p, line);
        if (line->straight && !set_slope(w, l))
            return false;
    }
    p->why_not = w->grid.rows.why_not == NULL ? NULL : arena_strdup(p->arena, w->grid.rows.why_not);
    p->interval = linear_ddf_words(w->linear.ddf);
    return w->grid.rows.why_not == NULL || p->why_not != NULL || fail_memory(w->err);
}

/* --- the partial residuals ----------------------------------------------------------------------------- */

/* Which of the values a row of the data has; -1: none. */
static int value_at(const struct predictor *x, const struct setting_value *values, size_t count, size_t row)
{
    for (size_t k = 0; k < count; k++)
        if (x->column->type == COLUMN_FACTOR ? x->column->as.code[row] == values[k].code
                                             : column_real(x->column, row) == values[k].number)
            return (int)k;
    return -1;
}

/* chosen: `most` of n rows, each set of them alike (Knuth's selection sampling), or all where there are no more. */
static size_t choose_rows(size_t n, size_t most, size_t *chosen)
{
    struct rng rng;
    size_t count = 0;

    rng_init(&rng, SEED, 0);
    for (size_t i = 0; i < n && count < most; i++)
        if (n <= most || (double)(n - i) * rng_uniform(&rng) < (double)(most - count))
            chosen[count++] = i;
    return count;
}

/* The rows of a curve: each at its own values, all else held. */
static bool own_rows(struct work *w, const size_t *chosen, size_t count, struct grid_rows *own)
{
    const struct design *design = w->out->model->design;
    size_t *source = NEW_ARRAY(size_t, count + 1);
    struct frame *copy;

    if (source == NULL)
        return fail_memory(w->err);
    for (size_t i = 0; i < count; i++)
        source[i] = design->row[chosen[i]];
    copy = grid_copy(w->out->model->frame, source, count, w->err);
    mem_free(source);
    return copy != NULL && make_rows(w, copy, own);
}

static void add_row(struct work *w, size_t i, const struct grid_rows *own, size_t at)
{
    struct partial *p = w->out;
    size_t row = p->model->design->row[i];
    int line = p->term.crossed ? value_at(&p->term.by, w->levels, p->line_count, row) : 0, place;
    double effect, x, value;

    place = p->names != NULL ? value_at(&p->term.x, w->values, p->count, row) : 0;
    if (line < 0 || place < 0)
        return;
    p->spread[(size_t)line * p->count + (size_t)place].rows++;
    x = p->names != NULL ? place + 1 : column_real(p->term.x.column, row);
    if (p->names != NULL)
        effect = p->line[line].estimate[place];
    else
        effect = own->rows.estimable == NULL || own->rows.estimable[at] ? rows_eta(w->fit, &own->rows, at) : (double)NAN;
    value = effect + residual_working(w->fit, i);
    if (!isfinite(value)) {
        p->perfect++;
        return;
    }
    p->row_x[p->row_count] = x;
    p->row_value[p->row_count] = value;
    p->row_line[p->row_count++] = line;
}

static bool set_residuals(struct work *w)
{
    struct partial *p = w->out;
    size_t n = p->model->design->n, *chosen = NEW_ARRAY(size_t, n + 1);
    struct grid_rows own = { .made = NULL };
    bool ok = chosen != NULL || fail_memory(w->err);

    p->rows = n;
    p->ordered = w->fit->family->categories > 0;
    p->hurdle = family_is_hurdle(w->fit->family);
    if (ok)
        p->sampled = choose_rows(n, p->ordered ? 0 : p->names != NULL ? n : PARTIAL_ROWS, chosen);
    if (ok && p->names == NULL && p->sampled > 0)
        ok = own_rows(w, chosen, p->sampled, &own);
    p->row_x = arena_alloc(p->arena, p->sampled + 1, sizeof *p->row_x);
    p->row_value = arena_alloc(p->arena, p->sampled + 1, sizeof *p->row_value);
    p->row_line = arena_alloc(p->arena, p->sampled + 1, sizeof *p->row_line);
    p->far = arena_alloc(p->arena, p->sampled + 1, sizeof *p->far);
    ok = ok && ((p->row_x != NULL && p->row_value != NULL && p->row_line != NULL && p->far != NULL) || fail_memory(w->err));
    for (size_t at = 0; ok && at < p->sampled; at++)
        add_row(w, chosen[at], &own, at);
    grid_rows_clear(&own);
    mem_free(chosen);
    return ok;
}

static size_t cell_of(const struct partial *p, size_t at)
{
    return (size_t)p->row_line[at] * p->count + (size_t)p->row_x[at] - 1;
}

/* The whiskers of each level, and what lies beyond them. */
static bool set_spread(struct work *w)
{
    struct partial *p = w->out;
    size_t cells = p->count * p->line_count, *begin = mem_zalloc(cells + 2, sizeof *begin), from, to;
    double *values = mem_alloc(p->row_count + 1, sizeof *values);
    bool ok = (begin != NULL && values != NULL) || fail_memory(w->err);

    for (size_t i = 0; ok && i < p->row_count; i++)
        begin[cell_of(p, i) + 2]++;
    for (size_t c = 2; ok && c < cells + 2; c++)
        begin[c] += begin[c - 1];
    for (size_t i = 0; ok && i < p->row_count; i++)
        values[begin[cell_of(p, i) + 1]++] = p->row_value[i];
    for (size_t c = 0; ok && c < cells; c++) {
        size_t n = begin[c + 1] - begin[c];

        if (n == 0)
            continue;
        sample_sort(values + begin[c], n);
        sample_whiskers(values + begin[c], n, &from, &to);
        p->spread[c].low = values[begin[c] + from];
        p->spread[c].high = values[begin[c] + to];
    }
    for (size_t i = 0; ok && i < p->row_count; i++) {
        const struct partial_spread *s = &p->spread[cell_of(p, i)];

        if (p->row_value[i] < s->low || p->row_value[i] > s->high)
            p->far[p->far_count++] = i;
    }
    mem_free(begin);
    mem_free(values);
    return ok;
}

/* The range of the plot: the bands, and all partial residuals but those that are far off the others. */
static bool set_range(struct work *w)
{
    struct partial *p = w->out;
    double low = HUGE_VAL, high = -HUGE_VAL, box, *sorted = mem_alloc(p->row_count + 1, sizeof *sorted);

    if (sorted == NULL)
        return fail_memory(w->err);
    for (size_t l = 0; l < p->line_count; l++) {
        range_extend(&low, &high, p->line[l].estimate, p->count);
        range_extend(&low, &high, p->line[l].lower, p->count);
        range_extend(&low, &high, p->line[l].upper, p->count);
    }
    if (p->row_count > 0) {
        memcpy(sorted, p->row_value, p->row_count * sizeof *sorted);
        sample_sort(sorted, p->row_count);
        box = sample_quantile(sorted, p->row_count, 0.75) - sample_quantile(sorted, p->row_count, 0.25);
        low = fmin(low, fmax(sorted[0], sample_quantile(sorted, p->row_count, 0.25) - FAR * box));
        high = fmax(high, fmin(sorted[p->row_count - 1], sample_quantile(sorted, p->row_count, 0.75) + FAR * box));
    }
    mem_free(sorted);
    p->range[0] = low;
    p->range[1] = high;
    for (size_t i = 0; i < p->row_count; i++)
        p->beyond += p->row_value[i] < low || p->row_value[i] > high;
    return true;
}

bool partial_init(struct partial *p, const struct partial_term *term, double level, const struct glmm_progress *progress,
                  struct glmm_error *err)
{
    struct work w = { .out = p, .fit = term->x.model->fit, .level = level, .progress = progress, .err = err };
    bool ok;

    *p = (struct partial){ .arena = arena_new(), .model = term->x.model, .term = *term };
    if (p->arena == NULL)
        return fail_memory(err);
    ok = linear_init(&w.linear, w.fit, LINEAR_SATTERTHWAITE, progress, err) && take_points(&w) && take_lines(&w) && make_grid(&w)
         && set_lines(&w) && set_residuals(&w) && (p->names == NULL || set_spread(&w)) && set_range(&w);
    if (ok && p->model->design->offset != NULL)
        p->held = arena_printf(p->arena, "%s%soffset at its mean", p->held, p->held[0] == '\0' ? "" : "; ");
    linear_clear(&w.linear);
    grid_rows_clear(&w.grid);
    return ok && (p->held != NULL || fail_memory(err));
}

void partial_clear(struct partial *p)
{
    arena_free(p->arena);
    *p = (struct partial){ .arena = NULL };
}
