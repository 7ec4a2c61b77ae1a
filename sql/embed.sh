#!/bin/sh
# Turns .sql files into C: embed.sh header|source|migrations FILE... > out
# header, source: one pg_statement for each queries/NAME.sql; migrations: the ordered table of migrations/NNNN_name.sql.
set -eu
kind=$1
shift

# The file as a C string literal, line by line; comment-only lines are left out.
literal() {
    sed -e '/^[[:space:]]*--/d' -e '/^[[:space:]]*$/d' -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/    "/' -e 's/$/\\n"/' "$1"
}

case $kind in
header)
    printf '/* Made from sql/queries by sql/embed.sh. */\n#ifndef TALLY_QUERIES_H\n#define TALLY_QUERIES_H\n#include "tally/pg.h"\n'
    for file in "$@"; do printf 'extern const struct pg_statement sql_%s;\n' "$(basename "$file" .sql)"; done
    printf '#endif\n'
    ;;
source)
    printf '/* Made from sql/queries by sql/embed.sh. */\n#include "queries.h"\n'
    for file in "$@"; do
        name=$(basename "$file" .sql)
        printf 'const struct pg_statement sql_%s = {"%s",\n' "$name" "$name"
        literal "$file"
        printf '};\n'
    done
    ;;
migrations)
    printf '/* Made from sql/migrations by sql/embed.sh. */\n#include "tally/migrate.h"\nconst struct migration migrations[] = {\n'
    for file in "$@"; do
        base=$(basename "$file" .sql)
        number=$(printf '%s' "$base" | sed -e 's/_.*//' -e 's/^0*//')
        printf '    {%s, "%s",\n' "$number" "${base#*_}"
        literal "$file"
        printf '    },\n'
    done
    printf '};\nconst int migration_count = (int) (sizeof migrations / sizeof migrations[0]);\n'
    ;;
*)
    echo "usage: embed.sh header|source|migrations FILE..." >&2
    exit 2
    ;;
esac
