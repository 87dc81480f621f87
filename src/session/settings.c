/* settings.c -- see settings.h. */
#include "session/settings.h"

#include "base/threads.h"

#include <limits.h>
#include <string.h>

#include "base/suggest.h"
#include "render/render.h"

static const char *const formats[] = { "text", "json", "csv", "tsv", "markdown", "latex", "html", NULL };
static const char *const charsets[] = { "auto", "ascii", "block", "braille", NULL };
static const char *const switches[] = { "auto", "off", "on", NULL };
static const char *const pagers[] = { "internal", "off", "external", NULL };
const char *const ddf_choices[] = { "satterthwaite", "none", "kenward-roger", "kr", NULL };

#define AT(field) offsetof(struct settings, field)

const struct option settings_table[] = {
    { "digits", OPTION_INTEGER, AT(digits), .min = 2, .max = 12, .word = "N", .help = "significant digits of numbers in text" },
    { "width", OPTION_INTEGER, AT(width), .min = 40, .max = 250, .word = "N",
      .help = "columns of text; auto: the terminal's, 80 off a terminal" },
    { "format", OPTION_ENUM, AT(format), .choices = formats, .word = "F", .help = "how results are shown" },
    { "seed", OPTION_SEED, AT(seed), .word = "N", .help = "seed of all random numbers" },
    { "threads", OPTION_INTEGER, AT(threads), .min = 1, .max = 1024, .word = "N",
      .help = "processors to use; auto: all (the results are the same)" },
    { "charset", OPTION_ENUM, AT(charset), .choices = charsets, .word = "C",
      .help = "characters of plots; auto: block on a UTF-8 terminal, else ascii" },
    { "color", OPTION_ENUM, AT(color), .choices = switches, .word = "WHEN",
      .help = "colour; auto: on a terminal, unless NO_COLOR is set" },
    { "pager", OPTION_ENUM, AT(pager), .choices = pagers, .word = "P",
      .help = "what shows output that is longer than the screen; external: $MIXSH_PAGER, else $PAGER, else less" },
    { "progress", OPTION_ENUM, AT(progress), .choices = switches, .word = "WHEN",
      .help = "show what long work does; auto: on a terminal, after 1 s" },
    { "echo", OPTION_SWITCH, AT(echo), .word = "on|off", .help = "show each command of a script before its output" },
    { "timing", OPTION_SWITCH, AT(timing), .word = "on|off", .help = "show how long each command took" },
    { "level", OPTION_REAL, AT(level), .min = 0.5, .max = 0.9999, .word = "P", .help = "confidence level of intervals" },
    { "ddf", OPTION_ENUM, AT(ddf), .choices = ddf_choices, .word = "METHOD",
      .help = "degrees of freedom of linear mixed models; none: the normal distribution; kr is kenward-roger" },
    { .name = NULL },
};

const struct settings settings_default = { .digits = 4, .format = FORMAT_TEXT, .seed = 1, .level = 0.95 };

const struct option *settings_need(const char *key, struct glmm_span at, struct glmm_error *err)
{
    const struct option *setting = option_find(settings_table, key);
    struct suggest suggest;

    if (setting != NULL)
        return setting;
    fail(err, GLMM_E_USAGE, at, "no setting `%.60s`", key);
    suggest_init(&suggest, key);
    for (setting = settings_table; setting->name != NULL; setting++)
        suggest_offer(&suggest, setting->name);
    if (!suggest_hint(&suggest, err))
        error_hint(err, "set lists them");
    return NULL;
}

bool settings_has_auto(const struct option *setting)
{
    return setting->offset == AT(width) || setting->offset == AT(threads);
}

bool settings_set(struct settings *settings, const struct option *setting, const char *value, bool prefix, struct glmm_span at,
                  struct glmm_error *err)
{
    if (settings_has_auto(setting) && strcmp(value, "auto") == 0) {
        *(int *)((char *)settings + setting->offset) = 0;
        return true;
    }
    return option_read(setting, value, prefix, NULL, settings, at, err);
}

const char *settings_show(const struct settings *settings, const struct option *setting, char *buffer, size_t size)
{
    if (settings_has_auto(setting) && *(const int *)((const char *)settings + setting->offset) == 0)
        return "auto";
    return option_show(setting, settings, buffer, size);
}

void settings_apply(const struct settings *settings)
{
#ifdef _OPENMP
    omp_set_num_threads(settings->threads > 0 ? settings->threads : omp_get_num_procs());
#else
    (void)settings;
#endif
}
