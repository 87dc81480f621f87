/* csv-texts.h -- tables from texts, and their cells. */
#ifndef TESTS_CSV_TEXTS_H
#define TESTS_CSV_TEXTS_H

#include <criterion/criterion.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "data/csv.h"

static struct glmm_error err;

static inline struct frame *read_with(const char *text, const struct csv_options *options)
{
    memset(&err, 0, sizeof err);
    return csv_read_bytes(text, strlen(text), "d", options, &err);
}

static inline struct frame *read_text(const char *text)
{
    struct frame *frame = read_with(text, NULL);

    cr_assert_not_null(frame, "%s", err.message);
    return frame;
}

/* The value of a cell as text. */
static const char *cell(const struct frame *frame, const char *name, size_t row)
{
    static char buffers[4][40];
    static int next;

    next = (next + 1) % 4;
    return column_text(frame_find(frame, name), row, buffers[next]);
}

static inline enum column_type type_of(const struct frame *frame, const char *name)
{
    return frame_find(frame, name)->type;
}

#endif
