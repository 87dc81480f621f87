/* rowcov-sparse.c -- linear models whose levels are related by descent, by the sparse inverse of what relates them (NUMERICS 6).
 *
 * With b = theta v and v ~ N(0, A), A^-1 = Q of few entries (model/descent.h; levels without data stand between those with), the
 * mixed model equations have the factor
 *
 *     M = [ theta Z'WZ theta + Q    theta Z'WE ]      log|V| = log|theta Z'WZ theta + Q| - log|Q| - log|W|
 *         [ E'WZ theta              E'WE       ]
 *
 * by supernodes, E = [X y] its border, and with S the selected inverse of M without y
 *
 *     d log|.| / d theta_t = 2 sum over the rows i of t of S_ij (Z'WZ theta, Z'WX)_ij,   d r^2 / d theta_t = -2 v_t' Z_t'alpha */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/forecast.h"
#include "base/memory.h"
#include "fit/rowcov-private.h"
#include "fit/rowcov-sparse-private.h"
#include "linalg/dense.h"
#include "model/prior.h"
#include "model/relation.h"

enum { FEW_LEVELS = 200 }; /* below, the covariance matrix of the rows costs nothing, and tells more of what is not determined */
enum { SLOPES_TOO = 3, EVALUATIONS = 20 }; /* factors that an evaluation with its slopes costs, and of a fit so many at least */

static const double FAR_THETA = 1e3; /* a standard deviation beside which 1e-6 of a square, or less, is left to the residuals */

bool rowcov_sparse_takes(const struct design *design, const struct family *family)
{
    int32_t related = 0;

    if (family != NULL || design->residual != NULL || prior_has_coefficients(design->prior))
        return false;
    for (int t = 0; t < design->random_count; t++) {
        const struct random_design *r = &design->random[t];

        if (r->k != 1 || r->structure != NULL || (r->relation != NULL && r->relation->descent == NULL))
            return false;
        if (r->relation == NULL && (size_t)r->level_count == design->n)
            return false;
        if (r->relation != NULL && r->level_count > related)
            related = r->level_count;
    }
    return related >= FEW_LEVELS;
}

bool rowcov_is_sparse(const struct design *design)
{
    return rowcov_sparse_takes(design, NULL);
}

/* --- columns and entries ---------------------------------------------------------------------------------------- */

static bool add_pair(struct rowcov_sparse *s, int32_t a, int32_t b, double value, int first, int second)
{
    void *items = s->pairs;

    if (a == b) {
        (first < 0 ? s->prior : s->data)[a] += 2.0 * value;
        return true;
    }
    if (!mem_grow(&items, &s->pair_room, s->pair_count + 1, sizeof *s->pairs))
        return false;
    s->pairs = items;
    s->pairs[s->pair_count++] =
        (struct pair){ .low = a < b ? a : b, .high = a < b ? b : a, .value = value, .first = first, .second = second };
    return true;
}

/* The nodes of a term's levels and what they descend from, as columns from `from` on; node_column (nodes) gets them.  How many.
 */
static int32_t number_nodes(const struct random_design *r, int32_t from, bool *marked, int32_t *node_column)
{
    const struct descent *d = r->relation->descent;
    int32_t count = 0;

    descent_mark(d, r->relation_row, r->level_count, marked);
    for (int32_t i = 0; i < d->count; i++)
        node_column[i] = marked[i] ? from + count++ : -1;
    return count;
}

/* Q of a node: (u - w u_s - w u_d)^2 / own. */
static bool add_node(struct rowcov_sparse *s, const struct descent *d, int32_t i, const int32_t *column)
{
    double precision = 1.0 / d->own[i], w = d->weight;
    int32_t sire = d->parent[0][i], dam = d->parent[1][i];
    bool ok = true;

    s->prior[column[i]] += precision;
    s->logdet += log(d->own[i]);
    if (sire >= 0) {
        s->prior[column[sire]] += w * w * precision;
        ok = add_pair(s, column[i], column[sire], -w * precision, -1, -1);
    }
    if (ok && dam >= 0) {
        s->prior[column[dam]] += w * w * precision;
        ok = add_pair(s, column[i], column[dam], -w * precision, -1, -1);
    }
    return ok && (sire < 0 || dam < 0 || add_pair(s, column[sire], column[dam], w * w * precision, -1, -1));
}

