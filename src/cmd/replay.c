/* replay.c -- runs a script; compares what it prints with a file. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/safe.h"
#include "lang/command.h"
#include "data/frame.h"
#include "data/source.h"
#include "session/history.h"
#include "session/output.h"

struct replay_options {
    bool step;
    const char *check;
    double tolerance; /* relative, of numbers; 0: the same bytes */
};

enum { STATUS_DIFFERS = 4 };

static bool is_readable(const char *path, struct glmm_error *err)
{
    return access(path, R_OK) == 0 || source_fail(path, errno, err);
}

/* The line that begins at `at`; false at the end. */
static bool take_line(const struct text *text, size_t *at, const char **line, int *length)
{
    const char *newline;

    if (*at >= text->length)
        return false;
    *line = text->data + *at;
    newline = memchr(*line, '\n', text->length - *at);
    *length = (int)(newline == NULL ? text->length - *at : (size_t)(newline - *line));
    *at += (size_t)*length + 1;
    return true;
}

/* One line of the comparison, made safe and cut to the width of a page, in whole characters and escapes. */
static void add_line(struct text *out, const char *line, int length, bool present)
{
    enum { PAGE = 60 };
    struct text safe = { 0 };
    size_t bytes = 0, step;
    int width = 0, columns;

    if (present)
        safe_add(&safe, line, (size_t)length, SAFE_WORDS);
    else
        text_add(&safe, "(no such line)");
    for (; bytes < safe.length; bytes += step, width += columns) {
        step = safe_step(safe.data + bytes, safe.length - bytes);
        columns = utf8_width_n(safe.data + bytes, step);
        if (width + columns > PAGE)
            break;
    }
    text_add_bytes(out, text_string(&safe), bytes);
    text_clear(&safe);
}

/* A number at the beginning of the text: its length, or 0.  A sign belongs to it only where none of a word stands before. */
static size_t number_length(const char *text, size_t left, double *value)
{
    size_t length = 0, exponent;

    if (length < left && (text[length] == '-' || text[length] == '+'))
        length++;
    if (length == left || text[length] < '0' || text[length] > '9')
        return 0;
    while (length < left && ((text[length] >= '0' && text[length] <= '9') || text[length] == '.'))
        length++;
    exponent = length;
    if (exponent < left && (text[exponent] == 'e' || text[exponent] == 'E')) {
        exponent++;
        if (exponent < left && (text[exponent] == '-' || text[exponent] == '+'))
            exponent++;
        if (exponent < left && text[exponent] >= '0' && text[exponent] <= '9') {
            while (exponent < left && text[exponent] >= '0' && text[exponent] <= '9')
                exponent++;
            length = exponent;
        }
    }
    return parse_number(text, length, value) ? length : 0;
}

static size_t skip_blanks(const char *text, size_t at, size_t length)
{
    while (at < length && text[at] == ' ')
        at++;
    return at;
}

/* The same text, whose numbers differ by no more than the tolerance; runs of blanks are as good as one another, since numbers of
 * another length move what stands behind them. */
static bool same_line(const char *a, int la, const char *b, int lb, double tolerance)
{
    size_t i = 0, j = 0, m = (size_t)la, n = (size_t)lb;
    bool word = false; /* behind a letter a digit is part of a name */

    if (la == lb && memcmp(a, b, m) == 0)
        return true;
    while (tolerance > 0) {
        size_t from = i, x_length, y_length;
        double x, y;

        i = skip_blanks(a, i, m);
        j = skip_blanks(b, j, n);
        if (i == m || j == n)
            return i == m && j == n;
        word = word && i == from;
        x_length = word ? 0 : number_length(a + i, m - i, &x);
        y_length = word ? 0 : number_length(b + j, n - j, &y);
        if (x_length > 0 && y_length > 0) {
            if (!(fabs(x - y) <= tolerance * fmax(fabs(x), fabs(y))))
                return false;
            i += x_length;
            j += y_length;
            continue;
        }
        if (a[i] != b[j])
            return false;
        word = (a[i] >= 'a' && a[i] <= 'z') || (a[i] >= 'A' && a[i] <= 'Z') || a[i] == '_' || (a[i] & 0x80) != 0
               || (word && a[i] >= '0' && a[i] <= '9');
        i++;
        j++;
    }
    return false;
}

