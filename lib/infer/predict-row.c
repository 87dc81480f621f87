/* predict-row.c -- what is predicted for one row, its error and its interval.
 *
 *   eta = x'beta + offset + sum over known terms z'b,     s^2 = sum over averaged terms z' Cov z
 *   mean = E[mu(eta + s v)]                                (s = 0: mu(eta))
 *
 * The variance of eta is c'Vc and that of the modes given beta (joint.h); by the delta method it becomes that of the mean. */
#include "infer/predict-private.h"

#include <math.h>
#include <string.h>

#include "fit/identify.h"
#include "fit/scales.h"
#include "infer/ci.h"
#include "model/family-parts.h"

struct row_terms {
    double eta, variance; /* of eta, from the modes alone */
    double spread;        /* s^2 */
    bool is_new, is_related;
};

static double effect(const struct random_rows *rows, size_t i, size_t k, size_t a)
{
    return rows->z == NULL ? 1 : rows->z[i * k + a];
}

/* A term whose level is known: its modes. */
static void add_modes(struct predict_work *w, int t, size_t i, struct row_terms *row)
{
    const struct random_rows *rows = &w->rows->random[t];
    const struct random_fit *random = &w->fit->random[t];
    size_t k = (size_t)random->k, l = (size_t)rows->level[i];

    for (size_t a = 0; a < k; a++)
        row->eta += effect(rows, i, k, a) * random->modes[l * k + a];
}

/* The number of a level that is a relative of those of the model, or -1. */
static int32_t relative_of(const struct predict_work *w, int t, size_t i)
{
    const struct random_rows *rows = &w->rows->random[t];

    return w->has_relatives && rows->relative != NULL ? rows->relative[i] : -1;
}

/* A term that is averaged over: s^2 += z'Cov z, and in `slope` (the term's entries of theta)
 * d(s^2)/dtheta = 2 z_a (Lambda'z)_b; by a matrix K both times what the row's level has with itself there. */
static void add_spread(struct predict_work *w, int t, size_t i, double *slope, struct row_terms *row)
{
    const struct random_rows *rows = &w->rows->random[t];
    const struct random_fit *random = &w->fit->random[t];
    double related = random_related(&w->design->random[t], rows->level == NULL ? -1 : rows->level[i]);
    size_t k = (size_t)random->k;

    for (size_t b = 0; b < k; b++) {
        double product = 0;

        for (size_t a = b; a < k; a++)
            product += random->lambda[a + b * k] * w->fit->sigma * effect(rows, i, k, a);
        row->spread += product * product * related;
        for (size_t a = b; a < covariance_end(w->design->random[t].covariance, k, b); a++)
            *slope++ = 2 * effect(rows, i, k, a) * product * related;
    }
}

/* Levels and effects in row i of the terms of another predictor whose groups are known. */
static void set_beside(struct predict_work *w, const struct part_rows *p, size_t i)
{
    int first;

    if (p->random == NULL)
        return;
    first = design_first_term(w->design, fit_part_place(p->part->kind));
    for (int t = 0; t < p->part->design->random_count; t++) {
        w->level[first + t] = p->random[t].level == NULL ? -1 : p->random[t].level[i];
        w->z[first + t] = p->random[t].z == NULL ? NULL : p->random[t].z + i * (size_t)p->part->random[t].k;
    }
}

/* Whether what is asked for hangs on a level without modes. */
static bool has_new_level(const struct predict_work *w)
{
    int part;

    for (int t = 0; t < design_term_count(w->design); t++) {
        design_term(w->design, t, &part);
        if (w->level[t] < 0 && !term_is_left_out(w, t) && predict_hangs_on(w, part))
            return true;
    }
    return false;
}

/* The linear predictor, what varies around it, and c (in theta: the slope of s^2). */
static struct row_terms row_terms(struct predict_work *w, size_t i)
{
    const struct design *design = w->design;
    struct row_terms row = { .eta = w->rows->offset == NULL ? 0 : w->rows->offset[i] };
    double *slope = w->c + design->p;

