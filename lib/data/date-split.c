/* date-split.c -- a text as the three parts of a date.  See date-private.h. */
#include <string.h>

#include "data/csv-number.h"
#include "data/date-private.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* The byte of a letter as a small one: of a to z, and of the second byte of À to Þ. */
static unsigned char small_byte(const char *text, size_t i)
{
    unsigned char c = (unsigned char)text[i];

    if (c >= 'A' && c <= 'Z')
        return (unsigned char)(c + 0x20);
    return i > 0 && (unsigned char)text[i - 1] == 0xc3 && c >= 0x80 && c <= 0x9e ? (unsigned char)(c + 0x20) : c;
}

/* Whether the text is that name, or so much of it as a stroke in the name allows: "jan|uary" is Jan and January. */
static bool is_name(const char *text, size_t length, const char *name)
{
    const char *stroke = strchr(name, '|');
    size_t shortest = stroke == NULL ? strlen(name) : (size_t)(stroke - name), at = 0;

    for (; *name != '\0' && at < length; name++)
        if (*name != '|' && small_byte(text, at++) != (unsigned char)*name)
            return false;
    return at == length && (*name == '\0' || (*name == '|' && length == shortest));
}

int date_month_of_name(const char *text, size_t length)
{
    static const char *const months[12][16] = {
        { "jan|uary", "januar", "jänner", "jän", "januari", "janv|ier", "ene|ro", "gen|naio", "janeiro" },
        { "feb|ruary", "februar", "feber", "februari", "févr|ier", "fév", "fevrier", "febrero", "febbraio", "fev|ereiro" },
        { "mar|ch", "märz", "maerz", "mär", "mrz", "maart", "mrt", "mars", "marzo", "março", "marco" },
        { "apr|il", "avr|il", "abr|il", "aprile" },
        { "may", "mai", "mei", "mayo", "mag|gio", "maio" },
        { "jun|e", "juni", "juin", "junio", "giu|gno", "junho" },
        { "jul|y", "juli", "juil|let", "julio", "lug|lio", "julho" },
        { "aug|ust", "augustus", "août", "aout", "ago|sto" },
        { "sep|tember", "sept", "septembre", "septiembre", "setiembre", "set|tembre", "setembro" },
        { "oct|ober", "okt|ober", "octobre", "octubre", "ott|obre", "out|ubro" },
        { "nov|ember", "novembre", "noviembre", "novembro" },
        { "dec|ember", "dez|ember", "déc|embre", "decembre", "dic|iembre", "dicembre", "dezembro" },
    };

    for (int m = 0; m < 12; m++)
        for (int k = 0; k < 16 && months[m][k] != NULL; k++)
            if (is_name(text, length, months[m][k]))
                return m + 1;
    return 0;
}

/* A letter of a month's name; of those of two bytes, each byte. */
static bool is_name_byte(char c)
{
    return is_letter(c) || (unsigned char)c >= 0xc3 || ((unsigned char)c >= 0x80 && (unsigned char)c < 0xc0);
}

/* Behind one of these words, as it stands at the text's begin; the text itself where none does. */
static const char *behind_word(const char *text, const char *end, const char *const words[])
{
    for (; *words != NULL; words++)
        if ((size_t)(end - text) >= strlen(*words) && strncasecmp(text, *words, strlen(*words)) == 0)
            return text + strlen(*words);
    return text;
}

/* Behind what makes a number of a day the so-manieth: 1st, 2nd, 1er, 1º.  A letter behind it is none of it: 3sept. */
static const char *behind_ordinal(const char *text, const char *end)
{
    static const char *const words[] = { "st", "nd", "rd", "th", "er", "\xc2\xba", "\xc2\xb0", NULL };
    const char *behind = behind_word(text, end, words);

    return behind < end && strchr(" ,./-", *behind) != NULL ? behind : text;
}

/* What stands behind the day: nothing, or a time: `T00:00:00.000Z`, ` 12:30`, ` 1:30:00 PM`, ` 1:30:00 PM GMT+2`, `, 1:30:00
 * PM`; behind a month's name also `:12:30:00`, as SAS writes it. */
static bool read_time(const char *text, const char *end, bool named, bool *timed)
{
    int colons = 0;

    if (text == end)
        return true;
    text += end - text > 1 && *text == ',' && text[1] == ' ';
    if ((*text != 'T' && *text != ' ' && !(named && *text == ':')) || text + 1 == end || !is_digit(text[1]))
        return false;
    for (text++; text < end; text++) {
        if (*text == ':')
            colons++;
        else if (!is_digit(*text) && strchr(".Z+- APMapmGTUC", *text) == NULL)
            return false;
        *timed = *timed || (*text >= '1' && *text <= '9') || strchr("APap", *text) != NULL;
    }
    return colons > 0;
}

