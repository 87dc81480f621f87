/* attenuation-table.c -- the numbers of `view attenuation`: the means at each point and, of levels, the steps from the
 * reference. */
#include <math.h>
#include <string.h>

#include "cmd/views/attenuation.h"
#include "cmd/views/rows.h"
#include "result/number.h"

enum { TABLE_COLUMNS = 6, NAME_LEAST = 8, NAME_MOST = 40 };

struct column_of_numbers {
    const char *heading;
    const double *values;
    int decimals, width;
    bool of_steps; /* from the reference, which itself has none */
};

static void add_column(struct column_of_numbers *columns, int *count, const char *heading, const double *values, size_t n,
                       int digits)
{
    struct column_of_numbers *c = &columns[*count];
    char buffer[NUMBER_SIZE];

    if (values == NULL)
        return;
    *c = (struct column_of_numbers){ heading, values, number_decimals(values, n, digits), (int)strlen(heading), false };
    for (size_t i = 0; i < n; i++) {
        int width = (int)strlen(number_fixed(buffer, values[i], c->decimals));

        c->width = width > c->width ? width : c->width;
    }
    ++*count;
}

/* The columns, the most important ones first: those that find no room are left out. */
static bool make_columns(const struct attenuation_view *view, struct arena *arena, struct column_of_numbers *columns, int *count)
{
    const struct curves *c = &view->curves;
    int digits = view->session->settings.digits;
    double *steps = c->names == NULL ? NULL : arena_alloc(arena, 3 * c->count + 1, sizeof *steps);

    *count = 0;
    add_column(columns, count, "typical", c->typical, c->count, digits);
    add_column(columns, count, "population", c->mean, c->count, digits);
    add_column(columns, count, "naive", c->naive, c->count, digits);
    if (c->names == NULL)
        return true;
    for (size_t i = 0; steps != NULL && i < c->count; i++) {
        bool same = i == c->reference;

        steps[i] = same ? (double)NAN : curves_step(c, c->fit->beta, i);
        steps[c->count + i] = same ? (double)NAN : curves_step(c, view->projection.marginal, i);
        steps[2 * c->count + i] = steps[i] == 0 ? (double)NAN : steps[c->count + i] / steps[i];
    }
    if (steps != NULL) {
        add_column(columns, count, "conditional", steps, c->count, digits);
        add_column(columns, count, "marginal", steps + c->count, c->count, digits);
        add_column(columns, count, "ratio", steps + 2 * c->count, c->count, digits);
        columns[*count - 1].of_steps = columns[*count - 2].of_steps = columns[*count - 3].of_steps = true;
    }
    return steps != NULL;
}

/* The levels' names, or the values with common decimals; the arena's. */
static const char **make_names(const struct curves *c, struct arena *arena, int digits, int *width)
{
    const char **names = arena_alloc(arena, c->count, sizeof *names);
    int decimals = c->names != NULL ? 0 : number_decimals(c->x, c->count, digits);
    char buffer[NUMBER_SIZE];

    for (size_t i = 0; names != NULL && i < c->count; i++) {
        names[i] = c->names != NULL ? c->names[i] : arena_strdup(arena, number_fixed(buffer, c->x[i], decimals));
        if (names[i] == NULL)
            return NULL;
        *width = utf8_width(names[i]) > *width ? utf8_width(names[i]) : *width;
    }
    return names;
}

/* A name in its column, at the left where it is a level, with dots where it is longer. */
static bool put_name(struct canvas *canvas, struct arena *arena, int row, int width, const char *name, bool left)
{
    int own = utf8_width(name);

    if (own <= width)
        return rows_text(canvas, arena, row, 2 + (left ? 0 : width - own), name, 0);
    return rows_text(canvas, arena, row, 2, arena_printf(arena, "%.*s\xe2\x80\xa6", (int)utf8_prefix(name, width - 3), name), 0);
}

static bool put_line_of(const struct attenuation_view *view, struct canvas *canvas, struct arena *arena, int row, int column,
                        const struct column_of_numbers *columns, int count, size_t item)
{
    bool ok = true;

    for (int j = 0; ok && j < count; j++) {
        char buffer[NUMBER_SIZE];
        const char *words = number_fixed(buffer, columns[j].values[item], columns[j].decimals);

        column += 2;
        if (columns[j].width + column > canvas->columns)
            break;
        if (isnan(columns[j].values[item]))
            words = columns[j].of_steps && item == view->curves.reference ? "" : "-";
        ok = rows_text(canvas, arena, row, column + columns[j].width - (int)strlen(words), words, 0);
        column += columns[j].width;
    }
    return ok;
}

bool attenuation_put_table(const struct attenuation_view *view, struct canvas *canvas, struct arena *arena, int row)
{
    const struct list *list = &view->list;
    const struct curves *c = &view->curves;
    struct column_of_numbers columns[TABLE_COLUMNS] = { { 0 } };
    const char *heading = c->predictor.column->name, **names;
    int count, width = utf8_width(heading), column = 2, room;
    bool ok = make_columns(view, arena, columns, &count)
              && (names = make_names(c, arena, view->session->settings.digits, &width)) != NULL;

    if (!ok)
        return false;
    room = canvas->columns - 2 - columns[0].width - columns[1].width - 4;
    width = width > room ? room : width;
    width = width > NAME_MOST ? NAME_MOST : width < NAME_LEAST && NAME_LEAST <= room ? NAME_LEAST : width;
    ok = put_name(canvas, arena, row, width, heading, c->names != NULL);
    for (int j = 0, at = 2 + width; ok && j < count && at + 2 + columns[j].width <= canvas->columns; j++) {
        at += 2 + columns[j].width;
        ok = rows_text(canvas, arena, row, at - (int)strlen(columns[j].heading), columns[j].heading, ATTRIBUTE_BOLD);
    }
    for (int i = 0; ok && i < list->page && list->top + (size_t)i < list->count; i++) {
        size_t item = list->order[list->top + (size_t)i];
        bool here = list->top + (size_t)i == list->cursor;

        ok = put_name(canvas, arena, row + 1 + i, width, names[item], c->names != NULL)
             && put_line_of(view, canvas, arena, row + 1 + i, column + width, columns, count, item);
        if (!ok || !here)
            continue;
        canvas_put(canvas, row + 1 + i, 0, ">", ATTRIBUTE_BOLD);
        for (int j = 2; j < canvas->columns && row + 1 + i < canvas->rows; j++)
            canvas->cells[(ptrdiff_t)(row + 1 + i) * canvas->columns + j].attributes |= ATTRIBUTE_REVERSE;
    }
    return ok;
}
