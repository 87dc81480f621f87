/* options-parse.c -- the options behind a comma of a line, and what is said of one that is none.  See option.h. */
#include "lang/option.h"

#include <string.h>
#include <strings.h>

#include "base/suggest.h"
#include "lang/words.h"

/* The state of one options_parse(). */
struct parse {
    const struct option *options;
    const char *owner, *line;
    int at, end;
    bool prefix;
    struct arena *arena;
    void *values;
    struct glmm_span *places;
    const struct option *last; /* the one before, and where its value began; NULL behind one without a value */
    int last_value;
};

/* Whether an option stands there, as far as one can tell: its name before `=`, a flag, or any name before `=` unless the value
 * before it has pairs too (types=a=real,b=date). */
static bool option_stands(const struct parse *p, int at)
{
    int end = word_end(p->line, at, p->end, ",="), behind = trim_span(p->line, span_of(end, p->end)).begin;
    bool valued = behind < p->end && p->line[behind] == '=';
    size_t length = (size_t)(end - at);

    for (const struct option *o = p->options; o->name != NULL; o++)
        if (strlen(o->name) == length && memcmp(o->name, p->line + at, length) == 0)
            return valued || o->type == OPTION_FLAG;
    return valued && (behind > end || memchr(p->line + p->last_value, '=', (size_t)(p->at - p->last_value)) == NULL);
}

/* Where the rest of a value that was cut at a comma ends: before what is an option. */
static int rest_end(const struct parse *p)
{
    int end = p->at, next = end;

    while (next < p->end && !option_stands(p, next)) {
        end = word_end(p->line, next, p->end, ",");
        next = trim_span(p->line, span_of(end, p->end)).begin;
        if (next >= p->end || p->line[next] != ',')
            return end;
        next = trim_span(p->line, span_of(next + 1, p->end)).begin;
    }
    return end;
}

/* Whether values of the option may have commas: "a,b", "V=1, 2". */
static bool takes_list(const struct option *o)
{
    static const char *const lists[] = { "LIST", "TEXT", "TEXTS", "TYPES", "KIND", "PRIOR", "SQL" };

    for (size_t i = 0; o->word != NULL && i < sizeof lists / sizeof *lists; i++)
        if (o->word[0] == '"' || strcmp(o->word, lists[i]) == 0)
            return true;
    return false;
}

/* One of the values between commas, with its own quotes or without; an option's text within quotes has \" and \\ for these. */
static const char *add_part(const struct parse *p, const char *before, struct glmm_span at, bool list)
{
    struct glmm_error err = { 0 };
    bool quoted;
    const char *text = word_unquote(p->arena, p->line, at, &quoted, &err);

    error_clear(&err);
    if (text == NULL) /* not closed, or the like: as it stands */
        text = arena_strndup(p->arena, p->line + at.begin, (size_t)(at.end - at.begin));
    before = arena_printf(p->arena, list ? "%s\"" : "%s", before);
    for (const char *next; text != NULL && before != NULL && *text != '\0'; text = next) {
        next = text + 1 + strcspn(text + 1, "\"\\");
        before = arena_printf(p->arena, strchr("\"\\", *text) != NULL ? "%s\\%.*s" : "%s%.*s", before, (int)(next - text), text);
    }
    return before == NULL || text == NULL ? NULL : arena_printf(p->arena, list ? "%s\"" : "%s", before);
}

/* The values of a list up to `end` as one value: "a,b", or c("a, b", "c") where `list`.  NULL when memory is out. */
static const char *whole_value(const struct parse *p, int end, bool list)
{
    const char *text = list ? "c(" : "\"";

    for (int at = p->last_value, next; text != NULL && at < end; at = next) {
        int stop = word_end(p->line, at, end, ",");

        for (next = stop; next < end && strchr(" \t,", p->line[next]) != NULL; next++)
            continue;
        text = add_part(p, text, span_of(at, stop), list);
        if (text != NULL && next < end)
            text =
                list ? arena_printf(p->arena, "%s, ", text) : arena_printf(p->arena, "%s%.*s", text, next - stop, p->line + stop);
        next = next > at ? next : at + 1;
    }
    return text == NULL ? NULL : arena_printf(p->arena, list ? "%s)" : "%s\"", text);
}

