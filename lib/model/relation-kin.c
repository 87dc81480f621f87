/* relation-kin.c -- relationships by descent: pedigrees and trees. */
#include <math.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "base/text.h"
#include "model/relation-private.h"

/* --- pedigrees ------------------------------------------------------------------------------------------- */

struct pedigree {
    char **ids;
    int32_t count, *parent[2]; /* of each, -1: unknown */
    int32_t *order;            /* parents before their offspring */
};

/* As programs for pedigrees write it. */
static bool is_unknown(const struct column *c, size_t row, const char *text)
{
    static const char *const words[] = { "", "0", "NA", ".", "*" };
    bool found = column_missing(c, row);

    for (size_t i = 0; !found && i < sizeof words / sizeof words[0]; i++)
        found = strcmp(text, words[i]) == 0;
    return found;
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

            if (is_unknown(columns[c], i, text)) {
                ok =
                    c > 0
                    || fail(err, GLMM_E_DATA, NOWHERE, "row %zu of the pedigree has no name in `%.60s`", i + 1, columns[c]->name);
                continue;
            }
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

/* Nodes in order of descent. */
static struct descent *descend(const struct pedigree *p, struct glmm_error *err)
{
    struct descent *d = descent_new(p->count, p->count);

    if (d == NULL) {
        fail_memory(err);
        return NULL;
    }
    for (int32_t at = 0; at < p->count; at++)
        d->node[p->order[at]] = at;
    for (int32_t i = 0; i < p->count; i++)
        for (int s = 0; s < 2; s++)
            d->parent[s][d->node[i]] = p->parent[s][i] < 0 ? -1 : d->node[p->parent[s][i]];
    if (descent_set_inbreeding(d, err))
        return d;
    descent_free(d);
    return NULL;
}

struct relation *relation_of_pedigree(const char *name, const struct frame *frame, const char *id, const char *sire,
                                      const char *dam, struct glmm_error *err)
{
    const struct column *columns[3] = { frame_need(frame, id, NOWHERE, err), frame_need(frame, sire, NOWHERE, err),
                                        frame_need(frame, dam, NOWHERE, err) };
    struct pedigree p = { 0 };
    struct descent *d = NULL;
    struct relation *r = NULL;

    if (columns[0] == NULL || columns[1] == NULL || columns[2] == NULL)
        return NULL;
    if (read_pedigree(frame, columns, &p, err) && order_pedigree(&p, err))
        d = descend(&p, err);
    if (d != NULL)
        r = relation_new_descent(name, "pedigree", p.ids, d, err);
    else
        relation_ids_free(p.ids, p.count);
    mem_free(p.parent[0]);
    mem_free(p.parent[1]);
    mem_free(p.order);
    return r;
}

/* --- trees -------------------------------------------------------------------------------------------------- */

struct tree {
    const char *text, *at;
    char **ids;
    int32_t tips, room, nodes; /* at most so many tips, and nodes: commas and parentheses in labels and comments are none */
    struct descent *d;         /* nodes as they are met: those of branches with a length */
    int depth_left;
    bool has_length, lacks_length; /* some branch */
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

/* text := 'text', in which '' is a quote; false where it has no end. */
static bool read_quoted(struct tree *t, struct text *label)
{
    for (t->at++;; t->at++) {
        size_t size = strcspn(t->at, "'");

        text_add_bytes(label, t->at, size);
        t->at += size;
        if (*t->at == '\0')
            return fail_tree(t, "a quote is not closed");
        if (*++t->at != '\'')
            return !label->failed || fail_memory(t->err);
        text_add(label, "'");
    }
}

/* The length behind a colon. */
static bool read_length(struct tree *t, double *length)
{
    size_t digits;

    t->at++;
    skip_blanks(t);
    digits = strcspn(t->at, "(),:;[ \t\r\n");
    if (!parse_number(t->at, digits, length) || !isfinite(*length))
        return fail_tree(t, "a length is no number");
    if (*length < 0.0) {
        fail(t->err, GLMM_E_DATA, NOWHERE, "the tree has a branch of length %.6g, at byte %d: no share of a variance is negative",
             *length, (int)(t->at - t->text) + 1);
        error_hint(t->err, "trees by neighbour joining have such branches; 0 in their place is usual");
        return false;
    }
    t->at += digits;
    return true;
}

/* label -> 'text' | text; ":" length.  Where no branch has a length all are 1 long. */
static bool read_label(struct tree *t, struct text *label, bool root, double *length)
{
    skip_blanks(t);
    if (*t->at == '\'') {
        if (!read_quoted(t, label))
            return false;
    } else {
        size_t size = strcspn(t->at, "(),:;[ \t\r\n");

        text_add_bytes(label, t->at, size);
        t->at += size;
        if (label->failed)
            return fail_memory(t->err);
    }
    skip_blanks(t);
    *length = 1.0;
    if (*t->at != ':') {
        t->lacks_length = t->lacks_length || !root;
        return (!t->lacks_length || !t->has_length) || fail_tree(t, "a branch has no length, and others have one,");
    }
    if (!read_length(t, length))
        return false;
    t->has_length = t->has_length || !root;
    return !t->has_length || !t->lacks_length || fail_tree(t, "a branch has a length, and others have none,");
}

static bool add_tip(struct tree *t, const struct text *label)
{
    if (label->length == 0)
        return fail_tree(t, "a tip has no name");
    if (utf8_invalid(text_string(label), label->length) >= 0)
        return fail_tree(t, "a name is not UTF-8");
    if (t->tips == t->room)
        return fail_tree(t, "there are more tips than commas");
    t->ids[t->tips] = mem_strndup(text_string(label), label->length);
    return t->ids[t->tips++] != NULL || fail_memory(t->err);
}

/* node -> '(' node {',' node} ')' label | label; the branch above it begins at node `above` (-1: the root). */
static bool read_node(struct tree *t, int32_t above, bool root)
{
    int32_t node = above;
    struct text label = { 0 };
    double length;
    bool tip, ok;

    skip_blanks(t);
    tip = *t->at != '(';
    if (--t->depth_left < 0)
        return fail(t->err, GLMM_E_LIMIT, NOWHERE, "the tree is nested too deeply");
    if (!root && t->d->count >= t->nodes)
        return fail_tree(t, "there are more nodes than commas and parentheses");
    if (!root) {
        node = t->d->count++;
        t->d->parent[0][node] = above;
    }
    while (!tip && (*t->at == '(' || *t->at == ',')) {
        t->at++;
        if (!read_node(t, node, false))
            return false;
        skip_blanks(t);
    }
    if (!tip && *t->at++ != ')')
        return fail_tree(t, "a `)` is missing");
    t->depth_left++;
    ok = read_label(t, &label, root, &length) && (!tip || add_tip(t, &label));
    text_clear(&label);
    if (!ok)
        return false;
    if (!root)
        t->d->own[node] = length;
    if (tip)
        t->d->node[t->tips - 1] = root ? -1 : node;
    return true;
}

/* Nodes whose branch has no length are where it begins. */
static void contract(struct descent *d, int32_t *place)
{
    int32_t kept = 0;

    for (int32_t i = 0; i < d->count; i++) {
        int32_t above = d->parent[0][i] < 0 ? -1 : place[d->parent[0][i]];

        place[i] = d->own[i] > 0.0 ? kept : above;
        if (!(d->own[i] > 0.0))
            continue;
        d->parent[0][kept] = above;
        d->own[kept++] = d->own[i];
    }
    for (int32_t k = 0; k < d->names; k++)
        d->node[k] = d->node[k] < 0 ? -1 : place[d->node[k]];
    d->count = kept;
}

static bool read_tree(struct tree *t)
{
    skip_blanks(t);
    if (*t->at == '\0')
        return fail(t->err, GLMM_E_DATA, NOWHERE, "the file is empty: a tree is ((a:1,b:2):1,c:3);");
    if (strncasecmp(t->at, "#NEXUS", 6) == 0)
        return fail(t->err, GLMM_E_DATA, NOWHERE,
                    "this is a file of NEXUS: what is needed is its tree alone, ((a:1,b:2):1,c:3);");
    if (!read_node(t, -1, true))
        return false;
    skip_blanks(t);
    if (*t->at != ';' && *t->at != '\0')
        return fail_tree(t, "the tree goes on behind its end");
    t->at += *t->at == ';';
    skip_blanks(t);
    if (*t->at != '\0')
        return fail_tree(t, "a second one begins");
    return true;
}

struct relation *relation_of_tree(const char *name, const char *text, struct glmm_error *err)
{
    struct tree t = { .text = text, .at = text, .room = 1, .nodes = 1, .depth_left = 2000, .err = err };
    struct relation *r = NULL;
    int32_t *place;
    bool ok;

    for (const char *c = text; *c != '\0'; c++) {
        t.room += *c == ',';
        t.nodes += *c == ',' || *c == '(';
    }
    t.ids = NEW_ARRAY(char *, t.room + 1);
    t.d = descent_new(t.nodes, t.room);
    place = NEW_ARRAY(int32_t, t.nodes + 1);
    ok = (t.ids != NULL && t.d != NULL && place != NULL) || fail_memory(err);
    if (ok) {
        t.d->count = 0;
        t.d->weight = 1.0;
        ok = read_tree(&t);
        t.d->names = t.tips;
    }
    if (ok)
        contract(t.d, place);
    mem_free(place);
    if (ok)
        r = relation_new_descent(name, "tree", t.ids, t.d, err);
    if (r != NULL)
        r->without_lengths = t.lacks_length && !t.has_length;
    if (ok)
        return r;
    relation_ids_free(t.ids, t.tips);
    descent_free(t.d);
    return NULL;
}
