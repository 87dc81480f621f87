/* glmm.c -- the workspace of a generalized linear mixed model: groupings, row order, orthonormal X, pattern of M. */
#include "fit/glmm.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "fit/glmm-parts.h"
#include "fit/tolerances.h"

#define ARRAY(type, count) ((type *)arena_alloc(m->arena, (size_t)(count), sizeof(type)))

/* --- groupings ---------------------------------------------------------------------------- */

static const struct random_design *term_of(const struct glm *m, int t)
{
    return design_term(m->design, t, NULL);
}

/* Its number among the predictors with random terms: 0 the mean's, then the others in their order. */
static int predictor_of_term(const struct design *d, int t)
{
    int part, number = 0;

    design_term(d, t, &part);
    for (int k = 0; k <= part; k++)
        number += d->part[k] != NULL && d->part[k]->random_count > 0;
    return number;
}

/* Joins the terms on one factor and sorts the factors by decreasing number of levels (stable). */
static bool find_groupings(struct glm *m)
{
    const struct design *d = m->design;
    int32_t most = 1, *map;

    m->term_count = design_term_count(m->design);
    m->terms = ARRAY(struct glm_term, m->term_count);
    m->groupings = ARRAY(struct grouping, m->term_count);
    for (int t = 0; t < m->term_count; t++)
        if (term_of(m, t)->level_count > most)
            most = term_of(m, t)->level_count;
    map = ARRAY(int32_t, most);
    if (m->terms == NULL || m->groupings == NULL || map == NULL)
        return false;
    for (int t = 0; t < m->term_count; t++) {
        const struct random_design *r = term_of(m, t);
        int g = 0;

        while (g < m->grouping_count
               && !(m->groupings[g].level_count == r->level_count
                    && memcmp(m->groupings[g].level, r->level, sizeof(int32_t) * m->n) == 0))
            g++;
        if (g == m->grouping_count) {
            while (g > 0 && m->groupings[g - 1].level_count < r->level_count)
                g--;
            memmove(m->groupings + g + 1, m->groupings + g, sizeof *m->groupings * (size_t)(m->grouping_count - g));
            m->groupings[g] = (struct grouping){ .level_count = r->level_count, .level = r->level };
            m->grouping_count++;
        }
    }
    for (int g = 0; g < m->grouping_count; g++) {
        struct grouping *grouping = &m->groupings[g];

        grouping->slot = m->K;
        grouping->parent = -1;
        for (int t = 0; t < m->term_count; t++) {
            const struct random_design *r = term_of(m, t);

            if (r->level_count != grouping->level_count || memcmp(grouping->level, r->level, sizeof(int32_t) * m->n) != 0)
                continue;
            m->terms[t] = (struct glm_term){
                .design = r, .k = r->k, .grouping = g, .slot = m->K, .offset = grouping->k, .of = predictor_of_term(d, t)
            };
            grouping->k += r->k;
            m->K += r->k;
        }
        for (int c = m->grouping_count - 1; c > g; c--) /* the finest of the coarser factors wins */
            if (m->groupings[c].level_count < grouping->level_count
                && levels_are_nested(m->n, grouping->level, grouping->level_count, m->groupings[c].level, map))
                grouping->parent = c;
    }
    for (int t = 0; t < m->term_count; t++) {
        m->terms[t].theta = m->theta_count;
        m->theta_count += random_parameters(term_of(m, t));
        m->terms[t].lambda = ARRAY(double, term_of(m, t)->k *term_of(m, t)->k);
        if (m->terms[t].lambda == NULL)
            return false;
    }
    return true;
}

