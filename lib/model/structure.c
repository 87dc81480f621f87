/* structure.c -- see structure.h.
 *
 *   cs    rho in (-1/(k-1), 1) by a logistic
 *   ar1   rho = x / sqrt(1 + x^2)
 *   toep  sin x is the partial correlation of each lag given what lies between (Durbin 1960): whatever these are, there is a
 *         matrix (Barndorff-Nielsen & Schou 1973), and it is singular where one of them is -1 or 1, to which a search comes by
 *         a parabola
 *   ou    exp(-rate d), log rate          exp   exp(-d / range), log range
 *   gau   exp(-(d / range)^2), log range
 *   mat   (d/range)^shape K_shape(d/range) / (2^(shape-1) Gamma(shape)), both logarithms
 *   us    G G', the rows of G those of a unit lower triangle, each divided by its length */
#include "model/structure.h"

#include <float.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/order.h"
#include "model/matern.h"
#include "model/toep.h"

const struct structure structure_us = { "us", LAW_US, true, PLACE_ANY, "correlations" };
const struct structure structure_diagonal = { "diag", LAW_NONE, true, PLACE_ANY, "variances, uncorrelated" };
const struct structure structure_homogeneous = { "homdiag", LAW_NONE, false, PLACE_ANY, "1 variance, uncorrelated" };

static const struct structure terms[] = {
    { "cs", LAW_CS, true, PLACE_ANY, "1 correlation" },
    { "homcs", LAW_CS, false, PLACE_ANY, "1 variance, 1 correlation" },
    { "ar1", LAW_AR1, false, PLACE_LEVELS, "1 variance, 1 correlation of neighbours" },
    { "hetar1", LAW_AR1, true, PLACE_LEVELS, "1 correlation of neighbours" },
    { "toep", LAW_TOEP, true, PLACE_LEVELS, "a correlation for each lag" },
    { "homtoep", LAW_TOEP, false, PLACE_LEVELS, "1 variance, a correlation for each lag" },
    { "ou", LAW_OU, false, PLACE_SPACE, "1 variance, a rate of decay" },
    { "exp", LAW_EXP, false, PLACE_SPACE, "1 variance, a range" },
    { "gau", LAW_GAU, false, PLACE_SPACE, "1 variance, a range" },
    { "mat", LAW_MAT, false, PLACE_SPACE, "1 variance, a range, a shape" },
    { "homdiag", LAW_NONE, false, PLACE_ANY, "1 variance, uncorrelated" },
};

static const struct structure residuals[] = {
    { "ar1", LAW_AR1, false, PLACE_LEVELS, "1 correlation of neighbours" },
    { "arh1", LAW_AR1, true, PLACE_LEVELS, "1 correlation of neighbours" },
    { "car1", LAW_OU, false, PLACE_SPACE, "a correlation that decays with the distance in time" },
    { "cs", LAW_CS, false, PLACE_ANY, "1 correlation" },
    { "toep", LAW_TOEP, false, PLACE_LEVELS, "a correlation for each lag" },
    { "us", LAW_US, true, PLACE_LEVELS, "correlations" },
    { "diag", LAW_NONE, true, PLACE_ANY, "uncorrelated" },
};

enum { TERMS = sizeof terms / sizeof terms[0], RESIDUALS = sizeof residuals / sizeof residuals[0] };

static const struct structure *find(const struct structure *table, int count, const char *name)
{
    for (int i = 0; i < count; i++)
        if (strcmp(table[i].name, name) == 0)
            return &table[i];
    return NULL;
}

const struct structure *structure_find(const char *name)
{
    return find(terms, TERMS, name);
}

const struct structure *structure_of_residuals(const char *name)
{
    return find(residuals, RESIDUALS, name);
}

const char *structure_name(int index)
{
    return index < TERMS ? terms[index].name : NULL;
}

const char *structure_residual_name(int index)
{
    return index < RESIDUALS ? residuals[index].name : NULL;
}

int law_count(enum correlation_law law, int k)
{
    switch (law) {
    case LAW_NONE:
        return 0;
    case LAW_CS:
    case LAW_AR1:
    case LAW_OU:
    case LAW_EXP:
    case LAW_GAU:
        return 1;
    case LAW_MAT:
        return 2;
    case LAW_TOEP:
        return k - 1;
    case LAW_US:
        return k * (k - 1) / 2;
    }
    return 0;
}

/* --- the scales of the parameters ---------------------------------------------------------------- */

