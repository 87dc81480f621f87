/* spline.c -- see spline.h.
 *
 * B-splines of degree d on knots t (each end d + 1 times): on the span t_s <= x < t_(s+1) those from s - d to s are not 0, and
 * follow from those of degree d - 1 (Cox 1972, de Boor 1972); their derivatives are differences of such of lower degree.  The
 * first is left out, so that the constant is.  A natural cubic spline has no second derivative at the two ends: C b = 0 for its
 * coefficients b, and its columns are the B-splines times what is orthogonal to C', by two Householder reflections, signs and
 * order as R has them.
 *
 * A recipe holds the two ends, then the knots between them. */
#include "model/spline.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/sample.h"

enum { CONDITIONS = 2 };

int spline_columns(const struct spline *spline)
{
    return spline->natural ? spline->knots + 1 : spline->knots + spline->degree;
}

size_t spline_recipe_size(const struct spline *spline)
{
    return 2 + (size_t)spline->knots;
}

bool spline_describe(const struct spline *spline, size_t count, const double *x, double *room, const double *inner,
                     const double *outer, double *recipe)
{
    size_t n, first = 0;
    double before;
    bool ok = true;

    memcpy(room, x, count * sizeof *room);
    n = sample_sort(room, count);
    if (n == 0)
        return false;
    recipe[0] = outer != NULL ? outer[0] : room[0];
    recipe[1] = outer != NULL ? outer[1] : room[n - 1];
    while (n > 0 && room[n - 1] > recipe[1])
        n--;
    while (first < n && room[first] < recipe[0])
        first++;
    if (first == n && inner == NULL && spline->knots > 0)
        return false;
    before = recipe[0];
    for (int k = 0; k < spline->knots; k++) {
        recipe[2 + k] = inner != NULL ? inner[k] : sample_quantile(room + first, n - first, (k + 1.0) / (spline->knots + 1.0));
        ok = ok && recipe[2 + k] > before;
        before = recipe[2 + k];
    }
    return ok && recipe[1] > before;
}

/* out[0 .. degree]: derivatives of order k <= degree, at x, of the degree + 1 splines that are not 0 on the span. */
static void on_span(const double *t, int span, int degree, int k, double x, double *out)
{
    out[0] = 1.0;
    for (int d = 1; d <= degree - k; d++) {
        double carried = 0.0;

        for (int r = 0; r < d; r++) {
            double right = t[span + r + 1], left = t[span + r + 1 - d], part = out[r] / (right - left);

            out[r] = carried + (right - x) * part;
            carried = (x - left) * part;
        }
        out[d] = carried;
    }
    for (int d = degree - k + 1; d <= degree; d++) {
        double carried = 0.0;

        for (int r = 0; r < d; r++) {
            double part = d * out[r] / (t[span + r + 1] - t[span + r + 1 - d]);

            out[r] = carried - part;
            carried = part;
        }
        out[d] = carried;
    }
}

struct work {
    const struct spline *spline;
    double low, high;
    double *t;       /* all knots */
    double *row;     /* of B-splines, the first among them */
    double *reflect; /* natural: the reflections, CONDITIONS columns of width - 1 */
    double *end;     /* natural: values and slopes at the two ends, 4 rows of the basis */
    int width;       /* B-splines */
};

/* w->row: derivatives of order k, at x, of all B-splines. */
static void splines_at(struct work *w, int k, double x)
{
    int degree = w->spline->degree, span = degree;

    while (span < degree + w->spline->knots && x >= w->t[span + 1])
        span++;
    memset(w->row, 0, (size_t)w->width * sizeof *w->row);
    on_span(w->t, span, degree, k, x, w->row + span - degree);
}

/* column += its reflection by v, whose first `l` entries count as 0. */
static void reflect(int width, int l, const double *v, double *column)
{
    double dot = 0.0;

    if (v[l] == 0.0)
        return;
    for (int i = l; i < width; i++)
        dot -= v[i] * column[i];
    for (int i = l; i < width; i++)
        column[i] += dot / v[l] * v[i];
}

