library(lme4)
d <- read.csv("x.csv")
m <- lmer(y ~ x + (1|g), d)
