/* glmm-approximation.c -- what Laplace's approximation, or K nodes, leave out, in standard errors of the estimates.
 *
 * At the optimum phi^ of the approximate deviance, with V = 2 H^-1 the covariance of the estimates there and s the score of a
 * better likelihood, one Newton step says where that one has its optimum, and so how far a quantity f(phi) would move:
 *
 *   delta = V s,  drift = f'delta / sqrt(f'V f)
 *
 * The better likelihood has more nodes (one grouping factor, nested ones).  Where the factors are crossed no quadrature
 * exists, and the score is that of the exact likelihood, s = E[d log p(y, u | phi)/d phi | y] (Fisher's identity), by importance
 * sampling from the Gaussian approximation q at the modes, x = u - u^ ~ N(0, M^-1), weights w of mean 1.  With s0 the score in
 * which log f is replaced by its parabola at the modes: a constant, a linear and a quadratic form in x.  Since g = dh/du has the
 * posterior expectations E[g] = 0 and E[g x'] = I (by parts), y = M^-1 g may stand for one x in each form without changing the
 * expectation,
 *
 *   s = E_q[s0] + mean w (s(u) - s0(x, y))
 *
 * and that has no noise at all where the posterior is Gaussian, for then y = x.  x and -x are drawn in pairs; the error is that
 * of the mean over the pairs. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/rng.h"
#include "fit/glmm-task.h"
#include "fit/quadrature.h"

static const double AT_EDGE = 1e-6; /* of a correlation: no slope toward 1 is priced from so near */

/* What is moved by less is not moved but for rounding; what moves by a share less or more moves as much. */
static const double NO_DRIFT = 1e-8, SAME_DRIFT = 1e-8;

/* A pair of draws costs two passes over the rows: a small share of the fit's, or about 24,000 rows in all where these are few. */
enum { PAIRS_LEAST = 8, PAIRS_MOST = 50, PASSES_A_PAIR = 16, CHEAP_ROWS = 12000, SEED = 1 };

/* Fewer effective draws than this share of all say that the weights cannot be trusted. */
static const double EFFECTIVE_SHARE = 0.2;

/* --- the quantities --------------------------------------------------------------------------- */

struct pricing {
    const struct fit *fit;
    const struct glm *m;
    int n, stride;             /* parameters (beta, theta, tau) that are free, and the side of the fit's joint matrix */
    double *score;             /* n: of the better likelihood, in (beta, theta, tau) */
    double *covariance, *sum;  /* pairs x n, and n: the pairs' contributions, for the Monte Carlo error */
    double *slope, *direction; /* n: f' and V f' / sqrt(f'V f) of one quantity */
    int pairs;                 /* 0: no Monte Carlo error */
    struct approximation *out;
};

/* The quantity whose slope is at hand: keeps it where it moves most. */
static void price(struct pricing *p, enum approximation_kind kind, const char *group, const char *name, const char *other)
{
    double variance = 0, drift = 0, square = 0, mean = 0;

    for (int i = 0; i < p->n; i++) {
        p->direction[i] = 0;
        for (int j = 0; j < p->n; j++)
            p->direction[i] += p->fit->joint_vcov[i + j * p->stride] * p->slope[j];
        variance += p->slope[i] * p->direction[i];
    }
    if (!(variance > 0) || !isfinite(variance))
        return;
    for (int i = 0; i < p->n; i++)
        drift += p->direction[i] * p->score[i];
    drift /= sqrt(variance);
    for (int r = 0; r < p->pairs; r++) {
        double pair = 0;

        for (int i = 0; i < p->n; i++)
            pair += p->direction[i] * p->covariance[r * p->n + i];
        pair /= sqrt(variance);
        mean += pair / p->pairs;
        square += pair * pair / p->pairs;
    }
    drift = fabs(drift) < NO_DRIFT ? 0 : drift;
    if (!isfinite(drift)
        || (p->out->kind != APPROXIMATION_NONE && fabs(drift) <= fabs(p->out->drift) + SAME_DRIFT * fabs(p->out->drift)))
        return;
    *p->out = (struct approximation){ .kind = kind,
                                      .group = group,
                                      .name = name,
                                      .other = other,
                                      .nodes = p->out->nodes,
                                      .draws = p->out->draws,
                                      .drift = drift,
                                      .error = p->pairs > 1 ? sqrt(fmax(square - mean * mean, 0) / (p->pairs - 1)) : 0 };
}

