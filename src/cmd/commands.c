/* commands.c -- see commands.h.  A new command is one line in the table (and its declaration). */
#include "cmd/commands.h"

#include <string.h>

extern const struct command command_load, command_datasets, command_use, command_describe, command_head, command_tail,
    command_tabulate, command_missing, command_write;
extern const struct command command_let, command_where, command_keep, command_drop, command_rename, command_factor,
    command_number, command_date, command_sort, command_sample, command_aggregate, command_decompose, command_merge,
    command_append, command_reshape, command_undo, command_redo;
extern const struct command command_model, command_fit, command_summary, command_ranef, command_fitted, command_residuals,
    command_vcov, command_compare, command_confint, command_shrinkage, command_attenuation, command_margins;
extern const struct command command_anova, command_contrast, command_means, command_r2, command_slopes, command_test;
extern const struct command command_plot_ascii, command_view;
extern const struct command command_predict, command_ladder, command_matrix, command_scan, command_varcorr, command_simulate,
    command_bootstrap, command_power, command_diagnose, command_sensitivity;
extern const struct command command_gee, command_meta, command_icc, command_whatif, command_explain, command_demo;
extern const struct command command_help, command_history, command_last, command_output, command_quit, command_record,
    command_replay, command_note, command_report, command_source, command_save, command_restore, command_set, command_table,
    command_try;

/* One a line. */
/* clang-format off */
const struct command *const commands[] = {
    &command_load,
    &command_datasets,
    &command_use,
    &command_describe,
    &command_head,
    &command_tail,
    &command_tabulate,
    &command_missing,
    &command_write,
    &command_let,
    &command_where,
    &command_keep,
    &command_drop,
    &command_rename,
    &command_factor,
    &command_number,
    &command_date,
    &command_sort,
    &command_sample,
    &command_aggregate,
    &command_decompose,
    &command_merge,
    &command_append,
    &command_reshape,
    &command_undo,
    &command_redo,
    &command_model,
    &command_matrix,
    &command_fit,
    &command_summary,
    &command_ranef,
    &command_fitted,
    &command_residuals,
    &command_vcov,
    &command_varcorr,
    &command_compare,
    &command_confint,
    &command_test,
    &command_anova,
    &command_means,
    &command_contrast,
    &command_slopes,
    &command_table,
    &command_diagnose,
    &command_sensitivity,
    &command_gee,
    &command_meta,
    &command_icc,
    &command_r2,
    &command_shrinkage,
    &command_attenuation,
    &command_margins,
    &command_predict,
    &command_simulate,
    &command_bootstrap,
    &command_power,
    &command_scan,
    &command_plot_ascii,
    &command_view,
    &command_whatif,
    &command_ladder,
    &command_explain,
    &command_demo,
    &command_help,
    &command_set,
    &command_last,
    &command_output, &command_note, &command_report,
    &command_record,
    &command_replay, &command_source, &command_save, &command_restore,
    &command_history,
    &command_try,
    &command_quit,
    NULL
};
/* clang-format on */

const struct command_group command_groups[] = {
    { "Look at data", "load" },
    { "Change data", "let" },
    { "State and fit a model", "model" },
    { "Infer", "compare" },
    { "Group and population", "icc" },
    { "Use a fit", "predict" },
    { "Draw", "plot-ascii" },
    { "Teach", "whatif" },
    { "The session", "help" },
    { NULL, NULL },
};

/* Other names of commands. */
static const struct {
    const char *name;
    const struct command *command;
} aliases[] = {
    { "exit", &command_quit },
    { "q", &command_quit },
    { "?", &command_help },
};

enum { ALIASES = sizeof aliases / sizeof aliases[0] };

static bool is_name(const char *name, size_t length, const char *whole)
{
    return strlen(whole) == length && memcmp(whole, name, length) == 0;
}

static bool begins(const char *name, size_t length, const char *whole)
{
    return strncmp(whole, name, length) == 0;
}

int command_candidates(const char *name, size_t length, struct text *names)
{
    int count = 0;

    for (const struct command *const *c = commands; *c != NULL; c++)
        if (begins(name, length, (*c)->name)) {
            if (names != NULL)
                text_addf(names, "%s`%s`", count == 0 ? "" : ", ", (*c)->name);
            count++;
        }
    return count;
}

const struct command *command_find(const char *name, size_t length, bool prefix)
{
    for (const struct command *const *c = commands; *c != NULL; c++)
        if (is_name(name, length, (*c)->name))
            return *c;
    for (int i = 0; i < ALIASES; i++)
        if (is_name(name, length, aliases[i].name))
            return aliases[i].command;
    if (prefix && length > 0 && command_candidates(name, length, NULL) == 1)
        for (const struct command *const *c = commands; *c != NULL; c++)
            if (begins(name, length, (*c)->name))
                return *c;
    return NULL;
}

/* Whether a text begins with one of the words. */
static bool is_one_of(const char *text, const char *const words[])
{
    for (size_t i = 0, length; words[i] != NULL; i++) {
        length = strlen(words[i]);
        if (strncmp(text, words[i], length) == 0 && strchr(" ,.;:)\n", text[length]) != NULL)
            return true;
    }
    return false;
}

bool command_begins(const char *words)
{
    static const char *const second[] = { "again", "by", "in", "of", NULL };
    static const char *const anywhere[] = { "the",   "an",     "it",    "of",   "such",  "both", "comes",
                                            "lists", "knows",  "reads", "has",  "have",  "does", "gives",
                                            "with",  "cannot", "there", "that", "which", "is",   NULL };
    size_t length = strcspn(words, " ,"), word;
    const char *at = words + length;

    if (command_find(words, length, false) == NULL || (*at == ' ' && is_one_of(at + 1, second)))
        return false;
    for (at += strspn(at, " ,"); *at != '\0' && strchr(";\n`\"", *at) == NULL; at += word + strspn(at + word, " ")) {
        if (is_one_of(at, anywhere))
            return false;
        word = strcspn(at, " ;\n`\"");
    }
    return true;
}

const struct command *command_need(const char *name, size_t length, bool prefix, struct glmm_span at, struct glmm_error *err)
{
    const struct command *command = command_find(name, length, prefix);
    enum { FEW = 4 };
    struct text names = { 0 }, word = { 0 };
    struct suggest suggest;
    int count;

    if (command != NULL)
        return command;
    text_add_bytes(&word, name, length);
    count = command_candidates(name, length, &names);
    if (word.failed || names.failed) {
        fail_memory(err);
    } else if (prefix && count > 1) {
        fail(err, GLMM_E_USAGE, at, "`%.60s` is ambiguous: %.300s", text_string(&word), text_string(&names));
    } else if (count >= 1 && count <= FEW) {
        fail(err, GLMM_E_USAGE, at, "no command `%.60s`", text_string(&word));
        error_hint(err, "scripts spell commands out: %s", text_string(&names));
    } else {
        fail(err, GLMM_E_USAGE, at, "no command `%.60s`", text_string(&word));
        suggest_init(&suggest, text_string(&word));
        for (const struct command *const *c = commands; *c != NULL; c++)
            suggest_offer(&suggest, (*c)->name);
        suggest_hint(&suggest, err);
    }
    text_clear(&names);
    text_clear(&word);
    return NULL;
}
