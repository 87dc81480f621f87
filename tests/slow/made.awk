# made.awk -- a made-up model: `awk -v number=N -v data=FILE.csv -v script=FILE.mix -f made.awk` writes its data and the commands that
# show all of it, each beside its JSON.  The same N gives the same model everywhere: the random numbers are Lehmer's.
#
# Families with their links, structures, predictors beside the mean's, weights and offsets; few rows and many, variances of 0 and
# large ones, responses that are told apart, units of 1e-6 and 1e9, columns that are nearly or wholly the same, empty cells.

function uniform()
{
    state = state * 16807 % 2147483647
    return state / 2147483647
}

function below(n)
{
    return int(uniform() * n)
}

function normal()
{
    return sqrt(-2 * log(uniform())) * cos(6.283185307179586 * uniform())
}

# One of the words.
function one_of(words,    parts, count)
{
    count = split(words, parts, ";")
    return parts[1 + below(count)]
}

function poisson_of(mean,    limit, product, count)
{
    if (mean > 30)
        return int(mean + sqrt(mean) * normal() + 0.5) > 0 ? int(mean + sqrt(mean) * normal() + 30) : 0
    limit = exp(-mean)
    product = uniform()
    for (count = 0; product > limit; count++)
        product *= uniform()
    return count
}

# A response of the family beside the linear predictor.
function response(eta,    mean, p, count, i)
{
    p = 1 / (1 + exp(-eta))
    mean = exp(eta > 3 ? 3 : eta < -3 ? -3 : eta)
    if (family == "binomial") {
        if (trials == 1)
            return told ? eta > 0 : uniform() < p
        count = 0
        for (i = 0; i < trials; i++)
            count += uniform() < p
        return count
    }
    if (family == "betabinomial") {
        p = 1 / (1 + exp(-eta - normal()))
        count = 0
        for (i = 0; i < trials; i++)
            count += uniform() < p
        return count
    }
    if (family == "beta" || family == "ordbeta") {
        p = 1 / (1 + exp(-eta - 0.5 * normal()))
        if (family == "ordbeta" && uniform() < 0.2)
            return p > 0.5
        return sprintf("%.3f", p > 0.995 ? 0.995 : p < 0.005 ? 0.005 : p)
    }
    if (family == "cumulative")
        return told ? (eta < -0.5 ? 1 : eta < 0.5 ? 2 : 3) : 1 + (uniform() < p) + (uniform() < p)
    if (family ~ /pois|nbinom/) {
        count = poisson_of(mean * (family ~ /nbinom|genpois/ ? exp(0.6 * normal()) : 1))
        if (zi && uniform() < 0.25)
            count = 0
        return family ~ /^truncated/ && !zi && count == 0 ? 1 : count
    }
    if (family == "tweedie")
        return uniform() < 0.3 ? 0 : sprintf("%.3f", mean * exp(0.5 * normal()))
    if (family ~ /Gamma|inverse|lognormal/)
        return sprintf("%.4g", unit * mean * exp(0.5 * normal()))
    if (family == "t")
        return sprintf("%.5g", unit * (eta + normal() / (0.3 + uniform())))
    if (told) # almost without residuals
        return sprintf("%.9g", unit * (eta + 1e-5 * normal()))
    return sprintf("%.5g", unit * (eta + normal()))
}

function choose_random(plain)
{
    if (plain)
        return one_of(";+ (1 | g);+ (1 | g);+ (1 | g) + (1 | h);+ (1 | g/k);+ (x | g);+ (x || g);+ (a | g);+ (0 + a | g);+ (x | g) + (1 | h);+ (1 | g) + (1 | row)")
    return one_of("+ (1 | g);+ diag(0 + a | g);+ cs(0 + a | g);+ homcs(0 + a | g);+ ar1(0 + t | g);+ ou(0 + time | g);+ toep(0 + a | g);+ exp(0 + pos(x, z) | one);+ (1 | g, by = c);+ (0 + f | g);+ homdiag(0 + a | g);+ hetar1(0 + t | g);+ (1 | h) + ar1(0 + t | g)")
}

function show(commands,    command, count, i)
{
    count = split(commands, command, ";")
    for (i = 1; i <= count; i++)
        printf "try %s\ntry last json\n", command[i] >script
}

