/* elsewhere-call.c -- calls of R's functions that show something, as commands: each of what it is called with.
 *
 * A model must be fitted, a variable be there, the data be those in use; an argument that is not known ends it in a sentence. */
#include "shell/elsewhere-private.h"

#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "cmd/commands.h"
#include "cmd/verb.h"
#include "data/expr.h"
#include "model/spec.h"
#include "session/bundled.h"
#include "shell/call.h"

/* What a function of R is here: of a model, of several, of a variable, of two, and of the data.  NULL: nothing like it. */
static const struct known {
    const char *theirs, *model, *models, *variable, *pair, *data;
} functions[] = {
    { "AIC", "summary", "compare", NULL, NULL, NULL },
    { "BIC", "summary", "compare", NULL, NULL, NULL },
    { "logLik", "summary", "compare", NULL, NULL, NULL },
    { "anova", "anova", "compare", NULL, NULL, NULL },
    { "lrtest", NULL, "compare", NULL, NULL, NULL },
    { "coef", "summary", NULL, NULL, NULL, NULL },
    { "fixef", "summary", NULL, NULL, NULL, NULL },
    { "summary", "summary", NULL, "describe", NULL, "describe" },
    { "print", "summary", NULL, "describe", NULL, "describe" },
    { "show", "summary", NULL, "describe", NULL, "describe" },
    { "VarCorr", "varcorr", NULL, NULL, NULL, NULL },
    { "var", NULL, NULL, "describe", NULL, NULL },
    { "vcov", "vcov", NULL, NULL, NULL, NULL },
    { "ranef", "ranef", NULL, NULL, NULL, NULL },
    { "resid", "residuals", NULL, NULL, NULL, NULL },
    { "residuals", "residuals", NULL, NULL, NULL, NULL },
    { "fitted", "fitted", NULL, NULL, NULL, NULL },
    { "confint", "confint", NULL, NULL, NULL, NULL },
    { "predict", "predict", NULL, NULL, NULL, NULL },
    { "qqnorm", "plot-ascii qq", NULL, NULL, NULL, NULL },
    { "str", "summary", NULL, "describe", NULL, "describe" },
    { "names", NULL, NULL, NULL, NULL, "describe" },
    { "colnames", NULL, NULL, NULL, NULL, "describe" },
    { "dim", NULL, NULL, NULL, NULL, "describe" },
    { "nrow", NULL, NULL, NULL, NULL, "describe" },
    { "glimpse", NULL, NULL, NULL, NULL, "describe" },
    { "mean", NULL, NULL, "describe", NULL, NULL },
    { "sd", NULL, NULL, "describe", NULL, NULL },
    { "median", NULL, NULL, "describe", NULL, NULL },
    { "range", NULL, NULL, "describe", NULL, NULL },
    { "levels", NULL, NULL, "describe", NULL, NULL },
    { "View", NULL, NULL, NULL, NULL, "view data" },
    { "view", NULL, NULL, NULL, NULL, "view data" },
    { "hist", NULL, NULL, "plot-ascii histogram", NULL, NULL },
    { "boxplot", NULL, NULL, "plot-ascii box", NULL, NULL },
    { "xtabs", NULL, NULL, "tabulate", "tabulate", NULL },
    { "table", "table", "table", "tabulate", "tabulate", NULL },
    { "head", NULL, NULL, NULL, NULL, "head" },
    { "tail", NULL, NULL, NULL, NULL, "tail" },
};

static const struct known *known_function(const char *name)
{
    for (size_t k = 0; k < sizeof functions / sizeof functions[0]; k++)
        if (strcmp(functions[k].theirs, name) == 0)
            return &functions[k];
    return NULL;
}

bool foreign_known(const char *name)
{
    return known_function(name) != NULL;
}

/* What an argument is. */
enum kind { KIND_NONE, KIND_MODEL, KIND_VARIABLE, KIND_DATA, KIND_NUMBER };

