/*
 * secret: tokens and login codes.  Their texts are random enough that a plain SHA-256 is a safe thing to store; the text
 * itself is for its owner alone and is stored and logged nowhere.
 */
#ifndef SERVER_AUTH_SECRET_H
#define SERVER_AUTH_SECRET_H

#include "common/digest.h"

enum {
	SECRET_LIMIT = 255, /* bytes of any secret that is looked up */
	SECRET_TOKEN_SIZE = 3 + 64 + 1,
	SECRET_CODE_SIZE = 32 + 1,
	SECRET_CODE_LIFE_S = 10 * 60, /* cli.md, "Login link" */
	SECRET_ID_SIZE = 8 + 1,
};

/* "sd_" and 64 hex digits: 256 random bits.  `out_digest` is what the store keeps. */
void secret_new_token(char out[SECRET_TOKEN_SIZE], struct digest *out_digest);

/* 32 hex digits: 128 random bits. */
void secret_new_code(char out[SECRET_CODE_SIZE], struct digest *out_digest);

/* The name a token is shown and removed by: the first 8 hex digits of its digest.  Returns `out`. */
char *secret_id(const struct digest *d, char out[SECRET_ID_SIZE]);

#endif