/* A number of up to four digits, or a month's name. */
static const char *read_part(const char *text, const char *end, struct date_pieces *parts, int part)
{
    const char *from = text;

    if (text < end && is_name_byte(*text) && parts->named < 0) {
        while (text < end && is_name_byte(*text))
            text++;
        parts->named = part;
        parts->number[part] = date_month_of_name(from, (size_t)(text - from));
        return parts->number[part] > 0 ? text : NULL;
    }
    for (; text < end && is_digit(*text) && text - from < 4; text++)
        parts->number[part] = parts->number[part] * 10 + (*text - '0');
    parts->digits[part] = (int)(text - from);
    return text > from ? text : NULL;
}

/* What stands between a part and the next, with a month's name on one side of it perhaps: a sign and blanks; behind a name that
 * is cut short a point before them; a comma between a day and its year; and before a name or behind it "de", "of". */
static const char *read_between(const char *text, const char *end, struct date_pieces *parts, int part)
{
    static const char *const words[] = { "de ", "del ", "di ", "of ", NULL };
    bool named = parts->named == part - 1, spaced = false;
    char separator;

    if (!named)
        text = behind_ordinal(text, end);
    if (named && end - text > 1 && *text == '.' && strchr(" -/", text[1]) != NULL)
        text++;
    if (text == end || (strchr("./- ", *text) == NULL && !(*text == ',' && parts->named >= 0)))
        return text < end && (is_name_byte(*text) || named) ? text : NULL;
    separator = *text == ',' ? ' ' : *text;
    for (text++; text < end && *text == ' '; text++)
        spaced = true;
    if (spaced && separator == '.' && text < end && is_name_byte(*text))
        separator = ' '; /* 3. März 2021 */
    if (part == 2 && parts->separator != separator)
        return NULL;
    parts->separator = separator;
    return separator == ' ' ? behind_word(text, end, words) : text;
}

/* 31.12.2024, 2024-12-31, 31dec2024, 31-Dec-2024, Dec 31, 2024, 31. Dez. 2024, 31 de diciembre de 2024. */
static bool split_plain(const char *text, const char *end, struct date_pieces *parts)
{
    *parts = (struct date_pieces){ .named = -1 };
    for (int part = 0; part < 3; part++)
        if ((part > 0 && (text = read_between(text, end, parts, part)) == NULL)
            || (text = read_part(text, end, parts, part)) == NULL)
            return false;
    return read_time(text, end, parts->named >= 0 && parts->separator != ' ', &parts->timed); /* Jan 25 10:12:11 has no year */
}

static bool is_weekday(const char *text, size_t length)
{
    static const char *const days[] = {
        "mon|day",     "tue|sday",     "tues",         "wed|nesday",  "thu|rsday", "thur",
        "thurs",       "fri|day",      "sat|urday",    "sun|day", /* English */
        "mo|ntag",     "di|enstag",    "mi|ttwoch",    "do|nnerstag", "fr|eitag",  "sa|mstag",
        "so|nntag",    "sonnabend", /* German */
        "lun|di",      "mar|di",       "mer|credi",    "jeu|di",      "ven|dredi", "sam|edi",
        "dim|anche", /* French */
        "lun|es",      "mar|tes",      "mié|rcoles",   "miercoles",   "jue|ves",   "vie|rnes",
        "sáb|ado",     "dom|ingo", /* Spanish */
        "lunedì",      "martedì",      "mercoledì",    "gio|vedì",    "venerdì",   "sab|ato",
        "domenica", /* Italian */
        "seg|unda",    "ter|ça",       "qua|rta",      "qui|nta",     "sex|ta",    "segunda-feira",
        "terça-feira", "quarta-feira", "quinta-feira", "sexta-feira", /* Portuguese */
        "ma|andag",    "dinsdag",      "wo|ensdag",    "donderdag",   "vr|ijdag",  "vrij",
        "za|terdag",   "zo|ndag", /* Dutch */
        "月",          "火",           "水",           "木",          "金",        "土",
        "日",          "월",           "화",           "수",          "목",        "금",
        "토",          "일", /* Japanese, Korean */
        "一",          "二",           "三",           "四",          "五",        "六",
        "星期一",      "星期二",       "星期三",       "星期四",      "星期五",    "星期六",
        "星期日", /* Chinese */
    };

    for (size_t k = 0; k < sizeof days / sizeof *days; k++)
        if (is_name(text, length, days[k]))
            return true;
    return false;
}