/* Room for so many columns more. */
static bool grow_columns(struct rowcov_sparse *s, int32_t more, int term)
{
    size_t count = (size_t)s->count + (size_t)more;
    int *terms = mem_resize(s->term, count + 1, sizeof *terms);
    double *data, *prior;

    s->term = terms != NULL ? terms : s->term;
    data = mem_resize(s->data, count + 1, sizeof *data);
    s->data = data != NULL ? data : s->data;
    prior = mem_resize(s->prior, count + 1, sizeof *prior);
    s->prior = prior != NULL ? prior : s->prior;
    if (terms == NULL || data == NULL || prior == NULL)
        return false;
    for (size_t i = (size_t)s->count; i < count; i++) {
        s->term[i] = term;
        s->data[i] = s->prior[i] = 0.0;
    }
    s->count = (int32_t)count;
    return true;
}

static bool add_related(struct rowcov_sparse *s, const struct random_design *r, int t)
{
    const struct descent *d = r->relation->descent;
    bool *marked = NEW_ARRAY(bool, d->count + 1), ok;
    int32_t *column = NEW_ARRAY(int32_t, d->count + 1);

    ok = marked != NULL && column != NULL && grow_columns(s, number_nodes(r, s->count, marked, column), t);
    for (int32_t i = 0; ok && i < d->count; i++)
        ok = !marked[i] || add_node(s, d, i, column);
    for (int32_t l = 0; ok && l < r->level_count; l++)
        s->column[t][l] = d->node[r->relation_row[l]] < 0 ? -1 : column[d->node[r->relation_row[l]]];
    mem_free(marked);
    mem_free(column);
    return ok;
}

static bool add_term(struct rowcov_sparse *s, const struct random_design *r, int t)
{
    int32_t from = s->count;

    s->column[t] = NEW_ARRAY(int32_t, r->level_count + 1);
    if (s->column[t] == NULL)
        return false;
    if (r->relation != NULL)
        return add_related(s, r, t);
    if (!grow_columns(s, r->level_count, t))
        return false;
    for (int32_t l = 0; l < r->level_count; l++) {
        s->column[t][l] = from + l;
        s->prior[from + l] = 1.0;
    }
    return true;
}

/* Products of the terms with each other. */
static bool add_rows(struct rowcov *m, struct rowcov_sparse *s)
{
    const struct design *d = m->design;
    bool ok = true;

    for (size_t i = 0; ok && i < m->n; i++) {
        double w = d->weights == NULL ? 1.0 : d->weights[i];

        s->logdet -= log(w);
        for (int t = 0; ok && t < m->term_count; t++) {
            int32_t column = s->column[t][d->random[t].level[i]];
            double z = w * rowcov_sparse_effect(&d->random[t], i);

            if (column < 0)
                continue;
            s->data[column] += z * rowcov_sparse_effect(&d->random[t], i);
            for (int b = 0; ok && b < t; b++) {
                int32_t other = s->column[b][d->random[b].level[i]];

                ok = other < 0 || add_pair(s, column, other, z * rowcov_sparse_effect(&d->random[b], i), t, b);
            }
        }
    }
    return ok;
}

/* --- the order of elimination --------------------------------------------------------------------------------------- */

static int compare_pairs(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;

    if (x->low != y->low)
        return x->low < y->low ? -1 : 1;
    if (x->high != y->high)
        return x->high < y->high ? -1 : 1;
    if (x->first != y->first)
        return x->first < y->first ? -1 : 1;
    return x->second < y->second ? -1 : x->second > y->second;
}

/* Sorted, and what stands at one place for the same terms added up. */
static void merge_pairs(struct rowcov_sparse *s)
{
    size_t kept = 0;

    qsort(s->pairs, s->pair_count, sizeof *s->pairs, compare_pairs);
    for (size_t i = 0; i < s->pair_count; i++)
        if (kept > 0 && compare_pairs(&s->pairs[kept - 1], &s->pairs[i]) == 0)
            s->pairs[kept - 1].value += s->pairs[i].value;
        else
            s->pairs[kept++] = s->pairs[i];
    s->pair_count = kept;
}

