/*
 * table: the tables of the code as parts of man pages.  A page names one on a line of its own: @client-commands@.
 */
#ifndef PACKAGING_MAN_TABLE_H
#define PACKAGING_MAN_TABLE_H

/* Each writes items of a .Bl -tag list, or what its comment says, to stdout. */
void table_client_commands(void); /* with their own options and examples */
void table_client_options(void);  /* those that every command has */
void table_client_keys(void);     /* of the config, as .Ss sections with a list each */
void table_server_commands(void); /* with their options */
void table_server_keys(void);     /* of syncd.conf */
void table_exit_codes(void);      /* of the client, with the statuses that lead there */
void table_statuses(void);        /* that the server answers when something is wrong */

#endif
