/* text.c -- the text format: what a person reads, never wider than the width.
 *
 * Tables stand between blank lines; lines and rows of fields follow each other closely.  A table that is too wide first
 * narrows its columns of words (their cells are wrapped), then is split into groups of columns, each with the first column
 * in front: nothing is cut. */
#include <math.h>
#include <string.h>

#include "base/progress.h"
#include "render/cells.h"
#include "render/draw.h"
#include "render/fold.h"
#include "render/formats.h"
#include "render/listing.h"
#include "render/text-table.h"
#include "render/wrap.h"

enum { FIELD_GAP = 3, ROWS_A_LOOK = 256 };

static const char BOLD[] = "\033[1m", DIM[] = "\033[2m", RED[] = "\033[31m", GREEN[] = "\033[32m", YELLOW[] = "\033[33m",
                  NORMAL[] = "\033[0m";

enum block { BLOCK_NONE, BLOCK_LINE, BLOCK_TABLE };

struct sheet {
    struct text *out;
    struct arena *arena; /* for what is needed while rendering only */
    const struct style *style;
    enum block last; /* what stands above */
    bool blank;      /* a blank line is due before the next block */
    size_t rows;     /* of tables, so far */
};

/* --- lines ------------------------------------------------------------------------------------ */

static void begin_block(struct sheet *s, enum block kind, bool apart)
{
    if (s->last != BLOCK_NONE && (s->blank || apart))
        text_add_char(s->out, '\n');
    s->blank = false;
    s->last = kind;
}

/* Writes one line in a colour ("" for none), without blanks at its end. */
static void put_line(struct sheet *s, const char *color, int indent, const char *words, size_t bytes)
{
    while (bytes > 0 && words[bytes - 1] == ' ')
        bytes--;
    if (bytes > 0) {
        text_repeat(s->out, " ", indent);
        if (s->style->color)
            text_add(s->out, color);
        text_add_bytes(s->out, words, bytes);
        if (s->style->color && color[0] != '\0')
            text_add(s->out, NORMAL);
    }
    text_add_char(s->out, '\n');
}

/* Where the wrapped rest of an indented line stands: below the words behind its first wide gap, as in a list of terms, else below
 * its first word. */
static int hang_of_list(const char *line, int width)
{
    size_t indent = strspn(line, " ");

    for (size_t i = indent; line[i] != '\0'; i++) {
        if (line[i] == ' ' && line[i + 1] == ' ') {
            int column = utf8_width_n(line, i + strspn(line + i, " "));

            return column <= width / 2 ? column : (int)indent;
        }
    }
    return (int)indent;
}

/* Bytes up to a command that stands behind a colon to be typed, up to the end of the words or a semicolon, where the break at
 * `bytes` would tear it and a line of `columns` holds it; else `bytes`. */
static size_t before_command(const struct sheet *s, const char *words, size_t bytes, int columns)
{
    if (words[bytes] == '\0')
        return bytes;
    for (const char *colon = strstr(words, ": "); colon != NULL && colon + 1 < words + bytes; colon = strstr(colon + 2, ": ")) {
        const char *command = colon + 2;
        size_t length = wrap_command(command, s->style->is_command);

        if (command + length > words + bytes && utf8_width_n(command, length) <= columns)
            return (size_t)(colon + 1 - words);
    }
    return bytes;
}

/* Wraps a paragraph; lines after the first are indented by `hang`.  A line break in the text starts a new line. */
static void put_paragraph(struct sheet *s, const char *color, const char *words, int hang)
{
    size_t end, bytes;
    int indent = 0, rest;
    char *line;

    do {
        end = strcspn(words, "\n");
        line = arena_strndup(s->arena, words, end);
        if (line == NULL) {
            s->out->failed = true;
            return;
        }
        words += end;
        rest = line[0] == ' ' && hang == 0 ? hang_of_list(line, s->style->width) : hang;
        do {
            bytes = wrap_at(line, s->style->width - indent);
            bytes = before_command(s, line, bytes, s->style->width - rest);
            put_line(s, color, indent, line, bytes);
            line += bytes;
            line += strspn(line, " ");
            indent = rest;
        } while (*line != '\0');
        indent = hang;
    } while (*words++ == '\n' && *words != '\0');
}

