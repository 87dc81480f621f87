/* read-xlsx.c -- a sheet of an Excel workbook.  See foreign.h.
 *
 * A workbook is a zip archive of XML files: xl/workbook.xml names the sheets, its .rels say in which files they are,
 * xl/sharedStrings.xml has the texts, xl/styles.xml says which numbers are dates.  The sheet becomes a table of text, a line a
 * row, so that skip= counts rows of the sheet. */
#include "config.h"
#include "data/foreign.h"

#if defined HAVE_LIBARCHIVE && defined HAVE_EXPAT

#include <expat.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/memory.h"
#include "base/text.h"
#include "data/date.h"

enum { MOST_COLUMNS = 16384, MOST_SHEETS = 1000, FROM_1900 = -25569, FROM_1904 = -24107, PIECE = 1 << 16 };

/* A number's format; a time of day is a number, the share of a day. */
enum shown { SHOWN_NUMBER, SHOWN_DATE };

struct sheet {
    const char *name, *id, *path;
    bool hidden;
};

/* Cells that have no value: how many, and where the first of them is. */
struct unread {
    size_t count;
    long row, column;
    char text[16]; /* what it has */
};

struct workbook {
    const struct foreign *file;
    struct glmm_error *err;
    struct arena *arena;
    XML_Parser parser;
    bool ok;

    struct sheet *sheets;
    size_t sheet_count;
    bool from_1904;

    char *strings; /* the shared ones, one behind the other, each ended by a zero byte */
    size_t strings_used, strings_capacity, *string, string_count, string_capacity;
    bool in_phonetic;

    unsigned char *custom; /* of number formats, by their id from 164 on: enum shown */
    size_t custom_count;
    unsigned char *style; /* of cell styles */
    size_t style_count, style_capacity, custom_capacity;
    bool in_styles;

    struct text value; /* of the cell */
    bool in_value;
    char type[16]; /* of the cell: s, str, inlineStr, b, e, n, d */
    size_t cell_style;
    bool has_formula; /* the cell */
    struct unread errors, formulas;
    long row, column; /* of the cell, from 1; the last written ones */
    long written_row, written_column, columns, merged;
    struct text table;
};

static bool stop(struct workbook *w)
{
    w->ok = false;
    XML_StopParser(w->parser, XML_FALSE);
    return false;
}

static bool stop_memory(struct workbook *w)
{
    fail_memory(w->err);
    return stop(w);
}

/* --- XML ---------------------------------------------------------------------------------------- */

static const char *attribute(const char **attributes, const char *name)
{
    for (; attributes[0] != NULL; attributes += 2)
        if (strcmp(attributes[0], name) == 0)
            return attributes[1];
    return NULL;
}

/* The name of an element without its prefix. */
static const char *local(const char *name)
{
    const char *colon = strrchr(name, ':');

    return colon == NULL ? name : colon + 1;
}

/* Parses a file of the archive; what is not there is no error unless `needed`. */
static bool parse(struct workbook *w, const char *path, bool needed, XML_StartElementHandler start, XML_EndElementHandler end,
                  XML_CharacterDataHandler text)
{
    size_t count = 0, at = 0;
    char *bytes = packed_entry(w->file, path, &count, w->err);

    if (bytes == NULL && w->err->code != GLMM_OK)
        return false;
    if (bytes == NULL)
        return !needed
               || foreign_fail(w->file, w->err, "it is no workbook that Excel would open: %.200s is missing", path) != NULL;
    w->parser = XML_ParserCreate(NULL);
    if (w->parser == NULL) {
        mem_free(bytes);
        return fail_memory(w->err);
    }
    XML_SetUserData(w->parser, w);
    XML_SetElementHandler(w->parser, start, end);
    XML_SetCharacterDataHandler(w->parser, text);
    w->ok = true;
    while (w->ok && at <= count) {
        size_t piece = count - at < PIECE ? count - at : PIECE;
        bool last = at + piece == count;

        if (XML_Parse(w->parser, bytes + at, (int)piece, last) == XML_STATUS_ERROR && w->ok)
            w->ok =
                foreign_fail(w->file, w->err, "%.200s in it is damaged: %s", path, XML_ErrorString(XML_GetErrorCode(w->parser)))
                != NULL;
        at += piece;
        if (w->ok && !progress_tell(w->file->progress, "byte", (double)at, (double)count, (double)NAN))
            w->ok = fail(w->err, GLMM_E_INTERRUPT, NOWHERE, "reading %s was stopped", w->file->label);
        if (last)
            break;
    }
    XML_ParserFree(w->parser);
    mem_free(bytes);
    return w->ok;
}

