/* identify-image.c -- what the data leave open of a fit, as bytes (image-walk.h): the marks, the sums, and the design without
 * what is redundant with its fit. */
#include <assert.h>
#include <string.h>

#include "base/memory.h"
#include "fit/identify-private.h"
#include "fit/image-walk.h"

/* An array of `count` values that is the reduction's own, not the arena's. */
static void *own_block(struct walk *w, const void *block, size_t count, size_t size)
{
    const void *read = walk_block(w, block, count, size);
    void *own = NULL;

    if (w->out != NULL || read == NULL)
        return NULL;
    if ((own = mem_alloc(count + 1, size)) == NULL)
        w->bad = true;
    else
        memcpy(own, read, count * size);
    return own;
}

/* --- the reduced design --------------------------------------------------------------------------------- */

static void read_names(struct walk *w, struct piece *piece)
{
    piece->names = NEW_ARRAY(char *, piece->k + 1);
    w->bad = w->bad || piece->names == NULL;
    for (int a = 0; a < piece->k && !w->bad; a++) {
        const char *name = NULL;

        walk_string(w, &name);
        piece->names[a] = name == NULL ? NULL : mem_strdup(name);
        w->bad = w->bad || piece->names[a] == NULL;
    }
}

static void write_names(struct walk *w, const struct piece *piece)
{
    assert(piece->names != NULL);
    for (int a = 0; a < piece->k; a++) {
        const char *name = piece->names[a];

        walk_string(w, &name);
    }
}

static void walk_piece(struct walk *w, const struct design *full, struct piece *piece)
{
    size_t n = full->n;
    struct piece old = *piece;

    piece->origin = walk_whole(w, piece->origin, full->random_count - 1);
    piece->k = walk_whole(w, piece->k, full->random[w->bad ? 0 : piece->origin].k);
    if (w->bad)
        return;
    if (w->out == NULL)
        old = *piece;
    piece->W = own_block(w, old.W, (size_t)piece->k * (size_t)full->random[piece->origin].k, sizeof *old.W);
    piece->z = own_block(w, old.z, n * (size_t)piece->k, sizeof *old.z);
    if (walk_whole(w, old.names != NULL, 1) == 0)
        return;
    if (w->out != NULL)
        write_names(w, &old);
    else
        read_names(w, piece);
}

/* The design's terms from the pieces. */
static void set_terms(struct reduction *r)
{
    for (int t = 0; t < r->design.random_count; t++) {
        struct random_design *random = &r->design.random[t];
        const struct piece *piece = &r->pieces[t];

        *random = r->full->random[piece->origin];
        random->k = piece->k;
        if (piece->z != NULL)
            random->z = piece->z;
        if (piece->names != NULL)
            random->names = (const char **)(uintptr_t)piece->names;
    }
}

static void write_pieces(struct walk *w, const struct reduction *r)
{
    for (int t = 0; t < r->design.random_count; t++) {
        struct piece piece = r->pieces[t];

        walk_piece(w, r->full, &piece);
    }
}

static void read_pieces(struct walk *w, struct reduction *r)
{
    r->design.random = NEW_ARRAY(struct random_design, r->design.random_count + 1);
    r->pieces = NEW_ARRAY(struct piece, r->design.random_count + 1);
    w->bad = w->bad || r->design.random == NULL || r->pieces == NULL;
    for (int t = 0; t < r->design.random_count && !w->bad; t++)
        walk_piece(w, r->full, &r->pieces[t]);
    if (!w->bad)
        set_terms(r);
}

static void walk_counts(struct walk *w, struct reduction *r)
{
    r->residual = walk_whole(w, r->residual, 1);
    r->changed = walk_whole(w, r->changed, 1);
    r->projected = walk_whole(w, r->projected, 1);
    r->constant = walk_whole(w, r->constant, 1);
    r->full_count = walk_whole(w, r->full_count, WALK_MOST);
    r->count = walk_whole(w, r->count, WALK_MOST);
    r->flat_count = walk_whole(w, r->flat_count, WALK_MOST);
    r->design.random_count = walk_whole(w, r->design.random_count, WALK_MOST);
}

