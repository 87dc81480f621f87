/* test-scan.c -- scans of markers against whole fits, PLINK's files byte by byte, and what is wrong with them. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/rng.h"
#include "base/text.h"
#include "base/threads.h"
#include "fit/lmm.h"
#include "infer/scan.h"
#include "stated-design.h"
#include "sweep.h"

enum { PEOPLE = 36, MARKERS = 70, CHROMOSOMES = 2 };

/* --- data -------------------------------------------------------------------------------------------- */

struct made {
    double count[PEOPLE][MARKERS]; /* NaN: missing */
    char *rows, *table, *map;
};

/* Families of six that share most of each marker; marker 5 does not vary, marker 7 repeats the sex, marker 9 has holes. */
static void fill_counts(struct made *m, struct rng *rng)
{
    for (int j = 0; j < MARKERS; j++)
        for (int i = 0; i < PEOPLE; i++) {
            double common = i % 6 == 0 ? floor(3.0 * rng_uniform(rng)) : m->count[i - i % 6][j];

            m->count[i][j] = rng_uniform(rng) < 0.6 ? common : floor(3.0 * rng_uniform(rng));
            if (j == 5)
                m->count[i][j] = 1.0;
            if (j == 7)
                m->count[i][j] = 2.0 * (i % 2);
        }
    for (int i = 0; i < PEOPLE; i += 7)
        m->count[i][9] = (double)NAN;
}

static struct made make(int rows_each)
{
    struct made m;
    struct text rows = { 0 }, table = { 0 }, map = { 0 };
    struct rng rng;

    rng_init(&rng, 11, 0);
    fill_counts(&m, &rng);
    text_add(&rows, "y,x,sex,w,id,m3,m12,m40\n");
    for (int i = 0; i < PEOPLE; i++) {
        double own = rng_normal(&rng);

        for (int r = 0; r < 1 + (rows_each > 1 ? i % rows_each : 0); r++)
            text_addf(&rows, "%.5f,%.5f,%d,%.2f,p%d,%g,%g,%g\n",
                      2.0 + own + 0.8 * m.count[i][3] + 0.4 * m.count[i][40] + 0.5 * m.count[i][20] + rng_normal(&rng),
                      rng_normal(&rng), i % 2, 0.5 + rng_uniform(&rng), i, m.count[i][3], m.count[i][12], m.count[i][40]);
    }
    text_add(&table, "id");
    text_add(&map, "marker,chromosome,position\n");
    for (int j = 0; j < MARKERS; j++) {
        text_addf(&table, ",m%d", j);
        text_addf(&map, "m%d,%s,%d\n", j, j < MARKERS / CHROMOSOMES ? "1" : "X", 1000 * j);
    }
    for (int i = 0; i < PEOPLE; i++) {
        text_addf(&table, "\np%d", i);
        for (int j = 0; j < MARKERS; j++)
            text_addf(&table, isnan(m.count[i][j]) ? ",NA" : ",%.0f", m.count[i][j]);
    }
    text_add(&table, "\n");
    m.rows = text_take(&rows);
    m.table = text_take(&table);
    m.map = text_take(&map);
    return m;
}

static void made_clear(struct made *m)
{
    mem_free(m->rows);
    mem_free(m->table);
    mem_free(m->map);
}

static struct genotypes *table_of(const struct made *m)
{
    struct glmm_error err = { 0 };
    struct frame *frame = read_csv(m->table);
    struct genotypes *g = genotypes_of_table(frame, &err);

    cr_assert_not_null(g, "%s", err.message);
    frame_free(frame);
    frame = read_csv(m->map);
    cr_assert(genotypes_map(g, frame, &err), "%s", err.message);
    frame_free(frame);
    return g;
}

static struct stated state(const char *csv, const char *formula, const char *weights, const struct relation *K)
{
    return state_design(csv, formula, &(struct design_options){ .response = RESPONSE_REAL, .weights = weights, .relations = K });
}

static struct relation *relation_of(const struct made *m)
{
    struct glmm_error err = { 0 };
    struct genotypes *g = table_of(m);
    struct relation *K = relation_of_genotypes("K", g, NULL, &err);

    cr_assert_not_null(K, "%s", err.message);
    genotypes_free(g);
    return K;
}