/* Stable counting sort of the rows by the levels of one factor. */
static bool sort_rows(struct glm *m, const int32_t *level, int32_t count)
{
    size_t *from = NEW_ARRAY(size_t, (size_t)count + 1), *sorted = NEW_ARRAY(size_t, m->n);

    if (from == NULL || sorted == NULL) {
        mem_free(from);
        mem_free(sorted);
        return false;
    }
    for (size_t i = 0; i < m->n; i++)
        from[level[i] + 1]++;
    for (int32_t l = 0; l < count; l++)
        from[l + 1] += from[l];
    for (size_t i = 0; i < m->n; i++)
        sorted[from[level[m->row[i]]]++] = m->row[i];
    memcpy(m->row, sorted, sizeof *sorted * m->n);
    mem_free(from);
    mem_free(sorted);
    return true;
}

/* Sorts by the factor with most levels, within the factors in which it is nested; then the blocks of unknowns get their places in
 * the order of the rows. */
static bool order_rows(struct glm *m)
{
    int32_t next = 0;

    m->row = ARRAY(size_t, m->n);
    if (m->row == NULL)
        return false;
    for (size_t i = 0; i < m->n; i++)
        m->row[i] = i;
    for (int g = m->grouping_count > 0 ? 0 : -1; g >= 0; g = m->groupings[g].parent)
        if (!sort_rows(m, m->groupings[g].level, m->groupings[g].level_count))
            return false;
    for (int g = 0; g < m->grouping_count; g++) {
        struct grouping *grouping = &m->groupings[g];

        grouping->first = ARRAY(int32_t, grouping->level_count);
        grouping->row_from = ARRAY(size_t, grouping->level_count);
        grouping->row_to = ARRAY(size_t, grouping->level_count);
        if (grouping->first == NULL || grouping->row_from == NULL || grouping->row_to == NULL)
            return false;
        for (int32_t l = 0; l < grouping->level_count; l++)
            grouping->first[l] = -1;
        for (size_t i = 0; i < m->n; i++) {
            int32_t l = grouping->level[m->row[i]];

            if (grouping->first[l] < 0) {
                grouping->first[l] = next;
                next += grouping->k;
                grouping->row_from[l] = i;
            }
            grouping->row_to[l] = i + 1;
        }
        for (int32_t l = 0; l < grouping->level_count; l++) /* levels without a row, which a caller may keep */
            if (grouping->first[l] < 0) {
                grouping->first[l] = next;
                next += grouping->k;
            }
    }
    m->q = next;
    return true;
}

/* --- X, rows ------------------------------------------------------------------------------ */

/* X = Q R by modified Gram-Schmidt, done twice for accuracy; the columns of Q have length sqrt(n). */
static void orthonormalize(double *X, double *R, size_t n, int p)
{
    for (int j = 0; j < p; j++) {
        double *x = X + (size_t)j * n, length = 0, scale;

        for (int pass = 0; pass < 2; pass++)
            for (int k = 0; k < j; k++) {
                const double *q = X + (size_t)k * n;
                double dot = 0;

                for (size_t i = 0; i < n; i++)
                    dot += q[i] * x[i];
                dot /= (double)n;
                for (size_t i = 0; i < n; i++)
                    x[i] -= dot * q[i];
                R[k + j * p] += dot;
            }
        for (size_t i = 0; i < n; i++)
            length += x[i] * x[i];
        length = sqrt(length / (double)n);
        R[j + j * p] = length;
        scale = length > 0 ? 1 / length : 0;
        for (size_t i = 0; i < n; i++)
            x[i] *= scale;
    }
}

/* out := R in, and back; in place too. */
static void multiply(const double *R, int p, const double in[], double out[])
{
    for (int i = 0; i < p; i++) {
        double sum = 0;

        for (int j = i; j < p; j++)
            sum += R[i + j * p] * in[j];
        out[i] = sum;
    }
}

static void divide(const double *R, int p, const double in[], double out[])
{
    for (int i = p - 1; i >= 0; i--) {
        double sum = in[i];

        for (int j = i + 1; j < p; j++)
            sum -= R[i + j * p] * out[j];
        out[i] = sum / R[i + i * p];
    }
}

