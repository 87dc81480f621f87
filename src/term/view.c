/* view.c -- see view.h.
 *
 * Curses gets the terminal when a view begins and gives it back when it ends.  Signals that stop or end the program in between
 * find what they need in terminal.c: the modes, and the bytes that leave and enter the screen, which are taken from terminfo
 * here. */
#include "config.h"

/* curses.h declares functions for wide characters only then. */
#define NCURSES_WIDECHAR 1

#include "term/view-private.h"

#include <curses.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wctype.h>

#include "base/text.h"
#include "session/output.h"
#include "term/progress.h"
#include "term/signals.h"
#include "term/terminal.h"
#include "term/terminfo.h"

enum { BYTES_SIZE = 256, COUNT_MOST = 100000000, ESCAPE_WAIT = 30 };
enum { KEY_ESCAPE = 27 };
#define CONTROL(letter) ((letter)&0x1f)

/* --- whether there is a screen -------------------------------------------------------------------- */

static bool refuse(const char *instead, struct glmm_error *err, const char *why)
{
    fail(err, GLMM_E_STATE, NOWHERE, "a view fills a terminal's screen, and %s", why);
    error_hint(err, "%s", instead);
    return false;
}

bool view_possible(const char *instead, struct glmm_error *err)
{
    const char *term = getenv("TERM");

    if (!terminal_is_interactive())
        return refuse(instead, err, "here input or output is no terminal");
    if (term == NULL || *term == '\0' || strcmp(term, "dumb") == 0)
        return refuse(instead, err, "this terminal is dumb (TERM says so)");
    switch (terminfo_look()) {
    case TERMINFO_UNKNOWN:
        return refuse(instead, err, "nothing is known of this terminal (TERM)");
    case TERMINFO_NO_CURSOR:
        return refuse(instead, err, "this terminal cannot place the cursor");
    case TERMINFO_OK:
        break;
    }
    return true;
}

enum charset view_charset(const struct session *session)
{
    return terminal_is_utf8() ? session_style(session).charset : CHARSET_ASCII;
}

/* --- giving it back --------------------------------------------------------------------------------- */

/* What signal handlers write; process-wide as the terminal is. */
static char enter_screen[BYTES_SIZE], leave_screen[BYTES_SIZE];
static bool one_screen; /* no second screen to come back from: a linux console */

static void add_bytes(char bytes[BYTES_SIZE], const char *more)
{
    if (strlen(bytes) + strlen(more) < BYTES_SIZE)
        strcat(bytes, more);
}

/* Before curses has the terminal.  Where there is one screen only, the picture stays, and the prompt comes below it on an empty
 * line.  The mouse is switched off whatever the state: a terminal that knows nothing of it ignores
 * this. */
static bool hold_terminal(void)
{
    size_t length;

    if (!terminfo_open())
        return false;
    enter_screen[0] = leave_screen[0] = '\0';
    terminfo_add("smcup", enter_screen, BYTES_SIZE);
    terminfo_add("smkx", enter_screen, BYTES_SIZE);
    terminfo_add("civis", enter_screen, BYTES_SIZE);
    terminfo_add("sgr0", leave_screen, BYTES_SIZE);
    terminfo_add("op", leave_screen, BYTES_SIZE);
    terminfo_add("rmkx", leave_screen, BYTES_SIZE);
    terminfo_add("cnorm", leave_screen, BYTES_SIZE);
    add_bytes(leave_screen, "\033[?1000l\033[?1006l");
    length = strlen(leave_screen);
    terminfo_add("rmcup", leave_screen, BYTES_SIZE);
    one_screen = strlen(leave_screen) == length;
    if (one_screen)
        add_bytes(leave_screen, "\033[999B\r\033[K");
    terminfo_close();
    terminal_hold(enter_screen, leave_screen);
    return true;
}

/* --- drawing ----------------------------------------------------------------------------------------- */

