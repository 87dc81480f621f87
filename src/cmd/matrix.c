/* matrix.c -- makes a matrix of how levels are related, from a file, a pedigree, a tree, markers or places. */
#include "cmd/verb.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "data/csv.h"
#include "data/source.h"
#include "model/relation.h"
#include "session/bundled.h"

enum { MOST_COORDINATES = 8 };

/* --- what is typed ----------------------------------------------------------------------------------- */

/* A name or a string as an argument. */
static const char *word_of(const struct expr *x)
{
    return x != NULL && (x->kind == EXPR_NAME || x->kind == EXPR_STRING) && x->argument_name == NULL ? x->text : NULL;
}

static const struct frame *frame_of(struct session *session, const struct expr *x, struct glmm_error *err)
{
    const char *name = word_of(x);
    const struct frame *frame = name == NULL ? NULL : session_find_data(session, name);

    if (frame == NULL && name != NULL) {
        fail(err, GLMM_E_NAME, x->at, "no data set `%.60s`", name);
        error_hint(err, "load \"%.60s.csv\"", name);
    } else if (frame == NULL) {
        fail(err, GLMM_E_USAGE, x == NULL ? NOWHERE : x->at, "the name of a data set is missing");
        error_hint(err, "help matrix");
    }
    return frame;
}

static struct frame *read_table(struct session *session, const char *path, struct glmm_error *err)
{
    struct csv_options options = { .unique_names = true };

    return csv_read(path, "the matrix", &options, &session->progress, err);
}

static bool ends_in(const char *text, const char *end)
{
    size_t length = strlen(text), size = strlen(end);

    return length > size && strcmp(text + length - size, end) == 0;
}

/* The bytes of a text file, new. */
static char *read_text(const char *path, struct glmm_error *err)
{
    struct source *source = source_open(path, NULL, err);
    struct text text = { 0 };
    const char *bytes;
    size_t count = 1;
    char *out = NULL;
    bool ok = source != NULL;

    while (ok && count > 0 && (ok = source_next(source, &bytes, &count, err)))
        text_addf(&text, "%.*s", (int)count, bytes);
    source_free(source);
    if (ok && (text.failed || (out = mem_strdup(text_string(&text))) == NULL))
        fail_memory(err);
    text_clear(&text);
    return out;
}

/* --- the ways ------------------------------------------------------------------------------------------ */

static struct relation *of_file(struct session *session, const char *name, const char *path, bool markers, struct glmm_error *err)
{
    struct genotypes *genotypes;
    struct relation *r;
    struct frame *frame;

    if (markers || ends_in(path, ".bed")) {
        if ((genotypes = genotypes_open(path, &session->progress, err)) == NULL)
            return NULL;
        r = relation_of_genotypes(name, genotypes, &session->progress, err);
        genotypes_free(genotypes);
        return r;
    }
    if ((frame = read_table(session, path, err)) == NULL)
        return NULL;
    r = relation_of_table(name, frame, &session->progress, err);
    frame_free(frame);
    return r;
}

static struct relation *of_tree(const char *name, const char *path, struct glmm_error *err)
{
    char *text = read_text(path, err);
    struct relation *r = text == NULL ? NULL : relation_of_tree(name, text, err);

    mem_free(text);
    return r;
}

/* pedigree(DATA, id, sire, dam) */
static struct relation *of_pedigree(struct session *session, const char *name, const struct expr *call, struct glmm_error *err)
{
    const struct frame *frame = frame_of(session, call->arguments, err);
    const char *names[3] = { NULL, NULL, NULL };
    const struct expr *x = frame == NULL ? NULL : call->arguments->next;

    if (frame == NULL)
        return NULL;
    for (int i = 0; i < 3 && x != NULL; i++, x = x->next)
        names[i] = word_of(x);
    if (names[0] != NULL && names[1] != NULL && names[2] != NULL && x == NULL)
        return relation_of_pedigree(name, frame, names[0], names[1], names[2], err);
    fail(err, GLMM_E_USAGE, call->at, "pedigree() takes a data set and its columns of animals, sires and dams");
    error_hint(err, "pedigree(ped, id, sire, dam)");
    return NULL;
}

