/* verb.c -- see verb.h. */
#include "cmd/verb.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "data/date.h"
#include "report/naming.h"
#include "result/number.h"
#include "result/value.h"

enum { NAMED_LEVELS = 8 };

/* --- reading ------------------------------------------------------------------------------------ */

const struct expr *verb_expression(const struct call *call, const char *text, int offset, struct glmm_error *err)
{
    const struct expr *expr = expr_parse(call->arena, text, err);

    if (expr == NULL)
        error_shift(err, offset);
    return expr;
}

bool verb_option(const struct call *call, const char *name, const char *text, const struct expr **expr, struct glmm_error *err)
{
    *expr = NULL;
    if (text == NULL)
        return true;
    *expr = verb_expression(call, text, call_option_at(call, name).begin, err);
    return *expr != NULL;
}

/* a:b is the pairs. */
static bool check_groups(const struct frame *data, const struct expr *by, struct glmm_error *err)
{
    struct column *column;

    if (by->kind == EXPR_BINARY && strcmp(by->text, ":") == 0)
        return check_groups(data, by->left, err) && check_groups(data, by->right, err);
    column = expr_column(by, data, err);
    column_free(column);
    return column != NULL;
}

bool verb_groups(const struct call *call, const struct frame *data, const struct expr *by, struct glmm_error *err)
{
    if (by == NULL || check_groups(data, by, err))
        return true;
    verb_place(call, "by", err);
    return false;
}

static bool is_reserved(const char *name)
{
    return strcmp(name, "TRUE") == 0 || strcmp(name, "FALSE") == 0 || strcmp(name, "NA") == 0 || strcmp(name, ".") == 0;
}

static bool is_plain(const char *name)
{
    if (!is_name_start(name[0]) || is_reserved(name))
        return false;
    for (; *name != '\0'; name++)
        if (!is_name_byte(*name))
            return false;
    return true;
}

const char *verb_name(struct arena *arena, const char *name)
{
    return is_plain(name) ? name : arena_printf(arena, "`%s`", name);
}

void verb_add_name(struct text *out, const char *name)
{
    text_addf(out, is_plain(name) ? "%s" : "`%s`", name);
}

/* The place behind what was typed. */
static struct glmm_span behind(const struct call *call)
{
    const int end = call->argument_at.end;

    return span_of(end, end + 1);
}

const char *verb_new_name(const struct call *call, int *at, int end, const char *stops, struct glmm_error *err)
{
    struct glmm_span word;
    const char *name;
    bool quoted;

    while (*at < end && call->line[*at] == ' ')
        ++*at;
    word = span_of(*at, word_end(call->line, *at, end, stops));
    if (word.begin >= word.end) {
        fail(err, GLMM_E_USAGE, word.begin < end ? span_of(word.begin, word.begin + 1) : behind(call), "a name is missing here");
        return NULL;
    }
    name = word_unquote(call->arena, call->line, word, &quoted, err);
    if (name == NULL) {
        fail_memory(err);
        return NULL;
    }
    *at = word.end;
    if (name[0] == '\0' || (!quoted && !is_plain(name))) {
        fail(err, GLMM_E_VALUE, word, name[0] == '\0' ? "the name is empty" : "`%s` is no plain name", name);
        if (name[0] != '\0' && strchr(name, '`') == NULL)
            error_hint(err, "between backquotes it is one: `%s`", name);
        return NULL;
    }
    return name;
}

bool verb_equals(const struct call *call, int *at, int end, struct glmm_error *err)
{
    while (*at < end && call->line[*at] == ' ')
        ++*at;
    if (*at >= end || call->line[*at] != '=' || (*at + 1 < end && call->line[*at + 1] == '='))
        return fail(err, GLMM_E_USAGE, *at < end ? span_of(*at, *at + 1) : behind(call), "a `=` is missing%s",
                    *at < end ? " here" : " behind the name");
    for (++*at; *at < end && call->line[*at] == ' ';)
        ++*at;
    return *at < end || fail(err, GLMM_E_USAGE, behind(call), "something is missing behind `=`");
}

