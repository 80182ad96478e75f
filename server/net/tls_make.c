/* Makes the self-signed pair of a first start (tls.h). */
#include "server/net/tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <libgen.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "common/buf.h"
#include "common/rand.h"

enum { DAYS = 3650, NAMES_MAX = 4096, HOST_MAX = 256 };

/* Appends "IP:..." of an interface's address; not of what only this link knows. */
static void add_address(struct buf *names, const struct sockaddr *sa)
{
	char text[INET6_ADDRSTRLEN];
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)(const void *)sa;
	const struct sockaddr_in *four = (const struct sockaddr_in *)(const void *)sa;

	if (sa && sa->sa_family == AF_INET)
		inet_ntop(AF_INET, &four->sin_addr, text, sizeof text);
	else if (sa && sa->sa_family == AF_INET6 && !IN6_IS_ADDR_LINKLOCAL(&six->sin6_addr))
		inet_ntop(AF_INET6, &six->sin6_addr, text, sizeof text);
	else
		return;
	if (buf_addf(names, ",IP:%s", text) != OK)
		return; /* so many addresses that the first ones must do */
}

/* Letters, digits, hyphens and dots: what may stand in a certificate without surprises. */
static bool is_host_name(const char *name)
{
	return *name && name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-")] == '\0';
}

/* "DNS:host,DNS:localhost,IP:127.0.0.1,..."; the caller frees it. */
static char *alternative_names(const char *host)
{
	autobuf struct buf names = buf_new(NAMES_MAX);
	struct ifaddrs *all = NULL;

	if (buf_addf(&names, "DNS:localhost%s%s", host ? ",DNS:" : "", host ? host : "") != OK)
		return xstrdup("DNS:localhost");
	if (getifaddrs(&all) == 0)
		for (const struct ifaddrs *i = all; i; i = i->ifa_next)
			add_address(&names, i->ifa_addr);
	freeifaddrs(all);
	return buf_take(&names);
}

static bool add_extension(X509 *cert, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *ext;
	bool ok;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	ok = ext && X509_add_ext(cert, ext, -1) == 1;
	X509_EXTENSION_free(ext);
	return ok;
}

static bool set_serial(X509 *cert)
{
	unsigned char bytes[16];
	BIGNUM *number;
	bool ok;

	rand_bytes(bytes, sizeof bytes);
	bytes[0] &= 0x7f; /* positive, RFC 5280 §4.1.2.2 */
	number = BN_bin2bn(bytes, sizeof bytes, NULL);
	ok = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert));
	BN_free(number);
	return ok;
}

/* NULL: OpenSSL refused; the caller frees it. */
static X509 *make_cert(EVP_PKEY *key)
{
	char host[HOST_MAX] = "";
	bool has_host = gethostname(host, sizeof host - 1) == 0 && is_host_name(host);
	autofree char *names = alternative_names(has_host ? host : NULL);
	const unsigned char *common = (const unsigned char *)(has_host && strlen(host) <= 64 ? host : "syncd");
	X509 *cert = X509_new();
	X509_NAME *name = cert ? X509_get_subject_name(cert) : NULL;

	if (cert && X509_set_version(cert, 2) && set_serial(cert) &&
	    X509_gmtime_adj(X509_getm_notBefore(cert), -3600) &&
	    X509_time_adj_ex(X509_getm_notAfter(cert), DAYS, 0, NULL) && X509_set_pubkey(cert, key) &&
	    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, common, -1, -1, 0) &&
	    X509_set_issuer_name(cert, name) && add_extension(cert, NID_basic_constraints, "critical,CA:FALSE") &&
	    add_extension(cert, NID_key_usage, "critical,digitalSignature") &&
	    add_extension(cert, NID_ext_key_usage, "serverAuth") &&
	    add_extension(cert, NID_subject_key_identifier, "hash") &&
	    add_extension(cert, NID_subject_alt_name, names) && X509_sign(cert, key, EVP_sha256()))
		return cert;
	X509_free(cert);
	return NULL;
}

/* The name must be on disk too, not only the bytes. */
static void sync_folder_of(const char *file)
{
	autofree char *copy = xstrdup(file);
	autoclose int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0)
		fsync(fd);
}

/* Writes what is in `text` to a file that did not exist. */
static enum err write_new(const char *file, mode_t mode, BIO *text, struct note *why)
{
	autoclose int fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	char *bytes;
	long len = BIO_get_mem_data(text, &bytes);

	if (fd < 0)
		return note_set(why, errno == EEXIST ? E_CONFLICT : err_from_errno(errno), "%.100s: %s", file,
				strerror(errno));
	for (ssize_t n; len > 0; bytes += n, len -= n)
		if ((n = write(fd, bytes, (size_t)len)) <= 0)
			return note_set(why, err_from_errno(errno), "%.100s: %s", file, strerror(errno));
	if (fsync(fd) < 0)
		return note_set(why, err_from_errno(errno), "%.100s: %s", file, strerror(errno));
	sync_folder_of(file);
	return OK;
}

static enum err write_pair(const char *cert_file, X509 *cert, const char *key_file, EVP_PKEY *key, struct note *why)
{
	BIO *cert_text = BIO_new(BIO_s_mem()), *key_text = BIO_new(BIO_s_secmem());
	enum err e = E_INTERNAL;

	if (cert_text && key_text && PEM_write_bio_X509(cert_text, cert) &&
	    PEM_write_bio_PKCS8PrivateKey(key_text, key, NULL, NULL, 0, NULL, NULL)) {
		e = write_new(key_file, 0600, key_text, why);
		if (e == OK && (e = write_new(cert_file, 0644, cert_text, why)) != OK)
			unlink(key_file); /* ours, from just now: half a pair would stand in the next start's way */
	}
	BIO_free(cert_text);
	BIO_free(key_text);
	return e;
}

enum err tls_make_self_signed(const char *cert_file, const char *key_file, struct note *why)
{
	EVP_PKEY *key;
	X509 *cert = NULL;
	enum err e;

	if (access(cert_file, F_OK) == 0 || access(key_file, F_OK) == 0)
		return note_set(why, E_CONFLICT, "%.80s or %.80s exists already", cert_file, key_file);
	key = EVP_EC_gen("P-256");
	if (key)
		cert = make_cert(key);
	e = cert ? write_pair(cert_file, cert, key_file, key, why) : note_set(why, E_INTERNAL, "no key could be made");
	X509_free(cert);
	EVP_PKEY_free(key);
	return e;
}
