/* fit-image.c -- see fit-image.h.  One walk over the fields serves both ways: what is written in an order is read in the same. */
#include "fit/fit-image.h"

#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "model/family.h"
#include "model/model.h"

/* Either writes (out) or reads (bytes). */
struct walk {
    struct text *out;
    const char *bytes;
    size_t left;
    struct arena *arena; /* of the fit that is read */
    bool bad;
};

static void walk_bytes(struct walk *w, void *value, size_t size)
{
    if (w->out != NULL) {
        text_add_bytes(w->out, value, size);
    } else if (w->left < size) {
        w->bad = true;
        memset(value, 0, size);
    } else {
        memcpy(value, w->bytes, size);
        w->bytes += size;
        w->left -= size;
    }
}

static void walk_real(struct walk *w, double *x)
{
    walk_bytes(w, x, sizeof *x);
}

/* An integer, an enum or a truth value within [0, most]. */
static int walk_whole(struct walk *w, int value, int most)
{
    int64_t wide = value;

    walk_bytes(w, &wide, sizeof wide);
    if (wide < 0 || wide > most)
        w->bad = true;
    return w->bad ? 0 : (int)wide;
}

/* An array whose length the model says, or none. */
static void walk_reals(struct walk *w, const double **reals, size_t count)
{
    int64_t length = *reals == NULL ? -1 : (int64_t)count;
    double *read;

    walk_bytes(w, &length, sizeof length);
    if (w->out != NULL) {
        if (*reals != NULL)
            text_add_bytes(w->out, (const char *)*reals, count * sizeof **reals);
        return;
    }
    *reals = NULL;
    if (length == -1 || w->bad)
        return;
    if (length != (int64_t)count || w->left < count * sizeof *read
        || (read = arena_alloc(w->arena, count + 1, sizeof *read)) == NULL) {
        w->bad = true;
        return;
    }
    walk_bytes(w, read, count * sizeof *read);
    *reals = read;
}

static void walk_string(struct walk *w, const char **string)
{
    int64_t length = *string == NULL ? -1 : (int64_t)strlen(*string);

    walk_bytes(w, &length, sizeof length);
    if (w->out != NULL) {
        if (*string != NULL)
            text_add(w->out, *string);
        return;
    }
    *string = NULL;
    if (length == -1 || w->bad)
        return;
    if (length < 0 || (size_t)length > w->left || (*string = arena_strndup(w->arena, w->bytes, (size_t)length)) == NULL) {
        w->bad = true;
        return;
    }
    w->bytes += length;
    w->left -= (size_t)length;
}

static void walk_random(struct walk *w, struct random_fit *random, const struct random_design *design)
{
    size_t k = (size_t)design->k, levels = (size_t)design->level_count;

    random->k = design->k;
    walk_reals(w, &random->lambda, k * k);
    walk_reals(w, &random->covariance, k * k);
    walk_reals(w, &random->sd, k);
    walk_reals(w, &random->correlation, k * k);
    walk_reals(w, &random->modes, levels * k);
    walk_reals(w, &random->mode_covariance, levels * k * k);
}

static void walk_optimum(struct walk *w, struct optimum *o)
{
    const char *message = o->message;

    o->verdict = (enum fit_verdict)walk_whole(w, (int)o->verdict, VERDICT_NOT_IDENTIFIED);
    walk_real(w, &o->gain);
    walk_real(w, &o->gradient);
    walk_real(w, &o->smallest_eigenvalue);
    o->iterations = walk_whole(w, o->iterations, INT32_MAX);
    o->evaluations = walk_whole(w, o->evaluations, INT32_MAX);
    o->boundary = (enum boundary)walk_whole(w, (int)o->boundary, BOUNDARY_DISPERSION);
    walk_string(w, &message);
    if (w->out != NULL || message == NULL)
        return;
    if (strlen(message) >= sizeof o->message)
        w->bad = true;
    else
        strcpy(o->message, message);
}

static void walk_approximation(struct walk *w, struct approximation *a)
{
    a->kind = (enum approximation_kind)walk_whole(w, (int)a->kind, APPROXIMATION_PREDICTOR);
    walk_string(w, &a->group);
    walk_string(w, &a->name);
    walk_string(w, &a->other);
    a->nodes = walk_whole(w, a->nodes, INT32_MAX);
    a->draws = walk_whole(w, a->draws, INT32_MAX);
    walk_real(w, &a->drift);
    walk_real(w, &a->error);
}

