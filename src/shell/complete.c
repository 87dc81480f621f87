/* complete.c -- what the Tab key offers.
 *
 * First the place: which command the cursor is in, and whether it stands in its name, an argument, an option's name or value.
 * Then the word: the bytes before the cursor that a candidate replaces.  Then the names that begin with it, exactly, or else
 * ignoring case. */
#include "config.h"
#include "shell/complete.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "base/text.h"
#include "cmd/commands.h"
#include "result/result.h"
#include "session/session.h"
#include "cmd/plots/plots.h"
#include "lang/words.h"
#include "shell/complete-files.h"
#include "shell/complete-names.h"
#include "shell/complete-values.h"

enum { DEPTH_LIMIT = 8 }; /* `try try try ...` */

/* --- the place -------------------------------------------------------------------------------- */

/* What is open at the cursor. */
struct scan {
    size_t begin; /* of the command */
    bool comment;
    char quote; /* `"` or a backquote, and where it opened */
    size_t quote_at;
    int depth;
};

static struct scan scan_line(const char *line, size_t cursor)
{
    struct scan scan = { 0 };
    char last = '\0'; /* that is no blank */
    size_t i;

    for (i = 0; i < cursor; i++) {
        char c = line[i];

        if (scan.comment) {
            if (c != '\n')
                continue;
            scan.comment = false;
        }
        if (scan.quote != '\0') {
            if (c == scan.quote)
                scan.quote = '\0';
            else if (c == '\\' && scan.quote == '"')
                i++;
        } else if (c == '"' || c == '`') {
            scan.quote = c;
            scan.quote_at = i;
        } else if (c == '#')
            scan.comment = true;
        else if (c == '(' || c == '{')
            scan.depth++;
        else if ((c == ')' || c == '}') && scan.depth > 0)
            scan.depth--;
        else if ((c == ';' || (c == '\n' && (last == '\0' || strchr("\\+-*:/~,", last) == NULL))) && scan.depth == 0)
            scan.begin = i + 1;
        last = word_blank(c) ? last : c;
    }
    return scan;
}

/* Where the name before the cursor begins, an open backquote included. */
static size_t name_begin(const char *line, size_t from, size_t cursor, const struct scan *scan)
{
    if (scan->quote == '`' && scan->quote_at >= from)
        return scan->quote_at;
    while (cursor > from && is_name_byte(line[cursor - 1]))
        cursor--;
    return cursor;
}

/* Where the blank-delimited word before the cursor begins, an open quote included; *index counts the whole words before it. */
static size_t word_begin(const char *line, size_t from, size_t cursor, int *index)
{
    int at = (int)from, end;

    *index = 0;
    for (;;) {
        while (at < (int)cursor && seek_blank(line[at]))
            at++;
        end = word_end(line, at, (int)cursor, "");
        if (end >= (int)cursor)
            return (size_t)at;
        at = end;
        ++*index;
    }
}

/* --- arguments -------------------------------------------------------------------------------- */

/* True where the cursor stands right of the bar in `(1 | `. */
static bool after_bar(const char *line, size_t from, size_t word)
{
    int depth = 0;

    while (word > from) {
        char c = line[--word];

        if (c == ')')
            depth++;
        else if (c == '(' && depth-- == 0)
            return false;
        else if (c == '|' && depth == 0)
            return true;
    }
    return false;
}

/* The first variable left of the `~` in the text, behind `NAME =`, is the response: no predictor, in the formula and in zi=~,
 * disp=~ and at=; another may be one, as size is beside cbind(n, size - n).  False where there is no `~`. */
static bool seek_response(struct seek *seek, const char *text, size_t length)
{
    const char *tilde = memchr(text, '~', length), *equals = tilde == NULL ? NULL : memchr(text, '=', (size_t)(tilde - text));
    const char *at = equals == NULL ? text : equals + 1, *end;

    for (; tilde != NULL && at < tilde; at = end + 1) {
        bool quoted = *at == '`', digit = isdigit((unsigned char)*at);

        at += quoted;
        for (end = at; end < tilde && (quoted ? *end != '`' : is_name_byte(*end)); end++)
            ;
        if (end > at && !digit && end[strspn(end, " ")] != '(') {
            seek->response = at;
            seek->response_length = (size_t)(end - at);
            break;
        }
        end -= end > at && !quoted;
    }
    return tilde != NULL;
}