static attr_t curses_attributes(const struct screen_run *run, unsigned attributes)
{
    static const struct {
        unsigned attribute;
        int pair;
    } colors[] = { { ATTRIBUTE_RED, 1 }, { ATTRIBUTE_GREEN, 2 }, { ATTRIBUTE_YELLOW, 3 }, { ATTRIBUTE_CYAN, 4 } };
    attr_t out = A_NORMAL;

    out |= attributes & ATTRIBUTE_BOLD ? A_BOLD : A_NORMAL;
    out |= attributes & ATTRIBUTE_DIM ? A_DIM : A_NORMAL;
    out |= attributes & ATTRIBUTE_REVERSE ? A_REVERSE : A_NORMAL;
    for (size_t i = 0; run->colors && i < sizeof colors / sizeof colors[0]; i++)
        if (attributes & colors[i].attribute)
            out |= (attr_t)COLOR_PAIR(colors[i].pair);
    return out;
}

static void show_canvas(const struct screen_run *run)
{
    char buffer[8];

    erase();
    for (int row = 0; row < run->rows; row++)
        for (int column = 0; column < run->columns && row < run->canvas.rows; column++) {
            const struct canvas_cell *cell = &run->canvas.cells[(ptrdiff_t)row * run->canvas.columns + column];

            if (canvas_is_blank(&run->canvas, row, column) && (cell->attributes & ATTRIBUTE_REVERSE) == 0)
                continue;
            attrset((int)curses_attributes(run, cell->attributes));
            if (!cell->covered)
                mvaddstr(row, column, canvas_glyph(&run->canvas, row, column, buffer));
        }
    attrset(A_NORMAL);
}

static void paint(struct screen_run *run)
{
    bool words = run->mode == MODE_WORDS;

    view_compose(run);
    show_canvas(run);
    curs_set(words && !view_too_small(run));
    if (words)
        move(run->rows - 1, utf8_width(run->words) + 1);
    refresh();
}

/* --- keys ---------------------------------------------------------------------------------------------- */

struct binding {
    int key;     /* a character, */
    int special; /* or one of curses's */
    enum view_action action;
};

static const struct binding bindings[] = {
    { 'j', KEY_DOWN, VIEW_DOWN },
    { CONTROL('n'), 0, VIEW_DOWN },
    { 'k', KEY_UP, VIEW_UP },
    { CONTROL('p'), 0, VIEW_UP },
    { 'h', KEY_LEFT, VIEW_LEFT },
    { 'l', KEY_RIGHT, VIEW_RIGHT },
    { ' ', KEY_NPAGE, VIEW_PAGE_DOWN },
    { CONTROL('f'), 0, VIEW_PAGE_DOWN },
    { 'b', KEY_PPAGE, VIEW_PAGE_UP },
    { CONTROL('b'), 0, VIEW_PAGE_UP },
    { CONTROL('d'), 0, VIEW_HALF_DOWN },
    { CONTROL('u'), 0, VIEW_HALF_UP },
    { 'g', KEY_HOME, VIEW_TOP },
    { 'G', KEY_END, VIEW_BOTTOM },
    { 'n', 0, VIEW_AGAIN },
    { 'N', 0, VIEW_AGAIN_UP },
    { 's', 0, VIEW_SORT },
    { 'f', 0, VIEW_FREEZE },
    { '\r', KEY_ENTER, VIEW_OPEN },
    { '\n', 0, VIEW_OPEN },
    { 'p', 0, VIEW_PLOT },
    { 'r', 0, VIEW_SCALE },
    { '\t', 0, VIEW_NEXT },
    { '[', 0, VIEW_LESS },
    { ']', 0, VIEW_MORE },
    { '=', 0, VIEW_RESET },
    { 'q', KEY_BACKSPACE, VIEW_BACK },
    { KEY_ESCAPE, 0, VIEW_BACK },
    { 0x7f, 0, VIEW_BACK },
};

static enum view_action bound(wint_t key, bool special)
{
    for (size_t i = 0; i < sizeof bindings / sizeof bindings[0]; i++)
        if (special ? (bindings[i].special != 0 && (wint_t)bindings[i].special == key) : (wint_t)bindings[i].key == key)
            return bindings[i].action;
    return VIEW_NONE;
}

