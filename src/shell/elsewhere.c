/* elsewhere.c -- see elsewhere.h.
 *
 * [NAME <- or =] REST, where REST is a call, a formula, an expression, or a command whose names stand between commas.  What a
 * call's arguments are (models, variables, the data) is asked of the session; one that it does not know ends the search. */
#include "shell/elsewhere.h"

#include <ctype.h>
#include <string.h>

#include "cmd/commands.h"
#include "data/expr.h"
#include "session/session.h"
#include "shell/call.h"
#include "shell/elsewhere-private.h"
#include "term/progress.h"

enum { HINT_ROOM = 200 };

bool foreign_refuse(struct foreign *f, const char *sentence)
{
    if (f->refusal == NULL)
        f->refusal = sentence;
    return false;
}

const char *foreign_part(struct arena *arena, const char *text, int begin, int end)
{
    const struct glmm_span part = trim_span(text, span_of(begin, end));

    return arena_strndup(arena, text + part.begin, (size_t)(part.end - part.begin));
}

const char *foreign_value(const char *argument, size_t *length)
{
    const char *at = argument;

    while (is_name_byte(*at))
        at++;
    *length = (size_t)(at - argument);
    at += strspn(at, " ");
    return *length == 0 || *at != '=' || at[1] == '=' ? NULL : at + 1 + strspn(at + 1, " ");
}

/* The next comma outside brackets of any kind and quotes; end: there is none. */
static int next_comma(const char *text, int at, int end)
{
    char quote = 0;

    for (int depth = 0; at < end && (quote != 0 || depth > 0 || text[at] != ','); at++) {
        if (quote != 0 || text[at] == '"' || text[at] == '\'' || text[at] == '`')
            quote = quote == 0 ? text[at] : quote == text[at] ? 0 : quote;
        else
            depth += (strchr("([{", text[at]) != NULL) - (strchr(")]}", text[at]) != NULL);
    }
    return at;
}

bool foreign_call(struct foreign *f, const char *text)
{
    const char *open = strchr(text, '('), *name = text, *package;
    int end, at, comma, depth = 1, length = (int)strlen(text);

    if (open == NULL)
        return false;
    if ((package = strstr(text, "::")) != NULL && package < open)
        name = package + 2 + (package[2] == ':');
    for (const char *c = name; c < open; c++)
        if (!is_name_byte(*c) && *c != '-')
            return false;
    at = (int)(open - text) + 1;
    for (char quote = 0; depth > 0 && at < length; at++) {
        if (quote != 0 || text[at] == '"' || text[at] == '\'' || text[at] == '`')
            quote = quote == 0 ? text[at] : quote == text[at] ? 0 : quote;
        else
            depth += (text[at] == '(') - (text[at] == ')');
    }
    end = at - 1;
    if (open == name || depth > 0 || (text[end + 1] != '\0' && strchr("$[", text[end + 1]) == NULL))
        return false;
    f->called = true;
    f->function = arena_strndup(f->arena, name, (size_t)(open - name));
    for (at = (int)(open - text) + 1; at < end && f->count < FOREIGN_ARGUMENTS; at = comma + 1) {
        comma = next_comma(text, at, end);
        if ((f->arguments[f->count++] = foreign_part(f->arena, text, at, comma)) == NULL)
            return false;
    }
    return f->function != NULL && f->count < FOREIGN_ARGUMENTS;
}

/* NAME `<-` or NAME `=`: its length with the sign, 0: none. */
static size_t take_target(struct foreign *f, const char *text)
{
    size_t length = 0, sign;

    while (is_name_byte(text[length]))
        length++;
    sign = length + strspn(text + length, " ");
    if (length == 0 || !is_name_start(text[0])
        || (strncmp(text + sign, "<-", 2) != 0 && (text[sign] != '=' || text[sign + 1] == '=')))
        return 0;
    f->target = arena_strndup(f->arena, text, length);
    return sign + (text[sign] == '<' ? 2 : 1);
}

