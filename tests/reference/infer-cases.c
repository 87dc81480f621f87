/* infer-cases.c -- inference against other programs (infer.json, gee-meta.json), from end to end: a script through mixsh, whose
 * JSON is read back.
 *
 * A case has `data`, `types`, a `script` (lines behind `load DATA as d`) and `checks`.  A check names the `object` among those
 * printed (0 is that of `load`), a `key` in it, or in the row of its `array` that has all members of `match` (an object, looked
 * for in the row and in its `levels` and `by` too), or the item number `match` of the array under `key`, or of it, where it is an
 * array or a matrix, the item at the indices `entry`; and the `value`, within `relative` of it or `absolute` units, whichever is
 * more.  A value null must be null. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reference.h"

/* The objects that mixsh prints for a script. */
static json_t *run_script(const char *script, int *status)
{
    char path[] = "/tmp/mixsh-infer-XXXXXX", command[4096];
    const char *program = getenv("MIXSH");
    int file = mkstemp(path);
    json_t *objects = json_array(), *object;
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
        if ((object = json_loads(line, 0, NULL)) == NULL || json_object_get(object, "error") != NULL)
            printf("  %s", line);
        if (object != NULL)
            json_array_append_new(objects, object);
    }
    *status = output == NULL ? -1 : pclose(output);
    free(line);
    unlink(path);
    return objects;
}

static const json_t *member(const json_t *row, const char *key)
{
    const json_t *value = json_object_get(row, key);

    if (value == NULL)
        value = json_object_get(json_object_get(row, "levels"), key);
    return value != NULL ? value : json_object_get(json_object_get(row, "by"), key);
}

static bool is_row(const json_t *row, json_t *match)
{
    const char *key;
    json_t *wanted;

    json_object_foreach(match, key, wanted)
    {
        const json_t *have = member(row, key);

        if (json_is_number(wanted) ? !(json_is_number(have) && fabs(number_of(have) - number_of(wanted)) < 1e-9)
                                   : !json_equal(have, wanted))
            return false;
    }
    return true;
}

/* What a check is about, or the array or matrix in which it stands; NULL when it is not there. */
static const json_t *find_whole(const json_t *object, const json_t *check)
{
    const char *array = json_string_value(json_object_get(check, "array")),
               *key = json_string_value(json_object_get(check, "key"));
    json_t *match = json_object_get(check, "match"), *row;
    size_t i;

    if (json_is_integer(match))
        return json_array_get(json_object_get(object, key), (size_t)json_integer_value(match));
    if (array == NULL)
        return json_object_get(object, key);
    json_array_foreach(json_object_get(object, array), i, row) if (is_row(row, match)) return json_object_get(row, key);
    return NULL;
}

/* What a check is about; NULL when it is not there. */
static const json_t *find_value(const json_t *object, const json_t *check)
{
    const json_t *value = find_whole(object, check);
    json_t *at;
    size_t i;

    json_array_foreach(json_object_get(check, "entry"), i, at) value = json_array_get(value, (size_t)json_integer_value(at));
    return value;
}

static void run_check(struct check *check, const json_t *objects, const json_t *one)
{
    size_t place = (size_t)json_integer_value(json_object_get(one, "object"));
    const json_t *value = json_object_get(one, "value"), *got = find_value(json_array_get(objects, place), one);
    double expected = number_of(value), absolute = number_at(one, "absolute"), relative = number_at(one, "relative");
    char *match = json_dumps(json_object_get(one, "match"), JSON_ENCODE_ANY | JSON_COMPACT);
    char what[200];

    snprintf(what, sizeof what, "object %zu, %s of %s", place, json_string_value(json_object_get(one, "key")),
             match == NULL ? "all" : match);
    if (got == NULL || json_is_null(value) != json_is_null(got))
        check_true(check, false, "%s: %s", what, got == NULL ? "not there" : "null in one only");
    else if (!json_is_null(value))
        check_number(check, what, number_of(got), expected,
                     fmax(isnan(absolute) ? 0 : absolute, isnan(relative) ? 0 : relative * fabs(expected)));
    free(match);
}

static void run_case(struct check *check, const json_t *item)
{
    char *path = case_data_path(item), *script;
    const char *types = case_text(item, "types");
    json_t *line, *one, *objects;
    size_t i, size = strlen(path) + strlen(types) + 100;
    int status;

    json_array_foreach(json_object_get(item, "script"), i, line) size += strlen(json_string_value(line)) + 1;
    script = malloc(size);
    snprintf(script, size, "load \"%s\" as d%s%s%s\n", path, types[0] != '\0' ? ", types=\"" : "", types,
             types[0] != '\0' ? "\"" : "");
    json_array_foreach(json_object_get(item, "script"), i, line)
    {
        strcat(script, json_string_value(line));
        strcat(script, "\n");
    }
    objects = run_script(script, &status);
    check_true(check, status == 0, "mixsh left with status %d", status);
    json_array_foreach(json_object_get(item, "checks"), i, one) run_check(check, objects, one);
    json_decref(objects);
    free(script);
    free(path);
}

static bool wanted(const char *id, int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strstr(id, argv[i]) != NULL)
            return true;
    return argc == 1;
}

/* The cases of a file. */
static void run_file(const char *file, int argc, char **argv, int *passed, int *failed)
{
    json_t *cases = cases_load_from(file), *item;
    struct check check;
    size_t i;

    json_array_foreach(cases, i, item)
    {
        if (!wanted(case_text(item, "id"), argc, argv))
            continue;
        check_start(&check, case_text(item, "id"));
        run_case(&check, item);
        if (check_end(&check))
            ++*passed;
        else
            ++*failed;
    }
    json_decref(cases);
}

int main(int argc, char **argv)
{
    int passed = 0, failed = 0;

    run_file("infer.json", argc, argv, &passed, &failed);
    run_file("gee-meta.json", argc, argv, &passed, &failed); /* population-averaged models, meta-analysis */
    return tally_end(passed, failed);
}
