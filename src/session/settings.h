/* settings.h -- typed settings: `set KEY VALUE`. */
#ifndef SESSION_SETTINGS_H
#define SESSION_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>
#include "base/error.h"

enum auto_switch { SWITCH_AUTO, SWITCH_OFF, SWITCH_ON };
enum setting_charset { SET_CHARSET_AUTO, SET_CHARSET_ASCII, SET_CHARSET_BLOCK, SET_CHARSET_BRAILLE };
enum ddf { DDF_SATTERTHWAITE, DDF_KENWARD_ROGER, DDF_NONE };

struct settings {
    int digits;                 /* 4 */
    int width;                  /* 0: the terminal's, 80 off a terminal */
    int format;                 /* enum format */
    uint64_t seed;
    int threads;                /* 0: all */
    int charset;                /* enum setting_charset */
    int color;                  /* enum auto_switch */
    int pager;                  /* enum auto_switch */
    int progress;               /* enum auto_switch */
    bool echo;                  /* show each command of a script before its output */
    bool timing;                /* seconds after each command, and in results */
    double level;               /* 0.95 */
    int ddf;                    /* enum ddf */
};

#endif