/* --- the sheets --------------------------------------------------------------------------------- */

static void XMLCALL workbook_start(void *context, const char *name, const char **attributes)
{
    struct workbook *w = context;
    const char *text, *id = NULL;

    name = local(name);
    if (strcmp(name, "workbookPr") == 0) {
        text = attribute(attributes, "date1904");
        w->from_1904 = text != NULL && (strcmp(text, "1") == 0 || strcmp(text, "true") == 0);
    }
    if (strcmp(name, "sheet") != 0 || w->sheet_count == MOST_SHEETS)
        return;
    for (const char **a = attributes; a[0] != NULL; a += 2)
        if (strcmp(local(a[0]), "id") == 0 && strchr(a[0], ':') != NULL)
            id = a[1];
    text = attribute(attributes, "name");
    if (text == NULL || id == NULL)
        return;
    w->sheets[w->sheet_count].name = arena_strdup(w->arena, text);
    w->sheets[w->sheet_count].id = arena_strdup(w->arena, id);
    text = attribute(attributes, "state");
    w->sheets[w->sheet_count].hidden = text != NULL && strcmp(text, "visible") != 0;
    w->sheet_count++;
    if (arena_failed(w->arena))
        stop_memory(w);
}

static void XMLCALL relation_start(void *context, const char *name, const char **attributes)
{
    struct workbook *w = context;
    const char *id = attribute(attributes, "Id"), *target = attribute(attributes, "Target");

    if (strcmp(local(name), "Relationship") != 0 || id == NULL || target == NULL)
        return;
    for (size_t k = 0; k < w->sheet_count; k++)
        if (strcmp(w->sheets[k].id, id) == 0)
            w->sheets[k].path = target[0] == '/' ? arena_strdup(w->arena, target + 1) : arena_printf(w->arena, "xl/%s", target);
    if (arena_failed(w->arena))
        stop_memory(w);
}

static const struct sheet *choose_sheet(struct workbook *w)
{
    const char *wanted = w->file->options->sheet, **names = arena_alloc(w->arena, w->sheet_count + 1, sizeof *names);
    const struct sheet *found = NULL;
    size_t count = 0;

    if (names == NULL) {
        fail_memory(w->err);
        return NULL;
    }
    for (size_t k = 0; k < w->sheet_count; k++) {
        const struct sheet *sheet = &w->sheets[k];

        if (wanted != NULL && strcmp(sheet->name, wanted) == 0)
            found = sheet;
        if (sheet->hidden)
            continue;
        names[count++] = sheet->name;
        found = wanted == NULL ? sheet : found;
    }
    if (found == NULL || (wanted == NULL && count > 1)) {
        foreign_fail_choice(w->file, "sheet", wanted, names, count, w->err);
        return NULL;
    }
    if (found->path == NULL)
        foreign_fail(w->file, w->err, "the sheet %.60s is nowhere in it", found->name);
    return found->path == NULL ? NULL : found;
}

/* --- texts -------------------------------------------------------------------------------------- */

static void XMLCALL strings_start(void *context, const char *name, const char **attributes)
{
    struct workbook *w = context;
    void *strings = w->string;

    (void)attributes;
    name = local(name);
    if (strcmp(name, "si") == 0) {
        if (!mem_grow(&strings, &w->string_capacity, w->string_count + 1, sizeof *w->string)) {
            stop_memory(w);
            return;
        }
        w->string = strings;
        w->string[w->string_count++] = w->strings_used;
    }
    w->in_phonetic = w->in_phonetic || strcmp(name, "rPh") == 0;
    w->in_value = strcmp(name, "t") == 0 && !w->in_phonetic && w->string_count > 0;
}

static bool add_bytes(struct workbook *w, const char *bytes, size_t count)
{
    void *strings = w->strings;

    if (!mem_grow(&strings, &w->strings_capacity, w->strings_used + count, 1))
        return stop_memory(w);
    w->strings = strings;
    memcpy(w->strings + w->strings_used, bytes, count);
    w->strings_used += count;
    return true;
}

