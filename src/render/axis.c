/* axis.c -- see axis.h.
 *
 * For each round step, from fine to coarse, the number of cells in a tick interval is made as large as the room allows; the
 * first step with three to six ticks whose labels do not touch wins.  The range is widened to ticks where that costs little,
 * and further only where nothing else gives enough ticks.  Where the cells are to be filled, the step that uses most of them wins
 * among those that meet the same demand. */
#include "render/axis.h"

#include <math.h>
#include <string.h>

enum {
    SPARE = 2,                          /* blanks between labels that stand side by side */
    STEPS = 16                          /* four decades of steps */
};

static const double LARGEST = 1e300, SMALLEST = 1e-290, FUZZ = 1e-9;

/* Bounds the range, so that no difference overflows, and gives a single value some room. */
static void sane_range(double *low, double *high)
{
    double size;

    if (!isfinite(*low) || !isfinite(*high) || *low > *high) {
        *low = 0;
        *high = 1;
        return;
    }
    *low = fmax(fmin(*low, LARGEST), -LARGEST);
    *high = fmax(fmin(*high, LARGEST), -LARGEST);
    size = fmax(fabs(*low), fabs(*high));
    if (size < SMALLEST) {
        *low = -1;
        *high = 1;
    } else if (*high - *low <= size * 1e-10) {
        *low -= size * 0.1;
        *high += size * 0.1;
    }
}

/* True where the labels of the ticks fit, with the fewest decimals that tell them apart; fills them in. */
static void write_labels(struct axis *axis, double step)
{
    double first = ceil(axis->first / axis->interval - FUZZ), largest = 0, tick;
    int decimals = (int)fmax(0, ceil(-log10(step) - FUZZ)), plain = 0, short_ = 0, digits;
    char buffer[NUMBER_SIZE];
    bool exponents;

    for (int i = 0; i < axis->tick_count; i++)
        largest = fmax(largest, fabs((first + i) * step));
    digits = largest > 0 ? (int)floor(log10(largest / step) + FUZZ) + 1 : 1;
    for (int i = 0; i < axis->tick_count; i++) {
        tick = (first + i) * step;
        plain = (int)fmax(plain, (double)strlen(number_fixed(buffer, tick, decimals)));
        short_ = (int)fmax(short_, (double)strlen(number_text(buffer, tick, digits)));
    }
    exponents = decimals > 15 || largest >= 1e15 || (plain > 8 && short_ < plain);
    axis->label_width = 0;
    for (int i = 0; i < axis->tick_count; i++) {
        tick = (first + i) * step;
        axis->tick_cell[i] = (int)((first + i) * axis->interval - axis->first);
        if (exponents)
            number_text(axis->tick_label[i], tick, digits);
        else
            number_fixed(axis->tick_label[i], tick, decimals);
        if ((int)strlen(axis->tick_label[i]) > axis->label_width)
            axis->label_width = (int)strlen(axis->tick_label[i]);
    }
}

/* Lays the range out with this step; false where it has too many ticks or they do not fit. */
static bool try_step(struct axis *axis, const struct axis_wish *wish, double low, double high, double step)
{
    double parts = wish->unit > 0 ? round(step / wish->unit) : 1, interval, count, last = 0;

    if (wish->unit > 0 && (parts < 1 || fabs(step / wish->unit - parts) > 1e-6))
        return false;
    interval = floor((wish->cells - 1) * (step / (high - low)) / parts + FUZZ) * parts;
    interval = fmin(interval, (wish->cells - 1) / parts >= 1 ? floor((wish->cells - 1) / parts) * parts : 0);
    for (; interval >= 1; interval -= parts) {
        axis->size = step / interval;
        axis->first = floor(low / axis->size + 0.5);
        last = floor(high / axis->size + 0.5);
        if (last - axis->first + 1 <= wish->cells)
            break;
    }
    if (interval < 1)
        return false;
    count = floor(last / interval + FUZZ) - ceil(axis->first / interval - FUZZ) + 1;
    if (count > AXIS_TICKS || count < 1)
        return false;
    axis->interval = (int)interval;
    axis->cells = (int)(last - axis->first) + 1;
    axis->tick_count = (int)count;
    write_labels(axis, step);
    return axis->interval >= (wish->across ? axis->label_width + SPARE : wish->cells >= 8 ? 2 : 1) || axis->tick_count == 1;
}

