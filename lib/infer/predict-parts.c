/* predict-parts.c -- see predict-parts.h. */
#include "infer/predict-parts.h"

#include <math.h>
#include <string.h>

#include "fit/limits.h"

void part_rows_init(struct part_rows *p, const struct fit *fit, enum part_kind kind, const struct design_rows *rows)
{
    int place = kind == PART_ZERO ? DESIGN_ZERO : DESIGN_DISPERSION,
        shape = kind == PART_ZERO ? family_zero_shape(fit->family) : 0, at = 0;
    const struct design *design = fit->design->part[place];

    *p = (struct part_rows){ .fit = fit, .part = fit_part_of(fit, kind) };
    if (p->part == NULL)
        return;
    p->n = rows != NULL ? rows->n : design->n;
    p->X = rows != NULL ? rows->part[place]->X : design->X;
    p->offset = rows != NULL ? rows->part[place]->offset : design->offset;
    for (int j = 0; j < p->part->count; j++)
        if (!isfinite(p->part->estimate[j]) && rows == NULL)
            p->known = fit->shape_rows[shape];
    while (at < fit->rest_all && fit->rest_shape[at] != shape)
        at++;
    p->first = fit->joint_count - fit->rest_all + at;
    p->first_theta = fit->design->p;
    for (int t = 0; t < design_first_term(fit->design, place); t++)
        p->first_theta += random_parameters(design_term(fit->design, t, NULL));
}

bool part_rows_want(const struct part_rows *p)
{
    return p->part != NULL && fit_part_is_infinite(p->fit, p->part->kind);
}

bool part_rows_set(struct part_rows *p, struct watch *watch, double known[])
{
    p->known = known;
    p->fixed = true;
    return fit_part_rows(p->fit, p->part->kind, p->X, p->offset, p->n, watch, known);
}

bool part_rows_is_open(const struct part_rows *p, size_t i)
{
    return p->known != NULL && isnan(p->known[i]);
}

bool part_rows_has_no_mean(const struct part_rows *p, size_t i)
{
    return part_rows_is_open(p, i) || (p->known != NULL && isinf(p->known[i]) && !(p->fit->family->limit_sign * p->known[i] > 0));
}

const char *part_rows_why_not(const struct part_rows *p, size_t i)
{
    if (!part_rows_is_open(p, i))
        return "coefficients of disp= are infinite, and the mean has no bound there";
    return p->part->kind == PART_ZERO ? "coefficients of zi= are infinite, and no row tells the zeros there"
                                      : "coefficients of disp= are infinite, and no row tells the dispersion there";
}

/* The part tells a reciprocal dispersion; the predictor is that of the dispersion itself. */
static double sign_of(const struct part_rows *p)
{
    return p->part->kind == PART_DISPERSION && p->fit->family->reciprocal ? -1 : 1;
}

double part_rows_eta(const struct part_rows *p, size_t i)
{
    double eta = p->offset == NULL ? 0 : p->offset[i];

    if (p->known != NULL && !(p->fixed && isfinite(p->known[i])))
        return p->known[i];
    eta = p->known != NULL ? p->known[i] : eta;
    for (int j = 0; p->known == NULL && j < p->part->count; j++) {
        double x = p->X[i + (size_t)j * p->n];

        if (x != 0)
            eta += sign_of(p) * x * p->part->estimate[j];
    }
    for (int t = 0; p->random != NULL && t < p->part->design->random_count; t++) {
        const struct random_fit *random = &p->part->random[t];
        size_t k = (size_t)random->k;
        int32_t level = p->random[t].level == NULL ? -1 : p->random[t].level[i];

        for (size_t a = 0; level >= 0 && a < k; a++)
            eta += (p->random[t].z == NULL ? 1 : p->random[t].z[i * k + a]) * random->modes[(size_t)level * k + a];
    }
    return eta;
}

/* --- random effects that are averaged over ------------------------------------------------------- */

