/* call.c -- see call.h. */
#include "shell/call.h"

#include <string.h>

#include "base/text.h"
#include "cmd/commands.h"
#include "cmd/glossary.h"

/* A command's name: `plot-ascii`. */
static bool is_command_byte(char c, bool first)
{
    return is_name_start(c) || (!first && (is_name_byte(c) || c == '-'));
}

int call_name_end(const char *line)
{
    int end = line[0] == '?'; /* `?`, `?BLUP` */

    if (end > 0)
        return end;
    while (is_command_byte(line[end], end == 0))
        end++;
    return end;
}

/* A command in capitals, or a word of R, Stata or SAS or of the output: help has it. */
static bool fail_foreign(const char *line, int end, bool prefix, struct glmm_error *err)
{
    char word[40], lower[sizeof word];
    const char *shown;

    if (end <= 0 || end >= (int)sizeof word || command_candidates(line, (size_t)end, NULL) > 0)
        return false;
    for (int i = 0; i <= end; i++) {
        word[i] = i < end ? line[i] : '\0';
        lower[i] = word[i] >= 'A' && word[i] <= 'Z' ? (char)(word[i] - 'A' + 'a') : word[i];
    }
    shown = command_find(lower, (size_t)end, prefix) != NULL ? lower : NULL;
    if (shown == NULL && glossary_find(word) == NULL)
        return false;
    fail(err, GLMM_E_USAGE, span_of(0, end), "no command `%s`", word);
    if (shown != NULL)
        error_hint(err, "did you mean `%s`?", shown);
    else if (strchr(line, '~') != NULL)
        error_hint(err, "a model is fitted by: fit FORMULA (help %s)", word);
    else
        error_hint(err, "help %s says what is like it here", word);
    return true;
}

/* `\q`, `:quit`, `.help`: as elsewhere. */
static void fail_sign(const char *line, struct glmm_error *err)
{
    int length = line[0] != '\0' && strchr("\\:.!/", line[0]) != NULL ? call_name_end(line + 1) : 0;

    fail(err, GLMM_E_SYNTAX, span_of(0, 1), "a command is expected here");
    if (length > 0 && command_find(line + 1, (size_t)length, false) != NULL)
        error_hint(err, "no sign stands before it: %.*s", length, line + 1);
}

/* What begins with no command: the hint says what was probably meant. */
static bool fail_command(const char *line, int end, bool prefix, struct glmm_error *err)
{
    bool assigns = trim_span(line, span_of(end, (int)strlen(line))).begin == (int)strcspn(line, "=") && strchr(line, '=') != NULL;

    if (fail_foreign(line, end, prefix, err))
        return false;
    if (end == 0)
        fail_sign(line, err);
    else
        command_need(line, (size_t)end, prefix, span_of(0, end), err);
    if (prefix && end > 0 && command_candidates(line, (size_t)end, NULL) > 1)
        return false; /* the message has the candidates */
    if (assigns && strchr(line, '~') != NULL)
        error_hint(err, "a model is named as it is fitted: fit NAME = FORMULA");
    else if (strchr(line, '~') != NULL)
        error_hint(err, "a model is fitted by: fit FORMULA");
    else if (assigns)
        error_hint(err, "a variable is made by: let NAME = EXPRESSION");
    else
        error_hint(err, "help lists the commands");
    return false;
}

static bool parse_arguments(struct call *call, struct glmm_span part, struct glmm_error *err)
{
    const struct command *command = call->command;

    call->argument_at = part;
    call->argument = arena_strndup(call->arena, call->line + part.begin, (size_t)(part.end - part.begin));
    if (call->argument == NULL)
        return fail_memory(err);
    if (command->arguments == ARGUMENT_NONE && part.begin < part.end)
        return fail(err, GLMM_E_USAGE, part, "`%s` takes no arguments", command->name);
    return command->arguments != ARGUMENT_WORDS
           || words_split(call->arena, call->line, part, &call->words, &call->word_count, err);
}

static bool parse_options(struct call *call, struct glmm_span part, bool prefix, struct glmm_error *err)
{
    const struct command *command = call->command;
    void *values = arena_alloc(call->arena, 1, command->options_size + 1);
    struct glmm_span *places = arena_alloc(call->arena, (size_t)option_count(command->options) + 1, sizeof *places);

    if (values == NULL || places == NULL)
        return fail_memory(err);
    if (command->defaults != NULL)
        memcpy(values, command->defaults, command->options_size);
    call->options = values;
    call->option_at = places;
    return options_parse(command->options, command->name, call->line, part, prefix, call->arena, values, places, err);
}

/* `fit --help`, as programs have it. */
static bool asks_for_help(const char *line, struct glmm_span rest)
{
    static const char *const words[] = { "--help", "-h", "-?", "/?" };
    const struct glmm_span part = trim_span(line, rest);
    size_t length = (size_t)(part.end - part.begin);

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (length == strlen(words[i]) && memcmp(line + part.begin, words[i], length) == 0)
            return true;
    return false;
}

