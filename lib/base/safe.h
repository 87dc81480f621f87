/* safe.h -- the one place that makes text safe for a terminal and for a script.
 *
 * Names come from files that anybody may have written.  A terminal obeys control characters, shows text in another order behind
 * bidirectional marks, and shows nothing for characters that Unicode lets it ignore; a script takes a line break for the end of a
 * command.  Here each of these becomes `\u{1b}`, and a byte that is no UTF-8 `\x{ff}`: the same that can be written between
 * quotes and backquotes (lang/words.h, data/expr-lex.h), so that a name that was shown can be typed.
 *
 * What is spelled out: controls (C0, DEL, C1), line and paragraph separators, default-ignorable characters (the bidirectional
 * marks, zero-width spaces and joiners, the soft hyphen, tags, variation selectors), annotation marks, noncharacters. */
#ifndef BASE_SAFE_H
#define BASE_SAFE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include "base/text.h"

enum safe_kind {
    SAFE_WORDS,   /* a name, a part of a line: line breaks and tabs are spelled out as well */
    SAFE_LINES,   /* whole lines: these two stay */
    SAFE_COLORED, /* whole lines in which the sequences that set colours (`ESC [ digits m`) are the program's own */
    SAFE_JSON     /* lines of JSON: what is spelled out is written as JSON has it, \u001b */
};

/* Appends the bytes, made safe. */
void safe_add(struct text *out, const char *bytes, size_t count, enum safe_kind kind);

/* True where nothing has to be spelled out. */
bool safe_already(const char *bytes, size_t count, enum safe_kind kind);

/* As vsnprintf, but what comes in by %s and %c is made safe (SAFE_WORDS), and nothing is cut within a character: what does not
 * fit ends in "...".  The format's own text stays as it is.  False where a string is NULL, which nothing stands for: memory was
 * refused to a name. */
bool safe_format(char *buffer, size_t size, const char *format, va_list args);

/* The same into a text, which grows, and has failed where a string is NULL. */
void safe_addv(struct text *out, const char *format, va_list args);

/* The length of the character or escape at the beginning of a safe or unsafe text, at most `left`: to go through a text by pieces
 * that may not be cut. */
size_t safe_step(const char *bytes, size_t left);

/* Appends what safe_add(…, SAFE_WORDS) wrote as it was before. */
void safe_undo(struct text *out, const char *safe, size_t count);

/* Reads an escape `\u{HEX}` or, where `raw`, `\x{HH}` at the beginning of the text (it stands at the backslash): puts the bytes
 * that it means, at most 4, and returns its length; 0 where none stands there. */
size_t safe_escape(const char *text, size_t left, bool raw, char bytes[4], size_t *count);

#endif
