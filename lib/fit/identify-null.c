/* identify-null.c -- null spaces of small matrices: identify-private.h. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "fit/identify-private.h"
#include "linalg/lapack.h"

static const double OTHERS_ALONE = 1e-6; /* of a direction's length, what the parameters have of it */

int null_basis(int m, int n, const double *A, double tolerance, double *out)
{
    int rows = m > n ? m : n, size = 16 * (rows + n) + 64, info = 0, found = 0;
    double *block = mem_zalloc((size_t)(rows * n + n * n + n + size), sizeof(double)), none = 0.0, limit;
    double *a = block, *vt = a + rows * n, *s = vt + n * n, *work = s + n;
    int one = 1;

    if (block == NULL)
        return -1;
    for (int j = 0; j < n; j++) /* rows of 0 below where there are fewer than columns */
        memcpy(a + (size_t)j * (size_t)rows, A + (size_t)j * (size_t)m, sizeof(double) * (size_t)m);
    if (n > 0)
        dgesvd_("N", "A", &rows, &n, a, &rows, s, &none, &one, vt, &n, work, &size, &info, 1, 1);
    limit = n > 0 ? tolerance * fmax(1.0, s[0]) : 0.0;
    for (int v = 0; info == 0 && v < n; v++)
        if (!(s[v] > limit)) {
            for (int j = 0; j < n; j++)
                out[j + found * n] = vt[v + j * n];
            found++;
        }
    mem_free(block);
    return info == 0 ? found : -1;
}

bool directions_find(int count, int others, const double *triangle, double tolerance, double *out, int *dims)
{
    int all = count + others, found;
    double *null = NEW_ARRAY(double, all *all + 1), *first = NULL, *rest = NULL;
    bool ok = null != NULL && (found = null_basis(all, all, triangle, tolerance, null)) >= 0;

    if (ok && others == 0) {
        memcpy(out, null, sizeof *out * (size_t)(count * found));
        *dims = found;
    } else if (ok) { /* the span of some vectors: what is orthogonal to all that is orthogonal to them */
        first = NEW_ARRAY(double, all *count + 1);
        rest = NEW_ARRAY(double, count *count + 1);
        ok = first != NULL && rest != NULL;
        for (int v = 0; ok && v < found; v++)
            for (int j = 0; j < count; j++)
                first[v + j * found] = null[j + v * all];
        ok = ok && (found = null_basis(found, count, first, OTHERS_ALONE, rest)) >= 0;
        for (int v = 0; ok && v < found; v++)
            for (int j = 0; j < count; j++)
                first[v + j * found] = rest[j + v * count];
        ok = ok && (*dims = null_basis(found, count, first, OTHERS_ALONE, out)) >= 0;
    }
    mem_free(null);
    mem_free(first);
    mem_free(rest);
    return ok;
}