/* The model whose name is the first word there, else the current one; NULL: there is none. */
static const struct model *model_named(const struct seek *seek, const char *line, size_t from, size_t to)
{
    const struct model *model = NULL;
    size_t end;
    char *name;

    from += strspn(line + from, " \t");
    end = from < to ? (size_t)word_end(line, (int)from, (int)to, "") : from;
    name = mem_strndup(line + from, end - from);
    model = name == NULL || end == from ? NULL : session_find_model(seek->session, name);
    mem_free(name);
    return model != NULL ? model : seek->session->model;
}

/* The same of a model. */
static void seek_response_of(struct seek *seek, const struct model *model)
{
    if (model != NULL && model->text != NULL)
        seek_response(seek, model->text, strlen(model->text));
}

/* A formula, or the names of models where no `~` has been typed. */
static void complete_formula(struct seek *seek, const char *line, size_t from, size_t cursor, const struct scan *scan,
                             bool models)
{
    size_t word = name_begin(line, from, cursor, scan);
    bool tilde = seek_response(seek, line + from, cursor - from);

    seek_word(seek, line, word, cursor);
    if (models && !tilde)
        offer_models(seek, false);
    if (tilde && after_bar(line, from, word))
        offer_groups(seek, line + from, word - from);
    else {
        offer_variables(seek);
        offer_functions(seek, true);
    }
}

/* An expression over the data. */
static void complete_expression(struct seek *seek, const char *line, size_t from, size_t cursor, const struct scan *scan)
{
    bool quoted = scan->quote == '"' && scan->quote_at >= from;

    if (complete_compared(seek, line, from, quoted ? scan->quote_at : name_begin(line, from, cursor, scan), cursor))
        return;
    seek_word(seek, line, name_begin(line, from, cursor, scan), cursor);
    offer_variables(seek);
    offer_functions(seek, false);
}

/* [MODEL] COEFFICIENT...: the first word may be either. */
static void complete_coefficient(struct seek *seek, const char *line, size_t from, size_t word)
{
    if (word == from + strspn(line + from, " \t"))
        offer_models(seek, true);
    offer_coefficients(seek, model_named(seek, line, from, word));
}

/* One kind of thing, for the word [word, cursor). */
static void complete_kind(struct seek *seek, enum complete kind, const struct command *command, const char *line, size_t from,
                          size_t word, size_t cursor)
{
    seek_word(seek, line, word, cursor);
    seek->earlier = line + from;
    seek->earlier_length = word - from;
    switch (kind) {
    case COMPLETE_NOTHING:
    case COMPLETE_END:
    case COMPLETE_FORMULA: /* complete_formula() has it, complete_group() the others */
    case COMPLETE_GROUP:
    case COMPLETE_EFFECT:
    case COMPLETE_LEVEL:
    case COMPLETE_MATRIX: /* of options: complete_name() has these */
    case COMPLETE_ARGUMENT_LEVEL:
        break;
    case COMPLETE_DATA_FILE:
    case COMPLETE_FILE:
        if (kind == COMPLETE_DATA_FILE)
            offer_examples(seek);
        offer_files(seek, kind == COMPLETE_DATA_FILE);
        break;
    case COMPLETE_DATASET:
    case COMPLETE_DATASET_OR_MODEL:
        offer_datasets(seek);
        if (kind == COMPLETE_DATASET_OR_MODEL)
            offer_models(seek, false);
        break;
    case COMPLETE_VARIABLE:
        offer_variables(seek);
        break;
    case COMPLETE_MODEL:
    case COMPLETE_FITTED_MODEL:
        offer_models(seek, kind == COMPLETE_FITTED_MODEL);
        break;
    case COMPLETE_COMMAND:
    case COMPLETE_TOPIC:
        offer_commands(seek);
        if (kind == COMPLETE_TOPIC)
            offer_topics(seek);
        break;
    case COMPLETE_SETTING:
        offer_settings(seek);
        break;
    case COMPLETE_SETTING_VALUE:
        offer_setting_values(seek, line, from);
        break;
    case COMPLETE_PLOT_KIND:
        offer_plot_kinds(seek);
        break;
    case COMPLETE_CHOICE:
        offer_choices(seek, command->choices);
        break;
    case COMPLETE_FIGURE:
        offer_figures(seek);
        break;
    case COMPLETE_COEFFICIENT:
        complete_coefficient(seek, line, from, word);
        break;
    }
}