    memset(w->c, 0, sizeof *w->c * (size_t)w->count);
    for (int j = 0; j < design->p; j++)
        w->c[j] = w->rows->X[i + (size_t)j * w->rows->n];
    row.eta += fit_linear(w->fit, w->rows->X + i, w->rows->n);
    if (!isfinite(row.eta) && w->fit->recession != NULL) /* whatever the groups */
        return row;
    for (int t = 0; t < design->random_count && w->options->groups != PREDICT_TYPICAL; t++) {
        bool conditional = w->options->groups == PREDICT_CONDITIONAL, left_out = conditional && term_is_left_out(w, t);
        bool known = conditional && !left_out && w->rows->random[t].level[i] >= 0;
        int32_t relative = left_out ? -1 : relative_of(w, t, i);

        w->level[t] = known ? w->rows->random[t].level[i] : relative;
        w->z[t] = w->rows->random[t].z == NULL ? NULL : w->rows->random[t].z + i * (size_t)design->random[t].k;
        if (known)
            add_modes(w, t, i, &row);
        else if (relative >= 0)
            row.eta += joint_mode(w->joint, t, relative, w->z[t]);
        else if (!left_out && (!conditional || w->options->new_levels == PREDICT_NEW_POPULATION))
            add_spread(w, t, i, slope, &row);
        row.is_related = row.is_related || relative >= 0;
        slope += design->random[t].covariance->count(design->random[t].k);
    }
    set_beside(w, &w->zero, i);
    set_beside(w, &w->dispersion, i);
    row.is_new = w->options->groups == PREDICT_CONDITIONAL && has_new_level(w);
    if (w->joint != NULL && !mean_is_inflated(w))
        row.variance = joint_row(w->joint, w->level, w->z, (double[1 + DESIGN_PARTS]){ 1 }, w->c);
    return row;
}

/* c'Vc over the fixed effects and, with `joint`, the covariance parameters. */
static double quadratic(const struct predict_work *w, bool joint)
{
    int p = w->design->p;

    if (w->joint == NULL && fit_error_is_open(w->fit, w->c, joint))
        return (double)NAN;
    if (joint)
        return fit_joint_quadratic(
            w->fit, w->zero.part != NULL || w->dispersion.part != NULL ? w->fit->joint_count : p + w->theta_count + w->rest_count,
            w->c);
    return fit_variance_told(w->fit, w->c);
}

/* The end of an interval on the scale of the response. */
static double response_of(const struct link *link, double eta)
{
    double mu[4];

    if (link == NULL)
        return eta;
    link_inverse(link, eta, mu);
    return mu[0];
}

/* Estimate, se and interval from the mean and its standard error; `eta` and `eta_se` are those of the linear predictor. */
static void set_row(struct predict_work *w, size_t i, double mean, double mean_se, double eta, double eta_se)
{
    const struct link *link = link_of_intervals(w->link);
    struct prediction *out = w->out;
    double low = eta - w->quantile * eta_se, high = eta + w->quantile * eta_se;

    out->estimate[i] = w->options->link_scale ? eta : mean;
    out->se[i] = w->options->link_scale ? eta_se : mean_se;
    if (!w->options->link_scale && link->valid != NULL) {
        low = mean - w->quantile * mean_se;
        high = mean + w->quantile * mean_se;
    } else if (!w->options->link_scale && isfinite(eta_se)) {
        low = response_of(link, low);
        high = response_of(link, high);
    }
    out->lower[i] = isnan(eta_se) ? (double)NAN : fmin(low, high);
    out->upper[i] = isnan(eta_se) ? (double)NAN : fmax(low, high);
}

/* The mean of the row and its slopes, or an error that says why there is none. */
static bool mean_of_row(struct predict_work *w, size_t i, const struct row_terms *row, struct row_mean *mean)
{
    const struct link *link = w->link;

    if (isnan(row->eta)) { /* a coefficient that runs with the dispersion (fit/limits-series.c) */
        *mean = (struct row_mean){ .average = { (double)NAN, (double)NAN, (double)NAN } };
        return true;
    }
    if (row->spread > 0 || part_rows_spread(&w->dispersion, i) > 0) {
        if (row_mean_over(w->averager, &w->dispersion, i, row->eta, row->spread, mean))
            return true;
        if (mean->crossed && w->fit->family->mean_runs_away)
            return fail(w->err, GLMM_E_MODEL, NOWHERE,
                        "over the random effects of disp= the mean of %s has no bound: it grows as exp(sigma^2/2); re=typical",
                        w->fit->family->name);
        fail(w->err, GLMM_E_MODEL, NOWHERE,
             "row %zu has no population mean: with the link %s some groups would have a linear predictor without a mean",
             w->out->row[i] + 1, link->name);
        error_hint(w->err, "re=typical, or a model with the link log");
        return false;
    }
    if ((link->valid == NULL || link->valid(row->eta)) && row_mean_typical(w->averager, row->eta, mean))
        return true;
    return fail(w->err, GLMM_E_DATA, NOWHERE, "the linear predictor of row %zu is %.4g, which the link %s does not allow",
                w->out->row[i] + 1, row->eta, link->name);
}

