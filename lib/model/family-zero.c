/* family-zero.c -- zeros beyond a family's own (Lambert 1992; Mullahy 1986):
 *
 *   P(Y = 0) = pi + (1 - pi) f(0),   f_Y(y) = (1 - pi) f(y) for y not 0,   pi = 1/(1 + exp(-zeta))
 *
 * With b = log f(0), a zero has log pi + (1 - pi) f(0) = log(e^zeta + e^b) - log(1 + e^zeta): the derivatives of the first
 * logarithm in b and zeta are those of a logistic function of b - zeta, and b has its own in eta and the shapes.  Where f(0) is 0
 * (truncated counts, positive numbers) the model is a hurdle, and falls into two. */
#include <math.h>
#include <string.h>

#include "model/family-parts.h"

const struct family *family_with_zeros(struct arena *arena, const struct family *family, struct glmm_error *err)
{
    struct family *own;
    struct family_shape *more;

    if (family->response != RESPONSE_REAL || family->accepts(&(struct observation){ .y = -1, .trials = 1, .weight = 1 })
        || family_shapes(family) == FAMILY_SLOTS || (family->support == SUPPORT_REAL && family->start == NULL)) {
        fail(err, GLMM_E_MODEL, NOWHERE, "zi= is for counts, and for positive numbers with zeros; the family is %s",
             family->name);
        error_hint(err, "families with zi=: poisson, nbinom2, nbinom1, compois, genpois, the truncated ones, Gamma, "
                        "inverse.gaussian, lognormal, beta");
        return NULL;
    }
    more = arena_alloc(arena, (size_t)family->more_count + 1, sizeof *more);
    if ((own = arena_alloc(arena, 1, sizeof *own)) == NULL || more == NULL) {
        fail_memory(err);
        return NULL;
    }
    *own = *family;
    own->inflated = family;
    for (int j = 0; j < family->more_count; j++)
        more[j] = family->more[j];
    more[own->more_count] = (struct family_shape){ "zi", "zero inflation", SHAPE_FREE, -1, 0 };
    own->more = more;
    own->given[family_shapes(own)] = false;
    own->more_count++;
    return own;
}

bool family_is_hurdle(const struct family *family)
{
    return family->inflated != NULL && !family->accepts(&(struct observation){ .y = 0, .trials = 1, .weight = 1 });
}

int family_zero_shape(const struct family *family)
{
    return family->inflated != NULL ? family_shapes(family) - 1 : -1;
}

double family_zero_share(const struct family *family, const double shape[])
{
    return family->inflated != NULL ? 1 / (1 + exp(-shape[family_shapes(family) - 1])) : 0;
}

bool family_accepts(const struct family *family, const struct observation *at)
{
    return family->accepts(at) || (family->inflated != NULL && at->y == 0);
}

static inline struct share share_at(double x)
{
    double e = exp(-fabs(x)), large = 1 / (1 + e), small = e * large, l = log1p(e);

    return x > 0 ? (struct share){ large, small, -l, -x - l } : (struct share){ small, large, x - l, -l };
}

static inline bool are_equal(const double a[], const double b[], int count)
{
    bool equal = true;

    for (int j = 0; j < count; j++)
        equal = equal && a[j] == b[j];
    return equal;
}

/* The constant of a row and its slopes: in `memory`, where it is that of a small count, else in room[]. */
static const double *constant_of(const struct family *family, const struct observation *at, const double shape[], int shapes,
                                 struct row_memory *memory, double room[1 + FAMILY_SLOTS])
{
    size_t size = sizeof *shape * (size_t)shapes;
    int y = at->y < FEW_COUNTS ? (int)at->y : -1;

    if (family->support != SUPPORT_COUNT || y < 0 || at->weight != 1) {
        memset(room, 0, sizeof *room * (1 + FAMILY_SLOTS));
        family->constant(at, shape, room);
        return room;
    }
    if (memory->counts != 0 && !are_equal(memory->shape, shape, shapes))
        memory->counts = 0;
    if ((memory->counts >> y & 1) == 0) {
        memcpy(memory->shape, shape, size);
        memset(memory->constant[y], 0, sizeof memory->constant[y]);
        family->constant(at, shape, memory->constant[y]);
        memory->counts |= 1u << y;
    }
    return memory->constant[y];
}

/* out := log f(y) of the family without the inflation, with the constant. */
static bool own_density(const struct family *family, const struct link *link, const struct observation *at, double eta,
                        const double shape[], int shapes, enum density_order order, struct row_memory *memory,
                        double out[D_COUNT])
{
    double room[1 + FAMILY_SLOTS];
    const double *constant;

    if (!family->density(link, at, eta, shape, order, out))
        return false;
    constant = constant_of(family, at, shape, shapes, memory, room);
    out[D_VALUE] += constant[0];
    for (int j = 0; order != ORDER_VALUE && j < shapes; j++)
        out[D_SHAPE(j)] += constant[1 + j];
    return true;
}

