/* fault.h -- what the driver of the fault sweeps and the library in the program tell each other. */
#ifndef TESTS_FAULT_H
#define TESTS_FAULT_H

#include <stdbool.h>

/* No descriptor: closing it marks the beginning of main() for a tracer. */
enum { FAULT_MARK = -77001 };

struct fault_plan {
    long from;  /* the allocation that fails, from 1; 0: none */
    bool ever;  /* and all behind it */
    bool hit;   /* it came to that */
    long count; /* allocations so far */
};

#endif
