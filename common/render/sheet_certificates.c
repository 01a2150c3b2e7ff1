#include "common/render/sheet.h"

#include "common/plan/certificates_wanted.h"
#include "common/render/json_value.h"
#include "common/render/layout.h"

#include <string.h>

/* Calls write() for each certificate of the part that was asked for. */
static int write_each(FILE *out, const struct sheet_input *input,
		      void (*write)(FILE *out, const struct sheet_input *input,
				    const struct certificate_wanted *wanted))
{
	struct certificate_wanted wanted[CERTIFICATES_WANTED_MAX];
	size_t count =
		certificates_wanted(input->arena, input->topology, wanted);
	bool again = false;

	for (size_t i = 0; i < count; i++) {
		if (input->part && strcmp(input->part, wanted[i].part) != 0)
			continue;
		if (again)
			fputc('\n', out);
		again = true;
		write(out, input, &wanted[i]);
	}
	return 0;
}

static void write_text(FILE *out, const struct sheet_input *input,
		       const struct certificate_wanted *wanted)
{
	const struct layout layout = {out, input->arena, input->width,
				      input->colour};

	layout_word(&layout, PAINT_STRONG, wanted->part, 10);
	layout_wrap(&layout, 10, 10, wanted->purpose);
	fprintf(out, "  subject   %s\n", wanted->subject);
	for (size_t i = 0; i < wanted->name_count; i++)
		fprintf(out, "  %-9s %s\n", i ? "" : "SAN", wanted->names[i]);
	if (!wanted->name_count)
		fprintf(out, "  SAN       none\n");
	fprintf(out, "  key       RSA, 2048 bits or more; signed with SHA-256, "
		     "not with PSS\n"
		     "  for       server authentication\n");
}

int sheet_certificates_text(FILE *out, const struct sheet_input *input)
{
	return write_each(out, input, write_text);
}

/* config(5) of OpenSSL, for `openssl req -new -config`. */
static void write_openssl(FILE *out, const struct sheet_input *input,
			  const struct certificate_wanted *wanted)
{
	(void)input;
	fprintf(out,
		"# %s: openssl req -new -config FILE -newkey rsa:2048 "
		"-keyout KEY -out CSR\n"
		"[req]\n"
		"default_md = sha256\n"
		"prompt = no\n"
		"utf8 = yes\n"
		"distinguished_name = subject\n"
		"req_extensions = extensions\n\n"
		"[subject]\n"
		"CN = %s\n\n"
		"[extensions]\n"
		"keyUsage = critical, digitalSignature, keyEncipherment\n"
		"extendedKeyUsage = serverAuth\n",
		wanted->part, wanted->subject);
	if (!wanted->name_count)
		return;
	fprintf(out, "subjectAltName = @names\n\n[names]\n");
	for (size_t i = 0; i < wanted->name_count; i++)
		fprintf(out, "DNS.%zu = %s\n", i + 1, wanted->names[i]);
}

int sheet_certificates_openssl(FILE *out, const struct sheet_input *input)
{
	return write_each(out, input, write_openssl);
}

/* The subject is the first name and is not repeated. */
static void write_powershell(FILE *out, const struct sheet_input *input,
			     const struct certificate_wanted *wanted)
{
	(void)input;
	fprintf(out,
		"# %s\n"
		"Request-CsCertificate -New -Type %s -Output '%s.req' "
		"-KeySize 2048 -PrivateKeyExportable $true -ClientEku $false "
		"-FriendlyName 'Edge %s'",
		wanted->part, wanted->types, wanted->part, wanted->part);
	if (strcmp(wanted->part, "internal") != 0)
		fprintf(out, " -AllSipDomain");
	for (size_t i = 1; i < wanted->name_count; i++)
		fprintf(out, "%s%s", i == 1 ? " -DomainName '" : ",",
			wanted->names[i]);
	fprintf(out, "%s\n", wanted->name_count > 1 ? "'" : "");
}

int sheet_certificates_powershell(FILE *out, const struct sheet_input *input)
{
	return write_each(out, input, write_powershell);
}

static json_t *json_of(const struct certificate_wanted *wanted)
{
	json_t *object = value_have(json_object());
	json_t *names = value_have(json_array());

	for (size_t i = 0; i < wanted->name_count; i++)
		value_push(names, value_text(wanted->names[i],
					     strlen(wanted->names[i])));
	value_put_text(object, "part", wanted->part);
	value_put_text(object, "purpose", wanted->purpose);
	value_put_text(object, "subject", wanted->subject);
	value_put(object, "names", names);
	return object;
}

int sheet_certificates_json(FILE *out, const struct sheet_input *input)
{
	struct certificate_wanted wanted[CERTIFICATES_WANTED_MAX];
	size_t count =
		certificates_wanted(input->arena, input->topology, wanted);
	json_t *array = value_have(json_array());

	for (size_t i = 0; i < count; i++)
		if (!input->part || strcmp(input->part, wanted[i].part) == 0)
			value_push(array, json_of(&wanted[i]));
	sheet_document(out, input, "certificates", array);
	return 0;
}
