/* test-csv.c -- delimited texts: quotes, types, missing values, errors with their lines. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "data/csv-detect.h"
#include "data/csv.h"
#include "csv-texts.h"

/* Reading fails on that line, with that in the message. */
static void fails_with(const char *text, const struct csv_options *options, long line, const char *part)
{
    struct frame *frame = read_with(text, options);

    cr_assert_null(frame, "read: %s", text);
    cr_assert_neq(err.code, GLMM_OK);
    cr_assert_eq(err.line, line, "line %ld of `%s`: %s", err.line, text, err.message);
    cr_assert_not_null(strstr(err.message, part), "`%s` is not in `%s`", part, err.message);
    if (line > 0) {
        char number[32];

        snprintf(number, sizeof number, "line %ld", line);
        cr_assert_not_null(strstr(err.message, number), "%s", err.message);
    }
}

static void fails(const char *text, long line, const char *part)
{
    fails_with(text, NULL, line, part);
}

/* --- fields ------------------------------------------------------------------------------------- */

Test(csv, types_are_found_over_the_whole_file)
{
    struct frame *f = read_text("i,r,t,l,big,mixed,none\n1,1.5,a,TRUE,1,1,NA\n-2,2,b,F,3000000000,2.5,\n+3,1e3,a,NA,-7,NA,NA\n");

    cr_assert_eq(f->rows, 3);
    cr_assert_eq(f->column_count, 7);
    cr_assert_eq(type_of(f, "i"), COLUMN_INTEGER);
    cr_assert_eq(frame_find(f, "i")->as.integer[1], -2);
    cr_assert_eq(frame_find(f, "i")->as.integer[2], 3);
    cr_assert_eq(type_of(f, "r"), COLUMN_REAL);
    cr_assert_eq(frame_find(f, "r")->as.real[2], 1000.0);
    cr_assert_eq(type_of(f, "t"), COLUMN_FACTOR);
    cr_assert_eq(frame_find(f, "t")->level_count, 2);
    cr_assert_eq(type_of(f, "l"), COLUMN_LOGICAL);
    cr_assert_eq(frame_find(f, "l")->as.logical[1], 0);
    cr_assert_eq(frame_find(f, "l")->missing, 1);
    cr_assert_eq(type_of(f, "big"), COLUMN_REAL);
    cr_assert_eq(frame_find(f, "big")->as.real[1], 3e9);
    cr_assert_eq(type_of(f, "mixed"), COLUMN_REAL);
    cr_assert(isnan(frame_find(f, "mixed")->as.real[2]));
    cr_assert_eq(type_of(f, "none"), COLUMN_REAL);
    cr_assert_eq(frame_find(f, "none")->missing, 3);
    frame_free(f);
}

Test(csv, extreme_integers)
{
    struct frame *f = read_text("a,b,c\n2147483647,-2147483647,-2147483648\n1,2,3\n");

    cr_assert_eq(type_of(f, "a"), COLUMN_INTEGER);
    cr_assert_eq(frame_find(f, "a")->as.integer[0], INT32_MAX);
    cr_assert_eq(type_of(f, "b"), COLUMN_INTEGER);
    cr_assert_eq(type_of(f, "c"), COLUMN_REAL); /* that integer means missing */
    cr_assert_eq(frame_find(f, "c")->missing, 0);
    frame_free(f);
}

Test(csv, quotes_and_newlines)
{
    struct frame *f =
        read_text("a,\"b \"\"q\"\"\",c\r\n\"x,y\",\"two\r\nlines\",1\r\n \"s\" ,\" keep \",2\r\n5'10\",it\"s,3\r\n");

    cr_assert_eq(f->rows, 3);
    cr_assert_str_eq(f->columns[1].name, "b \"q\"");
    cr_assert_str_eq(cell(f, "a", 0), "x,y");
    cr_assert_str_eq(cell(f, "b \"q\"", 0), "two\r\nlines");
    cr_assert_str_eq(cell(f, "a", 1), "s");
    cr_assert_str_eq(cell(f, "b \"q\"", 1), " keep ");
    cr_assert_str_eq(cell(f, "a", 2), "5'10\"");
    cr_assert_str_eq(cell(f, "b \"q\"", 2), "it\"s");
    frame_free(f);
}

Test(csv, line_ends_and_marks)
{
    static const char *const texts[] = { "x,y\n1,2\n3,4\n",      "x,y\r\n1,2\r\n3,4\r\n",     "x,y\r1,2\r3,4\r",
                                         "x,y\n1,2\n3,4",        "\xef\xbb\xbfx,y\n1,2\n3,4", "\n\nx,y\n\n1,2\n  \n3,4\n\n\n",
                                         "x , y\n 1,2 \n3\t,\t4" };

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct frame *f = read_text(texts[i]);

        cr_assert_eq(f->rows, 2);
        cr_assert_eq(f->column_count, 2);
        cr_assert_eq(frame_find(f, "y")->as.integer[1], 4);
        frame_free(f);
    }
}