static struct scan *scan_made(const struct made *m, const struct design *design, const struct relation *K, bool ml)
{
    struct scan_options options = { .ml = ml, .loco = K == NULL };
    struct glmm_error err = { 0 };
    struct genotypes *g = table_of(m);
    struct scan *scan = scan_run(design, K, g, &options, NULL, &err);

    cr_assert_not_null(scan, "%s", err.message);
    genotypes_free(g);
    return scan;
}

/* --- a scan says what fits say ---------------------------------------------------------------------------- */

static struct fit *fit_made(const struct design *design, bool ml)
{
    struct fit_options options = { .method = ml ? METHOD_ML : METHOD_REML, .unpriced = true };
    struct glmm_error err = { 0 };
    struct fit *fit = lmm_fit(design, &options, NULL, &err);

    cr_assert_not_null(fit, "%s", err.message);
    return fit;
}

static void check_marker(const struct made *m, const struct scan *scan, int marker, const char *weights, const struct relation *K,
                         bool ml, double without)
{
    char formula[100];
    struct stated s;
    struct fit *fit;
    const struct scan_marker *got = &scan->marker[marker];

    snprintf(formula, sizeof formula, "y ~ x + m%d + (1 | id, K = K)", marker);
    s = state(m->rows, formula, weights, K);
    fit = fit_made(s.design, ml);
    cr_assert_eq(got->state, SCAN_TESTED);
    cr_expect_float_eq(got->estimate, fit->beta[2], 1e-5 * fit->se[2], "m%d: %.10g, not %.10g", marker, got->estimate,
                       fit->beta[2]);
    cr_expect_float_eq(got->se, fit->se[2], 1e-5 * fit->se[2], "m%d: SE %.10g, not %.10g", marker, got->se, fit->se[2]);
    if (ml)
        cr_expect_float_eq(got->statistic, 2.0 * (fit->loglik - without), 1e-6, "m%d: %.10g, not %.10g", marker, got->statistic,
                           2.0 * (fit->loglik - without));
    else
        cr_expect_float_eq(got->statistic, fit->beta[2] / fit->se[2], 2e-5);
    fit_free(fit);
    stated_clear(&s);
}

static void check_scan(int rows_each, const char *weights, bool ml)
{
    struct made m = make(rows_each);
    struct relation *K = relation_of(&m);
    struct stated s = state(m.rows, "y ~ x + (1 | id, K = K)", weights, K);
    struct fit *fit = fit_made(s.design, ml);
    struct scan *scan = scan_made(&m, s.design, K, ml);

    check_marker(&m, scan, 3, weights, K, ml, fit->loglik);
    check_marker(&m, scan, 12, weights, K, ml, fit->loglik);
    check_marker(&m, scan, 40, weights, K, ml, fit->loglik);
    cr_expect_eq(scan->marker[5].state, SCAN_CONSTANT);
    cr_expect_eq(scan->count[SCAN_CONSTANT], 1);
    cr_expect_eq(scan->marker[9].missing, 6);
    scan_free(scan);
    fit_free(fit);
    stated_clear(&s);
    relation_free(K);
    made_clear(&m);
}

Test(scan, as_whole_fits)
{
    check_scan(1, NULL, false);
    check_scan(1, NULL, true);
}

Test(scan, as_whole_fits_with_rows_of_one_individual_and_weights)
{
    check_scan(4, NULL, false);
    check_scan(3, "w", false);
    check_scan(3, "w", true);
}

Test(scan, a_combination_of_the_fixed_effects_has_no_number)
{
    struct made m = make(1);
    struct relation *K = relation_of(&m);
    struct stated s = state(m.rows, "y ~ sex + (1 | id, K = K)", NULL, K);
    struct scan *scan = scan_made(&m, s.design, K, false);

    cr_expect_eq(scan->marker[7].state, SCAN_DEPENDENT);
    cr_expect(isnan(scan->marker[7].p));
    scan_free(scan);
    stated_clear(&s);
    relation_free(K);
    made_clear(&m);
}

