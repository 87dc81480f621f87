/* diagnose-along.c -- quantile residuals along predictors, in an order, in groups, after they were made independent
 * (diagnose-rotate.c).
 *
 *   along    the values of a variable in a few parts; of part b, with f its indicator, the score f'C^-1 z = (L^-1 f)'w of the
 *            residuals' mean, less what the fixed effects take of it, and the sum of |w| beside its mean; each in its errors
 *            among the draws.  The largest of all is the statistic
 *   order    sum w_i w_j / sum w^2 over neighbours i, j of a block
 *   groups   sum over levels of rows (mean |w| there / mean |w| - 1)^2
 *
 * p is the place among the draws. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/order.h"
#include "infer/diagnose-private.h"
#include "infer/grid.h"
#include "linalg/orthonormal.h"
#include "model/family.h"
#include "model/residuals.h"
#include "result/number.h"

enum { PARTS = 5, MOST_PARTS = 12, MOST_PROJECTED = 100, FEWEST_LEVELS = 5, FEWEST_ROWS = 3 };
/* A part of which the fixed effects leave so little of its length is theirs: its mean is fitted. */
static const double SPENT = 1e-3;

/* A variable, cut into parts. */
struct cut {
    const struct column *column;
    int32_t *part; /* n: of each observation, -1: none of those looked at */
    int count;
    const char *label[MOST_PARTS];
};

struct along {
    struct diagnosis *out;
    struct draws *d;
    struct cut *cuts;
    int cut_count, part_count;
    double *columns;  /* n x (p + part_count): X, then indicators */
    size_t projected; /* p, or 0 */
    double *absolute; /* count + 1: means of |w| */
    double *worst;    /* count + 1 */
    double *score;    /* count + 1 */
};

double diagnose_row_variance(const struct fit *fit, size_t i)
{
    struct response rows = fit_response(fit);
    double shape[FAMILY_SHAPES], mean[4], variance;
    struct observation at;

    if (fit->design->repeats)
        rows.trials = NULL; /* of each of those that the row stands for */
    at = response_at(&rows, i);
    if (!isfinite(fit->linear[i]) || fit->family->variance == NULL)
        return (double)NAN;
    fit_row_shapes(fit, i, shape);
    fit_mean_at(fit, i, fit->linear[i], mean);
    variance = family_variance_at(fit->family, fit->link, fit->linear[i], fit->fitted[i], shape, &at) / (mean[1] * mean[1]);
    if (!fit->family->weight_divides)
        variance /= at.weight;
    for (int t = 0; t < fit->design->random_count; t++)
        variance += random_row_variance(&fit->design->random[t], fit->random[t].covariance, i);
    return variance;
}

/* --- variables and their parts ------------------------------------------------------------------------------------- */

struct mention {
    const char *column;
    bool found;
};

static bool look_for(void *context, const struct expr *x)
{
    struct mention *mention = context;

    mention->found = mention->found || grid_mentions(x, mention->column);
    return !mention->found;
}

/* Whether the column is a predictor, of the mean or of another part. */
static bool is_predictor(const struct model *model, const char *column)
{
    struct mention mention = { column, false };

    grid_each_variable(model->formula, look_for, &mention);
    for (int part = 0; part < DESIGN_PARTS; part++) {
        const struct design *design = design_predictor(model->design, part);

        if (design != NULL && design->formula != NULL)
            grid_each_variable(design->formula, look_for, &mention);
    }
    return mention.found;
}

static double value_of(const struct along *a, const struct column *column, size_t j)
{
    return column_real(column, a->d->fit->design->row[draws_row(a->d, j)]);
}

/* The value of an observation, in so many digits; of what is no real number all. */
static const char *value_label(const struct along *a, const struct column *column, size_t j, int digits)
{
    char text[NUMBER_SIZE], full[40];

    if (column->type == COLUMN_REAL)
        return arena_strdup(a->out->arena, number_text(text, value_of(a, column, j), digits));
    return arena_strdup(a->out->arena, column_text(column, a->d->fit->design->row[draws_row(a->d, j)], full));
}