/* The kind for the argument of that index: the last entry repeats. */
static enum complete kind_at(const struct command *command, int index)
{
    const enum complete *kinds = command->complete;
    int i;

    if (kinds == NULL || kinds[0] == COMPLETE_NOTHING)
        return COMPLETE_NOTHING;
    for (i = 0; i < index && kinds[i + 1] != COMPLETE_NOTHING; i++)
        ;
    return kinds[i];
}

static bool lists(const struct command *command, enum complete kind)
{
    const enum complete *kinds;

    for (kinds = command->complete; kinds != NULL && *kinds != COMPLETE_NOTHING; kinds++)
        if (*kinds == kind)
            return true;
    return false;
}

/* [MODEL] [GROUP [EFFECT or LEVEL]]: what may stand at `word` depends on the words from `from` on, since the first may be left
 * out. */
static void complete_group(struct seek *seek, const struct command *command, const char *line, size_t from, size_t word,
                           size_t cursor)
{
    const struct model *model = seek->session->model, *named;
    const char *group = NULL;
    bool first = true;
    char *text;

    seek_word(seek, line, word, cursor);
    while ((from += strspn(line + from, " \t")) < word) {
        size_t end = (size_t)word_end(line, (int)from, (int)word, ""), quotes = line[from] == '`' || line[from] == '"';

        text = end - from < 2 * quotes ? NULL : mem_strndup(line + from + quotes, end - from - 2 * quotes);
        named = text == NULL || !first ? NULL : session_find_model(seek->session, text);
        if (named != NULL)
            model = named;
        else if (text != NULL && model != NULL && model->design != NULL && group_index(model->design, text) >= 0)
            group = model->design->random[group_index(model->design, text)].group;
        mem_free(text);
        first = false;
        from = end;
    }
    if (first)
        offer_models(seek, true);
    if (group == NULL)
        offer_model_groups(seek, model);
    else if (lists(command, COMPLETE_EFFECT))
        offer_effects(seek, model, group);
    if (lists(command, COMPLETE_LEVEL))
        offer_levels(seek, model, group);
}

/* True where the first word from there on is this one. */
static bool is_word(const char *line, size_t from, const char *word)
{
    from += strspn(line + from, " \t");
    return strncmp(line + from, word, strlen(word)) == 0 && seek_blank(line[from + strlen(word)]);
}

/* Behind the first word, at most at `to`. */
static size_t behind_word(const char *line, size_t from, size_t to)
{
    from += strspn(line + from, " \t");
    return (size_t)word_end(line, (int)from, (int)to, "");
}

/* Behind the kind of a plot: variables, terms, or a model and its groups, as the kind's usage says. */
static void complete_plot(struct seek *seek, const struct command *command, const char *line, size_t from, size_t word,
                          size_t cursor)
{
    size_t end = behind_word(line, from, word), begin = from + strspn(line + from, " \t");
    const char *usage = plot_kind_usage(line + begin, end - begin);

    if (usage != NULL && strstr(usage, "] TERM") != NULL) {
        seek_word(seek, line, word, cursor);
        offer_fixed_terms(seek, model_named(seek, line, end, word));
        offer_models(seek, true);
        return;
    }
    if (usage == NULL || strstr(usage, "MODEL") == NULL || strstr(usage, "VARIABLE") != NULL)
        complete_kind(seek, COMPLETE_VARIABLE, command, line, end, word, cursor);
    if (usage == NULL || strstr(usage, "GROUP") != NULL)
        complete_group(seek, command, line, end, word, cursor);
    else if (strstr(usage, "MODEL") != NULL)
        complete_kind(seek, COMPLETE_FITTED_MODEL, command, line, end, word, cursor);
}

/* [MODEL] VARIABLE...: predictors of the model. */
static void complete_predictor(struct seek *seek, const char *line, size_t from, size_t word, size_t cursor, int index)
{
    seek_word(seek, line, word, cursor);
    seek->earlier = line + from;
    seek->earlier_length = word - from;
    seek_response_of(seek, model_named(seek, line, from, word));
    if (index == 0)
        offer_models(seek, true);
    offer_variables(seek);
}

