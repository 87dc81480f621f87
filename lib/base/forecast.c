/* forecast.c -- see forecast.h: Linux tells in /proc and in the group's folder; elsewhere nothing is known, and nothing refused.
 */
#include "base/forecast.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/memory.h"

enum { WORTH = 64 << 20 }; /* bytes: what is less is not asked about */

static const double RATE = 2e10;    /* multiplications of a second that one processor does in blocks, right to a factor of 3 */
static const double PATIENCE = 120; /* seconds: of what is shorter nothing is said */

/* The beginning of a small file; empty where it cannot be read. */
static void read_file(const char *path, char *text, size_t size)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = file < 0 ? 0 : read(file, text, size - 1);

    text[length > 0 ? length : 0] = '\0';
    if (file >= 0)
        close(file);
}

static double of_the_machine(void)
{
    static const char name[] = "MemAvailable:";
    char text[1024];
    const char *at;

    read_file("/proc/meminfo", text, sizeof text);
    at = strstr(text, name);
    return at == NULL ? (double)INFINITY : 1024.0 * strtod(at + sizeof name - 1, NULL);
}

static double of_the_group(void)
{
    char most[64], used[64];

    read_file("/sys/fs/cgroup/memory.max", most, sizeof most);
    read_file("/sys/fs/cgroup/memory.current", used, sizeof used);
    if (most[0] < '0' || most[0] > '9') /* "max", or no such file */
        return (double)INFINITY;
    return fmax(0.0, strtod(most, NULL) - strtod(used, NULL));
}

/* The address space that `ulimit -v` leaves. */
static double of_the_process(void)
{
    struct rlimit limit;
    char text[128];

    if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return (double)INFINITY;
    read_file("/proc/self/statm", text, sizeof text);
    return fmax(0.0, (double)limit.rlim_cur - strtod(text, NULL) * (double)sysconf(_SC_PAGESIZE));
}

double memory_free(void)
{
    struct mem_hook hook = mem_hook_get();

    if (hook.available != NULL)
        return hook.available(hook.context);
    return fmin(of_the_machine(), fmin(of_the_group(), of_the_process()));
}

struct bytes_text bytes_in_words(double bytes)
{
    static const char *const units[] = { "kB", "MB", "GB", "TB" };
    struct bytes_text words;
    double value = bytes / 1e3;
    int unit = 0;

    while (value >= 999.5 && unit < 3) {
        value /= 1e3;
        unit++;
    }
    snprintf(words.text, sizeof words.text, "%.*f %s", value < 9.95 ? 1 : 0, fmin(value, 99999.0), units[unit]);
    return words;
}

bool forecast(double bytes, const char *advice, const struct glmm_progress *progress, struct glmm_error *err)
{
    double left;
    char note[512];

    if (bytes < WORTH || bytes <= 0.5 * (left = memory_free()))
        return true;
    if (bytes > left) {
        fail(err, GLMM_E_MEMORY, NOWHERE, "this needs %s of memory, and %s are free", bytes_in_words(bytes).text,
             bytes_in_words(left).text);
        if (advice != NULL)
            error_hint(err, "%s", advice);
        return false;
    }
    snprintf(note, sizeof note, "this takes %s of the %s of memory that are free%s%s", bytes_in_words(bytes).text,
             bytes_in_words(left).text, advice == NULL ? "" : "; ", advice == NULL ? "" : advice);
    progress_note(progress, note);
    return true;
}

void forecast_time(double multiplications, double times, const char *advice, const struct glmm_progress *progress)
{
    double seconds = multiplications * times / RATE, hours = seconds / 3600.0, count;
    const char *unit = hours < 1.5 ? "minutes" : hours < 36.0 ? "hours" : "days";
    char note[512];

    if (!(seconds >= PATIENCE))
        return;
    count = hours < 1.5 ? seconds / 60.0 : hours < 36.0 ? hours : hours / 24.0;
    snprintf(note, sizeof note, "this may take some %.0f %s (%.1e multiplications an evaluation)%s%s", count, unit,
             multiplications, advice == NULL ? "" : "; ", advice == NULL ? "" : advice);
    progress_note(progress, note);
}