/* Whether each of the values has quotes and one of them a comma, which is no comma of the list then. */
static bool has_commas_within(const struct parse *p, int end)
{
    bool within = false;

    for (int at = p->last_value, next; at < end; at = next) {
        int stop = word_end(p->line, at, end, ",");

        if (p->line[at] != '"')
            return false;
        within = within || memchr(p->line + at, ',', (size_t)(stop - at)) != NULL;
        for (next = stop + (stop == at); next < end && strchr(" \t,", p->line[next]) != NULL; next++)
            continue;
    }
    return within;
}

/* Whether what stands between quotes may be the first of several values: not where it has commas of its own, or the next has no
 * quotes. */
static bool quoted_goes_on(const struct parse *p)
{
    int stop = word_end(p->line, p->last_value, p->end, ",");

    return p->line[p->at] == '"'
           || (strcmp(p->last->word, "LIST") == 0
               && memchr(p->line + p->last_value, ',', (size_t)(stop - p->last_value)) == NULL);
}

/* levels=low,mid,high and by=a,b: what is no option is the rest of the value before it.  A list stands between quotes, all of it;
 * groups of an expression are a:b. */
static bool rest_of_value(const struct parse *p, struct glmm_error *err)
{
    const struct option *o = p->last;
    char first = o == NULL ? '\0' : p->line[p->last_value];
    const char *whole;
    int end;

    if (o == NULL || first == '\'' || (end = rest_end(p)) == p->at || (first == '"' && !(takes_list(o) && quoted_goes_on(p))))
        return false;
    if (takes_list(o)) {
        whole = whole_value(p, end, strcmp(o->word, "LIST") == 0 && has_commas_within(p, end));
        if (whole == NULL)
            return false;
        error_hint(err, "a value with commas stands between quotes: %s=%s", o->name, whole);
    } else if (strcmp(o->name, "by") == 0 && o->type == OPTION_VARIABLE)
        error_hint(err, "the groups of two variables are those of by=a:b");
    else if (strcmp(o->name, "by") == 0)
        error_hint(err, "by= takes one variable");
    else
        return false;
    return true;
}

/* Whether a word of the list between blanks is the name, whatever its case. */
static bool word_among(const char *words, const char *name)
{
    size_t length = strlen(name);

    for (const char *word = words; word != NULL && *word != '\0'; word += strcspn(word, " "), word += *word == ' ')
        if (strcspn(word, " ") == length && strncasecmp(word, name, length) == 0)
            return true;
    return false;
}

/* The choice of an option whose name was left out: `probit`, `ML`, `binomial`. */
static bool choice_alone(const struct parse *p, const char *name, struct glmm_error *err)
{
    int behind = trim_span(p->line, span_of(p->at + (int)strlen(name), p->end)).begin;

    if (behind < p->end && p->line[behind] == '=')
        return false;
    for (const struct option *o = p->options; o->name != NULL; o++)
        for (int i = 0; o->choices != NULL && o->choices[i] != NULL; i++)
            if (strcasecmp(o->choices[i], name) == 0) {
                error_hint(err, "did you mean `%s=%s`?", o->name, o->choices[i]);
                return true;
            }
    return false;
}

/* What the option is called here, and what it takes. */
static bool other_name(const struct parse *p, const char *name, struct glmm_error *err)
{
    char allowed[256];

    for (const struct option *o = p->options; o->name != NULL; o++)
        if (word_among(o->also, name)) {
            if (o->type == OPTION_FLAG)
                error_hint(err, "here it is %s: %s", o->name, o->help);
            else if (option_lists(o))
                error_hint(err, "here it is %s=%s, %s", o->name, o->word, option_allowed(o, allowed, sizeof allowed));
            else
                error_hint(err, "here it is %s=%s: %s", o->name, o->word, o->help);
            return true;
        }
    return false;
}

/* The options (only the flags, where it is asked for these) that are called nearly so. */
static bool near_name(const struct parse *p, const char *name, bool flags, struct glmm_error *err)
{
    struct suggest suggest;

    suggest_init(&suggest, name);
    for (const struct option *o = p->options; o->name != NULL; o++)
        if (!flags || o->type == OPTION_FLAG)
            suggest_offer(&suggest, o->name);
    return suggest_hint(&suggest, err);
}

static bool unknown_option(struct parse *p, const char *name, struct glmm_span at, struct glmm_error *err)
{
    bool valued = at.end < p->end && p->line[at.end] == '=';

    if (option_count(p->options) == 0)
        return fail(err, GLMM_E_USAGE, at, "`%s` takes no options", p->owner);
    fail(err, GLMM_E_USAGE, at, "`%s` has no option `%.60s`", p->owner, name);
    if (!choice_alone(p, name, err) && !other_name(p, name, err) && !(!valued && near_name(p, name, true, err))
        && !rest_of_value(p, err) && !near_name(p, name, false, err))
        error_hint(err, "help %s lists its options", p->owner);
    return false;
}

