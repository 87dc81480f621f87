/* settings.h -- typed settings: `set KEY VALUE`.  A setting is an option (lang/option.h) of struct settings. */
#ifndef SESSION_SETTINGS_H
#define SESSION_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>
#include "base/error.h"
#include "lang/option.h"

enum auto_switch { SWITCH_AUTO, SWITCH_OFF, SWITCH_ON };
enum setting_charset { SET_CHARSET_AUTO, SET_CHARSET_ASCII, SET_CHARSET_BLOCK, SET_CHARSET_BRAILLE };
enum setting_pager { PAGER_INTERNAL, PAGER_OFF, PAGER_EXTERNAL };
enum ddf { DDF_SATTERTHWAITE, DDF_NONE, DDF_KENWARD_ROGER, DDF_KR };

/* Their names, for options of commands too; "kr" is Kenward-Roger as well. */
extern const char *const ddf_choices[];

struct settings {
    int digits; /* 4 */
    int width;  /* 0: the terminal's, 80 off a terminal */
    int format; /* enum format */
    uint64_t seed;
    int threads;  /* 0: all */
    int charset;  /* enum setting_charset */
    int color;    /* enum auto_switch */
    int pager;    /* enum setting_pager */
    int progress; /* enum auto_switch */
    bool echo;    /* show each command of a script before its output */
    bool timing;  /* seconds after each command, and in results */
    double level; /* 0.95 */
    int ddf;      /* enum ddf */
};

/* Every setting: its key, type, range and meaning; ended by a NULL name.  And what each is at the start. */
extern const struct option settings_table[];
extern const struct settings settings_default;

/* The setting of that key, or an error at `at` that suggests the nearest. */
const struct option *settings_need(const char *key, struct glmm_span at, struct glmm_error *err);

/* True for `width` and `threads`, where `auto` (0) leaves the choice to the program. */
bool settings_has_auto(const struct option *setting);

/* Sets one from text. */
bool settings_set(struct settings *settings, const struct option *setting, const char *value, bool prefix, struct glmm_span at,
                  struct glmm_error *err);

/* Those that the rest of the program does not read when it needs them. */
void settings_apply(const struct settings *settings);

/* Its value as one would type it; in the buffer or a constant. */
const char *settings_show(const struct settings *settings, const struct option *setting, char *buffer, size_t size);

#endif
