/* shell-cases.c -- the same cases from end to end: a script through mixsh, whose JSON is read back; and the keys that
 * DESIGN 2 promises, command by command.  $MIXSH is the program. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reference.h"

/* Runs a script with --format json and returns the array of the objects printed; NULL with a message when mixsh failed. */
static json_t *run_script(const char *script, int *status)
{
    char path[] = "/tmp/mixsh-reference-XXXXXX", command[4096];
    const char *program = getenv("MIXSH");
    int file = mkstemp(path);
    json_t *objects = json_array();
    char *line = NULL;
    size_t capacity = 0;
    FILE *output;

    if (file < 0 || write(file, script, strlen(script)) < 0) {
        perror(path);
        exit(1);
    }
    close(file);
    snprintf(command, sizeof command, "'%s' --no-init --format json '%s' 2>&1 </dev/null",
             program == NULL ? "src/mixsh" : program, path);
    output = popen(command, "r");
    while (output != NULL && getline(&line, &capacity, output) > 0) {
        json_error_t error;
        json_t *object = json_loads(line, 0, &error);

        if (object == NULL)
            printf("  no JSON (%s): %s", error.text, line);
        else if (json_object_get(object, "error") != NULL)
            printf("  %s", line);
        if (object != NULL)
            json_array_append_new(objects, object);
    }
    *status = output == NULL ? -1 : pclose(output);
    free(line);
    unlink(path);
    return objects;
}

/* The first object of a command; with `array`, all of them are appended to it. */
static const json_t *find_object(const json_t *objects, const char *command, json_t *array)
{
    const json_t *first = NULL;
    json_t *object;
    size_t i;

    json_array_foreach(objects, i, object)
    {
        const char *name = json_string_value(json_object_get(object, "command"));

        if (name == NULL || strcmp(name, command) != 0)
            continue;
        if (first == NULL)
            first = object;
        if (array != NULL)
            json_array_append(array, object);
    }
    return first;
}

/* --- the cases -------------------------------------------------------------------------------- */

/* The options of `fit`: "method=reml", "method=agq nodes=9". */
static const char *how_to_fit(const json_t *item, char how[40])
{
    const char *method = case_text(item, "method");

    if (strncmp(method, "AGQ", 3) == 0)
        snprintf(how, 40, "method=agq nodes=%d", atoi(method + 3));
    else
        snprintf(how, 40, "method=%s", strcmp(method, "REML") == 0 ? "reml" : strcmp(method, "ML") == 0 ? "ml" : "laplace");
    return how;
}

/* The commands of an array of the case, one a line, DIR being where its files are; appended to the script. */
static void add_commands(const json_t *item, const char *key, char *script, size_t size)
{
    const char *folder = getenv("srcdir");
    json_t *command;
    size_t i;

    json_array_foreach(json_object_get(item, key), i, command)
    {
        const char *text = json_string_value(command), *at = strstr(text, "DIR/");
        size_t used = strlen(script);

        if (at == NULL)
            snprintf(script + used, size - used, "%s\n", text);
        else
            snprintf(script + used, size - used, "%.*s%s/tests/reference/data/%s\n", (int)(at - text), text,
                     folder == NULL ? "." : folder, at + 4);
    }
}

/* The parameter of that name in an array of `{name estimate}`. */
static double parameter_of(const json_t *list, const char *name)
{
    json_t *one;
    size_t i;

    json_array_foreach(list, i, one) if (strcmp(json_string_value(json_object_get(one, "name")), name)
                                         == 0) return number_at(one, "estimate");
    return 0;
}

/* A standard deviation, a range, a rate or a shape is held relative to itself, a correlation absolutely. */
static void check_parameter(struct check *check, const json_t *item, const char *name, double got, double expected)
{
    bool correlation = strncmp(name, "rho", 3) == 0 || strncmp(name, "lag", 3) == 0 || strncmp(name, "corr", 4) == 0;

    if (correlation)
        check_number(check, name, got, expected, case_correlation_tolerance(item));
    else
        check_relative(check, name, got, expected, case_tolerance(item, "SDs rel"), 0);
}