Test(csv, missing_values)
{
    static const char *const texts[] = { "-99", "", NULL };
    struct frame *f = read_text("a,b,c\n,\"NA\",NaN\n1,x,2\nNA,\"\",3\n"), *g;

    cr_assert_eq(frame_find(f, "a")->missing, 2);
    cr_assert_eq(type_of(f, "a"), COLUMN_INTEGER);
    cr_assert_eq(frame_find(f, "a")->as.integer[0], COLUMN_NA);
    cr_assert_eq(frame_find(f, "b")->missing, 2);
    cr_assert_eq(frame_find(f, "b")->as.code[2], -1);
    cr_assert_eq(frame_find(f, "c")->missing, 1);
    g = read_with("a,b\n-99,NA\n2,x\n", &(struct csv_options){ .missing = texts });
    cr_assert_eq(frame_find(g, "a")->missing, 1);
    cr_assert_eq(frame_find(g, "b")->level_count, 2);
    frame_free(f);
    frame_free(g);
}

Test(csv, quoted_numbers_are_factors_where_others_are_not_quoted)
{
    struct frame *f = read_text("\"y\",\"g\"\n1.5,\"10\"\n2,\"9\"\n3,NA\n");
    struct frame *late = read_text("\"g\",\"y\"\n\"10\",NA\n\"9\",NA\n\"9\",1\n");
    struct frame *mixed = read_text("y,g\n1,\"10\"\n2,\"9\"\n3,8.5\n4,\"7\"\n");

    cr_assert_eq(type_of(f, "g"), COLUMN_FACTOR);
    cr_assert_str_eq(frame_find(f, "g")->levels[0], "9");
    cr_assert_str_eq(cell(f, "g", 0), "10");
    cr_assert_eq(type_of(late, "g"), COLUMN_FACTOR);
    cr_assert_eq(frame_find(late, "g")->level_count, 2);
    cr_assert_eq(type_of(mixed, "g"), COLUMN_REAL);
    cr_assert_eq(frame_find(mixed, "g")->as.real[2], 8.5);
    cr_assert_eq(frame_find(mixed, "g")->as.real[3], 7.0);
    frame_free(f);
    frame_free(late);
    frame_free(mixed);
}

Test(csv, where_all_is_quoted_numbers_are_numbers)
{
    struct frame *f = read_text("\"y\",\"g\",\"l\"\n\"1.5\",\"a\",\"TRUE\"\n\"2\",\"b\",\"F\"\n");

    cr_assert_eq(type_of(f, "y"), COLUMN_REAL);
    cr_assert_eq(type_of(f, "g"), COLUMN_FACTOR);
    cr_assert_eq(type_of(f, "l"), COLUMN_LOGICAL);
    frame_free(f);
    f = read_text("y,\"l\"\n1,\"T\"\n2,\"F\"\n");
    cr_assert_eq(type_of(f, "l"), COLUMN_FACTOR);
    frame_free(f);
}

Test(csv, a_late_text_keeps_the_texts_before_it)
{
    struct csv_report notes = { 0 };
    struct frame *f = read_with("x,y\n007,1\n1.50,2\nNA,3\n?,4\n\"1,5\",5\n", &(struct csv_options){ .report = &notes });

    cr_assert_eq(type_of(f, "x"), COLUMN_FACTOR);
    cr_assert_str_eq(cell(f, "x", 0), "007");
    cr_assert_str_eq(cell(f, "x", 1), "1.50");
    cr_assert_eq(frame_find(f, "x")->missing, 1);
    cr_assert_str_eq(cell(f, "x", 4), "1,5");
    cr_assert_eq(frame_find(f, "y")->as.integer[4], 5);
    cr_assert_eq(notes.count, 1);
    cr_assert_eq(notes.notes[0].kind, CSV_NOTE_TEXT);
    cr_assert_str_eq(notes.notes[0].text, "?");
    cr_assert_eq(notes.notes[0].line, 5);
    cr_assert_not(notes.notes[0].advised); /* 1,5 was measured */
    csv_report_clear(&notes);
    frame_free(f);
}

