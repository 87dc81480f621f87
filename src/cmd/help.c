/* help.c -- shows what the commands say about themselves, runs their examples, and explains concepts. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/arena-text.h"
#include "cmd/commands.h"
#include "cmd/glossary.h"
#include "cmd/topics.h"
#include "session/session.h"

/* --- the list of commands ---------------------------------------------------------------------- */

/* The title of the group that begins with this command, or NULL. */
static const char *group_title(const struct command *command)
{
    for (const struct command_group *group = command_groups; group->title != NULL; group++)
        if (strcmp(group->first, command->name) == 0)
            return group->title;
    return NULL;
}

/* For JSON: every command with its line and its group. */
static void add_values(struct result *result)
{
    struct value *list = value_array(result->arena), *item;
    const char *title = NULL;

    for (const struct command *const *c = commands; *c != NULL; c++) {
        title = group_title(*c) != NULL ? group_title(*c) : title;
        item = value_append(list, value_object(result->arena));
        value_set(result->arena, item, "command", value_string(result->arena, (*c)->name));
        value_set(result->arena, item, "brief", value_string(result->arena, (*c)->brief));
        value_set(result->arena, item, "group", value_string(result->arena, title));
    }
    result_value(result, "commands", list);
    list = value_array(result->arena);
    for (const struct topic *topic = topics; topic->name != NULL; topic++)
        value_append(list, value_string(result->arena, topic->name));
    result_value(result, "topics", list);
}

/* One line a group, the names of its commands behind the title. */
static void add_groups(struct result *result)
{
    struct table *table = result_table(result, NULL, NULL);
    const struct command *const *c = commands;
    struct text names = { 0 };

    table_column(table, NULL, "", CELL_TEXT);
    table_column(table, NULL, "", CELL_TEXT);
    while (*c != NULL) {
        size_t row = table_row(table);

        table_text(table, row, 0, group_title(*c));
        text_truncate(&names, 0);
        do
            text_addf(&names, "%s%s", names.length == 0 ? "" : "  ", (*c)->name);
        while (*++c != NULL && group_title(*c) == NULL);
        table_text(table, row, 1, text_string(&names));
    }
    text_clear(&names);
}

static bool show_all(struct session *session, struct glmm_error *err)
{
    struct result *result = result_new("help");
    struct text names = { 0 };

    if (result == NULL)
        return fail_memory(err);
    add_values(result);
    add_groups(result);
    for (const struct topic *topic = topics; topic->name != NULL; topic++)
        text_addf(&names, "%s%s", topic == topics ? "" : "  ", topic->name);
    result_line(result, LINE_BLANK, "%s", "");
    result_line(result, LINE_TEXT, "Topics: %s", text_string(&names));
    result_line(result, LINE_BLANK, "%s", "");
    result_line(result, LINE_TEXT,
                "help COMMAND explains a command, help COMMAND 1 runs its first example, help TOPIC explains a concept, help "
                "WORD a word of the output (BLUP, kept, AIC) or of R, Stata and SAS (lmer, anova, mixed).");
    text_clear(&names);
    return session_emit(session, result, err);
}

/* --- one command ------------------------------------------------------------------------------- */

/* The length of the first line, or of all lines up to one that does not begin with a blank. */
static size_t block_length(const char *text)
{
    size_t length = strcspn(text, "\n");

    while (*text == ' ' && text[length] == '\n' && text[length + 1] == ' ')
        length += 1 + strcspn(text + length + 1, "\n");
    return length;
}

/* The lines of a text: those that begin with a blank stand as they are, a block together, the others flow. */
static void add_paragraphs(struct result *result, const char *text)
{
    while (*text != '\0') {
        size_t length = block_length(text);
        const char *block;

        if (length == 0)
            result_line(result, LINE_BLANK, "%s", "");
        else if (*text != ' ')
            result_line(result, LINE_TEXT, "%.*s", (int)length, text);
        else if ((block = result == NULL ? NULL : arena_strndup(result->arena, text, length)) != NULL)
            result_line(result, LINE_VERBATIM, "%s", block);
        else if (result != NULL)
            result->failed = true;
        text += length + (text[length] == '\n' ? 1 : 0);
    }
}

/* "nodes=K" */
static void option_word(const struct option *option, struct text *out)
{
    text_truncate(out, 0);
    text_add(out, option->name);
    if (option->type != OPTION_FLAG)
        text_addf(out, "=%s", option->word == NULL ? "VALUE" : option->word);
}

/* What the option takes, shorter than in an error: "1 to 101", "reml, ml"; "" where there is nothing to tell. */
static const char *option_range(const struct option *option, char *buffer, size_t size)
{
    bool number = option->type == OPTION_INTEGER || option->type == OPTION_REAL;
    const char *text;

    if (!option_lists(option) && !(number && (option->min != 0 || option->max != 0)))
        return "";
    text = option_allowed(option, buffer, size);
    if (strncmp(text, "one of ", 7) == 0)
        return text + 7;
    return strstr(text, " from ") != NULL ? strstr(text, " from ") + 6 : strstr(text, "at least");
}

