/* elsewhere.c -- see elsewhere.h.
 *
 * [NAME <- or =] REST, where REST is a call, a formula, an expression, or a command whose names stand between commas.  What a
 * call's arguments are (models, variables, the data) is asked of the session; one that it does not know ends the search. */
#include "shell/elsewhere.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "cmd/commands.h"
#include "cmd/verb.h"
#include "data/expr.h"
#include "session/session.h"
#include "shell/call.h"

enum { ARGUMENTS = 16, HINT_ROOM = 200 };

/* What a function of R is here: with one argument, and with several. */
static const struct {
    const char *theirs, *one, *many;
} functions[] = {
    { "AIC", "summary", "compare" },     { "BIC", "summary", "compare" },     { "anova", "anova", "compare" },
    { "coef", "summary", NULL },         { "fixef", "summary", NULL },        { "print", "summary", NULL },
    { "logLik", "summary", "compare" },  { "show", "summary", NULL },         { "lrtest", NULL, "compare" },
    { "VarCorr", "varcorr", NULL },      { "resid", "residuals", NULL },      { "str", "describe", NULL },
    { "names", "describe", NULL },       { "colnames", "describe", NULL },    { "dim", "describe", NULL },
    { "nrow", "describe", NULL },        { "glimpse", "describe", NULL },     { "mean", "describe", NULL },
    { "sd", "describe", NULL },          { "median", "describe", NULL },      { "levels", "describe", NULL },
    { "range", "describe", NULL },       { "View", "view data", NULL },       { "hist", "plot-ascii histogram", NULL },
    { "xtabs", "tabulate", "tabulate" }, { "table", "tabulate", "tabulate" }, { "boxplot", "plot-ascii box", NULL },
    { "qqnorm", "plot-ascii qq", NULL }, { "read.csv", "load", NULL },        { "read_csv", "load", NULL },
    { "read.table", "load", NULL },      { "read.delim", "load", NULL },      { "data", "load", NULL },
    { "ls", "datasets", NULL },
};

static const char *const fitters[] = { "lmer", "glmer", "glmmTMB", "lme", "lm", "glm", "blmer", "bglmer", "fit", "model", NULL };

/* A line of R's, taken apart. */
struct foreign {
    struct session *session;
    struct arena *arena;
    const char *target; /* what it is assigned to, or NULL */
    const char *function, *arguments[ARGUMENTS];
    int count;
    bool called, plain;  /* with parentheses; a formula or an expression */
    const char *unknown; /* a name of nothing that is there, for which another stands */
    struct text *out;
};

static const char *trimmed(struct arena *arena, const char *text, int begin, int end)
{
    const struct glmm_span part = trim_span(text, span_of(begin, end));

    return arena_strndup(arena, text + part.begin, (size_t)(part.end - part.begin));
}

static bool is_fitter(const char *name)
{
    for (const char *const *fitter = fitters; *fitter != NULL; fitter++)
        if (strcmp(*fitter, name) == 0)
            return true;
    return false;
}

/* Where the value of `NAME = VALUE` begins, whose name has *length bytes; NULL: it is none. */
static const char *named_value(const char *argument, size_t *length)
{
    const char *at = argument;

    while (is_name_byte(*at))
        at++;
    *length = (size_t)(at - argument);
    at += strspn(at, " ");
    return *length == 0 || *at != '=' || at[1] == '=' ? NULL : at + 1 + strspn(at + 1, " ");
}

/* NAME( ARGUMENTS ), and what picks a part of its value. */
static bool take_call(struct foreign *f, const char *text)
{
    const char *open = strchr(text, '('), *name = text, *package;
    int end, at, comma, length = (int)strlen(text);

    if (open == NULL)
        return false;
    if ((package = strstr(text, "::")) != NULL && package < open)
        name = package + 2 + (package[2] == ':');
    for (const char *c = name; c < open; c++)
        if (!is_name_byte(*c) && *c != '-')
            return false;
    end = word_end(text, (int)(open - text), length, ")");
    at = (int)(open - text) + 1;
    for (int depth = 1; depth > 0 && at < length; at++)
        depth += (text[at] == '(') - (text[at] == ')');
    end = at - 1;
    if (open == name || text[end] != ')' || (text[end + 1] != '\0' && strchr("$[", text[end + 1]) == NULL))
        return false;
    f->called = true;
    f->function = arena_strndup(f->arena, name, (size_t)(open - name));
    for (at = (int)(open - text) + 1; at < end && f->count < ARGUMENTS; at = comma + 1) {
        comma = option_comma(text, span_of(at, end));
        if ((f->arguments[f->count++] = trimmed(f->arena, text, at, comma)) == NULL)
            return false;
    }
    return f->function != NULL && f->count < ARGUMENTS;
}

