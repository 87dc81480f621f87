/* family-compois.c -- counts of the Conway-Maxwell-Poisson distribution by its mean mu (Huang 2017), log link; nu = 1/phi,
 * tau = log phi.
 *
 *   log f = y theta - nu log y! - A(theta, nu),  A = log sum_j exp(j theta - nu log j!),  dA/dtheta = mu
 *
 * The derivatives of A in (theta, -nu) are the joint cumulants of (y, log y!).  theta is a function of (mu, nu): its Taylor
 * polynomial, and with it that of log f, comes by Newton's method on polynomials. */
#include <math.h>
#include <stddef.h>

#include "model/family-parts.h"
#include "model/family-special.h"
#include "model/jet.h"

static const double GEOMETRIC = 1e-3;    /* a nu from which the mean's first guess is that of the geometric distribution */
static const double TWO_COUNTS = 1e3;    /* a nu from which there are the two counts next to the mean alone, or three */
static const double TWO_ALONE = 10;      /* times 1 + mu: a nu from which these two have nearly all there is */
static const double MEAN_FOUND = 1e-12;  /* of mu: the search for theta ends; a variance below that counts as so much */
static const double THETA_FOUND = 1e-15; /* a step of theta at its rounding */
static const double MEAN_NEAR = 1e-6;    /* of mu: steps at theta's rounding that leave more than this have failed */
static const double LEAST_MU = 1e-290;   /* log mu and 1/mu are finite, with room */
static const double NO_MASS = 1e-17;     /* a probability that no longer moves a sum beside 1 */

/* Terms on each side of the mode: enough for a mean of a million, or of 2,000 beside the geometric distribution, whose tail is
 * the longest. A search for a mode may ask for far larger means, where a sum would take a second. */
enum { MOST_TERMS = 100000, ROOT_STEPS = 200 };

static const double MOST_MU = 1e6;

static const double LEAST_TERM = 1e-20, LEAST_NU = 1e-12; /* far below that of the geometric distribution, to all digits */
static const double SOME_TERM = 34.0;     /* -log of LEAST_TERM MOST_TERMS, and less: no term of that size ends a sum */
static const double NEAR_GEOMETRIC = 0.5; /* a nu below which means go with theta as those of the geometric distribution do */

static void constant(const struct observation *at, const double shape[], double out[])
{
    (void)at;
    (void)shape;
    out[0] = out[1] = 0;
}

/* --- the sums ----------------------------------------------------------------------------- */

/* Moments of (y, log y!) around (origin, factorial), of a terms' sum of 1 at the origin. */
struct sums {
    double origin, factorial; /* the mode, and log of its factorial */
    double top;               /* the log of the term there */
    double s[5][5];           /* sum of the terms times d^a e^b */
    double beyond;            /* where MOST_TERMS are not all of order 2: the most that those left out add to the mean; else 0 */
};

/* Of order 2 those of y alone. */
static void add_term(struct sums *sums, double term, double d, double e, int order)
{
    double power = term;

    if (order == 2) {
        sums->s[0][0] += term;
        sums->s[1][0] += term * d;
        sums->s[2][0] += term * d * d;
        return;
    }
    for (int a = 0; a <= order; a++, power *= d) {
        double product = power;

        for (int b = 0; a + b <= order; b++, product *= e)
            sums->s[a][b] += product;
    }
}

static const double MOST_POWER = 300; /* e to this and to its negative are numbers, and products of two */

/* The ratio of the term of count j to the one before it; *step: log j. */
static double ratio(struct compois_powers *powers, double j, double theta, double lambda, double nu, double *step)
{
    if (!(j <= FIRST_COUNTS) || !(fabs(theta) < MOST_POWER) || !(nu * 6 < MOST_POWER)) {
        *step = log(j);
        return exp(theta - nu * *step);
    }
    for (; powers->count < j; powers->count++) {
        powers->log[powers->count + 1] = log(powers->count + 1);
        powers->power[powers->count + 1] = exp(-nu * powers->log[powers->count + 1]);
    }
    *step = powers->log[(int)j];
    return lambda * powers->power[(int)j];
}

/* Whether a sum around this mode m can end: the term d counts above it is more than exp(-nu d^2/(2m)). */
static bool ends(double mode, double nu)
{
    return nu * MOST_TERMS * MOST_TERMS > 2 * SOME_TERM * mode;
}

/* Whether the last of MOST_TERMS is so large that it is more than LEAST_TERM of all of them, none of which is above 1.  Of modes
 * that no mean is near, where the factorials have no digits left for it, that is not asked. */
static bool is_endless(const struct sums *sums, double theta, double nu)
{
    if (MOST_TERMS * theta < -SOME_TERM || sums->origin > MOST_MU)
        return false;
    return MOST_TERMS * theta - nu * (log_gamma(sums->origin + MOST_TERMS + 1) - sums->factorial) > -SOME_TERM;
}

