/* csv-look.c -- see csv-look.h. */
#include "config.h"
#include "data/csv-look.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#include "data/date.h"

/* An error of a spreadsheet in any language, as `#WERT!` and `#\xc2\xa1VALOR!`: capitals between # and ! or ?. */
static bool is_sheet_error(const char *level)
{
    size_t length = strlen(level);

    if (length < 4 || level[0] != '#' || (level[length - 1] != '!' && level[length - 1] != '?'))
        return false;
    for (size_t i = 1; i + 1 < length; i++)
        if (!(level[i] >= 'A' && level[i] <= 'Z') && strchr("/0_", level[i]) == NULL && (unsigned char)level[i] < 0x80)
            return false;
    return true;
}

/* `:` of Eurostat, with its flags or without: `: c`, `:u`. */
static bool is_eurostat(const char *level)
{
    const char *flags = level + 1 + (level[0] == ':' && level[1] == ' ');

    return level[0] == ':' && strlen(flags) <= 2 && strspn(flags, "abcdefghijklmnopqrstuvwxyz") == strlen(flags);
}

bool csv_says_missing(const char *level)
{
    static const char *const words[] = { ".",        "-",     "--",      "?",       "*",      "NULL",   "null",      "#N/A",
                                         "N/A",      "n/a",   "n.a.",    "na",      "None",   "none",   "missing",   "#DIV/0!",
                                         "#VALUE!",  "#REF!", "#NAME?",  "#NUM!",   "#NULL!", "NaN",    "<NA>",      "(null)",
                                         "\\N",      "NIL",   "n/d",     "N/D",     "k.A.",   "1.#IND", "-1.#IND",   "1.#QNAN",
                                         "-1.#QNAN", "n.d.",  "N.D.",    "ND",      "nd",     "n. d.",  "k. A.",     "n.b.",
                                         "UNK",      "unk",   "unknown", "Unknown", "N.A.",   "n. a.",  "undefined", "..",
                                         "...",      "#NV",   "#N/V",    "#N/D",    "#N/B",   "#YOK",   "#SAKNAS",   "///" };

    if (level[0] == '.' && level[1] >= 'a' && level[1] <= 'z' && level[2] == '\0') /* Stata's .a to .z */
        return true;
    if (is_sheet_error(level) || is_eurostat(level))
        return true;
    for (size_t k = 0; k < sizeof words / sizeof *words; k++) {
        const char *behind = level + strlen(words[k]); /* perhaps a remark: "n/a (see note)" */

        if (strcmp(level, words[k]) == 0 || (strncmp(level, words[k], strlen(words[k])) == 0 && strncmp(behind, " (", 2) == 0))
            return true;
    }
    return false;
}

bool csv_says_missing_always(const char *level)
{
    static const char *const words[] = { "-",  "--", "?",       "*",       "None", "none", "missing",   "na",
                                         "nd", "ND", "unknown", "Unknown", "unk",  "UNK",  "undefined", ":" };

    for (size_t k = 0; k < sizeof words / sizeof *words; k++)
        if (strcmp(level, words[k]) == 0)
            return false;
    return csv_says_missing(level);
}

struct csv_look csv_look(const struct column *column, const struct csv_format *format, const struct csv_format *now, int32_t skip,
                         int32_t step)
{
    struct csv_look look = { 0 };
    char unit[CSV_UNIT];
    double value;
    const struct csv_format plain = { now->decimal, now->thousands, format->units };
    bool bare = false;

    for (int32_t l = 0; l < column->level_count && look.bad_count <= CSV_ADVISED_TEXTS; l += step) {
        const char *level = column->levels[l];
        size_t length = strlen(level);
        bool good;

        if (l == skip)
            continue;
        unit[0] = '\0';
        good = csv_number(format, level, length, &value, unit);
        bare = bare || (good && unit[0] == '\0' && value != 0.0);
        if (good && unit[0] != '\0') {
            good = look.unit[0] == '\0' || strcmp(look.unit, unit) == 0;
            if (good)
                memcpy(look.unit, unit, sizeof unit);
        }
        if (good) {
            char minus = csv_minus_of(level, length);

            look.good++;
            look.negative += minus != '\0';
            look.minus = look.minus == '\0' ? minus : look.minus;
            look.formatted += !csv_number(now, level, length, &value, unit);
            look.needed = look.needed || !csv_number(&plain, level, length, &value, unit);
        } else {
            look.bad[look.bad_count++] = l;
            look.strange += !csv_says_missing(level);
            look.contrary = look.contrary || csv_number(now, level, length, &value, unit);
        }
    }
    look.explains = look.bad_count <= CSV_ADVISED_TEXTS && look.good >= CSV_LEAST * look.strange && look.good > 0
                    && look.formatted > 0 && !look.contrary && look.negative < look.good && !(look.unit[0] == '%' && bare);
    return look;
}

/* Flags behind numbers, as far as they were seen. */
struct flags {
    char first[CSV_FLAG];
    int count;
    bool differ, spans; /* all may be units of time */
};

static void add_flag(struct flags *flags, const char *flag)
{
    if (flags->count == 0)
        strcpy(flags->first, flag);
    flags->differ = flags->differ || strcmp(flags->first, flag) != 0;
    flags->spans = (flags->spans || flags->count == 0) && (strcmp(flag, "d") == 0 || strcmp(flag, "s") == 0);
    flags->count++;
}