/* `"binomial"`, `binomial(link = "probit")`: family= and link=. */
static void add_family(struct foreign *f, const char *value, bool first)
{
    char word[40];
    size_t length = 0;
    const char *link;

    value += *value == '"' || *value == '\'';
    for (; is_name_byte(value[length]) && length + 1 < sizeof word; length++)
        word[length] = (char)tolower((unsigned char)value[length]);
    word[length] = '\0';
    text_addf(f->out, "%sfamily=%s", first ? ", " : " ", word);
    if (value[length] != '(')
        return;
    link = value + length + 1 + strcspn(value + length + 1, "\"'abcdefghijklmnopqrstuvwxyz");
    if (strncmp(link, "link", 4) == 0)
        link += 4 + strspn(link + 4, " =");
    link += *link == '"' || *link == '\'';
    length = strcspn(link, "\"') ");
    if (length > 0)
        text_addf(f->out, " link=%.*s", (int)length, link);
}

static bool is_value(const char *value, const char *const *values)
{
    for (; *values != NULL; values++)
        if (strcasecmp(value, *values) == 0)
            return true;
    return false;
}

/* A named argument of a function that fits, as an option; false where it is not known here. */
static bool add_fit_option(struct foreign *f, const char *name, size_t length, const char *value, bool *first)
{
    static const char *const silent[] = { "control", "start", "verbose", "na.action", "data", NULL };
    static const char *const renamed[][2] = { { "nAGQ", "nodes" }, { "ziformula", "zi" }, { "dispformula", "disp" } };
    static const char *const no[] = { "F", "FALSE", NULL }, *const yes[] = { "T", "TRUE", NULL };
    char word[40];
    const char *ours = word;

    if (length >= sizeof word)
        return false;
    memcpy(word, name, length);
    word[length] = '\0';
    if (strcmp(word, "data") == 0 && f->session->data != NULL && strcmp(value, f->session->data->name) != 0
        && session_find_data(f->session, value) != NULL)
        ours = word;
    else if (is_value(word, silent))
        return true;
    for (size_t i = 0; i < sizeof renamed / sizeof renamed[0]; i++)
        ours = strcmp(word, renamed[i][0]) == 0 ? renamed[i][1] : ours;
    if (strcmp(word, "REML") == 0 && is_value(value, yes))
        return true;
    if (strcmp(word, "REML") == 0 && is_value(value, no)) {
        ours = "method";
        value = "ml";
    }
    if (strcmp(word, "family") == 0) {
        add_family(f, value, *first);
    } else {
        if (option_find(command_find("fit", strlen("fit"), false)->options, ours) == NULL)
            return false;
        text_addf(f->out, "%s%s=", *first ? ", " : " ", ours);
        for (; *value != '\0'; value++) /* an option's value has no blanks */
            text_add_bytes(f->out, value, *value != ' ' || strchr(f->out->data, '"') != NULL);
    }
    *first = false;
    return true;
}

