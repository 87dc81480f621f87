/* lmm-bent.c -- the deviance of a linear mixed model as searches see it: in the entries x of the inner templates, and in bent
 * coordinates phi, which the minimizer moves, with slopes and second derivatives.
 *
 *     x = BEND sinh(phi)                    on the diagonals of the templates
 *     x' = phi' sqrt(1 + (x / 2)^2)         below a diagonal x
 *
 * The first is logarithmic for effects worth speaking of, where the deviance is nearly quadratic in the logarithm, and linear
 * through 0; the entries below grow with it. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "fit/lmm-private.h"
#include "fit/minimize.h"
#include "linalg/lapack.h"

/* Of what a step gained it leaves about 1/200, of which so much may be error that few draws tell badly; and the share of what
 * there is to gain that may be. */
static const double NEXT_GAIN = 1e-5, PROBED_SHARE = 0.02;
static const double LANDING = 0.2; /* of what the rows of a level tell from 0: a standard deviation that may be 0 */
static const double BEND = LMM_BEND;

bool lmm_is_at(const struct lmm_task *task, const double x[])
{
    return task->known && memcmp(task->last, x, sizeof(double) * (size_t)task->m->theta_count) == 0;
}

void lmm_set_at(struct lmm_task *task, const double x[], double value)
{
    memcpy(task->last, x, sizeof(double) * (size_t)task->m->theta_count);
    task->last_value = value;
    task->known = task->known_gradient = true;
}

static double value_at(void *context, const double x[], bool *stop)
{
    struct lmm_task *task = context;
    struct lmm *m = task->m;

    if (lmm_is_at(task, x))
        return task->last_value;
    task->evaluations++;
    memcpy(task->last, x, sizeof(double) * (size_t)m->theta_count);
    task->last_value = lmm_value(m, x);
    task->known = true;
    task->known_gradient = false;
    task->watch.done = task->evaluations;
    task->watch.value = task->last_value;
    if (watch_stops(&task->watch))
        *stop = true;
    return task->last_value;
}

static bool slopes_at(void *context, const double x[], double gradient[], bool *stop)
{
    struct lmm_task *task = context;
    struct lmm *m = task->m;

    (void)x; /* the last one */
    if (!task->known_gradient && (!lmm_slopes(m) || watch_stopped(&task->watch))) {
        *stop = *stop || watch_stopped(&task->watch);
        task->last_value = MINIMIZE_BAD;
        return false;
    }
    task->known_gradient = true;
    for (int i = 0; i < m->theta_count; i++)
        gradient[i] = m->logdet_gradient[i] + m->degrees / m->rss * m->rss_gradient[i];
    return true;
}

/* The diagonal comes first in each column. */
void lmm_from_bent(struct lmm_task *task, const double phi[], double x[])
{
    for (int t = 0; t < task->m->term_count; t++) {
        const struct lmm_term *term = &task->m->terms[t];
        double scale = 1.0;

        FOR_FREE_ENTRIES (term, a, b, i) {
            x[i] = a == b ? BEND * sinh(phi[i]) : phi[i] * scale;
            if (a == b)
                scale = lmm_column_scale(x[i]);
        }
    }
}

void lmm_to_bent(struct lmm_task *task, const double x[], double phi[])
{
    for (int t = 0; t < task->m->term_count; t++) {
        const struct lmm_term *term = &task->m->terms[t];
        double scale = 1.0;

        FOR_FREE_ENTRIES (term, a, b, i) {
            phi[i] = a == b ? asinh(x[i] / BEND) : x[i] / scale;
            if (a == b)
                scale = lmm_column_scale(x[i]);
        }
    }
}

/* From the gradient in x to that in phi: with s the scale of a column and x its diagonal, ds/dx = x / (4 s). */
static void bend_gradient(struct lmm_task *task, double gradient[])
{
    const double *x = task->unbent;

    for (int t = 0; t < task->m->term_count; t++) {
        const struct lmm_term *term = &task->m->terms[t];
        double scale = 1.0;
        int diagonal = term->first;

        FOR_FREE_ENTRIES (term, a, b, i)
            if (a == b) {
                diagonal = i;
                scale = lmm_column_scale(x[i]);
            } else {
                gradient[diagonal] += 0.25 * gradient[i] * x[i] * x[diagonal] / (scale * scale);
                gradient[i] *= scale;
            }
        FOR_FREE_ENTRIES (term, a, b, i)
            if (a == b)
                gradient[i] *= hypot(x[i], BEND);
    }
}

