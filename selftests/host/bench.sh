#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Description: selftests/bench/report.py makes JSON, a chart and the README's tables of what
# the benchmark prints, and says where hostmem loses. Nothing is measured here.

set -eu

report=$(dirname "$(realpath "$0")")/../bench/report.py
# shellcheck source=SCRIPTDIR/expect.sh
. "$(dirname "$(realpath "$0")")/expect.sh"
cd "$tmp"

# is EXPRESSION FILE: of Python, about what is in the file, as x.
is()
{
	python3 -c 'import json, sys; x = json.load(open(sys.argv[2])); sys.exit(not eval(sys.argv[1]))' "$@"
}

# collect FROM TO: the table goes to the file table.
collect()
{
	"$report" collect "$2" <"$1" >table 2>error
}

refuses()
{
	! "$@" 2>error
}

cat >printed <<'EOT'
kernel: 6.1.0-99-amd64
{"kernel": "6.1.0-99-amd64", "unit": "instructions"}
a row & its <figures>
{"section": "a & b, per <page>", "work": "commit + touch", "size": "64 MiB", "hostmem": {"median": 1234.56, "p99": 1300.00, "by": ""}, "peer": {"median": 2469.12, "p99": 2500.00, "by": "mprotect and touch"}, "peer_huge": {"median": 617.28, "p99": 700.00, "by": "mprotect and MADV_POPULATE_WRITE"}, "goal": 600.00, "floor": null}
{"section": "a & b, per <page>", "work": "query, regions", "size": "10,000", "hostmem": {"median": 1001.00, "p99": 1001.00, "by": ""}, "peer": {"median": 1000.00, "p99": 1000.00, "by": "PROCMAP_QUERY"}, "peer_huge": null, "goal": null, "floor": null}
{"section": "a & b, per <page>", "work": "large, beside hugetlb", "size": "64 MiB", "hostmem": null, "peer": null, "peer_huge": {"median": 5.25, "p99": 5.25, "by": "hugetlb"}, "goal": null, "floor": null}
the end
EOT
cat >threads <<'EOT'
{"kernel": "6.1.0-99-amd64", "unit": "ns"}
{"section": "threads", "work": "cycles of 64 KiB", "side": "hostmem", "one": 20000.00, "two": 15000.00, "goal": 1.60}
EOT

expect 'figures are collected' collect printed a.json
expect '... and the table goes on, without them' cmp -s table <(grep -v '^{' printed)
expect '... as JSON, which has each row' is 'len(x["rows"]) == 3 and x["kernel"] == "6.1.0-99-amd64"' a.json
expect '... with ratios' is 'x["rows"][0]["ratios"] == {"peer": 0.5, "peer_huge": 2.0}' a.json
expect '... and whom hostmem loses to' is '[row["loses_to"] for row in x["rows"]] == [["peer_huge"], [], []]' a.json
expect 'those of threads, too' collect threads b.json
expect '... with what the second one brings' is 'x["rows"][0]["ratio"] == 0.75' b.json
expect 'no figures are an error' refuses collect /dev/null none.json
expect '... that leaves no file' [ ! -e none.json ]

# bars COLOR NUMBER FILE: the file is well-formed XML with so many.
bars()
{
	python3 -c 'import sys, xml.etree.ElementTree as tree
color, number, path = sys.argv[1:]
bars = [bar for bar in tree.parse(path).iter("{http://www.w3.org/2000/svg}rect")
	if bar.get("fill") == color and float(bar.get("y")) > 60]
sys.exit(len(bars) != int(number))' "$@"
}

expect 'a chart is drawn' "$report" chart a.json a.svg
expect '... with a bar to a peer that is worse' bars '#3b6ea5' 2 a.svg
expect '... and another one to a peer that is better' bars '#e59a8f' 1 a.svg
expect 'a chart of threads is drawn' "$report" chart b.json b.svg
expect '... with a bar for each' bars '#3b6ea5' 1 b.svg

cat >calls <<'EOT'
| work | 6.1: hostmem / best peer |
|---|---|
| commit and first touch of 64 MiB, a page | 1,230 / **617** huge pages |
| query of one of 10,000 regions | 1,000 / 1,000 PROCMAP_QUERY |
| large pages, commit and touch; a page | - / 5.2 hugetlb |
EOT
expect 'a table is made' cmp -s calls <("$report" markdown calls a.json b.json)
expect 'that of all rows has them by their own names' grep -qF \
	'| query, regions 10,000 | 1,000 / 1,000 PROCMAP_QUERY |' <("$report" markdown all a.json b.json)
sed 's/6\.1\.0-99-amd64/6.12.9-arm64/' printed >foreign
collect foreign c.json
expect 'arm64 has a table of its own' grep -qF '| work | 6.12: hostmem / best peer |' \
	<("$report" markdown arm64 a.json c.json)
expect '... and is in no other' cmp -s calls <("$report" markdown calls c.json a.json)

printf '%s\n' before '<!-- bench: calls -->' old '<!-- bench: end -->' between \
	'<!-- bench: heaps -->' kept '<!-- bench: end -->' after >README
expect 'a README has it put in' "$report" readme README a.json b.json
expect '... and all else as it was' cmp -s README - <<EOT
before
<!-- bench: calls -->
$(cat calls)
<!-- bench: end -->
between
<!-- bench: heaps -->
kept
<!-- bench: end -->
after
EOT
printf 'nothing\n' >README
expect 'a README without a place for it is an error' refuses "$report" readme README a.json
expect '... and stays as it was' [ "$(cat README)" = nothing ]

conclude
