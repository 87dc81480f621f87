/* keep.c -- keep and drop: which variables the data have; rename: how they are called. */
#include "cmd/verb.h"

#include <string.h>

#include "base/text.h"

static bool some_words(const struct call *call, struct glmm_error *err)
{
    if (call->word_count > 0)
        return true;
    return fail(err, GLMM_E_USAGE, NOWHERE, "%s which variables?", call->command->name);
}

/* Whether a word is of a condition, and no name with such a sign in it. */
static bool compares(const struct frame *data, const struct word *word)
{
    static const char *const signs[] = { "=", "<", ">", "%in%", "&", "|" };
    bool sign = false;

    for (size_t k = 0; !word->quoted && k < sizeof signs / sizeof *signs; k++)
        sign = sign || strstr(word->text, signs[k]) != NULL;
    return sign && frame_find(data, word->text) == NULL;
}

static const char *words_between(const struct call *call, int first, int end)
{
    int begin = call->words[first].at.begin;

    return arena_strndup(call->arena, call->line + begin, (size_t)(call->words[end - 1].at.end - begin));
}

/* "keep if x > 1", "drop x==1", "keep y if x > 1": rows, as other programs choose them.  Where the condition can be computed,
 * what does it here is said; else what is wrong with it, at its place.  False. */
static bool fail_rows(const struct call *call, const struct frame *data, int names, int first, struct glmm_error *err)
{
    const char *verb = call->command->name, *words = words_between(call, first, call->word_count);
    const bool keeps = strcmp(verb, "keep") == 0;
    const char *text = words == NULL ? NULL : keeps ? words : arena_printf(call->arena, "!(%s)", words);
    const struct expr *condition;
    struct frame *rows;
    size_t unknown;

    if (text == NULL)
        return fail_memory(err);
    condition = expr_parse(call->arena, text, err);
    rows = condition == NULL ? NULL : frame_where(data, condition, NULL, &unknown, NULL, err);
    if (rows == NULL) {
        error_shift(err, call->words[first].at.begin - (keeps ? 0 : 2));
        if (err->hint[0] == '\0')
            error_hint(err, "rows are kept by: where EXPRESSION");
        return false;
    }
    frame_free(rows);
    fail(err, GLMM_E_USAGE, call->words[0].at, "%s is of variables; `where` keeps the rows in which something is true", verb);
    error_hint(err, "where %s%s", text,
               names == 0 ? "" : arena_printf(call->arena, "; %s %s", verb, words_between(call, 0, names)));
    return false;
}

/* False with the error where the words are no names, but a condition. */
static bool names_only(const struct call *call, const struct frame *data, struct glmm_error *err)
{
    const struct word *words = call->words;

    for (int i = 0; i < call->word_count; i++) {
        bool says_if = !words[i].quoted && strcmp(words[i].text, "if") == 0 && frame_find(data, "if") == NULL;

        if (says_if && i + 1 < call->word_count)
            return fail_rows(call, data, i, i + 1, err);
        if (says_if)
            return fail(err, GLMM_E_USAGE, words[i].at, "%s is of variables; `where` keeps the rows in which something is true",
                        call->command->name);
    }
    for (int i = 0; i < call->word_count; i++)
        if (compares(data, &words[i]))
            return fail_rows(call, data, 0, 0, err);
    return true;
}

static struct result *left_result(const struct call *call, const struct frame *before, const struct frame *after)
{
    struct result *result = verb_result(call, before, after);

    if (result != NULL)
        result_line(result, LINE_TEXT, "%s: %zu of %s kept", after->name, after->column_count,
                    verb_count(result->arena, before->column_count, "variable"));
    return result;
}

static bool keep_run(struct session *session, const struct call *call, struct glmm_error *err)
{
    const struct frame *data = session_need_data(session, err);
    const char *const *names;
    struct frame *next;

    if (data == NULL || !some_words(call, err) || !names_only(call, data, err) || !verb_variables(call, data, &names, err)
        || (next = frame_keep(data, names, (size_t)call->word_count, err)) == NULL)
        return false;
    return verb_done(session, next, left_result(call, data, next), err);
}

static bool drop_run(struct session *session, const struct call *call, struct glmm_error *err)
{
    const struct frame *data = session_need_data(session, err);
    const char *const *names;
    struct frame *next;

    if (data == NULL || !some_words(call, err) || !names_only(call, data, err) || !verb_variables(call, data, &names, err))
        return false;
    next = frame_without(data, names, (size_t)call->word_count, err);
    if (next == NULL) {
        err->at = err->code == GLMM_E_DATA ? call->argument_at : err->at;
        return false;
    }
    return verb_done(session, next, left_result(call, data, next), err);
}

/* --- rename ------------------------------------------------------------------------------------- */

struct renaming {
    const char **from, **to;
    struct glmm_span *at; /* of the new names */
    size_t count;
};

/* Fails for `NEW = OLD`, as others write it: no variable is called so, and what stands behind `=` is one. */
static bool check_order(const struct call *call, const struct frame *data, const char *from, struct glmm_span word, int end,
                        struct glmm_error *err)
{
    struct glmm_error ignored = { 0 };
    struct glmm_span other = NOWHERE;
    const char *old = NULL;
    int at = word.end;
    bool quoted;