static void XMLCALL strings_end(void *context, const char *name)
{
    struct workbook *w = context;

    name = local(name);
    w->in_value = false;
    if (strcmp(name, "rPh") == 0)
        w->in_phonetic = false;
    if (strcmp(name, "si") == 0)
        add_bytes(w, "", 1);
}

static void XMLCALL strings_text(void *context, const char *text, int length)
{
    struct workbook *w = context;

    if (w->in_value && w->ok)
        add_bytes(w, text, (size_t)length);
}

/* --- formats ------------------------------------------------------------------------------------ */

/* A format with a day or a year is one of dates: quoted texts and [...] say nothing. */
static enum shown shown_by(const char *code)
{
    for (; *code != '\0' && *code != ';'; code++) {
        if (*code == '"' || *code == '[') {
            const char *end = strchr(code + 1, *code == '"' ? '"' : ']');

            if (end == NULL)
                break;
            code = end;
        } else if (*code == '\\' && code[1] != '\0') {
            code++;
        } else if (strchr("dDyY", *code) != NULL) {
            return SHOWN_DATE;
        }
    }
    return SHOWN_NUMBER;
}

static enum shown shown_by_id(const struct workbook *w, long id)
{
    if (id >= 14 && id <= 17)
        return SHOWN_DATE;
    if (id == 22 || (id >= 27 && id <= 36) || (id >= 50 && id <= 58))
        return SHOWN_DATE;
    return id >= 164 && (size_t)(id - 164) < w->custom_count ? (enum shown)w->custom[id - 164] : SHOWN_NUMBER;
}

static bool set_byte(struct workbook *w, unsigned char **bytes, size_t *count, size_t *capacity, size_t place, enum shown value)
{
    void *wider = *bytes;

    if (!mem_grow(&wider, capacity, place + 1, 1))
        return stop_memory(w);
    *bytes = wider;
    for (; *count <= place; ++*count)
        (*bytes)[*count] = SHOWN_NUMBER;
    (*bytes)[place] = (unsigned char)value;
    return true;
}

static void XMLCALL styles_start(void *context, const char *name, const char **attributes)
{
    struct workbook *w = context;
    const char *id = attribute(attributes, "numFmtId"), *code = attribute(attributes, "formatCode");
    long number = id == NULL ? 0 : strtol(id, NULL, 10);

    name = local(name);
    if (strcmp(name, "cellXfs") == 0)
        w->in_styles = true;
    else if (strcmp(name, "numFmt") == 0 && code != NULL && number >= 164 && number < 100000)
        set_byte(w, &w->custom, &w->custom_count, &w->custom_capacity, (size_t)number - 164, shown_by(code));
    else if (strcmp(name, "xf") == 0 && w->in_styles)
        set_byte(w, &w->style, &w->style_count, &w->style_capacity, w->style_count, shown_by_id(w, number));
}

static void XMLCALL styles_end(void *context, const char *name)
{
    if (strcmp(local(name), "cellXfs") == 0)
        ((struct workbook *)context)->in_styles = false;
}

/* --- cells -------------------------------------------------------------------------------------- */

/* "AB12" -> 28 and 12; what is not there stays. */
static void read_place(const char *text, long *column, long *row)
{
    long number = 0;

    for (; *text >= 'A' && *text <= 'Z' && number <= MOST_COLUMNS; text++)
        number = number * 26 + (*text - 'A' + 1);
    if (number > 0)
        *column = number;
    if (*text >= '1' && *text <= '9')
        *row = strtol(text, NULL, 10);
}