/* lambda[a, c] for c = 0 .. a: its place among the free entries of the template, or -1 where it is none. */
static int entry_place(const struct glm_term *term, int a, int c)
{
    if (!term->design->covariance->correlated)
        return a == c ? a : -1;
    return c * term->k - c * (c - 1) / 2 + a - c;
}

/* slope += factor lambda[from, .] in the entries of row `row`. */
static void add_row(struct pricing *p, const struct glm_term *term, int row, int from, double factor)
{
    for (int c = 0; c <= row && c <= from; c++) {
        int place = entry_place(term, row, c);

        if (place >= 0)
            p->slope[p->m->p + term->theta + place] += factor * term->lambda[from + c * term->k];
    }
}

/* The standard deviations |lambda_a| of a term and the correlations lambda_a'lambda_b / (|lambda_a| |lambda_b|). */
static void price_term(struct pricing *p, int t)
{
    const struct glm_term *term = &p->m->terms[t];
    const struct random_fit *random = &p->fit->random[t];
    size_t bytes = sizeof(double) * (size_t)p->n;

    for (int a = 0; a < term->k; a++) {
        if (!(random->sd[a] > 0))
            continue;
        memset(p->slope, 0, bytes);
        add_row(p, term, a, a, 1 / random->sd[a]);
        price(p, APPROXIMATION_SD, term->design->group, term->design->names[a], NULL);
        for (int b = 0; b < a && term->design->covariance->correlated; b++) {
            double rho = random->correlation[a + b * term->k];

            if (!(fabs(rho) < 1 - AT_EDGE))
                continue;
            memset(p->slope, 0, bytes);
            add_row(p, term, a, b, 1 / (random->sd[a] * random->sd[b]));
            add_row(p, term, b, a, 1 / (random->sd[a] * random->sd[b]));
            add_row(p, term, a, a, -rho / (random->sd[a] * random->sd[a]));
            add_row(p, term, b, b, -rho / (random->sd[b] * random->sd[b]));
            price(p, APPROXIMATION_CORR, term->design->group, term->design->names[b], term->design->names[a]);
        }
    }
}

/* The outer parameter j behind theta: a threshold, a coefficient of another predictor, or the dispersion. */
static void price_rest(struct pricing *p, int j)
{
    const struct glm *m = p->m;
    const struct family *family = m->response.family;

    for (int shape = 0; family->categories > 0 && shape < family_shapes(family); shape++)
        if (m->outer[shape] == j) {
            price(p, APPROXIMATION_THRESHOLD, NULL, family->more[shape].name, NULL);
            return;
        }
    for (int k = 0; k < m->part_count; k++) {
        const struct glm_part *part = &m->part[k];

        if (part->design != NULL && j >= part->first && j < part->first + part->count) {
            price(p, APPROXIMATION_PREDICTOR, NULL, part->design->names[j - part->first],
                  design_part_name(part->design == m->design->part[DESIGN_ZERO] ? DESIGN_ZERO : DESIGN_DISPERSION));
            return;
        }
    }
    price(p, APPROXIMATION_DISPERSION, NULL, NULL, NULL);
}

static void price_all(struct pricing *p)
{
    const struct glm *m = p->m;

    p->out->kind = APPROXIMATION_NONE;
    for (int j = 0; j < p->n; j++) {
        if (j >= m->p && j < m->p + m->theta_count)
            continue;
        memset(p->slope, 0, sizeof(double) * (size_t)p->n);
        p->slope[j] = 1;
        if (j < m->p)
            price(p, APPROXIMATION_FIXED, NULL, m->design->names[j], NULL);
        else
            price_rest(p, j - m->p - m->theta_count);
    }
    for (int t = 0; t < m->term_count; t++)
        price_term(p, t);
}

