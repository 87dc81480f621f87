/* fuzz-foreign.c -- any bytes as a file of another program; the first byte chooses the options.  What is read must hold together.
 * The corpus is made of the samples of tests/cli/foreign.d by whoever runs the fuzzer; the seeds are the beginnings. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "data/foreign.h"
#include "driver.h"

static const char *const seeds[] = { "0X\n\1\1\1\3",
                                     "0RDX3\nX\n",
                                     "0<stata_dta><header><release>118</release><byteorder>LSF</byteorder><K>",
                                     "0$FL2@(#) SPSS DATA FILE",
                                     "0HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!",
                                     "0SQLite format 3",
                                     "0PK\3\4xl/workbook.xml",
                                     "0BZh91AY&SY",
                                     ("0\xfd"
                                      "7zXZ"),
                                     NULL };

const long fuzz_rounds = 5000;

const char *const *fuzz_seeds(void)
{
    return seeds;
}

static void check(bool good)
{
    if (!good)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t choice = size > 0 ? data[0] : 0;
    struct csv_options options = { .table = (choice & 2) != 0 ? "first" : NULL, .sheet = (choice & 4) != 0 ? "Data" : NULL };
    struct glmm_error err = { 0 };
    struct frame *frame;

    if (size < 2)
        return 0;
    frame = foreign_read_bytes((const char *)data + 1, size - 1, "d", &options, &err);
    check(frame != NULL || (err.code != GLMM_OK && err.message[0] != '\0'));
    for (size_t j = 0; frame != NULL && j < frame->column_count; j++) {
        const struct column *column = &frame->columns[j];
        char buffer[40];

        check(column->name[0] != '\0' && utf8_invalid(column->name, strlen(column->name)) < 0);
        for (size_t i = 0; i < frame->rows; i++) {
            check(column->type != COLUMN_FACTOR || (column->as.code[i] >= -1 && column->as.code[i] < column->level_count));
            check(column_text(column, i, buffer) != NULL);
        }
    }
    frame_free(frame);
    return 0;
}
