/* matern.c -- see matern.h.
 *
 * In t = log z the logarithm of rho and its slopes are analytic in a strip about the real line that is pi/2 wide on either side
 * (K has no zeros there: DLMF 10.42), so that over a length of 1/2 the coefficients of Chebyshev's polynomials fall by a factor
 * of 12 from each to the next: the fourteenth is below the last bit.
 *
 * Of a large shape nu the terms of log rho are of the size nu log nu, and their sum of that of 1.  There K is Debye's series
 * (DLMF 10.41.4) and Gamma Stirling's, and what they have in common is taken out before: with s = sqrt(1 + (z/nu)^2), t = 1/s
 *
 *     log rho = nu (log((1 + s)/2) - (s - 1)) - log(s)/2 + log sum_k (-1)^k u_k(t)/nu^k - 1/(12 nu) + 1/(360 nu^3),
 *
 * which goes to -z^2/(4 nu), the correlation of gau. */
#include "model/matern.h"

#include <math.h>
#include <Rmath.h>

#include "model/bessel.h"

static const double AT_ZERO = 1e-10;   /* a distance, in ranges, from which the correlation is 1 to all digits */
static const double SHAPE_STEP = 1e-3; /* of log shape, in differences of the fourth order: an error of about 1e-12 */

static const double SMOOTH = 200.0; /* a shape from which on the series has all digits with four terms */

/* Fewer distances than this need fewer values of Bessel's function than the polynomials do. */
enum { MANY = 20 * MATERN_NODES };

/* Of log z: where the first piece begins, and how long each is. */
static const double FIRST = -22.0, LENGTH = 0.5;

void matern_init(struct matern *m, double shape, size_t count)
{
    m->shape = shape;
    m->scale = (shape - 1.0) * M_LN2 + lgammafn(shape);
    m->many = count > MANY;
    for (int i = 0; i < MATERN_PIECES; i++) {
        m->piece[i] = MATERN_UNMADE;
        m->sloped[i] = MATERN_NO_SLOPES;
    }
}

/* sum_k (-1)^k u_k(t)/nu^k, k to 4, and its slopes in t and log nu.  u_k(t) is t^k times a polynomial in t^2. */
static double debye(double t, double nu, double *in_t, double *in_nu)
{
    static const double u[4][5] = {
        { 3.0 / 24.0, -5.0 / 24.0 },
        { 81.0 / 1152.0, -462.0 / 1152.0, 385.0 / 1152.0 },
        { 30375.0 / 414720.0, -369603.0 / 414720.0, 765765.0 / 414720.0, -425425.0 / 414720.0 },
        { 4465125.0 / 39813120.0, -94121676.0 / 39813120.0, 349922430.0 / 39813120.0, -446185740.0 / 39813120.0,
          185910725.0 / 39813120.0 },
    };
    double sum = 1.0, factor = 1.0;

    *in_t = *in_nu = 0.0;
    for (int k = 1; k <= 4; k++) {
        double value = 0.0, slope = 0.0;

        factor *= -t / nu;
        for (int j = k; j >= 0; j--) {
            value = value * t * t + u[k - 1][j];
            slope = slope * t * t + (k + 2 * j) * u[k - 1][j];
        }
        sum += factor * value;
        *in_t += factor * slope / t;
        *in_nu -= k * factor * value;
    }
    return sum;
}

/* log rho of a large shape; slope (NULL: not wanted) in log z and log shape. */
static double log_rho_smooth(double log_z, double nu, double slope[2])
{
    double x = exp(log_z) / nu, s = hypot(1.0, x), h = x * x / (1.0 + s), in_t, in_nu, sum = debye(1.0 / s, nu, &in_t, &in_nu);
    double lead = nu * (log1p(h / 2.0) - h), cube = nu * nu * nu;

    if (slope != NULL) {
        slope[0] = (-nu * s / (1.0 + s) - 0.5 / s - in_t / (sum * s * s)) * (x * x / s);
        slope[1] = lead + in_nu / sum + 1.0 / (12.0 * nu) - 1.0 / (120.0 * cube) - slope[0];
    }
    return lead - log(s) / 2.0 + log(sum) - 1.0 / (12.0 * nu) + 1.0 / (360.0 * cube);
}

static double log_rho(double log_z, double shape)
{
    return shape * log_z + log_bessel_k(exp(log_z), shape) - (shape - 1.0) * M_LN2 - lgammafn(shape);
}

/* d log rho / d log z = -z K_(shape-1)(z) / K_shape(z). */
static double distance_slope(const struct matern *m, double log_z)
{
    double z = exp(log_z);

    return -z * exp(log_bessel_k(z, fabs(m->shape - 1.0)) - log_bessel_k(z, m->shape));
}