static enum kind kind_of(const struct foreign *f, const char *name)
{
    if (session_find_model(f->session, name) != NULL)
        return KIND_MODEL;
    if (f->session->data != NULL && frame_find(f->session->data, name) != NULL)
        return KIND_VARIABLE;
    if (session_find_data(f->session, name) != NULL)
        return KIND_DATA;
    return *name != '\0' && strspn(name, "0123456789") == strlen(name) ? KIND_NUMBER : KIND_NONE;
}

static bool is_number_variable(const struct foreign *f, const char *name)
{
    const struct column *column = f->session->data == NULL ? NULL : frame_find(f->session->data, name);

    return column != NULL && column->type != COLUMN_FACTOR;
}

static bool refuse_call(struct foreign *f, const char *argument)
{
    size_t length = 0;

    while (is_name_byte(argument[length]))
        length++;
    if (length == 0 && argument[length] == '\0')
        return foreign_refuse(f, arena_printf(f->arena, "%.20s without an argument has no translation", f->function));
    if (argument[length] == '\0' && kind_of(f, argument) == KIND_NONE)
        return foreign_refuse(f, arena_printf(f->arena, "`%.60s` is no model, variable or data set", argument));
    return foreign_refuse(f, arena_printf(f->arena, "`%.60s` of %.20s has no translation", argument, f->function));
}

/* Appends the name, as one types it here, where it is of that kind; a model must be fitted, the data be those in use. */
static bool add_name(struct foreign *f, const char *name, enum kind kind)
{
    const char *typed = verb_name(f->arena, name);

    if (typed == NULL || kind_of(f, name) != kind)
        return refuse_call(f, name);
    if (kind == KIND_MODEL && session_find_model(f->session, name)->fit == NULL)
        return foreign_refuse(f, arena_printf(f->arena, "`%.60s` is not fitted: fit %.60s comes first", name, name));
    if (kind == KIND_DATA && strcmp(f->session->data->name, name) != 0)
        return foreign_refuse(f, arena_printf(f->arena, "`%.60s` is not the data in use: use %.60s comes first", name, name));
    if (kind != KIND_DATA)
        text_addf(f->out, " %s", typed);
    return true;
}

/* Takes from the arguments those that change nothing here: data = of what is in use, na.rm = TRUE. */
static bool drop_silent(struct foreign *f)
{
    int kept = 0;

    for (int i = 0; i < f->count; i++) {
        size_t length;
        const char *value = foreign_value(f->arguments[i], &length);

        if (value != NULL && strncmp(f->arguments[i], "data", length) == 0) {
            if (f->session->data == NULL || strcmp(value, f->session->data->name) != 0)
                return foreign_refuse(f, arena_printf(f->arena, "data = `%.60s` is not the data in use", value));
        } else if (value == NULL || strncmp(f->arguments[i], "na.rm", length) != 0) {
            f->arguments[kept++] = f->arguments[i];
        }
    }
    f->count = kept;
    return true;
}

/* Of what is none of them: a plot of the first variable, that one sees what is to be named. */
static bool write_any_plot(struct foreign *f)
{
    const struct frame *data = f->session->data;
    const char *typed = data == NULL || data->column_count == 0 ? NULL : verb_name(f->arena, data->columns[0].name);

    if (typed == NULL || f->count != 1 || f->arguments[0][0] == '\0' || !f->called || strpbrk(f->arguments[0], "(=~$[") != NULL)
        return refuse_call(f, f->count == 0 ? "" : f->arguments[0]);
    text_addf(f->out, "plot-ascii %s %s", data->columns[0].type == COLUMN_FACTOR ? "bars" : "histogram", typed);
    f->unknown = f->arguments[0];
    return true;
}

/* `x, y` and `y ~ x`: the two names; NULL where they are none. */
static void split_pair(const struct foreign *f, const char **x, const char **y)
{
    const char *first = f->count > 0 ? f->arguments[0] : "", *tilde = strchr(first, '~');

    *x = tilde == NULL ? first : foreign_part(f->arena, tilde, 1, (int)strlen(tilde));
    *y = tilde == NULL ? (f->count == 2 ? f->arguments[1] : NULL) : foreign_part(f->arena, first, 0, (int)(tilde - first));
}