static double squeeze(double x)
{
    return x / sqrt(1.0 + x * x);
}

static double squeeze_slope(double x)
{
    double root = sqrt(1.0 + x * x);

    return 1.0 / (root * root * root);
}

static double unsqueeze(double rho)
{
    return rho / sqrt(1.0 - rho * rho);
}

/* The least correlation that k equally correlated effects can have. */
static double least_cs(int k)
{
    return k > 1 ? -1.0 / (k - 1) : -1.0;
}

void law_start(enum correlation_law law, int k, double strength, double par[])
{
    double rho = 0.05 + 0.75 * strength;

    switch (law) {
    case LAW_NONE:
        return;
    case LAW_CS:
        par[0] = log((rho - least_cs(k)) / (1.0 - rho));
        return;
    case LAW_AR1:
        par[0] = unsqueeze(rho);
        return;
    case LAW_TOEP:
        for (int l = 0; l < k - 1; l++)
            par[l] = l == 0 ? asin(rho) : 0.0;
        return;
    case LAW_OU:
        par[0] = -2.0 * strength;
        return;
    case LAW_MAT:
        par[1] = log(0.8);
        par[0] = 2.0 * strength;
        return;
    case LAW_EXP:
    case LAW_GAU:
        par[0] = 2.0 * strength;
        return;
    case LAW_US:
        for (int i = 0; i < k * (k - 1) / 2; i++)
            par[i] = 0.3 * strength;
        return;
    }
}

double law_independent(enum correlation_law law, int k)
{
    return law == LAW_CS ? log(-least_cs(k)) : 0.0;
}

/* --- laws of a distance: the correlation, and its slopes in the parameters -------------------------- */

/* The correlation at distance d in units; slope (NULL: not wanted) in each parameter.  `matern` is of this shape. */
static double at_distance(enum correlation_law law, double d, const double par[], struct matern *matern, double slope[])
{
    double z, rho;

    switch (law) {
    case LAW_OU:
        z = d * exp(par[0]);
        rho = exp(-z);
        if (slope != NULL)
            slope[0] = -z * rho;
        return rho;
    case LAW_EXP:
        z = d * exp(-par[0]);
        rho = exp(-z);
        if (slope != NULL)
            slope[0] = z * rho;
        return rho;
    case LAW_GAU:
        z = d * exp(-par[0]);
        rho = exp(-z * z);
        if (slope != NULL)
            slope[0] = 2.0 * z * z * rho;
        return rho;
    case LAW_MAT:
        rho = matern_at(matern, d * exp(-par[0]), slope);
        if (slope != NULL)
            slope[0] = -slope[0]; /* in the range, not the distance */
        return rho;
    case LAW_NONE:
    case LAW_CS:
    case LAW_AR1:
    case LAW_TOEP:
    case LAW_US:
        break;
    }
    return 0.0;
}

static double distance(const struct positions *p, int a, int b)
{
    double sum = 0.0;

    for (int d = 0; d < p->dims; d++) {
        double step = p->at[a * p->dims + d] - p->at[b * p->dims + d];

        sum += step * step;
    }
    return sqrt(sum);
}

static size_t pairs_of(const struct positions *p)
{
    return p->pair != NULL ? p->pair_count : (size_t)p->k * (size_t)(p->k - 1) / 2;
}

/* rho^d for whole d, negative rho among them. */
static double power(double rho, double d)
{
    return d == 0.0 ? 1.0 : pow(rho, nearbyint(d));
}

/* --- the matrix ------------------------------------------------------------------------------------- */

/* Row i of the unit lower triangle: its length; the entries begin at par[i (i - 1) / 2]. */
static double row_length(const double par[], int i)
{
    double sum = 1.0;

    for (int j = 0; j < i; j++)
        sum += par[i * (i - 1) / 2 + j] * par[i * (i - 1) / 2 + j];
    return sqrt(sum);
}

static double row_entry(const double par[], int i, int j)
{
    return j < i ? par[i * (i - 1) / 2 + j] : j == i ? 1.0 : 0.0;
}

static void fill_us(int k, const double par[], double C[])
{
    for (int a = 0; a < k; a++)
        for (int b = 0; b <= a; b++) {
            double sum = 0.0;

            for (int j = 0; j <= b; j++)
                sum += row_entry(par, a, j) * row_entry(par, b, j);
            C[a + b * k] = C[b + a * k] = a == b ? 1.0 : sum / (row_length(par, a) * row_length(par, b));
        }
}