/* Behind a day of the week with a point or a comma, and blanks: `Wed, `, `mer. `; the text itself where none stands there. */
static const char *behind_weekday(const char *text, const char *end)
{
    const char *p = text;

    while (p < end && (is_name_byte(*p) || *p == '-'))
        p++;
    if (!is_weekday(text, (size_t)(p - text)))
        return text;
    p += p < end && *p == '.';
    p += p < end && *p == ',';
    if (p == end || *p != ' ')
        return text;
    while (p < end && *p == ' ')
        p++;
    return p;
}

/* Before a day of the week in brackets, ` (Wed)`, and blanks; the end itself where none stands there. */
static const char *before_weekday(const char *text, const char *end)
{
    const char *open = end;

    if (end - text < 4 || end[-1] != ')')
        return end;
    do
        open--;
    while (open > text && *open != '(');
    if (*open != '(' || !is_weekday(open + 1, (size_t)(end - open) - 2))
        return end;
    while (open > text && open[-1] == ' ')
        open--;
    return open;
}

/* `Jan 25 10:12:11 2023`, as the C library and Unix write a time, with a zone before the year or without. */
static bool split_ctime(const char *text, const char *end, struct date_pieces *parts)
{
    const char *time;

    *parts = (struct date_pieces){ .named = -1, .separator = ' ', .timed = true };
    if ((text = read_part(text, end, parts, 0)) == NULL || parts->named != 0)
        return false;
    while (text < end && *text == ' ')
        text++;
    if ((text = read_part(text, end, parts, 1)) == NULL || text == end || *text != ' ')
        return false;
    for (time = ++text; text < end && (is_digit(*text) || *text == ':'); text++)
        ;
    if (text - time < 4 || memchr(time, ':', (size_t)(text - time)) == NULL || text == end || *text++ != ' ')
        return false;
    while (text < end && is_letter(*text))
        text++;
    text += text < end && *text == ' ';
    return read_part(text, end, parts, 2) == end;
}

/* `2023年1月25日`, and the like in Korean: the signs of year, month and day stand behind them. */
static bool split_signs(const char *text, const char *end, struct date_pieces *parts)
{
    static const char *const signs[3][2] = { { "年", "년" }, { "月", "월" }, { "日", "일" } };

    *parts = (struct date_pieces){ .named = -1, .separator = '-' };
    for (int part = 0; part < 3; part++) {
        while (text < end && *text == ' ')
            text++;
        if (text == end || !is_digit(*text) || (text = read_part(text, end, parts, part)) == NULL || end - text < 3
            || (memcmp(text, signs[part][0], 3) != 0 && memcmp(text, signs[part][1], 3) != 0))
            return false;
        text += 3;
    }
    return parts->digits[0] == 4 && read_time(text, end, false, &parts->timed);
}

bool date_split(const char *text, size_t length, struct date_pieces *parts)
{
    const char *end = text + length, *plain;
    bool limit, marked;

    if (split_plain(text, end, parts))
        return true;
    marked = csv_take_marks(&text, &length, &limit) && !limit;
    end = before_weekday(text, text + length);
    plain = behind_weekday(text, end);
    if (limit
        || !(split_plain(text, end, parts) || (plain > text && split_plain(plain, end, parts)) || split_ctime(plain, end, parts)
             || split_signs(text, end, parts)))
        return false;
    parts->marked = marked;
    return true;
}

/* Behind eight digits a time without signs, `T101211Z`, or nothing. */
static bool read_compact_time(const char *text, const char *end)
{
    int digits = 0;

    if (text == end)
        return true;
    if (*text != 'T')
        return false;
    for (text++; text < end && is_digit(*text); text++)
        digits++;
    for (; text < end; text++)
        if (!is_digit(*text) && strchr(".Z+-:", *text) == NULL)
            return false;
    return digits == 4 || digits == 6;
}

bool date_split_digits(const char *text, size_t length, unsigned order, struct date_pieces *parts)
{
    const char *end = text + length;

    if (length < 8 || !read_compact_time(text + 8, end))
        return false;
    *parts = (struct date_pieces){ .named = -1 };
    for (int part = 0; part < 3; part++) {
        int digits = (order == DATE_YMD) == (part == 0) && (order == DATE_YMD || part == 2) ? 4 : 2;

        parts->digits[part] = digits;
        for (; digits > 0; digits--, text++) {
            if (!is_digit(*text))
                return false;
            parts->number[part] = parts->number[part] * 10 + (*text - '0');
        }
    }
    for (; text < end; text++)
        parts->timed = parts->timed || (*text >= '1' && *text <= '9');
    return true;
}