void glm_from_beta(const struct glm *m, const double beta[], double gamma[])
{
    multiply(m->R, m->p, beta, gamma);
}

void glm_to_beta(const struct glm *m, const double gamma[], double beta[])
{
    divide(m->R, m->p, gamma, beta);
}

void glm_rest_to_coefficients(const struct glm *m, const double rest[], double out[])
{
    memmove(out, rest, sizeof *out * (size_t)glm_rest_count(m));
    for (int k = 0; k < m->part_count; k++)
        if (m->part[k].design != NULL)
            divide(m->part[k].R, m->part[k].count, rest + m->part[k].first, out + m->part[k].first);
}

void glm_to_coefficients(const struct glm *m, const double phi[], double out[])
{
    int behind = m->p + m->theta_count;

    glm_to_beta(m, phi, out);
    memmove(out + m->p, phi + m->p, sizeof *out * (size_t)m->theta_count);
    glm_rest_to_coefficients(m, phi + behind, out + behind);
}

/* Columns of a design in the order of the rows, made orthonormal. */
static bool take_columns(struct glm *m, const struct design *d, double **X, double **R)
{
    *X = ARRAY(double, m->n *(size_t)d->p);
    *R = ARRAY(double, d->p * d->p);
    if (*X == NULL || *R == NULL)
        return false;
    for (int j = 0; j < d->p; j++)
        for (size_t i = 0; i < m->n; i++)
            (*X)[i + (size_t)j * m->n] = d->X[m->row[i] + (size_t)j * m->n];
    orthonormalize(*X, *R, m->n, d->p);
    return true;
}

static double *reorder(struct glm *m, const double *from)
{
    double *to = ARRAY(double, m->n);

    if (to != NULL)
        for (size_t i = 0; i < m->n; i++)
            to[i] = from[m->row[i]];
    return to;
}

/* Of an ordered response: which thresholds do not bound a row. */
static bool take_open(struct glm *m)
{
    unsigned char *open = arena_alloc(m->arena, m->n + 1, sizeof *open);

    for (size_t i = 0; open != NULL && i < m->n; i++)
        open[i] = m->design->open[m->row[i]];
    m->response.open = open;
    return open != NULL;
}

static bool copy_rows(struct glm *m)
{
    const struct design *d = m->design;

    m->y = reorder(m, d->y);
    if (m->y == NULL || !take_columns(m, d, &m->X, &m->R) || (d->trials != NULL && (m->trials = reorder(m, d->trials)) == NULL)
        || (d->weights != NULL && (m->weights = reorder(m, d->weights)) == NULL)
        || (d->offset != NULL && (m->offset = reorder(m, d->offset)) == NULL))
        return false;
    for (int k = 0; k < m->part_count; k++) {
        struct glm_part *part = &m->part[k];

        if (part->design == NULL)
            continue;
        part->rows = ARRAY(double, m->n);
        if (part->rows == NULL || !take_columns(m, part->design, &part->X, &part->R)
            || (part->design->offset != NULL && (part->offset = reorder(m, part->design->offset)) == NULL))
            return false;
        m->response.rows[part->slot] = part->rows;
        m->response.curved = m->response.curved || (part->design == d->part[DESIGN_DISPERSION] && part->design->random_count > 0);
    }
    m->response.n = m->n;
    m->response.y = m->y;
    m->response.trials = m->trials;
    m->response.weights = m->weights;
    return d->open == NULL || take_open(m);
}

/* Without groups a row's slots are a place behind which there is nothing (NULL + 0 is undefined). */
static bool place_no_rows(struct glm *m)
{
    m->column = ARRAY(int32_t, 0);
    m->place = ARRAY(int32_t, 0);
    m->z = ARRAY(double, 0);
    m->zt = ARRAY(double, 0);
    return m->column != NULL && m->place != NULL && m->z != NULL && m->zt != NULL;
}

