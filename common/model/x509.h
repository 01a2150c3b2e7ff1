/*
 * x509.h - certificates that were kept whole, read by OpenSSL.
 *
 * A deployment shows few certificates, and they are asked about for each row,
 * name and node: those read last stay read. The bytes alone decide, so that
 * nothing can be told from what was asked before.
 */
#ifndef COMMON_MODEL_X509_H
#define COMMON_MODEL_X509_H

#include "common/model/observation.h"

#include <openssl/x509.h>

/* To be freed; NULL: there is none (der may be NULL), or it is unreadable. */
X509 *x509_read(const struct fact *der);

#endif