/* Whether the help has the default in its own words: "profile (default): ...", "replicates (1000)". */
static bool tells_default(const char *help, const char *value)
{
    const char *at = strchr(help, '(');

    if (strstr(help, "(default)") != NULL)
        return true;
    for (; at != NULL; at = strchr(at + 1, '('))
        if (strncmp(at + 1, value, strlen(value)) == 0 && at[1 + strlen(value)] == ')')
            return true;
    return false;
}

/* The help of an option, with what it takes and its default. */
static void option_help(const struct command *command, const struct option *option, struct text *out)
{
    const char *first = "", *range;
    char allowed[256], value[40];

    text_truncate(out, 0);
    text_add(out, option->help);
    range = option_range(option, allowed, sizeof allowed);
    if (range != NULL && range[0] != '\0')
        text_addf(out, " (%s)", range);
    if (command->defaults != NULL)
        first = option_show(option, command->defaults, value, sizeof value);
    if (first[0] != '\0' && strcmp(first, "0") != 0 && !tells_default(option->help, first))
        text_addf(out, "; default %s", first);
}

static void add_options(struct result *result, const struct command *command)
{
    struct text text = { 0 };
    struct table *table;

    if (option_count(command->options) == 0)
        return;
    table = result_table(result, "options", NULL);
    table_column(table, "option", "Options", CELL_TEXT);
    table_column(table, "help", "", CELL_TEXT);
    for (const struct option *option = command->options; option->name != NULL; option++) {
        size_t row = table_row(table);

        option_word(option, &text);
        table_text(table, row, 0, text_string(&text));
        option_help(command, option, &text);
        table_text(table, row, 1, text_string(&text));
    }
    text_clear(&text);
}

enum { ONE_LINE = 69 }; /* columns for an example and its caption in one line of 80 */

static void add_examples(struct result *result, const struct command *command)
{
    result_line(result, LINE_TEXT, "Examples (help %s 1 runs the first):", command->name);
    for (int i = 0; command->examples[i].script != NULL; i++) {
        const struct example *e = &command->examples[i];

        if (utf8_width(e->script) + utf8_width(e->caption) <= ONE_LINE) {
            result_line(result, LINE_VERBATIM, "  %d  %s   # %s", i + 1, e->script, e->caption);
        } else {
            result_line(result, LINE_VERBATIM, "  %d  # %s", i + 1, e->caption);
            result_line(result, LINE_VERBATIM, "     %s", e->script);
        }
    }
}