/* "6 to 9", or "6"; NULL when memory is out. */
static const char *range_label(const struct along *a, const struct column *column, size_t least, size_t most)
{
    enum { FEW = 4, FULL = 15 };
    const char *from, *to;

    for (int digits = FEW;; digits++) {
        from = value_label(a, column, least, digits);
        to = value_label(a, column, most, digits);
        if (from == NULL || to == NULL || value_of(a, column, least) == value_of(a, column, most))
            return to;
        if (strcmp(from, to) != 0 || digits == FULL)
            return arena_printf(a->out->arena, "%s to %s", from, to);
    }
}

/* "6 to 9", of the least and the greatest value in each part. */
static bool label_parts(struct along *a, struct cut *cut)
{
    for (int b = 0; b < cut->count; b++) {
        size_t least = a->d->n, most = a->d->n;

        for (size_t j = 0; j < a->d->n; j++) {
            if (cut->part[j] != b)
                continue;
            least = least == a->d->n || value_of(a, cut->column, j) < value_of(a, cut->column, least) ? j : least;
            most = most == a->d->n || value_of(a, cut->column, j) > value_of(a, cut->column, most) ? j : most;
        }
        if (least == a->d->n)
            continue;
        cut->label[b] = range_label(a, cut->column, least, most);
    }
    return !arena_failed(a->out->arena);
}

/* A number: its values where they are few, else parts of about as many observations; equal values stay together. */
static bool cut_number(struct along *a, struct cut *cut)
{
    size_t n = a->d->n, distinct = 1;
    double *sorted = NEW_ARRAY(double, n + 1), edge[PARTS] = { 0 };
    int edges = 0;

    if (sorted == NULL)
        return false;
    for (size_t j = 0; j < n; j++)
        sorted[j] = value_of(a, cut->column, j);
    qsort(sorted, n, sizeof *sorted, order_reals);
    for (size_t j = 1; j < n; j++)
        distinct += sorted[j] != sorted[j - 1];
    for (size_t j = 1; j < n && edges < PARTS - 1; j++) {
        bool next = sorted[j] != sorted[j - 1], few = distinct <= PARTS;

        if (next && (few || j * PARTS >= (size_t)(edges + 1) * n))
            edge[edges++] = sorted[j];
    }
    for (size_t j = 0; j < n; j++)
        for (int e = 0; e < edges; e++)
            cut->part[j] += value_of(a, cut->column, j) >= edge[e];
    cut->count = edges + 1;
    mem_free(sorted);
    return label_parts(a, cut);
}

/* A factor: the levels that most observations have. */
static bool cut_factor(struct along *a, struct cut *cut)
{
    int32_t levels = cut->column->level_count;
    size_t *rows = mem_zalloc((size_t)levels + 1, sizeof *rows), *row = a->d->fit->design->row;
    int32_t *part = NEW_ARRAY(int32_t, levels + 1);

    for (size_t j = 0; rows != NULL && part != NULL && j < a->d->n; j++)
        rows[cut->column->as.code[row[draws_row(a->d, j)]]]++;
    for (int32_t l = 0; part != NULL && l < levels; l++)
        part[l] = -1;
    while (rows != NULL && part != NULL && cut->count < MOST_PARTS) {
        int32_t best = 0;

        for (int32_t l = 1; l < levels; l++)
            best = rows[l] > rows[best] ? l : best;
        if (rows[best] == 0)
            break;
        rows[best] = 0;
        part[best] = cut->count;
        cut->label[cut->count++] = arena_strdup(a->out->arena, cut->column->levels[best]);
    }
    for (size_t j = 0; rows != NULL && part != NULL && j < a->d->n; j++)
        cut->part[j] = part[cut->column->as.code[row[draws_row(a->d, j)]]];
    mem_free(rows);
    mem_free(part);
    return rows != NULL && part != NULL && !arena_failed(a->out->arena);
}

/* Whether each row that is used has a value. */
static bool is_complete(const struct along *a, const struct column *column)
{
    for (size_t i = 0; i < a->d->fit->design->n; i++)
        if (column_missing(column, a->d->fit->design->row[i])
            || (column->type != COLUMN_FACTOR && !isfinite(column_real(column, a->d->fit->design->row[i]))))
            return false;
    return true;
}

