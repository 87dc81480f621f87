/* csv-advice.c -- what is perhaps not what was meant, and what to change.
 *
 * A factor is looked at again as if it were numbers: in the format that the file was read with, but for a few texts; in each
 * other format (decimal sign, thousands marks), with units or without.  As the format is one of the whole file, the one is chosen
 * that explains the most columns.  A text that stands in the first row only, and in all columns, is one of a row of units. */
#include "config.h"
#include "data/csv-look.h"
#include "data/csv-private.h"

#include <math.h>
#include <string.h>

/* Decimal sign and thousands mark; of those that explain as many columns the first is taken: "1,020" is rather a thousand. */
static const struct csv_format formats[] = {
    { ',', '\0', false }, { '.', ',', false }, { '.', '\0', false }, { ',', '.', false },
    { '.', ' ', false },  { ',', ' ', false }, { '.', '\'', false }, { ',', '\'', false },
};

static const double ROUNDING =
    1e-6; /* of a thousand times a number below 1000, which is whole but for the bits of the fraction */

enum { FORMATS = sizeof formats / sizeof *formats, SAMPLE = 2000 };

/* --- columns ------------------------------------------------------------------------------------ */

/* The level of the first row where it stands in no other; -1 where there is none, -2 where it stands in others too. */
static int32_t first_level(const struct column *column, size_t rows)
{
    int32_t code = column->as.code[0];

    for (size_t i = 1; code >= 0 && i < rows; i++)
        if (column->as.code[i] == code)
            return -2;
    return code;
}

struct judge {
    struct csv_reader *r;
    const struct frame *frame;
    struct csv_format now;
    bool commas;   /* a number has a comma that is surely a decimal one */
    bool pointed;  /* a real column has the file's decimal sign in it */
    bool headed;   /* columns have no name: it stands perhaps in the first row */
    bool unit_row; /* the first row is perhaps one of units */
    int best;      /* of `formats`; -1: none explains anything */
};

static int32_t skipped(const struct judge *judge, const struct column *column)
{
    int32_t level = judge->unit_row ? first_level(column, judge->frame->rows) : -1;

    return level < 0 ? -1 : level;
}

/* In the format, and where that does not do, with units. */
static struct csv_look look_both(const struct judge *judge, const struct column *column, struct csv_format format, int32_t step)
{
    struct csv_look look = csv_look(column, &format, &judge->now, skipped(judge, column), step);

    if (look.explains)
        return look;
    format.units = true;
    return csv_look(column, &format, &judge->now, skipped(judge, column), step);
}

/* Of columns with very many levels, which are looked at in many formats, some levels speak for all at first. */
static int32_t step_of(const struct column *column)
{
    return column->level_count / SAMPLE + 1;
}

/* *bad and *needed (or NULL) count its other texts, and columns that need the format. */
static bool explains(const struct judge *judge, size_t j, int format, int *bad, int *needed)
{
    struct csv_look look;
    const struct column *column = &judge->frame->columns[j];
    const struct csv_column *source = &judge->r->columns[j];

    if (column->type != COLUMN_FACTOR || source->forced || source->too_long || source->zeros)
        return false;
    look = look_both(judge, column, formats[format], step_of(column));
    if (look.explains && bad != NULL)
        *bad += look.bad_count;
    if (look.explains && needed != NULL)
        *needed += look.needed;
    return look.explains;
}

static bool is_now(const struct judge *judge, int format)
{
    return formats[format].decimal == judge->now.decimal && formats[format].thousands == judge->now.thousands;
}

/* --- the file ----------------------------------------------------------------------------------- */

/* True where a real column has a value that is no integer: it was written with the decimal sign of the file. */
static bool has_decimals(const struct frame *frame)
{
    for (size_t j = 0; j < frame->column_count; j++)
        for (size_t i = 0; frame->columns[j].type == COLUMN_REAL && i < frame->rows; i++) {
            double x = frame->columns[j].as.real[i];

            if (isfinite(x) && x != floor(x))
                return true;
        }
    return false;
}