/* The text without `d$` before the variables of the data in use, outside quotes: here they go by their names alone. */
static const char *without_owner(struct foreign *f, const char *text)
{
    const char *owner = f->session->data == NULL ? "" : f->session->data->name;
    size_t length = strlen(owner), n = 0;
    char *out = arena_strdup(f->arena, text), quote = 0;

    for (const char *at = text; out != NULL && *at != '\0'; at++) {
        if (quote != 0 || *at == '"' || *at == '\'' || *at == '`')
            quote = quote == 0 ? *at : quote == *at ? 0 : quote;
        else if (length > 0 && strncmp(at, owner, length) == 0 && at[length] == '$' && is_name_start(at[length + 1])
                 && (at == text || !is_name_byte(at[-1])))
            at += length + 1;
        out[n++] = *at;
    }
    if (out != NULL)
        out[n] = '\0';
    return out;
}

/* `plot m1`, `plot y, x`: as the call. */
static bool take_plot(struct foreign *f, const char *text)
{
    size_t length = strncmp(text, "plot ", 5) == 0 ? 5 : strncmp(text, "plot-ascii ", 11) == 0 ? 11 : 0;

    if (length == 0)
        return false;
    f->function = "plot";
    for (text += length; *text != '\0' && f->count < 3; text += length) {
        text += strspn(text, " ,");
        length = (size_t)word_end(text, 0, (int)strlen(text), ",");
        if (length > 0 && (f->arguments[f->count++] = arena_strndup(f->arena, text, length)) == NULL)
            return false;
    }
    return true;
}

/* What is no call: a formula, an expression that has a name. */
static bool write_plain(struct foreign *f, const char *text)
{
    struct glmm_error err = { .at = NOWHERE };
    const char *left = foreign_part(f->arena, text, 0, (int)strcspn(text, "~"));
    const char *target = f->target == NULL ? "" : f->target, *is = f->target == NULL ? "" : " = ";

    f->plain = true;
    if (f->target != NULL && left != NULL && session_find_model(f->session, left) != NULL)
        return foreign_refuse(f, arena_printf(f->arena, "`%.60s` is a model, and has one name", left));
    if (f->target != NULL && left != NULL && session_find_data(f->session, left) != NULL)
        return foreign_refuse(f, arena_printf(f->arena, "`%.60s` is a data set, and no value of a variable", left));
    if (left == NULL || expr_parse(f->arena, left, &err) == NULL)
        return false;
    if (strchr(text, '~') != NULL)
        text_addf(f->out, "fit %s%s%s", target, is, text);
    else if (f->target != NULL && f->session->data != NULL)
        text_addf(f->out, "let %s = %s", target, text);
    return f->out->length > 0;
}

/* A line that begins with `fit` or `model`, or with what such a name may be given to. */
static const char *without_fit(const char *text, bool *fits)
{
    const size_t length = strncmp(text, "fit ", 4) == 0 ? 4 : strncmp(text, "model ", 6) == 0 ? 6 : 0;
    const char *rest = text + length + strspn(text + length, " ");

    *fits = length > 0 && strncmp(rest, "<-", 2) != 0;
    return *fits ? rest : text;
}

/* `m <- fit y ~ x`, `fit m <- y ~ x`: the text behind the name is a formula, and the command stands on the wrong side of it, or
 * an arrow between. */
static bool is_fit_named(const struct foreign *f, bool fits, const char *before, const char **text)
{
    const char *rest = *text;
    bool again, arrow = strstr(before, "<-") != NULL && strstr(before, "<-") < rest;

    if (f->target == NULL || strchr(rest, '~') == NULL)
        return false;
    rest = without_fit(rest, &again);
    if (!(again && !fits) && !(fits && arrow && !again))
        return false;
    *text = rest;
    return true;
}

static bool write_line(struct foreign *f, const char *text)
{
    const char *typed = text, *begin;
    bool fits, calls;

    if ((text = without_owner(f, without_fit(text, &fits))) == NULL)
        return false;
    begin = text;
    text += take_target(f, text);
    text += strspn(text, " ");
    calls = take_plot(f, text) || foreign_call(f, text);
    if (!calls && is_fit_named(f, fits, begin, &text))
        return write_plain(f, text);
    if (fits && !(calls && foreign_fits(f->function)))
        return false;
    if (calls && foreign_write(f))
        return true;
    if (strncmp(text, "plot-ascii ", 11) == 0)
        f->refusal = NULL; /* its own error says more */
    text_truncate(f->out, 0);
    if (f->refusal != NULL || (f->function != NULL && (foreign_known(f->function) || foreign_fits(f->function))))
        return false;
    if (f->target == NULL
        && (foreign_write_part(f, text, !fits && strcmp(typed, text) != 0)
            || (text_truncate(f->out, 0), foreign_write_commas(f, text))))
        return true;
    text_truncate(f->out, 0);
    return f->refusal == NULL && write_plain(f, text);
}