bool verb_variables(const struct call *call, const struct frame *data, const char *const **names, struct glmm_error *err)
{
    const char **list = arena_alloc(call->arena, (size_t)call->word_count + 1, sizeof *list);

    if (list == NULL)
        return fail_memory(err);
    for (int k = 0; k < call->word_count; k++) {
        const struct column *column = frame_need(data, call->words[k].text, call->words[k].at, err);

        if (column == NULL)
            return false;
        list[k] = column->name;
        for (int l = 0; l < k; l++)
            if (list[l] == list[k])
                return fail(err, GLMM_E_USAGE, call->words[k].at, "`%s` is named twice", list[k]);
    }
    *names = list;
    return true;
}

void verb_place(const struct call *call, const char *option, struct glmm_error *err)
{
    if (err->code != GLMM_OK && err->at.begin >= 0)
        error_shift(err, option == NULL ? call->argument_at.begin : call_option_at(call, option).begin);
}

const struct word *verb_group_word(const struct call *call, const struct frame *data)
{
    const struct word *by = call->word_count < 2 ? NULL : &call->words[call->word_count - 2];

    return by != NULL && !by->quoted && strcmp(by->text, "by") == 0 && frame_find(data, "by") == NULL ? by + 1 : NULL;
}

bool verb_by(const struct call *call, const struct frame *data, const char *option, const struct expr **by,
             struct glmm_error *err)
{
    const struct word *group = verb_group_word(call, data);
    const char *text;

    if (group == NULL)
        return verb_option(call, "by", option, by, err);
    if (option != NULL)
        return fail(err, GLMM_E_USAGE, call_option_at(call, "by"), "by is there twice");
    text = group->quoted ? arena_printf(call->arena, "`%s`", group->text) : group->text; /* a name that was unquoted as a word */
    if (text == NULL)
        return fail_memory(err);
    return (*by = verb_expression(call, text, group->at.begin, err)) != NULL;
}

void verb_by_place(const struct call *call, const struct frame *data, struct glmm_error *err)
{
    const struct word *group = verb_group_word(call, data);

    if (group == NULL)
        verb_place(call, "by", err);
    else if (err->code != GLMM_OK && err->at.begin >= 0)
        error_shift(err, group->at.begin);
}

/* --- saying ------------------------------------------------------------------------------------- */

const char *verb_with_flag(const struct call *call, const char *flag)
{
    const char *from = call->line + call->words[0].at.begin;
    size_t length = strlen(from);
    bool options = false;

    while (length > 0 && from[length - 1] == ' ')
        length--;
    for (int k = 0; call->command->options[k].name != NULL; k++)
        options = options || call->option_at[k].begin >= 0;
    return arena_printf(call->arena, "%s %.*s%s %s", call->command->name, (int)length, from, options ? "" : ",", flag);
}

const char *verb_count(struct arena *arena, size_t n, const char *one)
{
    return arena_printf(arena, "%zu %s%s", n, one, n == 1 ? "" : "s");
}

struct result *verb_result(const struct call *call, const struct frame *before, const struct frame *after)
{
    struct result *result = result_new(call->command->name);

    if (result == NULL)
        return NULL;
    result_string(result, "data", after->name);
    result_integer(result, "rows_before", (long long)before->rows);
    result_integer(result, "rows", (long long)after->rows);
    result_integer(result, "variables_before", (long long)before->column_count);
    result_integer(result, "variables", (long long)after->column_count);
    return result;
}

void verb_outside(struct result *result, const struct grouping *grouping, size_t rows)
{
    size_t outside = 0;

    for (size_t i = 0; i < rows; i++)
        outside += grouping->code[i] < 0;
    result_integer(result, "outside", (long long)outside);
    if (outside > 0)
        result_line(result, LINE_NOTE, "%s of no group, for a value is missing, %s left out",
                    verb_count(result->arena, outside, "row"), outside == 1 ? "was" : "were");
}