static struct symbolic *analyse(const struct rowcov_sparse *s, struct watch *watch, struct glmm_error *err)
{
    size_t n = (size_t)s->count;
    int *width = NEW_ARRAY(int, n + 1);
    int64_t *from = NEW_ARRAY(int64_t, n + 2), *adjacent = NEW_ARRAY(int64_t, s->pair_count + 1), at = 0;
    struct block_graph graph = { .count = s->count, .width = width, .from = from, .adjacent = adjacent };
    struct symbolic *symbolic = NULL;

    if (width != NULL && from != NULL && adjacent != NULL) {
        for (size_t i = 0, p = 0; i < n; i++) {
            width[i] = 1;
            from[i] = at;
            for (; p < s->pair_count && (size_t)s->pairs[p].low == i; p++)
                if (at == from[i] || adjacent[at - 1] != s->pairs[p].high)
                    adjacent[at++] = s->pairs[p].high;
        }
        from[n] = at;
        symbolic = symbolic_new(&graph, watch, err);
    } else {
        fail_memory(err);
    }
    mem_free(width);
    mem_free(from);
    mem_free(adjacent);
    return symbolic;
}

/* Everything by the order of elimination. */
static bool reorder(struct rowcov *m, struct rowcov_sparse *s)
{
    const struct symbolic *y = s->factor->symbolic;
    size_t n = (size_t)s->count;
    int32_t *place = NEW_ARRAY(int32_t, n + 1);
    double *old = NEW_ARRAY(double, 2 * n + 1);
    int *terms = NEW_ARRAY(int, n + 1);
    bool ok = place != NULL && old != NULL && terms != NULL;

    for (size_t o = 0; ok && o < n; o++) {
        place[y->order[o]] = (int32_t)o;
        old[o] = s->data[y->order[o]];
        old[n + o] = s->prior[y->order[o]];
        terms[o] = s->term[y->order[o]];
    }
    if (ok) {
        memcpy(s->data, old, n * sizeof *old);
        memcpy(s->prior, old + n, n * sizeof *old);
        memcpy(s->term, terms, n * sizeof *terms);
    }
    for (int t = 0; ok && t < m->term_count; t++)
        for (int32_t l = 0; l < m->design->random[t].level_count; l++)
            s->column[t][l] = s->column[t][l] < 0 ? -1 : place[s->column[t][l]];
    for (size_t i = 0; ok && i < s->pair_count; i++) {
        struct pair *p = &s->pairs[i];
        int32_t a = place[p->low], b = place[p->high];

        p->low = a < b ? a : b;
        p->high = a < b ? b : a;
        p->at = supernodal_column(s->factor, p->low) + (size_t)supernodal_place(s->factor, y->owner[p->low], p->high);
    }
    mem_free(place);
    mem_free(old);
    mem_free(terms);
    return ok;
}

bool rowcov_sparse_new(struct rowcov *m, const struct glmm_progress *progress, struct glmm_error *err)
{
    struct rowcov_sparse *s = m->sparse = NEW(struct rowcov_sparse);
    struct symbolic *symbolic;
    int e = m->p + 1;
    bool ok = s != NULL && (s->column = NEW_ARRAY(int32_t *, m->term_count + 1)) != NULL;

    for (int t = 0; ok && t < m->term_count; t++)
        ok = add_term(s, &m->design->random[t], t);
    if (!(ok && add_rows(m, s)))
        return fail_memory(err);
    merge_pairs(s);
    if ((symbolic = analyse(s, &m->watch, err)) == NULL)
        return false;
    if (!forecast(supernodal_bytes(symbolic, e, true), "fewer levels: those with data and their ancestors", progress, err)) {
        symbolic_free(symbolic);
        return false;
    }
    forecast_time(SLOPES_TOO * symbolic->flops, EVALUATIONS, "fewer levels: those with data and their ancestors; Ctrl-C stops it",
                  progress);
    s->factor = supernodal_new(symbolic, e, true);
    s->border = NEW_ARRAY(double, (size_t)s->count *(size_t)e + 1);
    s->corner = NEW_ARRAY(double, e *e);
    s->x = NEW_ARRAY(double, s->count + e + 1);
    s->solved = NEW_ARRAY(double, (size_t)(s->count + e) * (size_t)e);
    s->slope = NEW_ARRAY(double, 2 * m->term_count + 1);
    if (s->factor == NULL || s->border == NULL || s->corner == NULL || s->x == NULL || s->solved == NULL || s->slope == NULL)
        return fail_memory(err);
    s->factor->watch = &m->watch;
    return reorder(m, s) || fail_memory(err);
}