static void skip_blanks(struct parse *p)
{
    p->at = trim_span(p->line, span_of(p->at, p->end)).begin;
}

/* An expression goes on where an operator stands before the blank or behind it: `where=Days > 1 & Sex == "F"`. */
static bool goes_on(const char *line, int end, int next, int most)
{
    static const char operators[] = "+-*/^%<>=!&|:~";
    char before = line[end - 1], after = next < most ? line[next] : ',';

    if (next < most && after == ',')
        return false;
    return strchr(operators, before) != NULL
           || (strchr(operators, after) != NULL && (after != '=' || (next + 1 < most && line[next + 1] == '=')));
}

int option_value_end(const struct option *option, const char *line, int at, int most)
{
    int end = word_end(line, at, most, ","), next;

    while (option->type == OPTION_VARIABLE && end > at && end < most) {
        next = trim_span(line, span_of(end, most)).begin;
        if (!goes_on(line, end, next, most))
            break;
        end = word_end(line, next, most, ",");
    }
    return end;
}

/* `=` VALUE, behind the option's name. */
static bool parse_value(struct parse *p, const struct option *option, struct glmm_span name_at, struct glmm_span *place,
                        struct glmm_error *err)
{
    struct glmm_span at;
    const char *text;
    bool quoted;

    p->at++;
    skip_blanks(p);
    at = span_of(p->at, option_value_end(option, p->line, p->at, p->end));
    if (option->type == OPTION_FLAG)
        return fail(err, GLMM_E_USAGE, at, "option `%s` takes no value", option->name);
    if (at.begin == at.end)
        return fail(err, GLMM_E_USAGE, name_at, "option `%s` needs a value behind `=`", option->name);
    text = option->type == OPTION_VARIABLE ? arena_strndup(p->arena, p->line + at.begin, (size_t)(at.end - at.begin))
                                           : word_unquote(p->arena, p->line, at, &quoted, err);
    if (text == NULL)
        return fail_memory(err);
    p->at = at.end;
    p->last = option;
    p->last_value = at.begin;
    *place = at;
    return option_read(option, text, p->prefix, p->arena, p->values, at, err);
}

/* option -> NAME [ `=` VALUE ] */
static bool parse_option(struct parse *p, struct glmm_error *err)
{
    int end = word_end(p->line, p->at, p->end, ",=");
    struct glmm_span name_at = span_of(p->at, end), *place;
    const char *name = arena_strndup(p->arena, p->line + p->at, (size_t)(end - p->at));
    const struct option *option;
    char allowed[256];

    if (name == NULL)
        return fail_memory(err);
    if (name_at.begin == name_at.end)
        return fail(err, GLMM_E_SYNTAX, span_of(p->at, p->at + 1), "an option's name is missing before `=`");
    option = option_find(p->options, name);
    if (option == NULL)
        return unknown_option(p, name, name_at, err);
    place = &p->places[option - p->options];
    if (place->begin >= 0 && option->type != OPTION_WORDS)
        return fail(err, GLMM_E_USAGE, name_at, "option `%s` is given twice", name);
    p->at = end;
    skip_blanks(p);
    if (p->at < p->end && p->line[p->at] == '=')
        return parse_value(p, option, name_at, place, err);
    if (option->type != OPTION_FLAG)
        return fail(err, GLMM_E_USAGE, name_at, "option `%s` needs a value: %s=%s, %s", name, name,
                    option->word != NULL ? option->word : "VALUE", option_allowed(option, allowed, sizeof allowed));
    *place = name_at;
    p->last = NULL;
    return option_read(option, "", p->prefix, p->arena, p->values, name_at, err);
}

bool options_parse(const struct option *options, const char *owner, const char *line, struct glmm_span part, bool prefix,
                   struct arena *arena, void *values, struct glmm_span *at, struct glmm_error *err)
{
    struct parse p = { options, owner, line, part.begin, part.end, prefix, arena, values, at, NULL, 0 };

    for (int i = 0, count = option_count(options); i < count; i++)
        at[i] = NOWHERE;
    for (skip_blanks(&p); p.at < p.end; skip_blanks(&p)) {
        if (line[p.at] == ',') {
            p.at++;
            continue;
        }
        if (!parse_option(&p, err))
            return false;
    }
    return true;
}