/* What the terms behind the d-th above the mode add to a mean: they fall at least as fast as this one to the next. */
static double mean_beyond(const struct sums *sums, double term, double d, double falls)
{
    double left = 1 - falls;

    return left > 0 ? term * falls / left * (d + 1 / left) / sums->s[0][0] : (double)INFINITY;
}

/* The terms above the mode.  Of order 2 MOST_TERMS of them are enough to compare means; else false where they are not all. */
static bool add_above(struct sums *sums, struct compois_powers *powers, double theta, double lambda, double nu, int order)
{
    double term = 1, e = 0, step;

    for (double d = 1; term > LEAST_TERM * sums->s[0][0]; d++) {
        double falls = ratio(powers, sums->origin + d, theta, lambda, nu, &step);

        if (d > MOST_TERMS) {
            sums->beyond = mean_beyond(sums, term, d - 1, falls);
            return order == 2;
        }
        term *= falls;
        e += step;
        add_term(sums, term, d, e, order);
    }
    return true;
}

/* Those below it.  False where there are too many. */
static bool add_below(struct sums *sums, struct compois_powers *powers, double theta, double lambda, double nu, int order)
{
    double term = 1, e = 0, step;

    for (double d = 1; d <= sums->origin && term > LEAST_TERM * sums->s[0][0]; d++) {
        if (d > MOST_TERMS)
            return false;
        term /= ratio(powers, sums->origin - d + 1, theta, lambda, nu, &step);
        e -= step;
        add_term(sums, term, -d, e, order);
    }
    return true;
}

/* False where there is no end of the terms.  powers: those of this nu. */
static bool set_sums(struct sums *sums, struct compois_powers *powers, double theta, double nu, int order)
{
    double lambda = exp(theta), mode = floor(exp(fmin(theta / nu, 40)));

    if (theta / nu > 35 || !ends(mode, nu))
        return false;
    *sums = (struct sums){ .origin = mode, .factorial = mode < 2 ? 0 : log_gamma(mode + 1) };
    sums->top = mode * theta - nu * sums->factorial;
    if (is_endless(sums, theta, nu))
        return false;
    add_term(sums, 1, 0, 0, order);
    return add_above(sums, powers, theta, lambda, nu, order) && add_below(sums, powers, theta, lambda, nu, order);
}

/* How far theta has to go from a mean to mu, times its variance.  Near the geometric distribution, theta = -log(1 + 1/mean), a
 * step by the means themselves would lead from below to where they are without bounds. */
static double way(double mean, double mu, double nu)
{
    if (nu < NEAR_GEOMETRIC)
        return mean * (mean + 1) * log1p((mean - mu) / (mu * (mean + 1)));
    return mean < 0.5 * mu || mean > 2 * mu ? log(mean / mu) * mean : mean - mu;
}

/* theta with the mean mu, by Newton's method in a bracket, from a first guess. */
static bool find_theta_from(struct compois_powers *powers, double mu, double nu, double *theta)
{
    double low = -INFINITY, high = INFINITY;
    struct sums sums;

    for (int i = 0; i < ROOT_STEPS; i++) {
        double mean, from, spread, next, most = 1 + nu * log1p(1 / mu); /* beyond it lies the next count */

        if (!set_sums(&sums, powers, *theta, nu, 2)) {
            high = *theta;
            *theta = isfinite(low) ? 0.5 * (low + high) : high - 1;
            continue;
        }
        from = sums.s[1][0] / sums.s[0][0];
        mean = sums.origin + from;
        spread = sums.s[2][0] / sums.s[0][0] - from * from;
        if (fabs(mean - mu) <= MEAN_FOUND * mu)
            return sums.beyond == 0;
        if (sums.beyond > 0 && mean + sums.beyond < mu) /* where the terms end means are smaller yet */
            return false;
        if (mean > mu)
            high = *theta;
        else
            low = *theta;
        next = *theta - fmax(-most, fmin(most, way(mean, mu, nu) / fmax(spread, MEAN_FOUND * mu)));
        if (!(next > low && next < high))
            next = isfinite(low) && isfinite(high) ? 0.5 * (low + high) : *theta + (mean > mu ? -1 : 1) * (1 + nu);
        if (fabs(next - *theta) <= THETA_FOUND * (1 + fabs(*theta)))
            return sums.beyond == 0 && fabs(mean - mu) <= MEAN_NEAR * mu;
        *theta = next;
    }
    return false;
}

/* From the two counts next to the mean, as if there were no others. */
static bool find_theta_of_two(struct compois_powers *powers, double mu, double nu, double *theta)
{
    double below = floor(mu);

    *theta = nu * log(below + 1) + log((mu - below) / (below + 1 - mu));
    return find_theta_from(powers, mu, nu, theta);
}