/* Z'WE and E'WE, when E stands. */
void rowcov_sparse_products(struct rowcov *m)
{
    struct rowcov_sparse *s = m->sparse;
    const struct design *d = m->design;
    size_t e = (size_t)m->p + 1;

    for (size_t i = 0; i < m->n; i++) {
        double w = d->weights == NULL ? 1.0 : d->weights[i];

        for (size_t b = 0; b < e; b++)
            for (size_t a = b; a < e; a++)
                s->corner[a + b * e] += w * m->E[i + a * m->n] * m->E[i + b * m->n];
        for (int t = 0; t < m->term_count; t++) {
            int32_t column = s->column[t][d->random[t].level[i]];

            for (size_t a = 0; column >= 0 && a < e; a++)
                s->border[(size_t)column * e + a] += w * rowcov_sparse_effect(&d->random[t], i) * m->E[i + a * m->n];
        }
    }
}

void rowcov_sparse_free(struct rowcov *m)
{
    struct rowcov_sparse *s = m->sparse;

    if (s == NULL)
        return;
    for (int t = 0; s->column != NULL && t < m->term_count; t++)
        mem_free(s->column[t]);
    mem_free(s->column);
    mem_free(s->term);
    mem_free(s->data);
    mem_free(s->prior);
    mem_free(s->pairs);
    mem_free(s->border);
    mem_free(s->corner);
    mem_free(s->x);
    mem_free(s->solved);
    mem_free(s->slope);
    supernodal_free(s->factor);
    mem_free(s);
}

/* --- the deviance and its slopes --------------------------------------------------------------------------------------- */

static double theta_of(const struct rowcov *m, int term)
{
    return term < 0 ? 1.0 : m->terms[term].sd[0];
}

/* Where a column's entries begin, and among them those of the border. */
static double *border_of(const struct supernodal *f, double *values, int32_t column)
{
    return values + supernodal_column(f, column) + symbolic_rows(f->symbolic, f->symbolic->owner[column]);
}

static size_t diagonal_at(const struct supernodal *f, int32_t column)
{
    return supernodal_column(f, column) + (size_t)(column - f->symbolic->first[f->symbolic->owner[column]]);
}

static void fill(struct rowcov *m)
{
    struct rowcov_sparse *s = m->sparse;
    struct supernodal *f = s->factor;
    size_t e = (size_t)m->p + 1;

    memset(f->L, 0, f->values * sizeof *f->L);
    for (size_t i = 0; i < s->pair_count; i++)
        f->L[s->pairs[i].at] += s->pairs[i].value * theta_of(m, s->pairs[i].first) * theta_of(m, s->pairs[i].second);
    for (int32_t c = 0; c < s->count; c++) {
        double theta = theta_of(m, s->term[c]), *border = border_of(f, f->L, c);

        f->L[diagonal_at(f, c)] = s->prior[c] + theta * theta * s->data[c];
        for (size_t a = 0; a < e; a++)
            border[a] = theta * s->border[(size_t)c * e + a];
    }
    memcpy(f->L + f->at[f->symbolic->count], s->corner, e * e * sizeof *s->corner);
}

double rowcov_sparse_work(const struct rowcov *m)
{
    return m->sparse->factor->symbolic->flops;
}