Test(csv, levels_are_sorted)
{
    struct frame *f = read_text("n,t,y\n\"10\",b,1\n\"9\",B,2\n\"10\",a,3\n\"-1\",\xc3\xa9,4\n");

    cr_assert_str_eq(frame_find(f, "n")->levels[0], "-1");
    cr_assert_str_eq(frame_find(f, "n")->levels[2], "10");
    cr_assert_str_eq(frame_find(f, "t")->levels[0], "B");
    cr_assert_str_eq(frame_find(f, "t")->levels[3], "\xc3\xa9");
    cr_assert_str_eq(cell(f, "n", 2), "10");
    cr_assert_str_eq(cell(f, "t", 1), "B");
    frame_free(f);
}

/* --- options ------------------------------------------------------------------------------------ */

static char separator_of(const char *text, char decimal)
{
    return csv_layout_find(text, strlen(text), 1, '\0', decimal, true).separator;
}

Test(csv, separators)
{
    struct frame *f = read_text("a;b\n1,5;2\n2,5;3\n");

    cr_assert_eq(f->column_count, 2);
    cr_assert_eq(type_of(f, "a"), COLUMN_FACTOR);
    frame_free(f);
    f = read_with("a;b\n1,5;2\n-2,25;1.5\n", &(struct csv_options){ .decimal = ',' });
    cr_assert_eq(frame_find(f, "a")->as.real[1], -2.25);
    cr_assert_eq(type_of(f, "b"), COLUMN_FACTOR); /* 1.5 is no number there */
    frame_free(f);
    f = read_text("a\tb c\n1\t\n\tx\n");
    cr_assert_eq(f->column_count, 2);
    cr_assert_eq(frame_find(f, "a")->missing, 1);
    cr_assert_eq(frame_find(f, "b c")->missing, 1);
    frame_free(f);
    f = read_text("a|b|c\n1|\"x|y\"|3\n");
    cr_assert_str_eq(cell(f, "b", 0), "x|y");
    frame_free(f);
    f = read_with("a b\n1 2\n", &(struct csv_options){ .separator = ' ' });
    cr_assert_eq(frame_find(f, "b")->as.integer[0], 2);
    frame_free(f);
    f = read_text("only\n1\n2\n");
    cr_assert_eq(f->column_count, 1);
    frame_free(f);
    cr_assert_eq(separator_of("\"a,b\";c\n1;2\n", '.'), ';');
    cr_assert_eq(separator_of("name, first;x\nA, B;1\nC;2\n", '.'), ';');
    cr_assert_eq(separator_of("x\n1,5\n", ','), ';');
    cr_assert_eq(separator_of("x,y\n\"1,5\",2\n", ','), ',');
    cr_assert_eq(separator_of("g  x\na  1\n", '.'), '\t');
}

/* Excel's first line names the separator, quoted or not, whatever ends it; a line that says no more, or something else, is data.
 */
