/*
 * wire: stands in for the network and for the moments of a crash: the requests of client/remote/http.h go to tests/model/remote.h, in
 * random order, and every effect, there or here, is a moment at which something else happens or the client dies.
 *
 * It takes the place of http_start() and its like, of fsio_fault() and of the clock, when tests/model is linked.  A client that died goes on to
 * run, but nothing that it does has an effect any more, and its open transaction is rolled back: what is left is what a kill -9 leaves.
 */
#ifndef TESTS_MODEL_WIRE_H
#define TESTS_MODEL_WIRE_H

#include "client/remote/http.h"

struct wire {
	bool is_dead;
	bool refuses_token;   /* the next report's */
	bool cuts_report;     /* the next one breaks off */
	unsigned kill_in;     /* moments until it dies; 0: it does not */
	unsigned lose_in;     /* requests until an answer is lost; 0: none */
	unsigned garble_in;   /* GETs until one brings other bytes than the server has; 0: none */
	void (*moment)(void); /* between two effects; NULL: nothing */
};

/* The client that runs now. */
extern struct wire *wire_now;

/* Random numbers for all of the model. */
void wire_seed(unsigned seed);
unsigned wire_below(unsigned n);

/* So many seconds pass, for the server and for all clients.  clock_now_ns() is the real time and what passed so. */
void wire_wait(unsigned seconds);

/* Says it on stdout, if `wire_traces`. */
extern bool wire_traces;
void wire_trace(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