bool law_fill(enum correlation_law law, const struct positions *p, const double par[], double C[])
{
    int k = p->k;
    double rho = law == LAW_AR1 ? squeeze(par[0]) : law == LAW_CS ? law_value(law, p, par, 0, NULL) : 0.0;
    struct pair_walk walk = { 0 };
    struct matern matern;

    if (law == LAW_MAT)
        matern_init(&matern, exp(par[1]), pairs_of(p));
    if (law == LAW_US) {
        fill_us(k, par, C);
        return true;
    }
    if (law == LAW_TOEP) {
        toep_fill(k, par, C);
        return true;
    }
    for (int a = 0; a < k; a++)
        C[a + a * k] = 1.0;
    while (pair_next(p, &walk)) {
        int a = walk.a, b = walk.b;
        double value = law == LAW_NONE  ? 0.0
                       : law == LAW_CS  ? rho
                       : law == LAW_AR1 ? power(rho, distance(p, a, b))
                                        : at_distance(law, distance(p, a, b) / p->unit, par, &matern, NULL);

        if (!isfinite(value))
            return false;
        C[a + b * k] = C[b + a * k] = value;
    }
    return true;
}

/* - log of the correlation at distance d is d times this. */
static double decay(enum correlation_law law, const struct positions *p, const double par[])
{
    return law == LAW_AR1 ? 0.5 * log1p(1.0 / (par[0] * par[0])) : exp(law == LAW_OU ? par[0] : -par[0]) / p->unit;
}

/* exp(-z) - exp(-far): -z is positive definite where weights sum to 0, and beside the largest z everywhere. */
bool law_fill_apart(enum correlation_law law, const struct positions *p, const double par[], double C[])
{
    double rate = decay(law, p, par), far = 0.0, diagonal;
    struct pair_walk walk = { 0 };

    while (pair_next(p, &walk))
        far = fmax(far, 2.0 * rate * distance(p, walk.a, walk.b));
    diagonal = -expm1(-far);
    for (int a = 0; a < p->k; a++)
        C[a + a * p->k] = diagonal;
    walk = (struct pair_walk){ 0 };
    while (pair_next(p, &walk))
        C[walk.a + walk.b * p->k] = C[walk.b + walk.a * p->k] = expm1(-rate * distance(p, walk.a, walk.b)) + diagonal;
    return far > 0.0 && isfinite(diagonal);
}

/* With G the rows divided by their lengths, G' := 2 slopes G, and what of it changes a length is taken out. */
static void pull_back_us(int k, const double par[], const double slopes[], double out[])
{
    for (int i = 0; i < k; i++) {
        double length = row_length(par, i), own = 0.0;

        for (int pass = 0; pass < 2; pass++)
            for (int j = 0; j <= i; j++) {
                double entry = row_entry(par, i, j) / length, slope = 0.0;

                for (int c = j; c < k; c++)
                    slope += 2.0 * slopes[i + c * k] * row_entry(par, c, j) / row_length(par, c);
                if (pass == 0)
                    own += entry * slope;
                else if (j < i)
                    out[i * (i - 1) / 2 + j] = (slope - entry * own) / length;
            }
    }
}

void law_pull_back(enum correlation_law law, const struct positions *p, const double par[], const double C[], double slopes[],
                   double out[])
{
    int k = p->k, count = law_count(law, k);
    double rho = law == LAW_AR1 ? squeeze(par[0]) : 0.0, share, slope[2];
    struct pair_walk walk = { 0 };
    struct matern matern;

    if (law == LAW_MAT)
        matern_init(&matern, exp(par[1]), pairs_of(p));
    for (int i = 0; i < count; i++)
        out[i] = 0.0;
    if (law == LAW_US)
        pull_back_us(k, par, slopes, out);
    if (law == LAW_TOEP)
        toep_pull_back(k, par, C, slopes, out);
    if (law == LAW_US || law == LAW_TOEP || law == LAW_NONE)
        return;
    while (pair_next(p, &walk)) {
        int a = walk.a, b = walk.b;
        double twice = 2.0 * slopes[a + b * k], d;

        if (twice == 0.0)
            continue;
        if (law == LAW_CS) {
            out[0] += twice;
        } else if (law == LAW_AR1) {
            d = nearbyint(distance(p, a, b));
            out[0] += twice * d * power(rho, d - 1.0);
        } else {
            at_distance(law, distance(p, a, b) / p->unit, par, &matern, slope);
            for (int i = 0; i < count; i++)
                out[i] += twice * slope[i];
        }
    }
    if (law == LAW_AR1)
        out[0] *= squeeze_slope(par[0]);
    if (law == LAW_CS) {
        share = 1.0 / (1.0 + exp(-par[0]));
        out[0] *= (1.0 - least_cs(k)) * share * (1.0 - share);
    }
}

