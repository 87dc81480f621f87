/* recall.c -- see recall.h: the history, moving through it and searching it.
 *
 * Readline leaves the undo list of a line that it took from the history with both the line and the entry, and in its searches
 * frees it twice or follows keys that callback mode cannot read.  So all movement through the history is ours: Readline's own
 * place in it is always behind the newest entry, no entry ever gets undos, and a line is replaced with its undos dropped. */
#include "config.h"
#include "term/recall.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>
#include <readline/history.h>
#include <readline/readline.h>

#include "base/memory.h"
#include "base/text.h"
#include "term/histfile.h"

enum { ESCAPE_WAIT = 100 }; /* milliseconds in which the rest of a key comes behind Escape */

/* Process-wide, as Readline's line is. */
static struct {
    char *path;    /* of the history file, or NULL */
    int place;     /* in the history; history_length is behind the newest entry */
    size_t prefix; /* bytes of the line that the arrows look for there */
    struct edit {
        int place;
        char *text;
    } * edits; /* lines that were changed since the last Enter, and left */
    size_t edit_count, edit_capacity;
    struct text sought; /* what was searched for last */
} recall;

/* --- the entries ------------------------------------------------------------------------------------ */

void recall_load(void)
{
    struct histfile file;

    using_history();
    stifle_history(HISTORY_LIMIT);
    recall.path = histfile_path();
    if (recall.path == NULL || !histfile_read(recall.path, &file))
        return;
    for (size_t i = 0; i < file.count; i++)
        add_history(file.entries[i]);
    histfile_clear(&file);
}

void recall_keep(const char *entry)
{
    for (int i = history_length - 1; i >= 0; i--) {
        const HIST_ENTRY *old = history_get(history_base + i);

        if (old != NULL && strcmp(old->line, entry) == 0) {
            if (i == history_length - 1)
                return;
            free_history_entry(remove_history(i));
            break;
        }
    }
    add_history(entry);
    if (recall.path != NULL)
        histfile_append(recall.path, entry);
}

/* --- moving ------------------------------------------------------------------------------------- */

static const char *entry_text(int place)
{
    HIST_ENTRY *entry = history_get(history_base + place);

    return entry == NULL ? "" : entry->line;
}

/* What the line looked like when that place was left, or NULL where nothing was changed there. */
static struct edit *find_edit(int place)
{
    for (size_t i = 0; i < recall.edit_count; i++)
        if (recall.edits[i].place == place)
            return &recall.edits[i];
    return NULL;
}

/* Keeps the line as it is for the time when its place is visited again; memory that is out forgets it. */
static void keep_edit(void)
{
    struct edit *edit = find_edit(recall.place);
    void *edits = recall.edits;

    if (edit == NULL && strcmp(rl_line_buffer, recall.place == history_length ? "" : entry_text(recall.place)) == 0)
        return;
    if (edit == NULL) {
        if (!mem_grow(&edits, &recall.edit_capacity, recall.edit_count + 1, sizeof *recall.edits))
            return;
        recall.edits = edits;
        edit = &recall.edits[recall.edit_count++];
        *edit = (struct edit){ recall.place, NULL };
    }
    mem_free(edit->text);
    edit->text = mem_strdup(rl_line_buffer);
}

static const char *text_at(int place)
{
    const struct edit *edit = find_edit(place);

    if (edit != NULL && edit->text != NULL)
        return edit->text;
    return place == history_length ? "" : entry_text(place);
}

/* A new line begins: behind the newest entry, with nothing kept. */
void recall_start(void)
{
    while (recall.edit_count > 0)
        mem_free(recall.edits[--recall.edit_count].text);
    using_history();
    recall.place = history_length;
    recall.prefix = 0;
}

static void go_to(int place)
{
    if (place == recall.place)
        return;
    keep_edit();
    recall.place = place;
    rl_replace_line(text_at(place), 1);
    rl_point = rl_end;
    rl_mark = 0;
}

/* By so many lines; the last one on that side, with a bell, where there are not so many. */
static int go_by(int lines)
{
    int place = recall.place + lines;

    if (place < 0 || place > history_length)
        rl_ding();
    go_to(place < 0 ? 0 : place > history_length ? history_length : place);
    return 0;
}

