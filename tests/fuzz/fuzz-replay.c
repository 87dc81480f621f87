/* fuzz-replay.c -- any bytes as a script that is replayed, and as the output that it is checked against, divided by `%%`: what a
 * script says is done or refused, a check says whether it is the same, and nothing that a terminal would obey is shown.
 *
 * The first byte chooses: `r` replay, `s` source, `t` replay with a tolerance; else replay step by step, which needs a terminal.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver.h"
#include "script.h"

static const char *const seeds[] = {
    "rdescribe\n%%d: 4 rows, 2 variables\n",
    "tset seed 3\nfit y ~ x\n%%model m1\ny = 1.5000001 + 0.25 x\n1e400 NaN -Inf 0x1p3\n",
    "ssource r.mix\nrecord q.mix, replace\nhead 2\nrecord off\n%%",
    "rtry load nothing\nreplay q.mix, check=o.txt\noutput o.txt, replace\nhead\noutput off\n%%a\r\nb\n",
    "thead\n%%row  y  x\n  1  1  2\n  2  3  4\n",
    "r# a comment \\\nset digits 3; set format json\nhead 1\n%%{\"command\": \"head\", \"rows\": 1}\n",
    "r\xef\xbb\xbfhead\r\n%%\xff\xfe\x1b[2Jx\n",
    "pset digits 5\nrecord r.mix\n",
    "rquit\nhead\n%%",
    "sbegin\n\"open\nfit y ~ (x +\n%%",
    NULL
};

enum { STEPS = 60, LONGEST = 1500 };

const long fuzz_rounds = 1000;

const char *const *fuzz_seeds(void)
{
    return seeds;
}

/* Text in whole characters, and no control character but the line break and the tab. */
static void check_shown(const char *text, size_t length)
{
    check(utf8_invalid(text, length) < 0);
    for (size_t i = 0; i < length; i++)
        check((unsigned char)text[i] >= ' ' ? text[i] != 0x7f : strchr("\n\t\033", text[i]) != NULL && text[i] != '\0');
}

static void write_file(const char *path, const char *bytes, size_t count)
{
    FILE *file = fopen(path, "wb");

    check(file != NULL && fwrite(bytes, 1, count, file) == count);
    fclose(file);
}

static const char *command(char way)
{
    switch (way) {
    case 'r':
        return "replay r.mix, check=o.txt\nreplay r.mix\n";
    case 's':
        return "source r.mix\nhistory\n";
    case 't':
        return "replay r.mix, check=o.txt tol=1e-3\n";
    default:
        return "replay r.mix, step\n";
    }
}

static void try_scripts(const char *commands)
{
    struct text all = { 0 };
    struct session *session = script_session(&all);

    session->screen.terminal = true; /* for a program, formats give the bytes that the data have */
    script_run(session, "load t.csv as t", STEPS);
    script_run(session, commands, STEPS);
    check_shown(text_string(&all), all.length);
    session_free(session);
    text_clear(&all);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *told, *bytes = (const char *)data + 1, *end;
    size_t length, part;

    if (size < 1 || size > LONGEST || memchr(data, '/', size) != NULL)
        return 0; /* no path out of the folder */
    end = memmem(bytes, size - 1, "%%", 2);
    part = end == NULL ? size - 1 : (size_t)(end - bytes);
    write_file("t.csv", "y,x\n1,2\n3,4\n2,2.5\n5,6\n", 23);
    write_file("r.mix", bytes, part);
    write_file("o.txt", end == NULL ? "" : end + 2, end == NULL ? 0 : size - 1 - part - 2);
    told_begin();
    try_scripts(command((char)data[0]));
    told = told_end(&length);
    check_shown(told, length);
    return 0;
}
