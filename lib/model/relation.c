/* relation.c -- see relation.h: the matrix itself, and that of places; other ways to make one are in the files beside this. */
#include "model/relation.h"

#include <math.h>
#include <string.h>

#include "base/forecast.h"
#include "base/memory.h"
#include "linalg/dense.h"
#include "linalg/eigen.h"
#include "model/relation-private.h"

enum { LOOK = 64 };

static const double NOTHING = 1e-8;     /* an eigenvalue beside the largest that is 0 */
static const double SMALL_PIVOT = 1e-6; /* a pivot beside its diagonal entry that may come of an eigenvalue of 0 */
static const double ALIKE = 1e-6;       /* two entries that are one, beside the diagonal */

/* --- names --------------------------------------------------------------------------------------- */

static size_t hash_of(const char *text)
{
    uint64_t hash = UINT64_C(14695981039346656037);

    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(1099511628211);
    return (size_t)(hash ^ hash >> 32);
}

bool relation_names_init(struct relation_names *n, char **ids, int32_t room)
{
    n->ids = ids;
    for (n->slots = 16; n->slots < 2 * (size_t)room + 2;)
        n->slots *= 2;
    n->places = mem_alloc(n->slots, sizeof *n->places);
    if (n->places == NULL)
        return false;
    memset(n->places, 0xff, n->slots * sizeof *n->places);
    return true;
}

size_t relation_names_slot(const struct relation_names *n, const char *id)
{
    size_t slot = hash_of(id) & (n->slots - 1);

    while (n->places[slot] >= 0 && strcmp(n->ids[n->places[slot]], id) != 0)
        slot = (slot + 1) & (n->slots - 1);
    return slot;
}

void relation_ids_free(char **ids, int32_t count)
{
    for (int32_t i = 0; ids != NULL && i < count; i++)
        mem_free(ids[i]);
    mem_free(ids);
}

/* --- the matrix ------------------------------------------------------------------------------------ */

static bool check_ids(const struct relation *r, struct glmm_error *err)
{
    struct relation_names names;
    bool ok = relation_names_init(&names, r->ids, r->count) || fail_memory(err);

    for (int32_t i = 0; ok && i < r->count; i++) {
        size_t slot = relation_names_slot(&names, r->ids[i]);

        if (names.places[slot] >= 0)
            ok = fail(err, GLMM_E_DATA, NOWHERE, "the name `%.60s` stands twice in the matrix %.60s", r->ids[i], r->name);
        names.places[slot] = i;
    }
    mem_free(names.places);
    return ok;
}

static double entry(const struct relation *r, int32_t a, int32_t b)
{
    return r->values[(size_t)a + (size_t)b * (size_t)r->count];
}

/* A pair of entries: numbers, and one. */
static bool check_pair(const struct relation *r, int32_t a, int32_t b, struct glmm_error *err)
{
    double x = entry(r, a, b), y = entry(r, b, a), size = fabs(entry(r, a, a)) + fabs(entry(r, b, b));

    if (!isfinite(x) || !isfinite(y))
        return fail(err, GLMM_E_DATA, NOWHERE, "the matrix %.60s has no number for `%.60s` and `%.60s`", r->name, r->ids[a],
                    r->ids[b]);
    if (fabs(x - y) > ALIKE * size)
        return fail(err, GLMM_E_DATA, NOWHERE, "the matrix %.60s is not symmetric: `%.60s` and `%.60s` have %.6g and %.6g",
                    r->name, r->ids[a], r->ids[b], x, y);
    return true;
}

/* By squares, that stay in the processor's cache with what stands across the diagonal. */
static bool check_entries(const struct relation *r, const struct glmm_progress *progress, struct glmm_error *err)
{
    for (int32_t right = 0; right < r->count; right += LOOK) {
        if (!progress_tell(progress, "checking the matrix", (double)right, (double)r->count, (double)NAN))
            return fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped while the matrix was checked");
        for (int32_t top = 0; top <= right; top += LOOK)
            for (int32_t b = right; b < r->count && b < right + LOOK; b++)
                for (int32_t a = top; a <= b && a < top + LOOK; a++)
                    if (!check_pair(r, a, b, err))
                        return false;
    }
    return true;
}