/* Where the words behind "fit: " start, so that wrapped lines stand below them; a line that names a model first, `m1   y ~ x`,
 * goes on indented, as a title. */
static int hang_of(const char *words)
{
    size_t first = strcspn(words, " ");
    const char *colon = strstr(words, ": ");
    int columns = colon == NULL ? 0 : utf8_width_n(words, (size_t)(colon - words)) + 2;

    if (first > 0 && strncmp(words + first, "   ", 3) == 0)
        return 2;
    return columns > 0 && columns <= 16 && first == (size_t)(colon - words + 1) ? columns : 0;
}

/* The words behind one command of `next: one | another (x | g) | third`: its end, a bar outside of parentheses. */
static const char *command_end(const char *words)
{
    int depth = 0;

    for (; *words != '\0'; words++) {
        depth += (*words == '(') - (*words == ')');
        if (depth <= 0 && strncmp(words, " | ", 3) == 0)
            break;
    }
    return words;
}

/* Commands to be typed, wrapped between them: one that fits a line stays on one. */
static void put_next(struct sheet *s, const char *words)
{
    enum { HANG = 6 };
    char *line = arena_strndup(s->arena, words, strlen(words)), *item = line;
    int column = 0, width;

    if (line == NULL) {
        s->out->failed = true;
        return;
    }
    while (*item != '\0') {
        size_t bytes = (size_t)(command_end(item) - item);
        bool last = item[bytes] == '\0';

        width = utf8_width_n(item, bytes) + (last ? 0 : 2);
        if (column > HANG && column + 1 + width > s->style->width) {
            item[-1] = '\n';
            column = HANG - 1;
        }
        column += 1 + width;
        item += bytes + (last ? 0 : 3);
    }
    put_paragraph(s, DIM, line, HANG);
}

static const char *verdict_color(const char *words)
{
    if (strstr(words, "not converged") != NULL)
        return RED;
    return strncmp(words, "fit: ok", 7) == 0 ? GREEN : YELLOW;
}

/* Lines as their author laid them out; one that is too long for the width is wrapped between words, for the terminal would break
 * it anywhere. */
static void put_verbatim(struct sheet *s, const char *words)
{
    words = listing_fitted(s->arena, words, s->style->width);
    if (words == NULL) {
        s->out->failed = true;
        return;
    }
    do {
        size_t end = strcspn(words, "\n");

        if (utf8_width_n(words, end) <= s->style->width || end == 0) {
            text_add_bytes(s->out, words, end);
            text_add_char(s->out, '\n');
        } else {
            const char *line = arena_strndup(s->arena, words, end);

            if (line == NULL)
                s->out->failed = true;
            else
                put_paragraph(s, "", line, 0);
        }
        words += end;
    } while (*words++ == '\n' && *words != '\0');
}

static void put_role(struct sheet *s, enum line_role role, const char *words)
{
    switch (role) {
    case LINE_TITLE:
        begin_block(s, BLOCK_LINE, s->last != BLOCK_NONE);
        put_paragraph(s, BOLD, words, 2);
        break;
    case LINE_TEXT:
    case LINE_NOTE:
        begin_block(s, BLOCK_LINE, role == LINE_TEXT && s->last == BLOCK_TABLE);
        put_paragraph(s, "", words, hang_of(words));
        break;
    case LINE_VERDICT:
        begin_block(s, BLOCK_LINE, s->last == BLOCK_TABLE);
        put_paragraph(s, verdict_color(words), words, hang_of(words));
        break;
    case LINE_NEXT:
        if (!s->style->hints)
            break;
        begin_block(s, BLOCK_LINE, false);
        if (strncmp(words, "next:", 5) != 0)
            words = arena_printf(s->arena, "next: %s", words);
        if (words == NULL)
            s->out->failed = true;
        else
            put_next(s, words);
        break;
    case LINE_BLANK:
        s->blank = s->last != BLOCK_NONE;
        break;
    case LINE_VERBATIM:
        begin_block(s, BLOCK_LINE, s->last == BLOCK_TABLE);
        put_verbatim(s, words);
        break;
    }
}

/* Words as the terminal may see them: no controls but line breaks (and tabs, where the author laid the lines out). */
static const char *shown_words(struct sheet *s, const char *words, bool verbatim)
{
    words = without_controls(s->arena, words, verbatim ? "\n\t" : "\n");
    return words != NULL && s->style->charset == CHARSET_ASCII ? fold_ascii(s->arena, words, false) : words;
}

