# kenward.R ROWS FILE: a table of groups of ten rows is written to FILE, a line with a random intercept and slope is fitted, and the
# seconds are printed that pbkrtest needs for Kenward and Roger's covariance matrix and the degrees of freedom of two coefficients;
# then these, and their errors.
n <- as.integer(commandArgs(TRUE)[1])
set.seed(1)
groups <- n / 10
d <- data.frame(g = rep(sprintf("g%05d", seq_len(groups)), each = 10), x = round(rnorm(n), 3), t = rep(0:9, groups))
d$y <- round(1 + 0.3 * d$x + rep(rnorm(groups), each = 10) + d$t * rep(0.2 * rnorm(groups), each = 10) + rnorm(n), 4)
write.csv(d, commandArgs(TRUE)[2], row.names = FALSE, quote = FALSE)
if (!is.na(commandArgs(TRUE)[3])) quit()
suppressPackageStartupMessages({ library(lme4); library(pbkrtest) })
m <- lmer(y ~ x + t + (t | g), d)
took <- system.time({
    V <- vcovAdj(m)
    df <- sapply(2:3, function(j) Lb_ddf(rbind(as.numeric(1:3 == j)), vcov(m), V))
})
cat(took[["elapsed"]], df, sqrt(diag(as.matrix(V)))[2:3], "\n")