/* The pattern of M, and each row's slots in it. */
static bool place_rows(struct glm *m, struct glmm_error *err)
{
    int G = m->grouping_count, block_count = 0, pairs = m->K * (m->K + 1) / 2;
    int32_t *size, *links, *block_of;
    bool ok;

    for (int g = 0; g < G; g++)
        block_count += m->groupings[g].level_count;
    size = NEW_ARRAY(int32_t, block_count);
    block_of = NEW_ARRAY(int32_t, m->q);
    links = NEW_ARRAY(int32_t, m->n * (size_t)G);
    ok = size != NULL && links != NULL && block_of != NULL;
    for (int g = 0, block = 0, column = 0; ok && g < G; g++)
        for (int32_t l = 0; l < m->groupings[g].level_count; l++, block++, column += m->groupings[g].k) {
            size[block] = m->groupings[g].k;
            block_of[column] = block;
        }
    for (size_t i = 0; ok && i < m->n; i++)
        for (int g = 0; g < G; g++)
            links[i * (size_t)G + (size_t)g] = block_of[m->groupings[g].first[m->groupings[g].level[m->row[i]]]];
    ok = ok && (m->precision = precision_new(block_count, size, m->n, G, links, err)) != NULL;
    mem_free(size);
    mem_free(links);
    mem_free(block_of);
    m->column = ARRAY(int32_t, m->n * (size_t)m->K);
    m->place = ARRAY(int32_t, m->n * (size_t)pairs);
    m->z = ARRAY(double, m->n *(size_t)m->K);
    m->zt = ARRAY(double, m->n *(size_t)m->K);
    if (!ok || m->column == NULL || m->place == NULL || m->z == NULL || m->zt == NULL)
        return false;
    for (int t = 0; t < m->term_count; t++) {
        const struct glm_term *term = &m->terms[t];
        const struct grouping *grouping = &m->groupings[term->grouping];

        for (size_t i = 0; i < m->n; i++)
            for (int a = 0; a < term->k; a++) {
                size_t at = i * (size_t)m->K + (size_t)(term->slot + a), row = m->row[i];

                m->column[at] = grouping->first[grouping->level[row]] + term->offset + a;
                m->z[at] = term->design->z == NULL ? 1 : term->design->z[row * (size_t)term->k + (size_t)a];
            }
    }
    for (size_t i = 0; i < m->n; i++) {
        const int32_t *column = m->column + i * (size_t)m->K;
        int32_t *place = m->place + i * (size_t)pairs;

        for (int a = 0; a < m->K; a++)
            for (int b = 0; b <= a; b++)
                *place++ = column[a] > column[b] ? precision_place(m->precision, column[a], column[b])
                                                 : precision_place(m->precision, column[b], column[a]);
    }
    return true;
}

/* The predictors with random terms, where others than the mean's have some: parts stand in the order of DESIGN_ZERO,
 * DESIGN_DISPERSION here too. */
static bool set_several(struct glm *m)
{
    struct several *s;

    if (design_beside(m->design) == NULL)
        return true;
    m->several = s = ARRAY(struct several, 1);
    if (s == NULL || (s->of = ARRAY(unsigned char, m->K)) == NULL)
        return false;
    s->count = 1;
    s->rows[0] = m->eta;
    for (int k = 0; k < m->part_count; k++)
        if (m->part[k].design != NULL && m->part[k].design->random_count > 0) {
            s->part[s->count] = &m->part[k];
            s->rows[s->count] = m->part[k].rows;
            if ((s->fixed[s->count++] = ARRAY(double, m->n)) == NULL)
                return false;
        }
    for (int t = 0; t < m->term_count; t++)
        for (int a = 0; a < m->terms[t].k; a++)
            s->of[m->terms[t].slot + a] = (unsigned char)m->terms[t].of;
    for (int j = 0; j < (m->response.curved ? D_COUNT : D_CURVE); j++)
        if (m->d[j] == NULL && (m->d[j] = ARRAY(double, m->n)) == NULL)
            return false;
    several_place(m);
    return true;
}