static bool put_words(struct sheet *s, const struct item *item)
{
    const char *words = shown_words(s, item->as.line, item->role == LINE_VERBATIM);

    if (words == NULL)
        return false;
    put_role(s, item->role, words);
    return true;
}

/* --- fields ----------------------------------------------------------------------------------- */

/* `label value   label value`, wrapped between fields; a field without a value is left out. */
static bool put_fields(struct sheet *s, const struct item *item)
{
    int column = 0, width;
    const char *value, *words;

    for (const struct field *field = item->as.fields.first; field != NULL; field = field->next) {
        if (field->label == NULL || field->cell.state != CELL_SET)
            continue;
        value = field_string(s->arena, field, s->style->digits);
        words = value == NULL ? NULL : arena_printf(s->arena, "%s%s%s", field->label, field->label[0] == '\0' ? "" : " ", value);
        words = words == NULL ? NULL : shown_words(s, words, false);
        if (words == NULL)
            return false;
        width = utf8_width(words);
        if (column == 0) {
            begin_block(s, BLOCK_LINE, s->last == BLOCK_TABLE);
        } else if (column + FIELD_GAP + width > s->style->width) {
            text_add_char(s->out, '\n');
            column = 0;
        } else {
            text_repeat(s->out, " ", FIELD_GAP);
            column += FIELD_GAP;
        }
        if (width > s->style->width) {
            put_paragraph(s, "", words, hang_of(words));
            text_truncate(s->out, s->out->length - 1);
            width = s->style->width;
        } else {
            text_add(s->out, words);
        }
        column += width;
    }
    if (column > 0)
        text_add_char(s->out, '\n');
    return true;
}

/* --- tables ----------------------------------------------------------------------------------- */

/* The column that stands behind column j, in a part that begins at `begin` behind the columns that name the row. */
static size_t next_column(const struct text_table *t, size_t j, size_t begin)
{
    return j + 1 == t->name_count ? begin : j + 1;
}

/* How narrow a column may become. */
enum narrowing { HEADINGS_IN_TWO_LINES, NAMES_IN_TWO_LINES, HEADINGS, WORDS, BROKEN };

static int least_width(const struct text_column *c, enum narrowing how)
{
    switch (how) {
    case HEADINGS_IN_TWO_LINES:
        return c->words ? c->width : c->headed;
    case NAMES_IN_TWO_LINES:
        return c->words ? c->headed : c->width;
    case HEADINGS:
        return c->words ? c->width : c->least;
    case WORDS:
        return c->words ? c->whole : c->width;
    default:
        return c->words ? c->least : c->width;
    }
}

/* With the heading in two lines, unless it is narrower already. */
static int narrowed_width(const struct text_column *c)
{
    int least = least_width(c, HEADINGS_IN_TWO_LINES);

    return c->width < least ? c->width : least;
}

/* Width of the columns that name the row and of [begin, end), these as narrow as headings in two lines where so asked. */
static int group_width(const struct text_table *t, size_t begin, size_t end, bool narrowed)
{
    int width = -t->columns[0].gap;

    for (size_t j = 0; j < end; j = next_column(t, j, begin))
        width += t->columns[j].gap + (narrowed && j >= begin ? narrowed_width(&t->columns[j]) : t->columns[j].width);
    return width;
}

/* Takes up to `over` columns off the columns [begin, end) by wrapping, the widest column first. */
static int narrow(struct text_table *t, size_t begin, size_t end, enum narrowing how, int over)
{
    while (over > 0) {
        struct text_column *widest = NULL;

        for (size_t j = begin; j < end; j++) {
            struct text_column *c = &t->columns[j];

            if (c->width > least_width(c, how) && (widest == NULL || c->width > widest->width))
                widest = c;
        }
        if (widest == NULL)
            break;
        widest->width--;
        over--;
    }
    return over;
}

/* Takes up to `over` blanks from between the columns, one a gap. */
static int tighten(struct text_table *t, int over)
{
    for (size_t j = t->column_count - 1; j > 0 && over > 0; j--) {
        if (t->columns[j].gap == 0)
            continue;
        t->columns[j].gap--;
        over--;
    }
    return over;
}

