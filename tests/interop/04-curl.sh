# curl: uploads, resumed downloads, tags saved and compared, conditions, Expect.
. "$TOP/tests/lib/interop.sh"

if [ "${1:-}" != inside ]; then
	need curl
	exec syncd serve --run "sh -eux '$0' inside"
fi

ask() { curl -sS -k --pinnedpubkey "$SYNC_PIN" -H "Authorization: Bearer $SYNC_TOKEN" "$@"; }
code() { ask -o out -w '%{http_code}\n' "$@"; }

head -c 5000000 /dev/urandom >big
[ "$(code -T big "${SYNC_URL}big")" = 201 ]
[ "$(code -T big "${SYNC_URL}big")" = 204 ]
[ ! -s out ]
# A name from the file's own; a folder's URL ends in a slash.
[ "$(code -T big "$SYNC_URL")" = 204 ]
# From a pipe: chunked, with Expect.
[ "$(code -T - "${SYNC_URL}piped" <big)" = 201 ]
ask "${SYNC_URL}piped" | cmp - big

# A download that broke off goes on where it was.
head -c 1234567 big >part
ask -C - -o part "${SYNC_URL}big"
cmp part big
[ "$(ask -r 10-19 "${SYNC_URL}big" | cmp -n 10 -i 0:10 - big && echo same)" = same ]

# Tags: nothing comes twice.
ask --etag-save tag -o copy "${SYNC_URL}big"
grep "\"$(sha256sum <big | cut -d' ' -f1)\"" tag
[ "$(code --etag-compare tag "${SYNC_URL}big")" = 304 ]
[ "$(code -H "If-Match: $(cat tag)" -T tag "${SYNC_URL}big")" = 204 ]
[ "$(code -H "If-Match: $(cat tag)" -T tag "${SYNC_URL}big")" = 412 ]
[ "$(code -H 'If-None-Match: *' -T tag "${SYNC_URL}big")" = 412 ]
touch -d "$(ask -I "${SYNC_URL}big" | tr -d '\r' | sed -n 's/^last-modified: //Ip')" dated
[ "$(code -z dated "${SYNC_URL}big")" = 304 ]

# The other methods by hand, HTTP/1.0, HEAD, and Basic with the token.
[ "$(code -X MKCOL "${SYNC_URL}d")" = 201 ]
[ "$(code -X COPY -H "Destination: ${SYNC_URL}d/copy" "${SYNC_URL}piped")" = 201 ]
[ "$(code -X MOVE -H "Destination: ${SYNC_URL}moved" "${SYNC_URL}d/copy")" = 201 ]
[ "$(code -X PROPFIND -H 'Depth: 1' "$SYNC_URL")" = 207 ]
grep -F '<D:href>/moved</D:href>' out
[ "$(code -0 "${SYNC_URL}moved")" = 200 ]
cmp out big
[ "$(code -I "${SYNC_URL}moved")" = 200 ]
[ "$(curl -sk -u "$(id -un):$SYNC_TOKEN" -o out -w '%{http_code}' "${SYNC_URL}moved")" = 200 ]
[ "$(code -X DELETE "${SYNC_URL}d")" = 204 ]
[ "$(code "${SYNC_URL}d")" = 404 ]
