/* relation-kin.c -- relationships by descent: pedigrees and trees. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "model/relation-private.h"

/* --- pedigrees ------------------------------------------------------------------------------------------- */

struct pedigree {
    char **ids;
    int32_t count, *parent[2]; /* of each, -1: unknown */
    int32_t *order;            /* parents before their offspring */
};

static bool is_unknown(const struct column *c, size_t row, const char *text)
{
    return column_missing(c, row) || strcmp(text, "0") == 0 || strcmp(text, "NA") == 0 || text[0] == '\0';
}

/* Animals in the order in which they appear; parents without a row of their own are founders. */
static bool read_pedigree(const struct frame *f, const struct column *const columns[3], struct pedigree *p,
                          struct glmm_error *err)
{
    size_t room = 3 * f->rows + 1;
    struct relation_names names = { 0 };
    char buffer[40];
    bool ok;

    p->ids = NEW_ARRAY(char *, room);
    p->parent[0] = NEW_ARRAY(int32_t, room);
    p->parent[1] = NEW_ARRAY(int32_t, room);
    p->order = NEW_ARRAY(int32_t, room);
    ok = (p->ids != NULL && p->parent[0] != NULL && p->parent[1] != NULL && p->order != NULL
          && relation_names_init(&names, p->ids, (int32_t)room))
         || fail_memory(err);
    for (size_t i = 0; ok && i < room; i++)
        p->parent[0][i] = p->parent[1][i] = -1;
    for (int c = 0; ok && c < 3; c++) /* rows first, so that animals have their order */
        for (size_t i = 0; ok && i < f->rows; i++) {
            const char *text = column_text(columns[c], i, buffer);
            size_t slot = relation_names_slot(&names, text);

            if (c > 0 && is_unknown(columns[c], i, text))
                continue;
            if (c == 0 && names.places[slot] >= 0)
                ok = fail(err, GLMM_E_DATA, NOWHERE, "the animal `%.60s` has two rows in the pedigree", text);
            if (ok && names.places[slot] < 0) {
                ok = (p->ids[p->count] = mem_strdup(text)) != NULL || fail_memory(err);
                names.places[slot] = p->count;
                p->count += ok;
            }
            if (ok && c > 0)
                p->parent[c - 1][i] = names.places[slot];
        }
    mem_free(names.places);
    return ok;
}

static bool order_pedigree(struct pedigree *p, struct glmm_error *err)
{
    bool *done = NEW_ARRAY(bool, p->count + 1), moved = true;
    int32_t at = 0;

    if (done == NULL)
        return fail_memory(err);
    while (moved && at < p->count) {
        moved = false;
        for (int32_t i = 0; i < p->count; i++) {
            bool ready = !done[i];

            for (int s = 0; s < 2; s++)
                ready = ready && (p->parent[s][i] < 0 || done[p->parent[s][i]]);
            if (ready) {
                done[i] = moved = true;
                p->order[at++] = i;
            }
        }
    }
    for (int32_t i = 0; at < p->count && i < p->count; i++)
        if (!done[i]) {
            fail(err, GLMM_E_DATA, NOWHERE,
                 "the pedigree goes in a circle: `%.60s` is among its own ancestors, or of one that is", p->ids[i]);
            break;
        }
    mem_free(done);
    return at == p->count;
}

/* Henderson's tabular method: a(i, j) is the mean of a(sire, j) and a(dam, j), a(i, i) = 1 + a(sire, dam) / 2. */
static void tabulate(const struct pedigree *p, double *A)
{
    size_t n = (size_t)p->count;

    for (int32_t at = 0; at < p->count; at++) {
        size_t i = (size_t)p->order[at];
        int32_t sire = p->parent[0][i], dam = p->parent[1][i];

        for (int32_t before = 0; before < at; before++) {
            size_t j = (size_t)p->order[before];
            double sum = (sire < 0 ? 0.0 : A[(size_t)sire + j * n]) + (dam < 0 ? 0.0 : A[(size_t)dam + j * n]);

            A[i + j * n] = A[j + i * n] = 0.5 * sum;
        }
        A[i + i * n] = 1.0 + (sire < 0 || dam < 0 ? 0.0 : 0.5 * A[(size_t)sire + (size_t)dam * n]);
    }
}

