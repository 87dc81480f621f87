/* blocks-head-lanes.h -- the product with the nodes of blocks-head.c, by vectors of LANES numbers; included there once for each
 * width, with a name of its own (LANED) and what the compiler is told (LANES_FOR).  Each number is a sum by itself, in the order
 * of the nodes, and no product is fused with a sum, so that all widths have the same digits. */

typedef double LANED(lanes) __attribute__((vector_size(LANES * sizeof(double)), aligned(sizeof(double)), may_alias));

/* out += G_l' G_l x for all nodes l; x and out: order x PANEL, row-major. */
LANES_FOR static void LANED(multiply_nodes)(const struct head *h, const double *restrict x, double *restrict out)
{
    size_t border = (size_t)h->size;

    for (int32_t l = 0; l < h->chain->levels; l++) {
        size_t rows = tail_rows_of(h->chain, l), count = h->start[l + 1] - h->start[l];
        const int32_t *restrict row = tail_row_of(h->chain, l);
        const double *restrict G = h->G + h->start[l];
        LANED(lanes) sum[PANEL / LANES] = { { 0 } };

        for (size_t r = 0; r < count; r++) {
            size_t at = r < rows ? (size_t)row[r] : border + (r - rows);
            const LANED(lanes) *from = (const LANED(lanes) *)(x + at * PANEL);

#pragma GCC unroll 8
            for (int c = 0; c < PANEL / LANES; c++)
                sum[c] += G[r] * from[c];
        }
        for (size_t r = 0; r < count; r++) {
            size_t at = r < rows ? (size_t)row[r] : border + (r - rows);
            LANED(lanes) *to = (LANED(lanes) *)(out + at * PANEL);

#pragma GCC unroll 8
            for (int c = 0; c < PANEL / LANES; c++)
                to[c] += G[r] * sum[c];
        }
    }
}

#undef LANES
#undef LANED
#undef LANES_FOR
