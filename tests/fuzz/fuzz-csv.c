/* fuzz-csv.c -- any bytes as a delimited file; the first two bytes, or three, choose the options.  What is read must hold
 * together. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "data/csv.h"
#include "data/decode.h"
#include "driver.h"

static const char *const seeds[] = {
    "\1\200a,b,c\n1,2.5,x\n2,NA,\"y \"\"q\"\"\"\n3,4,\"two\nlines\"\n",
    "\1\200\"y\",\"g\"\r\n1.5,\"10\"\r\n2,\"9\"\r\n,\"10\"\r\n", "\2\200a;b\n1,5;2\n-2,25;1e3\n",
    /* NOLINTNEXTLINE(bugprone-suspicious-missing-comma): one text: \4 must not run into the digit */
    "\4\200"
    "1\tT\tx\n2\tFALSE\ty\n",
    "\1\200x,y\n1,2\n\n007,3\nlate,4\n1.5,5\n", "\1\200\xef\xbb\xbfname, \xc3\xa9 ,z\n 5'10\" ,\" s \" , 3\nNaN,Inf,-inf\n",
    "\10\200a|b\n\"1\"|2147483648\n\"2\"|-1\n3|4.9406564584124654e-324\n", "\1\200a,a\n1,2\n", "\1\200a,b\n1\n",
    "\1\200a,b\n1,\"x\n", "\1\200a,b\n1,\"x\"y\n", "\1\200a\n\xff\n", "\1\200\"all\",\"q\"\n\"1\",\"T\"\n\"2\",\"F\"\n",
    "\20\200a,b\n1,2\n0,x\n", "\40\200\x1f\x8b\x08\n", "\1\200one\n1\r2\r\r\n3", "A@ a  b\n 1  2\n\"x y\" 3\n",
    "aA;b\ng;$1\na;2,5 mm\n", "\x81\1x,x,,\n\"1,020\",10%,mm,\n", "\1\14title\nx\n\"< 5,0\"\n",
    "\x40\200sep=;\na;b\ns;kg\n90071992547409931;1e400\n", "\1\xc0\x03a,b\n\x83\x41,1\n",
    "\1\xc0\x07"
    "a,b\n\xe9,\xc3\xa9\n",
    "\1\xc0\x38"
    "a,b\n1,x\n2,y\n3,z\n",
    "\1\xc0\x18"
    "g,y,t\na,1.5,TRUE\n\"b c\",NA,FALSE\nd,3e2,NA\n",
    "\1\xc0\x98"
    "g\ty\nx\t17\ny\t\n",
    "\1\xc0\x80"
    "a\tb\n2024-01-31\t1h 30m\n31.12.99\t12:45\n",
    NULL
};

const long fuzz_rounds = 20000;

const char *const *fuzz_seeds(void)
{
    return seeds;
}

static void check(bool good)
{
    if (!good)
        abort();
}

static void check_column(const struct column *column, size_t rows)
{
    size_t missing = 0;
    char buffer[40];

    check(column->name[0] != '\0' && utf8_invalid(column->name, strlen(column->name)) < 0);
    for (size_t i = 0; i < rows; i++) {
        missing += column_missing(column, i);
        check(column->type != COLUMN_FACTOR || (column->as.code[i] >= -1 && column->as.code[i] < column->level_count));
        check(column->type != COLUMN_LOGICAL || column->as.logical[i] <= 1);
        check(column_text(column, i, buffer) != NULL);
    }
    check(missing == column->missing);
    for (int32_t l = 0; l < column->level_count; l++) {
        check(utf8_invalid(column->levels[l], strlen(column->levels[l])) < 0);
        check(l == 0 || strcmp(column->levels[l - 1], column->levels[l]) != 0);
    }
}

/* What the third byte chooses. */
static void choose_more(struct csv_options *options, uint8_t choice)
{
    static const char *const encodings[] = { NULL, "latin1", "utf-16", "shift_jis", "gbk", "koi8-r", "utf-8", DECODE_MIXED };
    static const char *const types[] = { NULL, "a=real", "a=integer,b=factor", "b=text" };

    options->encoding = encodings[choice % 8];
    options->rows = choice & 8 ? 2 : 0;
    options->typed = (choice & 16) != 0;
    options->types = types[choice >> 5 & 3];
    options->separator = choice & 128 ? '\t' : '\0';
}

static void read_table(const char *bytes, size_t count, const struct csv_options *options)
{
    struct glmm_error err = { 0 };
    struct frame *frame = csv_read_bytes(bytes, count, "fuzz", options, &err);

    if (frame == NULL) {
        check(err.code != GLMM_OK && err.code != GLMM_E_MEMORY && err.message[0] != '\0');
        check(utf8_invalid(err.message, strlen(err.message)) < 0);
    } else {
        check(err.code == GLMM_OK && frame->rows > 0 && frame->column_count > 0);
        for (size_t j = 0; j < frame->column_count; j++) {
            check_column(&frame->columns[j], frame->rows);
            check(frame_find(frame, frame->columns[j].name) == &frame->columns[j]);
        }
    }
    frame_free(frame);
}

/* The table with what stands below its first line so often that it is read in parts, by several threads. */
static void read_long(const char *bytes, size_t count, struct csv_options options)
{
    enum { LONG = 300000 };
    const char *end = memchr(bytes, '\n', count);
    size_t first = end == NULL ? 0 : (size_t)(end - bytes) + 1, used = first;
    char *copy = malloc(LONG + count);

    check(copy != NULL);
    options.rows = 0;
    options.typed = false;
    memcpy(copy, bytes, first);
    for (; used < LONG && first < count; used += count - first)
        memcpy(copy + used, bytes + first, count - first);
    read_table(copy, used, &options);
    free(copy);
    csv_report_clear(options.report);
    *options.report = (struct csv_report){ 0 };
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const missing[] = { "NA", "", "7,8", "< 5,0", NULL };
    static const char marks[] = { '\0', ',', ' ', '\'' };
    uint8_t choice = size > 0 ? data[0] : 0, more = size > 1 ? data[1] : 0;
    size_t used = size > 1 ? 2 : size;
    struct csv_report notes = { 0 };
    struct csv_options options = { .decimal = choice & 2 ? ',' : '.',
                                   .no_header = choice & 4,
                                   .separator = choice & 8 ? '|' : '\0',
                                   .types = choice & 16 ? "a=factor,b=logical" : NULL,
                                   .units_in_cells = choice & 32,
                                   .unit_row = choice & 64,
                                   .unique_names = choice & 128,
                                   .thousands = marks[more % 4],
                                   .missing = more & 4 ? missing : NULL,
                                   .skip = more & 8 ? 1 : 0,
                                   .encoding = more & 16   ? "cp1252"
                                               : more & 32 ? "utf-16"
                                                           : NULL,
                                   .report = &notes };

    if (more & 64)
        options.separator = ' ';
    if (options.decimal == ',' && options.thousands == ',')
        options.thousands = '.';
    if (more >> 6 == 3 && size > 2)
        choose_more(&options, data[used++]);
    if (more >> 6 == 3 && size > used && (data[2] & 24) == 24 && data[size - 1] == '\n') /* lines, not one of 300,000 bytes */
        read_long((const char *)data + used, size - used, options);
    read_table((const char *)data + used, size - used, &options);
    csv_report_clear(&notes);
    return 0;
}