static void complete_argument(struct seek *seek, const struct command *command, const char *line, size_t from, size_t cursor,
                              const struct scan *scan)
{
    int index;
    size_t word = word_begin(line, from, cursor, &index);
    enum complete kind = kind_at(command, index);

    if (kind == COMPLETE_GROUP && lists(command, COMPLETE_CHOICE) && is_word(line, from, "attenuation"))
        kind = COMPLETE_VARIABLE; /* a view of models, all but one of their groups */
    if (lists(command, COMPLETE_FORMULA))
        complete_formula(seek, line, from, cursor, scan, lists(command, COMPLETE_MODEL) || lists(command, COMPLETE_FITTED_MODEL));
    else if (index > 0 && lists(command, COMPLETE_PLOT_KIND)) {
        complete_plot(seek, command, line, from, word, cursor);
    } else if (lists(command, COMPLETE_VARIABLE) && lists(command, COMPLETE_FITTED_MODEL))
        complete_predictor(seek, line, from, word, cursor, index);
    else if (kind == COMPLETE_VARIABLE && command->arguments == ARGUMENT_TEXT)
        complete_expression(seek, line, from, cursor, scan);
    else if (lists(command, COMPLETE_GROUP) && kind != COMPLETE_CHOICE && kind != COMPLETE_VARIABLE)
        complete_group(seek, command, line, lists(command, COMPLETE_CHOICE) ? behind_word(line, from, word) : from, word, cursor);
    else
        complete_kind(seek, kind, command, line, from, word, cursor);
}

/* --- options ---------------------------------------------------------------------------------- */

/* True where the option's name stands in the text behind the comma. */
static bool is_given(const char *line, size_t from, size_t to, const char *name)
{
    size_t length = strlen(name), end;

    while (from < to) {
        while (from < to && (seek_blank(line[from]) || line[from] == ','))
            from++;
        end = (size_t)word_end(line, (int)from, (int)to, ",");
        if (end - from >= length && strncmp(line + from, name, length) == 0
            && (end - from == length || line[from + length] == '='))
            return true;
        from = end > from ? end : from + 1;
    }
    return false;
}

/* Whether one of the ways in which the value may begin has been typed. */
static bool has_begun(const struct option *option, const char *value, size_t length)
{
    for (const char *const *choice = option->choices; *choice != NULL; choice++)
        if (length >= strlen(*choice) && strncmp(value, *choice, strlen(*choice)) == 0)
            return true;
    return false;
}

/* The value of an option that names what is there: variables within quotes too, as in at="Days=1, Sex=F". */
static void complete_name(struct seek *seek, enum complete kind, const char *line, size_t from, size_t cursor,
                          const struct scan *scan)
{
    bool inside = seek->inside;

    seek_word(seek, line, kind == COMPLETE_VARIABLE ? name_begin(line, from, cursor, scan) : from, cursor);
    switch (kind) {
    case COMPLETE_DATASET:
        offer_datasets(seek);
        break;
    case COMPLETE_VARIABLE:
        seek->inside = inside || line[from] == '"';
        offer_variables(seek);
        seek->inside = inside;
        break;
    case COMPLETE_GROUP:
        offer_model_groups(seek, seek->session->model);
        break;
    case COMPLETE_MATRIX:
        offer_matrices(seek);
        break;
    case COMPLETE_ARGUMENT_LEVEL:
        offer_argument_levels(seek);
        break;
    default:
        break;
    }
}

/* Where the option of a command on models takes predictors, as zi=~ and at= do: the response is none. */
static void seek_predictors(struct seek *seek, const struct command *command, const struct option *option, const char *line)
{
    bool predictors = option->type == OPTION_WORD ? option->complete == COMPLETE_VARIABLE : option->choices != NULL;
    size_t at = (size_t)(seek->argument - line);

    if (!predictors || !(lists(command, COMPLETE_FORMULA) || lists(command, COMPLETE_FITTED_MODEL)))
        return;
    if (!seek_response(seek, seek->argument, seek->argument_length))
        seek_response_of(seek, model_named(seek, line, at, at + seek->argument_length));
}

