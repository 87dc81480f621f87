/* cells.c -- see cells.h. */
#include "render/cells.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/watch.h"
#include "render/render.h"
#include "result/number.h"

size_t shown_rows(const struct table *table)
{
    return table->show_rows > 0 && table->show_rows < table->row_count ? table->show_rows : table->row_count;
}

bool column_shown(const struct table_column *column)
{
    return (column->flags & (COLUMN_NOT_TEXT | COLUMN_CSV)) == 0 && column->kind != CELL_VALUE;
}

bool table_shown(const struct table *table)
{
    for (size_t j = 0; j < table->column_count; j++)
        if (column_shown(&table->columns[j]))
            return true;
    return false;
}

bool column_is_left(const struct table_column *column)
{
    return (column->flags & COLUMN_RIGHT) == 0 && (column->kind == CELL_TEXT || column->kind == CELL_INTERVAL);
}

/* Where all numbers of a column are smaller, each has an exponent. */
#define TINY 1e-4

/* Of an estimate's error, or of the largest estimate where it has none: what rounding leaves of an estimate that is 0. */
#define ROUNDED 1e-12

/* Of an estimate: a standard error that is less than its last bits is that of a number that is held by them. */
#define ERROR_ROUNDED 1e-15

/* From here on the units are beyond the 12 digits of what was computed that do not hang on the processor. */
#define BEYOND_SOUND 1e12

/* Of an interval's width: its ends are known no better, however small the error is on another scale. */
#define WIDTH_KNOWN 0.01

/* From here on a number has an exponent, and the column's digits; no column has decimals there. */
#define BEYOND_DECIMALS 1e15

/* A number that takes no part in a column's common decimals, and is written in its own way: 1e12, 12345678.9. */
static bool stands_alone(double x)
{
    return fabs(x) >= 1e12 || (fabs(x) >= 1e7 && x != floor(x));
}

static size_t add_real(double *reals, size_t count, double x)
{
    if (!stands_alone(x))
        reals[count++] = x;
    return count;
}

/* Appends the column's reals among the shown rows; returns how many there are then. */
static size_t column_reals(const struct table *table, size_t column, double *reals, size_t count)
{
    for (size_t row = 0; row < shown_rows(table); row++) {
        const struct cell *cell = table_cell(table, row, column);

        if (cell->state != CELL_SET || table->decimals[row] >= 0)
            continue;
        if (table->columns[column].kind == CELL_INTERVAL) {
            count = add_real(reals, count, cell->as.pair[0]);
            count = add_real(reals, count, cell->as.pair[1]);
        } else {
            count = add_real(reals, count, cell->as.real);
        }
    }
    return count;
}

/* How far the column's numbers that stand alone lie apart. */
static double spread_alone(const struct table *table, size_t column)
{
    double low = HUGE_VAL, high = -HUGE_VAL;

    for (size_t row = 0; row < shown_rows(table); row++) {
        const struct cell *cell = table_cell(table, row, column);
        bool pair = table->columns[column].kind == CELL_INTERVAL;

        for (int i = 0; cell->state == CELL_SET && i < (pair ? 2 : 1); i++) {
            double x = pair ? cell->as.pair[i] : cell->as.real;

            if (isfinite(x) && stands_alone(x)) {
                low = fmin(low, x);
                high = fmax(high, x);
            }
        }
    }
    return low < high ? high - low : 0;
}

/* What the column's numbers are small beside: of estimates, which have errors, the largest (the error where it is there tells
 * more), of numbers with fixed decimals the unit of these. */
static double column_scale(const struct table *table, size_t column)
{
    const struct table_column *c = &table->columns[column];
    double largest = 0;

    if (c->error < 0)
        return c->decimals >= 0 ? number_unit((size_t)c->decimals) : 0;
    for (size_t row = 0; row < shown_rows(table); row++) {
        const struct cell *cell = table_cell(table, row, column);

        if (cell->state != CELL_SET)
            continue;
        for (int i = 0; i < (c->kind == CELL_INTERVAL ? 2 : 1); i++) {
            double x = fabs(c->kind == CELL_INTERVAL ? cell->as.pair[i] : cell->as.real);

            largest = isfinite(x) ? fmax(largest, x) : largest;
        }
    }
    return largest;
}