static bool find_theta(struct compois_powers *powers, double mu, double nu, double *theta)
{
    double guess = mu + (nu - 1) / (2 * nu);
    bool between = mu > floor(mu), two = between && nu > TWO_ALONE * (1 + mu);

    if (two && find_theta_of_two(powers, mu, nu, theta))
        return true;
    *theta = nu < GEOMETRIC || !(guess > 0.1 * mu) ? log(mu / (1 + mu)) : nu * log(guess);
    if ((nu < TWO_COUNTS || !between) && find_theta_from(powers, mu, nu, theta))
        return true;
    return nu > 1 && between && !two && find_theta_of_two(powers, mu, nu, theta);
}

/* --- the density -------------------------------------------------------------------------- */

/* The joint cumulants k[a][b], a + b <= 3, and of order 4 those that two derivatives in eta beside one in tau need: k[4][0] and
 * k[3][1].  The others of order 4 stay moments. */
static void cumulants(const struct sums *sums, double k[5][5])
{
    double n = sums->s[0][0], x = sums->s[1][0] / n, z = sums->s[0][1] / n, m[5][5] = { { 0 } };
    static const double choose[5][5] = { { 1 }, { 1, 1 }, { 1, 2, 1 }, { 1, 3, 3, 1 }, { 1, 4, 6, 4, 1 } };
    double of_x[5] = { 1 }, of_z[5] = { 1 }; /* the powers of -x and -z */

    for (int i = 1; i <= 4; i++) {
        of_x[i] = -x * of_x[i - 1];
        of_z[i] = -z * of_z[i - 1];
    }
    for (int a = 0; a <= 4; a++)
        for (int b = 0; a + b <= 4; b++)
            for (int i = 0; i <= a; i++)
                for (int j = 0; j <= b; j++)
                    m[a][b] += choose[a][i] * choose[b][j] * sums->s[i][j] / n * of_x[a - i] * of_z[b - j];
    for (int a = 0; a <= 4; a++)
        for (int b = 0; a + b <= 4; b++)
            k[a][b] = m[a][b];
    k[1][0] = sums->origin + x;
    k[0][1] = sums->factorial + z;
    k[4][0] -= 3 * m[2][0] * m[2][0];
    k[3][1] -= 3 * m[2][0] * m[1][1];
}

/* The polynomial of the function whose derivatives in (theta, -nu) are k[a + from][b], at steps d of theta and e of nu. */
static struct jet expand(double k[5][5], int from, struct jet d, struct jet e)
{
    static const double factorial[] = { 1, 1, 2, 6 };
    struct jet sum = { { 0 } }, power = jet_constant(1);

    for (int a = 0; a <= 3; a++, power = jet_times(power, d)) {
        struct jet product = power;

        for (int b = 0; a + b <= 3; b++, product = jet_times(product, e))
            if (a + b > 0 || from > 0)
                sum = jet_add(sum, k[a + from][b] * (b % 2 == 1 ? -1 : 1) / (factorial[a] * factorial[b]), product);
    }
    return sum;
}

/* What of the density hangs on the mean and nu alone, with its polynomials where it is `whole`.  False where it does not exist.
 */
static bool find_mean(struct compois_powers *powers, struct compois_mean *m, double eta, double tau, bool whole)
{
    double mu = exp(eta), nu = exp(-tau), k[5][5];
    struct jet target;
    struct sums sums;

    if (!(mu > LEAST_MU) || !(mu < MOST_MU) || !(nu > LEAST_NU) || !(nu < 1e8) || !find_theta(powers, mu, nu, &m->theta)
        || !set_sums(&sums, powers, m->theta, nu, whole ? 4 : 2))
        return false;
    m->eta = eta;
    m->tau = tau;
    m->origin = sums.origin;
    m->factorial = sums.factorial;
    m->log_sum = log(sums.s[0][0]);
    m->whole = whole;
    if (!whole)
        return true;
    cumulants(&sums, k);
    target = jet_apply(jet_linear(0, 1, 0), mu, mu, mu, mu);
    m->e = jet_apply(jet_linear(0, 0, -1), 0, nu, nu, nu);
    m->d = (struct jet){ { 0 } };
    for (int i = 0; i < 3; i++)
        m->d = jet_add(m->d, -1 / k[2][0], jet_add(expand(k, 1, m->d, m->e), -1, target));
    m->A = expand(k, 0, m->d, m->e);
    return true;
}

/* The same of a row before this one; NULL: there is none that is remembered. */
static const struct compois_mean *remembered(const struct row_memory *memory, double eta, double tau, bool whole)
{
    int count = memory->means < FEW_MEANS ? memory->means : FEW_MEANS;

    for (int i = 0; i < count; i++)
        if (memory->mean[i].eta == eta && memory->mean[i].tau == tau && memory->mean[i].whole >= whole)
            return &memory->mean[i];
    return NULL;
}