    if (frame_find(data, from) == NULL && verb_equals(call, &at, end, &ignored)) {
        other = span_of(at, word_end(call->line, at, end, "="));
        old = word_unquote(call->arena, call->line, other, &quoted, &ignored);
    }
    error_clear(&ignored);
    if (old == NULL || frame_find(data, old) == NULL)
        return true;
    fail(err, GLMM_E_NAME, word, "no variable `%.60s` in %.60s; the old name stands first", from, data->name);
    error_hint(err, "rename %.*s = %.*s", other.end - other.begin, call->line + other.begin, word.end - word.begin,
               call->line + word.begin);
    return false;
}

/* rename -> OLD '=' NEW { [','] OLD '=' NEW } */
static bool read_pairs(const struct call *call, const struct frame *data, struct renaming *r, struct glmm_error *err)
{
    int at = call->argument_at.begin, end = call->argument_at.end, begin;
    size_t most = (size_t)(end - at) + 1;

    r->from = arena_alloc(call->arena, most, sizeof *r->from);
    r->to = arena_alloc(call->arena, most, sizeof *r->to);
    r->at = arena_alloc(call->arena, most, sizeof *r->at);
    if (r->from == NULL || r->to == NULL || r->at == NULL)
        return fail_memory(err);
    while (at < end) {
        const struct column *column;
        struct glmm_span word;
        bool quoted;

        word = span_of(at, word_end(call->line, at, end, "="));
        if (word.begin == word.end)
            return fail(err, GLMM_E_USAGE, span_of(at, at + 1), "the old name is missing here");
        if ((r->from[r->count] = word_unquote(call->arena, call->line, word, &quoted, err)) == NULL
            || !check_order(call, data, r->from[r->count], word, end, err)
            || (column = frame_need(data, r->from[r->count], word, err)) == NULL)
            return false;
        r->from[r->count] = column->name;
        for (size_t k = 0; k < r->count; k++)
            if (r->from[k] == column->name)
                return fail(err, GLMM_E_USAGE, word, "`%s` is named twice", column->name);
        at = word.end;
        if (!verb_equals(call, &at, end, err))
            return false;
        begin = at;
        if ((r->to[r->count] = verb_new_name(call, &at, end, "=", err)) == NULL)
            return false;
        r->at[r->count++] = span_of(begin, at);
        while (at < end && call->line[at] == ' ')
            at++;
    }
    return true;
}

static bool rename_run(struct session *session, const struct call *call, struct glmm_error *err)
{
    const struct frame *data = session_need_data(session, err);
    struct renaming r = { 0 };
    struct result *result;
    struct frame *next;
    struct text line = { 0 };
    size_t place = 0;

    if (data == NULL)
        return false;
    if (call->argument[0] == '\0')
        return fail(err, GLMM_E_USAGE, NOWHERE, "rename what?");
    if (!read_pairs(call, data, &r, err))
        return false;
    next = frame_rename(data, r.from, r.to, r.count, &place, err);
    if (next == NULL) {
        err->at = err->code == GLMM_E_NAME ? r.at[place] : err->at;
        return false;
    }
    for (size_t k = 0; k < r.count; k++)
        text_addf(&line, "%s%s is now %s", k == 0 ? "" : ", ", r.from[k], r.to[k]);
    result = verb_result(call, data, next);
    if (result != NULL) {
        result_line(result, LINE_TEXT, "%s", text_string(&line));
        result->failed = result->failed || line.failed;
    }
    text_clear(&line);
    return verb_done(session, next, result, err);
}

/* --- the commands --------------------------------------------------------------------------------- */

static const enum complete variables[] = { COMPLETE_VARIABLE, COMPLETE_NOTHING };

static const struct example keep_examples[] = { { "load pastes; keep strength batch; head 3", "two variables, in this order" },
                                                { NULL, NULL } };

const struct command command_keep = {
    .name = "keep",
    .usage = "keep VARIABLE...",
    .brief = "keep these variables alone",
    .help = "The current data have only these variables from now on, in this order. A model that was stated before keeps its "
            "own; undo brings the others back.",
    .arguments = ARGUMENT_WORDS,
    .complete = variables,
    .examples = keep_examples,
    .flags = COMMAND_CHANGES,
    .run = keep_run,
};

static const struct example drop_examples[] = { { "load pastes; drop sample; head 3", "without one of them" }, { NULL, NULL } };

const struct command command_drop = {
    .name = "drop",
    .usage = "drop VARIABLE...",
    .brief = "leave variables out",
    .help = "The current data are without these variables from now on. A model that was stated before keeps its own; undo "
            "brings them back. Rows are left out by where.",
    .arguments = ARGUMENT_WORDS,
    .complete = variables,
    .examples = drop_examples,
    .flags = COMMAND_CHANGES,
    .run = drop_run,
};

static const struct example rename_examples[] = {
    { "load sleepstudy; rename Reaction = ms Days = day; head 3", "two at once, the old name first" }, { NULL, NULL }
};

const struct command command_rename = {
    .name = "rename",
    .usage = "rename OLD = NEW...",
    .brief = "give variables other names",
    .help =
        "Variables of the current data get other names, all at once, so that two may change theirs. A name that is no plain word "
        "stands between backquotes, the old one and the new one: rename `Animal ID` = animal.",
    .arguments = ARGUMENT_TEXT,
    .complete = variables,
    .examples = rename_examples,
    .flags = COMMAND_CHANGES,
    .run = rename_run,
};
