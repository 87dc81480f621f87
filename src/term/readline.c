/* readline.c -- the reader at the prompt, over GNU Readline's callback interface.
 *
 * Readline handles no signals here: we wait in pselect(), the only place where Ctrl-C and a new size are let in, and give
 * Readline one byte at a time.  So no handler ever runs inside Readline, and nothing jumps out of one.  Readline's state is
 * process-wide; so is ours. */
#include "config.h"
#include "term/readline.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <readline/history.h>
#include <readline/readline.h>

#include "base/safe.h"
#include "base/memory.h"
#include "lang/split.h"
#include "term/ahead.h"
#include "term/histfile.h"
#include "term/prompt.h"
#include "term/recall.h"
#include "term/signals.h"
#include "term/terminal.h"

enum {
    KEY_MILLISECONDS = 100, /* within which the rest of a special key follows its first byte */
    COLUMNS_LEAST = 4       /* of a screen of one row Readline divides by a third of the columns, rounded down */
};

#define PASTE_ON  "\033[?2004h"
#define PASTE_OFF "\033[?2004l\r\n"

static struct prompt {
    struct reader reader;
    struct session *session;
    completer *complete;
    struct text before; /* the lines of the open command that were read so far, each with its newline */
    struct text line;   /* the line that was handed out last */
    struct text pasted; /* pasted text of which all behind `handed` bytes was not handed out yet */
    size_t handed;
    struct typed {
        char bytes[4]; /* of the character that is being handed out */
        int count, at;
        int next; /* the byte behind those that made no character, or 0 */
    } typed;
    sigset_t wait_mask;
    struct candidates candidates; /* while Tab is answered */
    bool accepted, ended;         /* what the line handler was told */
    bool gone;                    /* the terminal went away */
    bool ran;                     /* a line went to be run since the last prompt */
} * prompt;

/* --- input ------------------------------------------------------------------------------------ */

/* The next byte that was typed; EOF on Ctrl-C and where the terminal went away. */
static int read_byte(void)
{
    unsigned char byte;
    ssize_t got;

    for (;;) {
        if (prompt->session->interrupted)
            return EOF;
        if (terminal_wait(&prompt->wait_mask) == WAIT_SIGNAL)
            continue;
        got = terminal_read(&byte, 1);
        if (got == 1)
            return byte;
        if (got < 0) {
            prompt->gone = true;
            return EOF;
        }
    }
}

/* Reads the rest of a character of several bytes; false, with the byte behind it kept, where they make none. */
static bool read_character(struct typed *typed, int first)
{
    int length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 1, byte;

    typed->at = 0;
    typed->bytes[0] = (char)first;
    for (typed->count = 1; typed->count < length; typed->count++) {
        byte = read_byte();
        if (byte < 0x80 || byte >= 0xC0) {
            typed->next = byte < 0 ? 0 : byte;
            return false;
        }
        typed->bytes[typed->count] = (char)byte;
    }
    return utf8_invalid(typed->bytes, (size_t)length) < 0;
}

/* Readline's source of bytes.  It gets whole characters only, for it does not always find its way through other bytes.  It also
 * asks for the rest of a key or of a paste: Ctrl-C ends that as the end of input would, and the loop in edit_line() sees the
 * flag. */
static int get_byte(FILE *stream)
{
    struct typed *typed = &prompt->typed;
    int byte;

    (void)stream;
    while (typed->at == typed->count) {
        byte = typed->next != 0 ? typed->next : read_byte();
        typed->next = 0;
        if (byte < 0x80)
            return byte;
        if (!read_character(typed, byte))
            typed->at = typed->count = 0;
        if (prompt->session->interrupted || prompt->gone)
            return EOF;
    }
    return (unsigned char)typed->bytes[typed->at++];
}

/* Readline asks whether more of a key is to come: what was handed back counts. */
static int input_available(void)
{
    struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };

    return prompt->typed.at < prompt->typed.count || prompt->typed.next != 0 || terminal_has_unread()
           || poll(&input, 1, KEY_MILLISECONDS) > 0;
}

/* Appends a pasted byte: line ends become newlines, tabs blanks, and other control characters have no place in a command. */
static void add_pasted(struct text *out, int byte)
{
    if (byte == '\r')
        text_add_char(out, '\n');
    else if (byte == '\t')
        text_add_char(out, ' ');
    else if (byte == '\n' || byte >= ' ')
        text_add_char(out, (char)byte);
}

/* Bound to the bytes that begin a paste: one line goes in as if typed; of several, the first is accepted at once, and the rest
 * waits. */