/* lmer(y ~ x + (1 | g), data = d, REML = FALSE), and lme(y ~ x, random = ~ 1 | g). */
static bool write_fit(struct foreign *f)
{
    const char *formula = NULL, *value;
    size_t length;
    bool first = true;

    for (int i = 0; i < f->count; i++) {
        value = named_value(f->arguments[i], &length);
        if (formula == NULL && (value == NULL || strncmp(f->arguments[i], "formula", length) == 0))
            formula = value == NULL ? f->arguments[i] : value;
    }
    if (formula == NULL || strchr(formula, '~') == NULL)
        return false;
    text_addf(f->out, "fit %s%s%s", f->target == NULL ? "" : f->target, f->target == NULL ? "" : " = ", formula);
    for (int i = 0; i < f->count; i++)
        if (strncmp(f->arguments[i], "random", 6) == 0 && (value = strchr(f->arguments[i], '~')) != NULL)
            text_addf(f->out, " + (%s)", value + 1 + strspn(value + 1, " "));
    for (int i = 0; i < f->count; i++) {
        value = named_value(f->arguments[i], &length);
        if (value == NULL) {
            if (f->arguments[i] != formula && (f->session->data == NULL || strcmp(f->arguments[i], f->session->data->name) != 0))
                return false; /* another data set, or a family without its name */
        } else if (value != formula && strncmp(f->arguments[i], "random", 6) != 0
                   && !add_fit_option(f, f->arguments[i], length, value, &first))
            return false;
    }
    return true;
}

/* Appends an argument, as one types it here; *data: it is the current data set, which is never named. */
static bool add_argument(struct foreign *f, const char *argument, bool *data, bool *variable)
{
    const struct frame *frame = f->session->data;
    size_t length;
    const char *value = named_value(argument, &length), *dollar = strchr(argument, '$'), *typed;

    if (f->called && value != NULL && strncmp(argument, "n", length) == 0)
        argument = value;
    else if (value != NULL)
        return false;
    *data = *variable = false;
    if (frame != NULL && dollar != NULL && strlen(frame->name) == (size_t)(dollar - argument)
        && strncmp(argument, frame->name, (size_t)(dollar - argument)) == 0)
        argument = dollar + 1;
    if (argument[0] == '\'' && strchr(argument, '"') == NULL && strlen(argument) > 2) {
        text_addf(f->out, " \"%.*s\"", (int)strlen(argument) - 2, argument + 1);
        return true;
    }
    if (argument[0] == '"' || strspn(argument, "0123456789") == strlen(argument)) {
        text_addf(f->out, " %s", argument);
        return true;
    }
    *data = frame != NULL && strcmp(frame->name, argument) == 0 && session_find_model(f->session, argument) == NULL;
    if (*data)
        return true;
    *variable = frame != NULL && frame_find(frame, argument) != NULL;
    typed = verb_name(f->arena, argument);
    if (typed == NULL || (!*variable && session_find_model(f->session, argument) == NULL))
        return false;
    text_addf(f->out, " %s", typed);
    return true;
}

/* Of what is none of them: a plot of the first variable, that one sees what is to be named. */
static bool write_any_plot(struct foreign *f)
{
    const struct frame *data = f->session->data;
    const char *typed = data == NULL || data->column_count == 0 ? NULL : verb_name(f->arena, data->columns[0].name);

    if (typed == NULL || strcmp(f->function, "plot") != 0 || f->count == 0 || !f->called)
        return false;
    text_addf(f->out, "plot-ascii %s %s", data->columns[0].type == COLUMN_FACTOR ? "bars" : "histogram", typed);
    f->unknown = f->arguments[0];
    return true;
}

/* plot(m1): residuals; plot(x), plot(y ~ x), plot(x, y): what suits the variables. */
static bool write_plot(struct foreign *f)
{
    const struct frame *data = f->session->data;
    const char *first = f->count > 0 ? f->arguments[0] : "", *tilde = strchr(first, '~');
    const char *y = tilde == NULL ? (f->count == 2 ? f->arguments[1] : NULL) : trimmed(f->arena, first, 0, (int)(tilde - first));
    const char *x = tilde == NULL ? first : trimmed(f->arena, tilde, 1, (int)strlen(tilde));
    bool is_data, is_variable;
    const struct column *column = data == NULL || x == NULL ? NULL : frame_find(data, x);

    if (x == NULL || f->count == 0 || f->count > 2)
        return false;
    if (y == NULL && session_find_model(f->session, x) != NULL)
        text_add(f->out, "plot-ascii residuals");
    else if (y != NULL)
        text_addf(f->out, "plot-ascii %s", column != NULL && column->type == COLUMN_FACTOR ? "box" : "scatter");
    else if (column != NULL)
        text_addf(f->out, "plot-ascii %s", column->type == COLUMN_FACTOR ? "bars" : "histogram");
    else
        return write_any_plot(f);
    return (y == NULL || add_argument(f, y, &is_data, &is_variable)) && add_argument(f, x, &is_data, &is_variable);
}