/* False as column_format. */
static bool common_decimals(const struct table *table, size_t column, int digits, const struct style *style, int *decimals)
{
    const struct table_column *c = &table->columns[column];
    double *reals = NEW_ARRAY(double, shown_rows(table) * 4 + 1), largest = 0;
    struct watch watch;
    size_t count;

    if (reals == NULL)
        return false;
    watch_init(&watch, style->progress, "laying out");
    count = column_reals(table, column, reals, 0);
    if (c->like >= 0)
        count = column_reals(table, (size_t)c->like, reals, count);
    for (size_t i = 0; i < count; i++)
        if (isfinite(reals[i]))
            largest = fmax(largest, fabs(reals[i]));
    *decimals = largest > 0 && largest < TINY ? DECIMALS_OWN : number_decimals_watched(reals, count, digits, &watch);
    mem_free(reals);
    return !watch_stopped(&watch);
}

/* The column whose numbers have their errors in this one; -1: none. */
static int estimate_of(const struct table *table, size_t column)
{
    for (size_t j = 0; j < table->column_count; j++)
        if (table->columns[j].error == (int)column && table->columns[j].kind == CELL_REAL)
            return (int)j;
    return -1;
}

/* An interval has one digit less than an estimate: its ends are not known better than that. */
bool column_format(const struct table *table, size_t column, const struct style *style, struct column_format *out)
{
    const struct table_column *c = &table->columns[column];
    int digits = style->digits;
    bool full = digits >= FULL_DIGITS && (c->kind == CELL_REAL || c->kind == CELL_INTERVAL);
    struct column_format format = { .estimate = estimate_of(table, column),
                                    .decimals = full ? DECIMALS_OWN : c->decimals,
                                    .digits = full || c->digits <= 0 ? digits : c->digits,
                                    .most = c->most,
                                    .exact = (c->flags & COLUMN_DATA) != 0,
                                    .whole = (c->flags & COLUMN_WHOLE) != 0,
                                    .share = (c->flags & COLUMN_SHARE) != 0,
                                    .inner = (c->flags & COLUMN_INNER) != 0 };
    bool ok = true;

    if (c->kind == CELL_REAL || c->kind == CELL_INTERVAL)
        format.scale = column_scale(table, column);
    if (format.decimals < 0 && format.decimals != DECIMALS_OWN && (c->kind == CELL_REAL || c->kind == CELL_INTERVAL)) {
        format.automatic = true;
        format.spread = spread_alone(table, column);
        ok =
            common_decimals(table, column, c->kind == CELL_INTERVAL ? format.digits - 1 : format.digits, style, &format.decimals);
    }
    *out = format;
    return ok;
}

/* All digits that no processor changes, of those that are not below the scale's; whole numbers, as ids are, have all they hold.
 */
static const char *write_whole(char buffer[NUMBER_SIZE], double x, double scale)
{
    int digits = FULL_DIGITS;

    if (number_is_whole(x))
        return number_of_data(buffer, x, digits);
    if (isfinite(x) && scale > 0 && number_decade(x) < number_decade(scale))
        digits -= number_decade(scale) - number_decade(x);
    return digits < 1 ? number_fixed(buffer, 0, 0) : number_digits(buffer, x, digits);
}

/* A number in its own way: with the digits that its error leaves, where it has one. An end of an interval is written with the
 * zeros that end its digits (3.030 below 3.159), and so is what has an exponent: a column in which these are dropped seems to
 * know less. */
static const char *write_own(char buffer[NUMBER_SIZE], double x, double error, bool end, int digits, int least)
{
    int shown = isnan(error) ? digits : number_error_digits(x, error, end ? 2 : 3, least);

    if (isnan(error))
        number_text(buffer, x, digits);
    else
        number_digits(buffer, x, shown);
    return strchr(buffer, 'e') != NULL || (end && isnan(error)) ? number_keep_zeros(buffer, x, shown) : buffer;
}

/* An id, or a time in milliseconds: it has no exponent, and none of the column's decimals. */
static bool is_long_whole(double x, const struct column_format *format)
{
    bool alone = format->decimals == DECIMALS_OWN ? fabs(x) >= 1e7 : format->automatic && stands_alone(x);

    return format->whole && alone && number_is_whole(x);
}

