#!/bin/bash
# SPDX-License-Identifier: MIT
# Each part the promise is made of is switched off, one at a time, by a patch
# of tests/explore/mutants to the shipped sources; explore has to find a broken
# promise and prints the shortest way there.  One that nobody misses fails.
#
#     mutants.sh [NAME]...	CC, CFLAGS, LIBS and SRCDIR come from make
set -u

names=("$@")
if [ $# -eq 0 ]; then
	for patch in "$SRCDIR"/tests/explore/mutants/*.patch; do
		names+=("$(basename "$patch" .patch)")
	done
fi

# The patched sources stand for their objects, and come before the libraries
# that hold the others.
build()
{
	local patch=$SRCDIR/tests/explore/mutants/$1.patch dir=$2 file objects=()
	rm -rf "$dir"
	mkdir -p "$dir"
	for file in tests/explore/*.o; do
		grep -q "^--- a/tests/explore/$(basename "${file%.o}.c" |
		    sed 's/^explore-//')" "$patch" || objects+=("$file")
	done
	while read -r file; do
		mkdir -p "$dir/$(dirname "$file")"
		cp "$SRCDIR/$file" "$dir/$file"
	done < <(sed -n 's,^--- a/,,p' "$patch")
	patch -s -d "$dir" -p1 <"$patch" || return
	while read -r file; do
		objects+=("$dir/${file%.c}.o")
		# shellcheck disable=SC2086
		$CC $CFLAGS -I"$SRCDIR/tests/explore" -c "$dir/$file" \
		    -o "$dir/${file%.c}.o" || return
	done < <(sed -n 's,^--- a/,,p' "$patch")
	# shellcheck disable=SC2086
	$CC $CFLAGS -o "$dir/explore" "${objects[@]}" $LIBS
}

try()
{
	local name=$1 dir=tests/explore/mutants/$1 scenario
	scenario=$(sed -n 's/^Scenario: //p' "$SRCDIR/$dir.patch")
	mkdir -p tests/explore/mutants
	rm -f "$dir/failed"
	if ! build "$name" "$dir"; then
		echo "FAIL $name: does not build"
		return 1
	fi
	"$dir/explore" --only "$scenario" >"$dir/out"
	if [ $? -ne 1 ]; then
		echo "FAIL $name: nobody misses it in \"$scenario\""
		return 1
	fi
	echo "ok $name: $(sed -n '1s/^explore: //p' "$dir/out")" \
	    "($(grep -c '^ .* s  ' "$dir/out") moves)"
}

# As many at a time as there are processors.
for name in "${names[@]}"; do
	while [ "$(jobs -rp | wc -l)" -ge "$(nproc)" ]; do
		wait -n
	done
	(try "$name" || : >"tests/explore/mutants/$name/failed") &
done
wait
failed=$(find tests/explore/mutants -name failed | wc -l)
echo "mutants: $((${#names[@]} - failed)) of ${#names[@]} are missed"
[ "$failed" -eq 0 ]