/* What the function is here, for so many arguments. */
static const char *verb_of(const struct foreign *f)
{
    const struct command *command;
    char lower[40];
    size_t i = 0;

    for (; f->function[i] != '\0' && i + 1 < sizeof lower; i++)
        lower[i] = (char)tolower((unsigned char)f->function[i]);
    lower[i] = '\0';
    command = command_find(lower, strlen(lower), false);
    for (size_t k = 0; k < sizeof functions / sizeof functions[0]; k++)
        if (strcmp(functions[k].theirs, f->function) == 0)
            return f->count > 1 ? functions[k].many : functions[k].one;
    return command == NULL ? NULL : command->name;
}

/* `head(d, 10)`, `anova(m1, m2)`, `d <- read.csv("x.csv")`. */
static bool write_call(struct foreign *f)
{
    const char *verb;
    size_t begin = f->out->length;
    bool of_data = false, of_variables = false, data, variable;

    if (is_fitter(f->function))
        return write_fit(f);
    if (strcmp(f->function, "plot") == 0)
        return write_plot(f);
    if (strcmp(f->function, "help") == 0 && f->count == 1) {
        text_addf(f->out, "help %s", f->arguments[0]);
        return true;
    }
    if ((verb = verb_of(f)) == NULL || (f->target != NULL && strcmp(verb, "load") != 0))
        return false;
    text_add(f->out, verb);
    for (int i = 0; i < f->count; i++) {
        if (strcmp(f->function, "data") == 0 && i == 0) {
            text_addf(f->out, " %s", f->arguments[i]);
            continue;
        }
        if (strcmp(verb, "load") == 0 && i > 0)
            break; /* header=, sep= and others are found */
        if (!add_argument(f, f->arguments[i], &data, &variable))
            return false;
        of_data = of_data || data;
        of_variables = of_variables || variable;
    }
    if (f->target != NULL)
        text_addf(f->out, " as %s", f->target);
    if ((of_data || of_variables) && strcmp(verb, "summary") == 0) {
        char *names = arena_strdup(f->arena, f->out->data + begin + strlen(verb));

        text_truncate(f->out, begin);
        text_addf(f->out, "describe%s", names == NULL ? "" : names);
    }
    return true;
}

/* A command of this shell whose names stand between commas. */
static bool write_without_commas(struct foreign *f, const char *text)
{
    int end = call_name_end(text), length = (int)strlen(text), comma, pieces = 0;
    bool data, variable, anova = strncmp(text, "anova ", 6) == 0;

    if (end == 0 || text[end] != ' ' || command_find(text, (size_t)end, true) == NULL || strchr(text, ',') == NULL)
        return false;
    text_addf(f->out, "%.*s", anova ? 7 : end, anova ? "compare" : text); /* of several models R's anova is that */
    for (int at = end; at < length; at = comma + 1, pieces++) {
        const char *piece;

        comma = option_comma(text, span_of(at, length));
        piece = trimmed(f->arena, text, at, comma);
        if (piece == NULL || *piece == '"' || isdigit((unsigned char)*piece) || !add_argument(f, piece, &data, &variable))
            return false;
    }
    return pieces > 1;
}

/* NAME `<-` or NAME `=`: its length with the sign, 0: none. */
static size_t take_target(struct foreign *f, const char *text)
{
    size_t length = 0, sign;

    while (is_name_byte(text[length]))
        length++;
    sign = length + strspn(text + length, " ");
    if (length == 0 || (strncmp(text + sign, "<-", 2) != 0 && (text[sign] != '=' || text[sign + 1] == '=')))
        return 0;
    f->target = arena_strndup(f->arena, text, length);
    return sign + (text[sign] == '<' ? 2 : 1);
}