static void send_event(struct screen_run *run, struct view_event *event)
{
    run->left = !run->view->key(run->state, event);
    memcpy(run->say, event->say, sizeof run->say);
}

/* One character less, combining marks and all the bytes of it. */
static void erase_character(char *words)
{
    size_t length = strlen(words);

    while (length > 0 && ((unsigned char)words[--length] & 0xc0) == 0x80)
        ;
    words[length] = '\0';
}

static void words_key(struct screen_run *run, wint_t key, bool special)
{
    struct view_event event = { .action = run->asked, .count = 1, .text = run->words };
    char bytes[MB_LEN_MAX + 1];
    int length;

    if ((special && key == KEY_ENTER) || (!special && (key == '\r' || key == '\n'))) {
        run->mode = MODE_VIEW;
        send_event(run, &event);
    } else if (!special && key == KEY_ESCAPE) {
        run->mode = MODE_VIEW;
    } else if ((special && key == KEY_BACKSPACE) || (!special && (key == 0x7f || key == CONTROL('h')))) {
        if (run->words[0] == '\0')
            run->mode = MODE_VIEW;
        erase_character(run->words);
    } else if (!special && key == CONTROL('u')) {
        run->words[0] = '\0';
    } else if (!special && iswprint(key)) {
        length = wctomb(bytes, (wchar_t)key);
        if (length > 0 && strlen(run->words) + (size_t)length < sizeof run->words)
            strncat(run->words, bytes, (size_t)length);
    }
}

static void help_key(struct screen_run *run, enum view_action action, bool leaves)
{
    int most = run->help_lines - (run->rows - 1);

    if (action == VIEW_DOWN && run->help_top < most)
        run->help_top++;
    else if (action == VIEW_UP && run->help_top > 0)
        run->help_top--;
    else if (action == VIEW_PAGE_DOWN || action == VIEW_BOTTOM)
        run->help_top = most > 0 ? most : 0;
    else if (action == VIEW_PAGE_UP || action == VIEW_TOP)
        run->help_top = 0;
    else if (action == VIEW_BACK || leaves)
        run->mode = MODE_VIEW;
}

static void mouse_key(struct screen_run *run)
{
    struct view_event event = { .count = 1 };
    MEVENT mouse;

    if (getmouse(&mouse) != OK)
        return;
    event.row = mouse.y;
    if (mouse.bstate & (BUTTON1_PRESSED | BUTTON1_CLICKED)) {
        event.action = VIEW_CLICK;
    } else {
        event.count = 3;
        event.action = mouse.bstate & BUTTON4_PRESSED ? VIEW_UP : mouse.bstate & BUTTON5_PRESSED ? VIEW_DOWN : VIEW_NONE;
    }
    if (event.action != VIEW_NONE)
        send_event(run, &event);
}

static void toggle_mouse(struct screen_run *run)
{
    run->mouse = !run->mouse;
    mousemask(run->mouse ? BUTTON1_PRESSED | BUTTON1_CLICKED | BUTTON4_PRESSED | BUTTON5_PRESSED : 0, NULL);
    snprintf(run->say, sizeof run->say, "the mouse is %s", run->mouse ? "on: click a row, turn the wheel" : "off");
}

/* Keys of the driver itself; false for those of the view. */
static bool own_key(struct screen_run *run, wint_t key)
{
    switch (key) {
    case '/':
    case '&':
        run->mode = MODE_WORDS;
        run->asked = key == '/' ? VIEW_FIND : VIEW_FILTER;
        run->words[0] = '\0';
        return true;
    case '?':
        run->mode = MODE_HELP;
        run->help_top = 0;
        return true;
    case 'Q':
        run->left = run->keep = true;
        return true;
    case 'm':
        toggle_mouse(run);
        return true;
    case CONTROL('l'):
        clearok(curscr, TRUE);
        return true;
    default:
        return false;
    }
}

