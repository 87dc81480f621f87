/* lmm-start.c -- where the minimization of a linear mixed model starts, and how curved the deviance is there.
 *
 * Variances by moments (Henderson 1953, Biometrics 9, method 1).  In the inner units the mean square of y is 1, its effects stand
 * in columns z_e of mean square 1, and with s_l = sum of z_e y in level l of the effect's term and m_l the sum of z_e^2,
 *
 *     E sum_l s_l^2 / m_l = c_e sigma^2 + sum_f K_ef tau_f^2
 *     E sum y^2           =  n  sigma^2 + sum_f   n  tau_f^2
 *
 * with c_e levels, and K_ef the sum over levels l of e and j of f of (sum in both of z_e z_f)^2 / m_l.  Where the mean has been
 * taken from y, and z_e is constant, c_e is less by 1, n by 1, and K_ef and the n of f by sum_j (sum in j of z_f)^2 / n.
 * The equations are solved by sweeps that keep the variances from falling below 0. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "fit/lmm-private.h"
#include "linalg/dense.h"

enum { SWEEPS = 50, EM_STEPS = 20 };
static const double PAIR_LIMIT = 2e7, LOWEST_START = 0.05, HIGHEST_START = 4.0, LEAST_RESIDUAL = 0.05, LARGE_SHARE = 0.2,
                    FAR = 1.5;

/* A diagonal entry of a template, as a column of effects. */
struct effect {
    int term, index; /* of the term; of the parameter */
    const double *z; /* column a of the term's z; NULL: all 1 */
    int stride;
    double levels, sum, variance, centred; /* c_e, S_e, tau^2, and what K loses to the mean */
};

struct moments {
    const struct lmm *m;
    int count;
    struct effect *effects;
    double *K;                                       /* count x count: row e, column f */
    int32_t *order, *first;                          /* rows by level of a term, and where each level starts */
    double *by_level, *square, *information, *total; /* of the largest term */
    bool pairs;                                      /* whether the effects are few enough to be looked at by twos */
    double residual;                                 /* sigma^2 */
};

static double effect_at(const struct effect *e, size_t row)
{
    return e->z == NULL ? 1.0 : e->z[row * (size_t)e->stride];
}

static void moments_clear(struct moments *s)
{
    mem_free(s->effects);
    mem_free(s->K);
    mem_free(s->order);
    mem_free(s->by_level);
}

static bool moments_init(struct moments *s, const struct lmm *m)
{
    size_t most = 1, count = 0;

    memset(s, 0, sizeof *s);
    s->m = m;
    for (int t = 0; t < m->term_count; t++) {
        count += (size_t)m->terms[t].k;
        if ((size_t)m->terms[t].levels > most)
            most = (size_t)m->terms[t].levels;
    }
    s->effects = NEW_ARRAY(struct effect, count + 1);
    s->K = NEW_ARRAY(double, count *count + 1);
    s->order = NEW_ARRAY(int32_t, m->n + most + 1);
    s->by_level = NEW_ARRAY(double, 4 * most);
    if (s->effects == NULL || s->K == NULL || s->order == NULL || s->by_level == NULL) {
        moments_clear(s);
        return false;
    }
    s->first = s->order + m->n;
    s->square = s->by_level + most;
    s->information = s->square + most;
    s->total = s->information + most;
    for (int t = 0; t < m->term_count; t++) {
        const struct lmm_term *term = &m->terms[t];

        FOR_FREE_ENTRIES (term, a, b, i)
            if (a == b)
                s->effects[s->count++] =
                    (struct effect){ .term = t, .index = i, .z = term->z == NULL ? NULL : term->z + a, .stride = term->k };
    }
    return true;
}

/* The sums of z_e y and z_e^2 in each level, and S_e, c_e of them. */
static void sum_levels(struct moments *s, struct effect *e)
{
    const struct lmm *m = s->m;
    const double *y = m->E + (size_t)m->p * m->n;
    const int32_t *level = m->design->random[e->term].level, levels = m->terms[e->term].levels;

    memset(s->by_level, 0, sizeof(double) * (size_t)levels);
    memset(s->square, 0, sizeof(double) * (size_t)levels);
    for (size_t i = 0; i < m->n; i++) {
        double z = effect_at(e, i);

        s->by_level[level[i]] += z * y[i];
        s->square[level[i]] += z * z;
    }
    e->levels = e->sum = 0.0;
    for (int32_t l = 0; l < levels; l++)
        if (s->square[l] > 0.0) {
            e->sum += s->by_level[l] * s->by_level[l] / s->square[l];
            e->levels += 1.0;
        }
}

