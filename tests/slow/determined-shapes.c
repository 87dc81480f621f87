/* determined-shapes.c -- see the header. */
#include "determined-shapes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct fixed_shape fixed_shapes[] = {
    { "a*b", "1 a b ab", "ab" },
    { "a:b", "1 ab", "ab" },
    { "0 + a:b", "ab", "ab" },
    { "a/b", "1 a ab", "ab" },
    { "a + b", "1 a b", "ab" },
    { "0 + a + b", "a b", "ab" },
    { "a*b*c", "1 a b c ab ac bc abc", "abc" },
    { "a*b + c", "1 a b c ab", "abc" },
    { "(a + b + c)^2", "1 a b c ab ac bc", "abc" },
    { "a + t", "1 a t", "at" },
    { "a*x", "1 a x ax", "ax" },
    { "a + a:x", "1 a ax", "ax" },
    { "a:x", "1 ax", "ax" },
    { "x + I(x^2) + a", "1 x xx a", "ax" },
    { "poly(x, 2) + a", "1 x xx a", "ax" },
    { "a*b + x", "1 a b x ab", "abx" },
    { "x", "1 x", "x" },
    { "a", "1 a", "a" },
};

static const struct random_shape random_shapes[] = {
    { "", "", false },
    { " + (1 | g)", "1|g", false },
    { " + (1 | g)", "1|g", false },
    { " + (1 | g) + (1 | h)", "1|g 1|h", false },
    { " + (1 | g) + (1 | g:o)", "1|g 1|go", false },
    { " + (1 | g) + (1 | k)", "1|g 1|k", false },
    { " + (1 | a)", "1|a", false },
    { " + (1 | t)", "1|t", false },
    { " + (1 | g) + (1 | t)", "1|g 1|t", false },
    { " + (1 | g) + (0 + s | g)", "1|g s|g", false },
    { " + (1 + s | g)", "1s|g", false },
    { " + (x | g)", "1x|g", false },
    { " + (x | g) + (1 | h)", "1x|g 1|h", false },
    { " + (f | g)", "1f|g", false },
    { " + (0 + f | g)", "f|g", false },
    { " + (1 | s) + (1 | g)", "1|s 1|g", false },
    { " + diag(0 + f | g)", "f|g", true },
    { " + (1 | g) + diag(0 + f | g)", "1|g f|g", true },
    { " + (x || g)", "1|g x|g", false },
};
enum { FIXED_SHAPES = sizeof fixed_shapes / sizeof *fixed_shapes, RANDOM_SHAPES = sizeof random_shapes / sizeof *random_shapes };

/* --- tables ------------------------------------------------------------------------------------- */

/* Renumbers levels so that each that is left occurs, in their order. */
static void levels_close(struct table_of *t, char letter)
{
    int *v = t->value[letter - 'a'], next = 0, number[MOST_ROWS] = { 0 };

    for (int l = 0; l < MOST_ROWS; l++) {
        bool seen = false;

        for (int i = 0; i < t->n; i++)
            seen = seen || v[i] == l;
        number[l] = next;
        next += seen;
    }
    for (int i = 0; i < t->n; i++)
        v[i] = number[v[i]];
    t->levels[letter - 'a'] = next;
}

/* a, b, c on the cells that are there; x of few values, in some tables the same for all of a level of a. */
static void fill_predictors(struct table_of *t, struct rng *rng)
{
    int la = 2 + (int)rng_below(rng, 2), lb = 2 + (int)rng_below(rng, 2), lc = 2, lx = 2 + (int)rng_below(rng, 3);
    bool there[3][3][2], of_a = rng_below(rng, 4) == 0;
    uint32_t sparse = rng_below(rng, 3);

    for (int l = 0; l < 18; l++)
        there[l / 6][l / 2 % 3][l % 2] = rng_below(rng, 10) >= 2 * sparse;
    for (int i = 0; i < t->n; i++) {
        int a = 0, b = 0, c = 0, tries = 0;

        do {
            a = (int)rng_below(rng, (uint32_t)la);
            b = (int)rng_below(rng, (uint32_t)lb);
            c = (int)rng_below(rng, (uint32_t)lc);
        } while (!there[a][b][c] && tries++ < 50);
        t->value['a' - 'a'][i] = a;
        t->value['b' - 'a'][i] = b;
        t->value['c' - 'a'][i] = c;
        t->value['x' - 'a'][i] = of_a && a > 0 ? a : (int)rng_below(rng, (uint32_t)lx);
    }
}

