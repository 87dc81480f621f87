/* simulate.c -- see simulate.h.  b_l = sigma Lambda z with z standard normal, term by term and level by level; then y given b,
 * row by row. */
#include "infer/simulate.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "fit/identify.h"
#include "fit/rowcov.h"
#include "infer/predict-parts.h"
#include "linalg/dense.h"
#include "model/family.h"

struct simulator {
    const struct fit *fit;
    bool conditional;
    size_t effects;                        /* of the largest term */
    double *fixed;                         /* n: the linear predictor without random effects, or with their modes */
    const double **lambda;                 /* of each term (design_term): k x k, times fit->sigma */
    struct part_rows beside[DESIGN_PARTS]; /* predictors whose effects are drawn too; `part` is NULL where none are */
    double *roots;                         /* of structured terms */
    struct rowcov *rows;                   /* where levels or residuals covary: how the rows do; else NULL */
    struct response checks;                /* of a row */
};

/* L L' = C / sigma^2; a pivot of 0 leaves its column 0. */
static void set_root(const double C[], int k, double sigma, double L[])
{
    for (int j = 0; j < k; j++)
        for (int i = j; i < k; i++)
            L[i + j * k] = C[i + j * k] / (sigma * sigma);
    small_semidefinite(k, L, L);
}

/* Another predictor's effects are drawn where those of the mean are. */
static void set_beside(struct simulator *s, int part)
{
    const struct fit *fit = s->fit;
    const struct design *beside = fit->design->part[part];
    int first = design_first_term(fit->design, part);

    if (beside == NULL || beside->random_count == 0 || s->conditional)
        return;
    part_rows_init(&s->beside[part], fit, part == DESIGN_ZERO ? PART_ZERO : PART_DISPERSION, NULL);
    for (int t = 0; t < beside->random_count; t++) {
        size_t size = (size_t)beside->random[t].level_count * (size_t)beside->random[t].k;

        s->lambda[first + t] = s->beside[part].part->random[t].lambda;
        s->effects = size > s->effects ? size : s->effects;
    }
}

/* The templates; where something is not determined, those of one of the equivalent optima.  A structured term has its covariance
 * matrix only. */
static bool set_templates(struct simulator *s)
{
    const struct design *design = s->fit->design;
    size_t room = 0;
    double *root;

    for (int t = 0; t < design->random_count; t++) {
        size_t k = (size_t)design->random[t].k, size = (size_t)design->random[t].level_count * k;

        room += k * k;
        s->effects = size > s->effects ? size : s->effects;
    }
    root = s->roots = NEW_ARRAY(double, room + 1);
    for (int t = 0; t < design->random_count && root != NULL; t++) {
        int k = design->random[t].k;

        s->lambda[t] = s->fit->random[t].lambda;
        if (design->random[t].structure != NULL || s->lambda[t] == NULL) {
            set_root(s->fit->random[t].covariance, k, s->fit->sigma, root);
            s->lambda[t] = root;
            root += k * k;
        }
    }
    return s->roots != NULL;
}

/* Effects whose levels covary, and residuals that do, are drawn from no template: the rows are, together. */
static bool by_rows(const struct fit *fit, bool conditional)
{
    bool related = fit->design->residual != NULL;

    for (int t = 0; t < fit->design->random_count; t++)
        related = related || (fit->design->random[t].relation != NULL && !conditional);
    return related;
}

static void set_fixed(struct simulator *s)
{
    const struct fit *fit = s->fit;
    const struct design *design = fit->design;

    for (size_t i = 0; i < design->n; i++)
        if (s->conditional)
            s->fixed[i] = fit->linear[i];
        else
            s->fixed[i] = fit_linear(fit, design->X + i, design->n) + (design->offset == NULL ? 0 : design->offset[i]);
}

bool simulator_can_refit(const struct fit *fit, struct glmm_error *err)
{
    const struct design *design = fit->design;

    for (size_t i = 0; design->weights != NULL && !fit->family->weight_divides && i < design->n; i++)
        if (design->weights[i] != 1) {
            fail(err, GLMM_E_MODEL, NOWHERE,
                 "weights= of family %s say how much a row counts, and are no law from which responses could be drawn and fitted "
                 "again",
                 fit->family->name);
            error_hint(err, "rows that stand for several alike are written out, a row each");
            return false;
        }
    return true;
}

bool simulator_has_law(const struct fit *fit, bool conditional, struct glmm_error *err)
{
    if (conditional)
        return identity_check_fitted(fit, err);
    if (!identity_spread_is_open(fit))
        return true;
    fail(err, GLMM_E_MODEL, NOWHERE,
         "responses drawn from the fit would vary by a variance that the data leave open (help identified)");
    error_hint(err, "`summary` says what is determined; `confint` and `power` take the coefficients that have errors");
    return false;
}

struct simulator *simulator_new(const struct fit *fit, bool conditional, struct glmm_error *err)
{
    struct simulator *s;
    const struct design *design = fit->design;

