/* test-csv-files.c -- delimited files on the disk: blocks, gzip, pipes, checksums, files that change or cannot be read. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/memory.h"
#include "base/text.h"
#include "data/csv-detect.h"
#include "data/csv.h"
#include "csv-texts.h"

/* --- files -------------------------------------------------------------------------------------- */

static char folder[] = "/tmp/mixsh-test-csv-XXXXXX";

static void make_folder(void)
{
    cr_assert_not_null(mkdtemp(folder));
}

static void drop_folder(void)
{
    char command[64];

    snprintf(command, sizeof command, "rm -rf %s", folder);
    cr_assert_eq(system(command), 0);
}

static const char *path_of(const char *name)
{
    static char path[128];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void write_file(const char *name, const char *bytes, size_t count)
{
    FILE *file = fopen(path_of(name), "wb");

    cr_assert_not_null(file);
    fwrite(bytes, 1, count, file);
    fclose(file);
}

/* A table that takes several blocks, with texts that hold line ends. */
static char *large_text(size_t rows, size_t *count)
{
    struct text text = { 0 };

    text_add(&text, "id,x,\"g\",note\n");
    for (size_t i = 0; i < rows; i++)
        text_addf(&text, "%zu,%.3f,\"%zu\",\"line \"\"%zu\"\"\nnext, %zu\"\n", i, (double)i * 0.125, i % 7, i % 3, i % 5);
    *count = text.length;
    return text_take(&text);
}

static void check_large(struct frame *f, size_t rows)
{
    cr_assert_not_null(f, "%s", err.message);
    cr_assert_eq(f->rows, rows);
    cr_assert_eq(type_of(f, "g"), COLUMN_FACTOR);
    cr_assert_eq(frame_find(f, "g")->level_count, 7);
    cr_assert_eq(frame_find(f, "note")->level_count, 15);
    for (size_t i = 0; i < rows; i += 97) {
        char note[40];

        cr_assert_eq(frame_find(f, "id")->as.integer[i], (int32_t)i);
        cr_assert_eq(frame_find(f, "x")->as.real[i], (double)i * 0.125);
        snprintf(note, sizeof note, "line \"%zu\"\nnext, %zu", i % 3, i % 5);
        cr_assert_str_eq(cell(f, "note", i), note);
    }
}

static off_t size_of(const char *path)
{
    struct stat status;

    cr_assert_eq(stat(path, &status), 0);
    return status.st_size;
}

Test(csv, blocks_gzip_and_pipes_give_the_same, .init = make_folder, .fini = drop_folder)
{
    enum { ROWS = 40000 };
    size_t count;
    char *text = large_text(ROWS, &count), path[128];
    struct frame *f = csv_read_bytes(text, count, "d", NULL, &err), *g;
    uint64_t checksum = f->checksum;
    gzFile gz;

    check_large(f, ROWS);
    frame_free(f);
    write_file("large.csv", text, count);
    strcpy(path, path_of("large.csv"));
    f = csv_read(path, "d", NULL, NULL, &err);
    check_large(f, ROWS);
    cr_assert_eq(f->checksum, checksum);
    cr_assert_str_eq(f->source, path);
    g = csv_read(path, "d", NULL, NULL, NULL); /* who asks for no error gets the same */
    check_large(g, ROWS);
    frame_free(g);
    gz = gzopen(path_of("large.csv.gz"), "wb");
    gzwrite(gz, text, (unsigned)(count / 2));
    gzclose(gz);
    gz = gzopen(path_of("large.csv.gz"), "ab"); /* two members */
    gzwrite(gz, text + count / 2, (unsigned)(count - count / 2));
    gzclose(gz);
    g = csv_read(path_of("large.csv.gz"), "d", NULL, NULL, &err);
    check_large(g, ROWS);
    cr_assert_eq(g->checksum, checksum);
    frame_free(g);
    cr_assert_eq(truncate(path_of("large.csv.gz"), size_of(path_of("large.csv.gz")) + 70000), 0); /* padded with zeros */
    g = csv_read(path_of("large.csv.gz"), "d", NULL, NULL, &err);
    check_large(g, ROWS);
    frame_free(g);
    cr_assert_not_null(freopen(path, "rb", stdin));
    errno = EINTR; /* what was interrupted before is no failure of this */
    g = csv_read("-", "d", NULL, NULL, &err);
    check_large(g, ROWS);
    cr_assert_eq(g->checksum, checksum);
    frame_free(g);
    frame_free(f);
    free(text);
}

/* Every byte counts, the last ones as well, however long the file is. */
Test(csv, the_checksum_is_of_every_byte)
{
    static const char text[] = "y\n1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n";

    for (size_t count = 4; count < sizeof text; count++) {
        struct frame *f = csv_read_bytes(text, count, "d", NULL, &err);

        for (size_t i = 2; i < count; i++) {
            char other[sizeof text];
            struct frame *g;

            if (text[i] == '\n')
                continue;
            memcpy(other, text, count);
            other[i] = text[i] == '1' ? '7' : '1';
            g = csv_read_bytes(other, count, "d", NULL, &err);
            cr_assert_neq(f->checksum, g->checksum, "byte %zu of %zu", i, count);
            frame_free(g);
        }
        frame_free(f);
    }
}

Test(csv, a_late_text_in_a_large_file, .init = make_folder, .fini = drop_folder)
{
    enum { ROWS = 60000 };
    struct text text = { 0 };
    struct frame *f;

    text_add(&text, "a,b\n");
    for (int i = 0; i < ROWS; i++)
        text_addf(&text, "%05d,%d\n", i % 1000, i);
    text_add(&text, "oops,1\n");
    write_file("late.csv", text_string(&text), text.length);
    f = csv_read(path_of("late.csv"), "d", NULL, NULL, &err);
    cr_assert_not_null(f);
    cr_assert_eq(f->rows, ROWS + 1);
    cr_assert_eq(frame_find(f, "a")->level_count, 1001);
    cr_assert_str_eq(cell(f, "a", 59999), "00999");
    cr_assert_eq(frame_find(f, "b")->as.integer[59999], 59999);
    frame_free(f);
    text_clear(&text);
}

Test(csv, files_that_cannot_be_read, .init = make_folder, .fini = drop_folder)
{
    char gzip[] = "\x1f\x8b\x08\0\0\0\0\0\0\3K\x04\0";

    write_file("sleep.csv", "a\n1\n", 4);
    memset(&err, 0, sizeof err);
    cr_assert_null(csv_read(path_of("slep.csv"), "d", NULL, NULL, &err));
    cr_assert_eq(err.code, GLMM_E_FILE);
    cr_assert_not_null(strstr(err.message, "no file"));
    cr_assert_not_null(strstr(err.hint, "sleep.csv"));
    memset(&err, 0, sizeof err);
    cr_assert_null(csv_read(folder, "d", NULL, NULL, &err));
    cr_assert_not_null(strstr(err.message, "is a directory"));
    write_file("broken.gz", gzip, sizeof gzip - 1);
    memset(&err, 0, sizeof err);
    cr_assert_null(csv_read(path_of("broken.gz"), "d", NULL, NULL, &err));
    cr_assert_not_null(strstr(err.message, "gzip"), "%s", err.message);
    if (geteuid() != 0) { /* root may read everything */
        chmod(path_of("sleep.csv"), 0);
        memset(&err, 0, sizeof err);
        cr_assert_null(csv_read(path_of("sleep.csv"), "d", NULL, NULL, &err));
        cr_assert_not_null(strstr(err.message, "cannot read"));
    }
}

static bool stop_at_once(void *context, const char *what, double done, double total, double value)
{
    int *calls = context;

    (void)what;
    (void)done;
    (void)total;
    (void)value;
    return ++*calls < 2;
}

Test(csv, reading_stops_when_told, .init = make_folder, .fini = drop_folder)
{
    size_t count;
    char *text = large_text(40000, &count);
    int calls = 0;
    struct glmm_progress progress = { .tell = stop_at_once, .context = &calls };

    write_file("large.csv", text, count);
    memset(&err, 0, sizeof err);
    cr_assert_null(csv_read(path_of("large.csv"), "d", NULL, &progress, &err));
    cr_assert_eq(err.code, GLMM_E_INTERRUPT);
    cr_assert_eq(calls, 2);
    free(text);
}

static bool write_meanwhile(void *context, const char *what, double done, double total, double value)
{
    int *calls = context;

    (void)what;
    (void)done;
    (void)total;
    (void)value;
    if (++*calls == 2)
        cr_assert_eq(truncate(path_of("large.csv"), size_of(path_of("large.csv")) - 100000), 0);
    return true;
}

Test(csv, a_change_while_it_is_read_is_noticed, .init = make_folder, .fini = drop_folder)
{
    struct text text = { 0 };
    int calls = 0;
    struct glmm_progress progress = { .tell = write_meanwhile, .context = &calls };

    text_add(&text, "a\n");
    for (int i = 0; i < 200000; i++)
        text_add(&text, "1234\n");
    write_file("large.csv", text_string(&text), text.length);
    memset(&err, 0, sizeof err);
    cr_assert_null(csv_read(path_of("large.csv"), "d", NULL, &progress, &err));
    cr_assert_not_null(strstr(err.message, "changed while"), "%s", err.message);
    text_clear(&text);
}

/* Lines that count the rows below a table are no rows, in each way in which programs of databases write them; whatever else
 * stands on such a line, it is one of the table, which then has too few fields. */
Test(csv, lines_that_count_the_rows)
{
    static const char *const counts[] = { "2 rows selected.", "2 rows selected",
                                          "(2 rows)",         "(2 row(s) affected)",
                                          "(1 row)",          "2 rows in set (0.00 sec)",
                                          "1 row returned",   "  (2 rows affected)  " };
    static const char *const others[] = { "2 rows",
                                          "(2 rows",
                                          "2 rows)",
                                          "rows selected.",
                                          "2rows selected",
                                          "2 columns selected",
                                          "2 rows selected by",
                                          "2 rows selectedly",
                                          "2 rows returned (0.00 sec)",
                                          "(2 rows).",
                                          "2 rows  selected",
                                          "2 rows was selected" };

    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        char text[128];
        struct frame *f;

        snprintf(text, sizeof text, "a,b\n1,2\n3,4\n\n%s\n", counts[i]);
        f = read_text(text);
        cr_assert_eq(f->rows, 2, "%s", counts[i]);
        cr_assert_eq(frame_find(f, "a")->type, COLUMN_INTEGER, "%s", counts[i]);
        cr_assert_eq(frame_find(f, "b")->as.integer[1], 4, "%s", counts[i]);
        frame_free(f);
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        char text[128];

        snprintf(text, sizeof text, "a,b\n1,2\n3,4\n\n%s\n", others[i]);
        cr_assert_null(read_with(text, NULL), "%s", others[i]);
        cr_assert_eq(err.line, 5, "%s: line %ld", others[i], err.line);
    }
}

/* Numbers below the first record are told from one in it alone: below a title they say that a table stands there. */
Test(csv, numbers_below_the_first_record)
{
    static const struct {
        const char *text;
        bool below, follow;
    } cases[] = {
        { "title\na,b\nc,d\n", false, false },
        { "1\na\nb\n", false, false },
        { "title\n5\nb\n", true, true },
        { "title\na,b\nc,7\n", true, false },
        { "a,b\n1,2\nc,d\n", true, true },
        { "a,b\n1,x\nc,d\n", true, false },
        { "5\n", false, false },
        { "t\na\n", false, false },
        { "a,b\n1,2\n", true, true },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct csv_layout layout = csv_layout_find(cases[i].text, strlen(cases[i].text), 1, '\0', '.', true);

        cr_expect_eq(layout.numbers_below, cases[i].below, "%s", cases[i].text);
        cr_expect_eq(layout.numbers_follow, cases[i].follow, "%s", cases[i].text);
    }
}
