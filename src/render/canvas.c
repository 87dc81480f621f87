/* canvas.c -- see canvas.h. */
#include "render/canvas.h"

#include <string.h>

#include "base/memory.h"

enum { MAX_ROWS = 1 << 16 };

void canvas_init(struct canvas *canvas, int columns, enum charset charset)
{
    memset(canvas, 0, sizeof *canvas);
    canvas->columns = columns;
    canvas->charset = charset;
}

void canvas_clear(struct canvas *canvas)
{
    mem_free(canvas->cells);
    canvas_init(canvas, canvas->columns, canvas->charset);
}

/* The cell, made if its row is new; NULL outside. */
static struct canvas_cell *cell_at(struct canvas *canvas, int row, int column)
{
    struct canvas_cell *cells;
    int capacity;

    if (row < 0 || row >= MAX_ROWS || column < 0 || column >= canvas->columns || canvas->failed)
        return NULL;
    if (row >= canvas->capacity) {
        capacity = row + 24;
        cells = mem_resize(canvas->cells, (size_t)capacity * (size_t)canvas->columns, sizeof *cells);
        if (cells == NULL) {
            canvas->failed = true;
            return NULL;
        }
        memset(cells + (ptrdiff_t)canvas->capacity * canvas->columns, 0,
               (size_t)(capacity - canvas->capacity) * (size_t)canvas->columns * sizeof *cells);
        canvas->cells = cells;
        canvas->capacity = capacity;
    }
    if (row >= canvas->rows)
        canvas->rows = row + 1;
    return &canvas->cells[(ptrdiff_t)row * canvas->columns + column];
}

static const struct canvas_cell *cell_seen(const struct canvas *canvas, int row, int column)
{
    if (row < 0 || row >= canvas->rows || column < 0 || column >= canvas->columns)
        return NULL;
    return &canvas->cells[(ptrdiff_t)row * canvas->columns + column];
}

/* Puts a character of so many bytes and columns. */
static void put_bytes(struct canvas *canvas, int row, int column, const char *glyph, size_t bytes, int width, unsigned attributes)
{
    struct canvas_cell *cell = cell_at(canvas, row, column), *right = NULL;

    if (cell == NULL || bytes >= sizeof cell->glyph)
        return;
    if (width == 2 && (right = cell_at(canvas, row, column + 1)) == NULL)
        return;
    memcpy(cell->glyph, glyph, bytes);
    cell->glyph[bytes] = '\0';
    cell->attributes = (unsigned char)attributes;
    cell->covered = false;
    if (bytes == 1 && glyph[0] == ' ')
        cell->glyph[0] = '\0';
    if (right != NULL) {
        right->glyph[0] = '\0';
        right->covered = true;
    }
}

void canvas_put(struct canvas *canvas, int row, int column, const char *glyph, unsigned attributes)
{
    put_bytes(canvas, row, column, glyph, strlen(glyph), utf8_width(glyph), attributes);
}

int canvas_text(struct canvas *canvas, int row, int column, const char *string, unsigned attributes)
{
    size_t bytes;
    int width;

    while (*string != '\0') {
        width = 1;
        bytes = utf8_prefix(string, 1); /* a character of one column with the combining marks behind it */
        if (bytes == 0) {
            width = 2;
            bytes = utf8_prefix(string, 2);
        }
        if (bytes == 0)
            break;
        if (bytes < sizeof((struct canvas_cell *)0)->glyph)
            put_bytes(canvas, row, column, string, bytes, width, attributes);
        column += width;
        string += bytes;
    }
    return column;
}

void canvas_dot(struct canvas *canvas, int x, int y, unsigned attributes)
{
    /* Unicode numbers the dots down the left column, then the right, and the lowest row last. */
    static const unsigned char bits[4][2] = { { 0x01, 0x08 }, { 0x02, 0x10 }, { 0x04, 0x20 }, { 0x40, 0x80 } };
    struct canvas_cell *cell;

    if (x < 0 || y < 0)
        return;
    cell = cell_at(canvas, y / 4, x / 2);
    if (cell == NULL)
        return;
    cell->dots |= bits[y % 4][x % 2];
    if (cell->glyph[0] == '\0')
        cell->attributes = (unsigned char)attributes;
}

bool canvas_is_blank(const struct canvas *canvas, int row, int column)
{
    const struct canvas_cell *cell = cell_seen(canvas, row, column);

    return cell == NULL || (cell->glyph[0] == '\0' && cell->dots == 0 && !cell->covered);
}

const char *canvas_glyph(const struct canvas *canvas, int row, int column, char buffer[8])
{
    const struct canvas_cell *cell = cell_seen(canvas, row, column);

    if (cell == NULL || (cell->glyph[0] == '\0' && cell->dots == 0 && !cell->covered))
        return " ";
    if (cell->covered)
        return "";
    if (cell->glyph[0] != '\0')
        return cell->glyph;
    buffer[0] = (char)0xe2; /* U+2800 + dots in UTF-8 */
    buffer[1] = (char)(0xa0 | cell->dots >> 6);
    buffer[2] = (char)(0x80 | (cell->dots & 0x3f));
    buffer[3] = '\0';
    return buffer;
}

const char *attribute_escape(unsigned attributes, char buffer[32])
{
    static const struct {
        unsigned attribute;
        const char *code;
    } codes[] = {
        { ATTRIBUTE_BOLD, "1" },    { ATTRIBUTE_DIM, "2" },   { ATTRIBUTE_RED, "31" },    { ATTRIBUTE_GREEN, "32" },
        { ATTRIBUTE_YELLOW, "33" }, { ATTRIBUTE_CYAN, "36" }, { ATTRIBUTE_REVERSE, "7" },
    };
    char *end = buffer;

    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        if (attributes & codes[i].attribute) {
            end = stpcpy(end, end == buffer ? "\033[" : ";");
            end = stpcpy(end, codes[i].code);
        }
    }
    strcpy(end, end == buffer ? "" : "m");
    return buffer;
}

static void write_row(const struct canvas *canvas, int row, bool color, struct text *out)
{
    char buffer[32];
    unsigned now = 0, wanted;
    int end = canvas->columns;

    while (end > 0 && canvas_is_blank(canvas, row, end - 1))
        end--;
    for (int column = 0; column < end; column++) {
        wanted = canvas_is_blank(canvas, row, column) ? now : cell_seen(canvas, row, column)->attributes;
        if (color && wanted != now && !cell_seen(canvas, row, column)->covered) {
            if (now != 0)
                text_add(out, "\033[0m");
            text_add(out, attribute_escape(wanted, buffer));
            now = wanted;
        }
        text_add(out, canvas_glyph(canvas, row, column, buffer));
    }
    if (now != 0)
        text_add(out, "\033[0m");
    text_add_char(out, '\n');
}

bool canvas_write(const struct canvas *canvas, bool color, struct text *out)
{
    if (canvas->failed)
        return false;
    for (int row = 0; row < canvas->rows; row++)
        write_row(canvas, row, color, out);
    return !out->failed;
}