/* In some format, with a unit perhaps. */
static bool is_any_number(const char *text)
{
    char unit[CSV_UNIT];
    double value;

    for (int f = 0; f < FORMATS; f++) {
        struct csv_format format = formats[f];

        format.units = true;
        if (csv_number(&format, text, strlen(text), &value, unit))
            return true;
    }
    return false;
}

/* No cell of the first row is a number, each of its texts stands there only (but for names that come in two rows, as
 * SurveyMonkey writes them), and a column is all numbers but for it. */
static bool is_unit_row(const struct judge *judge)
{
    const struct frame *frame = judge->frame;
    int numbers = 0;

    for (size_t j = 0; j < frame->column_count; j++) {
        const struct column *column = &frame->columns[j];
        int32_t level;

        if (column->type != COLUMN_FACTOR && !column_missing(column, 0))
            return false;
        if (column->type != COLUMN_FACTOR)
            continue;
        level = first_level(column, frame->rows);
        if ((level == -2 && !judge->headed) || (level >= 0 && is_any_number(column->levels[level])))
            return false;
        if (level < 0)
            continue;
        for (int f = 0; f < FORMATS; f++) {
            struct csv_look look = csv_look(column, &formats[f], &judge->now, level, 1);

            if (look.good >= CSV_LEAST && look.bad_count == 0) {
                numbers++;
                break;
            }
        }
    }
    return numbers > 0 && frame->rows > CSV_LEAST;
}

static bool is_possible(const struct judge *judge, int format)
{
    return judge->now.thousands == '\0' || formats[format].thousands == judge->now.thousands;
}

/* The format that explains the most columns; of equals the one with the fewest texts left, then the one that the file was read
 * with (units only).  One with another decimal sign cannot be had where columns have that of the file. */
static int best_format(const struct judge *judge)
{
    int best = -1, most = 0, fewest = 0;

    for (int f = 0; f < FORMATS; f++) {
        int explained = 0, bad = 0, needed = is_now(judge, f);

        if (!is_possible(judge, f) || (judge->pointed && formats[f].decimal != judge->now.decimal))
            continue;
        for (size_t j = 0; j < judge->frame->column_count; j++)
            explained += explains(judge, j, f, &bad, &needed);
        if (needed == 0)
            continue;
        if (explained > most || (explained == most && most > 0 && (bad < fewest || (bad == fewest && is_now(judge, f))))) {
            most = explained;
            fewest = bad;
            best = f;
        }
    }
    return best;
}

/* "1,020" and no other number with a comma: thousands, where exactly three digits stand behind each. */
static int prefer_thousands(const struct judge *judge)
{
    static const struct csv_format comma = { ',', '\0', false };
    const int thousands = 1;

    if (judge->best < 0 || judge->now.decimal != '.' || memcmp(&formats[judge->best], &comma, sizeof comma) != 0)
        return judge->best;
    for (size_t j = 0; j < judge->frame->column_count; j++)
        if (explains(judge, j, judge->best, NULL, NULL) && !explains(judge, j, thousands, NULL, NULL))
            return judge->best;
    return thousands;
}

/* True where each real number that was read with a point may as well have one between thousands: 1.234, not 0.5 or 1.2345.
 * *third: one has a third decimal that is not 0, as most thousands have. */
static bool are_perhaps_thousands(const struct frame *frame, bool *third)
{
    *third = false;
    for (size_t j = 0; j < frame->column_count; j++)
        for (size_t i = 0; frame->columns[j].type == COLUMN_REAL && i < frame->rows; i++) {
            double x = fabs(frame->columns[j].as.real[i]);

            if (isfinite(x) && x != floor(x) && !(x >= 1.0 && x < 1000.0 && fabs(1000.0 * x - nearbyint(1000.0 * x)) < ROUNDING))
                return false;
            *third = *third || (isfinite(x) && fabs(100.0 * x - nearbyint(100.0 * x)) > ROUNDING);
        }
    return true;
}

/* 1.100,0 in a file that was read with points, where 1.234 may be as much a number of thousands: then the column says what points
 * are. */