/* Widths of the columns that name the row where the table is split anyway: no call in them is broken that has room beside the
 * widest of the others. */
static void widen_names(struct text_table *t, int width)
{
    int widest = 0, least = t->columns[0].least > width / 2 ? t->columns[0].least : width / 2;

    for (size_t j = t->name_count; j < t->column_count; j++) {
        int needs = t->columns[j].gap + narrowed_width(&t->columns[j]);

        widest = needs > widest ? needs : widest;
    }
    for (size_t j = 1; j < t->name_count; j++)
        widest += t->columns[j].gap + t->columns[j].width;
    if (t->columns[0].whole > least && t->columns[0].whole + widest <= width)
        least = t->columns[0].whole;
    if (t->columns[0].width > least)
        t->columns[0].width = least;
}

/* Narrows the columns so that the whole table fits, if that can be done: headings first, in two lines as far as that will do,
 * then words, then the gaps; where that is not enough, calls in names are broken before the gaps. */
static void fit_columns(struct text_table *t, int width)
{
    int over = group_width(t, t->name_count, t->column_count, false) - width, gaps = (int)t->column_count - 1, room = gaps;

    for (size_t j = 0; j < t->column_count; j++)
        room += t->columns[j].width - t->columns[j].least;
    if (over > room) {
        widen_names(t, width);
        return;
    }
    for (int how = HEADINGS_IN_TWO_LINES; how <= WORDS; how++)
        over = narrow(t, 0, t->column_count, (enum narrowing)how, over);
    if (over > gaps)
        over = narrow(t, 0, t->column_count, BROKEN, over);
    tighten(t, over);
}

/* Lines that the words take when they are wrapped to a width. */
static int lines_of(const char *words, int width)
{
    int lines = 0;

    do {
        words += wrap_at(words, width);
        words += strspn(words, " ");
        lines++;
    } while (*words != '\0');
    return lines;
}

/* What is still to be put of a cell. */
struct wrapped {
    const char *rest;
    int skip; /* lines that stay empty first */
    int hang; /* blanks before its lines after the first */
};

/* Puts line `line` of a row; false once nothing is left of it.  The cells are those of the columns as they follow each other. */
static bool put_cells(struct sheet *s, const struct text_table *t, struct wrapped *cells, size_t begin, size_t end, int line)
{
    size_t from = s->out->length;
    bool more = false;

    for (size_t j = 0; j < end; j = next_column(t, j, begin)) {
        const struct text_column *c = &t->columns[j];
        struct wrapped *cell = &cells[j < t->name_count ? j : j - begin + t->name_count];
        int hang = line > cell->skip ? cell->hang : 0;
        size_t bytes = line < cell->skip ? 0 : wrap_at(cell->rest, c->width - hang);
        const char *words = arena_strndup(s->arena, cell->rest, bytes);

        if (words == NULL) {
            s->out->failed = true;
            return false;
        }
        cell->rest += bytes;
        if (bytes > 0)
            cell->rest += strspn(cell->rest, " ");
        more = more || *cell->rest != '\0';
        text_repeat(s->out, " ", hang + (j > 0 ? c->gap : 0));
        text_add_padded(s->out, words, c->width - hang, c->left);
    }
    text_trim(s->out, from);
    return more;
}

/* One row (row < 0: the headings, which stand at the bottom of their lines) of the columns that name it and of [begin, end). */
static bool put_row(struct sheet *s, const struct text_table *t, ptrdiff_t row, size_t begin, size_t end)
{
    size_t names = t->name_count, count = names + (begin < end ? end - begin : 0);
    struct wrapped *cells = arena_alloc(s->arena, count, sizeof *cells);
    bool bold = s->style->color && row < 0, more = true;
    int lines = 1;

    if (cells == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct text_column *c = &t->columns[i < names ? i : begin + i - names];

        cells[i].rest = row < 0 ? c->heading : c->cells[row];
        cells[i].hang = c->words && row >= 0 ? (int)strspn(cells[i].rest, " ") : 0;
        if (cells[i].hang + 4 > c->width)
            cells[i].hang = 0;
        cells[i].skip = row < 0 ? lines_of(cells[i].rest, c->width) : 1;
        lines = cells[i].skip > lines ? cells[i].skip : lines;
    }
    for (size_t i = 0; i < count; i++)
        cells[i].skip = row < 0 ? lines - cells[i].skip : 0;
    for (int line = 0; more && !s->out->failed; line++) {
        text_add(s->out, bold ? BOLD : "");
        more = put_cells(s, t, cells, begin, end, line);
        text_add(s->out, bold ? NORMAL : "");
        text_add_char(s->out, '\n');
    }
    return !s->out->failed;
}

