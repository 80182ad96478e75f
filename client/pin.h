/*
 * pin: the public keys that a server may have, in the form curl takes: "sha256//<base64 of 32 bytes>", two of them joined
 * by ";" while a key is being replaced.
 */
#ifndef CLIENT_PIN_H
#define CLIENT_PIN_H

#include "common/err.h"
#include "common/span.h"

enum { PIN_KEYS_MAX = 4 };

/*
 * Reads one or more pins, separated by ";", "," or spaces.  Nothing else passes: curl would take any other text for the
 * name of a file.  E_USAGE: not a pin.  The caller frees `out`.
 */
enum err pin_parse(struct span text, char **out, struct note *why) must_check;

#endif
