# findings.awk - the table of findings (TSV) as C, for finding_rules.c.
#
#   LC_ALL=C awk -f common/tables/findings.awk common/tables/findings.tsv
#
# Plain POSIX awk. What is wrong with the table ends the build with FILE:LINE.

BEGIN {
	FS = "\t"
	header = "id failures title why proof remedy source"
	count = split(header, column, " ")
	print "/* Made by findings.awk from findings.tsv; do not edit. */"
}

function fail(why)
{
	printf "%s:%d: %s\n", FILENAME, FNR, why > "/dev/stderr"
	failed = 1
	exit 1
}

function quote(text)
{
	if (text ~ /[^ -~]/)
		fail("character outside printable ASCII")
	gsub(/\\/, "\\\\", text)
	gsub(/"/, "\\\"", text)
	return "\"" text "\""
}

NF != count {
	fail("row has " NF " columns, not " count)
}

FNR == 1 {
	for (i = 1; i <= count; i++)
		if ($i != column[i])
			fail("column " i " is '" $i "', not '" column[i] "'")
	next
}

{
	if ($1 in line_of)
		fail("id " $1 " stands in line " line_of[$1] " too")
	line_of[$1] = FNR
	if ($2 !~ /^(-|EF-[0-9][0-9](,EF-[0-9][0-9])*)$/)
		fail("'" $2 "' is no list of field failures")
	for (i = 1; i <= count; i++)
		if ($i == "" || (i > 2 && $i == "-"))
			fail("no " column[i])
	printf "{%s, %s", quote($1), quote($2 == "-" ? "" : $2)
	for (i = 3; i <= count; i++)
		printf ",\n\t%s", quote($i)
	print "},"
}
