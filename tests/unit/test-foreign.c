/* test-foreign.c -- files of other programs: random frames written and read again are the same; damaged files end in a sentence.
 *
 * FRAMES frames are tried (2000 unless the environment says otherwise), FLIPS damages of each file of tests/cli/foreign.d and
 * programs.d. */
#include "config.h"
#include <criterion/criterion.h>
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "data/foreign.h"
#include "data/verbs.h"
#include "random-frame.h"
#include "sweep.h"

#ifdef HAVE_READSTAT
#include <readstat.h>
#endif

/* --- the same ------------------------------------------------------------------------------------ */

static void expect_values(const struct column *a, const struct column *b, size_t rows, const char *what)
{
    char one[40], other[40];

    cr_assert_str_eq(a->name, b->name);
    for (size_t i = 0; i < rows; i++) {
        cr_assert_eq(column_missing(a, i), column_missing(b, i), "%s: %s, row %zu", what, a->name, i);
        if (a->type == COLUMN_REAL && b->type == COLUMN_REAL && !column_missing(a, i))
            cr_assert(a->as.real[i] == b->as.real[i], "%s: %s, row %zu: %a and %a", what, a->name, i, a->as.real[i],
                      b->as.real[i]);
        else
            cr_assert_str_eq(column_text(a, i, one), column_text(b, i, other), "%s: %s, row %zu: %s and %s", what, a->name, i,
                             column_text(a, i, one), column_text(b, i, other));
    }
}

static void expect_levels(const struct column *a, const struct column *b, const char *what)
{
    cr_assert_eq(a->level_count, b->level_count, "%s: %s", what, a->name);
    for (int32_t l = 0; l < a->level_count; l++)
        cr_assert_str_eq(a->levels[l], b->levels[l], "%s: %s", what, a->name);
}

/* The same but for what stat_losses names. */
static void expect_same(const struct frame *a, const struct frame *b, bool stata, const char *what)
{
    cr_assert_eq(a->rows, b->rows);
    cr_assert_eq(a->column_count, b->column_count);
    for (size_t j = 0; j < a->column_count; j++) {
        const struct column *x = &a->columns[j], *y = &b->columns[j];
        unsigned losses;

        cr_assert(stat_losses(a, j, stata, &losses));
        cr_assert_eq(x->type, y->type, "%s: %s is %s, and was %s", what, x->name, column_type_name(y->type),
                     column_type_name(x->type));
        if ((losses & LOSES_BLANKS) == 0)
            expect_values(x, y, a->rows, what);
        if ((losses & ~(unsigned)(LOSES_REFERENCE | LOSES_CONTRAST)) == 0)
            expect_levels(x, y, what);
    }
}

/* A table of text says all but what csv_losses names: so it is the same where load is told those types, and levels are only lost
 * or sorted otherwise where that is said. */
static void expect_text_same(const struct frame *a, const struct frame *b, const char *what)
{
    cr_assert_eq(a->rows, b->rows, "%s: %zu rows, and %zu", what, a->rows, b->rows);
    cr_assert_eq(a->column_count, b->column_count);
    for (size_t j = 0; j < a->column_count; j++) {
        const struct column *x = &a->columns[j], *y = &b->columns[j];
        unsigned losses;

        cr_assert(csv_losses(a, j, &losses));
        cr_assert_eq(x->type, y->type, "%s: %s is %s, and was %s", what, x->name, column_type_name(y->type),
                     column_type_name(x->type));
        if (losses & LOSES_NA)
            continue;
        expect_values(x, y, a->rows, what);
        if ((losses & (LOSES_ORDER | LOSES_UNUSED)) == 0)
            expect_levels(x, y, what);
    }
}

/* Written and read: what of the file's text alone is the same type, and all of it with the types that `write` advises. */
static void go_round_as_text(char separator, const char *what)
{
    struct csv_options options = { .separator = separator };
    struct frame *frame = random_frame(), *again;
    struct text text = { 0 }, types = { 0 };
    struct glmm_error err = { 0 };
    unsigned losses;

    for (size_t j = 0; j < frame->column_count; j++) {
        cr_assert(csv_losses(frame, j, &losses));
        if (losses & LOSES_TYPE)
            text_addf(&types, "%s%s=%s", types.length == 0 ? "" : ",", frame->columns[j].name,
                      column_type_name(frame->columns[j].type));
    }
    options.types = types.length == 0 ? NULL : text_string(&types);
    cr_assert(csv_write(frame, separator, &text, NULL, &err));
    again = csv_read_bytes(text_string(&text), text.length, "again", &options, &err);
    cr_assert_not_null(again, "%s: %s\n%s", what, err.message, text_string(&text));
    expect_text_same(frame, again, what);
    frame_free(again);
    frame_free(frame);
    text_clear(&text);
    text_clear(&types);
}

