/* simultaneous.c -- see simultaneous.h. */
#include "infer/simultaneous.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <Rmath.h>

#include "base/memory.h"

static const double INSIDE = 1e-3;                        /* of a bracket: the next point is at least so far from its ends */
static const double P_FOUND = 1e-15;                      /* a probability at its rounding */
static const double T_FOUND = 1e-12;                      /* of a critical value that is exact, */
static const double T_ROUGH = 1e-7;                       /* and of one by a lattice of points, whose own error is larger */
static const double NO_SPREAD = 1e-14;                    /* 1 - l^2 of a loading of 1: not divided by 0 */
static const double LEAST_P = 1e-300, LEAST_TAIL = 1e-16; /* probabilities whose quantiles are finite */
static const double SCALE_TAIL = 1e-12;                   /* the same of chi: beyond, a scale has no weight */
static const double OWN_PART = 1e-10;                     /* of a row that depends on others */
static const double LOADINGS_FOUND = 1e-14;               /* a change of loadings at their rounding */
static const double EXACT = 1e-9;                         /* correlations that loadings give but for rounding */
static const double NARROWEST = 4e-4;                     /* the square of the least spread that the steps resolve */
static const double SAME_DF = 1e-10;                      /* relative: degrees of freedom that are one but for rounding */

static const double STEP = 0.1, FAR = 8.6; /* of the integral over z: beyond FAR its density, 9e-17 of that at 0, is rounding */
static const double NOTHING = 1e-18;       /* a weight that moves no digit of the sum */

enum { LATTICE = 8009, PRODUCTS_TRIED = 2000 };

/* --- over s --------------------------------------------------------------------------------------------- */

/* A probability given s, or the bound of the estimates' common error. */
typedef double given_s(const void *context, double w);

/* The mean of P(. | t s) over s: in x = log s, whose log density is df x - df e^2x / 2 + constant, from its mode 0 outward. */
static double over_s(given_s *inner, const void *context, double t, double df)
{
    double h, sum, weights, constant;

    if (!isfinite(df))
        return inner(context, t);
    h = fmin(STEP, 0.5 / sqrt(2 * df));
    sum = inner(context, t);
    weights = 1;
    for (int side = -1; side <= 1; side += 2)
        for (int i = 1; i < 100000; i++) {
            double x = side * i * h, weight = exp(df * x - 0.5 * df * expm1(2 * x));

            if (weight < NOTHING)
                break;
            sum += weight * inner(context, t * exp(x));
            weights += weight;
        }
    constant = weights; /* the same rule on the density alone */
    return sum / constant;
}

/* The t at which a decreasing function of it is p: by bisection of a bracket, then secants within it. */
struct decreasing {
    double (*at)(const void *context, double t);
    const void *context;
    double tolerance; /* relative */
};

static double solve(struct decreasing f, double p, double start)
{
    double low = 0, high = start, f_low = 1 - p, f_high, middle, f_middle;

    while ((f_high = f.at(f.context, high) - p) > 0 && high < 1e6) {
        low = high;
        f_low = f_high;
        high *= 2;
    }
    for (int i = 0; i < 200 && high - low > f.tolerance * high; i++) {
        middle = i % 3 == 2 || f_low == f_high ? 0.5 * (low + high) : low + (high - low) * f_low / (f_low - f_high);
        middle = fmin(fmax(middle, low + INSIDE * (high - low)), high - INSIDE * (high - low));
        f_middle = f.at(f.context, middle) - p;
        if (fabs(f_middle) < P_FOUND)
            return middle;
        if (f_middle > 0) {
            low = middle;
            f_low = f_middle;
        } else {
            high = middle;
            f_high = f_middle;
        }
    }
    return 0.5 * (low + high);
}

/* --- Tukey's range --------------------------------------------------------------------------------------- */

/* P(range of k normals > w) = 1 - k int phi(z) {Phi(z) - Phi(z - w)}^(k-1) dz. */
static double range_upper(const void *context, double w)
{
    int k = *(const int *)context;
    double sum = 0;

    for (double z = -FAR; z <= FAR; z += STEP) {
        double inside = w > 0 ? pnorm(z, 0, 1, 1, 0) - pnorm(z - w, 0, 1, 1, 0) : 0, outside = 1;

        for (int i = 1; i < k; i++)
            outside *= inside;
        sum += dnorm(z, 0, 1, 0) * outside;
    }
    return fmax(0, 1 - k * sum * STEP);
}

