/* A long file is read in parts, one a thread: the frame, and the error with its line, are those of the reader that reads a field
 * after the other, whatever is new in the file and wherever it stands.  (A missing text with a comma keeps a file from being read
 * in parts.) */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "base/text.h"
#include "base/threads.h"
#include "data/csv.h"

enum { COLUMNS = 7, ROWS = 30000, FEWER_ROWS = 9000 }; /* more than one block of two threads; of one thread */

static const char *const plain_missing[] = { "NA", "", "zzq", "zzr", NULL };
static const char *const serial_missing[] = { "NA", "", "zzq,zzr", NULL };

/* What is new, in one row. */
enum surprise {
    NONE,
    TEXT_AMONG_INTEGERS,
    TEXT_AMONG_REALS,
    REAL_AMONG_INTEGERS,
    LONG_INTEGER,
    ZEROS,
    QUOTED_NUMBER,
    PLAIN_AMONG_QUOTED,
    LATIN1,
    BAD_BYTES,
    TOO_FEW,
    TOO_MANY,
    QUOTE_WITHIN,
    QUOTE_OPEN,
    QUOTE_BEHIND,
    LONE_CR,
    MARK,
    SURPRISES
};

struct recipe {
    struct rng rng;
    enum surprise surprise;
    int rows, at; /* at: the odd row */
    bool crlf, quotes, newlines, blanks, all_quoted;
};

static void add_text_cell(struct text *out, struct recipe *r, bool many)
{
    uint32_t k = rng_below(&r->rng, many ? 1u << 30 : 9);

    if (rng_below(&r->rng, 20) == 0)
        text_add(out, rng_below(&r->rng, 2) ? "NA" : "");
    else if (r->newlines && rng_below(&r->rng, 4) == 0)
        text_addf(out, "\"two\nlines, %u\"", k);
    else if (r->quotes && rng_below(&r->rng, 3) == 0)
        text_addf(out, "\"a \"\"b\"\" %u\"", k);
    else
        text_addf(out, r->quotes && rng_below(&r->rng, 2) ? "\"\xc3\xa9%u\"" : "\xc3\xa9%u", k);
}

static void add_row(struct text *out, struct recipe *r, int row)
{
    bool odd = row == r->at;
    const char *space = r->blanks && rng_below(&r->rng, 3) == 0 ? "  " : "";

    if (r->blanks && rng_below(&r->rng, 50) == 0)
        text_add(out, r->crlf ? " \r\n" : "\n");
    text_addf(out, "%s%d%s,", space, (int)rng_below(&r->rng, 2000) - 1000, space);
    if (odd && r->surprise <= ZEROS && r->surprise != NONE && r->surprise != TEXT_AMONG_REALS)
        text_addf(out, "%s,",
                  r->surprise == TEXT_AMONG_INTEGERS   ? "five"
                  : r->surprise == REAL_AMONG_INTEGERS ? "5.5"
                  : r->surprise == LONG_INTEGER        ? "12345678901234567890"
                                                       : "007");
    else if (odd && r->surprise == QUOTED_NUMBER)
        text_add(out, "\"17\",");
    else
        text_addf(out, rng_below(&r->rng, 30) == 0 ? "NA," : "%u,", rng_below(&r->rng, 100));
    if (odd && r->surprise == TEXT_AMONG_REALS)
        text_add(out, "<0.5,");
    else
        text_addf(out, "%s%.*g,", space, 3 + (int)rng_below(&r->rng, 14), 100 * rng_normal(&r->rng));
    add_text_cell(out, r, false);
    text_add(out, ",");
    add_text_cell(out, r, true);
    text_addf(out, odd && r->surprise == PLAIN_AMONG_QUOTED ? ",%u," : ",\"%u\",", rng_below(&r->rng, 50));
    if (odd && r->surprise == LATIN1)
        text_add(out, "caf\xe9");
    else if (odd && r->surprise == BAD_BYTES)
        text_add(out, "\x81\xfe");
    else if (odd && r->surprise == QUOTE_WITHIN)
        text_add(out, "5'10\"");
    else if (odd && r->surprise == QUOTE_OPEN)
        text_add(out, "\"open");
    else if (odd && r->surprise == QUOTE_BEHIND)
        text_add(out, "\"a\"b");
    else if (odd && r->surprise == LONE_CR)
        text_add(out, "a\r1,2,3,a,b,\"4\",c");
    else if (odd && r->surprise == MARK)
        text_add(out, "\xef\xbb\xbfmarked");
    else
        text_addf(out, "2024-%02u-%02u", 1 + rng_below(&r->rng, 12), 1 + rng_below(&r->rng, 28));
    if (odd && r->surprise == TOO_MANY)
        text_add(out, ",more");
    text_add(out, r->crlf ? "\r\n" : "\n");
    if (odd && r->surprise == TOO_FEW)
        text_add(out, "1,2,3\n");
}

static void make(struct text *out, struct recipe *r)
{
    text_add(out, "i,k,x,g,id,q,day\n");
    for (int row = 0; row < r->rows; row++)
        add_row(out, r, row);
}

static struct frame *read_by(const struct text *text, int threads, const char *const *missing, struct csv_report *report,
                             struct glmm_error *err)
{
    struct csv_options options = { .missing = missing,
                                   .report = report,
                                   .decimal = strncmp(text->data, "i;", 2) == 0 ? ',' : '.' };

    *err = (struct glmm_error){ .at = NOWHERE };
    omp_set_num_threads(threads);
    return csv_read_bytes(text->data, text->length, "d", &options, err);
}