/* A level as a number with marks: *beyond: it is a limit; *flag: with a flag, "" without one.  With units all have one. */
static bool read_marked(const char *text, const struct csv_format *format, double *value, char unit[CSV_UNIT], bool *beyond,
                        char flag[CSV_FLAG])
{
    size_t length = strlen(text);
    bool marked = csv_take_marks(&text, &length, beyond);

    flag[0] = '\0';
    if (marked && csv_number(format, text, length, value, unit))
        return true;
    return csv_take_flag(text, &length, flag) && csv_number(format, text, length, value, unit);
}

/* Whether units agree: of all that have one, and with % none is without. */
static bool agree(const char unit[CSV_UNIT], char all[CSV_UNIT], bool *bare)
{
    *bare = *bare || unit[0] == '\0';
    if (unit[0] != '\0' && all[0] != '\0' && strcmp(unit, all) != 0)
        return false;
    if (unit[0] != '\0')
        memcpy(all, unit, CSV_UNIT);
    return !(all[0] == '%' && *bare);
}

int32_t csv_look_marks(const struct column *column, const struct csv_format *format, int32_t skip, struct csv_look *look,
                       bool *limit)
{
    struct flags flags = { .count = 0 };
    int32_t first = -1;
    bool bare = false;
    double value;

    *look = (struct csv_look){ 0 };
    *limit = false;
    for (int32_t l = 0; l < column->level_count && look->bad_count <= CSV_ADVISED_TEXTS; l++) {
        const char *text = column->levels[l];
        char unit[CSV_UNIT] = "", flag[CSV_FLAG] = "";
        bool beyond = false, good = false, marked = false;

        if (l == skip)
            continue;
        if (csv_number(format, text, strlen(text), &value, unit))
            good = true;
        else if (read_marked(text, format, &value, unit, &beyond, flag))
            marked = true;
        else if (csv_says_missing(text))
            look->bad[look->bad_count++] = l;
        else
            return -1;
        if ((good || marked) && (!agree(unit, look->unit, &bare) || csv_minus_of(text, strlen(text)) == '('))
            return -1; /* (4) beside 5* is perhaps no -4 */
        look->good += good;
        first = marked && (first < 0 || (beyond && !*limit)) ? l : first;
        *limit = *limit || beyond;
        if (flag[0] != '\0')
            add_flag(&flags, flag);
    }
    if (look->bad_count > CSV_ADVISED_TEXTS || (flags.count > 0 && (!flags.differ || flags.spans)))
        return -1;
    return look->good >= (*limit ? CSV_LEAST : flags.count > 1 ? 0 : 1) ? first : -1;
}

/* A number with a decimal point or comma, perhaps between thousands, with a unit or without. */
static bool is_number(const char *text, size_t length)
{
    static const struct csv_format formats[] = { { '.', ',', true }, { ',', '.', true },  { '.', ' ', true },
                                                 { ',', ' ', true }, { '.', '\'', true }, { ',', '\'', true } };
    char unit[CSV_UNIT];
    double value;

    for (size_t f = 0; f < sizeof formats / sizeof *formats; f++)
        if (csv_number(&formats[f], text, length, &value, unit) && isfinite(value))
            return true;
    return false;
}

/* What stands before a number that is about right: ~12, ca. 12. */
static size_t about_length(const char *text)
{
    static const char *const words[] = { "~", "\xe2\x89\x88", "ca.", "ca", "c.", "about", "approx.", "approx" };

    for (size_t k = 0; k < sizeof words / sizeof *words; k++)
        if (strncasecmp(text, words[k], strlen(words[k])) == 0)
            return strlen(words[k]) + strspn(text + strlen(words[k]), " ");
    return 0;
}

/* 12-13: two numbers with a line between. */
static bool is_range(const char *text)
{
    static const char line[] = "\xe2\x80\x93";
    const char *between = strchr(text, '-') != NULL ? strchr(text, '-') : strstr(text, line);
    size_t sign = between == NULL || *between == '-' ? 1 : sizeof line - 1,
           before = between == NULL ? 0 : (size_t)(between - text);
    const char *behind = between == NULL ? "" : between + sign + strspn(between + sign, " ");

    while (before > 0 && text[before - 1] == ' ')
        before--;
    return before > 0 && is_number(text, before) && *behind >= '0' && *behind <= '9' && is_number(behind, strlen(behind));
}

/* 5..1, O.5, 2D4: a number but for a slip of the keys. */
static bool is_slip(const char *text)
{
    text += *text == '-' || *text == '+';
    return strpbrk(text, "0123456789") != NULL && strspn(text, "0123456789.,OolIDE") == strlen(text);
}

/* A date, a number of another format, with a unit or with a mark, about a number, or from one to another: it was measured, and is
 * not missing. */
static bool is_value(const char *level)
{
    size_t length = strlen(level);
    const char *text = level + about_length(level);
    int32_t date;
    bool limit;

    if (is_number(text, strlen(text)) || is_range(text) || is_slip(text))
        return true;
    if (csv_take_marks(&level, &length, &limit) && is_number(level, length))
        return true;
    return length >= 6 && strspn(level, "0123456789") < length && date_read(level, length, DATE_ANY, true, &date);
}

bool csv_advise_missing(struct csv_report *report, struct csv_advice *advice, const struct column *column,
                        const struct csv_look *look)
{
    enum { LONGEST = 60 };

    for (int i = 0; i < look->bad_count; i++) {
        const char *level = column->levels[look->bad[i]];

        if (strnlen(level, LONGEST + 1) > LONGEST || is_value(level))
            return false;
    }
    for (int i = 0; i < look->bad_count; i++) {
        advice->missing[i] = csv_report_text(report, column->levels[look->bad[i]]);
        if (advice->missing[i] == NULL)
            return false;
    }
    advice->missing_count = look->bad_count;
    return true;
}
