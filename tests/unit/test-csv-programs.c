/* test-csv-programs.c -- delimited texts as other programs write them, and what the reader reports of them. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "data/csv-detect.h"
#include "data/csv.h"
#include "csv-texts.h"

static struct csv_report report;

/* Reads with a report; forgets the last one. */
static struct frame *read_noting(const char *text, struct csv_options options)
{
    struct frame *frame;

    csv_report_clear(&report);
    options.report = &report;
    frame = read_with(text, &options);
    cr_assert_not_null(frame, "%s", err.message);
    return frame;
}

static const struct csv_note *noted(enum csv_note_kind kind);

Test(csv, zero_bytes_that_fill_up_are_left_out)
{
    struct csv_options options = { .report = &report };
    struct frame *frame = csv_read_bytes("a,b\nx\0\0,2\ny\0\0,3\0\n\0\0", 20, "z", &options, &err);

    cr_assert_not_null(frame, "%s", err.message);
    cr_expect_eq(frame->rows, 2);
    cr_expect_str_eq(frame->columns[0].levels[1], "y");
    cr_expect_eq(frame->columns[1].type, COLUMN_INTEGER);
    cr_expect_eq(noted(CSV_NOTE_PADDING)->line, 2);
    frame_free(frame);
    csv_report_clear(&report);
}

Test(csv, levels_in_two_spellings)
{
    struct frame *frame = read_noting("id,s\n1,Male\n2,male\n3,\"Male \"\n4,F\n5,F\n", (struct csv_options){ 0 });
    const struct csv_note *note = noted(CSV_NOTE_ALIKE);

    cr_assert_not_null(note);
    cr_expect_str_eq(note->text, "Male");
    cr_expect_str_eq(note->other, "Male ");
    cr_expect_eq(note->count, 2);
    frame_free(frame);
    frame = read_noting("id,s\n1,Male\n2,male\n3,F\n", (struct csv_options){ 0 }); /* each text once: remarks */
    cr_expect_null(noted(CSV_NOTE_ALIKE));
    frame_free(frame);
    for (int blank = 0; blank < 3; blank++) { /* a no-break one, a narrow one, two */
        static const char *const blanks[] = { "\xc2\xa0", "\xe2\x80\xaf", "  " };
        char text[64];

        snprintf(text, sizeof text, "id,s\n1,A B\n2,A%sB\n3,A B\n4,C\n5,C\n", blanks[blank]);
        frame = read_noting(text, (struct csv_options){ 0 });
        cr_expect_not_null(noted(CSV_NOTE_ALIKE), "blank %d", blank);
        frame_free(frame);
    }
    csv_report_clear(&report);
}

static const struct csv_note *noted(enum csv_note_kind kind)
{
    for (size_t i = 0; i < report.count; i++)
        if (report.notes[i].kind == kind)
            return &report.notes[i];
    return NULL;
}

/* Numbers with a part behind the point that stand above empty cells are measured, not the name of what is below. */
Test(csv, numbers_with_parts_are_no_merged_cells)
{
    struct frame *frame = read_noting("id,x\n1,2\n,3\n,4\n2,5\n", (struct csv_options){ 0 });

    cr_expect_not_null(noted(CSV_NOTE_MERGED));
    frame_free(frame);
    frame = read_noting("dose,x\n1.5,2\n,3\n,4\n2.5,5\n", (struct csv_options){ 0 });
    cr_expect_null(noted(CSV_NOTE_MERGED));
    frame_free(frame);
    csv_report_clear(&report);
}

Test(csv, long_integers_are_ids)
{
    struct frame *f = read_noting("id,y\n9007199254740993,1\n9007199254740992,2\n", (struct csv_options){ 0 });

    cr_assert_eq(type_of(f, "id"), COLUMN_FACTOR);
    cr_assert_eq(frame_find(f, "id")->level_count, 2);
    cr_assert_eq(noted(CSV_NOTE_LONG_INTEGERS)->line, 2);
    cr_assert_str_eq(noted(CSV_NOTE_LONG_INTEGERS)->advice.types, "id=real");
    frame_free(f);
    f = read_noting("id,y\n9007199254740991,1\n-9007199254740991,2\n", (struct csv_options){ 0 });
    cr_assert_eq(type_of(f, "id"), COLUMN_REAL);
    frame_free(f);
    f = read_noting("id,y\n90071992547409931,1\n2,2\n", (struct csv_options){ .types = "id=real" });
    cr_assert_eq(type_of(f, "id"), COLUMN_REAL);
    frame_free(f);
    f = read_noting("x,y\n90071992547409931,1\n2.5,2\n", (struct csv_options){ 0 });
    cr_assert_eq(type_of(f, "x"), COLUMN_REAL);
    frame_free(f);
}