bool rowcov_sparse_factor(struct rowcov *m)
{
    struct rowcov_sparse *s = m->sparse;
    int p = m->p, e = p + 1;

    fill(m);
    if (!supernodal_factor(s->factor) || !rowcov_sparse_corner(m))
        return false;
    memcpy(m->G, s->factor->L + s->factor->at[s->factor->symbolic->count], sizeof(double) * (size_t)(e * e));
    m->logdet = s->logdet;
    for (int32_t c = 0; c < s->count; c++)
        m->logdet += 2.0 * log(supernodal_diagonal(s->factor, c));
    m->rss = m->G[p + p * e] * m->G[p + p * e];
    for (int j = 0; j < p; j++) {
        m->beta[j] = m->G[p + j * e];
        m->logdet += m->reml ? 2.0 * log(m->G[j + j * e]) : 0.0;
    }
    supernodal_border_row(s->factor, p, s->x);
    supernodal_solve_upper(s->factor, p, s->x);
    memcpy(m->beta, s->x + s->count, sizeof(double) * (size_t)p);
    return m->rss > 0.0;
}

/* What the columns give to the slopes of log|.|, by terms. */
static void add_logdet(struct rowcov *m, double slope[])
{
    struct rowcov_sparse *s = m->sparse;
    const struct supernodal *f = s->factor;
    size_t e = (size_t)m->p + 1;
    int x = m->reml ? m->p : 0;

    for (int32_t c = 0; c < s->count; c++) {
        const double *border = border_of(f, f->S, c);

        slope[s->term[c]] += 2.0 * theta_of(m, s->term[c]) * s->data[c] * f->S[diagonal_at(f, c)];
        for (int a = 0; a < x; a++)
            slope[s->term[c]] += 2.0 * s->border[(size_t)c * e + (size_t)a] * border[a];
    }
    for (size_t i = 0; i < s->pair_count; i++) {
        const struct pair *pair = &s->pairs[i];

        if (pair->first < 0)
            continue;
        slope[pair->first] += 2.0 * pair->value * theta_of(m, pair->second) * f->S[pair->at];
        slope[pair->second] += 2.0 * pair->value * theta_of(m, pair->first) * f->S[pair->at];
    }
}

/* theta Z'alpha = Q v: of large theta, beside which alpha is a difference of what cancels. */
static void add_far_residuals(struct rowcov *m, double slope[])
{
    const struct rowcov_sparse *s = m->sparse;
    const double *v = s->x;

    for (int32_t c = 0; c < s->count; c++)
        if (theta_of(m, s->term[c]) > FAR_THETA)
            slope[s->term[c]] -= 2.0 * s->prior[c] * v[c] * v[c] / theta_of(m, s->term[c]);
    for (size_t i = 0; i < s->pair_count; i++) {
        const struct pair *pair = &s->pairs[i];

        if (pair->first < 0 && theta_of(m, s->term[pair->low]) > FAR_THETA)
            slope[s->term[pair->low]] -= 4.0 * pair->value * v[pair->low] * v[pair->high] / theta_of(m, s->term[pair->low]);
    }
}

/* alpha, and what it gives to the slopes of r^2. */
static void add_residuals(struct rowcov *m, double slope[])
{
    struct rowcov_sparse *s = m->sparse;
    const struct design *d = m->design;

    for (size_t i = 0; i < m->n; i++) {
        double r = m->E[i + (size_t)m->p * m->n];

        for (int j = 0; j < m->p; j++)
            r -= m->E[i + (size_t)j * m->n] * m->beta[j];
        for (int t = 0; t < m->term_count; t++) {
            int32_t column = s->column[t][d->random[t].level[i]];

            r -= column < 0 ? 0.0 : theta_of(m, t) * rowcov_sparse_effect(&d->random[t], i) * s->x[column];
        }
        m->alpha[i] = r * (d->weights == NULL ? 1.0 : d->weights[i]);
        for (int t = 0; t < m->term_count; t++) {
            int32_t column = s->column[t][d->random[t].level[i]];

            slope[t] -= column < 0 || theta_of(m, t) > FAR_THETA
                            ? 0.0
                            : 2.0 * m->alpha[i] * rowcov_sparse_effect(&d->random[t], i) * s->x[column];
        }
    }
}

bool rowcov_sparse_slopes(struct rowcov *m, const double x[])
{
    double *slope = m->sparse->slope;

    memset(slope, 0, sizeof *slope * 2 * (size_t)m->term_count);
    rowcov_sparse_invert(m);
    add_logdet(m, slope);
    add_residuals(m, slope + m->term_count);
    add_far_residuals(m, slope + m->term_count);
    for (int t = 0; t < m->term_count; t++) {
        int at = m->terms[t].first;
        double along = m->terms[t].unit[0] * ROWCOV_BEND * cosh(x[at]);

        m->gradient[PART_LOGDET][at] = slope[t] * along;
        m->gradient[PART_RSS][at] = slope[m->term_count + t] * along;
    }
    return !watch_stopped(&m->watch);
}