double tukey_upper(double q, int k, double df)
{
    return q > 0 ? fmin(1, over_s(range_upper, &k, q, df)) : 1;
}

struct tukey {
    int k;
    double df;
};

static double tukey_at(const void *context, double q)
{
    const struct tukey *tukey = context;

    return tukey_upper(q, tukey->k, tukey->df);
}

double tukey_critical(double p, int k, double df)
{
    const struct tukey tukey = { k, df };

    return solve((struct decreasing){ tukey_at, &tukey, T_FOUND }, p, 4);
}

/* --- the largest |t| --------------------------------------------------------------------------------------- */

struct largest {
    int count;
    double df;
    double *loading; /* r_ij = l_i l_j, nearly or exactly */
    double *factor;  /* count x count: Cholesky's, by rows; NULL: the loadings are exact */
    double *work;    /* count */
    double *root;    /* count: of primes, the lattice's directions */
    double *scale;   /* LATTICE: s at each point */
    double step;     /* in z */
    struct watch *watch;
};

/* P(|l z + sqrt(1 - l^2) Y| <= w). */
static double within(double w, double z, double l)
{
    double spread = sqrt(fmax(1 - l * l, NO_SPREAD));

    return pnorm((w - l * z) / spread, 0, 1, 1, 0) - pnorm((-w - l * z) / spread, 0, 1, 1, 0);
}

static double product_upper(const void *context, double w)
{
    const struct largest *m = context;
    double sum = 0, weights = 0;

    for (double z = -FAR; z <= FAR && !watch_stops(m->watch); z += m->step) {
        double density = dnorm(z, 0, 1, 0), all = 1;

        for (int i = 0; i < m->count; i++)
            all *= within(w, z, m->loading[i]);
        sum += density * all;
        weights += density;
    }
    return fmax(0, 1 - sum / weights);
}

static bool is_prime(int n)
{
    for (int d = 2; d * d <= n; d++)
        if (n % d == 0)
            return false;
    return n > 1;
}

/* From the fraction of u, there and back, so that the integrand has no jump. */
static double fold(double u)
{
    return fabs(2 * (u - floor(u)) - 1);
}

/* By a lattice of square roots of primes, each coordinate folded: P(max > t) of variables with Cholesky factor L (rows). */
static double lattice_upper(const struct largest *m, const double *L, double t)
{
    double sum = 0, *y = m->work;

    for (int point = 1; point <= LATTICE && !watch_stops(m->watch); point++) {
        double s = m->scale[point - 1], all = 1;

        for (int i = 0; i < m->count; i++) {
            double mean = 0, low, high, own = L[i * m->count + i];

            for (int j = 0; j < i; j++)
                mean += L[i * m->count + j] * y[j];
            low = pnorm((-t * s - mean) / own, 0, 1, 1, 0);
            high = pnorm((t * s - mean) / own, 0, 1, 1, 0);
            all *= high - low;
            if (i + 1 < m->count)
                y[i] = qnorm(fmin(fmax(low + fold(point * m->root[i]) * (high - low), LEAST_P), 1 - LEAST_TAIL), 0, 1, 1, 0);
        }
        sum += all;
    }
    return 1 - sum / LATTICE;
}

/* The lattice's directions: a square root of a prime for each variable. */
static void set_lattice(struct largest *m)
{
    int prime = 3;

    for (int i = 0; i < m->count; i++) {
        m->root[i] = sqrt(prime);
        do
            prime += 2;
        while (!is_prime(prime));
    }
}

/* Sets the degrees of freedom, and s by its quantiles at the lattice's points: once for as long as these are the same. */
static void largest_at(struct largest *m, double df)
{
    if (m->df == df)
        return;
    m->df = df;
    for (int point = 1; m->factor != NULL && point <= LATTICE; point++)
        m->scale[point - 1] =
            isfinite(m->df) ? sqrt(qchisq(fmin(fmax(fold(point * M_SQRT2), SCALE_TAIL), 1 - SCALE_TAIL), m->df, 1, 0) / m->df)
                            : 1;
}

