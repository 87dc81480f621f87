/* axis.c -- see axis.h.
 *
 * The axis ends where the values end, and no tick stands beyond them.  For each round step, from fine to coarse, the number of
 * cells in a tick interval is made as large as the room allows; the first step with three to six ticks whose labels do not touch
 * wins, then the first with two, then one.  Where the cells are to be filled, the step that uses most of them wins among those
 * that meet the same demand. */
#include "render/axis.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    STEPS = 20,     /* five decades of steps */
    PLAIN_MOST = 8, /* a longer label is written as a power of ten, where that is shorter */
    DIGITS = 6      /* of a single value */
};

static const double LARGEST = 1e300;   /* so that no difference overflows */
static const double SMALLEST = 1e-290; /* below, a size has no digits */
static const double FUZZ = 1e-9;       /* of a step: a value that rounding put beside a tick is on it */
static const double NO_WIDTH = 1e-10;  /* of a value's size: a range that is rounding */
static const double OFF_UNIT = 1e-6;   /* of a unit: a step that is not of whole units */

/* What is demanded of a step, one after the other for all steps: so many ticks, so many blanks between labels that stand side by
 * side; fours and eights only where ticks must fall on units, or nothing else has room. */
static const struct demand {
    int ticks, spare;
    bool fours;
} demands[] = {
    { 3, 2, false }, { 3, 1, false }, { 2, 2, false }, { 2, 1, false }, { 2, 1, true }, { 1, 1, true },
};

enum { DEMANDS = sizeof demands / sizeof demands[0] };

/* Gives a single value some room, so that the cells have a size. */
static void widen_value(double *low, double *high)
{
    double size = fmax(fabs(*low), fabs(*high));

    if (size < SMALLEST) {
        *low = -1;
        *high = 1;
    } else if (*high - *low <= size * NO_WIDTH) {
        *low -= size * 0.1;
        *high += size * 0.1;
    }
}

/* --- labels ------------------------------------------------------------------------------------- */

/* "1.2e6", "-4e-7", "0": shorter than what tables write. */
static void write_power(char label[NUMBER_SIZE], double tick, int digits)
{
    int power = tick == 0 ? 0 : (int)floor(log10(fabs(tick)) + FUZZ);
    char mantissa[NUMBER_SIZE];

    number_text(mantissa, tick / pow(10, power), digits);
    snprintf(label, NUMBER_SIZE, power == 0 ? "%s" : "%se%d", mantissa, power);
}

/* Writes the labels of the ticks `from`, `from` + 1 ... times the step, with the fewest digits that tell them apart; in powers of
 * ten where that is asked for. */
static void write_labels(struct axis *axis, double step, double from, bool powers)
{
    double largest = fmax(fabs(from), fabs(from + axis->tick_count - 1)) * step;
    int decimals = (int)fmax(0, ceil(-log10(step) - FUZZ));
    int digits = largest > 0 ? (int)(floor(log10(largest) + FUZZ) - floor(log10(step) + FUZZ)) + 1 : 1;

    axis->label_width = 0;
    for (int i = 0; i < axis->tick_count; i++) {
        double tick = (from + i) * step;

        axis->tick_cell[i] = (int)fmax(0, fmin(axis_cell(axis, tick), axis->cells - 1));
        if (powers)
            write_power(axis->tick_label[i], tick, digits);
        else
            number_fixed(axis->tick_label[i], tick, decimals);
        if ((int)strlen(axis->tick_label[i]) > axis->label_width)
            axis->label_width = (int)strlen(axis->tick_label[i]);
    }
}

/* Whether the labels have room: side by side, or above each other. */
static bool have_room(const struct axis *axis, const struct axis_wish *wish, int spare)
{
    if (axis->tick_count == 1)
        return !wish->across || axis->label_width <= axis->cells;
    return axis->interval >= (wish->across ? axis->label_width + spare : wish->cells >= 8 ? 2 : 1);
}

/* The labels in full where these are short or have room, else in powers of ten where that is shorter; false where neither has. */
static bool choose_labels(struct axis *axis, const struct axis_wish *wish, double step, double from, int spare)
{
    int full;

    write_labels(axis, step, from, false);
    full = axis->label_width;
    if (full <= PLAIN_MOST && have_room(axis, wish, spare))
        return true;
    write_labels(axis, step, from, true);
    if (axis->label_width >= full)
        write_labels(axis, step, from, false);
    return have_room(axis, wish, spare);
}

/* --- steps ---------------------------------------------------------------------------------------- */

/* The values, and the range that the cells share: the same but for a single value. */
struct extent {
    double low, high;
    double least, most; /* ticks lie between these */
};

/* The first of the ticks inside the extent, as a multiple of the step; how many. */
static double ticks_inside(const struct extent *e, double step, double *from)
{
    *from = ceil(e->least / step - FUZZ);
    return floor(e->most / step + FUZZ) - *from + 1;
}