/* A real with the column's decimals, or on its own where these would hide it: 1e-9 among hundreds, or 1e12.  `error`: its
 * standard error where there is one, else NaN; an end of an interval is not known better than that. */
static const char *write_real(char buffer[NUMBER_SIZE], double x, double error, bool end, const struct column_format *format)
{
    double size = fabs(x), scale = format->exact ? 0 : isfinite(error) && error > 0 ? error : format->scale;

    if (format->digits >= FULL_DIGITS)
        return write_whole(buffer, x, scale);
    if (size < ROUNDED * scale)
        x = size = 0;
    if (is_long_whole(x, format))
        return number_of_data(buffer, x, format->digits);
    if (format->decimals == DECIMALS_OWN)
        return write_own(buffer, x, error, end, format->digits, end ? format->digits - 1 : format->digits);
    if (format->most > 0 && size >= format->most)
        return number_scientific(buffer, x, format->digits);
    if (isfinite(x) && size >= BEYOND_DECIMALS)
        return write_own(buffer, x, NAN, false, format->digits, 0);
    if (!format->exact && !format->whole && format->decimals == 0 && size >= BEYOND_SOUND)
        return number_scientific(buffer, x, format->digits);
    if (!isfinite(x) || !format->automatic || x == 0)
        return number_fixed(buffer, x, format->decimals);
    if (stands_alone(x))
        return write_own(buffer, x, isnan(error) ? format->spread : error, end, format->digits, format->digits);
    if (size < 0.5 * pow(10, -format->decimals) || number_decimals_cut(x, format->decimals))
        return write_own(buffer, x, NAN, false, format->digits, 0);
    return number_fixed(buffer, x, format->decimals);
}

/* A share, or a probability, with fixed decimals: 0.00006 is not 0.000, and 0.99994 not 1.000. */
static const char *write_share(char buffer[NUMBER_SIZE], double x, const struct column_format *format)
{
    double unit = number_unit((size_t)format->decimals), sound = number_sound(x);
    bool low = (sound > 0 || format->inner) && sound < unit / 2, high = (sound < 1 || format->inner) && sound > 1 - unit / 2;

    number_fixed(buffer, low ? unit : high ? 1 - unit : x, format->decimals);
    if (low || high) {
        memmove(buffer + 1, buffer, strlen(buffer) + 1);
        buffer[0] = low ? '<' : '>';
    }
    return buffer;
}

/* A number of a column, or an end of an interval there. */
static const char *write_number(char buffer[NUMBER_SIZE], double x, double error, bool end, const struct column_format *format)
{
    return format->share && format->decimals >= 0 ? write_share(buffer, x, format) : write_real(buffer, x, error, end, format);
}

/* A share of 0.003 is not 0%, and 0.997 not 100%. */
static const char *write_percent(struct arena *arena, double share, int decimals)
{
    char buffer[NUMBER_SIZE];

    if (!isfinite(share))
        return arena_strdup(arena, number_fixed(buffer, share, 0));
    if (decimals <= 0 && share > 0 && share < 0.005)
        return arena_strdup(arena, "<1%");
    if (decimals <= 0 && share > 0.995 && share < 1)
        return arena_strdup(arena, ">99%");
    return arena_printf(arena, "%s%%", number_fixed(buffer, 100 * share, decimals < 0 ? 0 : decimals));
}

static const char *write_cell(struct arena *arena, const struct cell *cell, enum cell_kind kind, double error,
                              const struct column_format *format)
{
    char buffer[NUMBER_SIZE], upper[NUMBER_SIZE];

    if (cell->state != CELL_SET)
        return cell->state == CELL_NONE ? "\xe2\x80\x93" : "";
    switch (kind) {
    case CELL_TEXT:
        return cell->as.text;
    case CELL_INTEGER:
        return arena_printf(arena, "%lld", cell->as.integer);
    case CELL_REAL:
        return arena_strdup(arena, write_number(buffer, cell->as.real, error, false, format));
    case CELL_P:
        return arena_strdup(arena, number_p(buffer, cell->as.real));
    case CELL_PERCENT:
        return write_percent(arena, cell->as.real, format->decimals);
    case CELL_INTERVAL:
        return arena_printf(arena, "[%s, %s]", write_number(buffer, cell->as.pair[0], error, true, format),
                            write_number(upper, cell->as.pair[1], error, true, format));
    case CELL_VALUE:
        break;
    }
    return "";
}

