/* answer: any head, line by line: fields stay bounded, and every reader of one can take whatever stands there. */
#include "client/decide.h"
#include "client/remote/http.h"

#include "tests/fuzz/fuzz.h"

FUZZ(text)
{
	struct answer a;
	struct put_end end;
	struct digest digest = { { 0 } };
	struct span line;
	int64_t first, total;
	char room[100], note[200];
	struct note why;

	answer_init(&a);
	while (span_cut(&text, '\n', &line))
		if (answer_line(&a, line) != OK)
			break;
	for (size_t i = 0; i < ANSWER_FIELD_COUNT; i++)
		MUST(!a.fields[i] || strlen(a.fields[i]) <= ANSWER_FIELD_LIMIT + 2);
	MUST(a.status == 0 || (a.status >= 0 && a.status <= 999));
	MUST(answer_length(&a) >= -1 && answer_retry_after_s(&a) >= -1);
	if (answer_content_range(&a, &first, &total))
		MUST(first >= 0 && first < total);
	(void)answer_offers(&a, "Basic");
	(void)answer_date_s(&a);
	MUST(decide_bare_tag(a.fields[ANSWER_ETAG], room, sizeof room).len < sizeof room);
	decide_put(&a, &digest, true, true, &end);
	MUST(end.err == OK || end.why[0]);
	MUST(!end.remember || end.err == OK);
	decide_note(&a, true, note, sizeof note);
	MUST(http_status_err(&a, &why) == OK || why.text[0]);
	answer_clear(&a);
}