/* --- what is read off ------------------------------------------------------------------------------------------------------ */

double rowcov_sparse_mode(const struct rowcov *m, int t, int32_t level)
{
    const struct rowcov_sparse *s = m->sparse;

    return s->column[t][level] < 0 ? 0.0 : theta_of(m, t) * s->x[s->column[t][level]] * m->y_scale;
}

void rowcov_sparse_modes(const struct rowcov *m, int t, double modes[])
{
    for (int32_t l = 0; l < m->design->random[t].level_count; l++)
        modes[l] = rowcov_sparse_mode(m, t, l);
}

bool rowcov_sparse_invert(struct rowcov *m)
{
    supernodal_invert(m->sparse->factor, m->reml ? m->p : 0);
    return !watch_stopped(&m->watch);
}

/* Of column c where the fixed effects are known, from the inverse with them: S_cc - S_cX S_XX^-1 S_Xc. */
static double known_spread(const struct rowcov_sparse *s, int32_t c, int p, const double *factor, double *x)
{
    const struct supernodal *f = s->factor;
    const double *border = border_of(f, f->S, c);
    double sum = f->S[diagonal_at(f, c)];

    memcpy(x, border, sizeof *x * (size_t)p);
    if (p > 0)
        chol_solve_lower(p, factor, p, x);
    for (int a = 0; a < p; a++)
        sum -= x[a] * x[a];
    return fmax(sum, 0.0);
}

bool rowcov_sparse_spreads(struct rowcov *m, int t, double sigma2, double spread[])
{
    struct rowcov_sparse *s = m->sparse;
    double theta = theta_of(m, t), *factor;
    int p = s->factor->inverted, e = m->p + 1;
    bool ok = (factor = NEW_ARRAY(double, p *p + p + 1)) != NULL;

    for (int j = 0; ok && j < p; j++)
        for (int i = j; i < p; i++)
            factor[i + j * p] = s->factor->S[s->factor->at[s->factor->symbolic->count] + (size_t)(i + j * e)];
    ok = ok && chol_factor(p, factor, p) == 0;
    for (int32_t l = 0; ok && l < m->design->random[t].level_count; l++) {
        int32_t c = s->column[t][l];

        spread[l] = c < 0 ? 0.0 : sigma2 * theta * theta * known_spread(s, c, p, factor, factor + p * p);
    }
    mem_free(factor);
    return ok;
}

size_t rowcov_sparse_columns(const struct rowcov *m)
{
    return (size_t)m->sparse->count;
}

/* With e = theta z at the row's columns: e'T^-1 e, T = theta Z'WZ theta + Q, and X'WZ theta T^-1 e, from that of Q = X R^-1. */
double rowcov_sparse_row(const struct rowcov *m, const int32_t level[], const double *const z[], double *x, double follow[])
{
    const struct rowcov_sparse *s = m->sparse;
    size_t p = (size_t)m->p, count = (size_t)s->count;
    double sum = 0.0, *along = x + count;

    memset(x, 0, sizeof *x * (count + p));
    for (int t = 0; t < m->term_count; t++) {
        int32_t column = level[t] < 0 ? -1 : s->column[t][level[t]];

        if (column >= 0)
            x[column] += theta_of(m, t) * (z[t] == NULL ? 1.0 : z[t][0]);
    }
    supernodal_solve_lower(s->factor, 0, x);
    for (size_t c = 0; c < count; c++)
        sum += x[c] * x[c];
    supernodal_solve_upper(s->factor, 0, x);
    for (size_t c = 0; c < count; c++)
        for (size_t a = 0; a < p; a++)
            along[a] += theta_of(m, s->term[c]) * s->border[c * (p + 1) + a] * x[c];
    for (size_t b = 0; b < p; b++)
        for (size_t a = 0; a <= b; a++)
            follow[b] += m->R[a + b * p] * along[a];
    return sum;
}
