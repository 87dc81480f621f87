/* replicating.h -- what commands that draw from a fit share: their options, and what became of the replicates. */
#ifndef REPORT_REPLICATING_H
#define REPORT_REPLICATING_H

#include "infer/bootstrap.h"
#include "infer/replicate.h"
#include "lang/command.h"
#include "result/result.h"
#include "session/session.h"

/* How often, and from which seed: part of an option struct. */
struct replicating {
    int count;
    uint64_t seed;
};

#define REPLICATING_DEFAULTS                                                                                                     \
    {                                                                                                                            \
        .count = 1000                                                                                                            \
    }

/* The rows of an option table for a struct replicating at `member`. */
#define REPLICATING_OPTIONS(type_, member_)                                                                                      \
    { .name = "n",                                                                                                               \
      .type = OPTION_INTEGER,                                                                                                    \
      .offset = offsetof(type_, member_) + offsetof(struct replicating, count),                                                  \
      .min = 10,                                                                                                                 \
      .max = 1000000,                                                                                                            \
      .word = "N",                                                                                                               \
      .help = "replicates (1000)" },                                                                                             \
    {                                                                                                                            \
        .name = "seed", .type = OPTION_SEED, .offset = offsetof(type_, member_) + offsetof(struct replicating, seed),            \
        .word = "SEED", .help = "another one than `set seed` says"                                                               \
    }

/* The seed that holds: the option's, or the setting. */
uint64_t replicating_seed(const struct session *session, const struct call *call, const struct replicating *given);

/* "1000 replicates, seed 1; 32 on the boundary, 1 could not be fitted": as a line; JSON `replicates done seed
 * failures{not_converged not_identified infinite failed} boundary`. */
void replicating_lines(struct result *result, const struct replicates *replicates, uint64_t seed, const char *what);

/* Why numbers of a parameter of a bootstrap are missing, or are of fewer replicates than others; `all`: bias and errors are shown
 * too, `basic`: the interval is the basic one.  As a note below the table, and for JSON as a word (NULL: nothing is missing). */
const char *replicating_reason(const struct bootstrap *bootstrap, const struct bootstrapped *boot,
                               const struct parameter *parameter);
void replicating_note(struct result *result, const struct bootstrap *bootstrap, const struct bootstrapped *boot,
                      const struct parameter *parameter, bool all, bool basic);

#endif
