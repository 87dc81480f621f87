#!/usr/bin/env python3
# make-lesson-data.py FOLDER: the made-up tables of the lessons on messy data (labexport, trialwide, quizwide, quizpeople), of selection and of three levels
# (senescence, backpain), of ordered answers (wine), of unequal variances (selenium), of correlation in time (seizures) and of missing values
# (pressure), the same ones each time.
import datetime, math, random, sys

folder = sys.argv[1]


def write(name, text, encoding="utf-8"):
    with open(f"{folder}/{name}.csv", "wb") as file:
        file.write(text.encode(encoding))


# A Poisson number, by the gaps between events.
def count(mean):
    number, below = 0, random.expovariate(1)
    while below < mean:
        number, below = number + 1, below + random.expovariate(1)
    return number


# Nitrate in water by two methods, sent to 12 laboratories over half a year: a spreadsheet's export with a title, decimal commas, days as
# 31.1.2024, CRLF and letters of Windows.  Laboratories differ with sd 1.5, method B reads 0.8 higher, 0.01 a day are lost.
random.seed(11)
lines = ["Ringversuch Nitrat 2024, Prüfstelle Köln", "", "Labor;Methode;Datum;Nitrat (mg/l);Bemerkung"]
for lab in range(12):
    effect = random.gauss(0, 1.5)
    for sample in range(8):
        method = "AB"[(lab + sample) % 2]
        day = random.randrange(180)
        value = 24 + effect + (0.8 if method == "B" else 0) - 0.01 * day + random.gauss(0, 0.6)
        text = "n.b." if random.random() < 0.05 else f"{value:.2f}".replace(".", ",")
        date = datetime.date(2024, 1, 8) + datetime.timedelta(day)
        lines.append(f"L{lab + 1:02d};{method};{date.day}.{date.month}.{date.year};{text};{'verspätet' if random.random() < 0.1 else ''}")
write("labexport", "\r\n".join(lines) + "\r\n", "cp1252")