/* g crossed with all, h the same groups by other names, k crossed, s constant in g, f as well, or not; t within a. */
static void fill_groups(struct table_of *t, struct rng *rng)
{
    int lg = 4 + (int)rng_below(rng, 4), lk = 3 + (int)rng_below(rng, 3), wide = 1 + (int)rng_below(rng, 3);
    uint32_t once = rng_below(rng, 3);

    for (int i = 0; i < t->n; i++) {
        int g = i % lg;

        t->value['g' - 'a'][i] = g;
        t->value['h' - 'a'][i] = lg - 1 - g;
        t->value['k' - 'a'][i] = (int)rng_below(rng, (uint32_t)lk);
        t->value['o' - 'a'][i] = 0;
        t->value['s' - 'a'][i] = g % 2;
        t->value['f' - 'a'][i] = once == 0   ? g % 3
                                 : once == 1 ? (g < 2 ? (int)rng_below(rng, 2) : g % 2)
                                             : (int)rng_below(rng, 2);
        t->value['t' - 'a'][i] = t->value[0][i] * wide + (wide > 1 ? (int)rng_below(rng, (uint32_t)wide) : 0);
    }
    for (const char *letter = "abcfghkost"; *letter != '\0'; letter++)
        levels_close(t, *letter);
}

static int draw_count(struct rng *rng, double mean)
{
    int count = 0;

    for (double product = rng_uniform(rng); product > exp(-mean) && count < 60; product *= rng_uniform(rng))
        count++;
    return count;
}

/* A response; `end` is -1 or 1 where the row is to have none, or all, of it. */
static double draw_response(struct made *made, struct rng *rng, int i, double eta, int end)
{
    double p = 1 / (1 + exp(-eta));
    int trials = made->table.trials[i], count = 0;

    switch (made->family) {
    case MADE_GAUSSIAN:
        return floor(100 * (eta + rng_normal(rng))) / 100;
    case MADE_GAMMA:
        return exp(0.5 * eta) * (0.2 - log(rng_uniform(rng)));
    case MADE_ORDERED: {
        double latent = eta + log(1 / rng_uniform(rng) - 1);

        return end < 0 ? 1 : end > 0 ? made->categories : 1 + (latent > -0.5) + (made->categories > 2 && latent > 0.7);
    }
    case MADE_POISSON:
        return end < 0 ? 0 : draw_count(rng, exp(0.7 + 0.5 * eta));
    case MADE_NBINOM:
        return end < 0 ? 0 : draw_count(rng, exp(0.9 + 0.5 * eta) * -log(rng_uniform(rng)));
    default:
        for (int j = 0; j < trials; j++)
            count += rng_uniform(rng) < p;
        return end < 0 ? 0 : end > 0 ? trials : count;
    }
}

/* Categories that nobody chose are none. */
static void close_categories(struct made *made)
{
    struct table_of *t = &made->table;
    int number[4] = { 0 }, next = 0;

    for (int k = 1; k <= 3; k++) {
        for (int i = 0; i < t->n && number[k] == 0; i++)
            if ((int)t->y[i] == k)
                number[k] = ++next;
    }
    for (int i = 0; i < t->n; i++)
        t->y[i] = number[(int)t->y[i]];
    made->categories = next;
}