/* Cholesky of r or, `products`, of the matrix of products of loadings; a row that depends on others keeps a little of its own. */
static void set_factor(const struct largest *m, const double *r, bool products, double *L)
{
    int n = m->count;

    for (int i = 0; i < n; i++)
        for (int j = 0; j <= i && !watch_stops(m->watch); j++) {
            double sum = i == j ? 1 : products ? m->loading[i] * m->loading[j] : r[i + j * n];

            for (int k = 0; k < j; k++)
                sum -= L[i * n + k] * L[j * n + k];
            L[i * n + j] = i == j ? sqrt(fmax(sum, OWN_PART)) : sum / L[j * n + j];
        }
}

/* Loadings by least squares, one at a time.  Returns the largest error of a product. */
static double fit_loadings(int n, const double *r, double *l, struct watch *watch)
{
    double error = 0;

    for (int i = 0; i < n; i++)
        l[i] = n > 1 && r[(i == 0 ? 1 : 0) + i * n] < 0 && i > 0 ? -0.7 : 0.7;
    for (int round = 0; round < PRODUCTS_TRIED && n > 1 && !watch_stops(watch); round++) {
        double moved = 0;

        for (int i = 0; i < n; i++) {
            double with = 0, squares = 0, next;

            for (int j = 0; j < n; j++)
                if (j != i) {
                    with += r[i + j * n] * l[j];
                    squares += l[j] * l[j];
                }
            next = squares > 0 ? fmin(fmax(with / squares, -1), 1) : 0;
            moved = fmax(moved, fabs(next - l[i]));
            l[i] = next;
        }
        if (moved < LOADINGS_FOUND)
            break;
    }
    if (n == 2) {
        l[0] = sqrt(fabs(r[1]));
        l[1] = r[1] < 0 ? -l[0] : l[0];
    }
    for (int i = 0; i < n; i++)
        for (int j = 0; j < i; j++)
            error = fmax(error, fabs(r[i + j * n] - l[i] * l[j]));
    return error;
}

static void largest_clear(struct largest *m)
{
    mem_free(m->loading);
}

/* For largest_at. */
static bool largest_init(struct largest *m, int count, const double r[], struct watch *watch, bool *exact)
{
    size_t n = (size_t)count;
    double smallest = 1;

    *m = (struct largest){ .count = count, .watch = watch };
    if ((m->loading = NEW_ARRAY(double, 3 * n + 2 * n * n + LATTICE + 1)) == NULL)
        return false;
    m->work = m->loading + n;
    *exact = fit_loadings(count, r, m->loading, watch) < EXACT;
    if (count == 1)
        m->loading[0] = 0;
    for (int i = 0; i < count; i++)
        smallest = fmin(smallest, sqrt(fmax(1 - m->loading[i] * m->loading[i], NARROWEST)));
    m->step = fmin(STEP, 0.4 * smallest);
    if (*exact)
        return true;
    m->factor = m->work + n;
    m->root = m->factor + 2 * n * n;
    m->scale = m->root + n;
    set_lattice(m);
    set_factor(m, r, false, m->factor);
    set_factor(m, r, true, m->factor + n * n);
    return true;
}

/* What the lattice says of the difference between r and the products, added to the quadrature of these. */
static double largest_upper(const void *context, double t)
{
    const struct largest *m = context;
    double p = over_s(product_upper, m, t, m->df);

    if (m->factor != NULL)
        p += lattice_upper(m, m->factor, t) - lattice_upper(m, m->factor + m->count * m->count, t);
    return fmin(fmax(p, 0), 1);
}

double dunnett_upper(double t, int count, const double r[], double df, bool *exact)
{
    struct largest m;
    double p;

    if (!largest_init(&m, count, r, NULL, exact))
        return (double)NAN;
    largest_at(&m, df);
    p = largest_upper(&m, fabs(t));
    largest_clear(&m);
    return p;
}

double dunnett_critical(double p, int count, const double r[], double df, bool *exact)
{
    struct largest m;
    double t;

    if (!largest_init(&m, count, r, NULL, exact))
        return (double)NAN;
    largest_at(&m, df);
    t = solve((struct decreasing){ largest_upper, &m, *exact ? T_FOUND : T_ROUGH }, p, 3);
    largest_clear(&m);
    return t;
}

/* --- families ---------------------------------------------------------------------------------------------- */

static double alone(double t, double df)
{
    return 2 * (isfinite(df) ? pt(fabs(t), df, 0, 0) : pnorm(fabs(t), 0, 1, 0, 0));
}

