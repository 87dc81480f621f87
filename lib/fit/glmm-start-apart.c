/* glmm-start-apart.c -- starting values where the factor's tail is large, without a factor; and how far a search goes from them.
 *
 * The working response of the current modes is fitted effect by effect (Gauss and Seidel), each coefficient and each level by its
 * own curvature m_l = 1 + sum w z~^2 alone; behind that, each standard deviation goes where Schall's (1991) step leads,
 *
 *   lambda^2 := lambda^2 sum u_l^2 / sum (1 - 1/m_l),
 *
 * with m_l^-1 for what M^-1 has on its diagonal.  A round costs a few passes over the rows, where one of EM costs several factors
 * and an inverse. */
#include <math.h>
#include <string.h>

#include "fit/glmm-parts.h"
#include "fit/tolerances.h"

enum { LARGE_TAIL = 300, MOST_COEFFICIENTS = 64, ROUNDS = 20, SWEEPS = 4, HALVINGS = 8 };
static const double USUALLY_KNOWN = 0.7; /* the share of an effect's variance that its rows know */
static const double FARTHEST = 16;       /* by how much a round may change a variance */
static const double CLOSE = 0.01;        /* a step of a logarithm that is short beside what the method leaves out */

static bool has_large_tail(const struct glm *m)
{
    return m->precision != NULL && m->precision->tail > LARGE_TAIL;
}

double glm_levels_known(const struct glm *m, const struct glm_term *term)
{
    double sum = 0, q;

    if (!has_large_tail(m) || !m->has_inverse || term->k > 1)
        return USUALLY_KNOWN * USUALLY_KNOWN * term->design->level_count;
    for (int32_t l = 0; l < term->design->level_count; l++) {
        glm_block(m, m->groupings[term->grouping].first[l] + term->offset, 1, &q);
        sum += (1 - q) * (1 - q);
    }
    return fmax(sum, 1);
}

bool glm_start_is_apart(const struct glm *m)
{
    bool apart = m->several == NULL && has_large_tail(m) && m->p <= MOST_COEFFICIENTS;

    for (int t = 0; t < m->term_count; t++)
        apart = apart && m->terms[t].k == 1;
    return apart;
}

static double weight(const struct glm *m, size_t i)
{
    return fmax(-m->d[D_ETA2][i], 0);
}

/* m_l of all unknowns, into m->step. */
static void set_curvatures(struct glm *m)
{
    for (int j = 0; j < m->q; j++)
        m->step[j] = 1;
    for (size_t i = 0; i < m->n; i++)
        for (int a = 0; a < m->K; a++) {
            size_t at = i * (size_t)m->K + (size_t)a;

            m->step[m->column[at]] += weight(m, i) * m->zt[at] * m->zt[at];
        }
}

/* Coefficient j, beside all else; left: n, what is left of the rows' slopes. */
static void fit_coefficient(const struct glm *m, int j, double left[], double phi[])
{
    const double *x = m->X + (size_t)j * m->n;
    double slope = 0, curvature = 0, move;

    for (size_t i = 0; i < m->n; i++) {
        slope += x[i] * left[i];
        curvature += weight(m, i) * x[i] * x[i];
    }
    move = curvature > 0 ? slope / curvature : 0;
    phi[j] += move;
    for (size_t i = 0; i < m->n; i++)
        left[i] -= weight(m, i) * x[i] * move;
}

/* The levels of a slot. */
static void fit_levels(struct glm *m, int slot, double left[])
{
    const struct glm_term *term = m->terms;
    const int32_t *column = m->column + slot;
    const double *zt = m->zt + slot;
    size_t K = (size_t)m->K;

    while (term->slot != slot)
        term++;
    for (int32_t l = 0; l < term->design->level_count; l++) {
        int32_t at = m->groupings[term->grouping].first[l] + term->offset;

        m->slope[at] = -m->u[at];
    }
    for (size_t i = 0; i < m->n; i++)
        m->slope[column[i * K]] += zt[i * K] * left[i];
    for (int32_t l = 0; l < term->design->level_count; l++) {
        int32_t at = m->groupings[term->grouping].first[l] + term->offset;

        m->slope[at] /= m->step[at];
        m->u[at] += m->slope[at];
    }
    for (size_t i = 0; i < m->n; i++)
        left[i] -= weight(m, i) * zt[i * K] * m->slope[column[i * K]];
}

/* Schall's step of each standard deviation; the effects stay.  Returns the largest, of their logarithms. */
static double fit_deviations(struct glm *m, double theta[])
{
    double largest = 0;

    for (int t = 0; t < m->term_count; t++) {
        const struct glm_term *term = &m->terms[t];
        double squares = 0, known = 0, times;

        for (int32_t l = 0; l < term->design->level_count; l++) {
            int32_t at = m->groupings[term->grouping].first[l] + term->offset;

            squares += m->u[at] * m->u[at];
            known += 1 - 1 / m->step[at];
        }
        if (!(squares > 0) || !(known > 0))
            continue;
        times = sqrt(fmin(fmax(squares / known, 1 / FARTHEST), FARTHEST));
        largest = fmax(largest, fabs(log(times)));
        theta[term->theta] *= times;
        for (int32_t l = 0; l < term->design->level_count; l++)
            m->u[m->groupings[term->grouping].first[l] + term->offset] /= times;
    }
    return largest;
}

static double half_square(const struct glm *m)
{
    double sum = 0;

    for (int j = 0; j < m->q; j++)
        sum += m->u[j] * m->u[j];
    return 0.5 * sum;
}

/* A round of sweeps from u and gamma, whose derivatives are at hand and whose log density is *density; halved until h falls.  The
 * derivatives are then those of where it led.  False where it falls nowhere. */
static bool fit_round(struct glm *m, double phi[], double *density)
{
    double *left = m->fixed_slope, *before = m->adjoint, before_phi[MOST_COEFFICIENTS], h = half_square(m) - *density;

    memcpy(before, m->u, sizeof *before * (size_t)m->q);
    memcpy(before_phi, phi, sizeof *before_phi * (size_t)m->p);
    memcpy(left, m->d[D_ETA], sizeof *left * m->n);
    set_curvatures(m);
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
        for (int j = 0; j < m->p; j++)
            fit_coefficient(m, j, left, phi);
        for (int slot = 0; slot < m->K; slot++)
            fit_levels(m, slot, left);
    }
    for (int halving = 0; halving < HALVINGS && glm_goes_on(m); halving++) {
        double now;

        glm_set(m, phi);
        now = glm_evaluate(m, m->u);
        *density = half_square(m) - now;
        if (now < h)
            return true;
        for (int j = 0; j < m->q; j++)
            m->u[j] = 0.5 * (m->u[j] + before[j]);
        for (int j = 0; j < m->p; j++)
            phi[j] = 0.5 * (phi[j] + before_phi[j]);
    }
    return false;
}

bool glm_start_apart(struct glm *m, double phi[])
{
    double density;

    memset(m->u, 0, sizeof(double) * (size_t)m->q);
    glm_set(m, phi);
    density = -glm_evaluate(m, m->u);
    m->known = false;
    for (int round = 0; round < ROUNDS; round++) {
        if (!isfinite(density) || !fit_round(m, phi, &density))
            return false;
        if (fit_deviations(m, phi + m->p) < CLOSE)
            break;
        glm_set(m, phi);
    }
    return true;
}