static void fill_response(struct made *made, struct rng *rng)
{
    struct table_of *t = &made->table;
    double of[LETTERS][MOST_ROWS];
    uint32_t kind = rng_below(rng, 5); /* 0, 1: all sound; 2: a cell at an end; 3: a level; 4: two of them, and a group */
    int a = (int)rng_below(rng, 3), b = (int)rng_below(rng, 3), g = (int)rng_below(rng, 4), end = rng_below(rng, 2) > 0 ? 1 : -1;

    for (int l = 0; l < LETTERS; l++)
        for (int j = 0; j < MOST_ROWS; j++)
            of[l][j] = 0.7 * rng_normal(rng);
    t->has_trials = made->family == MADE_TRIALS;
    for (int i = 0; i < t->n; i++) {
        double eta = 0.3 * (t->value['x' - 'a'][i] - 1);
        int at = 0;

        for (const char *letter = "abgkt"; *letter != '\0'; letter++)
            eta += of[*letter - 'a'][t->value[*letter - 'a'][i]];
        if (kind >= 2 && t->value[0][i] == a && (kind == 3 || t->value[1][i] == b))
            at = end;
        if (kind == 4 && (t->value[1][i] == (b + 1) % 3 || t->value['g' - 'a'][i] == g))
            at = t->value['g' - 'a'][i] == g ? end : -end;
        t->trials[i] = t->has_trials ? 1 + (int)rng_below(rng, 4) : 1;
        t->y[i] = draw_response(made, rng, i, eta, at);
    }
    if (made->family == MADE_ORDERED)
        close_categories(made);
}

/* Some are 0, but no level is without a row that counts: it would be no level of the model. */
static void fill_weights(struct table_of *t, struct rng *rng)
{
    for (int i = 0; i < t->n; i++)
        t->weight[i] = t->has_weights ? (int)rng_below(rng, 4) : 1;
    for (int i = 0; i < t->n; i++)
        for (const char *letter = "abcfghkst"; *letter != '\0'; letter++) {
            bool counts = false;

            for (int j = 0; j < t->n; j++)
                counts = counts || (t->weight[j] > 0 && t->value[*letter - 'a'][j] == t->value[*letter - 'a'][i]);
            t->weight[i] = counts ? t->weight[i] : 2;
        }
}

void make_model(int number, struct made *made)
{
    static const int sizes[] = { 12, 16, 24, 32, 48 };
    struct rng rng;

    rng_init(&rng, 8, (uint64_t)number);
    *made = (struct made){ .number = number };
    made->fixed = &fixed_shapes[number % FIXED_SHAPES];
    made->random = &random_shapes[rng_below(&rng, RANDOM_SHAPES)];
    made->family = rng_below(&rng, 5) < 2 ? MADE_GAUSSIAN : (enum made_family)rng_below(&rng, MADE_FAMILIES);
    made->contrasts = (enum made_contrasts)rng_below(&rng, 3);
    made->ml = rng_below(&rng, 4) == 0;
    made->categories = 3;
    if (made->family == MADE_ORDERED && made->fixed->terms[0] != '1')
        made->family = MADE_BINARY;
    made->table.n = sizes[rng_below(&rng, 5)];
    fill_predictors(&made->table, &rng);
    fill_groups(&made->table, &rng);
    fill_response(made, &rng);
    made->table.has_weights = made->family != MADE_BINARY && made->family != MADE_ORDERED && rng_below(&rng, 5) == 0;
    fill_weights(&made->table, &rng);
    snprintf(made->formula, sizeof made->formula, "%s ~ %s%s", made->table.has_trials ? "cbind(y, n - y)" : "y",
             made->fixed->text, made->random->text);
}

/* --- columns ------------------------------------------------------------------------------------ */

struct place place_of_row(const struct table_of *table, int i)
{
    struct place place = { .x_den = 1 };

    for (int l = 0; l < LETTERS; l++)
        place.level[l] = table->value[l][i];
    place.x_num = table->value['x' - 'a'][i];
    return place;
}

/* x to the power that the term has, times den^2. */
static whole term_number(const char *term, size_t length, const struct place *place)
{
    whole out = (whole)place->x_den * place->x_den;

    for (size_t j = 0; j < length; j++)
        if (term[j] == 'x')
            out = out / place->x_den * place->x_num;
    return out;
}

static size_t term_length(const char *term)
{
    return strcspn(term, " |");
}

int place_columns(const struct made *made, const struct place *place, whole out[MOST_COLUMNS])
{
    int count = 0;

    for (const char *term = made->fixed->terms; *term != '\0'; term += term_length(term), term += *term == ' ') {
        size_t length = term_length(term);
        int cells = 1, mine = 0;

        for (size_t j = 0; j < length; j++)
            if (term[j] != '1' && term[j] != 'x') {
                mine = mine * made->table.levels[term[j] - 'a'] + place->level[term[j] - 'a'];
                cells *= made->table.levels[term[j] - 'a'];
            }
        for (int l = 0; l < cells; l++)
            out[count++] = l == mine ? term_number(term, length, place) : 0;
    }
    return count;
}