static int go_older(int count, int key)
{
    (void)key;
    return go_by(-count);
}

static int go_newer(int count, int key)
{
    (void)key;
    return go_by(count);
}

static int go_oldest(int count, int key)
{
    (void)count;
    (void)key;
    go_to(0);
    return 0;
}

static int go_newest(int count, int key)
{
    (void)count;
    (void)key;
    go_to(history_length);
    return 0;
}

static int match_older(int count, int key);

/* The next line in that direction that begins with what stands before the cursor; when pressed again, with the same. */
static int go_to_match(int step, bool goes_on)
{
    int place = recall.place;

    if (!goes_on || recall.prefix > (size_t)rl_end)
        recall.prefix = (size_t)rl_point;
    do
        place += step;
    while (place >= 0 && place < history_length
           && (strncmp(text_at(place), rl_line_buffer, recall.prefix) != 0 || strcmp(text_at(place), rl_line_buffer) == 0));
    if (place < 0 || place > history_length) {
        rl_ding();
        return 0;
    }
    go_to(place);
    rl_point = recall.prefix > 0 && recall.prefix <= (size_t)rl_end ? (int)recall.prefix : rl_end;
    return 0;
}

static int match_newer(int count, int key)
{
    (void)count;
    (void)key;
    return go_to_match(1, rl_last_func == match_older || rl_last_func == match_newer);
}

static int match_older(int count, int key)
{
    (void)count;
    (void)key;
    return go_to_match(-1, rl_last_func == match_older || rl_last_func == match_newer);
}

/* --- searching ----------------------------------------------------------------------------------- */

enum { CONTROL_C = 3, CONTROL_G = 7, CONTROL_H = 8, CONTROL_R = 18, CONTROL_S = 19, ESCAPE = 27, DELETE = 127 };

struct search {
    struct text words; /* what is looked for */
    int step;          /* -1 older, 1 newer */
    int place;
    bool failed;
};

/* Goes to the next place, from the present one on, that has the words; `onward`: another one. */
static void look_on(struct search *search, bool onward)
{
    const char *words = text_string(&search->words), *found = NULL;
    int place = search->place + (onward ? search->step : 0);

    for (; place >= 0 && place <= history_length && *words != '\0'; place += search->step)
        if ((found = strstr(text_at(place), words)) != NULL && !(onward && strcmp(text_at(place), text_at(search->place)) == 0))
            break;
        else
            found = NULL;
    search->failed = found == NULL && *words != '\0';
    if (found == NULL)
        return;
    search->place = place;
    go_to(place);
    rl_point = (int)(found - text_at(place));
    if (rl_point > rl_end)
        rl_point = rl_end;
}

/* One character less, with all its bytes. */
static void shorten(struct text *words)
{
    size_t length = words->length;

    while (length > 0 && ((unsigned char)words->data[--length] & 0xC0) == 0x80)
        continue;
    text_truncate(words, length);
}

/* Escape alone only ends the search; before other bytes it belongs to a key. */
static void give_back(int key)
{
    struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };

    if (key != ESCAPE || poll(&input, 1, ESCAPE_WAIT) > 0)
        rl_execute_next(key);
}

/* Takes a key; false where it ends the search. */
static bool search_key(struct search *search, int key, int start)
{
    if (key == CONTROL_R || key == CONTROL_S) {
        search->step = key == CONTROL_R ? -1 : 1;
        if (search->words.length == 0)
            text_add(&search->words, text_string(&recall.sought));
        look_on(search, true);
    } else if (key == CONTROL_H || key == DELETE) {
        shorten(&search->words);
        search->place = start;
        look_on(search, false);
    } else if (key >= ' ' && key < 256) {
        text_add_char(&search->words, (char)key);
        look_on(search, false);
    } else
        return false;
    return true;
}