Test(foreign, texts_go_round)
{
    char what[40];

    infinite = true;
    for (long k = 0; k < times("FRAMES", 2000); k++) {
        snprintf(what, sizeof what, "frame %ld", k);
        go_round_as_text(k % 3 == 0 ? ',' : k % 3 == 1 ? '\t' : ';', what);
    }
}

#ifdef HAVE_READSTAT
static void go_round(bool stata)
{
    struct glmm_error err = { 0 };
    char what[40];

    for (long k = 0; k < times("FRAMES", 2000); k++) {
        struct frame *frame = random_frame(), *again;
        struct text bytes = { 0 };

        snprintf(what, sizeof what, "frame %ld", k);
        cr_assert(stat_write(frame, stata, &bytes, &err), "%s", err.message);
        again = foreign_read_bytes(bytes.data, bytes.length, "again", NULL, &err);
        cr_assert_not_null(again, "%s: %s", what, err.message);
        expect_same(frame, again, stata, what);
        frame_free(again);
        frame_free(frame);
        text_clear(&bytes);
    }
}

Test(foreign, stata_goes_round)
{
    go_round(true);
}

Test(foreign, spss_goes_round)
{
    go_round(false);
}

Test(foreign, what_no_format_holds)
{
    struct glmm_error err = { 0 };
    struct frame *frame = frame_new("x", 1);
    struct text bytes = { 0 };
    struct column *column = frame_add(frame, "x", COLUMN_REAL, NULL);

    column->as.real[0] = (double)INFINITY;
    cr_expect_not(stat_write(frame, true, &bytes, &err));
    cr_expect_eq(err.code, GLMM_E_DATA);
    error_clear(&err);
    column->as.real[0] = 1.7e308;
    cr_expect_not(stat_write(frame, true, &bytes, &err));
    error_clear(&err);
    text_truncate(&bytes, 0);
    cr_expect(stat_write(frame, false, &bytes, &err));
    frame_free(frame);
    text_clear(&bytes);
}

/* The name that is offered in place of `name` beside columns of these names: `stem`, and stem_2 to stem_`last`. */
static void expect_offered(const char *name, const char *stem, int last, const char *offered)
{
    struct glmm_error err = { 0 };
    struct frame *frame = frame_new("x", 1);
    struct text bytes = { 0 };
    char other[64], rename[128];

    cr_assert_not_null(frame_add(frame, name, COLUMN_REAL, NULL));
    for (int k = 1; k <= last; k++) {
        snprintf(other, sizeof other, k == 1 ? "%s" : "%s_%d", stem, k);
        cr_assert_not_null(frame_add(frame, other, COLUMN_REAL, NULL));
    }
    snprintf(rename, sizeof rename, "rename `%s` = %s", name, offered);
    cr_expect_not(stat_write(frame, true, &bytes, &err));
    cr_expect_eq(err.code, GLMM_E_NAME);
    cr_expect_not_null(strstr(err.hint, rename), "%s, not %s", err.hint, rename);
    frame_free(frame);
    text_clear(&bytes);
}

/* Names that are taken are passed, however many, and no name is longer than the format allows. */
Test(foreign, a_name_that_is_not_taken)
{
    expect_offered("a ", "a", 1, "a_2");
    expect_offered("a ", "a", 1200, "a_1201");
    expect_offered("abcdefghijklmnopqrstuvwxyzabcdefghij", "abcdefghijklmnopqrstuvwxyzabcdef", 1, "abcdefghijklmnopqrstuvwx_2");
}
#endif

/* --- damage -------------------------------------------------------------------------------------- */