# Pain (0 to 100) of 60 patients under two treatments at 5 visits, a row a patient; who feels worse leaves earlier.  -99 is missing.  Pain
# falls by 2 a month, under the drug by 4.
random.seed(12)
lines = ["Patient,Arm,Age,Pain month 0,Pain month 1,Pain month 2,Pain month 3,Pain month 6"]
for patient in range(60):
    arm = random.choice(["placebo", "Drug"]) if patient % 2 else ["Drug", "placebo"][patient // 2 % 2]
    level, slope, gone, row = random.gauss(60, 9), random.gauss(-4 if arm == "Drug" else -2, 1), False, []
    for month in (0, 1, 2, 3, 6):
        pain = level + slope * month + random.gauss(0, 5)
        row.append("-99" if gone else f"{min(max(pain, 0), 100):.0f}")
        gone = gone or random.random() < 1 / (1 + math.exp(4.2 - 0.04 * pain))
    lines.append(f"{patient + 101},{arm if random.random() > 0.1 else arm.upper()},{random.gauss(52, 11):.0f},{','.join(row)}")
write("trialwide", "\n".join(lines) + "\n")

# 10 items answered by 80 people, a row a person, in the words of a web form; and who the people are, some of whom never answered.
random.seed(13)
easy = [1.6, 1.1, 0.8, 0.4, 0.2, -0.1, -0.3, -0.7, -1.2, -1.8]
people = ["person,course,hours"]
lines = ["person," + ",".join(f"Q{i + 1}" for i in range(10))]
for person in range(84):
    hours = random.randrange(1, 11)
    people.append(f"p{person + 1:02d},{'evening' if person % 3 == 0 else 'day'},{hours}")
    if person in (7, 30, 31, 77):
        continue
    ability = random.gauss(0.15 * (hours - 5), 1.0)
    cells = []
    for item in range(10):
        right = random.random() < 1 / (1 + math.exp(-ability - easy[item]))
        cells.append("no answer" if random.random() < 0.04 else "right" if right else "wrong")
    lines.append(f"p{person + 1:02d}," + ",".join(cells))
write("quizwide", "\n".join(lines) + "\n")
write("quizpeople", "\n".join(people) + "\n")

# Mass of 120 made-up birds, weighed each year from 1 on until they are gone.  Each loses 0.5 g a year; heavy birds live longer, so that
# those weighed at a high age are the heavy ones.
random.seed(14)
lines = ["bird,age,mass"]
for bird in range(120):
    quality = random.gauss(0, 1)
    life = min(max(round(3.2 * math.exp(0.75 * quality) + random.gauss(0, 0.7)), 1), 12)
    for age in range(1, life + 1):
        lines.append(f"b{bird + 1:03d},{age},{50 + 3.6 * quality - 0.5 * age + random.gauss(0, 1):.1f}")
write("senescence", "\n".join(lines) + "\n")

# Back pain: 30 made-up physicians with 8 patients each, who come 3 times.  A physician's style is `active` (exercise) or `rest`; severity is
# the patient's at the beginning.  Three outcomes: pain (0 to 10, a number), able to work (0 or 1), days in bed in the last month (a count).
random.seed(15)
lines = ["physician,style,patient,severity,visit,pain,able,bed"]
for physician in range(30):
    active = physician % 2
    doctor = [random.gauss(0, s) for s in (0.5, 0.5, 0.25)]
    for patient in range(8):
        severity = min(max(round(random.gauss(5, 1.5)), 1), 9)
        own = [random.gauss(0, s) for s in (1.1, 1.2, 0.6)]
        for visit in range(3):
            pain = 2 + 0.55 * severity - 0.5 * visit - 0.3 * active * visit + doctor[0] + own[0] + random.gauss(0, 1)
            eta = 0.6 - 0.35 * (severity - 5) + 0.5 * visit + 0.7 * active + doctor[1] + own[1]
            mean = math.exp(0.9 + 0.22 * (severity - 5) - 0.3 * visit - 0.45 * active + doctor[2] + own[2])
            mean *= random.gammavariate(2.5, 1 / 2.5)
            bed = count(mean)
            able = int(random.random() < 1 / (1 + math.exp(-eta)))
            lines.append(f"d{physician + 1:02d},{'active' if active else 'rest'},p{8 * physician + patient + 1:03d},{severity},{visit},"
                         f"{min(max(pain, 0), 10):.1f},{able},{min(bed, 30)}")
write("backpain", "\n".join(lines) + "\n")

# Bitterness of wine in five categories, after the plan of Randall (1989), with answers made up: nine judges taste two bottles of each of
# four kinds, pressed cold or warm, without or with the skins.  Log-odds of a bitterer category: 3 for warm, 1.5 for contact with the skins;
# judges differ with sd 1.2.
random.seed(17)
lines = ["judge,bottle,temp,contact,rating"]
for judge in range(9):
    own, bottle = random.gauss(0, 1.2), 0
    for temp in ("cold", "warm"):
        for contact in ("no", "yes"):
            for again in range(2):
                bottle, u = bottle + 1, random.random()
                eta = 3 * (temp == "warm") + 1.5 * (contact == "yes") + own
                rating = 1 + sum(u > 1 / (1 + math.exp(eta - threshold)) for threshold in (-1.5, 1, 3.5, 5))
                lines.append(f"j{judge + 1},{bottle},{temp},{contact},{rating}")
write("wine", "\n".join(lines) + "\n")

# Selenium in the plasma of 40 made-up people (micrograms a litre), half of whom take a supplement, at 6 visits.  Two laboratories: samples went
# to A (sd 4) or B (sd 12).  Some people vary more than others, by a log-normal factor of their own sd.
random.seed(16)
lines = ["subject,arm,week,lab,selenium"]
for subject in range(40):
    extra = subject % 2
    level, spread = random.gauss(92, 9), math.exp(random.gauss(0, 0.3))
    for visit in range(6):
        lab = random.choice("AB")
        value = level + (1.1 if extra else 0.1) * 4 * visit + random.gauss(0, (4 if lab == "A" else 12) * spread)
        lines.append(f"s{subject + 1:02d},{'supplement' if extra else 'placebo'},{4 * visit},{lab},{value:.1f}")
write("selenium", "\n".join(lines) + "\n")

# Seizures a week of 40 made-up patients in a diary of 12 weeks, half of them under a drug that takes 35 % of them away.  The log of a patient's rate is a level
# of the own and a process that forgets: its correlation between two weeks is 0.6.
random.seed(17)
lines = ["patient,arm,week,seizures"]
for patient in range(40):
    drug = patient % 2
    level, state = random.gauss(1.1, 0.5), random.gauss(0, 0.7)
    for week in range(12):
        mean = math.exp(level + state + (math.log(0.65) if drug else 0))
        lines.append(f"p{patient + 1:02d},{'drug' if drug else 'control'},{week + 1},{count(mean)}")
        state = 0.6 * state + random.gauss(0, 0.7 * 0.8)
write("seizures", "\n".join(lines) + "\n")


# Blood pressure of 100 made-up patients in 10 clinics, half a year into a trial: the drug lowers it by 6, a unit of the pressure before
# (`before`) counts 0.6.  Where the first visit went unrecorded - the likelier the older the patient - `before` is missing, and imputed five
# times: drawn by its regression on all else with coefficients drawn too, beside the rows as they are (imputation 0), as R's mice writes it.
def solve(matrix, right):
    size = len(matrix)
    rows = [list(row) + [value] for row, value in zip(matrix, right)]
    for j in range(size):
        rows[j] = [value / rows[j][j] for value in rows[j]]
        for i in range(size):
            if i != j:
                rows[i] = [a - rows[i][j] * b for a, b in zip(rows[i], rows[j])]
    return [row[size] for row in rows]


def draw_regression(x, y):
    size = len(x[0])
    gram = [[sum(row[i] * row[j] for row in x) for j in range(size)] for i in range(size)]
    mean = solve(gram, [sum(row[i] * value for row, value in zip(x, y)) for i in range(size)])
    rest = sum((value - sum(b * z for b, z in zip(mean, row))) ** 2 for row, value in zip(x, y))
    sd = math.sqrt(rest / sum(random.gauss(0, 1) ** 2 for _ in range(len(y) - size)))
    lower = [[0.0] * size for _ in range(size)]
    for i in range(size):
        for j in range(i + 1):
            value = gram[i][j] - sum(lower[i][k] * lower[j][k] for k in range(j))
            lower[i][j] = math.sqrt(value) if i == j else value / lower[j][j]
    noise = [random.gauss(0, sd) for _ in range(size)]
    for i in reversed(range(size)):
        noise[i] = (noise[i] - sum(lower[k][i] * noise[k] for k in range(i + 1, size))) / lower[i][i]
    return [b + e for b, e in zip(mean, noise)], sd


random.seed(20)
patients = []
for clinic in range(10):
    effect = random.gauss(0, 7)
    for patient in range(10):
        arm, age = ("drug" if patient % 2 else "placebo"), random.randrange(40, 80)
        before = 150 + 0.4 * (age - 60) + random.gauss(0, 12)
        after = 60 + effect + 0.6 * before - (6 if arm == "drug" else 0) + random.gauss(0, 7)
        known = random.random() > 1 / (1 + math.exp(0.8 - 0.09 * (age - 60)))
        patients.append((f"C{clinic + 1:02d}", arm, age, round(before), round(after), known))
lines = [".imp,.id,clinic,arm,age,before,after"]
predictors = [(1, (p[2] - 60) / 10, p[1] == "drug", (p[4] - 150) / 10) for p in patients]
for imputation in range(6):
    b, sd = draw_regression([x for x, p in zip(predictors, patients) if p[5]], [p[3] for p in patients if p[5]])
    for number, (x, (clinic, arm, age, before, after, known)) in enumerate(zip(predictors, patients)):
        value = before if known else round(sum(c * z for c, z in zip(b, x)) + random.gauss(0, sd))
        value = "NA" if imputation == 0 and not known else value
        lines.append(f"{imputation},{number + 1},{clinic},{arm},{age},{value},{after}")
write("pressure", "\n".join(lines) + "\n")