Test(csv, a_line_of_the_separator)
{
    static const struct {
        const char *bytes;
        char separator;
        size_t length;
    } cases[] = {
        { "sep=;\n", ';', 6 },        { "SEP=|\na|b\n", '|', 6 },  { "sep=,\r\na", ',', 7 }, { "sep=;\r", ';', 6 },
        { "\"sep=;\"\r\na", ';', 9 }, { "\"sep=\t\"\n", '\t', 8 }, { "\"sep=;\"", 0, 7 },    { "sep=;", 0, 5 },
        { "sep=\n\n", 0, 6 },         { "sep=\"\n", 0, 6 },        { "sep=;a\n", 0, 7 },     { "step=;\n", 0, 7 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t count = strlen(cases[i].bytes), length = count;
        char *bytes = malloc(count); /* no byte behind the last may be read */

        memcpy(bytes, cases[i].bytes, count);
        cr_expect_eq(csv_separator_line(bytes, count, &length), cases[i].separator, "%s", cases[i].bytes);
        cr_expect_eq(length, cases[i].length, "%s", cases[i].bytes);
        free(bytes);
    }
}

Test(csv, forced_types)
{
    struct frame *f = read_with("a,b,c,d\n1,2,0,x\n2,3,1,y\n", &(struct csv_options){ .types = "a=factor, b=real,c=logical" });

    cr_assert_eq(type_of(f, "a"), COLUMN_FACTOR);
    cr_assert_eq(type_of(f, "b"), COLUMN_REAL);
    cr_assert_eq(type_of(f, "c"), COLUMN_LOGICAL);
    cr_assert_eq(frame_find(f, "c")->as.logical[1], 1);
    frame_free(f);
    f = read_with("\"a\",y\n\"1\",2\n", &(struct csv_options){ .types = "a=integer" });
    cr_assert_eq(type_of(f, "a"), COLUMN_INTEGER);
    frame_free(f);
    fails_with("a\n1\n2.5\n", &(struct csv_options){ .types = "a=integer" }, 3, "`2.5` in column `a` is not an integer");
    fails_with("a\n1\nx\n", &(struct csv_options){ .types = "a=real" }, 3, "not a number");
    fails_with("a\n1\nx\n", &(struct csv_options){ .types = "a=logical" }, 3, "not logical");
    fails_with("aa\n1\n", &(struct csv_options){ .types = "ab=real" }, 0, "no column `ab`");
    cr_assert_str_eq(err.hint, "did you mean `aa`?");
    fails_with("a\n1\n", &(struct csv_options){ .types = "a=number" }, 0, "no type");
    fails_with("a\n1\n", &(struct csv_options){ .types = "a" }, 0, "names no type");
}

/* The line of the names is one when it comes again; a first line with a value, or without one, is none, and what is the same
 * below is a row. */
Test(csv, names_that_come_again)
{
    static const struct {
        const char *text;
        size_t rows;
    } cases[] = {
        { "a,b,x\n1,2,3\na,b,x\n4,5,6\n", 2 },     { "a,NA,x\n1,2,3\na,NA,x\n4,5,6\n", 3 },
        { "a,NAN,x\n1,2,3\na,NAN,x\n4,5,6\n", 2 }, { "\"\",b,x\n1,2,3\n\"\",b,x\n2,5,6\n", 2 },
        { ",b,x\n1,2,3\n,b,x\n2,5,6\n", 2 },       { "a,7,x\n1,2,3\na,7,x\n4,5,6\n", 3 },
        { "a,-7,x\n1,2,3\na,-7,x\n4,5,6\n", 3 },   { "a,b7,x\n1,2,3\na,b7,x\n4,5,6\n", 2 },
        { "a,b,x\nu,v,w\na,b,x\ns,t,r\n", 3 }, /* names as well as rows */
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct frame *f = read_with(cases[i].text, NULL);

        cr_assert_not_null(f, "%s: %s", cases[i].text, err.message);
        cr_expect_eq(f->rows, cases[i].rows, "%zu rows of %s", f->rows, cases[i].text);
        frame_free(f);
    }
}

Test(csv, no_header)
{
    struct frame *f = read_with("1,a\n2,b\n", &(struct csv_options){ .no_header = true, .types = "V1=real" });

    cr_assert_eq(f->rows, 2);
    cr_assert_eq(type_of(f, "V1"), COLUMN_REAL);
    cr_assert_str_eq(cell(f, "V2", 0), "a");
    frame_free(f);
    f = read_with("\"1\",a\n2,b\nx,c", &(struct csv_options){ .no_header = true });
    cr_assert_eq(f->rows, 3);
    cr_assert_str_eq(cell(f, "V1", 0), "1");
    frame_free(f);
}

Test(csv, options_that_clash)
{
    fails_with("a\n1\n", &(struct csv_options){ .thousands = ',', .decimal = ',' }, 0, "both");
    fails_with("a\n1\n", &(struct csv_options){ .thousands = '.', .decimal = '.' }, 0, "both");
    fails_with("a\n1\n", &(struct csv_options){ .thousands = 'x' }, 0, "thousands");
    fails_with("a\n1\n", &(struct csv_options){ .separator = '"' }, 0, "cannot separate");
    fails_with("a\n1\n", &(struct csv_options){ .decimal = 'x' }, 0, "decimal");
}

/* --- errors ------------------------------------------------------------------------------------- */

Test(csv, errors_name_the_line)
{
    fails("", 0, "d is empty");
    fails("\n\n", 0, "nothing but blank lines");
    fails("a,b\n", 1, "no rows");
    fails("a,b\n1,2\n3\n", 3, "has 1 field, but there are names for 2");
    fails("a,b\n1,2\n\n3,4,5\n", 4, "has 3 fields");
    fails("a,b\n1,\"x\ny\"\n3\n", 4, "has 1 field");
    fails("a,b\n1,2,3\n", 2, "has 3 fields");
    cr_assert_not_null(strstr(err.hint, "row.names"));
    fails("a,b,a\n1,2,3\n", 1, "columns 1 and 3 are both named `a`");
    fails("a,,c\n1,2,3\n", 1, "column 2 has no name");
    fails("a,b\n1,\"x\n2,y\n", 2, "never closed");
    fails("a,b\n1,\"x\n2,y\n3,\"z\"\n", 2, "not closed; the next one, on line 4");
    fails("a,b\n1,\"x\"y,2\n", 2, "after the closing quote of `x` comes `y,2`");
    fails_with("a,b\n1,x\n2,\xe9t\xe9\n", &(struct csv_options){ .encoding = "utf-8" }, 3,
               "column `b` has bytes that are not UTF-8");
    fails_with("a,\xe9\n1,x\n", &(struct csv_options){ .encoding = "UTF-8" }, 1, "the name of column 2");
    fails_with("a\n1\n", &(struct csv_options){ .encoding = "utf-81" }, 0, "no encoding `utf-81`");
    fails_with("a\n1\n", &(struct csv_options){ .skip = 3 }, 0, "nothing behind");
    fails("a,b\n1,2\n3,4\nEND\n", 4, "has 1 field");
    cr_assert_not_null(strstr(err.hint, "rows=2"));
    fails("a,b\n1,2\n3,4\n5\n6,7\n", 4, "has 1 field"); /* a row that lacks something, not the end of the table */
    cr_assert_str_empty(err.hint);
}

/* No more rows than are wanted, and what stands below may be anything. */
Test(csv, first_rows)
{
    static const char footer[] = "a,b\n1,x\n2.5,y\nEND\n\"open\n", dos[] = "a\n1\n2\n3\n\x1a";
    struct frame *frame;
    struct csv_options options = { .rows = 2 };

    memset(&err, 0, sizeof err);
    frame = csv_read_bytes(footer, sizeof footer - 1, "d", &options, &err);
    cr_assert_not_null(frame, "%s", err.message);
    cr_assert_eq(frame->rows, 2);
    cr_assert_eq(frame->columns[0].type, COLUMN_REAL);
    cr_assert_eq(frame->columns[0].as.real[1], 2.5);
    frame_free(frame);
    frame = csv_read_bytes(dos, sizeof dos - 1, "d", NULL, &err);
    cr_assert_not_null(frame, "%s", err.message);
    cr_assert_eq(frame->rows, 3);
    cr_assert_eq(frame->columns[0].type, COLUMN_INTEGER);
    frame_free(frame);
}

Test(csv, what_is_no_text)
{
    memset(&err, 0, sizeof err);
    cr_assert_null(csv_read_bytes("PK\3\4\0\0\n", 7, "x.xlsx", NULL, &err));
    cr_assert_eq(err.code, GLMM_E_FILE);
    cr_assert_not_null(strstr(err.message, "zip archive"));
    memset(&err, 0, sizeof err);
    cr_assert_null(csv_read_bytes("a,b\n1,\0\1\n", 9, "z", NULL, &err)); /* control characters beside it */
    cr_assert_eq(err.line, 2);
    memset(&err, 0, sizeof err);
    cr_assert_null(csv_read_bytes("a,b\n1,2\0\0"
                                  "3\n",
                                  11, "z", NULL, &err)); /* within a value */
    cr_assert_eq(err.line, 2);
    cr_assert_null(csv_read_bytes("a", 1, "z", NULL, NULL)); /* no error wanted */
}

/* --- memory ------------------------------------------------------------------------------------- */

struct ledger {
    long left; /* allocations until one fails; negative: none does */
    long live; /* blocks not freed yet */
};

static void *keep_ledger(void *context, void *old, size_t size)
{
    struct ledger *ledger = context;

    if (size == 0) {
        ledger->live -= old != NULL;
        free(old);
        return NULL;
    }
    if (ledger->left == 0)
        return NULL;
    ledger->left--;
    ledger->live += old == NULL;
    return realloc(old, size);
}

Test(csv, each_allocation_may_fail)
{
    static const char text[] =
        "i,r,t,q,late,l\n1,1.5,a,\"1\",1,T\n2,2.5,b,\"2\",2,F\n3,4,\"multi\nline\",\"3\",x,NA\n1.5,4,c,\"4\",3,T\n";
    struct csv_report notes = { 0 };
    struct csv_options options = { .report = &notes, .unique_names = true };
    bool done = false;
    int n;

    for (n = 0; !done && n < 2000; n++) {
        struct ledger ledger = { .left = n };
        struct frame *frame;

        memset(&err, 0, sizeof err);
        mem_hook_set((struct mem_hook){ .resize = keep_ledger, .context = &ledger });
        frame = csv_read_bytes(text, sizeof text - 1, "d", &options, &err);
        done = frame != NULL;
        if (frame == NULL)
            cr_assert_eq(err.code, GLMM_E_MEMORY, "after %d: %s", n, err.message);
        frame_free(frame);
        csv_report_clear(&notes);
        mem_hook_set((struct mem_hook){ 0 });
        cr_assert_eq(ledger.live, 0, "%ld blocks leak when allocation %d fails", ledger.live, n);
    }
    cr_assert(done);
    cr_assert_gt(n, 40);
}