static int search_history(int step)
{
    struct search search = { .step = step, .place = recall.place };
    int start = recall.place, point = rl_point, key;

    keep_edit();
    rl_save_prompt();
    do {
        if (utf8_invalid(text_string(&search.words), search.words.length) < 0) /* half a character would shift what is shown */
            rl_message("(%s%si-search)`%s': ", search.failed ? "failed " : "", search.step < 0 ? "reverse-" : "",
                       text_string(&search.words));
        key = rl_read_key();
    } while (key >= 0 && search_key(&search, key, start));
    rl_restore_prompt();
    rl_clear_message();
    if (key == CONTROL_G) {
        go_to(start);
        rl_point = point > rl_end ? rl_end : point;
    } else if (key >= 0)
        give_back(key);
    if (search.words.length > 0) {
        text_clear(&recall.sought);
        recall.sought = search.words;
    } else
        text_clear(&search.words);
    return 0;
}

static int search_older(int count, int key)
{
    (void)count;
    (void)key;
    return search_history(-1);
}

static int search_newer(int count, int key)
{
    (void)count;
    (void)key;
    return search_history(1);
}

/* --- keys ----------------------------------------------------------------------------------------- */

/* A key that does nothing here. */
static int do_nothing(int count, int key)
{
    (void)count;
    (void)key;
    rl_ding();
    return 0;
}

/* What a key does in place of the command of Readline's that it was bound to, by default or in the person's inputrc.  Keyboard
 * macros and what follows them expect Readline to read keys by itself, and crash where the program feeds them one at a time. */
static const struct {
    rl_command_func_t *theirs, *ours;
} replaced[] = {
    { rl_get_previous_history, go_older },
    { rl_get_next_history, go_newer },
    { rl_beginning_of_history, go_oldest },
    { rl_end_of_history, go_newest },
    { rl_history_search_backward, match_older },
    { rl_history_search_forward, match_newer },
    { rl_history_substr_search_backward, match_older },
    { rl_history_substr_search_forward, match_newer },
    { rl_reverse_search_history, search_older },
    { rl_forward_search_history, search_newer },
    { rl_noninc_reverse_search, search_older },
    { rl_noninc_forward_search, search_newer },
    { rl_noninc_reverse_search_again, search_older },
    { rl_noninc_forward_search_again, search_newer },
    { rl_vi_search, search_older },
    { rl_vi_search_again, search_older },
    { rl_vi_fetch_history, go_oldest },
    { rl_operate_and_get_next, rl_newline },
    { rl_yank_nth_arg, do_nothing },
    { rl_start_kbd_macro, do_nothing },
    { rl_end_kbd_macro, do_nothing },
    { rl_call_last_kbd_macro, do_nothing },
    { rl_print_last_kbd_macro, do_nothing },
    { rl_re_read_init_file, do_nothing },
    { rl_char_search, do_nothing },
    { rl_backward_char_search, do_nothing },
    { rl_vi_complete, rl_complete },    /* its way to the end of a word does not end */
    { rl_vi_editing_mode, do_nothing }, /* `set editing-mode vi` in the inputrc is the way to it */
};

/* In a map and all that lie below it. */
static void replace_commands(Keymap map, int depth)
{
    for (int key = 0; key < KEYMAP_SIZE; key++) {
        if (map[key].type == ISKMAP && depth < 8)
            replace_commands((Keymap)map[key].function, depth + 1);
        for (size_t i = 0; map[key].type == ISFUNC && i < sizeof replaced / sizeof *replaced; i++)
            if (map[key].function == replaced[i].theirs) {
                map[key].function = replaced[i].ours;
                break;
            }
    }
}

void recall_bind_keys(void)
{
    static const char *const maps[] = { "emacs", "vi-insert", "vi-command" };

    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++) {
        Keymap map = rl_get_keymap_by_name(maps[i]);

        replace_commands(map, 0);
        rl_bind_keyseq_in_map("\\e[A", match_older, map);
        rl_bind_keyseq_in_map("\\eOA", match_older, map);
        rl_bind_keyseq_in_map("\\e[B", match_newer, map);
        rl_bind_keyseq_in_map("\\eOB", match_newer, map);
    }
}

void recall_clear(void)
{
    recall_start();
    clear_history();
    if (recall.path != NULL)
        histfile_compact(recall.path);
    mem_free(recall.path);
    recall.path = NULL;
    mem_free(recall.edits);
    text_clear(&recall.sought);
    recall.edits = NULL;
    recall.edit_capacity = 0;
}