/* The derivatives of log(e^zeta + e^b), with those of b in b[]; `own`: of b - zeta. */
static void mix(const double b[D_COUNT], const struct share *own, int shapes, double out[D_COUNT])
{
    double s = own->part, v = s * own->rest, t = v * (own->rest - s);
    double b1 = b[D_ETA], b2 = b[D_ETA2], b3 = b[D_ETA3], *z = out + D_SHAPE(shapes);

    out[D_ETA] = s * b1;
    out[D_ETA2] = s * b2 + v * b1 * b1;
    out[D_ETA3] = s * b3 + 3 * v * b1 * b2 + t * b1 * b1 * b1;
    for (int j = 0; j < shapes; j++) {
        const double *c = b + D_SHAPE(j);
        double *o = out + D_SHAPE(j), *cross = out + D_ZERO_SHAPE(j);

        o[0] = s * c[0];
        o[1] = s * c[1] + v * c[0] * b1;
        o[2] = s * c[2] + v * (2 * b1 * c[1] + c[0] * b2) + t * c[0] * b1 * b1;
        cross[0] = -v * c[0];
        cross[1] = -v * c[1] - t * c[0] * b1;
        cross[2] = t * c[0];
    }
    z[0] = own->rest;
    z[1] = -v * b1;
    z[2] = -v * b2 - t * b1 * b1;
    out[D_ZERO] = v;
    out[D_ZERO + 1] = t * b1;
    out[D_ZERO + 2] = -t;
}

/* Those of log pi, or of the logarithm of 1 - pi, which all rows have. */
static void add_share(const struct share *zeta, int shape, double first, double out[D_COUNT])
{
    double v = zeta->part * zeta->rest;

    out[D_SHAPE(shape)] += first - zeta->part;
    out[D_ZERO] -= v;
    out[D_ZERO + 2] -= v * (zeta->rest - zeta->part);
}

bool family_density(const struct family *family, const struct link *link, const struct observation *at, double eta,
                    const double shape[], enum density_order order, double out[D_COUNT])
{
    struct row_memory memory;

    row_memory_begin(&memory);
    return family->inflated != NULL ? inflated_density(family, link, at, eta, shape, order, &memory, out)
                                    : family->density(link, at, eta, shape, order, out);
}

/* A row like one of the last: NULL where there is none. */
static const struct inflated_row *recall(const struct row_memory *memory, double y, double eta, const double shape[], int shapes)
{
    unsigned count = memory->rows < FEW_ROWS ? memory->rows : FEW_ROWS;

    for (unsigned i = 0; i < count; i++)
        if (memory->row[i].eta == eta && memory->row[i].y == y && are_equal(memory->row[i].shape, shape, shapes))
            return &memory->row[i];
    return NULL;
}

/* Where the next row goes: into the place of the oldest, or, where it hangs on more than recall looks at, apart. */
static struct inflated_row *next_row(struct row_memory *memory, double y, double weight, double eta, const double shape[],
                                     int shapes)
{
    struct inflated_row *row = weight == 1 ? &memory->row[memory->rows++ % FEW_ROWS] : &memory->apart;

    row->y = y;
    row->eta = eta;
    memcpy(row->shape, shape, sizeof *shape * (size_t)shapes);
    return row;
}

/* out: zeroed.  False where there is no density. */
static bool set_inflated(const struct family *own, const struct link *link, const struct observation *at, double eta,
                         const double shape[], int shapes, enum density_order order, struct row_memory *memory,
                         double out[D_COUNT])
{
    struct share zeta;

    if (!memory->known || memory->zeta != shape[shapes]) {
        memory->known = true;
        memory->zeta = shape[shapes];
        memory->share = share_at(shape[shapes]);
    }
    zeta = memory->share;
    if (at->y != 0) {
        if (!own_density(own, link, at, eta, shape, shapes, order, memory, out))
            return false;
        out[D_VALUE] += zeta.log_rest;
        add_share(&zeta, shapes, 0, out);
    } else if (!own->accepts(at)) {
        out[D_VALUE] = zeta.log_part;
        add_share(&zeta, shapes, 1, out);
    } else {
        double b[D_COUNT];
        struct share mixed;

        memset(b, 0, sizeof(double) * (size_t)D_SHAPE(shapes));
        if (!own_density(own, link, at, eta, shape, shapes, order, memory, b))
            return false;
        mixed = share_at(b[D_VALUE] - shape[shapes]);
        out[D_VALUE] = (mixed.part > 0.5 ? b[D_VALUE] - mixed.log_part : shape[shapes] - mixed.log_rest) + zeta.log_rest;
        if (order != ORDER_VALUE)
            mix(b, &mixed, shapes, out);
        add_share(&zeta, shapes, 0, out);
    }
    return true;
}

/* The derivatives of a row of this weight, in its memory until the next but one is asked for; at->weight: what the family divides
 * by, else 1; shapes: of the family without the inflation.  NULL where there is no density. */