/* The reflections that bring the second derivatives at the ends into the first two places. */
static void prepare_natural(struct work *w)
{
    int width = w->width - 1;

    for (int l = 0; l < CONDITIONS; l++) {
        splines_at(w, 2, l == 0 ? w->low : w->high);
        memcpy(w->reflect + l * width, w->row + 1, (size_t)width * sizeof *w->row);
    }
    for (int l = 0; l < CONDITIONS; l++) {
        double *v = w->reflect + l * width, squares = 0.0, length;

        for (int j = 0; j < l; j++)
            reflect(width, j, w->reflect + j * width, v);
        for (int i = l; i < width; i++)
            squares += v[i] * v[i];
        length = v[l] < 0.0 ? -sqrt(squares) : sqrt(squares);
        for (int i = l; i < width; i++)
            v[i] /= length;
        v[l] += 1.0;
    }
}

/* A row of the basis (every stride-th of `out`): derivatives of order k <= 1 at x between the ends. */
static void basis_row(struct work *w, int k, double x, double *out, size_t stride)
{
    int columns = spline_columns(w->spline), width = w->width - 1;

    splines_at(w, k, x);
    for (int l = 0; w->spline->natural && l < CONDITIONS; l++)
        reflect(width, l, w->reflect + l * width, w->row + 1);
    for (int j = 0; j < columns; j++)
        out[(size_t)j * stride] = w->row[w->width - columns + j];
}

static void natural_row(struct work *w, double x, double *out, size_t stride)
{
    int columns = spline_columns(w->spline);
    const double *end = w->end + (x < w->low ? 0 : 2 * columns);
    double beyond = x < w->low ? x - w->low : x - w->high;

    if (x >= w->low && x <= w->high)
        basis_row(w, 0, x, out, stride);
    else
        for (int j = 0; j < columns; j++)
            out[(size_t)j * stride] = end[j] + beyond * end[columns + j];
}

static bool work_init(struct work *w, const struct spline *spline, const double *recipe)
{
    int degree = spline->degree, columns = spline_columns(spline), places = 2 * (degree + 1) + spline->knots;

    *w = (struct work){ .spline = spline, .low = recipe[0], .high = recipe[1], .width = degree + 1 + spline->knots };
    w->t = mem_alloc((size_t)places, sizeof *w->t);
    w->row = mem_alloc((size_t)w->width, sizeof *w->row);
    w->reflect = mem_alloc((size_t)w->width * CONDITIONS, sizeof *w->reflect);
    w->end = mem_alloc((size_t)columns * 4, sizeof *w->end);
    if (w->t == NULL || w->row == NULL || w->reflect == NULL || w->end == NULL)
        return false;
    for (int i = 0; i <= degree; i++) {
        w->t[i] = w->low;
        w->t[places - 1 - i] = w->high;
    }
    memcpy(w->t + degree + 1, recipe + 2, (size_t)spline->knots * sizeof *w->t);
    if (spline->natural) {
        prepare_natural(w);
        for (int e = 0; e < 4; e++)
            basis_row(w, e % 2, e < 2 ? w->low : w->high, w->end + e * columns, 1);
    }
    return true;
}

bool spline_apply(const struct spline *spline, size_t count, const double *x, const double *recipe, double *basis)
{
    struct work w;
    bool ok = work_init(&w, spline, recipe);
    int columns = spline_columns(spline);

    for (size_t i = 0; ok && i < count; i++)
        if (isnan(x[i]))
            for (int j = 0; j < columns; j++)
                basis[(size_t)j * count + i] = (double)NAN;
        else if (spline->natural)
            natural_row(&w, x[i], basis + i, count);
        else
            basis_row(&w, 0, x[i], basis + i, count);
    mem_free(w.t);
    mem_free(w.row);
    mem_free(w.reflect);
    mem_free(w.end);
    return ok;
}
