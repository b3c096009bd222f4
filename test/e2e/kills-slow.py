# As kills.py, with 200 kills and 20 sizes of a full disk.
#
# REQUIRES: slow
# RUN: %python %S/kills.py 200