static void XMLCALL sheet_start(void *context, const char *name, const char **attributes)
{
    struct workbook *w = context;
    const char *text;

    name = local(name);
    if (strcmp(name, "row") == 0) {
        w->row++;
        w->column = 0;
        text = attribute(attributes, "r");
        if (text != NULL)
            w->row = strtol(text, NULL, 10);
    } else if (strcmp(name, "c") == 0) {
        w->column++;
        if ((text = attribute(attributes, "r")) != NULL)
            read_place(text, &w->column, &w->row);
        text = attribute(attributes, "t");
        strncpy(w->type, text == NULL ? "n" : text, sizeof w->type - 1);
        text = attribute(attributes, "s");
        w->cell_style = text == NULL ? 0 : strtoul(text, NULL, 10);
        text_truncate(&w->value, 0);
        w->in_phonetic = w->has_formula = false;
        if (w->column > MOST_COLUMNS || w->row > 1048576 || w->row < w->written_row
            || (w->row == w->written_row && w->column <= w->written_column)) {
            foreign_fail(w->file, w->err, "its cells are in no order");
            stop(w);
        }
    } else if (strcmp(name, "rPh") == 0) {
        w->in_phonetic = true;
    } else {
        w->has_formula = w->has_formula || strcmp(name, "f") == 0;
        w->in_value = (strcmp(name, "v") == 0 || strcmp(name, "t") == 0) && !w->in_phonetic;
    }
}

static void XMLCALL sheet_text(void *context, const char *text, int length)
{
    struct workbook *w = context;

    if (w->in_value)
        text_add_bytes(&w->value, text, (size_t)length);
}