/* Rows in the order of the levels of a term. */
static void order_rows(struct moments *s, int term)
{
    const int32_t *level = s->m->design->random[term].level;
    int32_t levels = s->m->terms[term].levels;

    memset(s->first, 0, sizeof *s->first * ((size_t)levels + 1));
    for (size_t i = 0; i < s->m->n; i++)
        s->first[level[i] + 1]++;
    for (int32_t l = 0; l < levels; l++)
        s->first[l + 1] += s->first[l];
    for (size_t i = 0; i < s->m->n; i++)
        s->order[s->first[level[i]]++] = (int32_t)i; /* each start becomes its end: the start of the next */
}

/* K_ef, the rows being in the order of e's levels. */
static double pair_moment(struct moments *s, const struct effect *e, const struct effect *f)
{
    const int32_t *other = s->m->design->random[f->term].level, levels = s->m->terms[e->term].levels;
    double *both = s->by_level, total = 0.0;
    int32_t at = 0;

    memset(both, 0, sizeof(double) * (size_t)s->m->terms[f->term].levels);
    for (int32_t l = 0; l < levels; at = s->first[l++]) {
        double sum = 0.0, square = 0.0;

        for (int32_t r = at; r < s->first[l]; r++) {
            size_t row = (size_t)s->order[r];
            double z = effect_at(e, row);

            both[other[row]] += z * effect_at(f, row);
            square += z * z;
        }
        for (int32_t r = at; r < s->first[l]; r++) {
            double *value = &both[other[s->order[r]]];

            sum += *value * *value;
            *value = 0.0;
        }
        total += square > 0.0 ? sum / square : 0.0;
    }
    return total;
}

/* sum over levels j of f of (sum in j of z_f)^2 / n. */
static double mean_share(struct moments *s, const struct effect *f)
{
    const int32_t *level = s->m->design->random[f->term].level, levels = s->m->terms[f->term].levels;
    double sum = 0.0;

    memset(s->by_level, 0, sizeof(double) * (size_t)levels);
    for (size_t i = 0; i < s->m->n; i++)
        s->by_level[level[i]] += effect_at(f, i);
    for (int32_t l = 0; l < levels; l++)
        sum += s->by_level[l] * s->by_level[l];
    return sum / (double)s->m->n;
}

static void set_equations(struct moments *s)
{
    double n = (double)s->m->n;
    bool mean = s->m->constant >= 0;
    int ordered = -1;

    s->pairs = n * s->count * (s->count - 1) <= PAIR_LIMIT;
    for (int a = 0; a < s->count; a++) {
        sum_levels(s, &s->effects[a]);
        s->effects[a].centred = mean ? mean_share(s, &s->effects[a]) : 0.0;
    }
    for (int a = 0; a < s->count; a++) {
        struct effect *e = &s->effects[a];
        bool constant = mean && e->z == NULL;

        for (int b = 0; b < s->count; b++) {
            struct effect *f = &s->effects[b];
            double *K = &s->K[a * s->count + b];

            *K = a == b ? n : 0.0;
            if (a != b && s->pairs && ordered != e->term) {
                order_rows(s, e->term);
                ordered = e->term;
            }
            if (a != b && s->pairs)
                *K = pair_moment(s, e, f);
            if (constant)
                *K = fmax(0.0, *K - f->centred);
        }
        if (constant)
            e->levels -= 1.0;
    }
}

/* The variances, by sweeps over the equations. */
static void solve_equations(struct moments *s)
{
    double n = (double)s->m->n - (s->m->constant >= 0 ? 1.0 : 0.0);

    s->residual = 1.0;
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
        double left = (double)s->m->n;

        for (int a = 0; a < s->count; a++) {
            struct effect *e = &s->effects[a];
            double own = s->K[a * s->count + a], rest = e->sum - e->levels * s->residual;

            for (int b = 0; b < s->count; b++)
                if (b != a)
                    rest -= s->K[a * s->count + b] * s->effects[b].variance;
            e->variance = own > 0.0 ? fmax(0.0, fmin(1.0, rest / own)) : 0.0;
            left -= ((double)s->m->n - e->centred) * e->variance;
        }
        s->residual = fmax(LEAST_RESIDUAL, left / n);
    }
}

/* Takes from the information of each level of e what the effects f cost: a_j the sum of z_e z_f over the rows that level j of f
 * shares with it, M_j that of z_f^2 over all rows of j, m_l loses sum_j a_j^2 / (1 / tau_f^2 + M_j).  That is much where f is
 * nested in e, and little where other rows tell f's level.  In units of sigma^2; rows are in the order of e's levels. */
