#include "server/auth/pam.h"

#include <errno.h>
#include <libgen.h>
#include <security/pam_appl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What a module says for "no"; whatever else it says, it could not tell. */
static const int refusals[] = { PAM_AUTH_ERR,         PAM_USER_UNKNOWN, PAM_MAXTRIES,     PAM_PERM_DENIED,
				PAM_NEW_AUTHTOK_REQD, PAM_ACCT_EXPIRED, PAM_CRED_EXPIRED, PAM_AUTHTOK_EXPIRED };

bool pam_is_built(void)
{
	return true;
}

enum err pam_find_service(const char *service, struct note *why)
{
	static const char *const folders[] = { "/etc/pam.d", "/usr/lib/pam.d" };

	if (service[0] == '/')
		return access(service, R_OK) == 0 ? OK : note_set(why, E_USAGE, "%.120s: %s", service, strerror(errno));
	if (strchr(service, '/'))
		return note_set(why, E_USAGE, "\"%.60s\" is neither a name nor an absolute path", service);
	for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
		autofree char *path = xasprintf("%s/%s", folders[i], service);

		if (access(path, R_OK) == 0)
			return OK;
	}
	/* PAM itself would take the service "other", which refuses all. */
	return note_set(why, E_USAGE, "there is no /etc/pam.d/%.60s to be read", service);
}

static void forget(struct pam_response *responses, int count)
{
	for (int i = 0; i < count; i++) {
		if (responses[i].resp)
			explicit_bzero(responses[i].resp, strlen(responses[i].resp));
		free(responses[i].resp);
	}
	free(responses);
}

/* pam_conv(3): a question whose answer is not shown is for the password; there is nobody to ask anything else. */
static int converse(int count, const struct pam_message **messages, struct pam_response **out, void *arg)
{
	struct pam_response *responses;

	if (count <= 0 || count > PAM_MAX_NUM_MSG)
		return PAM_CONV_ERR;
	responses = xcalloc((size_t)count, sizeof *responses);
	for (int i = 0; i < count; i++) {
		if (messages[i]->msg_style == PAM_PROMPT_ECHO_OFF) {
			responses[i].resp = xstrdup(arg);
		} else if (messages[i]->msg_style == PAM_PROMPT_ECHO_ON) {
			forget(responses, i);
			return PAM_CONV_ERR;
		}
	}
	*out = responses;
	return PAM_SUCCESS;
}

/* Who is wrong waits with us (throttle.h), longer each time, and not in a process that others wait for. */
static void no_delay(int result, unsigned delay_us, void *arg)
{
	(void)result, (void)delay_us, (void)arg;
}

/* A module may have made another user of them, whose rights are not meant. */
static bool is_still(pam_handle_t *pam, const char *user)
{
	const void *now = NULL;

	return pam_get_item(pam, PAM_USER, &now) == PAM_SUCCESS && now && strcmp(now, user) == 0;
}

static int start(const char *service, const char *user, const struct pam_conv *conversation, pam_handle_t **out)
{
	autofree char *path = xstrdup(service), *folder = xstrdup(service);

	if (service[0] != '/')
		return pam_start(service, user, conversation, out);
	return pam_start_confdir(basename(path), user, conversation, dirname(folder), out);
}

enum err pam_check(const char *service, const char *user, const char *secret, const char *address, struct note *why)
{
	static const int flags = PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK;
	struct pam_conv conversation = { converse, (void *)(uintptr_t)secret };
	pam_handle_t *pam = NULL;
	enum err e = OK;
	int result = start(service, user, &conversation, &pam);

	if (result == PAM_SUCCESS)
		result = pam_set_item(pam, PAM_RHOST, address);
	if (result == PAM_SUCCESS)
		result = pam_set_item(pam, PAM_FAIL_DELAY, (const void *)(uintptr_t)no_delay);
	if (result == PAM_SUCCESS)
		result = pam_authenticate(pam, flags);
	if (result == PAM_SUCCESS)
		result = pam_acct_mgmt(pam, flags);
	if (result == PAM_SUCCESS && !is_still(pam, user))
		result = PAM_PERM_DENIED;
	if (result != PAM_SUCCESS)
		e = note_set(why, E_BUSY, "%.150s", pam_strerror(pam, result));
	for (size_t i = 0; i < ARRAY_LEN(refusals); i++)
		if (result == refusals[i])
			e = E_UNAUTHENTICATED;
	if (pam)
		pam_end(pam, result | PAM_DATA_SILENT);
	return e;
}