/* Whether the line does what it is to do: it parses, its model can be stated, its variable computed. */
static bool line_runs(struct foreign *f, const char *line)
{
    struct glmm_error err = { .at = NOWHERE };
    struct call call;
    const struct expr *expr;
    struct column *column;

    if (!call_parse(&call, line, false, f->arena, &err))
        return foreign_refuse(f, arena_printf(f->arena, "no line does it: %.120s", err.message));
    if (strcmp(call.command->name, "fit") == 0)
        return foreign_fit_runs(f, &call);
    if (strcmp(call.command->name, "let") != 0)
        return true;
    expr = expr_parse(f->arena, strchr(line, '=') + 1, &err);
    column = expr == NULL ? NULL : expr_column(expr, f->session->data, &err);
    column_free(column);
    return column != NULL || foreign_refuse(f, arena_printf(f->arena, "it is no value of a variable: %.120s", err.message));
}

const char *elsewhere_line(struct session *session, const char *line, struct arena *arena, const char **words)
{
    struct text out = { 0 };
    struct foreign f = { .session = session, .arena = arena, .out = &out };
    const char *text = foreign_part(arena, line, 0, (int)strlen(line)), *made = NULL;

    if (text != NULL && write_line(&f, text) && !out.failed && line_runs(&f, text_string(&out)))
        made = arena_strdup(arena, text_string(&out));
    *words = made == NULL                                 ? f.refusal
             : strncmp(text_string(&out), "let ", 4) == 0 ? "a variable is made by"
             : f.unknown != NULL ? arena_printf(arena, "`%.40s` is no model or variable; of a variable it is", f.unknown)
             : f.plain && f.target != NULL ? "a model is named as it is fitted:"
             : f.plain                     ? "a model is fitted by"
                                           : "here it is";
    text_clear(&out);
    return made;
}

/* `model <- lmer(...)`: a name that a command has, too. */
static bool is_assigned(const char *line, int end)
{
    return strncmp(line + end + strspn(line + end, " "), "<-", 2) == 0;
}

void elsewhere_hint(struct session *session, const char *line, const struct command *command, bool unknown, struct arena *arena,
                    struct glmm_error *err)
{
    const char *words, *made, *quote;
    const struct glmm_span at = err->at;
    const int end = call_name_end(line);
    bool other = command != NULL && (strcmp(command->name, "fit") == 0 || strcmp(command->name, "model") == 0);

    if ((err->code != GLMM_E_USAGE && err->code != GLMM_E_SYNTAX && err->code != GLMM_E_NAME)
        || (command != NULL && !other && strcmp(command->name, "plot-ascii") != 0 && !is_assigned(line, end)))
        return;
    progress_begin(session, "reading"); /* models are stated: the line of progress is not that of the last command */
    made = elsewhere_line(session, line, arena, &words);
    progress_end(session);
    if (words == NULL || (made != NULL && strlen(made) > HINT_ROOM))
        return;
    if (made == NULL && command != NULL && !is_assigned(line, end) && !other)
        return; /* its own error says more */
    if (end > 0 && (unknown || command_find(line, (size_t)end, false) == NULL)) {
        const enum glmm_code code = err->code;

        *err = (struct glmm_error){ .at = NOWHERE };
        fail(err, code, unknown ? at : span_of(0, end), "no command `%.*s`", end < 60 ? end : 60, line);
    }
    err->hint[0] = '\0';
    if (made == NULL) {
        error_hint(err, "%s", words);
        return;
    }
    quote = strchr(made, '`') == NULL ? "`" : ""; /* between them it is not broken */
    error_hint(err, "%s %s%s%s", words, quote, made, quote);
}