/* The row of the contrasts' matrix, of `levels` - 1 columns. */
static int contrast_row(enum made_contrasts kind, int levels, int level, whole out[])
{
    for (int j = 1; j < levels; j++)
        out[j - 1] = kind == MADE_TREATMENT ? level == j
                     : kind == MADE_SUM     ? (level == levels - 1 ? -1 : level == j - 1)
                     : level < j            ? -1
                     : level == j           ? j
                                            : 0;
    return levels - 1;
}

/* Whether the term without this letter is in the model, so that the letter's contrasts are enough. */
static bool margin_there(const struct made *made, const char *term, size_t length, size_t letter)
{
    char margin[8] = "";
    size_t many = 0;

    for (size_t j = 0; j < length; j++)
        if (j != letter)
            margin[many++] = term[j];
    if (many == 0) /* the constant is there, or the levels of a factor ahead make it */
        return made->fixed->terms[0] == '1' || (term != made->fixed->terms && term_length(made->fixed->terms) == 1);
    for (const char *other = made->fixed->terms; *other != '\0'; other += term_length(other), other += *other == ' ')
        if (term_length(other) == many && memcmp(other, margin, many) == 0)
            return true;
    return false;
}

int coded_columns(const struct made *made, const struct place *place, whole out[MOST_COLUMNS])
{
    int count = 0;

    for (const char *term = made->fixed->terms; *term != '\0'; term += term_length(term), term += *term == ' ') {
        size_t length = term_length(term);
        int wide = 1;

        out[count] = term_number(term, length, place);
        for (size_t j = 0; j < length; j++) {
            whole code[8], before[MOST_COLUMNS];
            int l = term[j] - 'a', many = made->table.levels[l < 0 ? 0 : l];

            if (term[j] == '1' || term[j] == 'x')
                continue;
            if (margin_there(made, term, length, j))
                many = contrast_row(made->contrasts, many, place->level[l], code);
            else
                for (int level = 0; level < many; level++)
                    code[level] = place->level[l] == level;
            memcpy(before, out + count, sizeof *out * (size_t)wide);
            for (int e = 0; e < many; e++) /* the first factor's levels run fastest */
                for (int w = 0; w < wide; w++)
                    out[count + e * wide + w] = before[w] * code[e];
            wide *= many;
        }
        count += wide;
    }
    return count;
}

int random_term_count(const struct made *made)
{
    int count = 0;

    for (const char *at = made->random->terms; *at != '\0'; at++)
        count += *at == '|';
    return count;
}

void random_columns(const struct made *made, int term, int row, struct term_columns *out)
{
    const char *at = made->random->terms;
    bool constant = false;

    while (term-- > 0)
        at = strchr(at, ' ') + 1;
    *out = (struct term_columns){ 0 };
    for (; *at != '|'; at++) {
        int l = *at - 'a', levels = l < 0 ? 0 : made->table.levels[l];

        if (*at == '1' || *at == 'x')
            out->z[out->k++] = *at == '1' ? 1 : made->table.value[l][row];
        else if (constant)
            out->k += contrast_row(made->contrasts, levels, made->table.value[l][row], out->z + out->k);
        else
            for (int level = 0; level < levels; level++)
                out->z[out->k++] = made->table.value[l][row] == level;
        constant = constant || *at == '1';
    }
    for (at++; *at != '\0' && *at != ' '; at++)
        out->level = out->level * made->table.levels[*at - 'a'] + made->table.value[*at - 'a'][row];
}

void made_print(const struct made *made, FILE *to)
{
    const struct table_of *t = &made->table;
    const char *letters = "abcfghkost";

    fprintf(to, "y,n,w,x,a,b,c,f,g,h,k,o,s,t\n");
    for (int i = 0; i < t->n; i++) {
        fprintf(to, "%.17g,%d,%d,%d", t->y[i], t->trials[i], t->weight[i], t->value['x' - 'a'][i]);
        for (const char *l = letters; *l != '\0'; l++)
            fprintf(to, ",%c%d", *l, t->value[*l - 'a'][i] + 1);
        fprintf(to, "\n");
    }
}