/* near(DATA, x, y, range=R) */
static struct relation *of_places(struct session *session, const char *name, const struct expr *call, struct glmm_error *err)
{
    const struct frame *frame = frame_of(session, call->arguments, err);
    const char *names[MOST_COORDINATES];
    double range = 0.0;
    int dims = 0;
    bool ok = true;

    if (frame == NULL)
        return NULL;
    for (const struct expr *x = call->arguments->next; ok && x != NULL; x = x->next) {
        if (x->argument_name != NULL && strcmp(x->argument_name, "range") != 0) {
            fail(err, GLMM_E_USAGE, x->at,
                 "near() has no option `%.60s`: it has range=, and the names are the first column of %.60s", x->argument_name,
                 frame->name);
            return NULL;
        }
        ok = x->argument_name != NULL ? x->kind == EXPR_NUMBER && range == 0.0 : word_of(x) != NULL && dims < MOST_COORDINATES;
        if (ok && x->argument_name != NULL)
            range = x->number;
        else if (ok)
            names[dims++] = word_of(x);
    }
    if (ok && dims > 0 && range > 0.0)
        return relation_of_places(name, frame, names, dims, range, &session->progress, err);
    fail(err, GLMM_E_USAGE, call->at, "near() takes a data set, its columns of coordinates and a range above 0");
    error_hint(err, "near(plots, x, y, range = 10)");
    return NULL;
}

static struct relation *of_call(struct session *session, const char *name, const struct expr *call, struct glmm_error *err)
{
    const char *path = word_of(call->arguments);
    char *example = NULL;
    struct relation *r;

    if (strcmp(call->text, "pedigree") == 0)
        return of_pedigree(session, name, call, err);
    if (strcmp(call->text, "near") == 0)
        return of_places(session, name, call, err);
    if (strcmp(call->text, "tree") != 0 && strcmp(call->text, "markers") != 0) {
        fail(err, GLMM_E_NAME, call->at, "no way `%.60s` to make a matrix", call->text);
        error_hint(err, "there are pedigree, tree, markers and near: help matrix");
        return NULL;
    }
    if (path == NULL || call->arguments->next != NULL) {
        fail(err, GLMM_E_USAGE, call->at, "%s() takes a file", call->text);
        error_hint(err, "%s(\"%s\")", call->text, strcmp(call->text, "tree") == 0 ? "cells.nwk" : "markers.csv");
        return NULL;
    }
    if (call->arguments->kind == EXPR_NAME && (example = bundled_path(path, err)) != NULL)
        path = example;
    else if (err->code != GLMM_OK)
        return NULL;
    r = strcmp(call->text, "tree") == 0 ? of_tree(name, path, err) : of_file(session, name, path, true, err);
    mem_free(example);
    return r;
}

/* source -> STRING | NAME '(' ... ')' | a path as it stands */
static struct relation *make(struct session *session, const struct call *call, const char *name, const char *text, int at,
                             struct glmm_error *err)
{
    const struct expr *expr =
        strchr("\"'", text[0]) != NULL || strchr(text, '(') != NULL ? expr_parse(call->arena, text, err) : NULL;
    struct relation *r = NULL;

    if (expr != NULL && expr->kind == EXPR_CALL)
        r = of_call(session, name, expr, err);
    else if (err->code == GLMM_OK)
        r = of_file(session, name, expr != NULL && expr->kind == EXPR_STRING ? expr->text : text, false, err);
    if (r == NULL && err->at.begin >= 0)
        error_shift(err, at);
    else if (r == NULL && err->code != GLMM_E_INTERRUPT && err->code != GLMM_E_MEMORY)
        err->at = (struct glmm_span){ at, at + (int)strlen(text) };
    return r;
}

/* --- the command ------------------------------------------------------------------------------------------ */

enum { MOST_COUNTED = 3000 }; /* names among which pairs that share nothing are counted */

static void describe_pairs(struct result *result, const struct relation *r, const struct relation_spread *spread)
{
    const char *pairs = "";

    if (spread->apart >= 0)
        pairs = arena_printf(result->arena, ", %lld of %lld pairs unrelated", spread->apart,
                             (long long)r->count * (r->count - 1) / 2);
    result_real(result, "mean_diagonal", spread->mean);
    result_line(result, LINE_TEXT, "%s: %s of %d names, %s to %s; diagonal %.4g to %.4g (mean %.4g)%s", r->name, r->kind,
                (int)r->count, r->ids[0], r->ids[r->count - 1], spread->least, spread->most, spread->mean, pairs);
}