struct relation *relation_of_pedigree(const char *name, const struct frame *frame, const char *id, const char *sire,
                                      const char *dam, struct glmm_error *err)
{
    const struct column *columns[3] = { frame_need(frame, id, NOWHERE, err), frame_need(frame, sire, NOWHERE, err),
                                        frame_need(frame, dam, NOWHERE, err) };
    struct pedigree p = { 0 };
    struct relation *r = NULL;
    char **unused = NULL;
    double *values = NULL;
    bool ok;

    if (columns[0] == NULL || columns[1] == NULL || columns[2] == NULL)
        return NULL;
    ok = read_pedigree(frame, columns, &p, err) && order_pedigree(&p, err)
         && relation_room((size_t)p.count, &unused, &values, err);
    mem_free(unused);
    if (ok) {
        tabulate(&p, values);
        r = relation_new(name, "pedigree", p.count, p.ids, values, err);
    } else {
        relation_ids_free(p.ids, p.count);
    }
    mem_free(p.parent[0]);
    mem_free(p.parent[1]);
    mem_free(p.order);
    return r;
}

/* --- trees -------------------------------------------------------------------------------------------------- */

struct tree {
    const char *text, *at;
    char **ids;
    int32_t tips, room;
    double *depth, *shared; /* room: of a tip; room x room */
    int depth_left;
    struct glmm_error *err;
};

static void skip_blanks(struct tree *t)
{
    for (;;) {
        t->at += strspn(t->at, " \t\r\n");
        if (*t->at != '[')
            return;
        t->at += strcspn(t->at, "]");
        t->at += *t->at == ']';
    }
}

static bool fail_tree(const struct tree *t, const char *what)
{
    return fail(t->err, GLMM_E_DATA, NOWHERE, "this is no Newick tree: %s at byte %d", what, (int)(t->at - t->text) + 1);
}

/* label -> 'text' | text; ":" length.  A branch without a length is 1 long. */
static bool read_label(struct tree *t, const char **label, size_t *size, double *length)
{
    size_t digits;

    skip_blanks(t);
    if (*t->at == '\'') {
        *label = ++t->at;
        *size = strcspn(t->at, "'");
        t->at += *size;
        if (*t->at++ != '\'')
            return fail_tree(t, "a quote is not closed");
    } else {
        *label = t->at;
        *size = strcspn(t->at, "(),:;[ \t\r\n");
        t->at += *size;
    }
    skip_blanks(t);
    *length = 1.0;
    if (*t->at != ':')
        return true;
    t->at++;
    skip_blanks(t);
    digits = strcspn(t->at, "(),:;[ \t\r\n");
    if (!parse_number(t->at, digits, length) || !(*length >= 0.0))
        return fail_tree(t, "a length from 0 up is missing");
    t->at += digits;
    return true;
}

static bool add_tip(struct tree *t, const char *label, size_t size)
{
    if (size == 0)
        return fail_tree(t, "a tip has no name");
    if (t->tips == t->room)
        return fail_tree(t, "there are more tips than commas");
    t->ids[t->tips] = mem_strndup(label, size);
    return t->ids[t->tips++] != NULL || fail_memory(t->err);
}

/* node -> '(' node {',' node} ')' label | label; all tips below share `length` of the branch above. */
static bool read_node(struct tree *t, bool root)
{
    int32_t from = t->tips;
    const char *label;
    double length;
    size_t size;
    bool tip;

    skip_blanks(t);
    tip = *t->at != '(';
    if (--t->depth_left < 0)
        return fail(t->err, GLMM_E_LIMIT, NOWHERE, "the tree is nested too deeply");
    while (!tip && (*t->at == '(' || *t->at == ',')) {
        t->at++;
        if (!read_node(t, false))
            return false;
        skip_blanks(t);
    }
    if (!tip && *t->at++ != ')')
        return fail_tree(t, "a `)` is missing");
    t->depth_left++;
    if (!read_label(t, &label, &size, &length) || (tip && !add_tip(t, label, size)))
        return false;
    for (int32_t b = from; !root && b < t->tips; b++)
        for (int32_t a = from; a < t->tips; a++)
            t->shared[(size_t)a + (size_t)b * (size_t)t->room] += length;
    return true;
}

struct relation *relation_of_tree(const char *name, const char *text, struct glmm_error *err)
{
    struct tree t = { .text = text, .at = text, .room = 1, .depth_left = 2000, .err = err };
    bool ok;

    for (const char *c = text; *c != '\0'; c++)
        t.room += *c == ',';
    if (!relation_room((size_t)t.room, &t.ids, &t.shared, err))
        return NULL;
    ok = read_node(&t, true);
    skip_blanks(&t);
    ok = ok && ((*t.at == ';' || *t.at == '\0') || fail_tree(&t, "the tree goes on behind its end"));
    if (ok && t.tips == t.room)
        return relation_new(name, "tree", t.tips, t.ids, t.shared, err);
    if (ok)
        fail_tree(&t, "a tip is missing");
    relation_ids_free(t.ids, t.tips);
    mem_free(t.shared);
    return NULL;
}
