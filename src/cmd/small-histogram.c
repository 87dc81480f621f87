/* small-histogram.c -- see small-histogram.h.
 *
 * A bin is one character.  An empty one is a line at the bottom; of the others the height (in ASCII: the ink) is the share of the
 * fullest bin, rounded up, so that one row is seen. */
#include "cmd/small-histogram.h"

#include <math.h>
#include <string.h>

#include "base/text.h"

void small_histogram_lay(struct small_histogram *histogram, const struct column *column, size_t rows)
{
    double least = (double)INFINITY, most = -(double)INFINITY;

    memset(histogram, 0, sizeof *histogram);
    for (size_t i = 0; i < rows; i++) {
        double x = column_missing(column, i) ? (double)NAN : column_real(column, i);

        if (!isfinite(x))
            continue;
        least = fmin(least, x);
        most = fmax(most, x);
    }
    histogram->bins = bins_between(least, most, MOST_BINS, column->type == COLUMN_INTEGER);
}

void small_histogram_fill(struct small_histogram *histogram, const struct column *column, size_t rows)
{
    memset(histogram->rows, 0, sizeof histogram->rows);
    for (size_t i = 0; i < rows && histogram->bins.count > 0; i++) {
        double x = column_missing(column, i) ? (double)NAN : column_real(column, i);

        if (isfinite(x))
            histogram->rows[bins_find(&histogram->bins, x)]++;
    }
}

void small_histogram_columns(struct table *table)
{
    table_flags(table, table_column(table, "picture", "histogram", CELL_TEXT), COLUMN_NOT_JSON);
    table_flags(table, table_column(table, "histogram", "histogram", CELL_VALUE), COLUMN_NOT_TEXT);
}

static const char *height_glyph(size_t rows, size_t most, enum charset charset)
{
    static const char *const ascii[] = { "_", ".", ":", "-", "=", "+", "*", "#" };
    static const char *const block[] = { "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
    size_t height = rows == 0 ? 0 : (size_t)ceil(7.0 * (double)rows / (double)most);

    return charset == CHARSET_ASCII ? ascii[height] : block[height];
}

void small_histogram_show(struct result *result, struct table *table, size_t row, size_t at,
                          const struct small_histogram *histogram, enum charset charset)
{
    struct value *whole = value_object(result->arena), *counts = value_array(result->arena);
    struct text picture = { 0 };
    size_t most = 1;

    if (histogram->bins.count == 0)
        return;
    for (size_t b = 0; b < histogram->bins.count; b++)
        most = histogram->rows[b] > most ? histogram->rows[b] : most;
    for (size_t b = 0; b < histogram->bins.count; b++) {
        text_add(&picture, height_glyph(histogram->rows[b], most, charset));
        value_append(counts, value_integer(result->arena, (long long)histogram->rows[b]));
    }
    value_set(result->arena, whole, "from", value_real(result->arena, histogram->bins.start));
    value_set(result->arena, whole, "width", value_real(result->arena, histogram->bins.width));
    value_set(result->arena, whole, "counts", counts);
    table_text(table, row, at, text_string(&picture));
    table_value(table, row, at + 1, whole);
    result->failed = result->failed || picture.failed;
    text_clear(&picture);
}