Test(csv, thousands_and_units)
{
    struct frame *f =
        read_noting("a;b\n1.234,5;10 mm\n-1.234.567;12 mm\n", (struct csv_options){ .thousands = '.', .units_in_cells = true });

    cr_assert_eq(frame_find(f, "a")->as.real[0], 1234.5);
    cr_assert_eq(frame_find(f, "a")->as.real[1], -1234567.0);
    cr_assert_eq(frame_find(f, "b")->as.integer[1], 12);
    cr_assert_str_eq(noted(CSV_NOTE_UNIT)->text, "mm");
    frame_free(f);
    f = read_noting("a\n\"1,02\"\n\"1,020\"\n", (struct csv_options){ .thousands = ',' });
    cr_assert_eq(type_of(f, "a"), COLUMN_FACTOR); /* 1,02 parts no thousands */
    frame_free(f);
    f = read_noting("a;b\n10 mm;10%\n1 cm;0.1\n", (struct csv_options){ .units_in_cells = true });
    cr_assert_eq(type_of(f, "a"), COLUMN_FACTOR); /* nor do these mean the same */
    cr_assert_eq(type_of(f, "b"), COLUMN_FACTOR);
    frame_free(f);
    f = read_noting("a;b\n-$10;10%\n$-2.5;0\n", (struct csv_options){ .units_in_cells = true });
    cr_assert_eq(frame_find(f, "a")->as.real[1], -2.5);
    cr_assert_eq(frame_find(f, "b")->as.integer[0], 10);
    frame_free(f);
    f = read_noting("a;b\n$12k;1\n$1.1M;2\n$-2bn;3\n$7;4\n", (struct csv_options){ .units_in_cells = true });
    cr_assert_eq(frame_find(f, "a")->as.real[0], 12000.0);
    cr_assert_eq(frame_find(f, "a")->as.real[1], 1100000.0); /* rounded once */
    cr_assert_eq(frame_find(f, "a")->as.real[2], -2e9);
    cr_assert_eq(frame_find(f, "a")->as.real[3], 7.0);
    cr_assert(noted(CSV_NOTE_UNIT)->open);
    frame_free(f);
    f = read_noting("a;b\n12k;1\n1.1M;2\n", (struct csv_options){ .units_in_cells = true });
    cr_assert_eq(type_of(f, "a"), COLUMN_FACTOR); /* of no money: units that differ */
    frame_free(f);
}

Test(csv, names_that_come_again_otherwise_written)
{
    struct frame *f = read_noting("id,x name\n1,2.5\n\"ID\", \"X Name\"\n2,3.5\nid,xname\n3,4.5\n", (struct csv_options){ 0 });

    cr_assert_eq(f->rows, 3);
    cr_assert_eq(type_of(f, "id"), COLUMN_INTEGER);
    cr_assert_eq(noted(CSV_NOTE_NAMES_AGAIN)->line, 3);
    cr_assert_eq(noted(CSV_NOTE_NAMES_AGAIN)->count, 2);
    frame_free(f);
    f = read_noting("id,x\n1,2.5\nid,3\n3,4.5\n", (struct csv_options){ 0 }); /* not the whole line */
    cr_assert_eq(f->rows, 3);
    cr_assert_eq(type_of(f, "id"), COLUMN_FACTOR);
    frame_free(f);
    f = read_noting("id,x,t\n1,2.5,\"a\nID,X,T\nb\"\n2,3.5,id\nId,X,T\n3,4.5,c\n", (struct csv_options){ 0 });
    cr_assert_eq(f->rows, 3); /* not within a text */
    cr_assert_str_eq(frame_find(f, "t")->levels[0], "a\nID,X,T\nb");
    frame_free(f);
}

