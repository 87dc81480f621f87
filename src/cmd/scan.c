/* scan.c -- tests each marker of a file in a model of related individuals. */
#include "cmd/derivation.h"
#include "infer/scan.h"
#include "cmd/scan-plots.h"
#include "cmd/verb.h"
#include "report/naming.h"
#include "report/tables.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/suggest.h"
#include "data/csv.h"
#include "fit/method.h"
#include "session/bundled.h"
#include "session/guard.h"
#include "session/output.h"
#include "term/progress.h"

struct scan_call {
    const char *K, *map, *to;
    bool loco, replace;
    int test, top;
    bool plots;
};

enum { TEST_WALD, TEST_LRT };

static const struct scan_call defaults = { .top = 10, .plots = true };
static const char *const tests[] = { "wald", "lrt", NULL };

static const struct option options[] = {
    { .name = "K",
      .complete = COMPLETE_MATRIX,
      .type = OPTION_WORD,
      .offset = offsetof(struct scan_call, K),
      .word = "MATRIX",
      .help = "how individuals are related; without it, as the model has it" },
    { .name = "loco",
      .type = OPTION_FLAG,
      .offset = offsetof(struct scan_call, loco),
      .help = "relations of the file's markers, those of the tested marker's chromosome left out" },
    { .name = "map",
      .type = OPTION_FILE,
      .offset = offsetof(struct scan_call, map),
      .word = "FILE",
      .help = "a table with the columns marker, chromosome and position" },
    { .name = "test",
      .type = OPTION_ENUM,
      .offset = offsetof(struct scan_call, test),
      .choices = tests,
      .word = "TEST",
      .help = "wald (t, by REML), or lrt (chi-squared of the likelihood ratio, by ML)" },
    { .name = "top",
      .type = OPTION_INTEGER,
      .offset = offsetof(struct scan_call, top),
      .min = 1,
      .max = 1e6,
      .word = "N",
      .help = "show so many markers, the smallest p first" },
    { .name = "plots",
      .type = OPTION_SWITCH,
      .offset = offsetof(struct scan_call, plots),
      .help = "draw the p-values: on or off" },
    { .name = "to",
      .type = OPTION_FILE,
      .offset = offsetof(struct scan_call, to),
      .word = "FILE",
      .help = "write all markers to a file (CSV)" },
    { .name = "replace",
      .type = OPTION_FLAG,
      .offset = offsetof(struct scan_call, replace),
      .help = "overwrite a file that mixsh did not write" },
    { 0 },
};

/* --- what is asked ---------------------------------------------------------------------------------------- */

/* `scan [MODEL] FILE`: the word of the file. */
static const struct word *file_word(struct session *session, const struct call *call, struct model **model,
                                    struct glmm_error *err)
{
    int at = call->word_count > 1;

    *model = NULL;
    if (call->word_count == 0) {
        fail(err, GLMM_E_USAGE, NOWHERE, "scan which file of markers?");
        return NULL;
    }
    if (!no_more_words(call, at + 1, err))
        return NULL;
    *model = session_need_model(session, at ? call->words[0].text : NULL, at ? call->words[0].at : NOWHERE, err);
    return *model != NULL && session_takes_model(session, *model, NOWHERE, err) ? &call->words[at] : NULL;
}

static const struct relation *find_relation(const struct session *session, const char *name, struct glmm_span at,
                                            struct glmm_error *err)
{
    const struct relation *r = session->relations;
    struct suggest suggest;

    while (r != NULL && strcmp(r->name, name) != 0)
        r = r->next;
    if (r != NULL)
        return r;
    fail(err, GLMM_E_NAME, at, "no matrix `%.60s`", name);
    suggest_init(&suggest, name);
    for (r = session->relations; r != NULL; r = r->next)
        suggest_offer(&suggest, r->name);
    suggest_hint(&suggest, err);
    error_hint(err, "make one: matrix %.60s = markers(\"file.csv\")", name);
    return NULL;
}

/* The matrix of the call, else the model's; NULL with loco, or with an error. */
static const struct relation *relation_of(struct session *session, const struct call *call, const struct model *model,
                                          struct glmm_error *err)
{
    const struct scan_call *given = call->options;
    const struct relation *own = model->design->random->relation;