static bool cut_variables(struct along *a)
{
    const struct frame *frame = a->d->model->frame;

    a->cuts = arena_alloc(a->out->arena, frame->column_count + 1, sizeof *a->cuts);
    for (size_t c = 0; a->cuts != NULL && c < frame->column_count; c++) {
        struct cut *cut = &a->cuts[a->cut_count];

        *cut = (struct cut){ .column = &frame->columns[c] };
        if (!is_predictor(a->d->model, cut->column->name) || !is_complete(a, cut->column))
            continue;
        cut->part = arena_alloc(a->out->arena, a->d->n + 1, sizeof *cut->part);
        if (cut->part == NULL)
            return false;
        memset(cut->part, 0, sizeof *cut->part * a->d->n);
        if (!(cut->column->type == COLUMN_FACTOR ? cut_factor(a, cut) : cut_number(a, cut)))
            return false;
        if (cut->count > 1) {
            a->part_count += cut->count;
            a->cut_count++;
        }
    }
    return a->cuts != NULL;
}

/* --- along them ---------------------------------------------------------------------------------------------------- */

/* Indicators of parts whose means the model fits, being sums of columns of X, become 0.  room: n. */
static bool leave_fitted(struct along *a, double room[])
{
    const struct design *design = a->d->fit->design;
    size_t n = a->d->n;
    double *basis = mem_alloc(n * a->projected + 1, sizeof(double));
    int kept = 0;

    for (size_t k = 0; basis != NULL && k < a->projected && !watch_stops(a->d->watch); k++) {
        for (size_t j = 0; j < n; j++)
            room[j] = design->X[k * design->n + draws_row(a->d, j)];
        if (dot_product(n, room, room) > 0)
            orthonormal_extend(n, basis, &kept, room, SPENT);
    }
    for (size_t k = a->projected; basis != NULL && k < a->projected + (size_t)a->part_count && !watch_stops(a->d->watch); k++) {
        memcpy(room, a->columns + k * n, sizeof *room * n);
        if (orthonormal_leave(n, basis, kept, room) < SPENT)
            memset(a->columns + k * n, 0, sizeof *room * n);
    }
    mem_free(basis);
    return basis != NULL;
}

/* X as the scores of z see it, and the indicators.  room: n. */
static bool make_columns(struct along *a, double room[])
{
    const struct design *design = a->d->fit->design;
    size_t n = a->d->n, column;

    a->projected = design->p <= MOST_PROJECTED ? (size_t)design->p : 0;
    column = a->projected;
    a->columns = mem_zalloc(n * (a->projected + (size_t)a->part_count) + 1, sizeof(double));
    for (size_t j = 0; a->columns != NULL && j < n; j++) {
        double variance = diagnose_row_variance(a->d->fit, draws_row(a->d, j));

        for (size_t k = 0; k < a->projected; k++)
            a->columns[k * n + j] = design->X[k * design->n + draws_row(a->d, j)] / (variance > 0 ? sqrt(variance) : 1);
    }
    for (int c = 0; a->columns != NULL && c < a->cut_count; c++) {
        for (size_t j = 0; j < n; j++)
            if (a->cuts[c].part[j] >= 0)
                a->columns[(column + (size_t)a->cuts[c].part[j]) * n + j] = 1;
        column += (size_t)a->cuts[c].count;
    }
    return a->columns != NULL && leave_fitted(a, room);
}

/* The indicators less what the fixed effects take of them; those of which nothing is left become 0.  room: n. */
static void project(struct along *a, double room[])
{
    size_t n = a->d->n;
    int kept = 0;

    for (size_t k = 0; k < a->projected && !watch_stops(a->d->watch); k++) { /* behind those that are kept */
        memcpy(room, a->columns + k * n, sizeof *room * n);
        if (dot_product(n, room, room) > 0)
            orthonormal_extend(n, a->columns, &kept, room, SPENT);
    }
    for (size_t k = a->projected; k < a->projected + (size_t)a->part_count && !watch_stops(a->d->watch); k++)
        if (orthonormal_leave(n, a->columns, kept, a->columns + k * n) < SPENT)
            memset(a->columns + k * n, 0, sizeof(double) * n);
}

/* A score of all draws and the response, in its errors; where it is the largest so far of the response's, true. */
static bool take_score(struct along *a, double *largest)
{
    int all = a->d->count + 1;
    double mean = 0, variance = 0, own;

    for (int r = 0; r < all; r++)
        mean += a->score[r] / all;
    for (int r = 0; r < all; r++)
        variance += (a->score[r] - mean) * (a->score[r] - mean) / all;
    if (!(variance > 0))
        return false;
    for (int r = 0; r < all; r++)
        a->worst[r] = fmax(a->worst[r], fabs(a->score[r] - mean) / sqrt(variance));
    own = (a->score[all - 1] - mean) / sqrt(variance);
    if (!diagnosis_farther(own, *largest))
        return false;
    *largest = own;
    return true;
}