static void expect_same_column(const struct column *a, const struct column *b, size_t rows, const char *what)
{
    size_t size = a->type == COLUMN_REAL ? sizeof(double) : a->type == COLUMN_LOGICAL ? 1 : sizeof(int32_t);

    cr_assert_str_eq(a->name, b->name);
    cr_assert_eq(a->type, b->type, "%s: %s", what, a->name);
    cr_assert_eq(a->missing, b->missing, "%s: %s: %zu missing, not %zu", what, a->name, b->missing, a->missing);
    cr_assert(memcmp(a->as.any, b->as.any, rows * size) == 0, "%s: the values of %s differ", what, a->name);
    if (a->type != COLUMN_FACTOR)
        return;
    cr_assert_eq(a->level_count, b->level_count, "%s: levels of %s", what, a->name);
    for (int32_t l = 0; l < a->level_count; l++)
        cr_assert_str_eq(a->levels[l], b->levels[l], "%s", what);
}

static void expect_same(const struct text *text, const char *what)
{
    struct csv_report report = { 0 }, other = { 0 };
    struct glmm_error err, own;
    struct frame *wanted = read_by(text, 1, serial_missing, &report, &err);

    for (int threads = 1; threads <= 3; threads++) {
        struct frame *got = read_by(text, threads, plain_missing, &other, &own);

        cr_assert_eq(got == NULL, wanted == NULL, "%s, %d threads: %s%s", what, threads, own.message, err.message);
        cr_assert_eq(own.code, err.code);
        cr_assert_eq(own.line, err.line, "%s: line %ld, not %ld", what, own.line, err.line);
        cr_assert_str_eq(own.message, err.message);
        if (wanted != NULL) {
            cr_assert_eq(got->rows, wanted->rows, "%s: %zu rows, not %zu", what, got->rows, wanted->rows);
            cr_assert_eq(got->checksum, wanted->checksum);
            cr_assert_eq(got->column_count, wanted->column_count);
            for (size_t j = 0; j < got->column_count; j++)
                expect_same_column(&wanted->columns[j], &got->columns[j], got->rows, what);
            cr_assert_eq(report.count, other.count, "%s: %zu notes, not %zu", what, other.count, report.count);
        }
        frame_free(got);
        csv_report_clear(&other);
    }
    frame_free(wanted);
    csv_report_clear(&report);
}

Test(csv_parts, are_as_one)
{
    for (int i = 0; i < 3 * SURPRISES; i++) {
        struct recipe r = { .surprise = (enum surprise)(i % SURPRISES) };
        struct text text = { 0 };
        char what[80];

        rng_init(&r.rng, 5, (uint64_t)i);
        r.rows = i < SURPRISES ? ROWS : FEWER_ROWS;
        r.at = r.rows / 3 + (int)rng_below(&r.rng, (uint32_t)r.rows * 2 / 3);
        r.crlf = rng_below(&r.rng, 3) == 0;
        r.quotes = rng_below(&r.rng, 2);
        r.newlines = i >= SURPRISES && rng_below(&r.rng, 2);
        r.blanks = rng_below(&r.rng, 2);
        make(&text, &r);
        snprintf(what, sizeof what, "file %d, surprise %d in row %d", i, (int)r.surprise, r.at);
        expect_same(&text, what);
        text_clear(&text);
    }
}

/* Decimal commas: what may stand between thousands is noted, whoever reads it. */
Test(csv_parts, decimal_commas)
{
    for (int i = 0; i < 8; i++) {
        struct recipe r = { .surprise = i < 4 ? NONE : (enum surprise)(i - 3),
                            .rows = FEWER_ROWS,
                            .at = FEWER_ROWS / 2,
                            .quotes = i % 2,
                            .blanks = i % 3 == 0 };
        struct text text = { 0 };

        rng_init(&r.rng, 6, (uint64_t)i);
        make(&text, &r);
        for (size_t k = 0; k < text.length; k++)
            text.data[k] = text.data[k] == ',' ? ';' : text.data[k] == '.' ? ',' : text.data[k];
        expect_same(&text, "decimal commas");
        text_clear(&text);
    }
}

/* Every cell over several lines: the borders of blocks and parts lie in quotes. */
Test(csv_parts, borders_in_quotes)
{
    struct text text = { 0 };

    text_add(&text, "n,t\n");
    for (int i = 0; i < 20000; i++)
        text_addf(&text, "%d,\"a\nb, \"\"c\"\"\n\n%d\"\n", i, i % 77);
    expect_same(&text, "lines in quotes");
    text_clear(&text);
}

/* Few columns, one column, texts alone. */
Test(csv_parts, other_shapes)
{
    struct text text = { 0 };

    text_add(&text, "only\n");
    for (int i = 0; i < 200000; i++)
        text_addf(&text, i % 1000 == 7 ? "\n" : "%d\n", i % 5003);
    expect_same(&text, "one column");
    text_clear(&text);
    text_add(&text, "a;b\n");
    for (int i = 0; i < 100000; i++)
        text_addf(&text, "w%d;%s\n", i % 13, i % 3 ? "u v" : "NA");
    expect_same(&text, "texts alone");
    text_clear(&text);
    text_add(&text, "a  b   c\n");
    for (int i = 0; i < 60000; i++)
        text_addf(&text, "  %d  w%d   %d.5\n", i % 13, i % 3, i);
    expect_same(&text, "aligned by blanks");
    text_clear(&text);
}
