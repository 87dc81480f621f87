# The bundled examples, and the index that `datasets` reads (name, study, source, size, a first model).  One line a file.
nobase_dist_pkgdata_DATA += \
  data/index.csv \
  data/bacteria.csv \
  data/batting.csv \
  data/batting_atbats.csv \
  data/cake.csv \
  data/cbpp.csv \
  data/demo/attenuation.mix \
  data/demo/overdispersion.mix \
  data/demo/repeated-measures.mix \
  data/demo/shrinkage.mix \
  data/dyestuff.csv \
  data/dyestuff2.csv \
  data/epil.csv \
  data/grouseticks.csv \
  data/hospitals.csv \
  data/insteval.csv.gz \
  data/kinship.csv \
  data/kinship_map.csv \
  data/kinship_markers.csv.gz \
  data/kinship_pedigree.csv \
  data/labexport.csv \
  data/machines.csv \
  data/nielweise2007.csv \
  data/oats.csv \
  data/orthodont.csv \
  data/owls.csv \
  data/pastes.csv \
  data/penicillin.csv \
  data/quizpeople.csv \
  data/quizwide.csv \
  data/salamanders.csv \
  data/sleepstudy.csv \
  data/toenail.csv \
  data/trialwide.csv \
  data/verbagg.csv