/* Whether effects are held at 0, where what runs with an infinite variance is not told; nor is it, with the effects as they are,
 * on the scale of the link. */
static bool holds_effects(const struct predict_work *w)
{
    bool over = w->options->groups == PREDICT_POPULATION, held = w->options->groups == PREDICT_TYPICAL;

    held = held || (w->options->groups == PREDICT_CONDITIONAL && w->options->link_scale);
    for (int t = 0; !over && t < w->fit->design->random_count; t++)
        held = held || (w->level[t] < 0 && (term_is_left_out(w, t) || w->options->new_levels != PREDICT_NEW_POPULATION));
    return held;
}

/* Of effects whose sum alone is determined some are known in this row, and others are not; or a mean over an open variance. */
static bool is_open(const struct predict_work *w, size_t i)
{
    const struct identity *identity = w->fit->identity;
    bool linear = w->fit->mean_link->kind == LINK_IDENTITY, fixed = fit_average_is_open(w->fit, w->c);

    if (holds_effects(w) && fit_runs_off(w->fit, w->rows->X + i, w->rows->n))
        return true;
    if (identity == NULL || w->options->groups == PREDICT_TYPICAL)
        return fixed;
    if (w->options->groups == PREDICT_POPULATION)
        return fixed || (!linear && identity_spread_is_open(w->fit));
    for (int t = 0; fixed && t < w->fit->design->random_count; t++) /* with the modes of its groups the sum is known */
        for (int a = 0; w->level[t] < 0 && a < w->fit->design->random[t].k; a++)
            if (!fit_knows(w->fit, t, a, a))
                return true;
    return identity_row_is_open(w->fit, w->level, w->z);
}

/* The variance of `slope` times the other predictor in row i, with that of its modes, and of `spread` times the variance of its
 * effects that are averaged over. */
static double part_variance(struct predict_work *w, const struct part_rows *p, size_t i, double slope, double spread)
{
    double variance = part_rows_variance(p, i), rate[1 + DESIGN_PARTS] = { 0 };

    if ((spread == 0 && (p->random == NULL || w->joint == NULL)) || isnan(variance))
        return variance;
    rate[1 + fit_part_place(p->part->kind)] = slope;
    memset(w->c, 0, sizeof *w->c * (size_t)w->count);
    part_rows_gradient(p, i, slope, w->c);
    part_rows_spread_gradient(p, i, spread, w->c);
    variance = w->joint == NULL ? 0 : joint_row(w->joint, w->level, w->z, rate, w->c);
    return variance + quadratic(w, true);
}

/* A predictor beside the mean: estimate, error and interval on its scale, then mapped.  Where effects are averaged over it is the
 * predictor at which the mean is. */