    if (given->K != NULL && given->loco) {
        fail(err, GLMM_E_USAGE, call_option_at(call, "K"), "either K=, or loco: that makes its matrices of the file");
        return NULL;
    }
    if (given->loco)
        return NULL;
    if (given->K != NULL)
        return find_relation(session, given->K, call_option_at(call, "K"), err);
    if (own == NULL) {
        fail(err, GLMM_E_USAGE, NOWHERE, "nothing says how the levels of %.60s are related", model->design->random->group);
        error_hint(err, "K=A, a matrix (help matrix), or loco: of the file's own markers");
    }
    return own;
}

static bool check_model(const struct model *model, struct glmm_error *err)
{
    if (!model_is_linear(model))
        return fail(err, GLMM_E_MODEL, NOWHERE, "scan takes linear mixed models: gaussian, with the identity link");
    return scan_takes(model->design, err);
}

/* The path of what is typed: that of a bundled example of that name, where there is one; the arena's.  NULL: no memory. */
static const char *path_of(const struct call *call, const char *text, bool quoted)
{
    struct glmm_error err = { .at = NOWHERE };
    char *example = quoted ? NULL : bundled_path(text, &err);
    const char *path = example != NULL       ? arena_strdup(call->arena, example)
                       : err.code != GLMM_OK ? NULL
                                             : path_at_home(call->arena, text);

    mem_free(example);
    return path;
}

static bool read_map(struct session *session, const struct call *call, struct genotypes *g, struct glmm_error *err)
{
    const struct scan_call *given = call->options;
    struct word place = { .at = call_option_at(call, "map") };
    struct csv_options plain = { 0 };
    const char *path = path_of(call, given->map, false);
    struct frame *map = path == NULL ? NULL : csv_read(path, "the map", &plain, &session->progress, err);
    bool ok = word_blame(path == NULL ? fail_memory(err) : map != NULL && genotypes_map(g, map, err), &place, err);

    frame_free(map);
    return ok;
}

static struct genotypes *open_markers(struct session *session, const struct call *call, const struct word *word,
                                      struct glmm_error *err)
{
    const struct scan_call *given = call->options;
    const char *path = path_of(call, word->text, word->quoted);
    struct genotypes *g = path == NULL ? NULL : genotypes_open(path, &session->progress, err);

    if (word_blame(path == NULL ? fail_memory(err) : g != NULL, word, err)
        && (given->map == NULL || read_map(session, call, g, err)))
        return g;
    genotypes_free(g);
    return NULL;
}

/* --- what is shown ------------------------------------------------------------------------------------------ */

struct columns {
    size_t marker, chromosome, position, allele, frequency, estimate, se, statistic, p, plain;
};

static struct table *make_table(struct result *result, struct columns *c, const struct genotypes *g, bool lrt)
{
    struct table *table = result_table(result, "rows", NULL);
    bool mapped = g->marker[0].chromosome != NULL, alleles = g->marker[0].allele != NULL;

    c->marker = table_column(table, "marker", "marker", CELL_TEXT);
    c->chromosome = table_column(table, "chromosome", "chr", CELL_TEXT);
    c->position = table_column(table, "position", "position", CELL_REAL);
    c->allele = table_column(table, "allele", "allele", CELL_TEXT);
    c->frequency = table_column(table, "frequency", "freq.", CELL_REAL);
    c->estimate = table_column(table, "estimate", "Estimate", CELL_REAL);
    c->se = table_column(table, "se", "Std.Err.", CELL_REAL);
    c->statistic = table_column(table, "statistic", lrt ? "chi^2" : "t", CELL_REAL);
    c->p = table_column(table, "p", "p", CELL_REAL);
    c->plain = table_column(table, "p_without", "p without", CELL_REAL);
    table_all_derive(table, DERIVED_SCAN);
    table_decimals(table, c->position, 0);
    table_decimals(table, c->frequency, 2);
    table_decimals(table, c->statistic, 2);
    table_digits(table, c->se, 3);
    table_same_decimals(table, c->estimate, c->se);
    for (size_t j = c->p; j <= c->plain; j++) {
        table_decimals(table, j, DECIMALS_OWN);
        table_digits(table, j, 2);
    }
    if (!mapped)
        table_flags(table, c->chromosome, COLUMN_NOT_TEXT);
    if (!mapped || isnan(g->marker[0].position))
        table_flags(table, c->position, COLUMN_NOT_TEXT);
    if (!alleles)
        table_flags(table, c->allele, COLUMN_NOT_TEXT);
    return table;
}