static void walk_inside(struct walk *w, const struct reduction *r)
{
    for (int t = 0; t < r->full->random_count && !w->bad; t++) {
        int k = r->full->random[t].k;
        struct inside inside = r->inside[t];

        inside.count = walk_whole(w, inside.count, k);
        inside.C = own_block(w, inside.C, (size_t)(k * inside.count), sizeof *inside.C);
        if (w->out == NULL)
            r->inside[t] = inside;
    }
}

static void write_reduction(struct walk *w, const struct reduction *from)
{
    struct reduction r = *from;

    walk_counts(w, &r);
    write_pieces(w, from);
    walk_block(w, r.L, (size_t)r.count * (size_t)r.full_count, sizeof *r.L);
    walk_block(w, r.size, (size_t)r.full_count, sizeof *r.size);
    walk_block(w, r.flat, (size_t)r.flat_count * (size_t)r.count, sizeof *r.flat);
    walk_block(w, r.in_fixed, (size_t)r.full->random_count, sizeof *r.in_fixed);
    walk_inside(w, from);
}

/* Returns new, NULL where that is bad. */
static struct reduction *read_reduction(struct walk *w, const struct design *full)
{
    struct reduction *r = NEW(struct reduction);

    if (r == NULL) {
        w->bad = true;
        return NULL;
    }
    r->full = full;
    r->design = *full;
    r->design.random = NULL;
    walk_counts(w, r);
    read_pieces(w, r);
    r->L = own_block(w, NULL, (size_t)r->count * (size_t)r->full_count, sizeof *r->L);
    r->size = own_block(w, NULL, (size_t)r->full_count, sizeof *r->size);
    r->flat = own_block(w, NULL, (size_t)r->flat_count * (size_t)r->count, sizeof *r->flat);
    r->in_fixed = own_block(w, NULL, (size_t)full->random_count, sizeof *r->in_fixed);
    r->inside = NEW_ARRAY(struct inside, full->random_count + 1);
    w->bad = w->bad || r->inside == NULL;
    walk_inside(w, r);
    if (!w->bad)
        return r;
    reduction_free(r);
    return NULL;
}

/* --- marks and sums ---------------------------------------------------------------------------------------- */

static void *walk_own(struct walk *w, void *block, size_t count, size_t size)
{
    return (void *)(uintptr_t)walk_block(w, block, count, size);
}

static void walk_marks(struct walk *w, struct identity *identity, const struct design *design)
{
    for (int t = 0; t < design->random_count && !w->bad; t++) {
        size_t k = (size_t)design->random[t].k, levels = (size_t)design->random[t].level_count;

        identity->unknown[t] = walk_own(w, identity->unknown[t], k * k, sizeof(bool));
        identity->modes_unknown[t] = walk_own(w, identity->modes_unknown[t], levels * k, sizeof(bool));
        identity->absent[t] = walk_own(w, identity->absent[t], levels * k, sizeof(bool));
        identity->row[t] = walk_own(w, identity->row[t], levels, sizeof(size_t));
    }
}

static void walk_sum(struct walk *w, struct identity_sum *sum, const struct design *design)
{
    sum->part_count = walk_whole(w, sum->part_count, WALK_MOST);
    walk_real(w, &sum->value);
    sum->shared = walk_whole(w, sum->shared, 1);
    walk_real(w, &sum->covariance);
    if (w->out == NULL && (sum->parts = arena_alloc(w->arena, (size_t)sum->part_count + 1, sizeof *sum->parts)) == NULL)
        w->bad = true;
    for (int i = 0; i < sum->part_count && !w->bad; i++) {
        struct identity_part *part = &sum->parts[i];

        part->term = walk_whole(w, part->term + 1, design->random_count) - 1;
        part->weights = walk_own(w, part->weights, part->term < 0 ? 0 : (size_t)design->random[part->term].k, sizeof(double));
        walk_real(w, &part->times);
    }
}