static void complete_option_value(struct seek *seek, const struct option *option, const char *line, size_t from, size_t cursor,
                                  const struct scan *scan)
{
    if (option->complete != COMPLETE_NOTHING) {
        complete_name(seek, option->complete, line, from, cursor, scan);
        return;
    }
    seek_word(seek, line, from, cursor);
    switch (option->type) {
    case OPTION_CHOICE:
    case OPTION_ENUM:
        offer_choices(seek, option->choices);
        break;
    case OPTION_SWITCH:
        offer_choices(seek, (const char *const[]){ "on", "off", NULL });
        break;
    case OPTION_VARIABLE:
        if (option->choices != NULL && !has_begun(option, line + from, cursor - from))
            offer_beginnings(seek, option->choices);
        else
            complete_expression(seek, line, from, cursor, scan);
        break;
    case OPTION_FILE:
        offer_files(seek, false);
        break;
    case OPTION_WORD:
        offer_choices(seek, option->choices);
        break;
    case OPTION_FLAG:
    case OPTION_INTEGER:
    case OPTION_REAL:
    case OPTION_SEED:
    case OPTION_WORDS:
        break;
    }
}

/* Where the option that begins at `from` ends, at most at `to`. */
static size_t option_end(const struct command *command, const char *line, size_t from, size_t to)
{
    size_t end = (size_t)word_end(line, (int)from, (int)to, ","), equals = from + strcspn(line + from, "=");
    char *name = equals < end ? mem_strndup(line + from, equals - from) : NULL;
    const struct option *option = name == NULL ? NULL : option_find(command->options, name);

    mem_free(name);
    return option == NULL ? end : (size_t)option_value_end(option, line, (int)equals + 1, (int)to);
}

/* Behind the comma at `from`. */
static void complete_option(struct seek *seek, const struct command *command, const char *line, size_t from, size_t cursor,
                            const struct scan *scan)
{
    size_t word = from, end;
    const char *equals;
    const struct option *option;
    char *name;

    while (word < cursor) { /* the last option that has begun */
        while (word < cursor && (seek_blank(line[word]) || line[word] == ','))
            word++;
        end = option_end(command, line, word, cursor);
        if (end >= cursor)
            break;
        word = end;
    }
    equals = memchr(line + word, '=', cursor - word);
    if (equals == NULL) {
        seek_word(seek, line, word, cursor);
        for (option = command->options; option != NULL && option->name != NULL; option++)
            if (!is_given(line, from, word, option->name))
                offer(seek, option->name, option->type == OPTION_FLAG ? ' ' : '=');
        return;
    }
    name = mem_strndup(line + word, (size_t)(equals - line) - word);
    option = name == NULL ? NULL : option_find(command->options, name);
    mem_free(name);
    if (option == NULL)
        return;
    seek_predictors(seek, command, option, line);
    complete_option_value(seek, option, line, (size_t)(equals - line) + 1, cursor, scan);
}

/* --- commands --------------------------------------------------------------------------------- */

/* The command that begins at `from`, which may be the argument of another. */
static void complete_command(struct seek *seek, const char *line, size_t from, size_t cursor, const struct scan *scan, int depth)
{
    const struct command *command;
    size_t end;
    int comma;

    while (from < cursor && seek_blank(line[from]))
        from++;
    for (end = from; end < cursor && (isalnum((unsigned char)line[end]) || line[end] == '-' || line[end] == '_'); end++)
        ;
    if (end >= cursor) {
        seek_word(seek, line, from, cursor);
        offer_commands(seek);
        return;
    }
    command = command_find(line + from, end - from, true);
    if (command == NULL)
        return;
    if (command->arguments == ARGUMENT_REST && lists(command, COMPLETE_COMMAND)) {
        if (depth < DEPTH_LIMIT)
            complete_command(seek, line, end, cursor, scan, depth + 1);
        return;
    }
    comma = command->arguments == ARGUMENT_REST ? (int)cursor : option_comma(line, span_of((int)end, (int)cursor));
    seek->argument = line + end;
    seek->argument_length = (size_t)comma - end;
    if (comma < (int)cursor)
        complete_option(seek, command, line, (size_t)comma + 1, cursor, scan);
    else
        complete_argument(seek, command, line, end, cursor, scan);
}

void complete_line(struct session *session, const char *line, size_t cursor, struct candidates *candidates)
{
    struct scan scan = scan_line(line, cursor);
    struct seek seek = { .session = session, .candidates = candidates, .inside = scan.depth > 0 };

    candidates->start = cursor;
    if (scan.comment)
        return;
    complete_command(&seek, line, scan.begin, cursor, &scan, 0);
    if (candidates->count == 0 && !candidates->failed) {
        seek.ignore_case = true;
        complete_command(&seek, line, scan.begin, cursor, &scan, 0);
    }
    candidates_sort(candidates);
}
