/* means-estimate.c -- a mean of means.h with its error and its interval, on each scale. */
#include <math.h>

#include "base/memory.h"
#include "infer/ci.h"
#include "infer/marginal.h"
#include "infer/means.h"
#include "infer/ratio.h"
#include "model/family.h"

/* The mean over the random effects, with the error that their variances add. */
static bool population(const struct means *m, const struct linear_estimate *eta, int cell, double q, struct mean_estimate *out,
                       struct glmm_error *err)
{
    const struct fit *fit = m->fit;
    int p = fit->design->p, count = delta_count(fit);
    struct averager *averager = NEW(struct averager);
    double *gradient = NEW_ARRAY(double, count + p + fit->theta_count + 1), variance;
    struct average average;
    bool ok = averager != NULL && gradient != NULL;

    if (ok) {
        averager_init(averager, fit->link);
        averager_set(averager, m->variance[cell]);
        if (average_at(averager, eta->estimate + m->offset[cell], &average)) {
            for (int j = 0; j < p; j++)
                gradient[j] = average.slope * m->rows.X[(size_t)cell + (size_t)j * m->rows.n];
            for (int t = 0; count > p && t < fit->theta_count; t++) /* the shapes behind them have no part in this mean */
                gradient[p + t] = 0.5 * average.curvature * m->variance_slope[cell * fit->theta_count + t];
            variance = delta_variance(fit, gradient);
            out->estimate = average.mean;
            out->se = sqrt(variance);
            typical_at(fit->link, link_transform(fit->link, average.mean), &average); /* h' there */
            out->lower = link_transform(fit->link, out->estimate) - q * out->se / fabs(average.slope);
            out->upper = link_transform(fit->link, out->estimate) + q * out->se / fabs(average.slope);
        }
    }
    mem_free(averager);
    mem_free(gradient);
    return ok || fail_memory(err);
}

static void back(const struct link *link, struct mean_estimate *out)
{
    struct average a, b;

    if (isnan(out->lower) || !typical_at(link, out->lower, &a) || !typical_at(link, out->upper, &b))
        return;
    out->lower = fmin(a.mean, b.mean);
    out->upper = fmax(a.mean, b.mean);
}

/* Of an ordered response: the linear predictor above the mean of the thresholds, whose errors count; of those that are finite,
 * or, where none is, of all as they stand beside this row. */
static void above_thresholds(const struct means *m, int cell, struct linear_estimate *eta)
{
    const struct fit *fit = m->fit;
    int p = fit->design->p, count = delta_count(fit), shapes = family_shapes(fit->family), finite = 0;
    double *gradient = NEW_ARRAY(double, count + 1), sum = 0, slope[FAMILY_SHAPES] = { 0 }, beside[FAMILY_SHAPES];
    const double *threshold = fit->shape;
    struct fit view;
    struct link own;

    for (int j = 0; j < shapes; j++)
        finite += isfinite(fit->shape[j]) != 0;
    if (finite == 0) {
        fit_view_category(fit, 0, &view, &own, beside);
        eta->estimate = fit_linear(&view, m->rows.X + cell, m->rows.n);
        threshold = view.beside != NULL ? beside : fit->shape;
    }
    for (int j = 0; j < shapes; j++)
        if (finite == 0 || isfinite(threshold[j])) {
            slope[j] = -1.0 / (finite == 0 ? shapes : finite);
            sum -= threshold[j] * slope[j];
        }
    eta->estimate -= sum;
    eta->se = (double)NAN;
    if (isfinite(eta->estimate) && gradient != NULL && fit_mean_has_shapes(fit)) {
        for (int j = 0; j < p; j++)
            gradient[j] = m->rows.X[(size_t)j * m->rows.n + (size_t)cell];
        delta_add_shapes(fit, slope, gradient);
        eta->se = sqrt(delta_variance(fit, gradient));
        eta->df = (double)INFINITY; /* also where the coefficients alone are known without error: at the reference level */
    }
    mem_free(gradient);
}

bool means_estimate(const struct means *m, const struct linear *linear, int cell, enum means_scale scale, double level,
                    struct mean_estimate *out, struct glmm_error *err)
{
    const struct link *link = m->fit->link;
    struct ratio power = { .base = ratio_mean_base(m->model) };
    struct linear_estimate eta;
    struct average at;
    double q;

    if (!linear_estimate(linear, &m->rows, (size_t)cell, &eta, err))
        return false;
    *out = (struct mean_estimate){ .estimable = eta.estimable && !m->empty[cell],
                                   .estimate = (double)NAN,
                                   .se = (double)NAN,
                                   .df = (double)NAN,
                                   .lower = (double)NAN,
                                   .upper = (double)NAN };
    if (!out->estimable)
        return true;
    if (m->model->family->categories > 0 && !m->rows.coefficients) /* a slope is above no threshold */
        above_thresholds(m, cell, &eta);
    q = eta.certain     ? wald_quantile((double)INFINITY, level) /* of the errors that there are beside the coefficients' */
        : isnan(eta.df) ? (double)NAN
                        : wald_quantile(eta.df, level);
    out->estimate = eta.estimate + m->offset[cell];
    out->se = eta.se;
    out->df = eta.df;
    out->lower = out->estimate - q * eta.se;
    out->upper = out->estimate + q * eta.se;
    if (scale == SCALE_LINK)
        return true;
    if (power.base > 0) { /* over the groups too: the mean of a logarithm is linear in their effects */
        ratio_turn(&power, &out->estimate, &out->se, &out->lower, &out->upper);
        return true;
    }
    if (scale == SCALE_POPULATION && isfinite(out->estimate)) {
        if (!population(m, &eta, cell, q, out, err))
            return false;
    } else if (typical_at(link, out->estimate, &at)) {
        out->estimate = at.mean;
        out->se *= fabs(at.slope);
    }
    back(link, out);
    return true;
}