static struct result *matrix_result(const struct relation *r, const struct frame *data)
{
    const char *factor = NULL;
    struct result *result = result_new("matrix");
    struct relation_spread spread;

    if (result == NULL || !relation_spread(r, MOST_COUNTED, &spread) || (data != NULL && !relation_factor(r, data, &factor))) {
        result_free(result);
        return NULL;
    }
    result_string(result, "matrix", r->name);
    result_string(result, "kind", r->kind);
    result_integer(result, "names", r->count);
    result_integer(result, "rank", r->rank);
    describe_pairs(result, r, &spread);
    if (r->descent != NULL && r->count > MOST_COUNTED)
        result_line(result, LINE_NOTE, "kept by descent: its inverse has at most %lld entries, the matrix itself would have %lld",
                    7 * (long long)r->descent->count, (long long)r->count * r->count);
    if (r->without_lengths)
        result_line(result, LINE_NOTE, "no branch of the tree has a length: each is taken to be 1 long");
    if (r->rank < r->count)
        result_line(result, LINE_NOTE, "of rank %d: some effects are combinations of others", (int)r->rank);
    result_line(result, LINE_NEXT, "in a formula: (1 | %s, K = %s)", factor == NULL ? "GROUP" : verb_name(result->arena, factor),
                r->name);
    return result;
}

static bool matrix_run(struct session *session, const struct call *call, struct glmm_error *err)
{
    int at = call->argument_at.begin, end = call->argument_at.end;
    const char *name = verb_new_name(call, &at, end, "=", err), *text;
    struct relation *r;
    struct result *result;

    if (name == NULL || !verb_equals(call, &at, end, err))
        return false;
    while (at < end && call->line[at] == ' ')
        at++;
    text = arena_strndup(call->arena, call->line + at, (size_t)(end - at));
    if (text == NULL)
        return fail_memory(err);
    if ((r = make(session, call, name, text, at, err)) == NULL)
        return false;
    result = matrix_result(r, session->data);
    if (result == NULL || !result_ok(result)) {
        result_free(result);
        relation_free(r);
        return fail_memory(err);
    }
    if (session_add_relation(session, r, err))
        return session_emit(session, result, err);
    result_free(result);
    return false;
}

static const struct example examples[] = {
    { "load penicillin; aggregate mean(diameter), by=sample; matrix Near = near(penicillin, diameter_mean, range = 2)",
      "places on a line: samples are the closer related the nearer their diameters are" },
    { 0 },
};

static const enum complete completes[] = { COMPLETE_FILE, COMPLETE_NOTHING };

const struct command command_matrix = {
    .name = "matrix",
    .usage = "matrix NAME = FILE|KIND(...)",
    .brief = "how levels are related",
    .help =
        "Makes a matrix of how the levels of a grouping factor are related, for random effects that covary between levels: "
        "(1 | id, K = NAME), with covariance sigma^2 K, K as given. Levels are matched by name; names without data do no harm. "
        "Shares and averages of a population take a row's variance as sigma^2 times what its level has with itself in K, so that "
        "they do not hang on the unit of K; rows of no known level have the mean over the rows of the fit.\n"
        "\n"
        "A FILE (CSV) is square, with names in its first column and one column for each of them, or has the columns row, col, "
        "value. pedigree(DATA, id, sire, dam) gives the additive relationships of a table of animals, unknown parents being "
        "missing, 0, `.` or `*`. tree(\"x.nwk\") reads a Newick tree: two tips share the length of their way from the root "
        "(Brownian motion). markers(\"x.csv\") reads counts 0, 1, 2 with names in the first column, or PLINK's x.bed beside "
        "x.fam, and gives the genomic relationships (VanRaden). near(DATA, x, y, range = R) is exp(-distance/R) between the rows "
        "of a table with names in its first column.\n"
        "\n"
        "A matrix may be singular, and is refused where it is no covariance matrix: with an eigenvalue below 0.",
    .arguments = ARGUMENT_TEXT,
    .complete = completes,
    .examples = examples,
    .flags = COMMAND_CHANGES | COMMAND_LONG,
    .run = matrix_run,
};
