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

/* Whether the usage asks for so many words: `compare MODEL MODEL...` two or more, `margins [MODEL] VARIABLE` two, that the first
 * be no model for sure, `head [N]` one at most, a number. */
static bool usage_takes(const char *usage, int words, const char *first)
{
    int most = 0, least = 0;
    bool many = false;

    for (const char *token = strchr(usage, ' '), *next; token != NULL; token = next) {
        const char *close = strchr(++token, ']');
        size_t length;

        next = strchr(token, ' ');
        length = next == NULL ? strlen(token) : (size_t)(next - token);
        if (token[0] == '[' && token[1] >= 'a' && token[1] <= 'z' && next != NULL) { /* [as NAME] */
            next = strchr(next + 1, ' ');
            continue;
        }
        if (most++ == 0 && strncmp(token, "KIND", 4) == 0)
            return false; /* the name of a model is none */
        if (token[0] != '[' || (close != NULL && close[1] >= 'A' && close[1] <= 'Z' && close < token + length))
            least = most;
        many = many || (length >= 3 && strstr(token, "...") != NULL && strstr(token, "...") < token + length);
        if (most == 1 && length == 3 && strncmp(token, "[N]", 3) == 0 && words > 0 && (first[0] < '0' || first[0] > '9'))
            return false;
    }
    return words >= least && (many || words <= most);
}

/* Whether the command takes the text of a part as it stands: a formula, a condition, the name of a model. */
static bool takes_text(const char *usage, const char *part, int length)
{
    int depth = 0;
    bool formula = false, plain = true;

    for (int i = 0; i < length; i++) {
        depth += (part[i] == '(') - (part[i] == ')');
        formula = formula || (depth == 0 && part[i] == '~');
        plain = plain && is_name_byte(part[i]);
    }
    if (length == 0 || formula)
        return length == 0 ? strchr(usage, ' ') == NULL || strchr(usage, ' ')[1] == '[' : strstr(usage, "FORMULA") != NULL;
    return strstr(usage, "CONDITION") != NULL || strstr(usage, "EXPRESSION") != NULL || strstr(usage, "TEXT") != NULL
           || (plain && strstr(usage, "MODEL") != NULL);
}

/* A word of a command, or an option with a value of its own, tweedie(1.5), ~x; nothing that R would work out first. */
static bool is_plain(const char *part, int length, bool option)
{
    bool quoted = false, formula = option && memchr(part, '~', (size_t)length) != NULL, number = false;

    for (int i = 0; i < length; i++) {
        quoted ^= part[i] == '"';
        if (quoted)
            continue;
        if (strchr(option ? "$[]{}\\" : "()=~<>$[]{}+*/|&!\\: \t", part[i]) != NULL
            || (number && !formula && strchr("0123456789.)", part[i]) == NULL)
            || (option && part[i] == '(' && i + 1 < length && part[i + 1] == ')'))
            return false;
        number = number || part[i] == '(';
    }
    return length > 0 && !quoted;
}

/* Whether it is an option of the command: a flag, or a name with a sign behind it, `method=ml`. */
static bool is_option(const struct command *command, const char *part, int length)
{
    int end = 0;

    while (end < length && is_name_byte(part[end]))
        end++;
    for (const struct option *o = command->options; end == length && o != NULL && o->name != NULL; o++)
        if (o->type == OPTION_FLAG && strlen(o->name) == (size_t)length && strncmp(o->name, part, (size_t)length) == 0)
            return true;
    return end > 0 && end + 1 < length && part[end] == '=' && part[end + 1] != '=';
}

/* The call without its parentheses, the line's from `end` to `close`, into `said`: where that can be typed. */
static bool say_plain(const char *line, int end, int close, const struct command *command, struct text *said)
{
    int words = 0, options = 0;
    const char *first = line + end + 1;
    bool text = command->arguments == ARGUMENT_TEXT;

    text_add_bytes(said, line, (size_t)end);
    for (int from = end + 1, comma; from < close; from = comma + 1) {
        struct glmm_span part;
        const char *at;
        int length;

        comma = option_comma(line, span_of(from, close));
        part = trim_span(line, span_of(from, comma));
        at = line + part.begin;
        length = part.end - part.begin;
        if ((words > 0 || !text) && is_option(command, at, length)) {
            if (!is_plain(at, length, true))
                return false;
            text_addf(said, "%s%.*s", options++ == 0 ? ", " : " ", length, at);
            continue;
        }
        if (options > 0 || (text && words > 0) || !(text ? takes_text(command->usage, at, length) : is_plain(at, length, false)))
            return false;
        text_addf(said, " %.*s", length, at);
        words++;
    }
    if (text)
        return words > 0 || takes_text(command->usage, "", 0);
    return command->arguments == ARGUMENT_NONE
               ? words == 0
               : command->arguments == ARGUMENT_WORDS && usage_takes(command->usage, words, first);
}

/* `summary(m1)`, `compare(m1, m2)`, as in R: the same without the parentheses where that is a call. */
static void fail_parenthesis(struct call *call, int end, bool prefix, struct glmm_error *err)
{
    const char *line = call->line;
    const struct command *command = call->command;
    int close = trim_span(line, span_of(end, (int)strlen(line))).end - 1, depth = 0;
    struct glmm_error none = { .at = NOWHERE };
    struct text said = { 0 };
    struct call again;

    for (int i = end; i <= close; i++) {
        depth += (line[i] == '(') - (line[i] == ')');
        if (depth == 0 && i < close)
            close = -1; /* something stands behind them */
    }
    fail(err, GLMM_E_SYNTAX, span_of(end, end + 1), "a blank is missing behind `%s`", command->name);
    if (close > 0 && depth == 0 && say_plain(line, end, close, command, &said) && !said.failed
        && call_parse(&again, text_string(&said), prefix, call->arena, &none))
        error_hint(err, "without the parentheses: %s", text_string(&said));
    else
        error_hint(err, "help %s", command->name);
    text_clear(&said);
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
    else if (assigns && command_find("let", strlen("let"), false) != NULL)
        error_hint(err, "a variable is made by: %s NAME = EXPRESSION", "let");
    else if (assigns)
        error_hint(err, "variables are computed in a formula: log(x), I(x^2)");
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
    if (line[end] == '(') {
        fail_parenthesis(call, end, prefix, err);
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

void call_hint_comma(const struct call *call, struct glmm_error *err)
{
    const char *at;
    size_t length;
    int place;

    if (call->command == NULL || call->argument == NULL
        || (err->code != GLMM_E_USAGE && err->code != GLMM_E_NAME && err->code != GLMM_E_SYNTAX)
        || (length = find_option(call, &at)) == 0)
        return;
    place = call->argument_at.begin + (int)(at - call->argument);
    for (bool quoted = false; at[length] != '\0' && (quoted || (at[length] != ' ' && at[length] != '\t')); length++)
        quoted ^= at[length] == '"';
    if (err->at.begin >= 0 && (err->at.end <= place || err->at.begin >= place + (int)length))
        return; /* it is about another place */
    err->hint[0] = '\0';
    error_hint(err, "an option stands behind a comma: `, %.*s`", (int)(length < 60 ? length : 60), at);
}