/* The parameters of structured terms and residuals. */
static void check_parameters(struct check *check, const json_t *item, const json_t *fit)
{
    const json_t *expect = json_object_get(item, "expect"), *terms = json_object_get(fit, "random");
    const json_t *residual = json_object_get(json_object_get(fit, "residual"), "parameters");
    json_t *one, *term;
    size_t i, j;

    json_array_foreach(json_object_get(expect, "parameters"), i, one)
    {
        const char *name = json_string_value(json_object_get(one, "name"));
        double got = 0;

        json_array_foreach(terms, j, term) if (json_equal(json_object_get(term, "group"), json_object_get(one, "group"))
                                               && got == 0) got = parameter_of(json_object_get(term, "parameters"), name);
        check_parameter(check, item, name, got, number_at(one, "estimate"));
    }
    json_array_foreach(json_object_get(expect, "residual"), i, one)
    {
        const char *name = json_string_value(json_object_get(one, "name"));

        check_parameter(check, item, name, parameter_of(residual, name), number_at(one, "estimate"));
    }
}

/* The variances of the components, one a group, and their shares in the sum, by `varcorr`. */
static void check_components(struct check *check, const json_t *item, const json_t *varcorr)
{
    static const char *const keys[][2] = { { "variances", "variance" }, { "variance_shares", "share" } };
    json_t *expected, *row;
    const char *group;
    size_t i;

    for (size_t k = 0; k < 2; k++)
        json_object_foreach(json_object_get(json_object_get(item, "expect"), keys[k][0]), group, expected)
        {
            double got = 0;
            char what[100];

            json_array_foreach(json_object_get(varcorr, "components"), i, row)
            {
                bool plain = k == 1 && json_object_get(row, "ratio") != NULL; /* else they are the shares */

                if (strcmp(json_string_value(json_object_get(row, "group")), group) == 0)
                    got = number_at(row, plain ? "ratio" : keys[k][1]);
            }
            snprintf(what, sizeof what, "%s of %s", keys[k][1], group);
            check_relative(check, what, got, number_of(expected), 2 * case_tolerance(item, "SDs rel"), 0);
        }
}

static void run_case(struct check *check, const json_t *item)
{
    char how[40];
    char *path = case_data_path(item), *types = case_types(item), script[8192];
    const char *weights = case_text(item, "weights"), *residual = case_text(item, "residual");
    const char *zi = case_text(item, "zi_formula"), *disp = case_text(item, "disp_formula");
    json_t *objects, *ranefs = json_array();
    const json_t *fit;
    int status;

    script[0] = '\0';
    add_commands(item, "before", script, sizeof script);
    snprintf(script + strlen(script), sizeof script - strlen(script), "load \"%s\" as d%s%s%s\n", path,
             types != NULL ? ", types=\"" : "", types != NULL ? types : "", types != NULL ? "\"" : "");
    add_commands(item, "after", script, sizeof script);
    snprintf(script + strlen(script), sizeof script - strlen(script),
             "model m1 = %s, family=%s link=\"%s\"%s%s%s%s%s%s%s%s\nfit m1, %s\n%s\n", case_text(item, "formula"),
             case_text(item, "family"), case_text(item, "link"), weights != NULL ? " weights=" : "",
             weights != NULL ? weights : "", zi != NULL ? " zi=" : "", zi != NULL ? zi : "", disp != NULL ? " disp=" : "",
             disp != NULL ? disp : "", residual != NULL ? " residual=" : "", residual != NULL ? residual : "",
             how_to_fit(item, how), strchr(case_text(item, "formula"), '|') != NULL ? "ranef m1" : "");
    if (json_object_get(json_object_get(item, "expect"), "variances") != NULL
        || json_object_get(json_object_get(item, "expect"), "variance_shares") != NULL)
        snprintf(script + strlen(script), sizeof script - strlen(script), "varcorr m1\n");
    objects = run_script(script, &status);
    fit = find_object(objects, "fit", NULL);
    find_object(objects, "ranef", ranefs);
    check_true(check, status == 0, "mixsh left with status %d", status);
    check_true(check, fit != NULL, "no object of `fit`");
    if (fit != NULL && strcmp(case_text(item, "kind"), "ddf") == 0)
        check_ddf(check, item, fit);
    else if (fit != NULL)
        check_fit(check, item, fit, ranefs);
    if (fit != NULL) {
        check_parameters(check, item, fit);
        check_components(check, item, find_object(objects, "varcorr", NULL));
    }
    json_decref(objects);
    json_decref(ranefs);
    free(path);
    free(types);
}

/* --- the keys --------------------------------------------------------------------------------- */