static bool make_space(struct glm *m)
{
    double **rows[] = { &m->fixed, &m->eta, &m->fixed_slope };
    double **unknowns[] = { &m->u, &m->u_try, &m->slope, &m->step, &m->adjoint, &m->u_best };

    for (size_t a = 0; a < sizeof rows / sizeof *rows; a++)
        if ((*rows[a] = ARRAY(double, m->n)) == NULL)
            return false;
    for (size_t a = 0; a < sizeof unknowns / sizeof *unknowns; a++)
        if ((*unknowns[a] = ARRAY(double, m->q)) == NULL)
            return false;
    for (int j = D_ETA; j < D_SHAPE(family_slots(m->response.family)) || j < D_SHAPE(1); j++)
        if ((m->d[j] = ARRAY(double, m->n)) == NULL)
            return false;
    m->last = ARRAY(double, m->p + m->theta_count + m->rest);
    m->work_rest = ARRAY(double, m->rest);
    return m->last != NULL && m->work_rest != NULL;
}

/* A betabinomial of single trials is binomial whatever its dispersion. */
static bool check_trials(const struct design *design, const struct family *family, struct glmm_error *err)
{
    if (family->response != RESPONSE_BINOMIAL || !family->has_dispersion)
        return true;
    if (design_has_several_trials(design))
        return true;
    fail(err, GLMM_E_MODEL, NOWHERE, "every row has one trial, and then the dispersion of the family %s cannot be estimated",
         family->name);
    error_hint(err, "family=binomial");
    return false;
}

/* The predictor of a shape; NULL: it is one number. */
static const struct design *predictor_of(const struct glm *m, int shape)
{
    const struct family *family = m->response.family;

    if (shape == family_zero_shape(family))
        return m->design->part[DESIGN_ZERO];
    return family->has_dispersion && shape == 0 ? m->design->part[DESIGN_DISPERSION] : NULL;
}

static void add_part(struct glm *m, const struct response *rows, int j)
{
    const struct family *family = rows->family;
    const struct design *predictor = predictor_of(m, j);
    double *shape = &m->response.shape[j];
    int count = predictor == NULL ? 1 : predictor->p;

    m->outer[j] = -1;
    if (family_holds_shape(family, j)) {
        *shape = family->more[j - family->has_dispersion].start;
    } else if (family->absent == NULL || !family->absent(rows, j, shape)) {
        m->outer[j] = predictor == NULL ? m->rest : -1;
        m->part[m->part_count++] = (struct glm_part){ .slot = j, .first = m->rest, .count = count, .design = predictor };
        m->rest += count;
    }
}

/* A part for each shape that is to be estimated; that of zeros before those of which the last may run to a limit. */
static void set_parts(struct glm *m, const struct response *rows)
{
    int zero = family_zero_shape(rows->family);

    if (zero >= 0)
        add_part(m, rows, zero);
    for (int j = 0; j < family_shapes(rows->family); j++)
        if (j != zero)
            add_part(m, rows, j);
}

const struct glm_part *glm_part_of(const struct glm *m, int shape)
{
    for (int k = 0; k < m->part_count; k++)
        if (m->part[k].slot == shape)
            return &m->part[k];
    return NULL;
}

double limit_size(const struct family *family, size_t n, const double y[], const double *trials)
{
    const struct family *own = family_own(family);
    double beside = 1;

    if (own->limit_sign > 0 && !own->limit_varies_most)
        for (size_t i = 0; i < n; i++)
            beside = fmax(beside, own->support == SUPPORT_COUNT                         ? y[i]
                                  : own->support == SUPPORT_SUCCESSES && trials != NULL ? trials[i]
                                                                                        : 1);
    return LIMIT_OF_TAU + log(beside);
}

double glm_limit_size(const struct glm *m)
{
    return limit_size(m->response.family, m->n, m->y, m->trials);
}