struct place {
    double p, size;
    size_t at;
};

/* By p; ties, and what is next to 0, by the size of the statistic, then by the place in the file. */
static int compare_places(const void *a, const void *b)
{
    const struct place *x = a, *y = b;

    if (x->p < y->p || y->p < x->p)
        return x->p < y->p ? -1 : 1;
    if (x->size > y->size || y->size > x->size)
        return x->size > y->size ? -1 : 1;
    return x->at < y->at ? -1 : x->at > y->at;
}

static bool add_rows(struct result *result, const struct scan *scan, const struct genotypes *g, const struct scan_call *given)
{
    struct place *order = NEW_ARRAY(struct place, scan->markers + 1);
    struct columns c;
    struct table *table = make_table(result, &c, g, given->test == TEST_LRT);
    size_t count = 0;

    if (order == NULL)
        return false;
    for (size_t j = 0; j < scan->markers; j++)
        if (scan->marker[j].state == SCAN_TESTED)
            order[count++] = (struct place){ scan->marker[j].p, fabs(scan->marker[j].statistic), j };
    qsort(order, count, sizeof *order, compare_places);
    for (size_t i = 0; i < count && i < (size_t)given->top; i++) {
        const struct scan_marker *m = &scan->marker[order[i].at];
        const struct marker *name = &g->marker[order[i].at];
        size_t row = table_row(table);

        table_text(table, row, c.marker, name->name);
        table_text(table, row, c.chromosome, name->chromosome);
        table_text(table, row, c.allele, name->allele);
        if (!isnan(name->position))
            table_real(table, row, c.position, name->position);
        table_real(table, row, c.frequency, m->frequency);
        table_real(table, row, c.estimate, m->estimate);
        table_real(table, row, c.se, m->se);
        table_real(table, row, c.statistic, m->statistic);
        table_real(table, row, c.p, m->p);
        table_real(table, row, c.plain, m->plain_p);
    }
    mem_free(order);
    return true;
}

static void add_counts(struct result *result, const struct scan *scan)
{
    static const char *const words[][2] = { [SCAN_CONSTANT] = { "without variation", "without variation" },
                                            [SCAN_DEPENDENT] = { "a combination of the fixed effects",
                                                                 "combinations of the fixed effects" },
                                            [SCAN_FAILED] = { "without an optimum", "without an optimum" } };
    struct text text = { 0 };

    for (int s = SCAN_CONSTANT; s <= SCAN_FAILED; s++)
        if (scan->count[s] > 0)
            text_addf(&text, ", %zu %s", scan->count[s], words[s][scan->count[s] > 1]);
    result_line(result, LINE_TEXT, "n %zu   %zu individuals   %zu markers: %zu tested%s", scan->rows, scan->individuals,
                scan->markers, scan->count[SCAN_TESTED], text_string(&text));
    text_clear(&text);
    if (scan->missing > 0.0)
        result_line(result, LINE_TEXT, "%.2g%% of the genotypes are missing: they count as their marker's mean",
                    100.0 * scan->missing);
}

static void add_shares(struct result *result, const struct scan *scan, const char *matrix)
{
    double low = 1.0, high = 0.0;
    struct value *list = value_array(result->arena);

    for (size_t i = 0; i < scan->null_count; i++) {
        struct value *one = value_object(result->arena);

        low = fmin(low, scan->null[i].share);
        high = fmax(high, scan->null[i].share);
        if (scan->null[i].chromosome != NULL)
            value_set(result->arena, one, "chromosome", value_string(result->arena, scan->null[i].chromosome));
        value_set(result->arena, one, "share", value_real(result->arena, scan->null[i].share));
        value_append(list, one);
    }
    result_value(result, "shares", list);
    if (matrix != NULL)
        result_line(result, LINE_TEXT, "relations: K = %s, with %.0f%% of the variance before any marker", matrix, 100.0 * high);
    else
        result_line(result, LINE_TEXT,
                    "relations: of the markers on the other chromosomes, with %.0f%% to %.0f%% of the variance before any marker",
                    100.0 * low, 100.0 * high);
}