static void look_along(struct along *a, const struct cut *cut, size_t column)
{
    size_t n = a->d->n;
    struct check check = { .kind = CHECK_MEAN_ALONG, .subject = cut->column->name, .expected = (double)NAN };

    memset(a->worst, 0, sizeof *a->worst * (size_t)(a->d->count + 1));
    for (int b = 0; b < cut->count && !watch_stops(a->d->watch); b++) {
        for (int r = 0; r <= a->d->count; r++)
            a->score[r] = dot_product(n, a->columns + (column + (size_t)b) * n, a->d->residual + (size_t)r * n);
        if (take_score(a, &check.statistic))
            check.level = cut->label[b];
        for (int r = 0; r <= a->d->count; r++) {
            a->score[r] = 0;
            for (size_t j = 0; j < n; j++)
                if (cut->part[j] == b)
                    a->score[r] += fabs(a->d->residual[(size_t)r * n + j]) / a->absolute[r] - 1;
        }
        if (take_score(a, &check.statistic)) {
            check.level = cut->label[b];
            check.kind = CHECK_SPREAD_ALONG;
        } else if (check.level == cut->label[b]) {
            check.kind = CHECK_MEAN_ALONG;
        }
    }
    if (check.level == NULL)
        return;
    check.p = draws_upper(a->worst, a->d->count);
    check.verdict = draws_verdict(fmin(1, 2 * check.p * a->cut_count), a->d->count);
    diagnosis_add(a->out, check);
}

/* --- in groups, in an order ------------------------------------------------------------------------------------------ */

/* Whether levels differ in how much their rows vary. */
static bool look_in_groups(struct along *a, const struct random_design *random)
{
    int32_t levels = random->level_count;
    double *sum = NEW_ARRAY(double, levels), *rows = NEW_ARRAY(double, levels), far = 0;
    struct check check = { .kind = CHECK_GROUP_SPREAD, .subject = random->group, .expected = 1 };

    for (int r = 0; sum != NULL && rows != NULL && r <= a->d->count && !watch_stops(a->d->watch); r++) {
        memset(sum, 0, sizeof *sum * (size_t)levels);
        memset(rows, 0, sizeof *rows * (size_t)levels);
        for (size_t j = 0; j < a->d->n; j++) {
            sum[random->level[draws_row(a->d, j)]] += fabs(a->d->residual[(size_t)r * a->d->n + j]) / a->absolute[r];
            rows[random->level[draws_row(a->d, j)]]++;
        }
        a->worst[r] = 0;
        for (int32_t l = 0; l < levels; l++) {
            double off = rows[l] > 0 ? sum[l] / rows[l] - 1 : 0;

            a->worst[r] += rows[l] * off * off;
            if (r == a->d->count && diagnosis_farther(rows[l] * off * off, far)) {
                far = rows[l] * off * off;
                check.statistic = 1 + off;
                check.level = random->levels[l];
            }
        }
    }
    mem_free(sum);
    mem_free(rows);
    if (sum == NULL || rows == NULL)
        return false;
    check.p = draws_upper(a->worst, a->d->count);
    check.verdict = draws_verdict(2 * check.p, a->d->count);
    if (check.level != NULL)
        diagnosis_add(a->out, check);
    return true;
}

static void look_in_order(struct along *a, const struct blocks *blocks, const char *name)
{
    struct check check = { .kind = CHECK_ORDER, .subject = blocks->group, .other = name };

    for (int r = 0; r <= a->d->count && !watch_stops(a->d->watch); r++) {
        const double *w = a->d->residual + (size_t)r * a->d->n;
        double products = 0, squares = 0;

        for (size_t b = 0; b < blocks->count; b++)
            for (size_t j = blocks->start[b]; j < blocks->start[b + 1]; j++) {
                squares += w[blocks->at[j]] * w[blocks->at[j]];
                if (j > blocks->start[b] && !isnan(blocks->order[blocks->at[j]]))
                    products += w[blocks->at[j]] * w[blocks->at[j - 1]];
            }
        a->worst[r] = products / squares;
        check.expected += r < a->d->count ? a->worst[r] / a->d->count : 0;
    }
    check.statistic = a->worst[a->d->count];
    check.p = draws_two_sided(a->worst, a->d->count);
    check.verdict = draws_verdict(check.p, a->d->count);
    diagnosis_add(a->out, check);
}

