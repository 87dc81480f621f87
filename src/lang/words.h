/* words.h -- the words of a command, each with its place. */
#ifndef LANG_WORDS_H
#define LANG_WORDS_H

#include <stdbool.h>
#include "base/arena.h"
#include "base/error.h"

struct word {
    const char *text;    /* unquoted */
    struct glmm_span at; /* in the command's line */
    bool quoted;
};

/* What separates words; who steps over blanks and then asks for the end of a word must mean the same, or stands still. */
static inline bool word_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\v';
}

/* The part of `line` in [part.begin, part.end) without the blanks around it. */
struct glmm_span trim_span(const char *line, struct glmm_span part);

/* Where the comma stands that begins the options: the first at depth 0 outside quotes; part.end when there is none. */
int option_comma(const char *line, struct glmm_span part);

/* The end of the word that begins at `at`: up to a blank (and, with `stops`, one of these bytes) at depth 0 outside quotes. */
int word_end(const char *line, int at, int end, const char *stops);

/* Takes the quotes off a word: `"..."` with its escapes \" \\ \n \t, or `...` between backquotes; other words are copied
 * as they stand.  In all of them \u{HEX} is that character and \x{HEX} that byte: what base/safe.h writes.
 * NULL with err for an unknown escape, an unclosed quote, or text behind the closing quote. */
const char *word_unquote(struct arena *arena, const char *line, struct glmm_span at, bool *quoted, struct glmm_error *err);

/* How long the level of a cut() is that `text` begins with, "(0.5,2.4]", whose comma separates no levels; 0: with none. */
size_t interval_length(const char *text);

/* Splits [part.begin, part.end) of `line` into words at blanks; they are the arena's. */
bool words_split(struct arena *arena, const char *line, struct glmm_span part, struct word **words, int *count,
                 struct glmm_error *err);

/* A file's path as typed, with the home directory for a `~/` at its beginning; the arena's.  NULL when memory is out. */
const char *path_at_home(struct arena *arena, const char *path);
/* And back, to be shown: a file in the home directory begins with ~/. */
const char *path_from_home(struct arena *arena, const char *path);

/* Gives an error that has no place the one of the word; returns `ok`.  For what a callee says about a file that it knows
 * no place of. */
static inline bool word_blame(bool ok, const struct word *word, struct glmm_error *err)
{
    if (!ok && err != NULL && err->code != GLMM_OK && err->at.begin < 0)
        err->at = word->at;
    return ok;
}

#endif
