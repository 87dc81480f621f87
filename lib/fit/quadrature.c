/* quadrature.c -- see quadrature.h.
 *
 * With the orthonormal Hermite polynomials h_0 = 1, sqrt(k+1) h_{k+1} = x h_k - sqrt(k) h_{k-1}: the nodes are the zeros
 * of h_n, found from those of h_{n-1}, between which they lie, by Newton steps (h_n' = sqrt(n) h_{n-1}) that bisection
 * safeguards; the weights are 1 / sum_{k<n} h_k(x)^2 (Christoffel), a sum of positive terms. */
#include "fit/quadrature.h"

#include <math.h>
#include <stdbool.h>

static const double NODE_FOUND = 2e-16; /* of a node: its rounding */

/* The square roots of 0, 1, 2 ..., and 1 / those from 1 on. */
struct roots {
    double of[QUADRATURE_MOST + 2], inverse[QUADRATURE_MOST + 2];
};

/* h_n(x); *before gets h_{n-1}(x), *squares the sum of squares of h_0 .. h_{n-1}. */
static double hermite(const struct roots *roots, int n, double x, double *before, double *squares)
{
    double h = 1, last = 0, next;

    *squares = 0;
    for (int k = 0; k < n; k++) {
        *squares += h * h;
        next = (x * h - roots->of[k] * last) * roots->inverse[k + 1];
        last = h;
        h = next;
    }
    *before = last;
    return h;
}

/* The zero of h_n between low and high. */
static double find_zero(const struct roots *roots, int n, double low, double high)
{
    double x = 0.5 * (low + high), h, before, squares, next, sign;

    sign = hermite(roots, n, high, &before, &squares) > 0 ? 1 : -1;
    for (int i = 0; i < 200; i++) {
        h = sign * hermite(roots, n, x, &before, &squares);
        if (h > 0)
            high = x;
        else
            low = x;
        next = x - h / (sign * roots->of[n] * before);
        if (fabs(next - x) <= NODE_FOUND * fabs(x))
            return next;
        x = next > low && next < high ? next : 0.5 * (low + high);
    }
    return x;
}

void gauss_hermite(int count, double node[], double weight[])
{
    double before[QUADRATURE_MOST + 2], last, squares;
    struct roots roots = { 0 };

    before[0] = 0;
    for (int k = 1; k <= count + 1; k++) {
        roots.of[k] = sqrt(k);
        roots.inverse[k] = 1 / roots.of[k];
    }
    for (int n = 1; n <= count; n++) {
        /* The outermost zeros are inside +-2 sqrt(n). */
        for (int i = n / 2; i < n; i++) {
            if (n % 2 == 1 && i == n / 2)
                node[i] = 0;
            else
                node[i] = find_zero(&roots, n, i > 0 ? before[i - 1] : -2 * sqrt(n), i < n - 1 ? before[i] : 2 * sqrt(n));
        }
        for (int i = 0; i < n / 2; i++)
            node[i] = -node[n - 1 - i];
        for (int i = 0; i < n; i++)
            before[i] = node[i];
    }
    for (int i = 0; i < count; i++) {
        hermite(&roots, count, node[i], &last, &squares);
        weight[i] = 1 / squares;
    }
}