/* score := R'score, in place. */
static void transpose_multiply(const double *R, int p, double score[])
{
    for (int j = p - 1; j >= 0; j--) {
        double sum = 0;

        for (int i = 0; i <= j; i++)
            sum += R[i + j * p] * score[i];
        score[j] = sum;
    }
}

/* From the score in gamma to that in beta, in place: gamma = R beta; of each predictor. */
static void to_beta_score(const struct glm *m, double score[])
{
    transpose_multiply(m->R, m->p, score);
    for (int k = 0; k < m->part_count; k++)
        if (m->part[k].design != NULL)
            transpose_multiply(m->part[k].R, m->part[k].count, score + m->p + m->theta_count + m->part[k].first);
}

/* --- more nodes ------------------------------------------------------------------------------- */

/* Nodes to compare with: enough for K effects a level, and about twice those of the fit; 0 where that would be too many. */
static int more_nodes(const struct glm *m)
{
    static const int enough[] = { 0, 25, 11, 7, 5, 3 };
    bool crossed = m->grouping_count > 2 || (m->grouping_count == 2 && m->groupings[0].parent != 1);
    int nodes = !crossed && m->K < (int)(sizeof enough / sizeof *enough) ? enough[m->K] : 0;

    if (nodes > 0 && m->nodes > 1 && 2 * m->nodes + 1 > nodes)
        nodes = 2 * m->nodes + 1;
    nodes = nodes > QUADRATURE_MOST ? QUADRATURE_MOST : nodes;
    return nodes > m->nodes ? nodes : 0;
}

/* The same model with other nodes, from the modes it has: its rows are there once. */
static bool score_with(struct glm *m, int nodes, const struct glm_task *task, double score[], struct glmm_error *err)
{
    struct quadrature_work *own = m->quadrature;
    int own_nodes = m->nodes, evaluations = m->evaluations;
    double tolerance = m->mode_tolerance;
    bool ok;

    m->quadrature = NULL;
    m->nodes = nodes;
    m->mode_tolerance = MODE_EXACT;
    m->known = false;
    ok = quadrature_prepare(m, err) && glm_deviance(m, task->opt.x, score) < MINIMIZE_BAD;
    quadrature_free(m->quadrature);
    m->quadrature = own;
    m->nodes = own_nodes;
    m->evaluations = evaluations;
    m->mode_tolerance = tolerance;
    m->known = false;
    return ok;
}

/* The score of the likelihood with more nodes at phi; false where it cannot be had, with *err when memory is out. */
static bool score_of_nodes(const struct glm_task *task, int nodes, double score[], struct glmm_error *err)
{
    struct glm *m = task->m;
    size_t q = (size_t)m->q, size = sizeof(double) * q;
    double *modes = mem_alloc(2 * q + 1, sizeof *modes);
    struct glmm_error own = { 0 };
    bool ok;

    if (modes == NULL)
        return fail_memory(err);
    memcpy(modes, m->u, size);
    memcpy(modes + q, m->u_best, size);
    ok = score_with(m, nodes, task, score, &own);
    memcpy(m->u, modes, size);
    memcpy(m->u_best, modes + q, size);
    mem_free(modes);
    for (int j = 0; ok && j < task->count; j++) {
        score[j] *= -0.5;
        ok = isfinite(score[j]);
    }
    if (own.code == GLMM_E_MEMORY)
        fail_memory(err);
    return ok;
}

/* --- importance sampling ---------------------------------------------------------------------- */

struct draws {
    struct glm *m;
    int n, pairs;
    double *modes, *eta, *slope, *weight; /* at the modes: q, and n each */
    double *shape;                        /* at the modes, of each shape: the slope in it and its derivatives in eta, n each */
    double *score;                        /* 2 pairs x n: s - s0 */
    double *log_weight;                   /* 2 pairs */
    double *expected;                     /* n: E_q[s0] */
};