static void set_part_row(struct predict_work *w, size_t i)
{
    bool zeros = w->options->what == PREDICT_ZERO;
    const struct part_rows *p = zeros ? &w->zero : &w->dispersion;
    const struct link *link = zeros ? &link_logit : &link_log;
    struct averager *averager = zeros ? &w->averager->zeros : &w->averager->dispersions;
    const double *scales = w->scales == NULL ? NULL : (w->made != NULL ? w->made->part[DESIGN_DISPERSION]->X : w->scales->X) + i;
    struct prediction *out = w->out;
    double eta, se, ends[3], slope = 1, spread = 0;
    struct average over, at;

    if (w->scales != NULL)
        eta = fit_scales_at(w->fit, scales, w->rows->n);
    else
        eta = p->part != NULL ? part_rows_eta(p, i) : log(fit_dispersion_shown(w->fit));
    if (part_rows_spread(p, i) > 0 && isfinite(eta)) {
        part_rows_average(p, averager, i, &over);
        eta = link_transform(link, over.mean);
        typical_at(link, eta, &at);
        slope = over.slope / at.slope;
        spread = over.curvature / 2 / at.slope;
    }
    se = w->scales != NULL ? fit_scales_se(w->fit, scales, w->rows->n)
         : p->part == NULL ? w->fit->log_dispersion_se
                           : sqrt(part_variance(w, p, i, slope, spread));
    for (int end = -1; end <= 1; end++) {
        double to = end == 0 ? eta : eta + end * w->quantile * se;

        ends[end + 1] = zeros ? 1 / (1 + exp(-to)) : exp(to);
    }
    out->estimate[i] = ends[1];
    out->se[i] = se * (zeros ? ends[1] * (1 - ends[1]) : ends[1]);
    out->lower[i] = ends[0];
    out->upper[i] = ends[2];
}

/* Adds `factor` times what the mean moves with the shapes of the family. */
static void add_shape_slopes(struct predict_work *w, size_t i, const struct row_mean *mean, double factor)
{
    double slope[FAMILY_SHAPES];

    if (w->link->base == NULL || w->rest_count == 0)
        return;
    for (int j = 0; j < FAMILY_SHAPES; j++)
        slope[j] = factor * mean->shape[j];
    if (row_averager_goes_by_row(w->averager)) {
        part_rows_gradient(&w->dispersion, i, slope[0], w->c);
        part_rows_spread_gradient(&w->dispersion, i, factor * mean->spread, w->c);
        slope[0] = 0;
    }
    delta_add_shapes(w->fit, slope, w->c);
}

/* The mean with the zeros of zi=: (1 - pi) times that of the family, whose gradient is in c; the interval is one of its
 * logarithm. */
static void set_inflated_row(struct predict_work *w, size_t i, const struct row_mean *of_family)
{
    const struct average *average = &of_family->average;
    struct average pi;
    struct prediction *out = w->out;
    double share, mean, se, variance = 0;

    part_rows_average(&w->zero, &w->averager->zeros, i, &pi);
    share = 1 - pi.mean;
    mean = share * average->mean;
    for (int j = 0; j < w->design->p + w->theta_count; j++)
        w->c[j] *= share;
    part_rows_gradient(&w->zero, i, -pi.slope * average->mean, w->c);
    part_rows_spread_gradient(&w->zero, i, -pi.curvature / 2 * average->mean, w->c);
    add_shape_slopes(w, i, of_family, share);
    if (w->joint != NULL)
        variance =
            joint_row(w->joint, w->level, w->z,
                      (double[1 + DESIGN_PARTS]){ share * average->slope, [1 + DESIGN_ZERO] = -pi.slope * average->mean }, w->c);
    se = w->fit->joint_count == 0 || !(share > 0) ? (double)NAN : sqrt(quadratic(w, true) + variance);
    out->estimate[i] = mean;
    out->se[i] = se;
    out->lower[i] = mean * exp(-w->quantile * se / mean);
    out->upper[i] = mean * exp(w->quantile * se / mean);
}

/* The gradient in the shapes: what the modes follow of them, in c, and what the mean does by itself; on the scale of the link
 * less what the mean at its linear predictor does, which is all where nothing is averaged over. */
static void add_shapes(struct predict_work *w, size_t i, const struct row_terms *row, const struct row_mean *mean)
{
    struct row_mean moves = *mean, at;
    bool averaged = w->options->link_scale && (row->spread > 0 || mean->crossed);
    double eta = averaged ? link_transform(w->link, mean->average.mean) : row->eta;

    for (int j = 0; j < w->rest_count; j++)
        w->c[w->design->p + w->fit->theta_count + j] *= mean->average.slope;
    if (w->options->link_scale && row_mean_typical(w->averager, eta, &at))
        for (int j = 0; j < FAMILY_SHAPES; j++)
            moves.shape[j] -= at.shape[j];
    add_shape_slopes(w, i, &moves, 1);
}

/* The link on whose scale the interval is made. */
static const struct link *link_of_ends(const struct predict_work *w)
{
    return w->options->link_scale ? w->link : link_of_intervals(w->link);
}