static double value_bent(void *context, const double phi[], bool *stop)
{
    struct lmm_task *task = context;

    lmm_from_bent(task, phi, task->unbent);
    return value_at(task, task->unbent, stop);
}

/* Whether slopes about as they are may do at the last place: where a step before has left much to gain beside what they err by;
 * never again where they once did not. */
static bool may_probe(struct lmm_task *task)
{
    bool may = !isnan(task->probed) && !task->known_gradient && !task->m->by_rows
               && (isinf(task->probed) || (task->probed - task->last_value) * NEXT_GAIN > task->noise);

    task->probed = may ? task->last_value : (double)NAN;
    return may;
}

/* Such slopes, in x; false where they err by too much, or are not finite. */
static bool probe(struct lmm_task *task, double gradient[])
{
    struct lmm *m = task->m;
    double *variance = task->bent, gain = 0.0;

    if (!lmm_probe(m, variance)) {
        task->probed = (double)NAN;
        return false;
    }
    task->noise = 0.0;
    for (int t = 0; t < m->term_count; t++)
        FOR_FREE_ENTRIES (&m->terms[t], a, b, i) {
            double x = lmm_diagonal(&m->terms[t], task->unbent, b), rate = a == b ? hypot(x, BEND) : lmm_column_scale(x);

            gradient[i] = m->logdet_gradient[i] + m->degrees / m->rss * m->rss_gradient[i];
            gain += 0.5 * rate * rate * gradient[i] * gradient[i] / task->curvature[i];
            task->noise += 0.5 * rate * rate * variance[i] / task->curvature[i];
        }
    if (!(task->noise < PROBED_SHARE * gain))
        task->probed = (double)NAN;
    return !isnan(task->probed);
}

static bool slopes_bent(void *context, const double phi[], double gradient[], bool *stop)
{
    struct lmm_task *task = context;

    lmm_from_bent(task, phi, task->unbent);
    if (!(may_probe(task) && probe(task, gradient)) && !slopes_at(task, task->unbent, gradient, stop))
        return false;
    bend_gradient(task, gradient);
    return true;
}

bool lmm_curvature_at(struct lmm_task *task, double slopes[])
{
    struct lmm *m = task->m;
    int n = m->theta_count;
    double *H = task->opt.hessian;

    if (m->by_rows || !lmm_curvature_set(task->curvatures, m, task->logdet_hessian, task->rss_hessian, slopes))
        return false;
    for (int j = 0; j < n; j++)
        for (int i = 0; i < n; i++)
            H[i + j * n] =
                task->logdet_hessian[i + j * n]
                + m->degrees / m->rss * (task->rss_hessian[i + j * n] - m->rss_gradient[i] * m->rss_gradient[j] / m->rss);
    return true;
}

/* J'H J + the slopes in x times the second derivatives of x.  Below a diagonal d = BEND sinh(phi_d) of rate c = hypot(d, BEND)
 * stand x = phi s(d), s' = d / (4 s), s'' = 1 / (4 s^3). */