static const double *inflated_row(const struct family *own, const struct link *link, const struct observation *at, double weight,
                                  double eta, const double shape[], int shapes, enum density_order order)
{
    struct row_memory *memory = at->memory;
    const struct inflated_row *like;
    struct inflated_row *row;

    if (memory->order != order)
        memory->rows = 0;
    memory->order = order;
    if (weight == 1 && (like = recall(memory, at->y, eta, shape, shapes + 1)) != NULL)
        return like->out;
    row = next_row(memory, at->y, weight, eta, shape, shapes + 1);
    memset(row->out, 0, sizeof(double) * (size_t)D_ZERO_SHAPE(shapes));
    if (!set_inflated(own, link, at, eta, shape, shapes, order, memory, row->out) || isnan(row->out[D_VALUE])) {
        memory->rows = 0; /* it is none to recall */
        return NULL;
    }
    for (int j = 0; weight != at->weight && j < D_ZERO_SHAPE(shapes); j++)
        row->out[j] *= weight;
    return row->out;
}

bool inflated_density(const struct family *family, const struct link *link, const struct observation *at, double eta,
                      const double shape[], enum density_order order, struct row_memory *memory, double out[D_COUNT])
{
    const struct family *own = family->inflated;
    struct observation one = {
        .y = at->y, .trials = at->trials, .weight = own->weight_divides ? at->weight : 1, .memory = memory
    };
    int shapes = family_shapes(own);
    const double *row = inflated_row(own, link, &one, at->weight, eta, shape, shapes, order);

    if (row != NULL)
        memcpy(out, row, sizeof *out * (size_t)D_ZERO_SHAPE(shapes));
    return row != NULL;
}

double inflated_densities(const struct response *response, size_t from, size_t count, const double eta[],
                          enum density_order order, double *const out[D_COUNT])
{
    const struct family *own = response->family->inflated;
    int shapes = family_shapes(own), last = order == ORDER_VALUE ? 1 : D_ZERO_SHAPE(shapes), wanted[D_COUNT], wanted_count = 0;
    struct row_memory memory;
    struct observation one = { .trials = 1, .weight = 1, .memory = &memory };
    double shape[FAMILY_SLOTS], sum = 0;

    row_memory_begin(&memory);
    for (int k = 0; out != NULL && k < last; k++)
        if (out[k] != NULL)
            wanted[wanted_count++] = k;
    memcpy(shape, response->shape, sizeof shape);
    for (size_t i = 0; i < count; i++) {
        size_t at = from + i;
        double weight = response->weights != NULL ? response->weights[at] : 1;
        const double *row;

        one.y = response->y[at];
        if (response->trials != NULL)
            one.trials = response->trials[at];
        if (own->weight_divides)
            one.weight = weight;
        for (int j = 0; j <= shapes; j++)
            if (response->rows[j] != NULL)
                shape[j] = response->rows[j][at];
        row = inflated_row(own, response->link, &one, weight, eta[i], shape, shapes, order);
        if (row == NULL)
            return -INFINITY;
        sum += row[D_VALUE];
        for (int k = 0; k < wanted_count; k++)
            out[wanted[k]][i] = row[wanted[k]];
    }
    return isnan(sum) ? (double)-INFINITY : sum;
}

/* As mix, for the places of tau. */
static void mix_curve(const double b[D_COUNT], double zeta, int shapes, double out[D_COUNT])
{
    const struct share own = share_at(b[D_VALUE] - zeta);
    double s = own.part, v = s * own.rest, t = v * (own.rest - s);
    double b1 = b[D_ETA], c = b[D_TAU], *zero = out + D_CURVE_SHAPE(shapes);

    out[D_CURVE] = s * b[D_CURVE] + v * c * c;
    out[D_CURVE + 1] = s * b[D_CURVE + 1] + v * (b1 * b[D_CURVE] + 2 * c * b[D_TAU_ETA]) + t * c * c * b1;
    out[D_CURVE + 2] = s * b[D_CURVE + 2] + 3 * v * c * b[D_CURVE] + t * c * c * c;
    zero[0] = -v * c;
    zero[1] = -v * b[D_TAU_ETA] - t * c * b1;
    zero[2] = -v * b[D_CURVE] - t * c * c;
}

void family_curve(const struct family *family, const struct link *link, const struct observation *at, double eta,
                  const double shape[], double out[D_COUNT])
{
    const struct family *own = family->inflated;
    struct observation one = { .y = at->y, .trials = at->trials, .weight = 1 };
    double b[D_COUNT] = { 0 };
    struct row_memory memory;

    row_memory_begin(&memory);
    if (own == NULL) {
        family->curve(link, at, eta, shape, out);
        return;
    }
    for (int j = D_CURVE; j < D_COUNT; j++)
        out[j] = 0;
    if (!own->accepts(&one) || !own_density(own, link, &one, eta, shape, family_shapes(own), ORDER_ALL, &memory, b))
        return;
    own->curve(link, &one, eta, shape, b);
    if (at->y == 0)
        mix_curve(b, shape[family_shapes(own)], family_shapes(own), out);
    else
        memcpy(out + D_CURVE, b + D_CURVE, sizeof(double) * (D_COUNT - D_CURVE));
    for (int j = D_CURVE; j < D_COUNT; j++)
        out[j] *= at->weight;
}