    if (!fit_has_rows(fit, err))
        return NULL;
    if (fit->has_scale && !isfinite(fit->dispersion)) {
        fail(err, GLMM_E_MODEL, NOWHERE, "the dispersion is at its limit: fit the model with the %s family, and draw from that",
             fit->family->limit_varies_most ? "nbinom2"
             : fit->family->limit != NULL   ? fit->family->limit
                                            : "simpler");
        return NULL;
    }
    if ((s = NEW(struct simulator)) == NULL) {
        fail_memory(err);
        return NULL;
    }
    s->fit = fit;
    s->conditional = conditional;
    s->fixed = NEW_ARRAY(double, design->n + 1);
    s->lambda = NEW_ARRAY(const double *, design_term_count(design) + 1);
    if (((s->fixed == NULL || s->lambda == NULL || !set_templates(s)) && !fail_memory(err))
        || (by_rows(fit, conditional) && (s->rows = rowcov_drawer_new(fit, !conditional, err)) == NULL)) {
        simulator_free(s);
        return NULL;
    }
    s->checks = fit_response(fit);
    set_fixed(s);
    for (int part = 0; part < DESIGN_PARTS; part++)
        set_beside(s, part);
    return s;
}

void simulator_free(struct simulator *s)
{
    if (s == NULL)
        return;
    mem_free(s->fixed);
    mem_free(s->lambda);
    mem_free(s->roots);
    rowcov_free(s->rows);
    mem_free(s);
}

/* Adds the effects of a term with the template L to eta; b has room for all its levels. */
static void add_term(const struct simulator *s, const struct random_design *random, const double L[], struct rng *rng, double b[],
                     double eta[])
{
    size_t k = (size_t)random->k, size = (size_t)random->level_count * k;

    for (size_t i = 0; i < size; i++)
        b[i] = rng_normal(rng) * s->fit->sigma;
    for (size_t l = 0; l < size; l += k)
        for (size_t a = k; a-- > 0;) { /* from below: what is above is still z */
            double sum = 0;

            for (size_t e = 0; e <= a; e++)
                sum += L[a + e * k] * b[l + e];
            b[l + a] = sum;
        }
    for (size_t i = 0; i < s->fit->design->n; i++) {
        const double *of = b + (size_t)random->level[i] * k;

        for (size_t a = 0; a < k; a++)
            eta[i] += of[a] * (random->z == NULL ? 1 : random->z[i * k + a]);
    }
}

/* zeta (n): another predictor with new effects. */
static void draw_beside(const struct simulator *s, int part, struct rng *rng, double b[], double zeta[])
{
    const struct part_rows *p = &s->beside[part];
    const struct design *beside = s->fit->design->part[part];
    int first = design_first_term(s->fit->design, part);

    for (size_t i = 0; i < s->fit->design->n; i++)
        zeta[i] = part_rows_eta(p, i);
    for (int t = 0; t < beside->random_count && p->known == NULL; t++)
        add_term(s, &beside->random[t], s->lambda[first + t], rng, b, zeta);
}

bool simulator_draw(const struct simulator *s, uint64_t seed, uint64_t stream, double y[])
{
    const struct fit *fit = s->fit;
    size_t n = fit->design->n;
    double *b = s->conditional ? NULL : NEW_ARRAY(double, s->effects + DESIGN_PARTS * n + 1), *zeta[DESIGN_PARTS] = { NULL };
    struct rng rng;
    bool drawn;

    if (b == NULL && !s->conditional)
        return false;
    rng_init(&rng, seed, stream);
    memcpy(y, s->fixed, sizeof *y * fit->design->n);
    for (int t = 0; t < fit->design->random_count && !s->conditional && s->rows == NULL; t++)
        add_term(s, &fit->design->random[t], s->lambda[t], &rng, b, y);
    for (int part = 0; part < DESIGN_PARTS; part++)
        if (s->beside[part].part != NULL) {
            zeta[part] = b + s->effects + (size_t)part * n;
            draw_beside(s, part, &rng, b, zeta[part]);
        }
    drawn = s->rows == NULL || rowcov_draw(s->rows, fit->exact ? fit->sigma : 1, &rng, y);
    for (size_t i = 0; i < fit->design->n && !(s->rows != NULL && fit->exact); i++) {
        struct observation at = response_at(&s->checks, i);
        double shape[FAMILY_SHAPES];

        fit_row_shapes(fit, i, shape);
        for (int part = 0; part < DESIGN_PARTS; part++) {
            int own = part == DESIGN_ZERO ? family_zero_shape(fit->family) : 0;

            if (zeta[part] != NULL)
                shape[own] = family_shape_value(fit->family, own, zeta[part][i], NULL);
        }
        y[i] = isfinite(y[i]) ? family_simulate(fit->family, fit->link, &rng, &at, y[i], shape) : fit->design->y[i];
    }
    mem_free(b);
    return drawn;
}