bool call_parse(struct call *call, const char *line, bool prefix, struct arena *arena, struct glmm_error *err)
{
    int end = call_name_end(line), length = (int)strlen(line), comma;
    struct glmm_span rest = { end, length };

    memset(call, 0, sizeof *call);
    call->line = line;
    call->arena = arena;
    call->command = end == 0 ? NULL : command_find(line, (size_t)end, prefix);
    if (call->command == NULL)
        return fail_command(line, end, prefix, err);
    if (strcmp(call->command->name, "help") != 0 && asks_for_help(line, rest)) {
        fail(err, GLMM_E_USAGE, trim_span(line, rest), "help is a command");
        error_hint(err, "here it is `help %s`", call->command->name);
        return false;
    }
    if (line[end] == '(') {
        fail(err, GLMM_E_SYNTAX, span_of(end, end + 1), "a blank is missing behind `%.*s`", end, line);
        error_hint(err, "without the parentheses: `%s`", call->command->usage);
        return false;
    }
    comma = call->command->arguments == ARGUMENT_REST ? length : option_comma(line, rest);
    return parse_arguments(call, trim_span(line, span_of(end, comma)), err)
           && parse_options(call, span_of(comma < length ? comma + 1 : length, length), prefix, err);
}

/* Where in `argument` an option of the command stands, by itself outside quotes and parentheses; its length, 0: nowhere.  The
 * first word of a text (let by=..., fit where=...) may be a name that is given. */
static size_t find_option(const struct call *call, const char **at)
{
    const char *argument = call->argument;
    int depth = 0;

    for (size_t i = 0, length; argument[i] != '\0'; i += length > 0 ? length : 1) {
        length = 0;
        if (argument[i] == '"' || argument[i] == '`') {
            const char *end = strchr(argument + i + 1, argument[i]);

            if (end == NULL)
                return 0;
            length = (size_t)(end - argument) + 1 - i;
            continue;
        }
        depth += (argument[i] == '(') - (argument[i] == ')');
        if (depth > 0 || (i > 0 && argument[i - 1] != ' ' && argument[i - 1] != '\t')
            || (i == 0 && call->command->arguments == ARGUMENT_TEXT))
            continue;
        while (is_name_byte(argument[i + length]))
            length++;
        for (const struct option *o = call->command->options; length > 0 && o != NULL && o->name != NULL; o++) {
            char next = argument[i + length];
            bool given = o->type == OPTION_FLAG ? next == ' ' || next == '\0' : next == '=' && argument[i + length + 1] != '=';

            if (strncmp(o->name, argument + i, length) == 0 && o->name[length] == '\0' && given) {
                *at = argument + i;
                return length;
            }
        }
    }
    return 0;
}

/* `by GROUP` behind the words of a command that takes by= alone: the place of `by`, and its GROUP as it can stand behind `by=`;
 * NULL where there is none. */
static const char *find_by(const struct call *call, const char **at)
{
    const struct option *option = option_find(call->command->options, "by");
    const char *argument = call->argument, *by, *group;

    if (option == NULL)
        return NULL;
    for (by = strstr(argument, "by "); by != NULL; by = strstr(by + 1, "by "))
        if (by > argument && by[-1] == ' ')
            break;
    if (by == NULL)
        return NULL;
    *at = by;
    group = by + 2 + strspn(by + 2, " ");
    if (group[0] == '\0')
        return NULL;
    if (option->word != NULL && strchr(option->word, ' ') == NULL) /* by=F: it takes one */
        return arena_printf(call->arena, "by=%.*s", word_end(group, 0, (int)strlen(group), ""), group);
    return arena_printf(call->arena, strchr(group, ' ') == NULL ? "by=%s" : "by=\"%s\"", group);
}

void call_hint_comma(const struct call *call, struct glmm_error *err)
{
    const char *at;
    size_t length;
    int place;

    if (call->command == NULL || call->argument == NULL
        || (err->code != GLMM_E_USAGE && err->code != GLMM_E_NAME && err->code != GLMM_E_SYNTAX))
        return;
    if ((length = find_option(call, &at)) == 0) {
        const char *by = find_by(call, &at);

        place = by == NULL ? 0 : call->argument_at.begin + (int)(at - call->argument);
        if (by != NULL && err->at.begin <= place && place < err->at.end) {
            err->hint[0] = '\0';
            error_hint(err, "an option stands behind a comma: `, %.60s`", by);
        }
        return;
    }
    place = call->argument_at.begin + (int)(at - call->argument);
    for (bool quoted = false; at[length] != '\0' && (quoted || (at[length] != ' ' && at[length] != '\t')); length++)
        quoted ^= at[length] == '"';
    if (err->at.begin >= 0 && (err->at.end <= place || err->at.begin >= place + (int)length))
        return; /* it is about another place */
    err->hint[0] = '\0';
    error_hint(err, "an option stands behind a comma: `, %.*s`", (int)(length < 60 ? length : 60), at);
}

unsigned call_flags(const struct call *call, bool prefix, struct arena *arena)
{
    struct call inner = { 0 };

    if (strcmp(call->command->name, "try") != 0 || !call_parse(&inner, call->argument, prefix, arena, NULL))
        return call->command->flags;
    return call_flags(&inner, prefix, arena);
}