/* v = M^-1 z~ over the slots of row i; returns the variance of eta under q. */
static double row_variance(const struct glm *m, size_t i, double v[])
{
    const double *zt = m->zt + i * (size_t)m->K;
    const int32_t *place = m->place + i * (size_t)(m->K * (m->K + 1) / 2);
    double h = 0;

    for (int a = 0; a < m->K; a++) {
        v[a] = 0;
        for (int b = 0; b < a; b++, place++) {
            v[a] += m->precision->inverse[*place] * zt[b];
            v[b] += m->precision->inverse[*place] * zt[a];
        }
        v[a] += m->precision->inverse[*place++] * zt[a];
    }
    for (int a = 0; a < m->K; a++)
        h += zt[a] * v[a];
    return h;
}

/* out[theta] += z_a r_b for the entries of the templates. */
static void add_templates(const struct glm *m, size_t i, const double r[], double out[])
{
    for (int t = 0; t < m->term_count; t++) {
        const struct glm_term *term = &m->terms[t];
        const double *z = m->z + i * (size_t)m->K + term->slot;
        double *entry = out + m->p + term->theta;

        for (int b = 0; b < term->k; b++)
            for (int a = b; a < term->design->covariance->end(term->k, b); a++)
                *entry++ += z[a] * r[term->slot + b];
    }
}

static void add_fixed(const struct glm *m, const double slope[], double out[])
{
    for (int j = 0; j < m->p; j++) {
        const double *x = m->X + (size_t)j * m->n;

        for (size_t i = 0; i < m->n; i++)
            out[j] += x[i] * slope[i];
    }
}

/* The parts whose parameters are free: all but one that is held, the last. */
static int free_parts(const struct glm *m)
{
    return m->part_count - m->held;
}

/* Keeps what holds at the modes, and E_q[s0] from it. */
static void set_expected(struct draws *d)
{
    struct glm *m = d->m;
    double v[GLM_SLOTS], r[GLM_SLOTS], *out = d->expected;
    double *rest = out + m->p + m->theta_count;

    memcpy(d->modes, m->u, sizeof(double) * (size_t)m->q);
    memcpy(d->eta, m->eta, sizeof(double) * m->n);
    memcpy(d->slope, m->d[D_ETA], sizeof(double) * m->n);
    add_fixed(m, d->slope, out);
    for (size_t i = 0; i < m->n; i++) {
        const int32_t *column = m->column + i * (size_t)m->K;
        double h = row_variance(m, i, v);

        d->weight[i] = -m->d[D_ETA2][i];
        for (int a = 0; a < m->K; a++)
            r[a] = d->slope[i] * m->u[column[a]] - d->weight[i] * v[a];
        add_templates(m, i, r, out);
        for (int k = 0; k < free_parts(m); k++) {
            double *const *here = m->d + D_SHAPE(m->part[k].slot);

            for (size_t j = 0; j < 3; j++)
                d->shape[(3 * (size_t)k + j) * m->n + i] = here[j][i];
            glm_add_rest(m, &m->part[k], i, here[0][i] + 0.5 * h * here[2][i], rest);
        }
    }
    for (int k = 0; k < free_parts(m); k++)
        if (m->part[k].index == NULL)
            rest[m->part[k].first] += m->constant_slope[m->part[k].slot];
}

/* y := M^-1 g at m->u_try, where the derivatives are. */
static void set_gradient_of_modes(struct glm *m, double y[])
{
    memcpy(y, m->u_try, sizeof(double) * (size_t)m->q);
    for (size_t i = 0; i < m->n; i++) {
        const double *zt = m->zt + i * (size_t)m->K;
        const int32_t *column = m->column + i * (size_t)m->K;

        for (int a = 0; a < m->K; a++)
            y[column[a]] -= m->d[D_ETA][i] * zt[a];
    }
    precision_solve(m->precision, y);
}