static bool has_point_thousands(const struct judge *judge, size_t j)
{
    const int point = 3, comma = 0; /* of `formats` */
    int with = 0, without = 0;      /* texts that are no numbers */
    bool third;

    return judge->now.decimal == '.' && judge->now.thousands == '\0' && is_possible(judge, point)
           && explains(judge, j, point, &with, NULL) && (!explains(judge, j, comma, &without, NULL) || with < without)
           && are_perhaps_thousands(judge->frame, &third);
}

/* Letters that are a unit: not `1 Male`, nor the b of 2b.  Of one letter they are so behind a number with decimals. */
static bool is_known_unit(const char *unit, bool decimals)
{
    static const char *const units[] = { "kg",  "g",  "mg", "\xc2\xb5g", "\xce\xbcg", "ug",  "ng", "lb",  "lbs", "oz",  "st",
                                         "t",   "km", "m",  "cm",        "mm",        "nm",  "mi", "ft",  "in",  "yd",  "l",
                                         "L",   "ml", "mL", "dl",        "dL",        "C",   "F",  "K",   "KB",  "MB",  "GB",
                                         "TB",  "kB", "s",  "ms",        "sec",       "min", "h",  "hr",  "d",   "Pa",  "hPa",
                                         "kPa", "V",  "mV", "A",         "mA",        "W",   "kW", "kWh", "Hz",  "kHz", "MHz",
                                         "CR",  "DR", "k",  "B",         "M",         NULL };

    if (strpbrk(unit, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") == NULL || strchr(unit, '/') != NULL)
        return true;
    if (unit[1] == '\0' && !decimals)
        return false;
    for (const char *const *known = units; *known != NULL; known++)
        if (strcmp(*known, unit) == 0)
            return true;
    return strstr(unit, "\xc2\xb0") == unit; /* degrees */
}

/* True where all levels of a column are numbers of a format, some with units that differ: the first with one, and the first with
 * another one. */
static bool units_differ_in(const struct csv_format *format, const struct column *column, int32_t *first, int32_t *other)
{
    char sign[CSV_UNIT] = "", unit[CSV_UNIT];
    double value;

    *first = *other = -1;
    for (int32_t l = 0; l < column->level_count; l++) {
        const char *text = column->levels[l];

        unit[0] = '\0';
        if (!csv_number(format, text, strlen(text), &value, unit) || !is_known_unit(unit, strpbrk(text, ".,") != NULL))
            return false;
        if (unit[0] == '\0')
            continue;
        if (*first < 0) {
            memcpy(sign, unit, sizeof sign);
            *first = l;
        } else if (*other < 0 && strcmp(unit, sign) != 0) {
            *other = l;
        }
    }
    return *other >= 0;
}

static bool units_differ(const struct judge *judge, const struct column *column, int32_t *first, int32_t *other)
{
    for (int f = -1; f < FORMATS; f++) {
        struct csv_format format = f < 0 ? judge->now : formats[f];

        format.units = true;
        if (units_differ_in(&format, column, first, other))
            return true;
    }
    return false;
}

/* $12 and 10%: no number where the units differ.  *done where it is that. */
static bool note_units_differ(struct judge *judge, const struct column *column, bool *done)
{
    struct csv_note *note;
    int32_t first, other;

    *done = units_differ(judge, column, &first, &other);
    if (!*done)
        return true;
    note = csv_note_add(judge->r->report, CSV_NOTE_UNITS_DIFFER, column->name, column->levels[first]);
    return note != NULL && (note->other = csv_report_text(judge->r->report, column->levels[other])) != NULL;
}

/* True where a format explains the column that cannot be had for the other columns. */
static bool has_other_format(const struct judge *judge, size_t j)
{
    for (int f = 0; judge->pointed && f < FORMATS; f++)
        if (is_possible(judge, f) && formats[f].decimal != judge->now.decimal && explains(judge, j, f, NULL, NULL))
            return true;
    return false;
}

/* --- notes -------------------------------------------------------------------------------------- */

/* A factor that is one for a few texts. */
static bool note_texts(struct judge *judge, const struct column *column, const struct csv_column *source)
{
    struct csv_look look = csv_look(column, &judge->now, &judge->now, skipped(judge, column), 1);
    struct csv_note *note;
    const char *text = source->surprise;
    long line = source->surprise_line;
    char unit[CSV_UNIT];
    double value;
    bool range = parse_number(text, strlen(text), &value) && !isfinite(value);

    if (!source->numbers_first
        && (look.bad_count > CSV_ADVISED_TEXTS || look.good < CSV_LEAST * look.strange || source->quoted_only))
        return true;
    if (look.bad_count == 0)
        return true;
    if (look.bad_count <= CSV_ADVISED_TEXTS && (line == 0 || csv_number(&judge->now, text, strlen(text), &value, unit))) {
        text = column->levels[look.bad[0]];
        line = 0;
    }
    note = csv_note_add(judge->r->report, range ? CSV_NOTE_RANGE : CSV_NOTE_TEXT, column->name, text);
    if (note == NULL)
        return false;
    note->line = line;
    note->count = look.bad_count > CSV_ADVISED_TEXTS ? 0 : (size_t)look.bad_count;
    note->advised = note->count > 0 && look.good > 0 && csv_advise_missing(judge->r->report, &note->advice, column, &look);
    return true;
}

/* A factor that the best format makes numbers. */
static bool note_format(struct judge *judge, const struct column *column, const struct csv_column *source, struct csv_look look)
{
    struct csv_format format = formats[judge->best], less[] = { judge->now, { format.decimal, judge->now.thousands, false } };
    bool units, sign;
    struct csv_note *note;
    struct csv_advice *advice;

    for (size_t k = 0; k < 2; k++) { /* it needs nothing that other columns need */
        struct csv_look plain = look_both(judge, column, less[k], 1);

        if (plain.explains && plain.bad_count <= look.bad_count) {
            format = less[k];
            look = plain;
            break;
        }
    }
    sign = format.decimal != judge->now.decimal;
    units = look.unit[0] != '\0';
    if (!sign && !units && look.negative == 0 && format.thousands == judge->now.thousands)
        return note_texts(judge, column, source);

    note = csv_note_add(judge->r->report,
                        format.thousands != judge->now.thousands ? CSV_NOTE_THOUSANDS
                        : sign                                   ? CSV_NOTE_DECIMAL
                        : look.negative > 0                      ? CSV_NOTE_NEGATIVE
                                                                 : CSV_NOTE_UNITS,
                        column->name, units ? look.unit : NULL);
    if (note == NULL)
        return false;
    advice = &note->advice;
    note->minus = look.minus;
    note->count = (size_t)look.bad_count;
    note->advised = csv_advise_missing(judge->r->report, advice, column, &look);
    if (!note->advised && (note->other = csv_report_text(judge->r->report, column->levels[look.bad[0]])) == NULL)
        return false;
    advice->decimal = sign ? format.decimal : '\0';
    advice->thousands = format.thousands != judge->now.thousands ? format.thousands : '\0';
    if (advice->thousands == '.' && advice->decimal == ',')
        advice->decimal = '\0'; /* it follows */
    advice->units_in_cells = units || look.negative > 0;
    return !(source->quoted_only && !judge->r->rules.quoted_numbers) || csv_advise_type(judge->r->report, note, "real");
}

/* 0,5 beside 1.234 and 12.345: where all numbers with points may have them between thousands, that reads both. */
static bool note_other(struct judge *judge, const struct column *column)
{
    struct csv_note *note = csv_note_add(judge->r->report, CSV_NOTE_OTHER_DECIMAL, column->name, NULL);
    bool third;

    if (note != NULL && judge->now.decimal == '.' && judge->now.thousands == '\0' && are_perhaps_thousands(judge->frame, &third)
        && third) {
        note->advice.thousands = '.';
        note->advised = true;
    }
    return note != NULL;
}

/* True where a number of the file has a comma that cannot stand between thousands. */
static bool has_decimal_commas(const struct csv_reader *r)
{
    for (size_t j = 0; j < r->column_count; j++)
        if (r->columns[j].decimals)
            return true;
    return false;
}

/* A column that was read with decimal commas, each of which may as well stand between thousands; so in all columns. */
static bool note_grouped(struct judge *judge, size_t j)
{
    const struct csv_reader *r = judge->r;
    struct csv_note *note;

    note = csv_note_add(r->report, CSV_NOTE_GROUPED, judge->frame->columns[j].name, r->columns[j].grouped);
    if (note == NULL)
        return false;
    note->advised = note->optional = true;
    note->advice = (struct csv_advice){ .decimal = '.', .thousands = ',' };
    return true;
}

/* Numbers with marks, in the format of the file, in the one that explains other columns, or in another: "1,020*" is rather a
 * thousand.  *done where it is that.  The advice has the signs that `number` must be told. */
static bool note_marks(struct judge *judge, const struct column *column, bool *done)
{
    struct csv_look look;
    bool limit = false;
    struct csv_format format = judge->now;
    int32_t first = -1;
    struct csv_note *note;

    for (int units = 0; first < 0 && units < 2; units++) /* <1% beside 5% */
        for (int k = -1; first < 0 && k <= FORMATS; k++) {
            if (k == 0 && judge->best < 0)
                continue;
            format = k < 0 ? judge->now : formats[k == 0 ? judge->best : k <= 2 ? 2 - k : k - 1];
            format.units = units > 0;
            first = csv_look_marks(column, &format, skipped(judge, column), &look, &limit);
        }
    *done = first >= 0;
    if (first < 0)
        return true;
    note = csv_note_add(judge->r->report, CSV_NOTE_MARKS, column->name, column->levels[first]);
    if (note == NULL)
        return *done = false;
    note->open = limit;
    note->count = (size_t)look.bad_count;
    note->advice.decimal = format.decimal == '.' ? '\0' : format.decimal;
    note->advice.thousands = format.thousands;
    return look.bad_count == 0 || (note->other = csv_report_text(judge->r->report, column->levels[look.bad[0]])) != NULL;
}

/* A unit that was taken off. */
static bool note_unit(struct csv_report *report, const struct column *column, const struct csv_column *source)
{
    struct csv_note *note;

    if (source->unit[0] == '\0' || column->type == COLUMN_FACTOR)
        return true;
    note = csv_note_add(report, CSV_NOTE_UNIT, column->name, source->unit);
    if (note != NULL)
        note->open = source->scaled;
    return note != NULL;
}

/* Numbers within texts: with marks, or several of them. */
static bool note_within(struct judge *judge, const struct column *column, const struct csv_column *source, bool *done)
{
    return note_marks(judge, column, done) && (*done || csv_note_parts(judge->r, column, source, done));
}

static bool note_column(struct judge *judge, size_t j)
{
    bool done = false;
    const struct column *column = &judge->frame->columns[j];
    const struct csv_column *source = &judge->r->columns[j];
    struct csv_report *report = judge->r->report;
    struct csv_note *note;
    struct csv_look look;

    if (!note_unit(report, column, source))
        return false;
    if (source->like_thousands && !judge->commas && column->type != COLUMN_FACTOR && !note_grouped(judge, j))
        return false;
    if ((column->type == COLUMN_INTEGER || column->type == COLUMN_REAL) && !csv_note_codes(judge->r, judge->frame, column))
        return false;
    if (source->too_long && column->type == COLUMN_FACTOR) {
        note = csv_note_add(report, CSV_NOTE_LONG_INTEGERS, column->name, source->long_integer);
        if (note == NULL)
            return false;
        note->line = source->long_line;
        note->advised = note->optional = true;
        return csv_advise_type(report, note, "real");
    }
    if (source->zeros && column->type == COLUMN_FACTOR) {
        note = csv_note_add(report, CSV_NOTE_ZEROS, column->name, source->padded);
        if (note == NULL)
            return false;
        note->line = source->padded_line;
        note->advised = note->optional = true;
        return csv_advise_type(report, note, "integer");
    }
    if (column->type == COLUMN_DATE || (column->type == COLUMN_FACTOR && !source->forced)) {
        bool ok = csv_note_dates(judge->r, column, source, &done);

        if (!ok || done)
            return ok;
    }
    if (column->type != COLUMN_FACTOR || source->forced)
        return true;
    if (!note_within(judge, column, source, &done))
        return false;
    if (done)
        return true;
    if (judge->best >= 0 && explains(judge, j, judge->best, NULL, NULL)) {
        look = look_both(judge, column, formats[judge->best], 1);
        if (look.explains)
            return note_format(judge, column, source, look);
    }
    if (has_point_thousands(judge, j)) {
        struct judge other = *judge;

        other.best = 3;
        look = look_both(judge, column, formats[other.best], 1);
        if (look.explains)
            return note_format(&other, column, source, look);
    }
    if (has_other_format(judge, j))
        return note_other(judge, column);
    return note_units_differ(judge, column, &done) && (done || note_texts(judge, column, source));
}

/* Texts that are the names of rows of totals are not missing: the rows are none of the data. */
static void prefer_totals(struct csv_report *report)
{
    struct csv_note *totals = NULL;
    size_t kept = 0;

    for (size_t i = 0; i < report->count; i++)
        if (report->notes[i].kind == CSV_NOTE_TOTALS)
            totals = &report->notes[i];
    for (size_t i = 0; totals != NULL && i < report->count; i++) {
        const struct csv_note *note = &report->notes[i];
        bool same = note != totals && (note->kind == CSV_NOTE_TEXT || totals->count > 0) && note->advice.missing_count > 0
                    && note->column != NULL && strcmp(note->column, totals->column) == 0;

        for (int k = 0; same && k < note->advice.missing_count; k++)
            same = csv_is_summary(note->advice.missing[k]);
        totals->optional = totals->optional && !same;
        totals->open = totals->open || same; /* what is left are numbers */
        if (!same)
            report->notes[kept++] = *note;
    }
    report->count = totals == NULL ? report->count : kept;
}

static bool has_note(const struct csv_report *report, enum csv_note_kind kind)
{
    for (size_t i = 0; i < report->count; i++)
        if (report->notes[i].kind == kind)
            return true;
    return false;
}

bool csv_advise(struct csv_reader *r, const struct frame *frame)
{
    struct judge judge = { .r = r, .frame = frame, .now = r->rules.format };
    bool ok = !r->units.failed && csv_note_file(r, frame) && csv_note_totals(r, frame) && csv_note_remark(r, frame)
              && csv_note_merged(r, frame);
    bool made;

    if (ok && (has_note(r->report, CSV_NOTE_QUOTED_LINES) || has_note(r->report, CSV_NOTE_TITLE)))
        return true; /* what looks like a number is a line; or the columns are others */
    judge.pointed = has_decimals(frame);
    judge.commas = has_decimal_commas(r);
    for (size_t j = 1; j < frame->column_count; j++)
        judge.headed = judge.headed || (r->columns[j].generated && !r->options->no_header);
    judge.unit_row = !r->options->unit_row && is_unit_row(&judge);
    if (ok && judge.unit_row && (!csv_note_made_names(r, frame, &made) || made))
        return made && has_note(r->report, CSV_NOTE_TITLE);
    judge.best = best_format(&judge);
    judge.best = prefer_thousands(&judge);
    if (ok && judge.unit_row)
        ok = csv_note_option(r->report, CSV_NOTE_UNIT_ROW, NULL, (struct csv_advice){ .unit_row = true });
    if (ok && judge.unit_row && r->layout.names_line > r->names_line) /* behind # there may be names, or a remark */
        r->report->notes[r->report->count - 1].line = r->names_line;
    for (size_t j = 0; ok && j < frame->column_count; j++) {
        size_t before = r->report->count;

        ok = csv_wanted(r, j) && note_column(&judge, j)
             && (r->report->count > before || r->columns[j].forced || csv_note_missing_levels(r, &frame->columns[j]))
             && (r->report->count > before || csv_note_alike(r, frame, j))
             && (r->report->count > before || csv_note_order(r, frame, j));
    }
    prefer_totals(r->report);
    return ok;
}