/* A matrix of zeros, by what it is made of. */
static bool fail_nothing(const struct relation *r, struct glmm_error *err)
{
    bool tree = strcmp(r->kind, "tree") == 0, markers = strcmp(r->kind, "markers") == 0;

    return fail(err, GLMM_E_DATA, NOWHERE, "the matrix %.60s is 0 everywhere: %s", r->name,
                tree      ? "the tree has no branch with a length above 0"
                : markers ? "no marker differs between individuals"
                          : "effects that covary by it would all be 0");
}

/* Positive definite by its factor; where that leaves a doubt, by its eigenvalues. */
static bool check_definite(struct relation *r, const struct glmm_progress *progress, struct glmm_error *err)
{
    struct watch watch;
    long refused = mem_refused();
    size_t n = (size_t)r->count;
    double *copy = mem_alloc(n * n + n + 1, sizeof *copy), *values, largest;
    bool ok = copy != NULL || fail_memory(err);

    if (!ok)
        return false;
    watch_init(&watch, progress, "checking the matrix");
    memcpy(copy, r->values, n * n * sizeof *copy);
    r->rank = r->count;
    if (chol_factor_sure(r->count, copy, r->count, SMALL_PIVOT, &watch) != 0) {
        values = copy + n * n;
        ok = !watch_stopped(&watch);
        if (ok)
            memcpy(copy, r->values, n * n * sizeof *copy);
        ok = (ok && eigen_values(r->count, copy, values, &watch))
             || (watch_stopped(&watch) ? fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped while the matrix was checked")
                 : mem_refused() != refused
                     ? fail_memory(err)
                     : fail(err, GLMM_E_DATA, NOWHERE, "the eigenvalues of the matrix %.60s could not be computed", r->name));
        largest = ok ? fmax(fabs(values[n - 1]), fabs(values[0])) : 0.0;
        for (size_t i = 0; ok && i < n; i++)
            r->rank -= values[i] <= NOTHING * largest;
        if (ok && (values[0] < -NOTHING * largest || !(largest > 0.0))) {
            if (largest > 0.0)
                fail(err, GLMM_E_DATA, NOWHERE, "the matrix %.60s is no covariance matrix: its smallest eigenvalue is %.4g",
                     r->name, values[0]);
            else
                fail_nothing(r, err);
            ok = false;
        }
    }
    mem_free(copy);
    return ok;
}

/* What both kinds have; takes the ids. */
static struct relation *make(const char *name, const char *kind, int32_t count, char **ids, struct glmm_error *err)
{
    struct relation *r = NEW(struct relation);

    if (r == NULL || (r->name = mem_strdup(name)) == NULL) {
        mem_free(r);
        relation_ids_free(ids, count);
        fail_memory(err);
        return NULL;
    }
    r->holders = 1;
    r->kind = kind;
    r->count = count;
    r->ids = ids;
    return r;
}

struct relation *relation_new(const char *name, const char *kind, int32_t count, char **ids, double *values,
                              const struct glmm_progress *progress, struct glmm_error *err)
{
    struct relation *r = make(name, kind, count, ids, err);

    if (r == NULL) {
        mem_free(values);
        return NULL;
    }
    r->values = values;
    if (check_ids(r, err) && check_entries(r, progress, err) && check_definite(r, progress, err))
        return r;
    relation_free(r);
    return NULL;
}

/* Names that share a node, and those at the root, are combinations of others. */
static bool set_rank(struct relation *r, struct glmm_error *err)
{
    bool *seen = NEW_ARRAY(bool, r->descent->count + 1);

    if (seen == NULL)
        return fail_memory(err);
    for (int32_t i = 0; i < r->count; i++) {
        int32_t node = r->descent->node[i];

        if (node >= 0 && !seen[node])
            r->rank++;
        if (node >= 0)
            seen[node] = true;
    }
    mem_free(seen);
    return true;
}

