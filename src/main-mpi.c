/* main-mpi.c -- starts the shell as a member of a team whose processes MPI started: `mpirun -n 64 mixsh-mpi script.mix`.  The
 * only file that knows MPI.
 *
 * Why all ranks run the whole script, rather than wait for work: what a replicate needs (data, model, design, fit) is then in its
 * process already, made by the same commands, and nothing of it has a form in which it travels.  All that ever travels is the
 * bytes of results; each exchange begins with where everybody is, so that ranks that differ end the run with a sentence instead
 * of waiting for one another.  A rank that dies is noticed by mpirun, which ends the others. */
#include "config.h"

#include <mpi.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/safe.h"
#include "glmm.h"
#include "shell/shell.h"
#include "shell/start.h"

enum { STOP = 1, BLOCK = 1 << 24 };

struct company {
    struct glmm_team team;
    uint64_t gathers; /* so far: the number of the work between two of them */
    uint64_t stopped; /* the work that rank 0 stopped, or no number of any */
    int terminal;     /* where a silent rank's standard error went before, or -1 */
    off_t said[2];    /* what a silent rank had said at the last two gathers */
    char host[MPI_MAX_PROCESSOR_NAME + 1];
};

/* --- silence ------------------------------------------------------------------------------------ */

/* A silent rank shows nothing; what it would say of errors is kept for the case that it is the only one to have them. */
static void be_silent(struct company *company)
{
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC), kept = memfd_create("mixsh-mpi", MFD_CLOEXEC);

    company->terminal = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (nowhere >= 0)
        dup2(nowhere, STDOUT_FILENO);
    if (kept >= 0 || nowhere >= 0)
        dup2(kept >= 0 ? kept : nowhere, STDERR_FILENO);
    if (nowhere > STDERR_FILENO)
        close(nowhere);
    if (kept > STDERR_FILENO)
        close(kept);
}

static off_t said_so_far(void)
{
    off_t end = lseek(STDERR_FILENO, 0, SEEK_CUR);

    return end < 0 ? 0 : end;
}

/* Appends what this silent rank has said since the last gather but one. */
static void add_said(struct text *out, const struct company *company)
{
    char block[1000];
    ssize_t got = pread(STDERR_FILENO, block, sizeof block, company->said[0]);

    if (got > 0)
        safe_add(out, block, (size_t)got, SAFE_LINES);
}

/* --- the team ----------------------------------------------------------------------------------- */

/* All know by now that not all are at the same place, and end. */
static _Noreturn void end_apart(const struct company *company, const char *what, bool differs)
{
    int rank = company->team.rank;
    struct text words = { 0 };

    if (rank == 0)
        text_add(&words, "mixsh-mpi: not all ranks do the same any more; the run ends.  Rank 0 is at: ");
    else
        text_addf(&words, "mixsh-mpi: rank %d on %s is at: ", rank, company->host);
    safe_add(&words, what, strlen(what), SAFE_WORDS);
    text_add_char(&words, '\n');
    if (rank > 0)
        add_said(&words, company);
    if (rank == 0 || differs)
        (void)!write(rank == 0 ? STDERR_FILENO : company->terminal, text_string(&words), words.length); /* if anyone listens */
    MPI_Barrier(MPI_COMM_WORLD);
    MPI_Finalize();
    _exit(rank == 0 ? 1 : 0);
}

/* FNV-1a. */
static uint64_t number_of(const char *what)
{
    uint64_t number = 0xcbf29ce484222325u;

    for (; *what != '\0'; what++)
        number = (number ^ (unsigned char)*what) * 0x100000001b3u;
    return number;
}

/* True where all ranks gather the same; *own is false in one that does otherwise than rank 0. */
static bool all_alike(const struct company *company, const char *what, size_t count, bool *own)
{
    size_t size = (size_t)company->team.size;
    uint64_t here[2] = { number_of(what), count }, *all = NEW_ARRAY(uint64_t, 2 * size);
    bool alike = true;

    if (all == NULL) { /* the others wait */
        fputs("mixsh-mpi: out of memory\n", stderr);
        MPI_Abort(MPI_COMM_WORLD, 1);
    }
    MPI_Allgather(here, 2, MPI_UINT64_T, all, 2, MPI_UINT64_T, MPI_COMM_WORLD);
    for (size_t k = 1; k < size; k++)
        alike = alike && all[2 * k] == all[0] && all[2 * k + 1] == all[1];
    *own = here[0] == all[0] && here[1] == all[1];
    mem_free(all);
    return alike;
}

static bool gather(void *context, const char *what, void *bytes, size_t count)
{
    struct company *company = context;
    bool own;

    if (!all_alike(company, what, count, &own))
        end_apart(company, what, !own);
    for (size_t done = 0; done < count; done += BLOCK) {
        int block = count - done < BLOCK ? (int)(count - done) : BLOCK;

        MPI_Allreduce(MPI_IN_PLACE, (char *)bytes + done, block, MPI_BYTE, MPI_BOR, MPI_COMM_WORLD);
    }
    company->gathers++;
    company->said[0] = company->said[1];
    if (company->terminal >= 0)
        company->said[1] = said_so_far();
    return true;
}

/* A word that comes late is about work that is done, and is heard and forgotten. */
static bool stops(void *context, bool stop)
{
    struct company *company = context;
    int waiting = 1;
    uint64_t number;

    if (company->team.rank == 0 && stop && company->stopped != company->gathers) {
        company->stopped = company->gathers;
        for (int k = 1; k < company->team.size; k++)
            MPI_Send(&company->stopped, 1, MPI_UINT64_T, k, STOP, MPI_COMM_WORLD);
    }
    while (company->team.rank > 0 && MPI_Iprobe(0, STOP, MPI_COMM_WORLD, &waiting, MPI_STATUS_IGNORE) == MPI_SUCCESS && waiting) {
        MPI_Recv(&number, 1, MPI_UINT64_T, 0, STOP, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
        company->stopped = number;
    }
    return company->stopped == company->gathers;
}

int main(int argc, char **argv)
{
    struct company company = { .stopped = UINT64_MAX, .terminal = -1 };
    int status, level, length;

    start_process(argv);
    if (MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &level) != MPI_SUCCESS || level < MPI_THREAD_FUNNELED) {
        fputs("mixsh-mpi: this MPI does not let a program have threads\n", stderr);
        return 1;
    }
    company.team = (struct glmm_team){ .gather = gather, .stops = stops, .context = &company };
    MPI_Comm_rank(MPI_COMM_WORLD, &company.team.rank);
    MPI_Comm_size(MPI_COMM_WORLD, &company.team.size);
    MPI_Get_processor_name(company.host, &length);
    if (company.team.rank > 0)
        be_silent(&company);
    status = shell_main(argc, argv, &company.team);
    gather(&company, "the end", NULL, 0);
    MPI_Finalize();
    return company.team.rank == 0 ? status : 0; /* mpirun would kill those that are not yet done */
}
