/* words.c -- the dictionary of the fuzzers has every word of the language: each verb, option, choice, setting, family, link,
 * structure and function of the program's own tables, so that a new one is tried without anybody thinking of it.
 *
 *     tests/fuzz/words              fails, and prints the lines that the dictionary lacks (part of make check)
 *     tests/fuzz/words >>dictionary adds them */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cmd/commands.h"
#include "data/expr.h"
#include "model/family.h"
#include "model/structure.h"
#include "session/output.h"
#include "session/settings.h"

static struct text dictionary;
static int words, missing;

/* The word, with what stands behind it in the language: `=` of an option, `(` of a function. */
static void need(const char *word, const char *behind)
{
    struct text line = { 0 };

    text_add(&line, "\"");
    for (const char *c = word; *c != '\0'; c++)
        text_addf(&line, *c == '"' || *c == '\\' ? "\\%c" : "%c", *c);
    text_addf(&line, "%s\"\n", behind);
    words++;
    if (strstr(text_string(&dictionary), text_string(&line)) == NULL) {
        fputs(text_string(&line), stdout);
        text_add(&dictionary, text_string(&line));
        missing++;
    }
    text_clear(&line);
}

static void need_choices(const char *const *choices)
{
    for (int i = 0; choices != NULL && choices[i] != NULL; i++)
        need(choices[i], "");
}

static void need_options(const struct option *option)
{
    for (; option != NULL && option->name != NULL; option++) {
        need(option->name, option->type == OPTION_FLAG ? "" : "=");
        need_choices(option->choices);
    }
}

static void need_commands(void)
{
    for (int i = 0; commands[i] != NULL; i++) {
        need(commands[i]->name, "");
        need_choices(commands[i]->choices);
        need_options(commands[i]->options);
    }
    for (const struct option *setting = settings_table; setting->name != NULL; setting++) {
        need(setting->name, " ");
        need_choices(setting->choices);
    }
}

static void need_models(void)
{
    const char *name;

    for (int i = 0; i < family_count(); i++) {
        need(family_at(i)->name, "");
        for (int j = 0; family_at(i)->links[j] != NULL; j++)
            need(family_at(i)->links[j]->name, "");
    }
    for (int i = 0; (name = structure_name(i)) != NULL; i++)
        need(name, "(");
    for (int i = 0; (name = structure_residual_name(i)) != NULL; i++)
        need(name, "(");
    for (int i = 0; (name = expr_function_name(i)) != NULL; i++)
        need(name, "(");
}

int main(void)
{
    const char *source = getenv("srcdir");
    struct glmm_error err = { .at = NOWHERE };
    char path[4096];

    snprintf(path, sizeof path, "%s/tests/fuzz/dictionary", source == NULL ? "." : source);
    if (!file_read(path, &dictionary, &err)) {
        fprintf(stderr, "%s\n", err.message);
        return 99;
    }
    need_commands();
    need_models();
    fprintf(stderr, "%d words, %d of them not in the dictionary\n", words, missing);
    fprintf(stderr, missing == 0 ? "1 passed, 0 failed\n" : "0 passed, 1 failed\n");
    text_clear(&dictionary);
    return missing > 0;
}
