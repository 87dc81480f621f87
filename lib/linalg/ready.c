/* ready.c -- see ready.h. */
#include "linalg/ready.h"

#include <math.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

#include "base/memory.h"
#include "base/ready.h"
#include "base/threads.h"
#include "linalg/lapack.h"

/* OpenBLAS's own; absent from another BLAS. */
extern void *blas_memory_alloc(int place) __attribute__((weak));
extern void blas_memory_free(void *buffer) __attribute__((weak));
extern char *openblas_get_config(void) __attribute__((weak));
extern char *openblas_get_corename(void) __attribute__((weak));

enum {
    THREADS_MOST = 256,
    BUFFER = 136 << 20, /* bytes of address space for one of OpenBLAS's buffers, with room */
};

/* --- memory and threads ------------------------------------------------------------------------- */

static int wanted_threads(void)
{
    int threads = omp_get_max_threads();

    return threads < 1 ? 1 : threads > THREADS_MOST ? THREADS_MOST : threads;
}

static bool room_for_buffer(void)
{
    void *room = mmap(NULL, BUFFER, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return room != MAP_FAILED && munmap(room, BUFFER) == 0;
}

/* Lets OpenBLAS take a buffer for each of the threads, all at once, while there is room; it keeps them.  Returns for how many it
 * has them. */
static int reserve_buffers(int threads)
{
    void *buffers[THREADS_MOST];
    int count = 0;

    if (blas_memory_alloc == NULL || blas_memory_free == NULL)
        return threads;
    /* Those that it has already are taken again at no cost; the room is asked for all the same, for nobody tells which they are.
     */
    while (count < threads && room_for_buffer())
        buffers[count++] = blas_memory_alloc(0);
    for (int i = 0; i < count; i++)
        blas_memory_free(buffers[i]);
    return count;
}

static void *idle(void *argument)
{
    return argument;
}

/* How many threads the system gives, at most so many, the present one included. */
static int try_threads(int threads)
{
    pthread_t others[THREADS_MOST];
    int count = 0;

    while (count < threads - 1 && pthread_create(&others[count], NULL, idle, NULL) == 0)
        count++;
    for (int i = 0; i < count; i++)
        pthread_join(others[i], NULL);
    return count + 1;
}

/* --- right or wrong ----------------------------------------------------------------------------- */

enum { N = 44, ODD = 37 }; /* beyond the blocks that kernels work in, and no multiple of them */
#define TOLERANCE 1e-9     /* of numbers about 1, sums of N products: rounding is below 1e-13 */

struct trial {
    double a[N * N], b[N * N], c[N * N], d[N * N], l[N * N];
    double worst; /* the largest difference, or NaN */
};

/* Numbers between -1 and 1, always the same. */
static void fill(double *x, unsigned state)
{
    for (int i = 0; i < N * N; i++) {
        state = state * 1664525u + 1013904223u;
        x[i] = (double)(state >> 8) / 8388608.0 - 1.0;
    }
}

static void differ(struct trial *t, double x, double y)
{
    double difference = fabs(x - y);

    if (!(difference <= t->worst))
        t->worst = difference; /* a NaN stays */
}

/* The entry of op(A) op(B). */
static double product(const double *a, bool ta, const double *b, bool tb, int i, int j, int n)
{
    double sum = 0;

    for (int k = 0; k < n; k++)
        sum += (ta ? a[k + i * N] : a[i + k * N]) * (tb ? b[j + k * N] : b[k + j * N]);
    return sum;
}

static void try_products(struct trial *t)
{
    static const char letters[] = "NT";
    const double one = 1, zero = 0, minus = -1;
    const int n = ODD, ld = N;

    for (int way = 0; way < 3; way++) {
        bool ta = way == 2, tb = way == 1;

        dgemm_(&letters[ta], &letters[tb], &n, &n, &n, &one, t->a, &ld, t->b, &ld, &zero, t->c, &ld);
        for (int j = 0; j < n; j++)
            for (int i = 0; i < n; i++)
                differ(t, t->c[i + j * N], product(t->a, ta, t->b, tb, i, j, n));
    }
    memcpy(t->c, t->b, sizeof t->c);
    dsyrk_("L", "N", &n, &n, &minus, t->a, &ld, &one, t->c, &ld);
    for (int j = 0; j < n; j++)
        for (int i = j; i < n; i++)
            differ(t, t->c[i + j * N], t->b[i + j * N] - product(t->a, false, t->a, true, i, j, n));
}

static void try_vectors(struct trial *t)
{
    static const char letters[] = "NT";
    const double one = 1, zero = 0;
    const int n = N, ld = N, step = 1;

    for (int way = 0; way < 2; way++) {
        dgemv_(&letters[way], &n, &n, &one, t->a, &ld, t->b, &step, &zero, t->c, &step);
        for (int i = 0; i < n; i++)
            differ(t, t->c[i], product(t->a, way == 1, t->b, false, i, 0, n));
    }
    differ(t, ddot_(&n, t->a, &step, t->b, &step), product(t->a, true, t->b, false, 0, 0, n));
}

/* A factor of A A' + N I, and solves with it. */
static void try_factors(struct trial *t)
{
    const double one = 1;
    const int n = N, ld = N;
    int info;

    for (int j = 0; j < n; j++)
        for (int i = 0; i < n; i++)
            t->l[i + j * N] = t->d[i + j * N] = product(t->a, false, t->a, true, i, j, n) / N + (i == j);
    dpotrf_("L", &n, t->l, &ld, &info);
    if (info != 0)
        t->worst = (double)NAN;
    for (int j = 0; j < n; j++)
        for (int i = 0; i < j; i++)
            t->l[i + j * N] = 0;
    for (int j = 0; j < n; j++)
        for (int i = j; i < n; i++)
            differ(t, product(t->l, false, t->l, true, i, j, n), t->d[i + j * N]);
    memcpy(t->c, t->b, sizeof t->c);
    dtrsm_("L", "L", "N", "N", &n, &n, &one, t->l, &ld, t->c, &ld);
    for (int j = 0; j < n; j++)
        for (int i = 0; i < n; i++)
            differ(t, product(t->l, false, t->c, false, i, j, n), t->b[i + j * N]);
    memcpy(t->c, t->b, sizeof t->c);
    dtrsm_("R", "L", "T", "N", &n, &n, &one, t->l, &ld, t->c, &ld);
    for (int j = 0; j < n; j++)
        for (int i = 0; i < n; i++)
            differ(t, product(t->c, false, t->l, true, i, j, n), t->b[i + j * N]);
}

static bool fail_kernel(const char *what, double worst, struct glmm_error *err)
{
    const char *config = openblas_get_config == NULL ? "an unknown BLAS" : openblas_get_config();
    const char *kernel = openblas_get_corename == NULL ? "unknown" : openblas_get_corename();

    fail(err, GLMM_E_STATE, NOWHERE,
         "the BLAS on this machine computes wrongly: its %s are off by %.2g, so nothing is fitted with it (%.120s, kernel %.40s)",
         what, worst, config, kernel);
    error_hint(err,
               "start with OPENBLAS_CORETYPE=PRESCOTT in the environment for another kernel, or install a newer libopenblas");
    return false;
}

static bool computes_right(struct glmm_error *err)
{
    static const struct {
        const char *what;
        void (*try)(struct trial *trial);
    } trials[] = { { "products", try_products },
                   { "products with vectors", try_vectors },
                   { "factors and solves", try_factors } };
    struct trial *t = NEW(struct trial);
    bool ok = t != NULL || fail_memory(err);

    for (size_t i = 0; ok && i < sizeof trials / sizeof *trials; i++) {
        t->worst = 0;
        fill(t->a, 1);
        fill(t->b, 2);
        trials[i].try(t);
        ok = t->worst <= TOLERANCE || fail_kernel(trials[i].what, t->worst, err);
    }
    mem_free(t);
    return ok;
}

bool blas_ready(struct glmm_error *err)
{
    int before = ready_threads(), wanted = wanted_threads(), had;

    if (before >= wanted)
        return true;
    had = reserve_buffers(wanted);
    if (had == 0)
        return fail_memory(err);
    if (had > before)
        had = try_threads(had);
    if (had < before)
        had = before;
    if (had < wanted)
        omp_set_num_threads(had);
    if (before == 0 && !computes_right(err))
        return false;
    ready_set_threads(had);
    return true;
}