/* What is so before the row is looked at. */
static void begin_row(struct predict_work *w, size_t i, const struct row_terms *row)
{
    w->quantile = w->normal;
    w->out->df[i] = (double)INFINITY;
    w->out->row[i] = w->rows->row == NULL ? i : w->rows->row[i];
    w->out->new_rows += row->is_new;
    w->out->related_rows += row->is_related;
}

static bool tell_nothing(struct prediction *out, size_t i)
{
    out->estimate[i] = out->se[i] = out->lower[i] = out->upper[i] = (double)NAN;
    return true;
}

/* The row is x'beta alone, of a linear model. */
static bool is_linear(const struct predict_work *w)
{
    const struct linear *linear = w->options->linear;

    if (linear == NULL || !linear_has_df(linear) || w->fit->mean_link->kind != LINK_IDENTITY)
        return false;
    for (int t = 0; w->options->groups == PREDICT_CONDITIONAL && t < w->design->random_count; t++)
        if (w->level[t] >= 0)
            return false;
    return true;
}

/* The degrees of freedom of such a row, and its error by Kenward and Roger.  False: memory. */
static bool set_degrees(struct predict_work *w, size_t i, double *se)
{
    const struct linear *linear = w->options->linear;
    double variance;

    if (!(*se > 0) || !is_linear(w))
        return true;
    memcpy(w->function, w->c, sizeof *w->c * (size_t)w->design->p);
    if (!linear_variance(linear, w->function, &variance, &w->out->df[i], w->err))
        return false;
    if (linear->kenward != NULL)
        *se = sqrt(variance);
    w->quantile = wald_quantile(w->out->df[i], w->options->level);
    return true;
}

bool predict_row(struct predict_work *w, size_t i)
{
    const struct link *link = w->link;
    struct row_terms row = row_terms(w, i);
    struct row_mean of;
    struct average average;
    bool joint = (row.spread > 0 || w->rest_count > 0) && w->fit->joint_count > 0;
    double slope, mean_se, eta = row.eta;

    begin_row(w, i, &row);
    if (w->out->estimable != NULL && !w->out->estimable[i])
        return tell_nothing(w->out, i);
    if (w->options->what == PREDICT_ZERO || w->options->what == PREDICT_DISPERSION) {
        set_part_row(w, i);
        return true;
    }
    row_averager_row(w->averager, &w->dispersion, i);
    if (!isfinite(row.eta) && w->fit->recession != NULL) {
        typical_at(link, row.eta, &average);
        set_row(w, i, average.mean, (double)NAN, row.eta, (double)NAN);
        return true;
    }
    if (is_open(w, i))
        return tell_nothing(w->out, i);
    if (!mean_of_row(w, i, &row, &of))
        return false;
    average = of.average;
    for (int j = 0; j < w->design->p; j++)
        w->c[j] *= average.slope;
    for (int j = 0; j < w->theta_count; j++)
        w->c[w->design->p + j] *= average.curvature / 2;
    if (mean_is_inflated(w)) {
        set_inflated_row(w, i, &of);
        return true;
    }
    if (w->rest_count > 0)
        add_shapes(w, i, &row, &of);
    mean_se = quadratic(w, joint);
    if (!isfinite(mean_se) && joint
        && !(w->joint == NULL
             && fit_error_is_open(w->fit, w->c, joint))) /* covariance parameters at a limit have no standard errors */
        mean_se = quadratic(w, false);
    mean_se = sqrt(mean_se + average.slope * average.slope * row.variance);
    if (!set_degrees(w, i, &mean_se))
        return false;
    if ((row.spread > 0 && link->kind != LINK_IDENTITY) || of.crossed || link_of_ends(w) != link) {
        double mu[4];

        link = link_of_ends(w);
        eta = link_transform(link, average.mean);
        link_inverse(link, eta, mu);
        slope = mu[1];
    } else {
        slope = average.slope;
    }
    set_row(w, i, average.mean, mean_se, eta, mean_se / fabs(slope));
    if (!(mean_se > 0) && w->fit->beside != NULL) /* at infinity */
        w->out->se[i] = w->out->lower[i] = w->out->upper[i] = (double)NAN;
    return true;
}