/* *gives: whether the values order the rows of each block: none twice, and some rows to order.  False when memory is out. */
static bool gives_order(const struct along *a, const struct column *column, double value[], bool *gives)
{
    struct blocks blocks;
    bool ok;

    for (size_t j = 0; j < a->d->n; j++)
        value[j] = value_of(a, column, j);
    ok = blocks_make(&blocks, a->d, value, 0);
    *gives = ok && blocks.count * FEWEST_ROWS <= a->d->n;
    for (size_t b = 0; *gives && b < blocks.count; b++)
        for (size_t j = blocks.start[b] + 1; *gives && j < blocks.start[b + 1]; j++)
            *gives = value[blocks.at[j]] != value[blocks.at[j - 1]];
    blocks_clear(&blocks);
    return ok;
}

/* The variable of the order: that which was asked for, that of the residuals' structure, else the first predictor that is none of
 * a whole group; *name NULL: there is none.  value (n): its values.  False when memory is out. */
static bool find_order(const struct along *a, const char *asked, double value[], const char **name)
{
    const struct frame *frame = a->d->model->frame;
    const struct residual_design *residual = a->d->fit->design->residual;
    const struct column *column = asked != NULL             ? frame_find(frame, asked)
                                  : residual == NULL        ? NULL
                                  : residual->order == NULL ? NULL
                                                            : frame_find(frame, residual->order);

    *name = NULL;
    if (a->d->of != NULL) /* a row is many observations, in no order */
        return true;
    if (column != NULL && column->type != COLUMN_FACTOR) {
        for (size_t j = 0; j < a->d->n; j++)
            value[j] = value_of(a, column, j);
        *name = column->name;
        return true;
    }
    for (int c = 0; c < a->cut_count; c++) {
        bool gives;

        if (!column_is_number(a->cuts[c].column) && a->cuts[c].column->type != COLUMN_DATE)
            continue;
        if (!gives_order(a, a->cuts[c].column, value, &gives))
            return false;
        if (gives) {
            *name = a->cuts[c].column->name;
            return true;
        }
    }
    return true;
}

static bool look_everywhere(struct along *a, const struct blocks *blocks, const char *order)
{
    const struct design *design = a->d->fit->design;
    size_t column = a->projected;

    for (int r = 0; r <= a->d->count; r++) {
        a->absolute[r] = 0;
        for (size_t j = 0; j < a->d->n; j++)
            a->absolute[r] += fabs(a->d->residual[(size_t)r * a->d->n + j]) / (double)a->d->n;
    }
    for (int c = 0; c < a->cut_count; c++) {
        look_along(a, &a->cuts[c], column);
        column += (size_t)a->cuts[c].count;
    }
    if (order != NULL)
        look_in_order(a, blocks, order);
    for (int t = 0; t < design->random_count; t++)
        if (is_first_of_group(design, t) && design->random[t].level_count >= FEWEST_LEVELS
            && (double)a->d->n >= FEWEST_ROWS * (double)design->random[t].level_count && !look_in_groups(a, &design->random[t]))
            return false;
    return true;
}

bool diagnose_along(struct diagnosis *out, struct draws *d, const char *order, struct glmm_error *err)
{
    struct along a = { .out = out, .d = d };
    struct blocks blocks = { 0 };
    double *value = NEW_ARRAY(double, d->n + 1), *room = NEW_ARRAY(double, 3 * (d->count + 2));
    const char *name;
    bool ok = value != NULL && room != NULL && cut_variables(&a) && make_columns(&a, value);

    if (ok) {
        a.absolute = room;
        a.worst = room + d->count + 1;
        a.score = a.worst + d->count + 1;
        ok = find_order(&a, order, value, &name) && blocks_make(&blocks, d, name == NULL ? NULL : value, out->seed)
             && blocks_rotate(&blocks, d, a.columns, a.projected + (size_t)a.part_count);
        if (ok)
            project(&a, value);
        ok = ok && look_everywhere(&a, &blocks, name);
    }
    blocks_clear(&blocks);
    mem_free(a.columns);
    mem_free(room);
    mem_free(value);
    return ok || fail_memory(err);
}