static char *read_file(const char *path, size_t *count)
{
    FILE *file = fopen(path, "rb");
    char *bytes = mem_alloc(1 << 20, 1);

    *count = file == NULL ? 0 : fread(bytes, 1, 1 << 20, file);
    if (file != NULL)
        fclose(file);
    return bytes;
}

/* A frame that holds together, or an error with a sentence. */
static void expect_sound(const char *bytes, size_t count, const char *what)
{
    struct csv_options options = { 0 };
    struct glmm_error err = { 0 };
    struct frame *frame;

    frame = foreign_read_bytes(bytes, count, "damaged", &options, &err);
    if (frame == NULL && err.argument != NULL && strcmp(err.argument, "table") == 0) {
        error_clear(&err);
        options.table = strstr(what, "RData") != NULL ? "first" : "visits";
        frame = foreign_read_bytes(bytes, count, "damaged", &options, &err);
    } else if (frame == NULL && err.argument != NULL && strcmp(err.argument, "sheet") == 0) {
        error_clear(&err);
        options.sheet = "Data";
        frame = foreign_read_bytes(bytes, count, "damaged", &options, &err);
    }
    if (frame == NULL) {
        cr_assert(err.code != GLMM_OK && err.message[0] != '\0', "%s: no frame and no error", what);
        cr_assert(utf8_invalid(err.message, strlen(err.message)) < 0, "%s", what);
        return;
    }
    for (size_t j = 0; j < frame->column_count; j++) {
        const struct column *column = &frame->columns[j];

        for (size_t i = 0; column->type == COLUMN_FACTOR && i < frame->rows; i++)
            cr_assert(column->as.code[i] >= -1 && column->as.code[i] < column->level_count, "%s", what);
        for (int32_t l = 0; l < column->level_count; l++)
            cr_assert(utf8_invalid(column->levels[l], strlen(column->levels[l])) < 0, "%s", what);
    }
    frame_free(frame);
}

static void damage_files(const char *of)
{
    char folder[500], path[800];
    struct dirent *entry;
    DIR *files;

    snprintf(folder, sizeof folder, "%s/tests/cli/%s", getenv("srcdir") == NULL ? "." : getenv("srcdir"), of);
    files = opendir(folder);
    cr_assert_not_null(files, "%s", folder);
    while ((entry = readdir(files)) != NULL) {
        size_t count;
        char *bytes, *copy;

        if (entry->d_name[0] == '.' || strstr(entry->d_name, "make-") != NULL || strcmp(entry->d_name, "README") == 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        bytes = read_file(path, &count);
        cr_assert(count > 0, "%s", path);
        copy = mem_alloc(count, 1);
        for (long k = 0; k < times("FLIPS", 150); k++) {
            memcpy(copy, bytes, count);
            for (unsigned flips = draw(4) + 1; flips > 0; flips--)
                copy[draw((unsigned)count)] = (char)draw(256);
            expect_sound(copy, k % 5 == 0 ? draw((unsigned)count) + 1 : count, entry->d_name);
        }
        for (size_t at = 0; at + 8 < count && count < 20000; at += 48) { /* texts that nothing ends */
            memcpy(copy, bytes, count);
            memset(copy + at, 'z', count - at < 150 ? count - at : 150);
            expect_sound(copy, count, entry->d_name);
        }
        mem_free(copy);
        mem_free(bytes);
    }
    closedir(files);
}

Test(foreign, damaged_files_are_refused)
{
    damage_files("foreign.d");
    damage_files("programs.d");
}

/* A sequence as R keeps it: how many, from where, by what. */
static void write_sequence(const double numbers[3], struct text *out)
{
    static const unsigned char head[] = "X\n\0\0\0\3\0\4\3\0\0\3\5\0\0\0\0\5UTF-8\0\0\0\xee" /* version 3, UTF-8; a short form: */
                                        "\0\0\0\2\0\0\0\1\0\4\0\x9\0\0\0\xe"
                                        "compact_intseq"
                                        "\0\0\0\2\0\0\0\1\0\4\0\x9\0\0\0\4" /* its class, package and kind */
                                        "base"
                                        "\0\0\0\2\0\0\0\xd\0\0\0\1\0\0\0\xd\0\0\0\xfe"
                                        "\0\0\0\xe\0\0\0\3"; /* three numbers */

    text_add_bytes(out, (const char *)head, sizeof head - 1);
    for (int i = 0; i < 3; i++) {
        uint64_t bits;

        memcpy(&bits, &numbers[i], sizeof bits);
        for (int byte = 7; byte >= 0; byte--)
            text_add_char(out, (char)(bits >> (8 * byte)));
    }
    text_add_bytes(out, "\0\0\0\xfe", 4);
}

Test(foreign, sequences_of_no_length)
{
    static const double lengths[] = { 3, -1, NAN, 1e10, -INFINITY };

    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        struct text out = { 0 };
        struct glmm_error err = { 0 };

        write_sequence((const double[]){ lengths[i], 1, 1 }, &out);
        cr_expect_null(foreign_read_bytes(out.data, out.length, "sample", NULL, &err));
        cr_expect_eq(strstr(err.message, "a sequence has no length") != NULL, i > 0, "%g: %s", lengths[i], err.message);
        text_clear(&out);
    }
}

