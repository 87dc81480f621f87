/*
 * Which places of libglmm a program runs.  Linked into the traced library, whose objects call __sanitizer_cov_trace_pc at each
 * basic block (-fsanitize-coverage=trace-pc): the byte of that place is set in the file that MUTANTS_TRACE names.  The file is
 * mapped, so that what ran is there however the program ends; children and threads write into the same.
 *
 * Built with -DLIST it is the program that writes what such a file has: an offset in the library, in hexadecimal, a line.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PLACES = 16 << 20 }; /* more than the library has bytes of code */

/* The places of FILE, or NULL. */
static unsigned char *places_map(const char *file)
{
    int fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    unsigned char *map = MAP_FAILED;
    if (fd >= 0 && ftruncate(fd, PLACES) == 0)
        map = mmap(NULL, PLACES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (fd >= 0)
        close(fd);
    return map == MAP_FAILED ? NULL : map;
}

#ifdef LIST
int main(int argc, char *argv[])
{
    unsigned char *map = argc == 2 ? places_map(argv[1]) : NULL;
    if (map == NULL)
        return 1;
    for (size_t i = 0; i < PLACES; i++)
        if (map[i])
            printf("%zx\n", i);
    return 0;
}
#else
extern const char __ehdr_start[] __attribute__((visibility("hidden")));
void __sanitizer_cov_trace_pc(void);

static unsigned char *seen;

__attribute__((constructor)) static void begin(void)
{
    const char *file = getenv("MUTANTS_TRACE");
    if (file != NULL && *file != '\0')
        seen = places_map(file);
}

void __sanitizer_cov_trace_pc(void)
{
    size_t place = (size_t)((const char *)__builtin_return_address(0) - __ehdr_start);
    if (seen != NULL && place < PLACES)
        seen[place] = 1;
}
#endif