static bool term_is_averaged(const struct part_rows *p, int t, size_t i)
{
    const int32_t *level = p->random[t].level;

    return (p->left_out == NULL || !p->left_out[t]) && (level == NULL || level[i] < 0);
}

static int random_count(const struct part_rows *p)
{
    return p->averages && p->part != NULL && p->random != NULL ? p->part->design->random_count : 0;
}

static double effect(const struct random_rows *rows, size_t i, int k, int a)
{
    return rows->z == NULL ? 1 : rows->z[i * (size_t)k + (size_t)a];
}

/* (Lambda'z)_b of term t. */
static double along(const struct part_rows *p, int t, size_t i, int b)
{
    int k = p->part->random[t].k;
    double sum = 0;

    for (int a = b; a < k; a++)
        sum += p->fit->sigma * p->part->random[t].lambda[a + b * k] * effect(&p->random[t], i, k, a);
    return sum;
}

double part_rows_spread(const struct part_rows *p, size_t i)
{
    double sum = 0;

    for (int t = 0; t < random_count(p); t++)
        for (int b = 0; term_is_averaged(p, t, i) && b < p->part->random[t].k; b++)
            sum += along(p, t, i, b) * along(p, t, i, b);
    return sum;
}

void part_rows_spread_gradient(const struct part_rows *p, size_t i, double factor, double gradient[])
{
    double *slope = gradient + p->first_theta;

    for (int t = 0; t < random_count(p); t++) {
        const struct random_design *random = &p->part->design->random[t];
        int k = random->k;

        for (int b = 0; b < k; b++)
            for (int a = b; a < random->covariance->end(k, b); a++, slope++)
                if (term_is_averaged(p, t, i))
                    *slope += factor * 2 * effect(&p->random[t], i, k, a) * along(p, t, i, b);
    }
}

void part_rows_average(const struct part_rows *p, struct averager *averager, size_t i, struct average *out)
{
    double spread = part_rows_spread(p, i);

    if (spread != averager->variance)
        averager_set(averager, spread);
    average_at(averager, part_rows_eta(p, i), out);
}

/* --- fixed parts ---------------------------------------------------------------------------------- */

/* The row hangs on coefficients that are infinite. */
static bool is_moved(const struct part_rows *p, size_t i)
{
    bool moved = false;

    if (p->known != NULL && p->fixed)
        return !isfinite(p->known[i]);
    for (int j = 0; j < p->part->count; j++)
        moved = moved || (p->X[i + (size_t)j * p->n] != 0 && !isfinite(p->part->estimate[j]));
    return moved;
}

double part_rows_variance(const struct part_rows *p, size_t i)
{
    double sum = 0;

    if (is_moved(p, i))
        return (double)NAN;
    for (int j = 0; j < p->part->count; j++)
        for (int k = 0; k < p->part->count; k++) {
            double product = p->X[i + (size_t)j * p->n] * p->X[i + (size_t)k * p->n];

            if (product != 0)
                sum += product * fit_joint(p->fit, p->first + j, p->first + k);
        }
    return sum;
}

void part_rows_gradient(const struct part_rows *p, size_t i, double factor, double gradient[])
{
    for (int j = 0; j < p->part->count; j++)
        gradient[p->first + j] += factor * p->X[i + (size_t)j * p->n];
}

const struct link *row_link_begin(struct row_link *own, const struct fit *fit)
{
    if (fit->mean_link->base == NULL || fit_part_of(fit, PART_DISPERSION) == NULL)
        return fit->mean_link;
    memcpy(own->shape, fit->shape, sizeof own->shape);
    own->link = *fit->mean_link;
    own->link.shape = own->shape;
    return &own->link;
}

void row_link_set_at(struct row_link *own, const struct part_rows *dispersion, size_t i, double effects)
{
    own->shape[0] = family_shape_value(dispersion->fit->family, 0, part_rows_eta(dispersion, i) + effects, NULL);
}

void row_link_set(struct row_link *own, const struct part_rows *dispersion, size_t i)
{
    row_link_set_at(own, dispersion, i, 0);
}
