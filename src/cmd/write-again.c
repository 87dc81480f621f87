/* write-again.c -- the commands that make of a file's variables what they were when it was written: levels that no row has, their
 * order, the reference, contrasts. */
#include "cmd/write.h"

#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "cmd/load.h"
#include "cmd/verb.h"

enum { SHOWN_LINES = 12, INDENT = 4 };

/* The level whose rows are missing in the file, or -1; *count gets how many there are. */
static int32_t missing_level(const struct column *column, size_t rows, unsigned losses, int *count)
{
    int32_t found = -1;

    *count = 0;
    for (int32_t l = 0; l < column->level_count; l++)
        if (((losses & LOSES_NA && strcmp(column->levels[l], "NA") == 0)
             || (losses & LOSES_EMPTY && column->levels[l][0] == '\0'))
            && column_has_level(column, NULL, rows, l)) {
            found = l;
            ++*count;
        }
    return found;
}

/* A level as it is read again from a file that drops the blanks behind it: the arena's. */
static const char *without_blanks(struct arena *arena, const char *level)
{
    size_t length = strlen(level);

    while (length > 0 && level[length - 1] == ' ')
        length--;
    return arena_strndup(arena, level, length);
}

/* Whether the variable can become what it was: not where missing rows cannot be told from those of a level, nor two levels from
 * one another. */
static bool can_be_again(struct arena *arena, const struct column *column, size_t rows, unsigned losses)
{
    int count;

    missing_level(column, rows, losses, &count);
    if (count > 1 || (count == 1 && column->missing > 0))
        return false;
    for (int32_t l = 0; losses & LOSES_BLANKS && l < column->level_count; l++) {
        const char *level = without_blanks(arena, column->levels[l]);

        if (level == NULL || level[0] == '\0')
            return false;
        for (int32_t k = 0; k < column->level_count; k++) {
            const char *other = k == l ? NULL : without_blanks(arena, column->levels[k]);

            if (other != NULL && strcmp(other, level) == 0)
                return false;
        }
    }
    return true;
}

/* ` levels="a,b"`, of the levels as they are in the file where `trimmed`. */
static void add_list(struct text *out, struct arena *arena, const char *option, const struct column *column, bool trimmed,
                     size_t width)
{
    const char **levels = arena_alloc(arena, (size_t)column->level_count + 1, sizeof *levels);

    for (int32_t l = 0; levels != NULL && l < column->level_count; l++) {
        levels[l] = trimmed ? without_blanks(arena, column->levels[l]) : column->levels[l];
        if (levels[l] == NULL)
            levels = NULL;
    }
    if (levels == NULL) {
        out->failed = true;
        return;
    }
    text_addf(out, " %s=", option);
    load_add_list(out, levels, (size_t)column->level_count, width, " ");
}

static void add_command(struct result *result, struct value *commands, const char *command)
{
    result->failed = value_append(commands, value_string(result->arena, command)) == NULL || command == NULL || result->failed;
}

/* The commands for one variable. */
static void add_commands(struct result *result, struct value *commands, const struct frame *data, const struct column *column,
                         unsigned losses, int width)
{
    struct arena *arena = result->arena;
    const char *name = verb_name(arena, column->name);
    struct text line = { 0 };
    int count;
    int32_t missing = missing_level(column, data->rows, losses, &count);

    if (name == NULL) {
        result->failed = true;
        return;
    }
    if (missing >= 0)
        add_command(result, commands,
                    arena_printf(arena, "let %s = ifelse(is.na(%s), \"%s\", %s)", name, name, column->levels[missing], name));
    text_addf(&line, "factor %s,", name);
    if (missing >= 0 || losses & (LOSES_ORDER | LOSES_UNUSED | LOSES_BLANKS))
        add_list(&line, arena, "levels", column, losses & LOSES_BLANKS, (size_t)width / 2);
    if (losses & LOSES_BLANKS)
        add_list(&line, arena, "labels", column, false, (size_t)width / 2);
    if (column->reference > 0) {
        text_add(&line, " ref=");
        load_add_word(&line, column->levels[column->reference], false);
    }
    if (!line.failed && line.data[line.length - 1] != ',')
        add_command(result, commands, line.data);
    result->failed = result->failed || line.failed;
    text_clear(&line);
    if (losses & LOSES_CONTRAST)
        add_command(result, commands, arena_printf(arena, "let %s = ordered(%s)", name, name));
}

/* The commands as lines, whole ones only. */
static void show_commands(struct result *result, const struct value *commands, int width)
{
    size_t lines = 0, shown = 0;

    for (const struct value *command = commands->as.list.first; command != NULL; command = command->next) {
        struct text text = { 0 };
        char *line, *next;

        load_break_lines(&text, command->as.string, width - INDENT);
        for (const char *c = text_string(&text); (c = strchr(c, '\n')) != NULL; c++)
            lines++;
        if (text.failed || ++lines > SHOWN_LINES) {
            result->failed = result->failed || text.failed;
            text_clear(&text);
            break;
        }
        for (line = text.data; line != NULL; line = next) {
            next = strchr(line, '\n');
            if (next != NULL)
                *next++ = '\0';
            result_line(result, LINE_VERBATIM, "    %s", line);
        }
        shown++;
        text_clear(&text);
    }
    if (shown < commands->as.list.count)
        result_line(result, LINE_NOTE, "... and %zu more such command%s, in last json; save FILE keeps all without any",
                    commands->as.list.count - shown, commands->as.list.count - shown == 1 ? "" : "s");
}

void write_add_again(struct result *result, const struct call *call, const struct frame *data, const unsigned losses[],
                     const char *types, int width)
{
    struct value *commands = value_array(result->arena);
    struct value *never = value_array(result->arena);
    struct text load = { 0 }, names = { 0 };

    text_add(&load, "load ");
    load_add_word(&load, call->words[0].text, strpbrk(call->words[0].text, "./") == NULL);
    if (types != NULL) {
        text_add(&load, ", types=");
        load_add_word(&load, types, true);
    }
    add_command(result, commands, text_string(&load));
    for (size_t j = 0; j < data->column_count; j++) {
        const struct column *column = &data->columns[j];

        if (column->type == COLUMN_FACTOR && (losses[j] & ~(unsigned)LOSES_TYPE) != 0) {
            if (can_be_again(result->arena, column, data->rows, losses[j]))
                add_commands(result, commands, data, column, losses[j], width);
            else {
                text_addf(&names, "%s%s", names.length == 0 ? "" : ", ", column->name);
                value_append(never, value_string(result->arena, column->name));
            }
        }
    }
    if (names.length > 0) {
        result_value(result, "never", never);
        result_line(result, LINE_NOTE,
                    "the file cannot tell all levels of %s from one another, or from missing: factor with labels= gives other "
                    "names, save FILE keeps these",
                    text_string(&names));
    }
    result->failed = result->failed || commands == NULL || never == NULL || load.failed || names.failed;
    if (!result->failed && commands->as.list.count > 1) {
        result_line(result, LINE_NOTE, "These commands give the data back as they are:");
        show_commands(result, commands, width);
    }
    if (!result->failed && (commands->as.list.count > 1 || types != NULL))
        result_value(result, "again", commands);
    text_clear(&load);
    text_clear(&names);
}