/* log w and s - s0 at m->u_try; false where the density does not exist there. */
static bool set_draw(struct draws *d, int r, double top, double half_norm)
{
    struct glm *m = d->m;
    double *s = d->score + (size_t)r * (size_t)d->n, *slope = m->fixed_slope, *y = m->adjoint, c[GLM_SLOTS];
    double penalized = glm_evaluate(m, m->u_try);
    double *rest = s + m->p + m->theta_count;

    if (!isfinite(penalized))
        return false;
    d->log_weight[r] = top - penalized + half_norm;
    memset(s, 0, sizeof(double) * (size_t)d->n);
    set_gradient_of_modes(m, y);
    for (size_t i = 0; i < m->n; i++) {
        const double *zt = m->zt + i * (size_t)m->K;
        const int32_t *column = m->column + i * (size_t)m->K;
        double zx = m->eta[i] - d->eta[i], zy = 0, w = d->weight[i];

        for (int a = 0; a < m->K; a++)
            zy += zt[a] * y[column[a]];
        slope[i] = m->d[D_ETA][i] - d->slope[i] + w * zy;
        for (int a = 0; a < m->K; a++) {
            double mode = d->modes[column[a]], x = m->u_try[column[a]] - mode;

            c[a] = m->d[D_ETA][i] * m->u_try[column[a]] - d->slope[i] * (mode + y[column[a]]) + w * zy * mode
                   + 0.5 * w * (zy * x + zx * y[column[a]]);
        }
        add_templates(m, i, c, s);
        for (int k = 0; k < free_parts(m); k++) {
            const double *at = d->shape + 3 * (size_t)k * m->n + i;
            double slope_here = m->d[D_SHAPE(m->part[k].slot)][i];

            glm_add_rest(m, &m->part[k], i, slope_here - at[0] - at[m->n] * zy - 0.5 * at[2 * m->n] * zx * zy, rest);
        }
    }
    add_fixed(m, slope, s);
    return true;
}

static bool take_draws(struct draws *d)
{
    struct glm *m = d->m;
    double top = m->penalized, *x = m->step;

    for (int r = 0; r < d->pairs; r++) {
        struct rng rng;
        double norm = 0;

        if (!glm_goes_on(m))
            return false;
        rng_init(&rng, SEED, (uint64_t)r);
        for (int j = 0; j < m->q; j++) {
            x[j] = rng_normal(&rng);
            norm += x[j] * x[j];
        }
        precision_solve_upper(m->precision, x);
        for (int sign = -1; sign <= 1; sign += 2) {
            for (int j = 0; j < m->q; j++)
                m->u_try[j] = d->modes[j] + sign * x[j];
            if (!set_draw(d, 2 * r + (sign > 0), top, 0.5 * norm))
                return false;
        }
    }
    return true;
}

/* The score and the pairs' contributions; false where too few draws are effective. */
static bool weigh(struct draws *d, double score[], double contribution[])
{
    double largest = -INFINITY, sum = 0, squares = 0;
    int draws = 2 * d->pairs;

    for (int r = 0; r < draws; r++)
        largest = fmax(largest, d->log_weight[r]);
    for (int r = 0; r < draws; r++) {
        d->log_weight[r] = exp(d->log_weight[r] - largest);
        sum += d->log_weight[r];
        squares += d->log_weight[r] * d->log_weight[r];
    }
    if (!(sum * sum / squares >= EFFECTIVE_SHARE * draws))
        return false;
    for (int i = 0; i < d->n; i++) {
        double mean = 0;

        for (int r = 0; r < d->pairs; r++) {
            double pair = 0;

            for (int side = 2 * r; side < 2 * r + 2; side++)
                pair += 0.5 * d->log_weight[side] * draws / sum * d->score[side * d->n + i];
            contribution[r * d->n + i] = pair;
            mean += pair / d->pairs;
        }
        score[i] = d->expected[i] + mean;
    }
    return true;
}

