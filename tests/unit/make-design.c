/* make-design.c -- see make-design.h. */
#include "make-design.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "linalg/dense.h"

static void fill_term(struct random_design *random, const struct shape_term *shape, const struct random_design *first, int n,
                      struct rng *rng)
{
    static const char *const names[] = { "(Intercept)", "a", "b", "c" };

    random->group = "g";
    random->k = shape->k;
    random->names = calloc((size_t)shape->k, sizeof *random->names);
    random->level_count = shape->levels;
    random->levels = calloc((size_t)shape->levels, sizeof *random->levels);
    random->level = calloc((size_t)n, sizeof *random->level);
    random->rows_of_level = calloc((size_t)shape->levels, sizeof(double));
    random->covariance = shape->diagonal ? &covariance_diagonal : &covariance_unstructured;
    random->z = shape->k > 1 ? calloc((size_t)(n * shape->k), sizeof(double)) : NULL;
    for (int a = 0; a < shape->k; a++)
        random->names[a] = names[a % 4];
    for (int l = 0; l < shape->levels; l++)
        random->levels[l] = "level";
    for (int i = 0; i < n; i++) {
        int l = shape->inside > 0   ? first->level[i] / shape->inside
                : i < shape->levels ? i
                                    : (int)rng_below(rng, (uint32_t)shape->levels);

        random->level[i] = l < shape->levels ? l : shape->levels - 1;
        random->rows_of_level[random->level[i]] += 1.0;
        for (int a = 0; a < shape->k && random->z != NULL; a++)
            random->z[i * shape->k + a] = a == 0 ? 1.0 : 3.0 + 2.0 * rng_normal(rng);
    }
}

struct design *make_design(int n, int p, int terms, const struct shape_term *shape, bool weighted, unsigned seed)
{
    struct design *d = calloc(1, sizeof *d);
    struct rng rng;

    rng_init(&rng, seed, 1);
    d->n = (size_t)n;
    d->p = p;
    d->response = "y";
    d->y = calloc((size_t)n, sizeof(double));
    d->X = calloc((size_t)(n * p) + 1, sizeof(double));
    d->names = calloc((size_t)p + 1, sizeof *d->names);
    d->random_count = terms;
    d->random = calloc((size_t)terms + 1, sizeof *d->random);
    d->weights = weighted ? calloc((size_t)n, sizeof(double)) : NULL;
    for (int j = 0; j < p; j++) {
        d->names[j] = j == 0 ? "(Intercept)" : "x";
        for (int i = 0; i < n; i++)
            d->X[i + j * n] = j == 0 ? 1.0 : 5.0 + rng_normal(&rng);
    }
    for (int t = 0; t < terms; t++)
        fill_term(&d->random[t], &shape[t], &d->random[0], n, &rng);
    for (int i = 0; i < n; i++) {
        d->y[i] = 10.0 + rng_normal(&rng);
        if (weighted)
            d->weights[i] = 0.5 + rng_uniform(&rng);
        for (int j = 1; j < p; j++)
            d->y[i] += 0.3 * j * d->X[i + j * n];
    }
    for (int t = 0; t < terms; t++) {
        struct random_design *random = &d->random[t];
        double *b = calloc((size_t)(random->level_count * random->k), sizeof(double));

        for (int j = 0; j < random->level_count * random->k; j++)
            b[j] = (0.4 + 0.3 * t) * rng_normal(&rng);
        for (int i = 0; i < n; i++)
            for (int a = 0; a < random->k; a++)
                d->y[i] += (random->z == NULL ? 1.0 : random->z[i * random->k + a]) * b[random->level[i] * random->k + a];
        free(b);
    }
    return d;
}

void free_design(struct design *d)
{
    for (int t = 0; t < d->random_count; t++) {
        free(d->random[t].names);
        free(d->random[t].levels);
        free(d->random[t].level);
        free(d->random[t].z);
        free(d->random[t].rows_of_level);
    }
    free(d->random);
    free(d->y);
    free(d->X);
    free(d->names);
    free(d->weights);
    free(d);
}

/* V += Z Lambda Lambda' Z' of one term. */
static void add_term(const struct random_design *random, const double *theta, int n, double *V)
{
    int k = random->k, i = 0;
    double lambda[16] = { 0 }, product[16] = { 0 };

    for (int b = 0; b < k; b++)
        for (int a = b; a < random->covariance->end(k, b); a++)
            lambda[a + b * k] = theta[i++];
    for (int a = 0; a < k; a++)
        for (int b = 0; b < k; b++)
            for (int c = 0; c < k; c++)
                product[a + b * k] += lambda[a + c * k] * lambda[b + c * k];
    for (int r = 0; r < n; r++)
        for (int s = 0; s < n; s++) {
            if (random->level[r] != random->level[s])
                continue;
            for (int a = 0; a < k; a++)
                for (int b = 0; b < k; b++)
                    V[r + s * n] += (random->z == NULL ? 1.0 : random->z[r * k + a]) * product[a + b * k]
                                    * (random->z == NULL ? 1.0 : random->z[s * k + b]);
        }
}

double dense_deviance(const struct design *d, bool reml, const double theta[])
{
    int n = (int)d->n, p = d->p, at = 0;
    double *V = calloc((size_t)(n * n), sizeof(double)), *A = calloc((size_t)(n * (p + 1)), sizeof(double));
    double *C = calloc((size_t)((p + 1) * (p + 1)), sizeof(double)), logdet = 0.0, nu = n - (reml ? p : 0), rss, result = 0.0;

    for (int i = 0; i < n; i++) {
        V[i + i * n] = 1.0 / (d->weights == NULL ? 1.0 : d->weights[i]);
        A[i + p * n] = d->y[i] - (d->offset == NULL ? 0.0 : d->offset[i]);
    }
    memcpy(A, d->X, sizeof(double) * (size_t)(n * p));
    for (int t = 0; t < d->random_count; t++) {
        add_term(&d->random[t], theta + at, n, V);
        at += d->random[t].covariance->count(d->random[t].k);
    }
    chol_factor(n, V, n);
    for (int j = 0; j <= p; j++)
        chol_solve_lower(n, V, n, A + j * n);
    for (int i = 0; i < n; i++)
        logdet += 2.0 * log(V[i + i * n]);
    for (int j = 0; j <= p; j++)
        for (int i = j; i <= p; i++)
            for (int r = 0; r < n; r++)
                C[i + j * (p + 1)] += A[r + i * n] * A[r + j * n];
    chol_factor(p + 1, C, p + 1);
    rss = C[p + p * (p + 1)] * C[p + p * (p + 1)];
    for (int j = 0; j < p && reml; j++)
        logdet += 2.0 * log(C[j + j * (p + 1)]);
    result = logdet + nu * (1.0 + log(2.0 * M_PI * rss / nu));
    free(V);
    free(A);
    free(C);
    return result;
}