/* `placebo (reference), high, low`: the reference first, at most so many, between semicolons where they have commas in them. */
static void add_levels(struct text *line, const struct column *column)
{
    const char *separator = ", ";
    int32_t shown = column->level_count <= NAMED_LEVELS + 1 ? column->level_count : NAMED_LEVELS;
    int32_t first = column->reference < column->level_count ? column->reference : 0;

    text_add(line, column->level_count == 0 ? "factor without levels" : "");
    for (int32_t l = 0; l < column->level_count && l <= NAMED_LEVELS; l++)
        separator = memchr(column->levels[l], ',', strnlen(column->levels[l], 200)) != NULL ? "; " : separator;
    if (shown < column->level_count)
        text_addf(line, "%d levels, ", (int)column->level_count);
    for (int32_t k = 0, l = 0; k < shown; k++) {
        text_addf(line, "%s%s%s", k == 0 ? "" : separator, column->levels[k == 0 ? first : l], k == 0 ? " (reference)" : "");
        if (k > 0)
            l++;
        l += l == first;
    }
    text_addf(line, "%s%s", shown < column->level_count ? separator : "", shown < column->level_count ? "..." : "");
}

static void add_range(struct text *line, struct result *result, struct value *facts, const struct column *column, size_t rows,
                      int digits)
{
    double least = (double)INFINITY, most = -(double)INFINITY;
    char low[NUMBER_SIZE], high[NUMBER_SIZE];

    for (size_t i = 0; i < rows; i++) {
        double x = column_real(column, i);

        least = x < least ? x : least;
        most = x > most ? x : most;
    }
    text_addf(line, "%s", column_type_name(column->type));
    if (least > most)
        return;
    value_set(result->arena, facts, "min", value_real(result->arena, least));
    value_set(result->arena, facts, "max", value_real(result->arena, most));
    if (column->type == COLUMN_DATE)
        text_addf(line, ", %s to %s", date_text((int32_t)least, low), date_text((int32_t)most, high));
    else if (column->type == COLUMN_INTEGER)
        text_addf(line, ", %.0f to %.0f", least, most);
    else if (number_is_whole(least) && number_is_whole(most))
        text_addf(line, ", %s to %s", number_of_data(low, least, digits), number_of_data(high, most, digits));
    else
        text_addf(line, ", %s to %s", number_text(low, least, digits), number_text(high, most, digits));
}

static void add_truth(struct text *line, const struct column *column, size_t rows)
{
    size_t count = 0;

    for (size_t i = 0; i < rows; i++)
        count += column->as.logical[i] > 0;
    text_addf(line, "logical, %zu TRUE, %zu FALSE", count, rows - column->missing - count);
}

void verb_variable(struct result *result, struct session *session, const struct frame *frame, const char *name)
{
    const struct column *column = frame_find(frame, name);
    struct style style = session_style(session);
    struct text line = { 0 };
    struct value *facts;

    if (result == NULL || column == NULL)
        return;
    facts = value_object(result->arena);
    value_set(result->arena, facts, "name", value_string(result->arena, name));
    value_set(result->arena, facts, "type", value_string(result->arena, column_type_name(column->type)));
    value_set(result->arena, facts, "missing", value_integer(result->arena, (long long)column->missing));
    text_addf(&line, "%s: ", name);
    if (column->type == COLUMN_FACTOR) {
        add_levels(&line, column);
        value_set(result->arena, facts, "levels", value_integer(result->arena, column->level_count));
        if (column->level_count > 0)
            value_set(result->arena, facts, "reference", value_string(result->arena, column->levels[column->reference]));
    } else if (column->type == COLUMN_LOGICAL) {
        add_truth(&line, column, frame->rows);
    } else {
        add_range(&line, result, facts, column, frame->rows, style.digits);
    }
    if (column->missing > 0)
        text_addf(&line, ", %zu missing", column->missing);
    result_value(result, "variable", facts);
    result_line(result, LINE_TEXT, "%s", text_string(&line));
    result->failed = result->failed || line.failed;
    text_clear(&line);
}

bool verb_done(struct session *session, const struct frame *frame, struct result *result, struct glmm_error *err)
{
    if (frame == NULL || result == NULL || !result_ok(result)) {
        frame_free(frame);
        result_free(result);
        return fail_memory(err);
    }
    if (!session_add_data(session, frame, err)) {
        result_free(result);
        return false;
    }
    return session_emit(session, result, err);
}