/* How much a step may widen the range to its ticks, and how many ticks it must have: tried one after the other for all steps. */
static const struct demand {
    double widening;            /* 1: the range stays as it is */
    int ticks;
} demands[] = {
    { 1.25, 3 }, { 1, 3 }, { 2, 3 }, { 1, 2 }, { HUGE_VAL, 2 },
};

enum { DEMANDS = sizeof demands / sizeof demands[0] };

static bool try_demand(struct axis *axis, const struct axis_wish *wish, double low, double high, double step,
                       const struct demand *demand)
{
    double below = floor(low / step + FUZZ) * step, above = ceil(high / step - FUZZ) * step;

    if (demand->widening > 1) {
        above = above <= below ? below + step : above;
        if (above - below > demand->widening * (high - low))
            return false;
        low = below;
        high = above;
    }
    return try_step(axis, wish, low, high, step) && axis->tick_count >= demand->ticks;
}

/* Uses every cell, with ticks in the cells nearest to them: for the few rows of a small panel, where whole intervals would
 * leave half of the rows empty. */
static bool try_loose(struct axis *axis, const struct axis_wish *wish, double low, double high, double step)
{
    double first = ceil(low / step - FUZZ), count = floor(high / step + FUZZ) - first + 1;

    /* NOLINTNEXTLINE(bugprone-integer-division): whole cells are meant */
    if (count < 2 || count > (wish->cells + 1) / 2)
        return false;
    axis->cells = wish->cells;
    axis->size = (high - low) / (axis->cells - 1);
    axis->first = low / axis->size;
    axis->tick_count = (int)count;
    axis->interval = 1;
    axis->first = ceil(first - FUZZ);           /* for the labels, which count in ticks */
    write_labels(axis, step);
    axis->first = low / axis->size;
    for (int i = 0; i < axis->tick_count; i++)
        axis->tick_cell[i] = axis_cell(axis, (first + i) * step);
    return true;
}

void axis_choose(struct axis *axis, const struct axis_wish *wish)
{
    static const double steps[] = { 1, 2, 4, 5 };
    double low = wish->low, high = wish->high, power;
    bool small = !wish->across && wish->cells < 8;
    struct axis best = { 0 };
    int last = DEMANDS * STEPS;                 /* where the search ends: with the demand that was met first */

    memset(axis, 0, sizeof *axis);
    sane_range(&low, &high);
    power = floor(log10((high - low) / 10));
    for (int i = 0; i < last; i++) {
        /* NOLINTNEXTLINE(bugprone-integer-division): a whole power is meant */
        double step = steps[i % 4] * pow(10, power + i % STEPS / 4);

        if ((i % 4 == 2 && wish->unit <= 0) || step < wish->least * (1 - FUZZ)) /* fours only where ticks must fall on units */
            continue;
        if (!(small ? try_loose(axis, wish, low, high, step) : try_demand(axis, wish, low, high, step, &demands[i / STEPS])))
            continue;
        if (!wish->fill)
            return;
        if (axis->cells > best.cells)
            best = *axis;
        last = (i < STEPS ? 2 : i / STEPS + 1) * STEPS;  /* the range as it is may use more cells than one widened to ticks */
    }
    if (best.cells > 0) {
        *axis = best;
        return;
    }
    /* No room for labels at all: one cell after the other, without ticks. */
    axis->interval = 1;
    axis->cells = wish->cells > 1 ? wish->cells : 2;
    axis->size = (high - low) / (axis->cells - 1);
    axis->first = low / axis->size;
    axis->tick_count = 0;
    axis->label_width = 0;
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

void range_extend(double *low, double *high, const double *x, size_t count)
{
    for (size_t i = 0; x != NULL && i < count; i++) {
        if (!isfinite(x[i]))
            continue;
        *low = fmin(*low, x[i]);
        *high = fmax(*high, x[i]);
    }
}