/* True where `name` is one of the words of `list`. */
static bool lists(const char *list, const char *name)
{
    size_t length = strlen(name);

    for (const char *at = list; at != NULL && (at = strstr(at, name)) != NULL; at += length)
        if ((at == list || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
            return true;
    return false;
}

/* The concepts that the command is about. */
static void add_related(struct result *result, const struct command *command)
{
    struct text names = { 0 };

    for (const struct topic *topic = topics; topic->name != NULL; topic++)
        if (lists(topic->commands, command->name) && strcmp(topic->name, command->name) != 0)
            text_addf(&names, "%s help %s", names.length == 0 ? "" : ",", topic->name);
    if (names.length > 0)
        result_line(result, LINE_TEXT, "See also:%s", text_string(&names));
    text_clear(&names);
}

/* The concept of the command's own name, or NULL. */
static const struct topic *concept_of(const struct command *command)
{
    for (const struct topic *topic = topics; topic->name != NULL; topic++)
        if (topic->command != NULL && strcmp(topic->command, command->name) == 0)
            return topic;
    return NULL;
}

static bool show_command(struct session *session, const struct command *command, struct glmm_error *err)
{
    struct result *result = result_new("help");
    bool options = option_count(command->options) > 0;
    const struct topic *concept = concept_of(command);

    if (concept != NULL) {
        result_line(result, LINE_TITLE, "%s", concept->title);
        add_paragraphs(result, concept->text);
        result_string(result, "text", concept->text);
    }
    result_line(result, LINE_TITLE, "%s%s", command->usage, options ? " [, OPTION ...]" : "");
    result_string(result, "topic", command->name);
    result_string(result, "usage", command->usage);
    result_string(result, "brief", command->brief);
    add_paragraphs(result, command->help);
    result_line(result, LINE_BLANK, "%s", "");
    add_options(result, command);
    if (options)
        result_line(result, LINE_BLANK, "%s", "");
    add_examples(result, command);
    add_related(result, command);
    return session_emit(session, result, err);
}

/* Runs an example in the session, each command shown before its output. */
static bool run_example(struct session *session, const struct command *command, const struct word *number, struct glmm_error *err)
{
    struct run_request request = { .name = command->name, .echo = true };
    int count = 0, wanted = atoi(number->text);

    while (command->examples[count].script != NULL)
        count++;
    if (wanted < 1 || wanted > count)
        return fail(err, GLMM_E_USAGE, number->at, "`%s` has %d example%s", command->name, count, count == 1 ? "" : "s");
    request.text = command->examples[wanted - 1].script;
    session->status = session->run(session, &request);
    return session->status == 0;
}

/* --- topics ------------------------------------------------------------------------------------ */

static const struct topic *find_topic(const char *name)
{
    for (const struct topic *topic = topics; topic->name != NULL; topic++)
        if (strcmp(topic->name, name) == 0)
            return topic;
    return NULL;
}

static bool show_topic(struct session *session, const struct topic *topic, struct glmm_error *err)
{
    struct result *result = result_new("help");

    result_string(result, "topic", topic->name);
    result_string(result, "text", topic->text);
    result_line(result, LINE_TITLE, "%s", topic->title);
    add_paragraphs(result, topic->text);
    return session_emit(session, result, err);
}

/* `help BLUP`, `help proc mixed`: a word that is neither command nor topic. */
static bool show_word(struct session *session, const struct glossary_entry *entry, const char *word, struct glmm_error *err)
{
    struct result *result = result_new("help");

    result_string(result, "topic", word);
    result_string(result, "text", entry->text);
    add_paragraphs(result, entry->text);
    return session_emit(session, result, err);
}

/* All words as one phrase; NULL when memory is out. */
static const char *phrase_of(const struct call *call)
{
    struct text phrase = { 0 };

    for (int i = 0; i < call->word_count; i++)
        text_addf(&phrase, "%s%s", i == 0 ? "" : " ", call->words[i].text);
    return arena_take(call->arena, &phrase);
}

static bool fail_topic(const struct word *word, struct glmm_error *err)
{
    struct suggest suggest;

    fail(err, GLMM_E_NAME, word->at, "no command or topic `%.60s`", word->text);
    suggest_init(&suggest, word->text);
    for (const struct command *const *c = commands; *c != NULL; c++)
        suggest_offer(&suggest, (*c)->name);
    for (const struct topic *topic = topics; topic->name != NULL; topic++)
        suggest_offer(&suggest, topic->name);
    if (suggest.count == 0) {
        glossary_offer(&suggest);
        suggest_sift(&suggest);
    }
    if (option_find(settings_table, word->text) != NULL)
        error_hint(err, "it is a setting: set %s", word->text);
    if (!suggest_hint(&suggest, err))
        error_hint(err, "help lists them");
    return false;
}

/* `help FIT` */
static const struct command *command_in_capitals(const char *word)
{
    const struct command *const *command;

    for (command = commands; *command != NULL && strcasecmp((*command)->name, word) != 0; command++)
        ;
    return *command;
}

static bool help_run(struct session *session, const struct call *call, struct glmm_error *err)
{
    const struct glossary_entry *entry;
    const struct command *command;
    const struct topic *topic;
    const struct word *word = call->words;
    const char *phrase;

    if (call->word_count == 0)
        return show_all(session, err);
    if ((phrase = phrase_of(call)) == NULL)
        return fail_memory(err);
    command = command_find(word->text, strlen(word->text), false);
    topic = find_topic(phrase);
    if (command == NULL && topic == NULL && call->word_count == 1)
        command = command_in_capitals(word->text);
    entry = glossary_find(phrase);
    if (command == NULL && topic == NULL && entry == NULL)
        command = command_find(word->text, strlen(word->text), session->interactive);
    if (call->word_count == 2 && command != NULL && strspn(call->words[1].text, "0123456789") == strlen(call->words[1].text))
        return run_example(session, command, &call->words[1], err);
    if (call->word_count > 1 && entry == NULL && (command != NULL || find_topic(word->text) != NULL))
        return fail(err, GLMM_E_USAGE, call->words[1].at, "one command or topic at a time");
    if (command != NULL && call->word_count == 1)
        return show_command(session, command, err);
    if (topic != NULL)
        return show_topic(session, topic, err);
    return entry != NULL ? show_word(session, entry, phrase, err) : fail_topic(word, err);
}

static const enum complete help_complete[] = { COMPLETE_TOPIC, COMPLETE_NOTHING };

static const struct example help_examples[] = {
    { "help", "all commands and topics" },
    { "help set", "what a command does" },
    { "help set 1", "run its first example" },
    { "help BLUP", "what a word means here" },
    { NULL, NULL },
};

const struct command command_help = {
    .name = "help",
    .usage = "help [COMMAND [N]|TOPIC|WORD]",
    .brief = "explain a command or a concept",
    .help = "Without an argument, lists commands and topics. With a command: what it does, its options and examples; with a "
            "number, runs that example. A word that output prints (BLUP, kept, AIC) is explained, and one of R, Stata or SAS "
            "(lmer, anova, xtmixed) is answered by what does it here. `?` is short for help.",
    .arguments = ARGUMENT_WORDS,
    .complete = help_complete,
    .examples = help_examples,
    .flags = COMMAND_UNRECORDED,
    .run = help_run,
};