/* `m1$coef`, `d$x`. */
static bool write_part(struct foreign *f, const char *text)
{
    const char *dollar = strchr(text, '$'), *owner;
    bool data, variable;

    if (dollar == NULL || strpbrk(text, " (") != NULL || (owner = trimmed(f->arena, text, 0, (int)(dollar - text))) == NULL)
        return false;
    text_add(f->out, session_find_model(f->session, owner) != NULL ? "summary" : "describe");
    return add_argument(f, session_find_model(f->session, owner) != NULL ? owner : text, &data, &variable);
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

static bool write_line(struct foreign *f, const char *text)
{
    bool fits = strncmp(text, "fit ", 4) == 0, calls;
    struct glmm_error err = { .at = NOWHERE };
    const char *left;

    text += fits ? 4 : 0;
    text += take_target(f, text);
    text += strspn(text, " ");
    calls = take_plot(f, text) || take_call(f, text);
    if (fits && !(calls && is_fitter(f->function)))
        return false;
    if (f->target != NULL && strchr(f->target, '-') != NULL)
        return false;
    if (calls && write_call(f))
        return true;
    text_truncate(f->out, 0);
    if (f->function != NULL && (verb_of(f) != NULL || is_fitter(f->function)))
        return false;
    if (f->target == NULL && write_part(f, text))
        return true;
    text_truncate(f->out, 0);
    if (f->target == NULL && write_without_commas(f, text))
        return true;
    text_truncate(f->out, 0);
    f->plain = true;
    left = trimmed(f->arena, text, 0, (int)strcspn(text, "~"));
    if (left == NULL || expr_parse(f->arena, left, &err) == NULL)
        return false;
    if (strchr(text, '~') != NULL)
        text_addf(f->out, "fit %s%s%s", f->target == NULL ? "" : f->target, f->target == NULL ? "" : " = ", text);
    else if (f->target != NULL && f->session->data != NULL)
        text_addf(f->out, "let %s = %s", f->target, text);
    return f->out->length > 0;
}

const char *elsewhere_line(struct session *session, const char *line, struct arena *arena, const char **words)
{
    struct text out = { 0 };
    struct foreign f = { .session = session, .arena = arena, .out = &out };
    struct glmm_error err = { .at = NOWHERE };
    const char *text = trimmed(arena, line, 0, (int)strlen(line)), *made = NULL;
    struct call call;

    if (text != NULL && write_line(&f, text) && !out.failed && call_parse(&call, text_string(&out), false, arena, &err))
        made = arena_strdup(arena, text_string(&out));
    *words = strncmp(text_string(&out), "let ", 4) == 0 ? "a variable is made by"
             : f.unknown != NULL ? arena_printf(arena, "`%.40s` is no model or variable; of a variable it is", f.unknown)
             : f.plain && f.target != NULL ? "a model is named as it is fitted:"
             : f.plain                     ? "a model is fitted by"
                                           : "here it is";
    text_clear(&out);
    return made;
}

void elsewhere_hint(struct session *session, const char *line, const struct command *command, bool unknown, struct arena *arena,
                    struct glmm_error *err)
{
    const char *words, *made, *quote;
    const struct glmm_span at = err->at;
    const int end = call_name_end(line);

    if ((err->code != GLMM_E_USAGE && err->code != GLMM_E_SYNTAX && err->code != GLMM_E_NAME)
        || (command != NULL && strcmp(command->name, "fit") != 0 && strcmp(command->name, "plot-ascii") != 0))
        return;
    made = elsewhere_line(session, line, arena, &words);
    if (made == NULL || words == NULL || strlen(made) > HINT_ROOM)
        return;
    quote = strchr(made, '`') == NULL ? "`" : ""; /* between them it is not broken */
    if (unknown && end > 0) {
        const enum glmm_code code = err->code;

        *err = (struct glmm_error){ .at = NOWHERE };
        fail(err, code, at, "no command `%.*s`", end < 60 ? end : 60, line);
    }
    err->hint[0] = '\0';
    error_hint(err, "%s %s%s%s", words, quote, made, quote);
}