/* Leaving a chromosome out is a scan with the matrix of the others. */
Test(scan, loco_two_ways)
{
    struct made m = make(1), other = m;
    struct relation *whole = relation_of(&m), *K;
    struct stated s = state(m.rows, "y ~ x + (1 | id, K = K)", NULL, whole);
    struct scan *loco = scan_made(&m, s.design, NULL, false), *direct;

    for (int i = 0; i < PEOPLE; i++) /* those of chromosome 1 do not vary */
        for (int j = 0; j < MARKERS / CHROMOSOMES; j++)
            other.count[i][j] = 1.0;
    {
        struct text table = { 0 };

        text_add(&table, "id");
        for (int j = 0; j < MARKERS; j++)
            text_addf(&table, ",m%d", j);
        for (int i = 0; i < PEOPLE; i++) {
            text_addf(&table, "\np%d", i);
            for (int j = 0; j < MARKERS; j++)
                text_addf(&table, ",%.0f", other.count[i][j]);
        }
        text_add(&table, "\n");
        other.table = text_take(&table);
    }
    K = relation_of(&other);
    direct = scan_made(&m, s.design, K, false);
    for (int j = 0; j < MARKERS / CHROMOSOMES; j++)
        if (loco->marker[j].state == SCAN_TESTED)
            cr_expect_float_eq(loco->marker[j].statistic, direct->marker[j].statistic, 1e-8, "m%d", j);
    cr_expect_eq(loco->null_count, CHROMOSOMES);
    scan_free(loco);
    scan_free(direct);
    stated_clear(&s);
    relation_free(K);
    relation_free(whole);
    mem_free(other.table);
    made_clear(&m);
}

Test(scan, the_same_bytes_with_any_number_of_threads)
{
    struct made m = make(2);
    struct relation *K = relation_of(&m);
    struct stated s = state(m.rows, "y ~ x + (1 | id, K = K)", NULL, K);
    struct scan *first;

    omp_set_num_threads(1);
    first = scan_made(&m, s.design, K, false);
    for (int threads = 2; threads <= 3; threads++) {
        struct scan *scan;

        omp_set_num_threads(threads);
        scan = scan_made(&m, s.design, K, false);
        for (int j = 0; j < MARKERS; j++)
            cr_expect(memcmp(&scan->marker[j].p, &first->marker[j].p, sizeof(double)) == 0, "m%d, %d threads", j, threads);
        scan_free(scan);
    }
    scan_free(first);
    stated_clear(&s);
    relation_free(K);
    made_clear(&m);
}

struct refused_scan {
    const struct design *design;
    const struct relation *K;
    struct genotypes *g;
};

static bool run_refused(void *context, struct glmm_error *err)
{
    const struct refused_scan *of = context;
    struct scan_options options = { .loco = of->K == NULL };
    struct scan *scan = scan_run(of->design, of->K, of->g, &options, NULL, err);

    scan_free(scan);
    return scan != NULL;
}

Test(scan, refused_memory_is_told_as_such)
{
    struct made m = make(1);
    struct relation *K = relation_of(&m);
    struct stated s = state(m.rows, "y ~ x + (1 | id, K = K)", NULL, K);
    struct genotypes *g = table_of(&m);

    omp_set_num_threads(1);
    cr_expect_geq(sweep_allocations(run_refused, &(struct refused_scan){ s.design, K, g }), 0);
    cr_expect_geq(sweep_allocations(run_refused, &(struct refused_scan){ s.design, NULL, g }), 0);
    genotypes_free(g);
    stated_clear(&s);
    relation_free(K);
    made_clear(&m);
}