/* d log rho / d log shape by differences of the fourth order: no closed form is worth its digits. */
static double shape_slope(const struct matern *m, double log_z)
{
    const double h = SHAPE_STEP;

    return (8.0 * (log_rho(log_z, m->shape * exp(h)) - log_rho(log_z, m->shape * exp(-h)))
            - (log_rho(log_z, m->shape * exp(2.0 * h)) - log_rho(log_z, m->shape * exp(-2.0 * h))))
           / (12.0 * h);
}

/* The coefficients of the polynomial through values at Chebyshev's points.  False where they are not finite. */
static bool set_coefficients(const double value[], double coefficient[])
{
    for (int k = 0; k < MATERN_NODES; k++) {
        double sum = 0.0;

        for (int j = 0; j < MATERN_NODES; j++)
            sum += value[j] * cos(M_PI * k * (j + 0.5) / MATERN_NODES);
        if (!isfinite(sum))
            return false;
        coefficient[k] = (k == 0 ? 1.0 : 2.0) * sum / MATERN_NODES;
    }
    return true;
}

/* The node of a piece, a value of log z. */
static double node_of(int piece, int j)
{
    return FIRST + LENGTH * (piece + 0.5 * (1.0 + cos(M_PI * (j + 0.5) / MATERN_NODES)));
}

static void make_values(struct matern *m, int piece)
{
    double value[MATERN_NODES];

    for (int j = 0; j < MATERN_NODES; j++)
        value[j] = log_rho(node_of(piece, j), m->shape);
    m->piece[piece] = set_coefficients(value, m->value[piece]) ? MATERN_MADE : MATERN_DIRECT;
}

static void make_slopes(struct matern *m, int piece)
{
    double distance[MATERN_NODES], shape[MATERN_NODES];

    for (int j = 0; j < MATERN_NODES; j++) {
        distance[j] = distance_slope(m, node_of(piece, j));
        shape[j] = shape_slope(m, node_of(piece, j));
    }
    m->sloped[piece] = MATERN_SLOPES;
    if (!set_coefficients(distance, m->in_distance[piece]) || !set_coefficients(shape, m->in_shape[piece]))
        m->piece[piece] = MATERN_DIRECT;
}

/* Clenshaw's sum at x in [-1, 1]. */
static double sum_at(const double coefficient[], double x)
{
    double one = 0.0, two = 0.0, next;

    for (int k = MATERN_NODES - 1; k > 0; k--) {
        next = 2.0 * x * one - two + coefficient[k];
        two = one;
        one = next;
    }
    return x * one - two + coefficient[0];
}

static double at_once(const struct matern *m, double log_z, double slope[2])
{
    double rho = exp(m->shape * log_z + log_bessel_k(exp(log_z), m->shape) - m->scale);

    if (slope != NULL) {
        slope[0] = rho > 0.0 ? rho * distance_slope(m, log_z) : 0.0;
        slope[1] = rho > 0.0 ? rho * shape_slope(m, log_z) : 0.0;
    }
    return rho;
}

double matern_at(struct matern *m, double z, double slope[2])
{
    double log_z, at, x, rho;
    int piece;

    if (z < AT_ZERO) {
        if (slope != NULL)
            slope[0] = slope[1] = 0.0;
        return 1.0;
    }
    log_z = log(z);
    if (m->shape >= SMOOTH) {
        rho = exp(log_rho_smooth(log_z, m->shape, slope));
        for (int i = 0; slope != NULL && i < 2; i++)
            slope[i] = rho > 0.0 ? slope[i] * rho : 0.0;
        return rho;
    }
    at = (log_z - FIRST) / LENGTH;
    if (!m->many || !(at >= 0.0 && at < MATERN_PIECES))
        return at_once(m, log_z, slope);
    piece = (int)at;
    if (m->piece[piece] == MATERN_UNMADE)
        make_values(m, piece);
    if (slope != NULL && m->piece[piece] == MATERN_MADE && m->sloped[piece] == MATERN_NO_SLOPES)
        make_slopes(m, piece);
    if (m->piece[piece] == MATERN_DIRECT)
        return at_once(m, log_z, slope);
    x = 2.0 * (at - piece) - 1.0;
    rho = exp(sum_at(m->value[piece], x));
    if (slope != NULL) {
        slope[0] = rho * sum_at(m->in_distance[piece], x);
        slope[1] = rho * sum_at(m->in_shape[piece], x);
    }
    return rho;
}
