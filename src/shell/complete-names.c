/* complete-names.c -- the names that completion offers. */
#include "config.h"
#include "shell/complete-names.h"

#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "base/text.h"
#include "cmd/commands.h"
#include "cmd/figures.h"
#include "result/result.h"
#include "session/session.h"
#include "cmd/topics.h"
#include "data/expr.h"
#include "data/frame.h"
#include "model/relation.h"
#include "lang/words.h"

void seek_word(struct seek *seek, const char *line, size_t begin, size_t cursor)
{
    seek->candidates->start = begin;
    seek->earlier = NULL;
    seek->quote = begin < cursor && (line[begin] == '`' || line[begin] == '"') ? line[begin] : '\0';
    seek->word = line + begin + (seek->quote != '\0');
    seek->length = cursor - begin - (seek->quote != '\0');
}

bool seek_matches(const struct seek *seek, const char *name)
{
    return seek->ignore_case ? strncasecmp(name, seek->word, seek->length) == 0 : strncmp(name, seek->word, seek->length) == 0;
}

/* True where the name stands as a word of its own in the text. */
static bool is_mentioned(const char *text, size_t length, const char *name)
{
    size_t size = strlen(name), i;

    for (i = 0; i + size <= length; i++)
        if (strncmp(text + i, name, size) == 0 && (i == 0 || !is_name_byte(text[i - 1]))
            && (i + size == length || !is_name_byte(text[i + size])))
            return true;
    return false;
}

/* True where one of the words before this one is the name. */
static bool is_earlier(const struct seek *seek, const char *name)
{
    return seek->earlier != NULL && is_mentioned(seek->earlier, seek->earlier_length, name);
}

static bool is_response(const struct seek *seek, const char *name)
{
    return seek->response != NULL && strlen(name) == seek->response_length
           && memcmp(seek->response, name, seek->response_length) == 0;
}

void offer(struct seek *seek, const char *name, char end)
{
    if (seek->quote == '\0' && seek_matches(seek, name))
        candidates_add(seek->candidates, name, end);
}