static int paste(int count, int key)
{
    static const char end[] = "\033[201~";
    struct text bytes = { 0 };
    char *newline;
    size_t matched = 0, i;
    int byte;

    (void)count;
    (void)key;
    while (matched < sizeof end - 1 && (byte = rl_read_key()) >= 0) {
        if (byte == end[matched]) {
            matched++;
            continue;
        }
        for (i = 0; i < matched; i++)
            add_pasted(&bytes, (unsigned char)end[i]);
        matched = byte == end[0];
        if (matched == 0)
            add_pasted(&bytes, byte);
    }
    if (!bytes.failed && bytes.length > 0 && !prompt->session->interrupted) {
        newline = strchr(bytes.data, '\n');
        if (newline == NULL)
            rl_insert_text(bytes.data);
        else {
            *newline = '\0';
            rl_insert_text(bytes.data);
            text_add(&prompt->pasted, newline + 1);
            rl_redisplay();
            rl_newline(1, '\n');
        }
    }
    text_clear(&bytes);
    return 0;
}

/* --- completion ------------------------------------------------------------------------------- */

/* Readline takes the whole line up to the cursor as the word, so that its own idea of words plays no part; the list shown has
 * only what the candidates add. */
static char *no_word_breaks(void)
{
    static char none[] = "";

    return none;
}

/* Readline's memory is malloc's. */
static char *joined(const char *head, size_t head_length, const char *tail, size_t tail_length)
{
    char *both = malloc(head_length + tail_length + 1);

    if (both != NULL) {
        memcpy(both, head, head_length);
        memcpy(both + head_length, tail, tail_length);
        both[head_length + tail_length] = '\0';
    }
    return both;
}

/* Readline's list: [0] replaces the word, the others are shown. */
static char **answer_tab(const char *word, int start, int end)
{
    struct candidates *candidates = &prompt->candidates;
    struct text line = { 0 };
    size_t before = prompt->before.length, head, count, i, shared;
    char **list = NULL;

    (void)word;
    (void)start;
    rl_attempted_completion_over = 1;
    rl_completion_append_character = '\0';
    text_add(&line, text_string(&prompt->before));
    text_add_bytes(&line, rl_line_buffer, (size_t)end);
    candidates_clear(candidates);
    if (!line.failed)
        prompt->complete(prompt->session, line.data, line.length, candidates);
    text_clear(&line);
    candidates_sort(candidates);
    if (candidates->count == 0 || candidates->failed || candidates->start < before)
        return NULL;
    head = candidates->start - before;
    count = candidates->count;
    shared = candidates_common(candidates);
    list = calloc(count + 2, sizeof *list);
    if (list == NULL)
        return NULL;
    /* Where the candidates share less than was typed (they differ in case only), what was typed stays. */
    if (shared < (size_t)end - head)
        list[0] = joined(rl_line_buffer, (size_t)end, "", 0);
    else
        list[0] = joined(rl_line_buffer, head, candidates->items[0], shared);
    for (i = 0; count > 1 && i < count; i++)
        list[i + 1] = joined("", 0, candidates->items[i], strlen(candidates->items[i]));
    return list;
}

/* Shows the candidates below the line, as many as the screen has room for. */
static void show_candidates(char **matches, int count, int longest)
{
    int rows, columns, each = 0, shown, i;
    char *kept;

    (void)longest;
    rl_get_screen_size(&rows, &columns);
    for (i = 1; i <= count; i++)
        each = utf8_width(matches[i]) > each ? utf8_width(matches[i]) : each;
    shown = rows > 6 ? (rows - 4) * (columns > each + 2 ? columns / (each + 2) : 1) : 8;
    if (shown > count)
        shown = count;
    kept = matches[shown + 1];
    matches[shown + 1] = NULL;
    rl_display_match_list(matches, shown, each);
    matches[shown + 1] = kept;
    if (shown < count)
        fprintf(rl_outstream, "... and %d more\n", count - shown);
    rl_forced_update_display();
}

/* --- history ---------------------------------------------------------------------------------- */

/* Follows the logical line: when the line just read ends it, it becomes one entry. */
static void follow(const char *line)
{
    struct arena *arena = arena_new();
    enum split_state state = SPLIT_END;
    struct split split;
    const char *clean;
    char *entry;

    text_add(&prompt->before, line);
    text_add_char(&prompt->before, '\n');
    if (arena != NULL && !prompt->before.failed) {
        split_init(&split, prompt->before.data, prompt->before.length);
        while ((state = split_next(&split, arena, &clean, NULL)) == SPLIT_COMMAND || state == SPLIT_ERROR)
            ;
    }
    arena_free(arena);
    if (state == SPLIT_OPEN)
        return;
    entry = histfile_join(text_string(&prompt->before));
    if (entry != NULL)
        recall_keep(entry);
    mem_free(entry);
    text_clear(&prompt->before);
}

/* --- one line --------------------------------------------------------------------------------- */

