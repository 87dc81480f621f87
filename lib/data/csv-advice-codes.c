/* csv-advice-codes.c -- numbers that mean a missing value, perhaps: -9, -77, -999 where nothing else is negative; 98, 99, 9999.9
 * far above all else. */
#include "config.h"
#include "data/csv-private.h"

#include <math.h>
#include <string.h>

enum { MANY = 40 };

/* The digit of which all of a number's are: 7, 8 or 9, with a point among them perhaps; 0 where it is another number. */
static char digit_of(double x)
{
    char digits[MANY];
    const char *point;

    number_as_r(x, digits);
    point = strchr(digits, '.');
    if (strchr("789", digits[0]) == NULL || (point != NULL && point[1] == '\0'))
        return '\0';
    return strspn(digits, (char[]){ digits[0], '.', '\0' }) == strlen(digits) ? digits[0] : '\0';
}

/* -9, -77, -888, -999: what people write for missing. */
static bool is_negative_code(double x)
{
    return x < 0.0 && x >= -99999.0 && x == floor(x) && digit_of(-x) != '\0';
}

/* 99, 999.9, 9999; and 97, 98, 997, 998, which stand beside them. */
static bool is_high_code(double x)
{
    return x >= 90.0 && x <= 999999.0 && (digit_of(x) == '9' || x == 97.0 || x == 98.0 || x == 997.0 || x == 998.0);
}

struct codes {
    double value[CSV_ADVISED_TEXTS]; /* in the order of the rows */
    int count;
    size_t rows; /* that have one of them */
};

/* Adds a code to the few; false where there are too many. */
static bool add_code(struct codes *codes, double x)
{
    codes->rows++;
    for (int k = 0; k < codes->count; k++)
        if (codes->value[k] == x)
            return true;
    if (codes->count == CSV_ADVISED_TEXTS)
        return false;
    codes->value[codes->count++] = x;
    return true;
}

/* The negative numbers of a column whose least is `low`, where all are codes. */
static bool find_negative(const struct column *column, size_t rows, double low, struct codes *codes)
{
    for (size_t i = 0; low < 0.0 && i < rows; i++) {
        double x = column_real(column, i);

        if (x < 0.0 && (!is_negative_code(x) || !add_code(codes, x)))
            return false;
    }
    return codes->count > 0;
}

/* -9, -8 and -7 alone are codes where they are so in two columns at least: a single one may be a number of its column. */
static bool are_told(const struct frame *frame, const struct codes *codes)
{
    size_t columns = 0;
    bool nine = false;

    for (int k = 0; k < codes->count; k++) {
        if (codes->value[k] < -9.0)
            return true;
        nine = nine || codes->value[k] == -9.0;
    }
    for (size_t j = 0; nine && columns < 2 && j < frame->column_count; j++) {
        const struct column *column = &frame->columns[j];
        struct codes other = { 0 };
        double low, high;

        if (column->type != COLUMN_INTEGER && column->type != COLUMN_REAL)
            continue;
        column_range(column, frame->rows, &low, &high);
        columns += find_negative(column, frame->rows, low, &other);
    }
    return columns >= 2;
}

/* Codes that lie above all other numbers of a column whose largest is `high` by far, in few of its rows; *most is the largest of
 * the others. */
static bool find_high(const struct column *column, size_t rows, double high, struct codes *codes, double *most)
{
    enum { FAR = 5, FEWEST = 2 };
    size_t others = 0;

    *most = 0.0;
    for (size_t i = 0; digit_of(high) == '9' && is_high_code(high) && i < rows; i++) {
        double x = column_real(column, i);

        if (!isfinite(x))
            continue;
        if (is_high_code(x)) {
            if (!add_code(codes, x))
                return false;
            continue;
        }
        others++;
        *most = fmax(*most, fabs(x));
    }
    for (int k = 0; k < codes->count; k++)
        if (codes->value[k] < FAR * *most)
            return false;
    return codes->count > 0 && *most > 0.0 && others >= FEWEST && codes->rows <= others;
}

bool csv_note_codes(struct csv_reader *r, const struct frame *frame, const struct column *column)
{
    struct codes codes = { 0 };
    struct csv_note *note;
    char number[MANY];
    double most = 0.0, low, high;
    bool negative, short_one = false;

    column_range(column, frame->rows, &low, &high);
    negative = find_negative(column, frame->rows, low, &codes) && are_told(frame, &codes);
    if (!negative) {
        codes = (struct codes){ 0 };
        if (!find_high(column, frame->rows, high, &codes, &most))
            return true;
    }
    if (column->missing == frame->rows)
        return true;
    note = csv_note_add(r->report, CSV_NOTE_CODES, column->name, number_as_r(codes.value[0], number));
    if (note == NULL)
        return false;
    note->count = (size_t)codes.count;
    note->open = !negative;
    if (!negative && (note->other = csv_report_text(r->report, number_as_r(most, number))) == NULL)
        return false;
    for (int k = 0; k < codes.count; k++)
        short_one = short_one || fabs(codes.value[k]) < 10.0;
    if (!negative || short_one || column->type != COLUMN_INTEGER || r->rules.format.thousands != '\0' || r->rules.format.units)
        return true; /* they may be numbers of other columns, or how they are written is not known */
    for (int k = 0; k < codes.count; k++)
        if ((note->advice.missing[k] = csv_report_text(r->report, number_as_r(codes.value[k], number))) == NULL)
            return false;
    note->advice.missing_count = codes.count;
    return note->advised = true;
}