/* Behind an Escape that curses knows no more of: takes the rest of a key that it does not know (Alt and a letter, a key with
 * modifiers, a click with the mouse off), which must not be taken for several.  False when Escape was typed by itself. */
static bool pass_sequence(void)
{
    enum { CSI_MOST = 32 };
    wint_t key;
    int count = 0;

    if (get_wch(&key) != OK)
        return false;
    if (key == KEY_ESCAPE)
        return pass_sequence();
    if (key == 'O') {
        get_wch(&key);
    } else if (key == '[' && get_wch(&key) == OK) {
        if (key == 'M') /* the old report of the mouse: three more bytes */
            count = CSI_MOST - 3;
        while ((count >= CSI_MOST - 3 || key < '@' || key > '~') && count++ < CSI_MOST && get_wch(&key) == OK)
            ;
    }
    return true;
}

static void handle_key(struct screen_run *run, wint_t key, bool special)
{
    struct view_event event = { .action = bound(key, special), .count = run->count > 0 ? (int)run->count : 1 };
    bool counted = run->count > 0;

    if (special && key == KEY_RESIZE)
        return;
    run->say[0] = '\0';
    if (!special && key == KEY_ESCAPE && pass_sequence()) {
        run->count = 0;
        snprintf(run->say, sizeof run->say, "no such key; ? shows them");
        return;
    }
    if (view_too_small(run)) {
        run->left = event.action == VIEW_BACK || (!special && key == 'Q');
        return;
    }
    if (run->mode == MODE_WORDS) {
        words_key(run, key, special);
        return;
    }
    if (run->mode == MODE_HELP) {
        help_key(run, event.action, !special && key == '?');
        return;
    }
    if (special && key == KEY_MOUSE) {
        mouse_key(run);
        return;
    }
    if (!special && key >= (counted ? '0' : '1') && key <= '9') {
        run->count = run->count * 10 + (long)(key - '0');
        run->count = run->count > COUNT_MOST ? COUNT_MOST : run->count;
        snprintf(run->say, sizeof run->say, "%ld", run->count);
        return;
    }
    run->count = 0;
    if (!special && own_key(run, key))
        return;
    if (counted && (event.action == VIEW_TOP || event.action == VIEW_BOTTOM))
        event.action = VIEW_GOTO;
    if (event.action != VIEW_NONE)
        send_event(run, &event);
    else
        snprintf(run->say, sizeof run->say, "no such key; ? shows them");
}

/* --- the loop ------------------------------------------------------------------------------------------ */

static void take_size(struct screen_run *run)
{
    terminal_look(run->session);
    run->rows = run->session->screen.height;
    run->columns = run->session->screen.width;
    resizeterm(run->rows, run->columns);
    clearok(curscr, TRUE);
    if (!view_too_small(run))
        run->view->resize(run->state, run->rows - 1, run->columns);
}

/* Ctrl-C: a word half typed is dropped, and what else was typed for it; else the view ends, and what stands in line is kept: it
 * may be a command that was typed behind the Ctrl-C while the view was busy. */
static void take_interrupt(struct screen_run *run)
{
    run->session->interrupted = 0;
    if (run->mode == MODE_VIEW) {
        run->left = true;
        terminal_run_nothing_ahead();
    } else {
        flushinp();
    }
    run->mode = MODE_VIEW;
}

