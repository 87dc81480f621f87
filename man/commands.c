/* commands.c -- prints the command section of the manual page from the table of commands.
 *
 *     commands             the section
 *     commands --check F   the section must stand in the page F as it is now; says how to renew it otherwise
 *     commands --renew F   prints the page F with the section renewed
 *
 * The section stands between the lines `.\" commands: begin` and `.\" commands: end`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cmd/commands.h"

static const char begin_mark[] = ".\\\" commands: begin\n", end_mark[] = ".\\\" commands: end\n";

/* Adds plain text as roff: a hyphen stays a hyphen, a backslash is one, and no line starts a request by accident. */
static void add_roff(struct text *out, const char *text)
{
    bool line_start = out->length == 0 || out->data[out->length - 1] == '\n';

    for (; *text != '\0'; text++) {
        if (line_start && (*text == '.' || *text == '\''))
            text_add(out, "\\&");
        if (*text == '\\')
            text_add(out, "\\e");
        else if (*text == '-')
            text_add(out, "\\-");
        else
            text_add_char(out, *text);
        line_start = *text == '\n';
    }
}

/* Where an indented line has a wide gap it is an item of a list, its term before the gap; NULL where it has none. */
static char *gap_of(char *line)
{
    return *line == ' ' ? strstr(line + strspn(line, " "), "  ") : NULL;
}

/* Adds paragraphs; a line that is indented is an example and stays as it is, or an item of a list, with which lines that are
 * indented further go on. */
static void add_paragraphs(struct text *out, const char *text)
{
    bool in_list = false;
    size_t indent = 0;

    while (text != NULL && *text != '\0') {
        size_t length = strcspn(text, "\n");
        char *line = strndup(text, length), *gap = gap_of(line);
        bool goes_on = in_list && gap == NULL && strspn(line, " ") > indent;

        if (goes_on) {
            add_roff(out, line + strspn(line, " "));
            text_add(out, "\n");
            free(line);
            text += length + (text[length] == '\n');
            continue;
        }
        indent = strspn(line, " ");
        if ((gap != NULL) != in_list)
            text_add(out, gap != NULL ? ".RS\n" : ".RE\n");
        in_list = gap != NULL;
        if (gap != NULL) {
            *gap = '\0';
            text_add(out, ".TP\n.B ");
            add_roff(out, line + strspn(line, " "));
            text_add(out, "\n");
            add_roff(out, gap + 1 + strspn(gap + 1, " "));
            text_add(out, "\n");
        } else if (length == 0) {
            text_add(out, ".IP\n");
        } else {
            if (*line == ' ')
                text_add(out, ".br\n");
            add_roff(out, line);
            text_add(out, "\n");
        }
        free(line);
        text += length + (text[length] == '\n');
    }
    if (in_list)
        text_add(out, ".RE\n");
}

static void add_options(struct text *out, const struct option *option)
{
    text_add(out, ".RS\n");
    for (; option != NULL && option->name != NULL; option++) {
        text_add(out, ".TP\n.B ");
        add_roff(out, option->name);
        if (option->type != OPTION_FLAG) {
            text_add(out, "=");
            add_roff(out, option->word == NULL ? "VALUE" : option->word);
        }
        text_add(out, "\n");
        add_roff(out, option->help);
        for (const char *const *choice = option->choices; option_lists(option) && *choice != NULL; choice++) {
            text_add(out, choice == option->choices ? " (" : ", ");
            add_roff(out, *choice);
        }
        text_add(out, option_lists(option) ? ")\n" : "\n");
    }
    text_add(out, ".RE\n");
}

static void add_command(struct text *out, const struct command *command)
{
    text_add(out, ".TP\n.B ");
    add_roff(out, command->usage);
    text_add(out, "\n");
    add_roff(out, command->brief);
    text_add(out, ".\n");
    if (command->help != NULL && *command->help != '\0') {
        text_add(out, ".IP\n");
        add_paragraphs(out, command->help);
    }
    if (command->options != NULL)
        add_options(out, command->options);
    for (const struct example *example = command->examples; example != NULL && example->script != NULL; example++) {
        text_add(out, example == command->examples ? ".IP\nExamples:\n.br\n.RS\n.PP\n.nf\n" : "");
        text_add(out, "\\fB");
        add_roff(out, example->script);
        text_add(out, "\\fR\n");
    }
    if (command->examples != NULL && command->examples->script != NULL)
        text_add(out, ".fi\n.RE\n");
}

/* The whole file as one string (malloc). */
static char *read_page(const char *path)
{
    FILE *file = fopen(path, "rb");
    char *text = calloc(1 << 20, 1);

    if (file == NULL || fread(text, 1, (1 << 20) - 1, file) == 0) {
        perror(path);
        exit(1);
    }
    fclose(file);
    return text;
}

int main(int argc, char **argv)
{
    struct text section = { 0 };
    char *page, *begin, *end;
    int status = 0;

    for (size_t i = 0; commands[i] != NULL; i++)
        add_command(&section, commands[i]);
    if (argc != 3) {
        fputs(text_string(&section), stdout);
        text_clear(&section);
        return 0;
    }
    page = read_page(argv[2]);
    begin = strstr(page, begin_mark);
    end = strstr(page, end_mark);
    if (begin == NULL || end == NULL) {
        printf("%s has no marks for the section\n", argv[2]);
        status = 1;
    } else if (strcmp(argv[1], "--renew") == 0) {
        begin += sizeof begin_mark - 1;
        printf("%.*s%s%s", (int)(begin - page), page, text_string(&section), end);
    } else {
        begin += sizeof begin_mark - 1;
        status = (size_t)(end - begin) != section.length || strncmp(begin, text_string(&section), section.length) != 0;
        if (status != 0)
            printf("the commands in the manual are not those of the program: make man-commands renews them\n");
        printf("%d passed, %d failed\n", status == 0, status != 0);
    }
    text_clear(&section);
    free(page);
    return status;
}
