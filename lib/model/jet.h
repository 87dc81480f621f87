/* jet.h -- Taylor polynomials of the third order in two variables: a function's value and all its derivatives at once.
 *
 * The coefficients are those of 1, x, y, xx, xy, yy, xxx, xxy, xyy, yyy: derivatives divided by factorials. */
#ifndef MODEL_JET_H
#define MODEL_JET_H

struct jet {
    double c[10];
};

enum { JET_1, JET_X, JET_Y, JET_XX, JET_XY, JET_YY, JET_XXX, JET_XXY, JET_XYY, JET_YYY };

static inline struct jet jet_constant(double value)
{
    return (struct jet){ { value } };
}

/* value + x dx + y dy */
static inline struct jet jet_linear(double value, double dx, double dy)
{
    return (struct jet){ { value, dx, dy } };
}

/* a + f b */
static inline struct jet jet_add(struct jet a, double f, struct jet b)
{
    for (int i = 0; i < 10; i++)
        a.c[i] += f * b.c[i];
    return a;
}

static inline struct jet jet_times(struct jet p, struct jet q)
{
    const double *a = p.c, *b = q.c;

    return (struct jet){ {
        a[0] * b[0],
        a[0] * b[1] + a[1] * b[0],
        a[0] * b[2] + a[2] * b[0],
        a[0] * b[3] + a[1] * b[1] + a[3] * b[0],
        a[0] * b[4] + a[1] * b[2] + a[2] * b[1] + a[4] * b[0],
        a[0] * b[5] + a[2] * b[2] + a[5] * b[0],
        a[0] * b[6] + a[1] * b[3] + a[3] * b[1] + a[6] * b[0],
        a[0] * b[7] + a[1] * b[4] + a[2] * b[3] + a[3] * b[2] + a[4] * b[1] + a[7] * b[0],
        a[0] * b[8] + a[1] * b[5] + a[2] * b[4] + a[4] * b[2] + a[5] * b[1] + a[8] * b[0],
        a[0] * b[9] + a[2] * b[5] + a[5] * b[2] + a[9] * b[0],
    } };
}

/* g(p), with g and its three derivatives at p's value. */
static inline struct jet jet_apply(struct jet p, double g0, double g1, double g2, double g3)
{
    struct jet square, cube, sum = { { 0 } };

    p.c[0] = 0;
    square = jet_times(p, p);
    cube = jet_times(square, p);
    sum = jet_add(jet_add(jet_add(sum, g1, p), g2 / 2, square), g3 / 6, cube);
    sum.c[0] = g0;
    return sum;
}

#endif