static void put_integers(struct text *out, int count, const int *numbers)
{
    for (int i = 0; i < count; i++)
        for (int byte = 3; byte >= 0; byte--)
            text_add_char(out, (char)((unsigned)numbers[i] >> (8 * byte)));
}

static void put_texts(struct text *out, int count, const char *const *texts)
{
    put_integers(out, 2, (const int[]){ 16, count });
    for (int i = 0; i < count; i++) {
        put_integers(out, 2, (const int[]){ 0x40009, (int)strlen(texts[i]) });
        text_add(out, texts[i]);
    }
}

static void put_attribute(struct text *out, const char *name)
{
    put_integers(out, 4, (const int[]){ 0x402, 1, 0x40009, (int)strlen(name) });
    text_add(out, name);
}

/* An R data frame of two columns and one row, 7 and 8; an error names the columns where they cannot be told apart or named. */
Test(foreign, names_in_data_frames_of_r)
{
    static const struct {
        const char *names[2];
        bool sound;
    } cases[] = { { { "a", "b" }, true }, { { "a", "a" }, false }, { { "", "b" }, false }, { { "a", "\xff" }, false } };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct text out = { 0 };
        struct glmm_error err = { 0 };
        struct frame *frame;

        text_add(&out, "X\n");
        put_integers(&out, 5, (const int[]){ 2, 0x40300, 0x20300, 0x313, 2 }); /* version 2; a list with attributes, of two */
        put_integers(&out, 6, (const int[]){ 13, 1, 7, 13, 1, 8 });
        put_attribute(&out, "names");
        put_texts(&out, 2, cases[i].names);
        put_attribute(&out, "class");
        put_texts(&out, 1, (const char *const[]){ "data.frame" });
        put_attribute(&out, "row.names");
        put_integers(&out, 4, (const int[]){ 13, 1, 1, 254 });
        frame = foreign_read_bytes(out.data, out.length, "sample", NULL, &err);
        cr_expect_eq(frame != NULL, cases[i].sound, "%zu: %s", i, err.message);
        cr_expect_eq(strstr(err.message, "two of its columns are called") != NULL, !cases[i].sound, "%zu: %s", i, err.message);
        frame_free(frame);
        text_clear(&out);
    }
}

struct sample {
    char *bytes;
    size_t count;
    const char *table, *sheet;
};

static bool run_sample(void *context, struct glmm_error *err)
{
    const struct sample *sample = context;
    struct csv_options options = { .table = sample->table, .sheet = sample->sheet };
    struct frame *frame = foreign_read_bytes(sample->bytes, sample->count, "sample", &options, err);

    frame_free(frame);
    return frame != NULL;
}

Test(foreign, readers_without_memory)
{
    static const struct {
        const char *name, *table, *sheet;
    } samples[] = {
        { "study.dta", NULL, NULL },  { "study.sav", NULL, NULL },    { "study.db", "visits", NULL },
        { "two.xlsx", NULL, "Data" }, { "frame-xz.rds", NULL, NULL }, { "frame-plain.rds", NULL, NULL },
    };
    char path[800];

    for (size_t k = 0; k < sizeof samples / sizeof *samples; k++) {
        struct sample sample = { .table = samples[k].table, .sheet = samples[k].sheet };
        bool present = true;

        snprintf(path, sizeof path, "%s/tests/cli/foreign.d/%s", getenv("srcdir") == NULL ? "." : getenv("srcdir"),
                 samples[k].name);
        sample.bytes = read_file(path, &sample.count);
#ifndef HAVE_READSTAT
        present = k > 1;
#endif
        if (present)
            cr_expect_gt(sweep_passing(run_sample, &sample), 5, "%s", path);
        mem_free(sample.bytes);
    }
}