/* Compares; the error shows the first line that differs. */
static bool compare(struct session *session, const struct text *wanted, const struct text *got, const char *path,
                    double tolerance, struct glmm_error *err)
{
    size_t at_wanted = 0, at_got = 0;
    const char *a = "", *b = "";
    struct text file = { 0 }, replay = { 0 };
    bool more_a, more_b;
    int la = 0, lb = 0;
    long line = 0;

    do {
        more_a = take_line(wanted, &at_wanted, &a, &la);
        more_b = take_line(got, &at_got, &b, &lb);
        line++;
    } while (more_a && more_b && same_line(a, la, b, lb, tolerance));
    if (!more_a && !more_b && (tolerance > 0 || wanted->length == got->length))
        return true;
    add_line(&file, a, la, more_a);
    add_line(&replay, b, lb, more_b);
    fail(err, GLMM_E_DATA, NOWHERE, "the replay differs from %.120s in line %ld:\n    file     %s\n    replay   %s", path, line,
         text_string(&file), text_string(&replay));
    text_clear(&file);
    text_clear(&replay);
    session->status = STATUS_DIFFERS;
    return false;
}

static bool show_same(struct session *session, const char *path, double tolerance, struct glmm_error *err)
{
    struct result *result = result_new("replay");

    result_string(result, "check", path);
    result_string(result, "verdict", "same");
    if (tolerance > 0)
        result_line(result, LINE_TEXT, "The replay gives the same text as %s, and its numbers to within %g of their size.", path,
                    tolerance);
    else
        result_line(result, LINE_TEXT, "The replay gives the same bytes as %s.", path);
    return session_emit(session, result, err);
}

/* Runs the script silently and compares its output. */
static bool check(struct session *session, const struct run_request *request, const char *path, double tolerance,
                  struct glmm_span at, struct glmm_error *err)
{
    struct text wanted = { 0 }, got = { 0 }, *outer;
    bool ok = path != NULL ? file_read(path, &wanted, err) : fail_memory(err);
    const char *expected;

    if (!ok)
        err->at = at;

    if (ok) {
        outer = session_capture(session, &got);
        expected = session_expect(session, text_string(&wanted));
        session->status = session->run(session, request);
        session_expect(session, expected);
        session_capture(session, outer);
        ok = session->status == 0 && compare(session, &wanted, &got, path, tolerance, err)
             && show_same(session, path, tolerance, err);
    }
    text_clear(&wanted);
    text_clear(&got);
    return ok;
}

static bool replay_run(struct session *session, const struct call *call, struct glmm_error *err)
{
    const struct replay_options *options = call->options;
    struct run_request request = { .kept = true, .step = options->step, .echo = options->step };

    if (call->word_count != 1)
        return fail(err, GLMM_E_USAGE, call->argument_at, "`replay` needs one script");
    if (options->step && !session->interactive)
        return fail(err, GLMM_E_USAGE, call->option_at[0], "`step` needs a person at a terminal");
    request.name = path_at_home(call->arena, call->words[0].text);
    if (request.name == NULL)
        return fail_memory(err);
    if (!word_blame(is_readable(request.name, err), &call->words[0], err))
        return false;
    if (record_is(session, request.name)) {
        fail(err, GLMM_E_FILE, call->words[0].at, "%s is being recorded", request.name);
        error_hint(err, "record off first");
        return false;
    }
    if (options->check != NULL)
        return check(session, &request, path_at_home(call->arena, options->check), options->tolerance, call->option_at[1], err);
    if (options->tolerance > 0)
        return fail(err, GLMM_E_USAGE, call->option_at[2], "`tol` is for what `check=OUT` compares");
    session->status = session->run(session, &request);
    return session->status == 0;
}

static const struct option replay_options[] = {
    { "step", OPTION_FLAG, offsetof(struct replay_options, step), .help = "show each command and wait for a key" },
    { "check", OPTION_FILE, offsetof(struct replay_options, check), .word = "OUT", .help = "compare the output with this file" },
    { "tol", OPTION_REAL, offsetof(struct replay_options, tolerance), .min = 0, .max = 1, .word = "T",
      .help = "with check: numbers may differ by this part of their size" },
    { .name = NULL },
};

static const enum complete replay_complete[] = { COMPLETE_FILE, COMPLETE_NOTHING };

static const struct example replay_examples[] = {
    { "record lesson.mix, new; load sleepstudy; record off; replay lesson.mix", "run a recorded script again" },
    { "record lesson.mix, new; set digits 6; record off; output lesson.out; replay lesson.mix; output off; replay lesson.mix, "
      "check=lesson.out",
      "the same script gives the same bytes" },
    { NULL, NULL },
};

const struct command command_replay = {
    .name = "replay",
    .usage = "replay FILE",
    .brief = "run a script",
    .help = "Runs the commands of a script in this session. With `step`, shows each command and waits: any key runs it, "
            "`q` leaves. With `check`, shows nothing but whether the output is, byte for byte, what the file has, or, with "
            "`tol=1e-6`, the same text with numbers that are as close as that; where it is not, the first line that differs, of "
            "both, and mixsh's exit status is 4.",
    .arguments = ARGUMENT_WORDS,
    .complete = replay_complete,
    .options = replay_options,
    .options_size = sizeof(struct replay_options),
    .examples = replay_examples,
    .flags = COMMAND_UNRECORDED | COMMAND_LONG,
    .run = replay_run,
};