BEGIN {
    state = (number * 7919 + 12345) % 2147483646 + 1
    for (i = 0; i < 20; i++)
        uniform()
    family = one_of("gaussian;gaussian;gaussian;gaussian;binomial;binomial;binomial;poisson;poisson;Gamma;inverse.gaussian;nbinom2;nbinom1;genpois;compois;beta;betabinomial;ordbeta;lognormal;t;tweedie;truncated_poisson;truncated_nbinom2;cumulative;cumulative")
    n = one_of("8;12;14;20;24;32;40;60")
    groups = one_of("2;3;4;6;8;12;20")
    if (groups * 2 > n)
        groups = 4
    told = uniform() < 0.2
    trials = family == "betabinomial" || (family == "binomial" && uniform() < 0.3) ? 2 + below(8) : 1
    zi = family ~ /poisson|nbinom|genpois/ && uniform() < 0.3
    size = one_of("0;0.3;1;1;3;8")
    unit = family ~ /gaussian|Gamma|lognormal|^t$/ ? one_of("1;1;1;1e6;1e-6;1e9;1024") : 1
    slope = one_of("0;0.5;1;3")
    for (g = 1; g <= groups; g++) {
        own[g] = size * normal()
        ownslope[g] = size * normal() / 2
    }
    for (h = 1; h <= 5; h++)
        other[h] = size * normal() / 2
    print "g,h,k,a,c,f,t,time,x,z,near,twice,far,small,w,off,one,y,n" >data
    for (i = 0; i < n; i++) {
        g = 1 + i % groups
        h = 1 + below(5)
        a = 1 + below(3)
        f = 1 + below(2)
        x = sprintf("%.3f", normal())
        z = sprintf("%.3f", normal())
        eta = 0.2 + slope * x + (a == 2 ? 0.5 : 0) + own[g] + ownslope[g] * x + other[h]
        row = sprintf("g%02d,h%d,k%d,a%d,c%d,f%d,%d,%.2f,%s,%s,%.9f,%.3f,%.3f,%.6g,%d,%.3f,o,%s,%d", g, h, 1 + int(i / groups) % 2, a, 1 + g % 2, f,
                      1 + int(i / groups), int(i / groups) + 0.3 * uniform(), x, z, x + 1e-6 * z, 2 * x, 1e6 + x, x * 1e-7,
                      1 + below(3), normal() / 4, response(eta), trials)
        print row >data
    }
    fixed = one_of("1;x;x;x + a;x + a;a;x * a;a * f;x + near;x + twice;far;small;poly(x, 2);x + z;a + a:f;0 + a")
    plain = uniform() < 0.65
    random = choose_random(plain)
    y = trials > 1 ? "cbind(y, n - y)" : "y"
    options = family == "gaussian" ? "" : "family=" (family ~ /^t$|tweedie/ && uniform() < 0.5 ? (family == "t" ? "t(4)" : "tweedie(1.5)") : family)
    if (family == "binomial" && uniform() < 0.3)
        options = options " link=" one_of("probit;cloglog;cauchit")
    if (family == "gaussian" && plain && uniform() < 0.4)
        options = options " method=ml"
    if (family ~ /binomial|poisson|cumulative/ && uniform() < 0.25 && random == "+ (1 | g)" && !zi)
        options = options " nodes=" one_of("5;15;25")
    if (zi && plain)
        options = options " zi=" one_of("~ 1;~ 1;~ x;~ a;~ (1 | g)")
    else if (plain && family ~ /gaussian|Gamma|nbinom|beta$|tweedie|^t$/ && uniform() < 0.25)
        options = options " disp=" one_of("~ x;~ a;~ c;~ (1 | g)")
    if (uniform() < 0.15)
        options = options " weights=w"
    if (uniform() < 0.15)
        options = options " offset=off"
    if (uniform() < 0.15)
        options = options " contrasts=" one_of("sum;helmert")
    if (family == "gaussian" && options !~ /disp|weights/ && uniform() < 0.2)
        options = options " residual=" one_of("ar1(t | g);cs(t | g);car1(time | g);diag(a);diag(c)")
    if (uniform() < 0.08)
        options = options " prior=\"" one_of("sd ~ gamma(2.5, 0);b ~ normal(0, 2)") "\""
    print "set charset ascii\nset color off\nset pager off\nload \"" data "\" as d\nlast json" >script
    show("fit m = " y " ~ " fixed " " random (options == "" ? "" : ", " options) ";summary;summary, corr;varcorr;ranef;vcov;anova;confint;" \
         "confint, method=wald;margins x;margins a;predict, at=\"x=0.5, a=a1, a2\";predict, at=\"x=0.5\" re=population;means a;icc;r2;shrinkage")
    print "describe w" >script
    show("predict, head=4;residuals, head=3;diagnose, n=50")
}