static void take_information(struct moments *s, const struct effect *e, const struct effect *f)
{
    const int32_t *other = s->m->design->random[f->term].level, levels = s->m->terms[e->term].levels;
    double *both = s->by_level, *total = s->total, precision = s->residual / f->variance;
    size_t bytes = sizeof(double) * (size_t)s->m->terms[f->term].levels;
    int32_t at = 0;

    memset(both, 0, bytes);
    memset(total, 0, bytes);
    for (size_t i = 0; i < s->m->n; i++)
        total[other[i]] += effect_at(f, i) * effect_at(f, i);
    for (int32_t l = 0; l < levels; at = s->first[l++]) {
        double loss = 0.0;

        for (int32_t r = at; r < s->first[l]; r++) {
            size_t row = (size_t)s->order[r];

            both[other[row]] += effect_at(f, row) * effect_at(e, row);
        }
        for (int32_t r = at; r < s->first[l]; r++) {
            int32_t j = other[s->order[r]];

            loss += both[j] * both[j] / (precision + total[j]);
            both[j] = 0.0;
        }
        if (s->square[l] > 0.0)
            s->information[l] *= fmax(0.0, 1.0 - loss / s->square[l]);
    }
}

/* The part of the variance of level l's estimate that is e's own, w_l = I_l lambda^2 / (1 + I_l lambda^2), I_l the information of
 * its rows:
 * the mean of its square over the levels. */
static double mean_square_weight(struct moments *s, int a, double lambda)
{
    struct effect *e = &s->effects[a];
    int32_t levels = s->m->terms[e->term].levels;
    double sum = 0.0;

    sum_levels(s, e);
    memcpy(s->information, s->square, sizeof(double) * (size_t)levels);
    if (s->pairs && s->count > 1)
        order_rows(s, e->term);
    for (int b = 0; s->pairs && b < s->count; b++)
        if (b != a && s->effects[b].variance > 0.0)
            take_information(s, e, &s->effects[b]);
    for (int32_t l = 0; l < levels; l++) {
        double own = s->information[l] * lambda * lambda, weight = own / (1.0 + own);

        sum += weight * weight;
    }
    return sum / levels;
}

/* The templates by the moments; true where one is larger than these can tell. */
static bool set_templates(struct lmm_task *task, const struct moments *s)
{
    bool large = s->residual < LARGE_SHARE;

    memset(task->opt.x, 0, sizeof(double) * (size_t)task->m->theta_count);
    for (int a = 0; a < s->count; a++) {
        double lambda = sqrt(s->effects[a].variance / s->residual);

        task->opt.x[s->effects[a].index] = fmax(LOWEST_START, fmin(HIGHEST_START, lambda));
        large = large || lambda >= HIGHEST_START;
    }
    return large;
}

/* out := Lambda out Lambda', with room for k x k in `half`. */
static void template_sandwich(int k, const double *lambda, double *half, double *out)
{
    for (int j = 0; j < k; j++)
        for (int i = 0; i < k; i++) {
            half[i + j * k] = 0.0;
            for (int a = 0; a <= i; a++)
                half[i + j * k] += lambda[i + a * k] * out[a + j * k];
        }
    for (int j = 0; j < k; j++)
        for (int i = 0; i < k; i++) {
            out[i + j * k] = 0.0;
            for (int b = 0; b <= j; b++)
                out[i + j * k] += half[i + b * k] * lambda[j + b * k];
        }
}

/* One step of the EM algorithm (Dempster, Laird & Rubin 1977), with sigma^2 at its best for the templates at hand:
 *     Sigma_t := the mean over levels of b b' + Var(b | y),   sigma^2 := (||y - X beta - Z b||^2 + its expected part) / n
 * where a level's rows tell much it goes far.  Returns the largest ratio by which a diagonal entry grew; 0 where it failed. */
