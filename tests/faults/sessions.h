/* sessions.h -- the sessions in which things go wrong, and the files that they read. */
#ifndef FAULTS_SESSIONS_H
#define FAULTS_SESSIONS_H

#include <stdbool.h>

enum { FILES = 6 };

static const char plain[] =
    "y,x,g,\"a, b\",when\n1.5,1,u,\"say \"\"so\"\"\",\n2.25,2,u,b,1\n-3,3,v,c,2\n4e2,4,v,NA,3\n5.125,5,w,b,4\n"
    "6,7,w,c,\n2.5,1,x,b,3\n3.5,NA,x,b,2\n";

static const char people[] = "id,y,x\na,1.5,1\na,2.5,2\nb,4,2\nb,3,1\nc,6.5,3\nc,5,1\nd,9,2\nd,8,3\n";
static const char kin[] = "id,a,b,c,d\na,1,.5,.25,0\nb,.5,1,.25,0\nc,.25,.25,1,.5\nd,0,0,.5,1\n";
static const char markers[] = "id,m1,m2,m3\na,0,1,2\nb,1,NA,0\nc,2,2,0\nd,1,0,0\n";
static const char tips[] = "((a:1,b:1):2,(c:2,d:2):1);\n";

static const struct session {
    const char *name;
    const char *files[FILES]; /* what it writes; the first is a recorded script */
    const char *script;
    bool stops; /* always at the first error: later output tells of it */
} sessions[] = {
    { .name = "data",
      .files = { "r.mix", "copy.txt", "table.csv" },
      .script = "record r.mix\noutput copy.txt\nload plain.csv as d\ndescribe\nhead 4\nlast csv table.csv\nload grouseticks\n"
                "describe TICKS\nuse d\n" },
    { .name = "linear",
      .files = { "r.mix", "fit.json" },
      .script =
          "record r.mix\nload sleepstudy\nfit m = Reaction ~ Days + (Days | Subject)\nlast json fit.json\nsummary m\nranef m\n"
          "shrinkage m Subject Days\nfit n = Reaction ~ Days + (1 | Subject)\ncompare m n\nicc n\nplot-ascii caterpillar "
          "n\nmargins "
          "n Days\n" },
    { .name = "counts",
      .files = { "r.mix" },
      .script =
          "record r.mix\nload cbpp\nfit m = cbind(incidence, size - incidence) ~ period + (1 | herd), family=binomial nodes=5\n"
          "margins m period\nresiduals m\npredict m, re=population\nplot-ascii qq m\nset format json\nsummary m\nvcov m\n" },
    { .name = "families",
      .files = { "r.mix" },
      .script = "record r.mix\nload epil\nset digits 4\nfit p = y ~ trt + (1 | subject), family=poisson\n"
                "fit n = y ~ trt + (1 | subject), family=nbinom2\nload dyestuff\nfit g = Yield ~ 1 + (1 | Batch), family=Gamma\n"
                "whatif g Batch A\nset format latex\nsummary p\n" },
    { .name = "files",
      .files = { "r.mix", "o.txt", "v.tsv" },
      .script = "set digits 5\nrecord r.mix\nset seed 7\nload dyestuff2\nrecord off\noutput o.txt\nreplay r.mix\noutput off\n"
                "last tsv v.tsv\nlast tsv v.tsv\nreplay r.mix, check=o.txt\nhistory\nhelp fit\nquit\n",
      .stops = true },
    { .name = "predictors",
      .files = { "r.mix" },
      .script = "record r.mix\nload epil\nfit z = y ~ trt + (1 | subject), family=poisson zi=~1\nsummary z\n"
                "fit d = y ~ trt + (1 | subject), family=nbinom2 disp=~trt\nsummary d\nload sleepstudy\n"
                "fit p = Reaction ~ Days + (1 | Subject), prior=\"sd ~ gamma(2.5, 0)\"\nsummary p\nload plain.csv as e\n"
                "fit o = ordered(x) ~ y, family=cumulative\nsummary o\n" },
    { .name = "relations",
      .files = { "r.mix", "all.csv" },
      .script =
          "record r.mix\nload people.csv as d\nmatrix K = kin.csv\nmatrix T = tree(tips.nwk)\nfit m = y ~ 1 + (1 | id, K = K)\n"
          "summary m\nscan m markers.csv, to=all.csv\ngee y ~ x, id=id corr=exchangeable\n" },
    { .name = "stored",
      .files = { "r.mix", "s.mixsh" },
      .script =
          "record r.mix\nload nielweise2007\nmeta events n, arm=arm study=study model=um.rs\nload dyestuff\n"
          "fit m = Yield ~ 1 + (1 | Batch)\nlet z = Yield / 100\nsave s.mixsh\ndrop z\nrestore s.mixsh\nsummary m\nhead 2\n",
      .stops = true },
};
enum { SESSIONS = sizeof sessions / sizeof sessions[0] };

#endif