/* Readline calls it with the line (malloc's), or NULL at the end of input.  It takes an input that ends in the middle of a
 * line for an Enter; but a terminal that went away asked for nothing. */
static void take_line(char *line)
{
    if (line == NULL || prompt->gone)
        prompt->ended = true;
    else {
        text_truncate(&prompt->line, 0);
        text_add(&prompt->line, line);
        prompt->accepted = true;
    }
    free(line);
    rl_callback_handler_remove();
    terminal_release();
}

static void forget_pasted(void)
{
    text_clear(&prompt->pasted);
    prompt->handed = 0;
}

/* Leaves of what was pasted what was not handed out. */
static void drop_handed(void)
{
    size_t left = prompt->pasted.length - prompt->handed;

    if (prompt->handed == 0)
        return;
    memmove(prompt->pasted.data, prompt->pasted.data + prompt->handed, left);
    text_truncate(&prompt->pasted, left);
    prompt->handed = 0;
}

/* Ctrl-C: what was typed stays on the screen, marked, and is forgotten. */
static void give_up_line(void)
{
    memset(&prompt->typed, 0, sizeof prompt->typed);
    rl_callback_sigcleanup();
    rl_point = rl_end;
    rl_redisplay();
    fputs("^C\n", rl_outstream); /* before Readline ends a line, which goes to its first column */
    rl_free_line_state();
    rl_clear_pending_input(); /* the end of input that a count's key found behind it is none of the next line's */
    rl_replace_line("", 0);
    rl_callback_handler_remove();
    terminal_release();
    fflush(rl_outstream);
    prompt->session->interrupted = 0;
    terminal_forget_unread(); /* it was read before this Ctrl-C came */
    text_clear(&prompt->before);
    forget_pasted();
}

/* The terminal went away.  Readline takes the end of input for a key where it counts, and asks for the next one for ever; so
 * the line ends here, whatever Readline was at. */
static void lose_line(void)
{
    rl_callback_sigcleanup();
    rl_free_line_state();
    rl_replace_line("", 0);
    rl_callback_handler_remove();
    terminal_release();
    prompt->accepted = false;
    prompt->ended = true;
}

/* The prompt as Readline wants it: invisible bytes are marked.  Bold where there is colour. */
static void dress(struct text *out, const char *text)
{
    const struct session *session = prompt->session;
    bool color = session->settings.color == SWITCH_ON || (session->settings.color == SWITCH_AUTO && session->screen.color);
    size_t length = strlen(text);

    while (length > 0 && text[length - 1] == ' ')
        length--;
    if (color)
        text_add(out, "\001\033[1m\002");
    text_add_bytes(out, text, length);
    if (color)
        text_add(out, "\001\033[0m\002");
    text_add(out, text + length);
}

/* Hands out the next whole pasted line, shown as if it had been typed. */
static bool next_pasted(const char *shown)
{
    size_t left = prompt->pasted.length - prompt->handed;
    const char *line = left == 0 ? NULL : prompt->pasted.data + prompt->handed;
    const char *newline = left == 0 ? NULL : memchr(line, '\n', left);
    struct text safe = { 0 };

    if (newline == NULL)
        return false;
    text_truncate(&prompt->line, 0);
    text_add_bytes(&prompt->line, line, (size_t)(newline - line));
    prompt->handed += (size_t)(newline - line) + 1;
    if (prompt->handed > prompt->pasted.length / 2) /* each byte is moved once or twice, however many lines there are */
        drop_handed();
    safe_add(&safe, text_string(&prompt->line), prompt->line.length, SAFE_LINES);
    fprintf(rl_outstream, "%s%s\n", shown, text_string(&safe));
    fflush(rl_outstream);
    text_clear(&safe);
    return true;
}

/* Tells Readline of no screen that is narrower than it can bear. */
static void widen_screen(void)
{
    int rows, columns;

    rl_get_screen_size(&rows, &columns);
    if (columns < COLUMNS_LEAST)
        rl_set_screen_size(rows, COLUMNS_LEAST);
}

/* The terminal has a new size. */
static void resize_line(void)
{
    terminal_look(prompt->session);
    if (prompt->session->screen.width >= COLUMNS_LEAST) {
        rl_resize_terminal();
    } else {
        rl_reset_screen_size();
        widen_screen();
        rl_forced_update_display();
    }
}