static double alone_critical(double p, double df)
{
    return isfinite(df) ? qt(p / 2, df, 0, 0) : qnorm(p / 2, 0, 1, 0, 0);
}

/* Holm's: the i-th smallest of m times (m - i), never below one before it. */
static bool holm(const struct family_of *f, int m, double p[])
{
    bool *done = NEW_ARRAY(bool, f->count + 1);
    double last = 0;

    for (int round = 0; done != NULL && round < m; round++) {
        int least = -1;

        for (int i = 0; i < f->count; i++)
            if (!done[i] && !isnan(p[i]) && (least < 0 || p[i] < p[least]))
                least = i;
        if (least < 0)
            break;
        done[least] = true;
        last = p[least] = fmin(1, fmax(last, (m - round) * p[least]));
    }
    mem_free(done);
    return done != NULL;
}

/* Whether mean a has a pair that is estimable; pairs stand by their first mean, then by their second. */
static bool is_compared(const struct family_of *f, int a)
{
    for (int b = 0; b < f->means; b++) {
        int i = b < a ? b : a, j = b < a ? a : b;

        if (b != a && !isnan(f->t[i * (2 * f->means - i - 1) / 2 + j - i - 1]))
            return true;
    }
    return false;
}

/* Of how many means the m pairs that are estimable are all pairs; of all means where they are those of no such set (1 - 2 and
 * 3 - 4, which have a law of their own that is within that of all). */
static int means_compared(const struct family_of *f, int m)
{
    int k = 0;

    for (int a = 0; a < f->means; a++)
        k += is_compared(f, a);
    return k * (k - 1) / 2 == m ? k : f->means;
}

static double adjusted_p(const struct family_of *f, enum adjustment how, int m, double t, double df, struct largest *largest)
{
    double p = alone(t, df);

    switch (how) {
    case ADJUST_TUKEY:
        return m < 2 ? p : tukey_upper(M_SQRT2 * fabs(t), f->means, df);
    case ADJUST_DUNNETT:
        if (m < 2)
            return p;
        largest_at(largest, df);
        return largest_upper(largest, fabs(t));
    case ADJUST_SIDAK:
        return -expm1(m * log1p(-p));
    case ADJUST_BONFERRONI:
        return fmin(1, m * p);
    default:
        return p;
    }
}

static double critical(const struct family_of *f, enum adjustment how, int m, double alpha, double df, struct largest *largest)
{
    switch (m < 2 ? ADJUST_NONE : how) {
    case ADJUST_TUKEY:
        return tukey_critical(alpha, f->means, df) / M_SQRT2;
    case ADJUST_DUNNETT:
        largest_at(largest, df);
        return solve((struct decreasing){ largest_upper, largest, largest->factor == NULL ? T_FOUND : T_ROUGH }, alpha, 3);
    case ADJUST_SIDAK:
        return alone_critical(-expm1(log1p(-alpha) / m), df);
    case ADJUST_BONFERRONI:
    case ADJUST_HOLM:
        return alone_critical(alpha / m, df);
    default:
        return alone_critical(alpha, df);
    }
}

bool simultaneous_adjust(const struct family_of *all, enum adjustment how, double level, double p[], double reach[], bool *exact)
{
    struct family_of family = *all;
    const struct family_of *f = &family;
    struct largest largest = { .loading = NULL };
    int m = 0, before;

    *exact = true;
    for (int i = 0; i < f->count; i++)
        m += !isnan(f->t[i]);
    if (how == ADJUST_TUKEY)
        family.means = means_compared(all, m);
    if (how == ADJUST_DUNNETT && m >= 2 && !largest_init(&largest, f->count, f->r, f->watch, exact))
        return false;
    for (int i = 0; i < f->count && !watch_stops(f->watch); i++) {
        p[i] = reach[i] = (double)NAN;
        if (isnan(f->t[i]))
            continue;
        p[i] = adjusted_p(f, how, m, f->t[i], f->df[i], &largest);
        for (before = 0; before < i; before++) /* critical values take long, and are often the same */
            if (!isnan(reach[before]) && (f->df[before] == f->df[i] || fabs(f->df[before] - f->df[i]) < SAME_DF * f->df[i]))
                break;
        reach[i] = before < i ? reach[before] : critical(f, how, m, 1 - level, f->df[i], &largest);
    }
    largest_clear(&largest);
    return how != ADJUST_HOLM || m < 2 || holm(f, m, p);
}