/* Two variables, of which the first is a number. */
static bool add_pair(struct foreign *f, const char *y, const char *between, const char *x)
{
    if (!is_number_variable(f, y))
        return refuse_call(f, y);
    if (!add_name(f, y, KIND_VARIABLE))
        return false;
    text_add(f->out, between);
    return add_name(f, x, KIND_VARIABLE);
}

/* plot(m1): residuals; plot(x), plot(y ~ x), plot(x, y): what suits the variables. */
static bool write_plot(struct foreign *f)
{
    const char *x, *y;
    bool factor;

    if (!drop_silent(f))
        return false;
    split_pair(f, &x, &y);
    if (x == NULL || f->count == 0 || f->count > 2 || (f->count == 2 && strchr(f->arguments[0], '~') != NULL))
        return refuse_call(f, f->count == 0 ? "" : f->arguments[f->count - 1]);
    if (y == NULL && kind_of(f, x) == KIND_MODEL) {
        text_add(f->out, "plot-ascii residuals");
        return add_name(f, x, KIND_MODEL);
    }
    factor = kind_of(f, x) == KIND_VARIABLE && !is_number_variable(f, x);
    if (y != NULL) {
        text_addf(f->out, "plot-ascii %s", factor ? "box" : "scatter");
        return add_pair(f, y, factor ? " by" : "", x);
    }
    if (kind_of(f, x) != KIND_VARIABLE)
        return write_any_plot(f);
    text_addf(f->out, "plot-ascii %s", factor ? "bars" : "histogram");
    return add_name(f, x, KIND_VARIABLE);
}

/* confint(m, method = "Wald", level = 0.9). */
static bool write_confint(struct foreign *f)
{
    static const char *const methods[][2] = { { "\"Wald\"", "wald" }, { "\"profile\"", "profile" } };

    text_add(f->out, "confint");
    if (f->count == 0 || !add_name(f, f->arguments[0], KIND_MODEL))
        return refuse_call(f, "");
    for (int i = 1; i < f->count; i++) {
        size_t length;
        const char *value = foreign_value(f->arguments[i], &length), *ours = NULL;

        if (value != NULL && length == 5 && strncmp(f->arguments[i], "level", length) == 0)
            ours = arena_printf(f->arena, "level=%s", value);
        for (int k = 0; value != NULL && length == 6 && strncmp(f->arguments[i], "method", length) == 0 && k < 2; k++)
            if (strcmp(value, methods[k][0]) == 0)
                ours = arena_printf(f->arena, "method=%s", methods[k][1]);
        if (ours == NULL)
            return refuse_call(f, f->arguments[i]);
        text_addf(f->out, "%s%s", i == 1 ? ", " : " ", ours);
    }
    return true;
}

/* read.csv("x.csv", header = TRUE): what load finds by itself is left out. */
static bool write_load(struct foreign *f)
{
    static const char *const found[] = { "header=TRUE",
                                         "header=T",
                                         "sep=\",\"",
                                         "sep=\";\"",
                                         "sep=\"\\t\"",
                                         "stringsAsFactors=TRUE",
                                         "stringsAsFactors=FALSE",
                                         "stringsAsFactors=T",
                                         "stringsAsFactors=F",
                                         "na.strings=\"NA\"" };
    const char *file = f->count > 0 ? f->arguments[0] : "", *value;
    size_t length = strlen(file), name;

    for (int i = 1; i < f->count; i++) {
        bool known = false;

        if ((value = foreign_value(f->arguments[i], &name)) == NULL)
            return refuse_call(f, f->arguments[i]);
        for (size_t k = 0; k < sizeof found / sizeof found[0]; k++)
            known = known
                    || (strncmp(found[k], f->arguments[i], name) == 0 && found[k][name] == '='
                        && strcmp(found[k] + name + 1, value) == 0);
        if (!known)
            return refuse_call(f, f->arguments[i]);
    }
    if (length < 3 || (*file != '"' && *file != '\'') || file[length - 1] != *file || strchr(file, '\\') != NULL)
        return refuse_call(f, file);
    file = arena_strndup(f->arena, file + 1, length - 2);
    if (file == NULL || access(file, R_OK) != 0 || strchr(file, '"') != NULL)
        return foreign_refuse(
            f, arena_printf(f->arena, "load reads a table, and there is no file %.100s", file == NULL ? "" : file));
    text_addf(f->out, "load \"%s\"", file);
    if (f->target != NULL)
        text_addf(f->out, " as %s", f->target);
    return true;
}