static void walk_causes(struct walk *w, struct identity *identity, const struct design *design)
{
    for (int i = 0; i < identity->cause_count && !w->bad; i++) {
        struct identity_cause *cause = &identity->causes[i];

        cause->reason = (enum identity_reason)walk_whole(w, (int)cause->reason, IDENTITY_REDUNDANT);
        cause->first = walk_whole(w, cause->first + 1, design->random_count) - 1;
        cause->second = walk_whole(w, cause->second + 1, design->random_count) - 1;
    }
}

/* The lists that are filled as they are read. */
static void make_lists(struct walk *w, struct identity *identity, size_t terms)
{
    identity->unknown = arena_alloc(w->arena, terms, sizeof *identity->unknown);
    identity->modes_unknown = arena_alloc(w->arena, terms, sizeof *identity->modes_unknown);
    identity->absent = arena_alloc(w->arena, terms, sizeof *identity->absent);
    identity->row = arena_alloc(w->arena, terms, sizeof *identity->row);
    identity->sums = arena_alloc(w->arena, (size_t)identity->sum_count + 1, sizeof *identity->sums);
    identity->causes = arena_alloc(w->arena, (size_t)identity->cause_count + 1, sizeof *identity->causes);
    w->bad = arena_failed(w->arena);
}

static void walk_open(struct walk *w, struct identity *identity, const struct design *design)
{
    size_t p = (size_t)design->p;

    identity->residual_unknown = walk_whole(w, identity->residual_unknown, 1);
    identity->by_curvature = walk_whole(w, identity->by_curvature, 1);
    identity->lost = walk_whole(w, identity->lost, WALK_MOST);
    identity->sum_count = walk_whole(w, identity->sum_count, WALK_MOST);
    identity->cause_count = walk_whole(w, identity->cause_count, WALK_MOST);
    identity->form_count = walk_whole(w, identity->form_count, WALK_MOST);
    if (w->out == NULL && !w->bad)
        make_lists(w, identity, (size_t)design->random_count + 1);
    walk_marks(w, identity, design);
    for (int i = 0; i < identity->sum_count && !w->bad; i++)
        walk_sum(w, &identity->sums[i], design);
    walk_causes(w, identity, design);
    walk_reals(w, &identity->flat, p * p);
    walk_reals(w, &identity->form, (size_t)identity->form_count * p * p);
    walk_reals(w, &identity->form_rest, p * p);
    walk_reals(w, &identity->form_length, p);
    walk_reals(w, &identity->moved, p * p);
    walk_reals(w, &identity->constant, p + 1);
    walk_reals(w, &identity->vcov, p * p);
}

static void write_identity(struct walk *w, const struct fit *fit)
{
    struct identity identity = *fit->identity; /* its arrays are written from where they are, and written back the same */

    walk_open(w, &identity, fit->design);
    walk_whole(w, identity.reduction != NULL, 1);
    if (identity.reduction != NULL)
        write_reduction(w, identity.reduction);
    walk_whole(w, identity.reduced != NULL, 1);
    if (identity.reduced != NULL)
        walk_fit(w, &identity.reduced, &identity.reduction->design, fit->family, fit->link);
}

static void read_identity(struct walk *w, struct fit *fit)
{
    struct identity *identity = arena_alloc(w->arena, 1, sizeof *identity);

    if (identity == NULL) {
        w->bad = true;
        return;
    }
    fit->identity = identity; /* what it owns is freed with the fit */
    walk_open(w, identity, fit->design);
    if (walk_whole(w, 0, 1) == 1)
        identity->reduction = read_reduction(w, fit->design);
    if (walk_whole(w, 0, 1) == 0)
        return;
    if (identity->reduction == NULL)
        w->bad = true;
    else
        walk_fit(w, &identity->reduced, &identity->reduction->design, fit->family, fit->link);
}

void walk_identity(struct walk *w, struct fit *fit)
{
    if (w->out != NULL && fit->identity == NULL)
        walk_whole(w, 0, 1);
    else if (w->out != NULL) {
        walk_whole(w, 1, 1);
        write_identity(w, fit);
    } else if (walk_whole(w, 0, 1) == 1)
        read_identity(w, fit);
}