/* More markers than are read at once or stand in memory at once: each as it is among few. */
Test(scan, many_markers_are_each_what_they_are_among_few)
{
    enum { MANY = 2100 };
    struct made m = make(1);
    struct relation *K = relation_of(&m);
    struct stated s = state(m.rows, "y ~ x + (1 | id, K = K)", NULL, K);
    struct scan *few = scan_made(&m, s.design, K, false), *many;
    struct scan_options options = { 0 };
    struct glmm_error err = { 0 };
    struct text table = { 0 };
    struct genotypes *g;
    struct frame *frame;

    text_add(&table, "id");
    for (int j = 0; j < MANY; j++)
        text_addf(&table, ",m%d", j);
    for (int i = 0; i < PEOPLE; i++) {
        text_addf(&table, "\np%d", i);
        for (int j = 0; j < MANY; j++)
            text_addf(&table, isnan(m.count[i][j % MARKERS]) ? ",NA" : ",%.0f", m.count[i][j % MARKERS]);
    }
    text_add(&table, "\n");
    frame = read_csv(text_string(&table));
    g = genotypes_of_table(frame, &err);
    cr_assert_not_null(g, "%s", err.message);
    many = scan_run(s.design, K, g, &options, NULL, &err);
    cr_assert_not_null(many, "%s", err.message);
    cr_expect_eq(many->markers, MANY);
    cr_expect_eq(many->count[SCAN_CONSTANT], MANY / MARKERS);
    cr_expect_float_eq(many->missing, few->missing, 1e-12);
    for (int j = 0; j < MANY; j++) {
        const struct scan_marker *a = &many->marker[j], *b = &few->marker[j % MARKERS];

        cr_assert_eq(a->state, b->state, "m%d", j);
        if (a->state == SCAN_TESTED)
            cr_assert_float_eq(a->statistic, b->statistic, 1e-9, "m%d: %.10g, not %.10g", j, a->statistic, b->statistic);
    }
    scan_free(many);
    scan_free(few);
    genotypes_free(g);
    frame_free(frame);
    text_clear(&table);
    stated_clear(&s);
    relation_free(K);
    made_clear(&m);
}

Test(scan, identity_tells_nothing_from_residuals)
{
    struct made m = make(1);
    struct relation *K = relation_of(&m);
    struct stated s = state(m.rows, "y ~ x + (1 | id, K = K)", NULL, K);
    struct scan_options options = { 0 };
    struct genotypes *g = table_of(&m);
    struct glmm_error err = { 0 };

    for (int b = 0; b < PEOPLE; b++)
        for (int a = 0; a < PEOPLE; a++)
            K->values[a + b * PEOPLE] = a == b;
    cr_expect_null(scan_run(s.design, K, g, &options, NULL, &err));
    cr_expect_eq(err.code, GLMM_E_MODEL);
    genotypes_free(g);
    stated_clear(&s);
    relation_free(K);
    made_clear(&m);
}

/* --- PLINK ---------------------------------------------------------------------------------------------- */

static void put(const char *folder, const char *name, const void *bytes, size_t count)
{
    char path[200];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "wb");
    cr_assert(file != NULL && fwrite(bytes, 1, count, file) == count && fclose(file) == 0);
}

/* Opens FOLDER/x.bed; the message where it cannot be opened. */
static struct genotypes *open_bed(const char *folder, char message[600])
{
    struct glmm_error err = { 0 };
    char path[200];
    struct genotypes *g;

    snprintf(path, sizeof path, "%s/x.bed", folder);
    g = genotypes_open(path, NULL, &err);
    snprintf(message, 600, "%s", g == NULL ? err.message : "");
    return g;
}

static void put_text(const char *folder, const char *name, const char *text)
{
    put(folder, name, text, strlen(text));
}

static const char FAM[] = "F1 a 0 0 1 -9\nF1 b 0 0 2 -9\r\nF2\tc\t0\t0\t1\t-9\nF2 d 0 0 1 -9\nF3 e 0 0 1 -9\n";
static const char BIM[] = "1 rs1 0 100 A G\n1 rs2 0 200 T C\nX rs3 0 300 G A\n";
/* Two bits each, the first individual lowest: 00 two copies, 10 one, 11 none, 01 missing. */
static const unsigned char BED[] = { 0x6c, 0x1b, 0x01, 0xdc, 0x02, 0x00, 0x00, 0xff, 0x03 };

