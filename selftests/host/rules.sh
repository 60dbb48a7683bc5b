#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Description: hostmem(7) explains each rule that a file cites, once; and the manual pages
# are as mandoc, and man where it is installed, want them.

set -eu
cd "$(dirname "$0")/../.."
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
status=0

# none_of WHAT: $tmp/wrong, where that is listed, is empty, or the test has failed.
none_of()
{
	if [ -s "$tmp/wrong" ]; then
		echo "$1:"
		cat "$tmp/wrong"
		status=1
	fi
}

# equal EXPECTED FOUND
equal()
{
	if [ "$1" != "$2" ]; then
		echo "expected $1, found $2"
		status=1
	fi
}

# cited: for each file named on standard input, the rules that it cites, and the file.
# In C and C++ that is a letter and a number in a comment or a string, or at the end of a
# test's name; elsewhere in a comment; in Markdown anywhere. A1-A3 is three rules. A member
# of a structure, @R8, is none; and no letter has 40 rules.
cited()
{
	perl -ne '
	chomp(my $file = $_);
	open my $in, "<", $file or die "$file: $!\n";
	my $text = do { local $/; <$in> };
	my ($prose, $names) = ("", "");

	if ($file =~ /\.(c|h|cc)$/) {
		while ($text =~ m{(/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*")
				 |\x27(?:\\.|[^\x27\\\n])+\x27
				 |\bTEST\w*\s*\(([^()]*)\)}gsx) {
			$prose .= "$1\n" if defined $1;
			$names .= "$2\n" if defined $2;
		}
	} elsif ($file =~ /\.md$/) {
		$prose = $text;
	} else {
		$prose = join "\n", $text =~ /(?:^|\s)#(.*)/gm;
	}

	my $number = qr/[1-9]|[123]\d/;
	my $letter = qr/[ABCFGHKLNPQRSTWX]/;
	my %id;
	while ($prose =~ /(?<![\w@])($letter)($number)(?:-\g1($number))?(?!\w)/g) {
		$id{"$1$_"} = 1 for $2 .. $3 // $2;
	}
	$id{$1} = 1 while $names =~ /_($letter$number)(?=_|\b)/g;
	print "$_ $file\n" for keys %id;'
}

# explained PAGE: rules that are the tag of a paragraph there which says something.
explained()
{
	awk '
	tag != "" && /^[^.]|^\.(B|I|BR|RB|IR|RI) / { print tag }
	{ tag = "" }
	after && $1 == ".B" && NF == 2 && $2 ~ /^[A-Z][0-9]+$/ { tag = $2 }
	{ after = $1 == ".TP" }' "$1"
}

# Both have to find what there is.
cat >"$tmp/sample.c" <<'END'
/* The page's (rule B5), and rules F3, F4
 * and F5: W1-W3.  X86, C90, 0xA1 and @R8 are none. */
	return -EINVAL;		/* A2, C16 */
	CHECK(ok, "told (N1)");
TEST_F(some_G1, are_kept_R4_Q12)
	x = T7 + '"' + K1;	// S9
END
printf 'A3() # as L4\n' >"$tmp/sample"
printf '| H1, P2-P3 |\n' >"$tmp/sample.md"
printf '%s\n' "$tmp/sample.c" "$tmp/sample" "$tmp/sample.md" | cited >"$tmp/cited"
equal 'A2 B5 C16 F3 F4 F5 G1 H1 L4 N1 P2 P3 Q12 R4 S9 W1 W2 W3' \
	"$(sort -V "$tmp/cited" | sed 's/ .*//' | paste -s -d ' ')"
printf '.TP\n.B A1\nText.\n.TP\n.B A2\n.TP\n.B A3\n.B Bold.\n.B A4\nText.\n' >"$tmp/sample.7"
equal 'A1 A3' "$(explained "$tmp/sample.7" | paste -s -d ' ')"

# Not what has been built, nor this.
sources='module uapi userlib/include userlib/src selftests'
# shellcheck disable=SC2086 # several words
grep -rIl --exclude='.*' --exclude='*.mod.c' --exclude=rules.sh . $sources | cited >"$tmp/cited"
for source in $sources; do
	grep -q " $source/" "$tmp/cited" || echo "$source"
done >"$tmp/wrong"
none_of 'no rule is cited in'

explained userlib/man/hostmem.7 >"$tmp/explained"
sort "$tmp/explained" | uniq -d >"$tmp/wrong"
none_of 'hostmem(7) explains twice'
awk 'NR == FNR { explained[$1]; next } !($1 in explained)' "$tmp/explained" "$tmp/cited" |
	sort -V >"$tmp/wrong"
none_of 'hostmem(7) does not explain'

mandoc -Tlint -Wwarning userlib/man/*.[1-8] >"$tmp/wrong" 2>&1 || :
none_of 'mandoc'
if command -v man >/dev/null; then
	for page in userlib/man/*.[1-8]; do
		LC_ALL=C.UTF-8 MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 -Z "$page" \
			2>&1 >/dev/null | sed "s|^|$page: |"
	done >"$tmp/wrong"
	none_of 'man'
fi
exit "$status"