bool verb_done_as(struct session *session, struct frame *frame, const char *as, struct result *result, struct glmm_error *err)
{
    char *name = as == NULL ? NULL : mem_strdup(as);

    if (as != NULL && name == NULL) {
        frame_free(frame);
        frame = NULL;
    }
    if (as != NULL && frame != NULL) {
        mem_free(frame->name);
        frame->name = name;
    }
    return verb_done(session, frame, result, err);
}

/* --- lists -------------------------------------------------------------------------------------- */

/* One more name; blanks around it are none of it, but where it is quoted. */
static bool add_item(const struct call *call, const char **list, size_t *count, const char *text, size_t length, bool quoted)
{
    while (!quoted && length > 0 && *text == ' ') {
        text++;
        length--;
    }
    while (!quoted && length > 0 && text[length - 1] == ' ')
        length--;
    list[*count] = arena_strndup(call->arena, text, length);
    return list[(*count)++] != NULL;
}

/* "low, mid,(0.5,2.4],`a,b`": what stands between backquotes, and a level of cut(), has its commas. */
static bool add_items(const struct call *call, const char **list, size_t *count, const char *text)
{
    for (size_t length;; text += length + 1) {
        const char *close;

        text += strspn(text, " ");
        close = *text == '`' ? strchr(text + 1, '`') : NULL;
        length = close != NULL ? (size_t)(close + 1 - text) : interval_length(text);
        length += strspn(text + length, " ");
        if (text[length] != ',' && text[length] != '\0') {
            close = NULL;
            length = strcspn(text, ",");
        }
        if (!add_item(call, list, count, close != NULL ? text + 1 : text, close != NULL ? (size_t)(close - text - 1) : length,
                      close != NULL))
            return false;
        if (text[length] == '\0')
            return true;
    }
}

bool verb_list(const struct call *call, const char *name, const char *text, const char *const **list, size_t *count,
               struct glmm_error *err)
{
    struct glmm_span at = call_option_at(call, name);
    const char **names;
    bool quoted, calls, commas, ok = true;
    int start;

    if (text == NULL)
        return true;
    start = text[0] == 'c' && text[1] == '(' ? 2 : text[0] == '(' ? 1 : 0; /* c("a", "b"), (a, b) */
    calls = start > 0 && text[strlen(text) - 1] == ')';
    if ((names = arena_alloc(call->arena, strlen(text) + 1, sizeof *names)) == NULL)
        return fail_memory(err);
    if (!calls && (text = word_unquote(call->arena, call->line, at, &quoted, err)) == NULL)
        return fail_memory(err);
    commas = calls && option_comma(call->line, span_of(at.begin + start, at.end - 1)) < at.end - 1;
    for (int from = at.begin + start, end = at.end - 1; calls && ok && from < end;) {
        struct glmm_span item;
        const char *one;

        from += (int)strspn(call->line + from, " ,");
        item = span_of(from, commas ? option_comma(call->line, span_of(from, end)) : word_end(call->line, from, end, ","));
        item = trim_span(call->line, item); /* between commas a blank is one of the item: (low, very high) */
        one = item.begin < item.end ? word_unquote(call->arena, call->line, item, &quoted, err) : "";
        if (one == NULL)
            return fail_memory(err);
        ok = item.begin >= item.end || add_item(call, names, count, one, strlen(one), quoted);
        from = item.end;
    }
    ok = ok && (calls || add_items(call, names, count, text));
    *list = names;
    return ok || fail_memory(err);
}

bool verb_keys(const struct frame *frame, const struct expr *by, struct grouping *keys, struct glmm_error *err)
{
    const struct column *column;
    const char **wider;

    if (by->kind == EXPR_BINARY && strcmp(by->text, ":") == 0)
        return verb_keys(frame, by->left, keys, err) && verb_keys(frame, by->right, keys, err);
    if (by->kind != EXPR_NAME)
        return fail(err, GLMM_E_TYPE, by->at, "keys are variables: id, or a:b for two");
    if ((column = frame_need(frame, by->text, by->at, err)) == NULL)
        return false;
    wider = mem_resize((void *)keys->names, keys->name_count + 1, sizeof *wider);
    if (wider == NULL)
        return fail_memory(err);
    keys->names = wider;
    keys->names[keys->name_count++] = column->name;
    return true;
}