/* Edits one line; false on Ctrl-C. */
static bool edit_line(const char *dressed)
{
    prompt->accepted = prompt->ended = false;
    recall_start();
    terminal_lend(); /* Readline shows what is typed where the terminal did before */
    terminal_hold(PASTE_ON, PASTE_OFF);
    rl_callback_handler_install(dressed, take_line);
    terminal_modes_are_set();
    drop_handed();
    if (prompt->pasted.length > 0) { /* the unfinished last line of a paste is there to be edited */
        rl_insert_text(prompt->pasted.data);
        rl_redisplay();
        forget_pasted();
    }
    while (!prompt->accepted && !prompt->ended) {
        bool ready =
            prompt->typed.at < prompt->typed.count || prompt->typed.next != 0 || terminal_wait(&prompt->wait_mask) != WAIT_SIGNAL;

        if (signals_take_resize())
            resize_line();
        if (signals_take_resume())
            rl_forced_update_display();
        if (ready && !prompt->session->interrupted)
            rl_callback_read_char();
        if (prompt->session->interrupted) {
            give_up_line();
            return false;
        }
        if (prompt->gone && !prompt->ended)
            lose_line();
    }
    return true;
}

static enum read_state next_line(struct reader *reader, char open, const char **line, size_t *length, struct glmm_error *err)
{
    struct text shown = { 0 }, dressed = { 0 };
    enum read_state state = READ_LINE;

    bool stopped = prompt->session->interrupted;

    (void)reader;
    if ((terminal_take_nothing_ahead() || stopped) && prompt->ran) {
        drop_handed();
        ahead_keep(&prompt->pasted, rl_outstream);
    }
    prompt->ran = false;
    prompt->session->interrupted = 0;
    if (stopped && open != '\0') { /* between two lines of what was pasted: it gives up the command that they begin */
        fputs("^C\n", rl_outstream);
        fflush(rl_outstream);
        text_clear(&prompt->before);
        return READ_INTERRUPT;
    }
    if (open == '\0')
        prompt_state(prompt->session, &shown);
    else
        prompt_continuation(prompt->session, open, &shown);
    if (!next_pasted(text_string(&shown))) {
        dress(&dressed, text_string(&shown));
        signals_block(&prompt->wait_mask);
        if (signals_take_resize())
            rl_reset_screen_size(); /* nothing is on the screen that would be to draw again */
        widen_screen();
        signals_take_resume();
        if (!edit_line(text_string(&dressed)))
            state = READ_INTERRUPT;
        else if (prompt->ended && open != '\0' && !prompt->gone) {
            text_clear(&prompt->before); /* Ctrl-D gives up what is open; only the next one leaves */
            state = READ_INTERRUPT;
        } else if (prompt->ended)
            state = READ_END;
        signals_unblock(&prompt->wait_mask);
    }
    text_clear(&shown);
    text_clear(&dressed);
    if (prompt->line.failed || prompt->before.failed) {
        text_clear(&prompt->line);
        text_clear(&prompt->before);
        fail_memory(err);
        return READ_ERROR;
    }
    if (state == READ_LINE) {
        prompt->ran = true;
        follow(text_string(&prompt->line));
        *line = text_string(&prompt->line);
        *length = prompt->line.length;
    }
    return state;
}

/* --- the reader --------------------------------------------------------------------------------- */

static void bind_keys(void)
{
    static const char *const maps[] = { "emacs", "vi-insert" };
    size_t i;

    recall_bind_keys();
    for (i = 0; i < sizeof maps / sizeof *maps; i++)
        rl_bind_keyseq_in_map("\\e[200~", paste, rl_get_keymap_by_name(maps[i]));
}

static void close_prompt(struct reader *reader)
{
    (void)reader;
    terminal_leave();
    recall_clear();
    candidates_clear(&prompt->candidates);
    text_clear(&prompt->before);
    text_clear(&prompt->line);
    text_clear(&prompt->pasted);
    mem_free(prompt);
    prompt = NULL;
}

struct reader *reader_open_prompt(struct session *session, completer *complete, struct glmm_error *err)
{
    prompt = NEW(struct prompt);
    if (prompt == NULL) {
        fail_memory(err);
        return NULL;
    }
    prompt->reader.next = next_line;
    prompt->reader.close = close_prompt;
    prompt->session = session;
    prompt->complete = complete;
    rl_readline_name = "mixsh";
    rl_catch_signals = 0;
    rl_catch_sigwinch = 0;
    rl_change_environment = 0;
    rl_getc_function = get_byte;
    rl_input_available_hook = input_available;
    rl_completion_word_break_hook = no_word_breaks;
    rl_completer_quote_characters = "";
    rl_attempted_completion_function = answer_tab;
    rl_completion_display_matches_hook = show_candidates;
    rl_variable_bind("show-all-if-ambiguous", "on");
    rl_variable_bind("page-completions", "off");
    rl_variable_bind("input-meta", "on"); /* UTF-8 passes whatever the locale says */
    rl_variable_bind("output-meta", "on");
    rl_variable_bind("convert-meta", "off");
    rl_initialize();
    bind_keys();
    recall_load();
    terminal_keep_ahead();
    return &prompt->reader;
}