static bool density(const struct link *link, const struct observation *at, double eta, const double shape[],
                    enum density_order order, double out[D_COUNT])
{
    double nu = exp(-shape[0]), y = at->y, w = at->weight, factorial;
    struct compois_powers of_row, *powers = at->memory != NULL ? &at->memory->powers : &of_row;
    struct compois_mean own;
    const struct compois_mean *m = at->memory != NULL ? remembered(at->memory, eta, shape[0], order != ORDER_VALUE) : NULL;
    struct jet l;

    (void)link;
    if (m == NULL) {
        if (at->memory == NULL || powers->tau != shape[0]) {
            powers->tau = shape[0];
            powers->count = 0;
        }
        if (!find_mean(powers, &own, eta, shape[0], order != ORDER_VALUE))
            return false;
        if (at->memory != NULL)
            at->memory->mean[at->memory->means++ % FEW_MEANS] = own;
        m = &own;
    }
    factorial = y < 2 ? 0 : log_gamma(y + 1);
    out[D_VALUE] = w * ((y - m->origin) * m->theta - nu * (factorial - m->factorial) - m->log_sum);
    if (!isfinite(out[D_VALUE]))
        return false;
    if (order == ORDER_VALUE)
        return true;
    l = jet_add(jet_add(m->A, -y, m->d), factorial, m->e);
    out[D_ETA] = -w * l.c[JET_X];
    out[D_ETA2] = -2 * w * l.c[JET_XX];
    out[D_ETA3] = -6 * w * l.c[JET_XXX];
    out[D_TAU] = -w * l.c[JET_Y];
    out[D_TAU_ETA] = -w * l.c[JET_XY];
    out[D_TAU_ETA2] = -2 * w * l.c[JET_XXY];
    return isfinite(out[D_ETA3]) && isfinite(out[D_TAU_ETA2]);
}

/* --- the rest ----------------------------------------------------------------------------- */

static double variance(double mu, const double shape[], double trials)
{
    struct sums sums;
    struct compois_powers powers;
    double theta, mean;

    (void)trials;
    powers.count = 0;
    if (!find_theta(&powers, mu, 1 / shape[0], &theta) || !set_sums(&sums, &powers, theta, 1 / shape[0], 2))
        return (double)NAN;
    mean = sums.s[1][0] / sums.s[0][0];
    return sums.s[2][0] / sums.s[0][0] - mean * mean;
}

/* The probability of a count is exp(y theta - nu log y! - base). */
static bool find_base(double mu, double nu, double *theta, double *base)
{
    struct sums sums;
    struct compois_powers powers;

    powers.count = 0;
    if (!find_theta(&powers, mu, nu, theta) || !set_sums(&sums, &powers, *theta, nu, 0))
        return false;
    *base = sums.top + log(sums.s[0][0]);
    return true;
}

static double cumulative(double mu, double rest, const double shape[], const struct observation *at, bool below)
{
    double nu = 1 / shape[0], theta, base, sum = 0, last = at->y - below;

    (void)rest;
    if (!find_base(mu, nu, &theta, &base))
        return (double)NAN;
    for (double y = 0; y <= last; y++)
        sum += exp(y * theta - nu * log_gamma(y + 1) - base);
    return fmin(sum, 1);
}

static double simulate(struct rng *rng, double mu, double rest, const double shape[], const struct observation *at)
{
    double nu = 1 / shape[0], u, theta, base, sum = 0;

    (void)rest;
    (void)at;
    if (mu * fmin(1, nu) > DRAW_LARGE_MEAN) /* the cumulants are mu phi^(k - 1), but for a share of 1 / (mu nu) */
        return draw_nearly_normal(rng, mu, mu * shape[0], sqrt(shape[0] / mu));
    u = rng_uniform(rng);
    if (!find_base(mu, nu, &theta, &base))
        return (double)NAN;
    for (double y = 0;; y++) {
        double p = exp(y * theta - nu * log_gamma(y + 1) - base);

        sum += p;
        if (sum >= u || (y > mu && p < NO_MASS))
            return y;
    }
}

const struct family family_compois = {
    .name = "compois",
    .links = { &link_log },
    .response = RESPONSE_REAL,
    .support = SUPPORT_COUNT,
    .has_dispersion = true,
    .certain = true,
    .dispersion_name = "phi",
    .dispersion_law = "about phi mu",
    .limit = "geometric",
    .at_one = "Poisson",
    .limit_sign = 1,
    .limit_varies_most = true,
    .range = "a whole number from 0 up",
    .accepts = accepts_count,
    .start = start_above_0,
    .constant = constant,
    .density = density,
    .variance = variance,
    .cumulative = cumulative,
    .simulate = simulate,
};