struct relation *relation_new_descent(const char *name, const char *kind, char **ids, struct descent *descent,
                                      struct glmm_error *err)
{
    struct relation *r = make(name, kind, descent->names, ids, err);

    if (r == NULL) {
        descent_free(descent);
        return NULL;
    }
    r->descent = descent;
    if (check_ids(r, err) && set_rank(r, err) && (r->rank > 0 || fail_nothing(r, err)))
        return r;
    relation_free(r);
    return NULL;
}

bool relation_fill(const struct relation *r, const int32_t rows[], int32_t count, double out[])
{
    double *x = r->descent == NULL ? NULL : NEW_ARRAY(double, r->descent->count + 1);

    if (r->descent != NULL && x == NULL)
        return false;
    for (int32_t b = 0; b < count; b++) {
        double *column = out + (size_t)b * (size_t)count;

        if (r->descent != NULL)
            descent_column(r->descent, rows[b], x);
        for (int32_t a = 0; a < count; a++) {
            int32_t node = r->descent == NULL ? 0 : r->descent->node[rows[a]];

            column[a] = r->descent == NULL ? entry(r, rows[a], rows[b]) : node < 0 ? 0.0 : x[node];
        }
    }
    mem_free(x);
    return true;
}

bool relation_diagonal(const struct relation *r, double out[])
{
    double *x = r->descent == NULL ? NULL : NEW_ARRAY(double, r->descent->count + 1);
    bool ok = r->descent == NULL || (x != NULL && descent_variances(r->descent, x));

    for (int32_t i = 0; ok && i < r->count; i++)
        out[i] = r->descent == NULL ? entry(r, i, i) : r->descent->node[i] < 0 ? 0.0 : x[r->descent->node[i]];
    mem_free(x);
    return ok;
}

struct relation *relation_hold(const struct relation *r)
{
    struct relation *held = (struct relation *)(uintptr_t)r;

    if (held != NULL)
        held->holders++;
    return held;
}

void relation_free(struct relation *r)
{
    if (r == NULL || --r->holders > 0)
        return;
    relation_ids_free(r->ids, r->count);
    mem_free(r->values);
    descent_free(r->descent);
    mem_free(r->name);
    mem_free(r);
}

int32_t relation_find(const struct relation *r, const char *id)
{
    for (int32_t i = 0; i < r->count; i++)
        if (strcmp(r->ids[i], id) == 0)
            return i;
    return -1;
}

bool relation_factor(const struct relation *r, const struct frame *frame, const char **name)
{
    struct relation_names names;

    *name = NULL;
    if (!relation_names_init(&names, r->ids, r->count))
        return false;
    for (int32_t i = 0; i < r->count; i++)
        names.places[relation_names_slot(&names, r->ids[i])] = i;
    for (size_t j = 0; j < frame->column_count && *name == NULL; j++) {
        const struct column *c = &frame->columns[j];
        int32_t known = 0;

        if (c->type != COLUMN_FACTOR || c->level_count > r->count)
            continue;
        while (known < c->level_count && names.places[relation_names_slot(&names, c->levels[known])] >= 0)
            known++;
        if (known > 0 && known == c->level_count)
            *name = c->name;
    }
    mem_free(names.places);
    return true;
}

/* Room for `count` ids and their matrix; false with an error. */
bool relation_room(size_t count, char ***ids, double **values, struct glmm_error *err)
{
    if (count == 0)
        return fail(err, GLMM_E_DATA, NOWHERE, "there is no row to make a matrix of");
    if (!forecast((double)count * (double)count * 2.0 * sizeof(double), "fewer individuals: those with data and their relatives",
                  NULL, err))
        return false;
    *ids = NEW_ARRAY(char *, count);
    *values = NEW_ARRAY(double, count *count);
    if (*ids != NULL && *values != NULL)
        return true;
    mem_free(*ids);
    mem_free(*values);
    *ids = NULL;
    *values = NULL;
    return fail_memory(err);
}