/* data(sleepstudy), data("sleepstudy", package = "lme4"): an example. */
static bool write_example(struct foreign *f)
{
    const char *name = f->count > 0 ? f->arguments[0] : "";
    char *path;

    name = spec_unquoted(f->arena, name, FOREIGN_QUOTES);
    path = name == NULL || *name == '\0' || strpbrk(name, "/. \"'(=") != NULL ? NULL : bundled_path(name, NULL);
    if (path == NULL || (f->count > 1 && strncmp(f->arguments[1], "package", 7) != 0))
        return foreign_refuse(
            f, arena_printf(f->arena, "there is no example `%.60s`: datasets lists them", name == NULL ? "" : name));
    mem_free(path);
    text_addf(f->out, "load %s", name);
    return true;
}

/* head(d, 10), tail(d, n = 3). */
static bool write_rows(struct foreign *f)
{
    const char *number = NULL;
    size_t length;

    for (int i = 0; i < f->count; i++) {
        const char *value = foreign_value(f->arguments[i], &length);

        value = value != NULL && length == 1 && f->arguments[i][0] == 'n' ? value : f->arguments[i];
        if (kind_of(f, value) == KIND_NUMBER && number == NULL)
            number = value;
        else if (i > 0 || kind_of(f, value) != KIND_DATA || !add_name(f, value, KIND_DATA))
            return refuse_call(f, f->arguments[i]);
    }
    text_addf(f->out, "%s%s%s", f->function, number == NULL ? "" : " ", number == NULL ? "" : number);
    return f->session->data != NULL || foreign_refuse(f, "no data are loaded");
}

/* `~ x + y` as `x, y`; false when memory is out. */
static bool split_sum(struct foreign *f)
{
    const char *sum = f->arguments[0], *plus = strchr(sum, '+');

    f->arguments[0] = foreign_part(f->arena, sum, 1, (int)(plus == NULL ? strlen(sum) : (size_t)(plus - sum)));
    if (plus != NULL)
        f->arguments[f->count++] = foreign_part(f->arena, plus, 1, (int)strlen(plus));
    return f->arguments[0] != NULL && f->arguments[f->count - 1] != NULL;
}

/* A function that is known, of what it is called with. */
static bool write_known(struct foreign *f, const struct known *known)
{
    const char *x, *y, *verb;
    enum kind kind;

    if (!drop_silent(f))
        return false;
    if (f->count == 0 || f->arguments[0][0] == '\0')
        return refuse_call(f, "");
    if (strcmp(f->function, "xtabs") == 0 && f->count == 1 && f->arguments[0][0] == '~' && !split_sum(f))
        return false;
    split_pair(f, &x, &y);
    if (strcmp(f->function, "boxplot") == 0 && y != NULL && f->count == 1 && x != NULL) {
        text_add(f->out, "plot-ascii box");
        return (!is_number_variable(f, x) || refuse_call(f, f->arguments[0])) && add_pair(f, y, " by", x);
    }
    kind = kind_of(f, f->arguments[0]);
    verb = kind == KIND_MODEL      ? (f->count == 1 ? known->model : known->models)
           : kind == KIND_VARIABLE ? (f->count == 1   ? known->variable
                                      : f->count == 2 ? known->pair
                                                      : NULL)
           : kind == KIND_DATA     ? (f->count == 1 ? known->data : NULL)
                                   : NULL;
    if (verb == NULL)
        return refuse_call(f, f->arguments[f->count - 1]);
    if (kind == KIND_VARIABLE && strncmp(verb, "plot-ascii", 10) == 0 && !is_number_variable(f, f->arguments[0]))
        verb = strcmp(f->function, "hist") == 0 ? "plot-ascii bars" : NULL;
    if (verb == NULL)
        return refuse_call(f, f->arguments[0]);
    text_add(f->out, verb);
    for (int i = 0; i < f->count; i++)
        if (!add_name(f, f->arguments[i], kind))
            return false;
    return true;
}