Test(csv, a_missing_text_with_commas)
{
    static const char *const texts[] = { "NA", "", "< 5,0", "7,8", NULL };
    struct frame *f = read_noting("x,y\n0,7\n\"< 5,0\",8\n5,1\n", (struct csv_options){ .missing = texts });

    cr_assert_eq(type_of(f, "x"), COLUMN_INTEGER);
    cr_assert_eq(frame_find(f, "x")->as.integer[0], 0); /* the parts of what a cell holds as it is are not missing */
    cr_assert_eq(frame_find(f, "x")->missing, 1);
    cr_assert_eq(frame_find(f, "y")->missing, 2);
    cr_assert_eq(noted(CSV_NOTE_LISTED_TEXT)->line, 3);
    frame_free(f);
}

Test(csv, names_apart)
{
    struct frame *f = read_noting("x,x,x.2,,x\n1,2,3,4,5\n", (struct csv_options){ .unique_names = true });

    cr_assert_str_eq(f->columns[1].name, "x.3");
    cr_assert_str_eq(f->columns[3].name, "V4");
    cr_assert_str_eq(f->columns[4].name, "x.4");
    frame_free(f);
    f = read_noting("\"\",b,\n1,2,\n", (struct csv_options){ 0 });
    cr_assert_eq(f->column_count, 2);
    cr_assert_str_eq(f->columns[0].name, "X");
    cr_assert_eq(noted(CSV_NOTE_EMPTY_COLUMNS)->count, 1);
    frame_free(f);
}

Test(csv, another_encoding_is_met_late)
{
    struct frame *f = read_noting("a;b\n1;2\n\xe9;x\n3;\xfc\n", (struct csv_options){ 0 }); /* in the second reading */

    cr_assert_str_eq(cell(f, "a", 1), "\xc3\xa9");
    cr_assert_str_eq(cell(f, "b", 2), "\xc3\xbc");
    cr_assert_str_eq(noted(CSV_NOTE_ENCODING)->text, "CP1252");
    frame_free(f);
}

Test(csv, numbers_out_of_range_are_none)
{
    struct frame *f = read_noting("x\n1\n1e400\n", (struct csv_options){ 0 });

    cr_assert_eq(type_of(f, "x"), COLUMN_FACTOR);
    cr_assert_not_null(noted(CSV_NOTE_RANGE));
    frame_free(f);
    csv_report_clear(&report);
}

/* The minus of typesetters and of word processors, Fortran's exponents, and digits that a double does not hold: beside a decimal
 * point and a decimal comma, with units and without, rounded once, as strtod rounds them. */
Test(csv, minus_signs_exponents_and_long_numbers)
{
    struct frame *f = read_noting("x;u;n\n\u22121,5;\u22122 mm;0,1234567890123456789012345\n"
                                  "2,25;3,5 mm;-12345678901234567890123,5\n"
                                  "\u20130,125;\u22120,5 mm;12345678901234567890000000,0\n",
                                  (struct csv_options){ .decimal = ',', .units_in_cells = true });
    static const double x[] = { -1.5, 2.25, -0.125 }, u[] = { -2, 3.5, -0.5 },
                        n[] = { 0.1234567890123456789012345, -12345678901234567890123.5, 12345678901234567890000000.0 };

    for (int i = 0; i < 3; i++) {
        cr_expect_eq(frame_find(f, "x")->as.real[i], x[i]);
        cr_expect_eq(frame_find(f, "u")->as.real[i], u[i]);
        cr_expect_eq(frame_find(f, "n")->as.real[i], n[i]);
    }
    frame_free(f);
    f = read_noting("d,m\n1.250D-01,\u22121.5\n-2.5D+02,2\n.5D+00,\u20130.25\n", (struct csv_options){ 0 });
    cr_expect_eq(frame_find(f, "d")->as.real[0], 0.125);
    cr_expect_eq(frame_find(f, "d")->as.real[1], -250);
    cr_expect_eq(frame_find(f, "d")->as.real[2], 0.5);
    cr_expect_eq(frame_find(f, "m")->as.real[0], -1.5);
    cr_expect_eq(frame_find(f, "m")->as.real[2], -0.25);
    frame_free(f);
    f = read_text("a,b,c\n1D5,--1,\u2212-1\n2.5D,\u2212,\u2212(1)\n"); /* no numbers */
    cr_expect_eq(type_of(f, "a"), COLUMN_FACTOR);
    cr_expect_eq(type_of(f, "b"), COLUMN_FACTOR);
    cr_expect_eq(type_of(f, "c"), COLUMN_FACTOR);
    frame_free(f);
}