static void add_facts(struct result *result, const struct model *model, const char *file, const struct relation *K,
                      const struct scan *scan, const struct scan_call *given, double threshold)
{
    result_string(result, "model", model->name);
    result_string(result, "file", file);
    result_string(result, "matrix", K == NULL ? NULL : K->name);
    result_string(result, "test", tests[given->test]);
    result_integer(result, "df", scan->df);
    result_integer(result, "rows_used", (long long)scan->rows);
    result_integer(result, "individuals", (long long)scan->individuals);
    result_integer(result, "markers", (long long)scan->markers);
    result_integer(result, "tested", (long long)scan->count[SCAN_TESTED]);
    result_integer(result, "constant", (long long)scan->count[SCAN_CONSTANT]);
    result_integer(result, "dependent", (long long)scan->count[SCAN_DEPENDENT]);
    result_real(result, "missing", scan->missing);
    if (scan->count[SCAN_TESTED] == 0)
        return;
    result_real(result, "lambda_gc", scan->inflation);
    result_real(result, "lambda_gc_without", scan->plain_inflation);
    result_real(result, "threshold", threshold);
}

static struct result *scan_result(const struct model *model, const char *file, const struct relation *K, const struct scan *scan,
                                  const struct genotypes *g, const struct scan_call *given)
{
    struct result *result = result_new("scan");
    double threshold = 0.05 / fmax(1.0, (double)scan->count[SCAN_TESTED]);
    bool ok = true;

    if (result == NULL)
        return NULL;
    add_facts(result, model, file, K, scan, given, threshold);
    result_line(result, LINE_TITLE, "%s   %s   each marker of %s, %s", model->name, model->text, file,
                given->test == TEST_LRT ? "likelihood ratio (ML)" : "t (REML)");
    add_counts(result, scan);
    add_shares(result, scan, K == NULL ? NULL : K->name);
    if (scan->count[SCAN_TESTED] > 0) {
        result_line(result, LINE_TEXT, "lambda_GC %.3f with relations, %.3f without: 1 where chance alone makes the p-values",
                    scan->inflation, scan->plain_inflation);
        ok = add_rows(result, scan, g, given);
        result_line(result, LINE_TEXT, "p without: as if nobody were related. Bonferroni: p below %.2g of %zu tests", threshold,
                    scan->count[SCAN_TESTED]);
    }
    if (ok && given->plots && scan->count[SCAN_TESTED] > 1)
        ok = scan_plot_manhattan(result, scan, g, threshold) && scan_plot_qq(result, scan);
    if (ok)
        return result;
    result_free(result);
    return NULL;
}

/* --- the file of all markers ------------------------------------------------------------------------------------ */

static double known(double x)
{
    return isfinite(x) ? x : (double)NAN;
}

static void write_marker(struct text *out, const struct marker *name, const struct scan_marker *m)
{
    const double numbers[] = {
        m->frequency, m->estimate, m->se, m->statistic, m->p, m->share, m->plain, m->plain_se, m->plain_p
    };
    static const char *const states[] = { "", "constant", "dependent", "no optimum" };
    char buffer[40];

    csv_add_text(out, name->name, ',');
    text_add_char(out, ',');
    csv_add_text(out, name->chromosome, ',');
    text_addf(out, ",%s,", isnan(name->position) ? "NA" : number_in_full(name->position, buffer));
    csv_add_text(out, name->allele, ',');
    text_addf(out, ",%d", m->missing);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        text_addf(out, ",%s", isnan(known(numbers[i])) ? "NA" : number_in_full(numbers[i], buffer));
    text_addf(out, ",%s\n", states[m->state]);
}

static bool write_all(struct session *session, const struct call *call, const struct scan *scan, const struct genotypes *g,
                      struct glmm_error *err)
{
    const struct scan_call *given = call->options;
    const char *path = path_at_home(call->arena, given->to);
    struct word place = { .at = call_option_at(call, "to") };
    struct text text = { 0 };
    bool ok;

    text_add(&text,
             "marker,chromosome,position,allele,missing,frequency,estimate,se,statistic,p,share,estimate_without,se_without,"
             "p_without,why_not\n");
    for (size_t j = 0; j < scan->markers; j++)
        write_marker(&text, &g->marker[j], &scan->marker[j]);
    ok = (path != NULL && !text.failed) || fail_memory(err);
    ok = ok && word_blame(file_replace(session, path, text.data, text.length, err), &place, err);
    text_clear(&text);
    return ok;
}

