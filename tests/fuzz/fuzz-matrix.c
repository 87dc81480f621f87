/* fuzz-matrix.c -- any bytes as what relations and markers are read from; the first byte says which: a tree, a square table or
 * triplets, a pedigree, places, a table of markers, PLINK's three files (divided by `%%`), a table of chromosomes.
 *
 * What is made is a covariance matrix, or an error says what is wrong. */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "data/csv.h"
#include "data/genotypes.h"
#include "driver.h"
#include "model/relation.h"

enum { MOST = 60 };

static const char *const seeds[] = {
    "t((a:1,'b c':1):2,d:3);",
    "t((((c1:0.2586,(c2:0.13,c3:0.18):0.11):0.19[note],(c4:0.15,c5:1e-3)x:0.16):0.1,'it''s':1)r);\n",
    "mid,a,b,c\na,1,.5,0\nb,.5,1,.25\nc,0,.25,2\n",
    "mrow,col,value\na,a,1\na,b,0.5\nb,b,1\n",
    "m1,0.5\n0.5,1\n",
    "pid,sire,dam\n1,NA,NA\n2,NA,NA\n3,1,2\n4,1,3\n5,4,3\n",
    "nid,x,y\na,0,0\nb,1,0\nc,1,2.5\nd,1,2.5\n",
    "gid,m1,m2,m3\na,0,1,2\nb,1,NA,0.5\nc,2,2,0\n",
    "bl\033\001xyz%%1 rs1 0 100 A G\n1 rs2 0 200 C T\n2 rs3 0.5 300 A C\n%%F a 0 0 1 -9\nF b a 0 2 1.5\nG c 0 0 1 2\n",
    "cmarker,chromosome,position\nm1,1,100\nm2,X,2e3\nm9,2,\n",
    NULL
};

const long fuzz_rounds = 3000;

const char *const *fuzz_seeds(void)
{
    return seeds;
}

static void check(bool good)
{
    if (!good)
        abort();
}

static void write_bytes(const char *path, const char *bytes, size_t count)
{
    FILE *file = fopen(path, "wb");

    check(file != NULL && fwrite(bytes, 1, count, file) == count);
    fclose(file);
}

static void check_error(const struct glmm_error *err)
{
    check(err->code != GLMM_OK && err->message[0] != '\0' && utf8_invalid(err->message, strlen(err->message)) < 0);
}

/* Finite, symmetric, each entry within what the diagonal allows. */
static void check_relation(struct relation *r, const struct glmm_error *err)
{
    int32_t rows[MOST], count = r == NULL ? 0 : r->count < MOST ? r->count : MOST;
    double values[MOST * MOST], *diagonal = r == NULL ? NULL : mem_alloc((size_t)r->count + 1, sizeof *diagonal);

    if (r == NULL) {
        check_error(err);
        return;
    }
    for (int32_t i = 0; i < count; i++) {
        rows[i] = r->count - 1 - i;
        check(r->ids[rows[i]][0] != '\0' && relation_find(r, r->ids[rows[i]]) == rows[i]);
        check(utf8_invalid(r->ids[rows[i]], strlen(r->ids[rows[i]])) < 0);
    }
    check(diagonal != NULL && relation_fill(r, rows, count, values) && relation_diagonal(r, diagonal));
    check(r->rank >= 0 && r->rank <= r->count);
    for (int32_t a = 0; a < count; a++)
        for (int32_t b = 0; b < count; b++) {
            double x = values[a + b * count], most = fabs(diagonal[rows[a]]) + fabs(diagonal[rows[b]]);

            check(isfinite(x) && fabs(x - values[b + a * count]) <= 1e-6 * most && fabs(x) <= most);
        }
    mem_free(diagonal);
    relation_free(r);
}

static void try_genotypes(struct genotypes *g, const struct glmm_error *err)
{
    struct glmm_error later = { .at = NOWHERE };
    double *counts;
    bool read;

    if (g == NULL) {
        check_error(err);
        return;
    }
    check(g->individuals > 0 && g->markers > 0);
    counts = mem_alloc(g->individuals * g->markers, sizeof *counts);
    read = genotypes_read(g, 0, g->markers, counts, &later);
    check(read || later.code != GLMM_OK);
    for (size_t i = 0; read && i < g->individuals * g->markers; i++)
        check(!isfinite(counts[i]) || (counts[i] >= 0.0 && counts[i] <= 2.0));
    for (size_t i = 0; i < g->individuals; i++)
        check(g->ids[i] != NULL && utf8_invalid(g->ids[i], strlen(g->ids[i])) < 0);
    mem_free(counts);
    later = (struct glmm_error){ .at = NOWHERE };
    check_relation(relation_of_genotypes("K", g, NULL, &later), &later);
    genotypes_free(g);
}

/* x.bed%%x.bim%%x.fam */
static void try_plink(const char *bytes, size_t count)
{
    static const char *const names[] = { "x.bed", "x.bim", "x.fam" };
    struct glmm_error err = { .at = NOWHERE };

    for (int i = 0; i < 3; i++) {
        const char *end = count == 0 || i == 2 ? NULL : memmem(bytes, count, "%%", 2);
        size_t part = end == NULL ? count : (size_t)(end - bytes), next = end == NULL ? count : part + 2;

        write_bytes(names[i], bytes, part);
        bytes += next;
        count -= next;
    }
    try_genotypes(genotypes_open("x.bed", NULL, &err), &err);
}

static void try_tree(const char *bytes, size_t count)
{
    struct glmm_error err = { .at = NOWHERE };
    char *text = mem_strndup(bytes, strnlen(bytes, count));

    check_relation(relation_of_tree("T", text, &err), &err);
    mem_free(text);
}

static void try_map(const struct frame *frame)
{
    static const char table[] = "id,m1,m2,m3\na,0,1,2\nb,1,2,0\n";
    struct glmm_error err = { .at = NOWHERE };
    struct frame *counts = csv_read_bytes(table, sizeof table - 1, "g", NULL, &err);
    struct genotypes *g = counts == NULL ? NULL : genotypes_of_table(counts, &err);

    check(g != NULL);
    if (!genotypes_map(g, frame, &err))
        check_error(&err);
    genotypes_free(g);
    frame_free(counts);
}

static void try_table(char kind, const struct frame *f)
{
    static const char *const places[] = { "x", "y" };
    struct glmm_error err = { .at = NOWHERE };

    switch (kind) {
    case 'm':
        check_relation(relation_of_table("A", f, NULL, &err), &err);
        break;
    case 'p':
        check_relation(relation_of_pedigree("A", f, "id", "sire", "dam", &err), &err);
        break;
    case 'n':
        check_relation(relation_of_places("N", f, places, 2, 2.0, NULL, &err), &err);
        break;
    case 'c':
        try_map(f);
        break;
    default:
        try_genotypes(genotypes_of_table(f, &err), &err);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *bytes = (const char *)data + 1;
    struct glmm_error err = { .at = NOWHERE };
    struct frame *frame;

    if (size < 2)
        return 0;
    if (data[0] == 't') {
        try_tree(bytes, size - 1);
    } else if (data[0] == 'b') {
        try_plink(bytes, size - 1);
    } else {
        frame = csv_read_bytes(bytes, size - 1, "d", NULL, &err);
        if (frame != NULL)
            try_table((char)data[0], frame);
        frame_free(frame);
    }
    return 0;
}