/* Letters, digits, `_`, `.`, not starting with a digit (DESIGN 1.1). */
static bool is_plain_name(const char *name)
{
    const char *at;

    if ((*name >= '0' && *name <= '9') || *name == '\0')
        return false;
    for (at = name; *at != '\0'; at++)
        if (!((*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') || (*at >= '0' && *at <= '9') || *at == '_' || *at == '.'
              || (*at & 0x80) != 0))
            return false;
    return true;
}

void offer_quoted(struct seek *seek, const char *name, char end)
{
    struct text quoted = { 0 };

    if (seek->quote == '"' || !seek_matches(seek, name) || is_earlier(seek, name))
        return;
    if (seek->quote == '\0' && is_plain_name(name)) {
        candidates_add(seek->candidates, name, end);
        return;
    }
    if (strchr(name, '`') != NULL) /* no way to type it */
        return;
    text_addf(&quoted, "`%s`", name);
    if (quoted.failed)
        seek->candidates->failed = true;
    else
        candidates_add(seek->candidates, quoted.data, end);
    text_clear(&quoted);
}

void offer_choices(struct seek *seek, const char *const *choices)
{
    for (; choices != NULL && *choices != NULL; choices++)
        if (seek->quote != '\0' && **choices == seek->quote && seek_matches(seek, *choices + 1))
            candidates_add(seek->candidates, *choices, ' ');
        else
            offer(seek, *choices, ' ');
}

void offer_beginnings(struct seek *seek, const char *const *choices)
{
    for (; *choices != NULL; choices++)
        offer(seek, *choices, '\0');
}

void offer_commands(struct seek *seek)
{
    const struct command *const *command;

    for (command = commands; *command != NULL; command++)
        offer(seek, (*command)->name, ' ');
}

void offer_topics(struct seek *seek)
{
    const struct topic *topic;

    for (topic = topics; topic->name != NULL; topic++)
        offer(seek, topic->name, ' ');
}

void offer_plot_kinds(struct seek *seek)
{
    const struct command *command = command_find("plot-ascii", strlen("plot-ascii"), false);

    if (command != NULL)
        offer_choices(seek, command->choices);
}

void offer_settings(struct seek *seek)
{
    const struct option *setting;

    for (setting = settings_table; setting->name != NULL; setting++)
        offer(seek, setting->name, ' ');
}

void offer_setting_values(struct seek *seek, const char *line, size_t from)
{
    static const char *const switches[] = { "on", "off", NULL };
    const struct option *setting;
    size_t end;
    char *key;

    from += strspn(line + from, " \t");
    end = from + strcspn(line + from, " \t\n");
    key = mem_strndup(line + from, end - from);
    setting = key == NULL ? NULL : option_find(settings_table, key);
    mem_free(key);
    if (setting == NULL)
        return;
    offer_choices(seek, setting->type == OPTION_SWITCH ? switches : setting->choices);
}

void offer_datasets(struct seek *seek)
{
    const struct dataset *set;

    for (set = seek->session->datasets; set != NULL; set = set->next)
        offer_quoted(seek, set->frame->name, ' ');
}

void offer_models(struct seek *seek, bool fitted)
{
    const struct model *model;

    for (model = seek->session->models; model != NULL; model = model->next)
        if (!fitted || model->fit != NULL)
            offer_quoted(seek, model->name, ' ');
}

/* A word of a command that takes words: in quotes where it would not be one. */
static void offer_word(struct seek *seek, const char *name)
{
    if (name[0] == '`' && seek->quote != '"') { /* with backquotes of its own */
        if (seek_matches(seek, name + (seek->quote == '`' || seek->length == 0 || seek->word[0] != '`')))
            candidates_add(seek->candidates, name, ' ');
    } else if (seek->quote != '\0' || strpbrk(name, " \t,;#\"\\") != NULL)
        offer_quoted(seek, name, ' ');
    else
        offer(seek, name, ' ');
}

static bool is_of_group(const struct random_design *random, const char *group)
{
    return group == NULL || name_is(random->group, group);
}

void offer_model_groups(struct seek *seek, const struct model *model)
{
    int i;

    for (i = 0; model != NULL && model->design != NULL && i < model->design->random_count; i++)
        if (is_first_of_group(model->design, i))
            offer_word(seek, model->design->random[i].group);
}

void offer_fixed_terms(struct seek *seek, const struct model *model)
{
    for (int t = 0; model != NULL && model->formula != NULL && t < model->formula->term_count; t++)
        offer_word(seek, model->formula->terms[t].label);
}

static bool is_term(const struct model *model, const char *name)
{
    for (int t = 0; model->formula != NULL && t < model->formula->term_count; t++)
        if (strcmp(model->formula->terms[t].label, name) == 0)
            return true;
    return false;
}

void offer_coefficients(struct seek *seek, const struct model *model)
{
    offer_fixed_terms(seek, model);
    for (int j = 0; model != NULL && model->design != NULL && j < model->design->p; j++)
        if (!is_term(model, model->design->names[j]))
            offer_word(seek, model->design->names[j]);
}

void offer_effects(struct seek *seek, const struct model *model, const char *group)
{
    int i, a;

    for (i = 0; model != NULL && model->design != NULL && i < model->design->random_count; i++)
        for (a = 0; is_of_group(&model->design->random[i], group) && a < model->design->random[i].k; a++)
            offer_word(seek, model->design->random[i].names[a]);
}

void offer_levels(struct seek *seek, const struct model *model, const char *group)
{
    int32_t l;
    int i;

    for (i = 0; model != NULL && model->design != NULL && i < model->design->random_count; i++)
        for (l = 0; is_first_of_group(model->design, i) && is_of_group(&model->design->random[i], group)
                    && l < model->design->random[i].level_count;
             l++)
            offer_word(seek, model->design->random[i].levels[l]);
}

void offer_matrices(struct seek *seek)
{
    for (const struct relation *relation = seek->session->relations; relation != NULL; relation = relation->next)
        offer_quoted(seek, relation->name, ' ');
}

void offer_argument_levels(struct seek *seek)
{
    const struct frame *data = seek->session->data;

    for (size_t i = 0; data != NULL && i < data->column_count; i++) {
        const struct column *column = &data->columns[i];

        if (column->type != COLUMN_FACTOR || !is_mentioned(seek->argument, seek->argument_length, column->name))
            continue;
        for (int32_t l = 0; l < column->level_count; l++)
            offer_word(seek, column->levels[l]);
    }
}

void offer_figures(struct seek *seek)
{
    const struct model *model = seek->session->model;
    const char *name;
    int i;

    for (i = 0; (name = figure_name_at(i)) != NULL; i++)
        offer(seek, name, ' ');
    for (i = 0; model != NULL && model->design != NULL && i < model->design->p; i++)
        offer_word(seek, model->design->names[i]);
    offer_model_groups(seek, model);
    if (seek->length > 0) /* nothing typed: there may be thousands */
        offer_levels(seek, model, NULL);
}

void offer_variables(struct seek *seek)
{
    const struct frame *data = seek->session->data;
    size_t i;

    for (i = 0; data != NULL && i < data->column_count; i++)
        if (!is_response(seek, data->columns[i].name))
            offer_quoted(seek, data->columns[i].name, seek->inside ? '\0' : ' ');
}

void offer_groups(struct seek *seek, const char *formula, size_t length)
{
    const struct frame *data = seek->session->data;
    size_t before = seek->candidates->count, i;

    for (i = 0; data != NULL && i < data->column_count; i++)
        if (data->columns[i].type != COLUMN_REAL && !is_mentioned(formula, length, data->columns[i].name)
            && !is_response(seek, data->columns[i].name))
            offer_quoted(seek, data->columns[i].name, seek->inside ? '\0' : ' ');
    if (seek->candidates->count == before)
        offer_variables(seek);
}

void offer_functions(struct seek *seek, bool formula)
{
    const char *name;
    int i;

    if (seek->length == 0) /* nothing typed: the variables are what is asked for */
        return;
    for (i = 0; (name = expr_function_name(i)) != NULL; i++)
        if (formula || !expr_is_formula_function(name))
            offer(seek, name, '(');
}