/* What each command promises: "key", "key{members of each item}". */
static const struct {
    const char *command, *keys;
} contract[] = {
    { "load", "data rows columns{name type levels missing}" },
    { "model", "model formula family link nobs dropped_rows dropped_columns fixed_terms groups{name levels}" },
    { "fit", "model formula family link method nobs npar df_residual loglik criterion aic aicc bic deviance sigma dispersion "
             "groups{name levels} "
             "fixed{term estimate se statistic df p} vcov random{group terms sd corr} theta "
             "optimum{verdict gain gradient iterations evaluations message}" },
    { "summary", "model formula family link method nobs npar df_residual loglik criterion aic aicc bic deviance sigma dispersion "
                 "groups{name levels} fixed{term estimate se statistic df p} vcov random{group terms sd corr} theta "
                 "optimum{verdict gain gradient iterations evaluations message}" },
    { "ranef", "model group terms levels{level n estimate se}" },
    { "shrinkage", "model group term scale complete levels{level n raw pooled se weight rank_raw rank_pooled}" },
    { "compare", "models{model formula npar loglik aic aicc bic deviance} tests{null alternative chisq df p reference mixture}" },
};

/* Checks the members in keys[0 .. length) of an object, or of each object in an array. */
static void check_members(struct check *check, const json_t *value, const char *command, const char *keys, size_t length)
{
    json_t *item;
    size_t i;

    if (json_is_array(value)) {
        json_array_foreach(value, i, item) check_members(check, item, command, keys, length);
        check_true(check, json_array_size(value) > 0, "%s: an empty array", command);
        return;
    }
    for (const char *at = keys; at < keys + length;) {
        size_t size = strcspn(at, " {}");
        char key[64];
        const json_t *member;

        snprintf(key, sizeof key, "%.*s", (int)size, at);
        member = json_object_get(value, key);
        check_true(check, member != NULL, "%s: no key `%s`", command, key);
        at += size;
        if (*at == '{') {
            size_t inner = strcspn(at + 1, "}");

            if (member != NULL)
                check_members(check, member, command, at + 1, inner);
            at += inner + 2;
        }
        at += strspn(at, " ");
    }
}

static void run_contract(struct check *check)
{
    char script[4096];
    int status;
    json_t *sleepstudy = json_pack("{s:s}", "data", "sleepstudy");
    char *path = case_data_path(sleepstudy);
    json_t *objects;

    snprintf(script, sizeof script,
             "load \"%s\"\n"
             "model m1 = Reaction ~ Days + (1 | Subject)\n"
             "model m2 = Reaction ~ Days + (Days | Subject)\n"
             "fit m1 m2\n"
             "summary m2\n"
             "ranef m1\n"
             "shrinkage m1\n"
             "compare m1 m2\n",
             path);
    objects = run_script(script, &status);
    check_true(check, status == 0, "mixsh left with status %d", status);
    for (size_t i = 0; i < sizeof contract / sizeof contract[0]; i++) {
        const json_t *object = find_object(objects, contract[i].command, NULL);

        check_true(check, object != NULL, "no object of `%s`", contract[i].command);
        if (object != NULL)
            check_members(check, object, contract[i].command, contract[i].keys, strlen(contract[i].keys));
    }
    free(path);
    json_decref(objects);
    json_decref(sleepstudy);
}

/* --- all -------------------------------------------------------------------------------------- */

static bool wanted(const char *id, int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strstr(id, argv[i]) != NULL)
            return true;
    return argc == 1;
}

int main(int argc, char **argv)
{
    json_t *cases = cases_load(), *structures = cases_load_from("structures.json"), *item;
    int passed = 0, failed = 0;
    struct check check;
    size_t i;

    if (wanted("contract", argc, argv)) {
        check_start(&check, "contract");
        run_contract(&check);
        if (check_end(&check))
            passed++;
        else
            failed++;
    }
    json_array_extend(cases, structures);
    json_decref(structures);
    json_array_foreach(cases, i, item)
    {
        const char *kind = case_text(item, "kind"), *id = case_text(item, "id");

        if (!wanted(id, argc, argv) || (strcmp(kind, "fit") != 0 && strcmp(kind, "ddf") != 0))
            continue;
        check_start(&check, id);
        run_case(&check, item);
        if (check_end(&check))
            passed++;
        else
            failed++;
    }
    json_decref(cases);
    return tally_end(passed, failed);
}