/* At the optimum of Laplace's approximation, whose modes and factor m holds; the modes are put back.  False where too few draws
 * are effective, with *err when memory is out. */
static bool score_of_draws(const struct glm_task *task, int pairs, double score[], double contribution[], struct glmm_error *err)
{
    struct glm *m = task->m;
    struct draws d = { .m = m, .n = task->count, .pairs = pairs };
    size_t rows = m->n, n = (size_t)d.n, draws = 2 * (size_t)pairs;
    size_t shapes = 3 * rows * (size_t)m->part_count;
    double *block = NEW_ARRAY(double, (size_t)m->q + 3 * rows + shapes + draws * n + draws + n);
    bool ok = block != NULL;

    if (!ok)
        return fail_memory(err);
    d.modes = block;
    d.eta = d.modes + m->q;
    d.slope = d.eta + rows;
    d.weight = d.slope + rows;
    d.shape = d.weight + rows;
    d.score = d.shape + shapes;
    d.log_weight = d.score + draws * n;
    d.expected = d.log_weight + draws;
    set_expected(&d);
    ok = take_draws(&d) && weigh(&d, score, contribution);
    memcpy(m->u, d.modes, sizeof(double) * (size_t)m->q);
    m->known = false;
    mem_free(block);
    return ok;
}

/* --- the whole -------------------------------------------------------------------------------- */

static bool has_integral_error(const struct glm_task *task, const struct fit *fit)
{
    return task->m->q > 0 && task->count > 0 && task->opt.have_hessian && fit->joint_vcov != NULL && fit->method != METHOD_PQL
           && fit->method != METHOD_IS && (fit->optimum.verdict == VERDICT_OK || fit->optimum.verdict == VERDICT_BOUNDARY);
}

/* The score of the likelihood by draws, and that of the prior; scratch: as many as parameters. */
static void add_prior_score(const struct glm_task *task, double score[], double scratch[])
{
    struct glm *m = task->m;

    memset(scratch, 0, sizeof(double) * (size_t)task->count);
    glm_value(m, task->opt.x);
    penalty_slopes(m, task->opt.x, scratch);
    for (int j = 0; j < task->count; j++)
        score[j] -= 0.5 * scratch[j];
}

bool glm_price_approximation(const struct glm_task *task, struct fit *fit, struct glmm_error *err)
{
    const struct glm *m = task->m;
    struct approximation *out = &fit->approximation;
    struct pricing p = { .fit = fit, .m = m, .n = task->count, .stride = fit->joint_count, .out = out };
    int nodes = more_nodes(m), pairs = m->passes / PASSES_A_PAIR + (int)(CHEAP_ROWS / m->n);
    size_t n = (size_t)p.n;
    struct glmm_error own = { 0 };

    *out = (struct approximation){ 0 };
    if (!has_integral_error(task, fit))
        return true;
    pairs = pairs < PAIRS_LEAST ? PAIRS_LEAST : pairs > PAIRS_MOST ? PAIRS_MOST : pairs;
    p.score = NEW_ARRAY(double, (3 + (size_t)pairs) * n + 1);
    if (p.score == NULL)
        return fail_memory(err);
    p.slope = p.score + n;
    p.direction = p.slope + n;
    p.covariance = p.direction + n;
    if (nodes > 0 && score_of_nodes(task, nodes, p.score, &own)) {
        out->nodes = nodes;
    } else if (own.code == GLMM_OK && m->nodes == 1 && score_of_draws(task, pairs, p.score, p.covariance, &own)) {
        out->draws = 2 * pairs;
        p.pairs = pairs;
        add_prior_score(task, p.score, p.slope);
    }
    if (out->nodes > 0 || out->draws > 0) {
        to_beta_score(m, p.score);
        for (int r = 0; r < p.pairs; r++)
            to_beta_score(m, p.covariance + (size_t)r * n);
        price_all(&p);
    }
    mem_free(p.score);
    return own.code == GLMM_OK || fail_memory(err);
}