static bool put_group(struct sheet *s, const struct text_table *t, size_t begin, size_t end)
{
    bool headed = false;

    for (size_t j = 0; j < end; j = next_column(t, j, begin))
        headed = headed || t->columns[j].heading[0] != '\0';
    if (headed && !put_row(s, t, -1, begin, end))
        return false;
    for (size_t i = 0; i < t->row_count; i++) {
        if (++s->rows % ROWS_A_LOOK == 0 && !progress_tell(s->style->progress, "laying out", 0.0, 0.0, (double)NAN))
            return false;
        if (!put_row(s, t, (ptrdiff_t)i, begin, end))
            return false;
    }
    return true;
}

/* The end of the group of columns that begins at `begin`: as many as fit, but none is torn from the one before that it belongs
 * to. */
static size_t group_end(const struct text_table *t, size_t begin, int width)
{
    size_t end, whole;

    for (end = begin; end < t->column_count && (end == begin || group_width(t, begin, end + 1, true) <= width); end++)
        ;
    for (whole = end; whole > begin && whole < t->column_count && t->columns[whole].joined; whole--)
        ;
    return whole > begin ? whole : end;
}

/* Splits the columns into groups that fit: headings in two lines before one part more. */
static bool put_groups(struct sheet *s, struct text_table *t)
{
    int width = s->style->width;
    size_t begin = t->name_count, end;
    int over;

    if (group_width(t, begin, t->column_count, false) > width)
        fit_columns(t, width);
    do {
        end = group_end(t, begin, width);
        if (begin > t->name_count)
            text_add_char(s->out, '\n');
        over = narrow(t, begin, end, HEADINGS_IN_TWO_LINES, group_width(t, begin, end, false) - width);
        if (end == begin + 1 && over > 0)
            t->columns[begin].width -= over;
        if (!put_group(s, t, begin, end))
            return false;
        begin = end;
    } while (begin < t->column_count);
    return true;
}

static bool put_table(struct sheet *s, const struct table *table)
{
    struct text_table t;
    const char *remark, *title = table->title;

    if (!text_table_build(s->arena, table, s->style, &t))
        return false;
    if (t.column_count == 0)
        return true;
    begin_block(s, BLOCK_TABLE, true);
    if (title != NULL && (title = shown_words(s, title, false)) == NULL)
        return false;
    if (title != NULL && strcmp(title, t.columns[0].heading) != 0)
        put_paragraph(s, BOLD, title, 2);
    if (!put_groups(s, &t))
        return false;
    if (t.row_count == 0)
        put_paragraph(s, DIM, "(no rows)", 0);
    remark = cut_remark(s->arena, table);
    if (remark != NULL)
        put_paragraph(s, DIM, remark, 0);
    return true;
}

static bool put_plot(struct sheet *s, const struct plot *plot)
{
    begin_block(s, BLOCK_TABLE, s->last != BLOCK_NONE);
    return plot_draw(plot, s->style, s->out);
}

bool render_text(const struct result *result, const struct style *style, struct text *out)
{
    struct sheet s = { .out = out, .style = style, .arena = arena_new() };
    const struct item *next = NULL; /* the last of them stands below all else: what is added to a result comes behind its own */
    bool ok = s.arena != NULL;

    for (const struct item *item = result->first; ok && item != NULL; item = item->next) {
        if (item->kind == ITEM_LINE && item->role == LINE_NEXT)
            next = item;
        else if (item->kind == ITEM_LINE)
            ok = put_words(&s, item);
        else if (item->kind == ITEM_FIELDS)
            ok = put_fields(&s, item);
        else if (item->kind == ITEM_TABLE)
            ok = put_table(&s, item->as.table);
        else if (item->kind == ITEM_PLOT)
            ok = put_plot(&s, item->as.plot);
    }
    if (ok && next != NULL)
        ok = put_words(&s, next);
    arena_free(s.arena);
    return ok && !out->failed;
}
