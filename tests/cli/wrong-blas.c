/* wrong-blas.c -- a BLAS that computes wrongly, to be loaded before the real one: WRONG_BLAS names the routine. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

static int is_wrong(const char *name)
{
    const char *wrong = getenv("WRONG_BLAS");

    return wrong != NULL && strcmp(wrong, name) == 0;
}

void dgemm_(const char *ta, const char *tb, const int *m, const int *n, const int *k, const double *alpha, const double *a,
            const int *lda, const double *b, const int *ldb, const double *beta, double *c, const int *ldc);

void dgemm_(const char *ta, const char *tb, const int *m, const int *n, const int *k, const double *alpha, const double *a,
            const int *lda, const double *b, const int *ldb, const double *beta, double *c, const int *ldc)
{
    void (*real)(const char *, const char *, const int *, const int *, const int *, const double *, const double *, const int *,
                 const double *, const int *, const double *, double *, const int *);

    *(void **)&real = dlsym(RTLD_NEXT, "dgemm_");
    real(ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
    if (is_wrong("dgemm") && *m > 16 && *n > 16)
        c[17 + 16 * (size_t)*ldc] *= 1.001;
}

void dpotrf_(const char *uplo, const int *n, double *a, const int *lda, int *info);

void dpotrf_(const char *uplo, const int *n, double *a, const int *lda, int *info)
{
    void (*real)(const char *, const int *, double *, const int *, int *);

    *(void **)&real = dlsym(RTLD_NEXT, "dpotrf_");
    real(uplo, n, a, lda, info);
    if (is_wrong("dpotrf") && *n > 8)
        a[8 + 8 * (size_t)*lda] += 1e-3;
}