/* --- SAS, which nothing here writes but ReadStat itself -------------------------------------------- */

#ifdef HAVE_READSTAT

static ssize_t put_bytes(const void *bytes, size_t count, void *context)
{
    text_add_bytes(context, bytes, count);
    return ((struct text *)context)->failed ? -1 : (ssize_t)count;
}

/* Three rows: a number, a text, a date and a moment, of which the second row has none. */
static void write_sas(bool transport, struct text *out)
{
    readstat_writer_t *writer = readstat_writer_init();
    readstat_variable_t *x, *name, *day, *at;

    cr_assert_not_null(writer);
    readstat_set_data_writer(writer, put_bytes);
    readstat_writer_set_file_format_version(writer, transport ? 8 : 0);
    x = readstat_add_variable(writer, "X", READSTAT_TYPE_DOUBLE, 0);
    name = readstat_add_variable(writer, "NAME", READSTAT_TYPE_STRING, 12);
    day = readstat_add_variable(writer, "DAY", READSTAT_TYPE_DOUBLE, 0);
    at = readstat_add_variable(writer, "AT", READSTAT_TYPE_DOUBLE, 0);
    readstat_variable_set_format(day, "DATE9");
    readstat_variable_set_format(at, "DATETIME20");
    cr_assert_eq(transport ? readstat_begin_writing_xport(writer, out, 3) : readstat_begin_writing_sas7bdat(writer, out, 3),
                 READSTAT_OK);
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(readstat_begin_row(writer), READSTAT_OK);
        if (i == 1) {
            readstat_insert_missing_value(writer, x);
            readstat_insert_string_value(writer, name, "");
            readstat_insert_missing_value(writer, day);
            readstat_insert_missing_value(writer, at);
        } else {
            readstat_insert_double_value(writer, x, i == 0 ? -1.5 : 1e10);
            readstat_insert_string_value(writer, name, i == 0 ? "a, \"b\"" : "caf\xc3\xa9");
            readstat_insert_double_value(writer, day, 23406 + i); /* 2024-01-31 */
            readstat_insert_double_value(writer, at, 86400.0 * (23406 + i));
        }
        cr_assert_eq(readstat_end_row(writer), READSTAT_OK);
    }
    cr_assert_eq(readstat_end_writing(writer), READSTAT_OK);
    readstat_writer_free(writer);
}

Test(foreign, sas_files_are_read)
{
    for (int transport = 0; transport < 2; transport++) {
        struct glmm_error err = { 0 };
        struct text bytes = { 0 };
        struct frame *frame;
        char buffer[40];

        write_sas(transport, &bytes);
        frame = foreign_read_bytes(text_string(&bytes), bytes.length, "sas", NULL, &err);
        cr_assert_not_null(frame, "%s", err.message);
        cr_assert_eq(frame->rows, 3);
        cr_assert_eq(frame->column_count, 4);
        cr_assert_float_eq(column_real(&frame->columns[0], 0), -1.5, 0);
        cr_assert(column_missing(&frame->columns[0], 1));
        cr_assert_float_eq(column_real(&frame->columns[0], 2), 1e10, 0);
        cr_assert_str_eq(column_text(&frame->columns[1], 0, buffer), "a, \"b\"");
        cr_assert(column_missing(&frame->columns[1], 1));
        cr_assert_str_eq(column_text(&frame->columns[1], 2, buffer), "caf\xc3\xa9");
        for (int j = 2; j < 4; j++) {
            cr_assert_eq(frame->columns[j].type, COLUMN_DATE, "%s", frame->columns[j].name);
            cr_assert_str_eq(column_text(&frame->columns[j], 0, buffer), "2024-01-31");
            cr_assert(column_missing(&frame->columns[j], 1));
            cr_assert_str_eq(column_text(&frame->columns[j], 2, buffer), "2024-02-02");
        }
        frame_free(frame);
        text_clear(&bytes);
    }
}

#endif
