/* load.h -- the command load in parts: its options, its report, and the command that reads the file as it was meant. */
#ifndef CMD_LOAD_H
#define CMD_LOAD_H

#include "lang/command.h"
#include "base/text.h"
#include "data/csv.h"
#include "result/result.h"

struct load_options {
    const char *sep, *header, *types, *decimal, *thousands, *units, *names, *encoding, *sheet, *table, *query, *imputation;
    const char *const *na;
    int skip, rows;
};

/* The options that make the change, as one types them: `decimal=comma na="n/a"`.  `given` (NULL: none) are those of the call,
 * which stay where the change does not touch them.  NULL when memory is out. */
const char *load_options_text(struct arena *arena, const struct load_options *given, const struct csv_advice *advice);

/* The whole command with these options, on lines of at most `width` columns (0: on one).  NULL as above. */
const char *load_command(struct arena *arena, const struct call *call, const char *options, int width);

/* A word as it is typed, in quotes where it needs them, or always. */
void load_add_word(struct text *out, const char *word, bool quoted);
/* Levels as an option takes them: "a,b,c" where they can be read again so and have that room; else c("a", "b, c"), with `between`
 * behind each comma (where that is another line, before the first too if it needs more). */
void load_add_list(struct text *out, const char *const *levels, size_t count, size_t room, const char *between);
/* The command on lines of at most `width` columns, each but the last with a backslash at its end (0: on one). */
void load_break_lines(struct text *out, const char *command, int width);
/* A command to be typed, on the lines that it has. */
void load_add_lines(struct result *result, const char *lines);

/* What the command prints.  `frame` and `report` are borrowed; `left_out`: rows of the data before they were imputed. */
struct result *load_report(const struct call *call, const struct frame *frame, const struct csv_report *report, bool replaced,
                           size_t left_out, int digits, int width);

/* A note in words, `options` those that it advises; of a run of notes that are alike, whose columns stand in one sentence. */
void load_add_note(struct text *out, const struct csv_note *note, const char *options);
void load_add_run_note(struct text *out, const struct csv_note *notes, size_t count, const char *options);
/* Says what the note has of a column of dates, or of texts that may be; false for other notes. */
bool load_add_dates_note(struct text *out, const struct csv_note *note, const char *options);
/* CSV_NOTE_ORDER: the sentence, and below it the command, which can be typed as it stands in that width. */
void load_add_order(struct result *result, const struct csv_note *note, int width);
/* CSV_NOTE_MERGED, CSV_NOTE_HEADINGS: the same, a command a line; headings become a variable that the data do not have. */
void load_add_filling(struct result *result, const struct frame *frame, const struct csv_note *note);

/* CSV_NOTE_PARTS: the sentence, and below it the commands that make variables of the numbers within the texts. */
void load_add_parts(struct result *result, const struct frame *frame, const struct csv_note *note, int width);

#endif