static void walk_estimates(struct walk *w, struct fit *fit)
{
    size_t p = (size_t)fit->design->p, joint, variances;

    walk_reals(w, &fit->beta, p);
    walk_reals(w, &fit->se, p);
    walk_reals(w, &fit->vcov, p * p);
    walk_reals(w, &fit->base, p);
    walk_reals(w, &fit->base_vcov, p * p);
    walk_real(w, &fit->log_dispersion_se);
    walk_reals(w, &fit->rest, (size_t)family_shapes(fit->family));
    fit->rest_count = walk_whole(w, fit->rest_count, family_shapes(fit->family));
    for (int i = 0; i < FAMILY_SHAPES; i++)
        walk_real(w, &fit->shape[i]);
    fit->joint_count = walk_whole(w, fit->joint_count, 1 << 20);
    joint = (size_t)fit->joint_count;
    walk_reals(w, &fit->joint_vcov, joint * joint);
    walk_reals(w, &fit->df, p);
    fit->variance_count = walk_whole(w, fit->variance_count, 1 << 20);
    variances = (size_t)fit->variance_count;
    walk_reals(w, &fit->variance_covariance, variances * variances);
    walk_reals(w, &fit->vcov_slopes, variances * p * p);
    fit->theta_count = walk_whole(w, fit->theta_count, 1 << 20);
    walk_reals(w, &fit->theta, (size_t)fit->theta_count);
}

static void walk_fit(struct walk *w, struct fit *fit)
{
    if (walk_whole(w, FIT_IMAGE, INT32_MAX) != FIT_IMAGE)
        w->bad = true;
    fit->exact = walk_whole(w, fit->exact, 1);
    fit->method = (enum fit_method)walk_whole(w, (int)fit->method, METHOD_IS);
    fit->nodes = walk_whole(w, fit->nodes, INT32_MAX);
    fit->has_scale = walk_whole(w, fit->has_scale, 1);
    walk_real(w, &fit->sigma);
    walk_real(w, &fit->dispersion);
    walk_estimates(w, fit);
    for (int t = 0; t < fit->design->random_count && !w->bad; t++)
        walk_random(w, &fit->random[t], &fit->design->random[t]);
    fit->npar = walk_whole(w, fit->npar, INT32_MAX);
    walk_real(w, &fit->loglik);
    walk_real(w, &fit->criterion);
    walk_real(w, &fit->aic);
    walk_real(w, &fit->aicc);
    walk_real(w, &fit->bic);
    walk_reals(w, &fit->fitted, fit->design->n);
    walk_reals(w, &fit->linear, fit->design->n);
    walk_optimum(w, &fit->optimum);
    walk_approximation(w, &fit->approximation);
    walk_real(w, &fit->seconds);
}

bool fit_is_plain(const struct fit *fit)
{
    bool plain = fit->recession == NULL && fit->proper == NULL && fit->identity == NULL && fit->residual == NULL
                 && fit->part_count == 0 && fit->rest_all == 0 && fit->design->prior == NULL && fit->method != METHOD_IS
                 && fit->mean_link == fit->link;

    for (int t = 0; plain && t < fit->design->random_count; t++)
        plain = fit->random[t].parameter_count == 0;
    return plain;
}

void fit_pack(const struct fit *fit, struct text *out)
{
    struct walk w = { .out = out };
    struct fit copy = *fit; /* the walk writes back what it has read, the same */

    walk_fit(&w, &copy);
}

struct fit *fit_unpack(const struct model *model, const void *bytes, size_t count, struct glmm_error *err)
{
    struct arena *arena = arena_new();
    struct fit *fit = arena == NULL ? NULL : arena_alloc(arena, 1, sizeof *fit);
    struct walk w = { .bytes = bytes, .left = count, .arena = arena };

    if (fit != NULL) {
        fit->design = model->design;
        fit->family = model->family;
        fit->link = fit->mean_link = model->link;
        fit->random = arena_alloc(arena, (size_t)model->design->random_count + 1, sizeof *fit->random);
    }
    if (fit == NULL || fit->random == NULL) {
        arena_free(arena);
        fail_memory(err);
        return NULL;
    }
    fit->arena = arena;
    walk_fit(&w, fit);
    if (!w.bad && w.left == 0)
        return fit;
    if (arena_failed(arena))
        fail_memory(err);
    else
        fail(err, GLMM_E_FILE, NOWHERE, "what is kept of the fit of %.60s is no fit of this model", model->name);
    arena_free(arena);
    return NULL;
}