/* Lays the range out with this step; false where it has too few or too many ticks or they do not fit. */
static bool try_step(struct axis *axis, const struct axis_wish *wish, const struct extent *e, double step,
                     const struct demand *demand)
{
    double parts = wish->unit > 0 ? round(step / wish->unit) : 1, interval, last = 0, from, count = ticks_inside(e, step, &from);

    if (count > AXIS_TICKS || count < demand->ticks
        || (wish->unit > 0 && (parts < 1 || fabs(step / wish->unit - parts) > OFF_UNIT)))
        return false;
    interval = floor((wish->cells - 1) * (step / (e->high - e->low)) / parts + FUZZ) * parts;
    if (count > 1)
        interval = fmin(interval, (wish->cells - 1) / parts >= 1 ? floor((wish->cells - 1) / parts) * parts : 0);
    for (; interval >= 1; interval -= parts) {
        axis->size = step / interval;
        axis->first = floor(e->low / axis->size + 0.5);
        last = floor(e->high / axis->size + 0.5);
        if (last - axis->first + 1 <= wish->cells)
            break;
    }
    if (interval < 1)
        return false;
    axis->interval = (int)interval;
    axis->cells = (int)(last - axis->first) + 1;
    axis->tick_count = (int)count;
    return choose_labels(axis, wish, step, from, demand->spare);
}

/* Uses every cell, with ticks in the cells nearest to them: for the few rows of a small panel, where whole intervals would
 * leave half of the rows empty. */
static bool try_loose(struct axis *axis, const struct axis_wish *wish, const struct extent *e, double step,
                      const struct demand *demand)
{
    double from, count = ticks_inside(e, step, &from);

    /* NOLINTNEXTLINE(bugprone-integer-division): whole cells are meant */
    if (count < (demand->ticks < 2 ? demand->ticks : 2) || count > (wish->cells + 1) / 2)
        return false;
    axis->cells = wish->cells;
    axis->size = (e->high - e->low) / (axis->cells - 1);
    axis->first = e->low / axis->size;
    axis->tick_count = (int)count;
    axis->interval = 2;
    return choose_labels(axis, wish, step, from, demand->spare);
}

/* No round number has room: a single value is named as it is, and anything else has no ticks. */
static void without_steps(struct axis *axis, const struct axis_wish *wish, const struct extent *e)
{
    axis->interval = 1;
    axis->cells = wish->cells > 1 ? wish->cells : 2;
    axis->size = (e->high - e->low) / (axis->cells - 1);
    axis->first = e->low / axis->size;
    axis->tick_count = e->most - e->least <= (e->high - e->low) * FUZZ;
    axis->label_width = 0;
    if (axis->tick_count == 0)
        return;
    number_text(axis->tick_label[0], e->least, DIGITS);
    axis->tick_cell[0] = axis_cell(axis, e->least);
    axis->label_width = (int)strlen(axis->tick_label[0]);
    if (wish->across && axis->label_width > axis->cells)
        axis->tick_count = 0;
}

void axis_choose(struct axis *axis, const struct axis_wish *wish)
{
    static const double steps[] = { 1, 2, 4, 5 };
    bool none = !isfinite(wish->low) || !isfinite(wish->high) || wish->low > wish->high, small = !wish->across && wish->cells < 8;
    double low = none ? 0 : fmax(fmin(wish->low, LARGEST), -LARGEST), high = none ? 1 : fmax(fmin(wish->high, LARGEST), -LARGEST);
    struct extent e = { low, high, low, high };
    struct axis best = { 0 };
    int last = DEMANDS * STEPS; /* where the search ends: with the demand that was met first */
    double power;

    memset(axis, 0, sizeof *axis);
    widen_value(&e.low, &e.high);
    if (!none && high <= low && wish->unit <= 0) {
        without_steps(axis, wish, &e);
        return;
    }
    power = floor(log10((e.high - e.low) / 10)) - 1;
    for (int i = 0; i < last; i++) {
        /* NOLINTNEXTLINE(bugprone-integer-division): a whole power is meant */
        double step = steps[i % 4] * pow(10, power + i % STEPS / 4);
        const struct demand *demand = &demands[i / STEPS];

        if ((i % 4 == 2 && wish->unit <= 0 && !demand->fours) || step < wish->least * (1 - FUZZ))
            continue;
        if (!(small ? try_loose(axis, wish, &e, step, demand) : try_step(axis, wish, &e, step, demand)))
            continue;
        if (!wish->fill)
            return;
        if (axis->cells > best.cells)
            best = *axis;
        last = (i / STEPS + 1) * STEPS;
    }
    if (best.cells > 0)
        *axis = best;
    else
        without_steps(axis, wish, &e);
}

double axis_place(const struct axis *axis, double value)
{
    double place = value / axis->size - axis->first;

    return fmax(fmin(place, 1e9), -1e9);
}

int axis_cell(const struct axis *axis, double value)
{
    double place = floor(value / axis->size - axis->first + 0.5 + FUZZ);

    if (place < 0)
        return -1;
    return place >= axis->cells ? axis->cells : (int)place;
}