int glm_limit_sign(const struct glm *m)
{
    return m->part_count == 0 || m->part[m->part_count - 1].design != NULL ? 0 : m->response.family->limit_sign;
}

struct glm *glm_new(const struct design *design, const struct family *family, const struct link *link, int nodes,
                    struct glmm_error *err)
{
    struct glm *m = NEW(struct glm);
    struct response whole = { .family = family,
                              .link = link,
                              .n = design->n,
                              .y = design->y,
                              .trials = design->trials,
                              .weights = design->weights,
                              .open = design->open };
    bool ok;

    if (m == NULL || (m->arena = arena_new()) == NULL) {
        mem_free(m);
        fail_memory(err);
        return NULL;
    }
    m->design = design;
    m->n = design->n;
    m->p = design->p;
    m->response.family = family;
    m->response.link = link;
    m->nodes = nodes;
    m->mode_tolerance = MODE_EXACT;
    ok = response_check(&whole, design->row, design->response, err) && check_trials(design, family, err);
    if (ok && family->categories > 0)
        glm_set_thresholds(m, &whole);
    else if (ok)
        set_parts(m, &whole);
    for (int t = 0, slots = 0, count = design_term_count(m->design); ok && t < count; t++)
        if ((slots += term_of(m, t)->k) > GLM_SLOTS)
            ok = fail(err, GLMM_E_LIMIT, NOWHERE, "the model has %d random effects a row or more; at most %d can be fitted",
                      slots, GLM_SLOTS);
    if (ok
        && !(find_groupings(m) && order_rows(m) && copy_rows(m)
             && (m->grouping_count == 0 ? place_no_rows(m) : place_rows(m, err)) && make_space(m) && set_several(m)
             && penalty_prepare(m) && (family->categories == 0 || glm_set_threshold_parts(m))))
        ok = fail_memory(err);
    if (ok && m->several != NULL && nodes > 1) {
        ok = fail(err, GLMM_E_MODEL, NOWHERE, "random effects in %s= are integrated by Laplace's approximation",
                  design_beside_name(design));
        error_hint(err, "method=laplace");
    }
    ok = ok && (nodes <= 1 || m->grouping_count == 0 || quadrature_prepare(m, err));
    if (!ok) {
        glm_free(m);
        return NULL;
    }
    return m;
}

void glm_free(struct glm *m)
{
    if (m == NULL)
        return;
    importance_end(m);
    quadrature_free(m->quadrature);
    precision_free(m->precision);
    arena_free(m->arena);
    mem_free(m);
}

int glm_parameter_count(const struct glm *m)
{
    return m->p + m->theta_count + glm_rest_count(m);
}

int glm_rest_count(const struct glm *m)
{
    return m->rest - m->held;
}

void glm_from_fit(struct glm *m, const struct fit *fit, double phi[])
{
    glm_from_beta(m, fit->base != NULL ? fit->base : fit->beta, phi);
    for (int j = 0; j < m->theta_count; j++)
        phi[m->p + j] = fit->theta[j] * fit->sigma;
    glm_rest_from_fit(m, fit, phi);
}

void glm_rest_from_coefficients(const struct glm *m, const double in[], double rest[])
{
    memcpy(rest, in, sizeof *rest * (size_t)m->rest);
    for (int k = 0; k < m->part_count; k++)
        if (m->part[k].design != NULL)
            multiply(m->part[k].R, m->part[k].count, in + m->part[k].first, rest + m->part[k].first);
}

void glm_rest_from_fit(struct glm *m, const struct fit *fit, double phi[])
{
    glm_rest_from_coefficients(m, fit->rest, phi + m->p + m->theta_count);
    m->held = fit->rest_count < m->rest;
    if (m->rest > 0)
        m->held_value = fit->rest[m->rest - 1];
}

int glm_theta_count(const struct glm *m)
{
    return m->theta_count;
}