/* How well a number is known: the standard error that stands in its row, and ends of an interval no better than by a share of its
 * width; or NaN. */
static double error_of(const struct table *table, size_t row, size_t column)
{
    int place = table->columns[column].error;
    const struct cell *cell = table_cell(table, row, column), *own = place < 0 ? NULL : table_cell(table, row, (size_t)place);
    double error = own == NULL || own->state != CELL_SET ? (double)NAN : own->as.real, width;

    if (table->columns[column].kind != CELL_INTERVAL || cell->state != CELL_SET || !isfinite(error))
        return error;
    width = cell->as.pair[1] - cell->as.pair[0];
    return isfinite(width) ? fmax(error, WIDTH_KNOWN * width) : error;
}

/* What the number is small beside, where its row has an interval about it, else the column's; of an error, its estimate. */
static double scale_of(const struct table *table, size_t row, size_t column, const struct column_format *format)
{
    int within = table->columns[column].within;
    const struct cell *cell = within < 0 ? NULL : table_cell(table, row, (size_t)within),
                      *estimate = format->estimate < 0 ? NULL : table_cell(table, row, (size_t)format->estimate);
    double width = cell == NULL || cell->state != CELL_SET ? (double)NAN : cell->as.pair[1] - cell->as.pair[0];

    if (format->scale == 0 && estimate != NULL && estimate->state == CELL_SET && isfinite(estimate->as.real))
        return fabs(estimate->as.real) * ERROR_ROUNDED / ROUNDED;
    return isfinite(width) ? width : format->scale;
}

/* From there on the decimals of a row hide nothing, and are not written. */
#define ROW_MOST 1e9

/* The format for a row that has decimals of its own. */
static struct column_format row_format(const struct table *table, size_t row, const struct column_format *format)
{
    struct column_format own = *format;

    if (table->decimals[row] < 0)
        return own;
    own.decimals = format->digits < FULL_DIGITS ? table->decimals[row] : DECIMALS_OWN;
    own.automatic = false;
    own.most = ROW_MOST;
    return own;
}

const char *cell_string(struct arena *arena, const struct table *table, size_t row, size_t column,
                        const struct column_format *format)
{
    const struct cell *cell = table_cell(table, row, column);
    struct column_format own = row_format(table, row, format);
    const char *words;

    own.scale = scale_of(table, row, column, &own);
    words = write_cell(arena, cell, table->columns[column].kind, error_of(table, row, column), &own);
    if ((table->columns[column].flags & COLUMN_ERROR) == 0 || cell->state != CELL_SET || words == NULL)
        return words;
    return arena_printf(arena, "(%s)", words);
}

bool cell_ends(struct arena *arena, const struct table *table, size_t row, size_t column, const struct column_format *format,
               const char *ends[2])
{
    const struct cell *cell = table_cell(table, row, column);
    struct column_format own = row_format(table, row, format);
    double error = error_of(table, row, column);
    char buffer[NUMBER_SIZE];

    for (int i = 0; i < 2; i++) {
        ends[i] = cell->state == CELL_SET ? arena_strdup(arena, write_number(buffer, cell->as.pair[i], error, true, &own)) : "";
        if (ends[i] == NULL)
            return false;
    }
    return true;
}

const char *field_string(struct arena *arena, const struct field *field, int digits)
{
    struct column_format format = { .estimate = -1,
                                    .decimals = field->decimals,
                                    .digits = field->digits > 0 ? field->digits : digits };
    char buffer[NUMBER_SIZE];

    if (field->kind == CELL_REAL && field->cell.state == CELL_SET && (field->decimals < 0 || digits >= FULL_DIGITS))
        return arena_strdup(arena, digits >= FULL_DIGITS ? write_whole(buffer, field->cell.as.real, 0)
                                                         : number_text(buffer, field->cell.as.real, format.digits));
    return write_cell(arena, &field->cell, field->kind, (double)NAN, &format);
}

const char *cut_remark(struct arena *arena, const struct table *table)
{
    size_t total = table->total_rows > table->row_count ? table->total_rows : table->row_count;

    if (shown_rows(table) == total)
        return NULL;
    return arena_printf(arena, "%zu of %zu shown; last all", shown_rows(table), total);
}