/* A serial number of a day as a date, with its time where it has one. */
static void add_date(struct workbook *w, double serial)
{
    long seconds = lround((serial - floor(serial)) * 86400.0);
    double day = floor(serial) + (w->from_1904 ? FROM_1904 : FROM_1900) + (!w->from_1904 && serial < 60.0);
    char buffer[40];

    if (seconds == 86400) { /* a midnight less the rounding of its making */
        day++;
        seconds = 0;
    }

    if (!(day >= DATE_FIRST && day <= DATE_LAST)) {
        text_add(&w->table, text_string(&w->value));
        return;
    }
    text_add(&w->table, date_text((int32_t)day, buffer));
    if (seconds > 0)
        text_addf(&w->table, " %02ld:%02ld:%02ld", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

/* A number as it is; one of too many digits (0.30000000000000004) is what its double reads as. */
static void add_number(struct workbook *w)
{
    const char *text = text_string(&w->value);
    enum shown shown = w->cell_style < w->style_count ? (enum shown)w->style[w->cell_style] : SHOWN_NUMBER;
    double x;

    if (w->value.length == 0)
        return;
    if (!parse_number(text, w->value.length, &x))
        foreign_add_cell(&w->table, text, w->value.length);
    else if (shown == SHOWN_DATE && x >= 0.0)
        add_date(w, x);
    else
        text_add(&w->table, text);
}

static void count_unread(struct workbook *w, struct unread *unread)
{
    ptrdiff_t cut;

    if (unread->count++ > 0)
        return;
    unread->row = w->row;
    unread->column = w->column;
    snprintf(unread->text, sizeof unread->text, "%s", text_string(&w->value));
    cut = utf8_invalid(unread->text, strlen(unread->text));
    if (cut >= 0) /* between characters */
        unread->text[cut] = '\0';
}

static void add_cell(struct workbook *w)
{
    const char *text = text_string(&w->value);
    size_t index = strtoul(text, NULL, 10);

    if (strcmp(w->type, "s") == 0) {
        if (index < w->string_count && w->value.length > 0)
            foreign_add_cell(&w->table, w->strings + w->string[index], strlen(w->strings + w->string[index]));
    } else if (strcmp(w->type, "str") == 0 || strcmp(w->type, "inlineStr") == 0) {
        foreign_add_cell(&w->table, text, w->value.length);
    } else if (strcmp(w->type, "b") == 0) {
        text_add(&w->table, text[0] == '1' ? "TRUE" : text[0] == '0' ? "FALSE" : "");
    } else if (strcmp(w->type, "d") == 0) {
        text_add_bytes(&w->table, text, strcspn(text, "\",\n"));
    } else if (strcmp(w->type, "e") != 0) {
        add_number(w);
    } else if (strcmp(text, "#N/A") != 0) { /* which means missing */
        count_unread(w, &w->errors);
    }
}

static void end_row(struct workbook *w)
{
    for (; w->written_column > 0 && w->written_column < w->columns; w->written_column++)
        text_add_char(&w->table, ',');
    text_add_char(&w->table, '\n');
}

static void XMLCALL sheet_end(void *context, const char *name)
{
    struct workbook *w = context;

    name = local(name);
    w->in_value = false;
    if (strcmp(name, "rPh") == 0)
        w->in_phonetic = false;
    if (w->value.failed && w->ok)
        stop_memory(w);
    if (strcmp(name, "c") == 0 && w->ok && w->columns > 0 && w->has_formula && w->value.length == 0
        && strcmp(w->type, "str") != 0)
        count_unread(w, &w->formulas);
    if (strcmp(name, "c") != 0 || !w->ok || (w->value.length == 0 && strcmp(w->type, "inlineStr") != 0))
        return;
    if (w->columns == 0 || w->row < 1) { /* the first pass measures */
        w->merged = w->column > w->merged ? w->column : w->merged;
        w->written_row = w->row;
        w->written_column = w->column;
        return;
    }
    for (; w->written_row < w->row; w->written_row++) {
        if (w->written_row > 0)
            end_row(w);
        w->written_column = 0;
    }
    for (; w->written_column + 1 < w->column; w->written_column++)
        text_add(&w->table, w->written_column > 0 ? "," : "");
    text_add(&w->table, w->written_column > 0 ? "," : "");
    add_cell(w);
    w->written_column = w->column;
    if (w->table.failed || w->value.failed)
        stop_memory(w);
}

/* Twice: how wide it is, and what is in it. */
static bool read_sheet(struct workbook *w, const char *path)
{
    if (!parse(w, path, true, sheet_start, sheet_end, sheet_text))
        return false;
    if (w->merged == 0)
        return foreign_fail(w->file, w->err, "the sheet is empty") != NULL;
    w->columns = w->merged;
    w->row = w->column = w->written_row = w->written_column = 0;
    if (!parse(w, path, true, sheet_start, sheet_end, sheet_text))
        return false;
    end_row(w);
    return true;
}

static void clear_workbook(struct workbook *w)
{
    mem_free(w->strings);
    mem_free(w->string);
    mem_free(w->custom);
    mem_free(w->style);
    text_clear(&w->value);
    text_clear(&w->table);
    arena_free(w->arena);
}

/* Says which cells have no value, by the name of the first: AB12. */
static bool note_unread(struct workbook *w, enum csv_note_kind kind, const struct unread *unread)
{
    struct csv_report *report = w->file->options->report;
    struct csv_note *note;
    char place[32];
    int at = sizeof place - 1;

    if (unread->count == 0 || report == NULL)
        return true;
    at -= snprintf(place, 16, "%ld", unread->row);
    memmove(place + at, place, sizeof place - 1 - (size_t)at);
    place[sizeof place - 1] = '\0';
    for (long column = unread->column; column > 0; column = (column - 1) / 26)
        place[--at] = (char)('A' + (column - 1) % 26);
    note = csv_note_add(report, kind, NULL, unread->text);
    if (note == NULL || (note->other = csv_report_text(report, place + at)) == NULL)
        return fail_memory(w->err);
    note->count = unread->count;
    return true;
}

struct frame *workbook_read(const struct foreign *file, struct glmm_error *err)
{
    struct glmm_error own = { 0 };
    struct workbook w = { .file = file, .err = err == NULL ? &own : err, .arena = arena_new() };
    const struct sheet *sheet = NULL;
    struct frame *frame = NULL;
    bool ok;

    w.sheets = w.arena == NULL ? NULL : arena_alloc(w.arena, MOST_SHEETS, sizeof *w.sheets);
    ok = w.sheets != NULL || fail_memory(w.err);
    ok = ok && parse(&w, "xl/workbook.xml", true, workbook_start, NULL, NULL)
         && parse(&w, "xl/_rels/workbook.xml.rels", true, relation_start, NULL, NULL) && (sheet = choose_sheet(&w)) != NULL
         && parse(&w, "xl/sharedStrings.xml", false, strings_start, strings_end, strings_text)
         && parse(&w, "xl/styles.xml", false, styles_start, styles_end, NULL) && read_sheet(&w, sheet->path);
    if (ok)
        frame = foreign_read_text(file, &w.table, w.err);
    if (frame != NULL
        && !(note_unread(&w, CSV_NOTE_CELL_ERRORS, &w.errors) && note_unread(&w, CSV_NOTE_CELL_FORMULAS, &w.formulas))) {
        frame_free(frame);
        frame = NULL;
    }
    clear_workbook(&w);
    return frame;
}

#else

typedef int workbook_reader_is_absent;

#endif