/* Before the work, whether the file may be written after it. */
static bool check_target(struct session *session, const struct call *call, struct glmm_error *err)
{
    const struct scan_call *given = call->options;
    struct word place = { .at = call_option_at(call, "to") };
    const char *path = given->to == NULL ? NULL : path_at_home(call->arena, given->to);

    if (given->to == NULL)
        return true;
    return (path != NULL || fail_memory(err))
           && word_blame(guard_replace(session, path, given->replace, "scan", err), &place, err);
}

static bool run(struct session *session, const struct call *call, struct glmm_error *err)
{
    const struct scan_call *given = call->options;
    const struct scan_options how = { .ml = given->test == TEST_LRT, .loco = given->loco };
    struct model *model;
    const struct word *file = file_word(session, call, &model, err);
    const struct relation *K = NULL;
    struct genotypes *g = NULL;
    struct scan *scan = NULL;
    struct result *result = NULL;
    bool ok = file != NULL && check_model(model, err) && check_target(session, call, err);

    if (ok)
        ok = (K = relation_of(session, call, model, err)) != NULL || err->code == GLMM_OK;
    progress_name(session, "scan", NULL);
    ok = ok && (g = open_markers(session, call, file, err)) != NULL
         && word_blame((scan = scan_run(model->design, K, g, &how, &session->progress, err)) != NULL, file, err)
         && ((result = scan_result(model, file->text, K, scan, g, given)) != NULL || fail_memory(err));
    if (ok && given->to != NULL) {
        ok = write_all(session, call, scan, g, err);
        if (ok)
            result_line(result, LINE_TEXT, "all %zu markers: %s", scan->markers, given->to);
        else
            result_free(result);
    }
    scan_free(scan);
    genotypes_free(g);
    return ok && emit(session, result, err);
}

static const struct example examples[] = {
    { "load kinship_pedigree; matrix A = pedigree(kinship_pedigree, id, sire, dam); load kinship; model height ~ sex + (1 | id, "
      "K "
      "= A); scan kinship_markers",
      "each of 400 markers, where relatives are alike" },
    { "load kinship; matrix A = markers(kinship_markers); model height ~ sex + (1 | id, K = A); scan kinship_markers, loco "
      "map=kinship_map plots=off",
      "relations of the other chromosomes" },
    { 0 },
};

static const enum complete completes[] = { COMPLETE_FILE, COMPLETE_NOTHING };

const struct command command_scan = {
    .name = "scan",
    .usage = "scan [MODEL] FILE",
    .brief = "test each genetic marker of a file",
    .help =
        "Adds each marker of the file, alone, to the fixed effects of a linear mixed model of related individuals, y ~ x + (1 | "
        "id, "
        "K = A), and tests it. The model need not be fitted: its variances are estimated anew with each marker, so that "
        "estimate, "
        "standard error and statistic are those of a `fit` with the marker in the formula (by one diagonalization of the matrix: "
        "Zhou and Stephens 2012). p is of t with n - coefficients degrees of freedom.\n"
        "\n"
        "The file is a table of counts 0, 1, 2 (or dosages between) with names in its first column and a marker in each other "
        "one, "
        "or PLINK's x.bed beside x.bim and x.fam, of which little is in memory at a time. Names are matched with the levels of "
        "id; "
        "individuals without data do no harm. Missing genotypes count as the marker's mean; a marker that does not vary has no "
        "number. Estimates are per copy of the counted allele (the fifth column of the .bim file).\n"
        "\n"
        "loco leaves the tested marker's chromosome out of the relations, which are then of the file's own markers: a marker "
        "must "
        "not explain itself. Chromosomes are those of the .bim file, or of map=. Beside it stands each test without relations: "
        "lambda_GC, the median chi-squared over what chance gives, shows how far relatives inflate it.",
    .arguments = ARGUMENT_WORDS,
    .complete = completes,
    .options = options,
    .options_size = sizeof(struct scan_call),
    .defaults = &defaults,
    .examples = examples,
    .flags = COMMAND_LONG,
    .run = run,
};