static char *new_folder(void)
{
    static char folder[] = "/tmp/mixsh-scan-XXXXXX";

    strcpy(folder + strlen(folder) - 6, "XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    put_text(folder, "x.fam", FAM);
    put_text(folder, "x.bim", BIM);
    put(folder, "x.bed", BED, sizeof BED);
    return folder;
}

static void remove_folder(const char *folder)
{
    static const char *const names[] = { "x.bed", "x.bim", "x.fam" };
    char path[200];

    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    rmdir(folder);
}

Test(plink, bytes_are_counts)
{
    char *folder = new_folder(), message[600];
    struct genotypes *g = open_bed(folder, message);
    struct glmm_error err = { 0 };
    double out[15];
    /* 0xdc = 11 01 11 00: a 2, b none, c missing, d none; 0x02: e one */
    const double expected[15] = { 2, 0, NAN, 0, 1, 2, 2, 2, 2, 2, 0, 0, 0, 0, 0 };

    cr_assert_not_null(g, "%s", message);
    cr_expect_eq(g->individuals, 5);
    cr_expect_eq(g->markers, 3);
    cr_expect_str_eq(g->ids[1], "b");
    cr_expect_str_eq(g->ids[2], "c");
    cr_expect_str_eq(g->marker[2].chromosome, "X");
    cr_expect_str_eq(g->marker[1].allele, "T");
    cr_expect_eq(g->marker[1].position, 200.0);
    cr_assert(genotypes_read(g, 0, 3, out, &err), "%s", err.message);
    for (int i = 0; i < 15; i++)
        cr_expect(isnan(expected[i]) ? isnan(out[i]) : out[i] == expected[i], "%d: %g", i, out[i]);
    cr_assert(genotypes_read(g, 1, 1, out, &err));
    cr_expect_eq(out[0], 2.0);
    genotypes_free(g);
    remove_folder(folder);
}

static void refused(const char *file, const void *bytes, size_t count, const char *words)
{
    char *folder = new_folder(), message[600];
    struct genotypes *g;

    put(folder, file, bytes, count);
    g = open_bed(folder, message);
    cr_expect_null(g, "%s was taken", file);
    cr_expect(strstr(message, words) != NULL, "%s: %s", words, message);
    genotypes_free(g);
    remove_folder(folder);
}

Test(plink, traps)
{
    unsigned char bytes[12];

    memcpy(bytes, BED, sizeof BED);
    refused("x.bed", BED, sizeof BED - 1, "ends early");
    refused("x.bed", BED, 2, "is no PLINK .bed file");
    refused("x.bed", BED, 0, "is no PLINK .bed file");
    memset(bytes + sizeof BED, 0, 3);
    refused("x.bed", bytes, 12, "of other markers or individuals");
    bytes[0] = 0x1f;
    refused("x.bed", bytes, sizeof BED, "is no PLINK .bed file");
    bytes[0] = 0x6c;
    bytes[2] = 0;
    refused("x.bed", bytes, sizeof BED, "individual after individual");
    refused("x.fam", FAM, 28, "of other markers");              /* two individuals: one byte a marker */
    refused("x.bim", BIM, 16, "of other markers");              /* one marker */
    refused("x.bim", "1 rs1 0 100 A G\n1 rs2\n", 22, "line 2"); /* fields that are missing */
    refused("x.fam", "F1 a\nF2 a\nF3 c\nF3 d\nF3 e\n", 25, "stands twice");
    refused("x.fam", "", 0, "names no individuals");
    refused("x.bim", "\n\n", 2, "names no markers");
    refused("x.fam", "F1 a\nF2 \0b\n", 11, "line 2");
    refused("x.fam", "F1 a\nF2 b\xd0z\n", 12, "line 2 of");
    refused("x.fam", "F1 a\nF2 b\xd0z\n", 12, "is not UTF-8");
}

/* --- tables ------------------------------------------------------------------------------------------------- */

Test(genotypes, tables_that_are_none)
{
    static const struct {
        const char *csv, *words;
    } cases[] = {
        { "id\na\nb\n", "no markers" },
        { "id,m1\na,0\nb,x\n", "no count" },
        { "id,m1\na,0\na,1\n", "stands twice" },
    };
    struct glmm_error err;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct frame *frame = read_csv(cases[i].csv);

        err = (struct glmm_error){ 0 };
        cr_expect_null(genotypes_of_table(frame, &err));
        cr_expect(strstr(err.message, cases[i].words) != NULL, "%s", err.message);
        frame_free(frame);
    }
}

Test(genotypes, counts_are_0_to_2)
{
    struct frame *frame = read_csv("id,m1\na,0\nb,3\n");
    struct glmm_error err = { 0 };
    struct genotypes *g = genotypes_of_table(frame, &err);
    double out[2];

    cr_assert_not_null(g);
    cr_expect_not(genotypes_read(g, 0, 1, out, &err));
    cr_expect(strstr(err.message, "has 3 for `b`") != NULL, "%s", err.message);
    genotypes_free(g);
    frame_free(frame);
}