/* --- places -------------------------------------------------------------------------------------------- */

/* exp(-distance / range) from the squares of the distances; false where it is to stop. */
static bool set_nearness(size_t n, double range, double *values, const struct glmm_progress *progress)
{
    for (size_t b = 0; b < n; b++) {
        if (b % LOOK == 0 && !progress_tell(progress, "place", (double)b, (double)n, (double)NAN))
            return false;
        for (size_t a = 0; a < n; a++)
            values[a + b * n] = exp(-sqrt(values[a + b * n]) / range);
    }
    return true;
}

/* Squares of distances, added to the zeros in values[]; false where it is to stop. */
static bool set_distances(const struct frame *f, const char *const *coordinates, int dims, double *values,
                          const struct glmm_progress *progress)
{
    size_t n = f->rows;

    for (int d = 0; d < dims; d++) {
        const struct column *c = frame_find(f, coordinates[d]);

        for (size_t b = 0; b < n; b++) {
            if (b % LOOK == 0 && !progress_tell(progress, "place", (double)b, (double)n, (double)NAN))
                return false;
            for (size_t a = 0; a < n; a++) {
                double step = column_real(c, a) - column_real(c, b);

                values[a + b * n] += step * step;
            }
        }
    }
    return true;
}

struct relation *relation_of_places(const char *name, const struct frame *f, const char *const *coordinates, int dims,
                                    double range, const struct glmm_progress *progress, struct glmm_error *err)
{
    size_t n = f->rows;
    char **ids, **made;
    double *values;

    for (int d = 0; d < dims; d++) {
        const struct column *c = frame_need(f, coordinates[d], NOWHERE, err);

        if (c == NULL || !is_numeric(c)) {
            fail(err, GLMM_E_TYPE, NOWHERE, "`%.60s` is no column of numbers", coordinates[d]);
            return NULL;
        }
    }
    made = relation_ids(&f->columns[0], n, err);
    if (made == NULL || !relation_room(n, &ids, &values, err)) {
        relation_ids_free(made, (int32_t)n);
        return NULL;
    }
    mem_free(ids);
    if (!set_distances(f, coordinates, dims, values, progress) || !set_nearness(n, range, values, progress)) {
        fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped while the matrix was made");
        relation_ids_free(made, (int32_t)n);
        mem_free(values);
        return NULL;
    }
    return relation_new(name, "places", (int32_t)n, made, values, progress, err);
}

/* Pairs that are 0. */
static bool count_apart(const struct relation *r, long long *apart)
{
    size_t n = (size_t)r->count;
    int32_t *rows = NEW_ARRAY(int32_t, n);
    double *values = NEW_ARRAY(double, n *n);
    bool ok = rows != NULL && values != NULL;

    *apart = 0;
    for (int32_t i = 0; ok && i < r->count; i++)
        rows[i] = i;
    ok = ok && relation_fill(r, rows, r->count, values);
    for (size_t b = 0; ok && b < n; b++)
        for (size_t a = 0; a < b; a++)
            *apart += values[a + b * n] == 0.0;
    mem_free(rows);
    mem_free(values);
    return ok;
}

bool relation_spread(const struct relation *r, int32_t most_counted, struct relation_spread *out)
{
    double *diagonal = NEW_ARRAY(double, r->count + 1);
    bool ok = diagonal != NULL && relation_diagonal(r, diagonal);

    *out = (struct relation_spread){ .apart = -1 };
    if (ok) {
        out->least = out->most = diagonal[0];
        for (int32_t b = 0; b < r->count; b++) {
            out->mean += diagonal[b] / r->count;
            out->least = diagonal[b] < out->least ? diagonal[b] : out->least;
            out->most = diagonal[b] > out->most ? diagonal[b] : out->most;
        }
        ok = r->count > most_counted || count_apart(r, &out->apart);
    }
    mem_free(diagonal);
    return ok;
}