static void run_loop(struct screen_run *run, const sigset_t *wait_mask)
{
    bool work = run->view->idle != NULL, dirty = true;
    enum wait_result wait = WAIT_NOTHING;
    int status;
    wint_t key;

    while (!run->left && !run->failed) {
        signals_let_in(wait_mask); /* Ctrl-C goes before the keys that stand in line */
        if (signals_take_resume())
            dirty = true;
        if (signals_take_resize()) {
            take_size(run);
            if (run->mouse)
                mousemask(BUTTON1_PRESSED | BUTTON1_CLICKED | BUTTON4_PRESSED | BUTTON5_PRESSED, NULL);
            dirty = true;
        }
        if (run->session->interrupted) {
            take_interrupt(run);
            dirty = true;
            continue;
        }
        status = get_wch(&key);
        if (status != ERR) {
            handle_key(run, key, status == KEY_CODE_YES);
            work = run->view->idle != NULL;
            dirty = true;
            continue;
        }
        if (wait == WAIT_INPUT && terminal_is_gone())
            break;
        if (dirty)
            paint(run);
        dirty = false;
        if (run->failed)
            break;
        wait = work ? signals_look(wait_mask) : signals_wait(wait_mask);
        if (wait == WAIT_FAILED)
            break;
        if (wait == WAIT_NOTHING) {
            work = !view_too_small(run) && run->view->idle(run->state);
            dirty = true;
        }
    }
}

static void start_colors(struct screen_run *run)
{
    run->colors = session_style(run->session).color && has_colors() && start_color() == OK;
    if (!run->colors)
        return;
    use_default_colors();
    init_pair(1, COLOR_RED, -1);
    init_pair(2, COLOR_GREEN, -1);
    init_pair(3, COLOR_YELLOW, -1);
    init_pair(4, COLOR_CYAN, -1);
}

/* `Q`: the screen, without its bottom line, stays above the prompt.  It needs no pager, having filled the screen and no more. */
static bool leave_in_scrollback(struct screen_run *run, struct glmm_error *err)
{
    struct settings *settings = &run->session->settings;
    int pager = settings->pager;
    struct text text = { 0 };
    bool ok = true;

    if (run->keep && run->canvas.rows > 0) {
        view_clear_line(&run->canvas, run->rows - 1);
        while (run->canvas.rows > 0) {
            int row = run->canvas.rows - 1, column = 0;

            while (column < run->canvas.columns && canvas_is_blank(&run->canvas, row, column))
                column++;
            if (column < run->canvas.columns)
                break;
            run->canvas.rows--;
        }
        settings->pager = PAGER_OFF;
        ok = canvas_write(&run->canvas, run->colors, &text)
                 ? session_write(run->session, text_string(&text), text.length, run->colors, err)
                 : fail_memory(err);
        settings->pager = pager;
    }
    text_clear(&text);
    return ok;
}

/* Curses from its beginning to its end; no signal but a fatal one comes where it is at work.  It reads the rest of a mouse's
 * report, and the key behind a report that was not asked for, without a look: such a read must not wait, as Ctrl-C would with it.
 */
static bool run_screen(struct screen_run *run, const sigset_t *wait_mask, struct glmm_error *err)
{
    SCREEN *screen;
    FILE *input = terminal_input();

    if (input == NULL)
        return fail_memory(err);
    if (!hold_terminal() || (screen = newterm(NULL, stdout, input)) == NULL) {
        terminal_release();
        terminal_input_close(input);
        return fail(err, GLMM_E_STATE, NOWHERE, "this terminal cannot show a full screen");
    }
    cbreak();
    noecho();
    nonl();
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    mouseinterval(0);
    start_colors(run);
    terminal_keep_input();
    terminal_modes_are_set();
    signals_take_resize();
    signals_take_resume();
    take_size(run);
    run_loop(run, wait_mask);
    curs_set(1);
    mousemask(0, NULL);
    if (one_screen && move(LINES - 1, 0) == OK && clrtoeol() == OK)
        refresh();
    endwin();
    terminal_release();
    delscreen(screen);
    terminal_input_close(input);
    return !run->failed || fail_memory(err);
}

bool view_run(struct session *session, const struct view *view, void *state, struct glmm_error *err)
{
    struct screen_run run = { .session = session, .view = view, .state = state };
    sigset_t wait_mask;
    bool ok;

    progress_hide();
    fflush(stdout);
    set_escdelay(ESCAPE_WAIT);
    signals_block(&wait_mask);
    ok = run_screen(&run, &wait_mask, err);
    signals_unblock(&wait_mask);
    ok = ok && leave_in_scrollback(&run, err);
    canvas_clear(&run.canvas);
    return ok;
}