/* --- the unit ------------------------------------------------------------------------------------------ */

/* The same as nearest_of of positions on a line: neighbours of their order, as there may be tens of thousands in one level. */
static void nearest_on_line(const struct positions *p, const int64_t keys[], size_t count, double out[])
{
    double before = HUGE_VAL;

    for (size_t i = 0; i < count; i++)
        out[i] = p->at[keys[i] % p->k];
    qsort(out, count, sizeof *out, order_reals);
    for (size_t i = 0; i < count; i++) {
        double after = i + 1 < count ? out[i + 1] - out[i] : HUGE_VAL;

        out[i] = fmin(before, after);
        before = after;
    }
}

/* Of each of `count` positions the distance to the nearest other, into out, in any order. */
static void nearest_of(const struct positions *p, const int64_t keys[], size_t count, double out[])
{
    if (p->dims == 1 && p->at != NULL) {
        nearest_on_line(p, keys, count, out);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        out[i] = HUGE_VAL;
        for (size_t j = 0; j < count; j++)
            out[i] = i == j ? out[i] : fmin(out[i], distance(p, (int)(keys[i] % p->k), (int)(keys[j] % p->k)));
    }
}

/* The middle of the distances; keys: n of a row's level and position, used up, with room for k; nearest: room for either. */
static double middle_distance(const struct positions *p, size_t n, int64_t keys[], double nearest[])
{
    size_t kept = 0, known = 0;

    qsort(keys, n, sizeof *keys, order_int64);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || keys[i] != keys[i - 1])
            keys[kept++] = keys[i];
    for (size_t i = 0, j; i < kept; i = j) {
        for (j = i; j < kept && keys[j] / p->k == keys[i] / p->k;)
            j++;
        if (j > i + 1) {
            nearest_of(p, keys + i, j - i, nearest + known);
            known += j - i;
        }
    }
    for (int a = 0; known == 0 && a < p->k; a++)
        keys[a] = a;
    if (known == 0)
        nearest_of(p, keys, known = (size_t)p->k, nearest);
    qsort(nearest, known, sizeof *nearest, order_reals);
    return nearest[(known - 1) / 2];
}

double positions_unit(const struct positions *p, size_t n, const int32_t level[], const int32_t position[])
{
    size_t room = n > (size_t)p->k ? n : (size_t)p->k;
    int64_t *keys = mem_alloc(room + 1, sizeof *keys);
    double *nearest = mem_alloc(room + 1, sizeof *nearest), unit = 1.0;
    bool ok = keys != NULL && nearest != NULL;

    for (size_t i = 0; ok && i < n; i++)
        keys[i] = (int64_t)level[i] * p->k + position[i];
    if (ok && p->k > 1)
        unit = middle_distance(p, n, keys, nearest);
    mem_free(keys);
    mem_free(nearest);
    return !ok ? 0.0 : unit > 0.0 && isfinite(unit) ? unit : 1.0;
}

/* --- for readers -------------------------------------------------------------------------------------- */

double law_value(enum correlation_law law, const struct positions *p, const double par[], int i, double room[])
{
    switch (law) {
    case LAW_CS:
        return least_cs(p->k) + (1.0 - least_cs(p->k)) / (1.0 + exp(-par[0]));
    case LAW_AR1:
        return squeeze(par[i]);
    case LAW_TOEP:
        return toep_lag(par, i, room, NULL);
    case LAW_OU:
        return exp(par[0]) / p->unit;
    case LAW_EXP:
    case LAW_GAU:
        return exp(par[0]) * p->unit;
    case LAW_MAT:
        return i == 0 ? exp(par[0]) * p->unit : exp(par[1]);
    case LAW_NONE:
    case LAW_US:
        break;
    }
    return par[i];
}

const char *law_name(enum correlation_law law, int i)
{
    switch (law) {
    case LAW_CS:
    case LAW_AR1:
        return "rho";
    case LAW_OU:
        return "rate";
    case LAW_EXP:
    case LAW_GAU:
        return "range";
    case LAW_MAT:
        return i == 0 ? "range" : "shape";
    case LAW_NONE:
    case LAW_TOEP:
    case LAW_US:
        break;
    }
    return NULL;
}