/* A command of this shell, called as a function: only where it takes such names, by its own table. */
static bool write_own(struct foreign *f, const struct command *command)
{
    const char *several = strstr(command->usage, "...");
    bool models = command->complete != NULL && command->complete[0] == COMPLETE_FITTED_MODEL;
    bool variables =
        command->complete != NULL && command->complete[0] == COMPLETE_VARIABLE && command->arguments == ARGUMENT_WORDS;

    if (strcmp(command->name, "sort") == 0)
        variables = true;
    if (strcmp(command->name, "help") == 0 && f->count == 1) {
        const char *word = f->arguments[0] + (f->arguments[0][0] == '"');
        const int length = call_name_end(word);

        text_addf(f->out, "help %.*s", length, word);
        return length > 0 && (word[length] == '\0' || strcmp(word + length, "\"") == 0);
    }
    if (f->count == 0 && command->arguments == ARGUMENT_NONE) {
        text_add(f->out, command->name);
        return true;
    }
    if (f->count == 0 || (!models && !variables) || (f->count > 1 && several == NULL))
        return false;
    text_add(f->out, command->name);
    for (int i = 0; i < f->count; i++)
        if (!add_name(f, f->arguments[i], models ? KIND_MODEL : KIND_VARIABLE))
            return false;
    return true;
}

/* summary(lmer(...)), print(lm(...)): the fit shows its summary.  qqnorm(resid(m)): that of the model. */
static void open_call(struct foreign *f)
{
    struct foreign inner = { .session = f->session, .arena = f->arena };
    bool shows = strcmp(f->function, "summary") == 0 || strcmp(f->function, "print") == 0;

    if (f->count != 1 || !foreign_call(&inner, f->arguments[0]))
        return;
    if ((shows && foreign_fits(inner.function))) {
        inner.out = f->out;
        inner.target = f->target;
        *f = inner;
    } else if (strcmp(f->function, "qqnorm") == 0 && inner.count == 1
               && (strcmp(inner.function, "resid") == 0 || strcmp(inner.function, "residuals") == 0)) {
        f->arguments[0] = inner.arguments[0];
    }
}

/* What R does and this shell does otherwise, in a sentence. */
static const char *said_of(const struct foreign *f)
{
    static const char by_likelihood[] = "models are fitted by maximum likelihood, with penalties by prior=: fit FORMULA";
    static const char *const said[][2] = {
        { "exp", "odds ratios, rate ratios or hazard ratios: summary, exp" },
        { "sum", "sums of the rows of a group: aggregate" },
        { "update", "a model is not updated: fit it with the whole formula" },
        { "library", "nothing is to be attached: all commands are there" },
        { "require", "nothing is to be attached: all commands are there" },
        { "readRDS", "a file of R's that holds a table is read by load FILE" },
        { "data.frame", "data are not typed as vectors: load reads a file" },
        { "emmeans", "means MODEL VARIABLE has these; pairs are compared by contrast" },
        { "brm", by_likelihood },
        { "stan_glmer", by_likelihood },
        { "stan_lmer", by_likelihood },
        { "MCMCglmm", by_likelihood },
        { "glmmPQL", "fit FORMULA, method=pql fits so" },
        { "gls", "a model of residuals alone: fit FORMULA, residual=ar1(time | group)" },
        { "subset", "rows are chosen by where, or for one model by where=" },
    };

    for (size_t i = 0; f->function != NULL && i < sizeof said / sizeof said[0]; i++)
        if (strcmp(said[i][0], f->function) == 0)
            return said[i][1];
    return NULL;
}