static double em_step(struct lmm_task *task, double *work)
{
    struct lmm *m = task->m;
    double sigma2, residual, grown = 0.0, known = (double)blocks_size(m->blocks) + (m->reml && !m->by_rows ? m->p : 0);

    task->evaluations++;
    if (!(lmm_value(m, task->opt.x) < MINIMIZE_BAD) || !lmm_slopes(m) || watch_stopped(&task->watch))
        return 0.0;
    sigma2 = m->rss / m->degrees;
    residual = m->rss;
    for (int t = 0; t < m->term_count; t++) {
        const struct lmm_term *term = &m->terms[t];
        int k = term->k;
        const double *u = m->u + blocks_offset(m->blocks, t);
        double *sum = term->products, *block = work, *half = work + k * k;

        memset(sum, 0, sizeof(double) * (size_t)(k * k));
        for (int32_t l = 0; l < term->levels; l++, u += k) { /* Sigma = Lambda (u u' + sigma^2 S) Lambda' */
            blocks_inverse_block(m->blocks, t, l, block);
            for (int b = 0; b < k; b++) {
                residual -= u[b] * u[b];
                known -= block[b + b * k];
                for (int a = 0; a < k; a++)
                    sum[a + b * k] += (u[a] * u[b] + sigma2 * block[a + b * k]) / term->levels;
            }
        }
        template_sandwich(k, term->lambda, half, sum);
    }
    sigma2 = (fmax(residual, 0.0) + sigma2 * fmax(known, 0.0)) / (double)m->n;
    for (int t = 0; t < m->term_count; t++) {
        const struct lmm_term *term = &m->terms[t];
        int k = term->k;
        double *sum = term->products;

        for (int a = 0; a < k * k; a++)
            sum[a] /= sigma2;
        if (term->covariance->correlated && chol_factor(k, sum, k) != 0)
            return 0.0;
        FOR_FREE_ENTRIES (term, a, b, i) {
            double entry = term->covariance->correlated ? sum[a + b * k] : sqrt(sum[a + a * k]);

            if (!isfinite(entry))
                return 0.0;
            if (a == b)
                grown = fmax(grown, entry / task->opt.x[i]);
            task->opt.x[i] = entry;
        }
    }
    return grown;
}

/* Expected curvatures of a term's template, whose first diagonal entry is effect `first`, in what the minimizer moves: with q
 * levels and w of the two effects, 4 q w_a^2 in the logarithm of a diagonal entry (which the minimizer bends), 2 q w_a w_b s_b^2
 * / lambda_a^2 in entry (a, b), with s_b the scale of column b. */
static void set_curvature(struct lmm_task *task, struct moments *s, const struct lmm_term *term, int first)
{
    FOR_FREE_ENTRIES (term, a, b, i)
        if (a == b) {
            double lambda = fmax(LOWEST_START, task->opt.x[i]);

            task->phi[i] = mean_square_weight(s, first + a, lambda); /* for now */
            task->curvature[i] = 4.0 * term->levels * task->phi[i] * (1.0 + LMM_BEND * LMM_BEND / (lambda * lambda));
        }
    FOR_FREE_ENTRIES (term, a, b, i)
        if (a != b) {
            int own = s->effects[first + a].index, other = s->effects[first + b].index;
            double ratio = lmm_column_scale(task->opt.x[other]) / fmax(LOWEST_START, task->opt.x[own]);

            task->curvature[i] = 2.0 * term->levels * sqrt(task->phi[own] * task->phi[other]) * ratio * ratio;
        }
}

/* From templates that the moments could not tell to where a step of the EM algorithm no longer goes far.  False when memory is
 * out. */
static bool approach(struct lmm_task *task, struct moments *s)
{
    struct lmm *m = task->m;
    size_t most = 1;
    double *work;

    for (int t = 0; t < m->term_count; t++)
        most = (size_t)m->terms[t].k > most ? (size_t)m->terms[t].k : most;
    work = mem_alloc(2 * most * most, sizeof(double));
    if (work == NULL)
        return false;
    for (int step = 0; step < EM_STEPS; step++)
        if (!(em_step(task, work) > FAR))
            break;
    mem_free(work);
    s->residual = LEAST_RESIDUAL;
    for (int a = 0; a < s->count; a++)
        s->effects[a].variance = s->residual * task->opt.x[s->effects[a].index] * task->opt.x[s->effects[a].index];
    return true;
}

bool lmm_set_start(struct lmm_task *task, const struct fit_options *options)
{
    struct lmm *m = task->m;
    struct moments s;

    if (!moments_init(&s, m))
        return false;
    set_equations(&s);
    solve_equations(&s);
    if (set_templates(task, &s) && !approach(task, &s)) {
        moments_clear(&s);
        return false;
    }
    for (int t = 0, first = 0; t < m->term_count; first += m->terms[t++].k)
        set_curvature(task, &s, &m->terms[t], first);
    for (int i = 0; i < m->theta_count; i++)
        task->curvature[i] = fmax(0.5, task->curvature[i]);
    moments_clear(&s);
    if (options != NULL && options->start != NULL)
        lmm_inner_from_theta(m, options->start, task->opt.x);
    return true;
}