static bool hessian_bent(void *context, const double phi[], double out[], bool *stop)
{
    struct lmm_task *task = context;
    struct lmm *m = task->m;
    int n = m->theta_count;
    double *J = task->opt.T, *half = task->opt.vectors, *g = task->bent;
    const double one = 1.0, zero = 0.0;

    if (!lmm_curvature_at(task, NULL) || !slopes_at(task, task->unbent, g, stop))
        return false;
    memset(J, 0, sizeof(double) * (size_t)n * (size_t)n);
    for (int t = 0; t < m->term_count; t++) {
        const struct lmm_term *term = &m->terms[t];
        double s = 1.0, rate = 1.0, d = 0.0;
        int diagonal = term->first;

        FOR_FREE_ENTRIES (term, a, b, i)
            if (a == b) {
                diagonal = i;
                d = task->unbent[i];
                s = lmm_column_scale(d);
                rate = hypot(d, BEND);
                J[i + i * n] = rate;
            } else {
                J[i + i * n] = s;
                J[i + diagonal * n] = phi[i] * d / (4.0 * s) * rate;
            }
    }
    dgemm_("N", "N", &n, &n, &n, &one, task->opt.hessian, &n, J, &n, &zero, half, &n);
    dgemm_("T", "N", &n, &n, &n, &one, J, &n, half, &n, &zero, out, &n);
    for (int t = 0; t < m->term_count; t++) {
        const struct lmm_term *term = &m->terms[t];
        double s = 1.0, rate = 1.0, d = 0.0;
        int diagonal = term->first;

        FOR_FREE_ENTRIES (term, a, b, i)
            if (a == b) {
                diagonal = i;
                d = task->unbent[i];
                s = lmm_column_scale(d);
                rate = hypot(d, BEND);
                out[i + i * n] += g[i] * d;
            } else {
                out[diagonal + diagonal * n] += g[i] * phi[i] * (rate * rate / (4.0 * s * s * s) + d * d / (4.0 * s));
                out[i + diagonal * n] += g[i] * d / (4.0 * s) * rate;
                out[diagonal + i * n] = out[i + diagonal * n];
            }
    }
    return true;
}

/* A step in the logarithm of a diagonal entry counts as 1, an entry below as the size of its row, or what the rows of a level
 * tell from 0. */
static void sizes_bent(void *context, const double phi[], double out[])
{
    struct lmm_task *task = context;
    const struct lmm *m = task->m;

    (void)phi;
    for (int t = 0; t < m->term_count; t++) {
        const struct lmm_term *term = &m->terms[t];
        double least = (double)term->levels / (double)m->n;

        FOR_FREE_ENTRIES (term, a, b, i) {
            double row = least;

            if (a == b) {
                out[i] = 1.0;
                continue;
            }
            for (int e = 0; e <= a; e++) {
                double x = task->unbent[term->first + e * term->k - e * (e - 1) / 2 + (a - e)];

                row += x * x;
            }
            out[i] = sqrt(row) / lmm_column_scale(lmm_diagonal(term, task->unbent, b));
        }
    }
}

/* What rounding makes of the deviance: r^2 is what is left of y'y, which is n in the inner units; or a sum of squares of
 * residuals that are left of y. */
static double rounding(void *context, double deviance)
{
    const struct lmm *m = ((const struct lmm_task *)context)->m;
    double left = (double)m->n / m->rss;

    return DBL_EPSILON * fmax(fabs(deviance), m->degrees * (m->by_rows ? sqrt(left) : left));
}

static bool is_known(void *context, const double phi[], double value, double gain)
{
    struct lmm_task *task = context;

    lmm_from_bent(task, phi, task->unbent);
    return optimizer_is_known(&task->opt, task->unbent, value, gain);
}

/* Singular values of templates that are small beside what the rows of a level tell from 0 are put at 0. */
static bool land(void *context, const double phi[], double there[])
{
    struct lmm_task *task = context;
    const struct lmm *m = task->m;
    int zero = 0;

    lmm_from_bent(task, phi, task->unbent);
    for (int t = 0; t < m->term_count; t++) {
        const struct lmm_term *term = &m->terms[t];

        zero += term->covariance->settle(term->k, NULL, LANDING * sqrt((double)term->levels / (double)m->n),
                                         task->unbent + term->first);
    }
    lmm_to_bent(task, task->unbent, there);
    return zero > 0;
}

void lmm_set_objectives(struct lmm_task *task)
{
    int n = task->m->theta_count;

    task->opt.objective =
        (struct objective){ .n = n, .context = task, .value = value_at, .gradient = slopes_at, .rounding = rounding };
    task->problem.objective = (struct objective){ .n = n,
                                                  .context = task,
                                                  .value = value_bent,
                                                  .gradient = slopes_bent,
                                                  .hessian = task->curvatures != NULL ? hessian_bent : NULL,
                                                  .sizes = sizes_bent,
                                                  .rounding = rounding };
    task->problem.is_known = is_known;
    task->problem.land = land;
}