static bool is_expression_function(const char *function)
{
    const char *name;

    for (int i = 0; (name = expr_function_name(i)) != NULL; i++)
        if (strcmp(name, function) == 0)
            return true;
    return false;
}

bool foreign_write(struct foreign *f)
{
    static const char *const readers[] = { "read.csv", "read_csv", "read.csv2", "read.table", "read.delim", "fread", NULL };
    const struct known *known;
    const struct command *command;

    open_call(f);
    if (foreign_fits(f->function))
        return foreign_fit(f);
    for (const char *const *reader = readers; *reader != NULL; reader++)
        if (strcmp(*reader, f->function) == 0)
            return write_load(f);
    known = known_function(f->function);
    command = command_find(f->function, strlen(f->function), false);
    if (said_of(f) != NULL)
        return foreign_refuse(f, said_of(f));
    if (f->target != NULL && (known != NULL || (command != NULL && strcmp(command->name, "let") != 0))
        && !is_expression_function(f->function))
        return foreign_refuse(f, arena_printf(f->arena, "what %.20s gives is shown, and not kept under a name", f->function));
    if (f->target != NULL)
        return false;
    if (strcmp(f->function, "data") == 0)
        return write_example(f);
    if (strcmp(f->function, "ls") == 0 && f->count == 0) {
        text_add(f->out, "datasets");
        return true;
    }
    if (strcmp(f->function, "plot") == 0)
        return write_plot(f);
    if (strcmp(f->function, "confint") == 0)
        return write_confint(f);
    if (strcmp(f->function, "head") == 0 || strcmp(f->function, "tail") == 0)
        return write_rows(f);
    if (known != NULL)
        return write_known(f, known);
    if (command != NULL && write_own(f, command))
        return true;
    f->refusal = NULL; /* its own usage says more */
    return false;
}

bool foreign_write_commas(struct foreign *f, const char *text)
{
    int end = call_name_end(text), length = (int)strlen(text), comma, pieces = 0;
    const struct command *command = end == 0 ? NULL : command_find(text, (size_t)end, true);

    if (command == NULL || text[end] != ' ' || strchr(text, ',') == NULL)
        return false;
    f->function = strcmp(command->name, "anova") == 0 ? "compare" : command->name; /* of several models R's anova is that */
    command = command_find(f->function, strlen(f->function), false);
    f->count = 0;
    for (int at = end; at < length && pieces < FOREIGN_ARGUMENTS; at = comma + 1, pieces++) {
        comma = option_comma(text, span_of(at, length));
        if ((f->arguments[f->count++] = foreign_part(f->arena, text, at, comma)) == NULL)
            return false;
    }
    if (pieces > 1 && command != NULL && write_own(f, command))
        return true;
    f->refusal = NULL;
    return false;
}

bool foreign_write_part(struct foreign *f, const char *text, bool owned)
{
    const char *dollar = strpbrk(text, "$@["), *owner;

    if (owned && kind_of(f, text) == KIND_VARIABLE) {
        text_add(f->out, "describe");
        return add_name(f, text, KIND_VARIABLE);
    }
    if (dollar != NULL && *dollar == '[' && (owner = foreign_part(f->arena, text, 0, (int)(dollar - text))) != NULL
        && kind_of(f, owner) == KIND_DATA)
        return foreign_refuse(f, "rows are chosen by where, variables by keep");
    if (dollar == NULL || strpbrk(text, " (") != NULL || (owner = foreign_part(f->arena, text, 0, (int)(dollar - text))) == NULL
        || kind_of(f, owner) != KIND_MODEL)
        return false;
    text_add(f->out, "summary");
    return add_name(f, owner, KIND_MODEL);
}
