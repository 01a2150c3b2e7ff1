/*
 * stun_vectors.h - messages of standard STUN and TURN as hexadecimal text: the
 * samples of RFC 5769, and own ones made by a script that shares no line with
 * the codec; Wireshark reads them alike (tests/lab/codec_lab.py).
 */
#ifndef TESTS_COMMON_WIRE_STUN_VECTORS_H
#define TESTS_COMMON_WIRE_STUN_VECTORS_H

/* RFC 5769 2: the password is the key of the first three; padding is blank. */
#define RFC5769_PASSWORD "VOkJxbRl1RmTxUk/WvJxBt"

/* RFC 5769 2.1: a request with integrity and fingerprint */
#define RFC5769_REQUEST                                                        \
	"000100582112a442b7e7a701bc34d686fa87dfae80220010"                     \
	"5354554e207465737420636c69656e74002400046e0001ff"                     \
	"80290008932ff9b151263b36000600096576746a3a683676"                     \
	"59202020000800149aeaa70cbfd8cb56781ef2b5b2d3f249"                     \
	"c1b571a280280004e57a3bcf"

/* RFC 5769 2.2: its answer, over IPv4 */
#define RFC5769_ANSWER                                                         \
	"0101003c2112a442b7e7a701bc34d686fa87dfae8022000b"                     \
	"7465737420766563746f7220002000080001a147e112a643"                     \
	"000800142b91f599fd9e90c38c7489f92af9ba53f06be7d7"                     \
	"80280004c07d4c96"

/* RFC 5769 2.3: its answer, over IPv6 */
#define RFC5769_ANSWER_IPV6                                                    \
	"010100482112a442b7e7a701bc34d686fa87dfae8022000b"                     \
	"7465737420766563746f7220002000140002a1470113a9fa"                     \
	"a5d3f179bc25f4b5bed2b9d900080014a382954e4be67bf1"                     \
	"1784c97c8292c275bfe3ed4180280004c8fb0b4c"

/* RFC 5769 2.4: with a long-term credential; username and password as they
 * are after SASLprep */
#define RFC5769_LONG_TERM                                                      \
	"000100602112a44278ad3433c6ad72c029da412e00060012"                     \
	"e3839ee38388e383aae38383e382afe382b900000015001c"                     \
	"662f2f3439396b39353464364f4c33346f4c394653547679"                     \
	"363473410014000b6578616d706c652e6f72670000080014"                     \
	"f67024656dd64a3e02b8e0712e85c9a28ca89666"

#define RFC5769_LONG_TERM_REALM	   "example.org"
#define RFC5769_LONG_TERM_PASSWORD "TheMatrIX"

/* What the own vectors share. */
#define STUN_USERNAME "alice"
#define STUN_REALM    "turn.contoso.com"
#define STUN_PASSWORD "correct horse"
#define STUN_NONCE    "n-0123456789a"
#define STUN_KEY      "f1e467455c02bd0478ad571da5d55a4c"

/* an Allocate request with all that it may ask */
#define S1                                                                     \
	"0003006c2112a442919191919191919191919191001900041100000000170004"     \
	"01000000000d00040000025800060005616c6963650000000015000d6e2d3031"     \
	"323334353637383961000000001400107475726e2e636f6e746f736f2e636f6d"     \
	"000800147f6f6a114cae758aba9cf9c6c0dc7f0f3faf7ead8028000471aaba60"

/* its answer */
#define S2                                                                     \
	"0103005c2112a442919191919191919191919191802200096564676570726f62"     \
	"65000000001600080001e2d9e112a656002000140002f5230113a9fa91919190"     \
	"9191919191919181000d00040000025800080014231fa0eb666d737ae74fbd28"     \
	"cfdb9cff3087411280280004741ea36f"

/* CreatePermission */
#define S3                                                                     \
	"000800582112a442939393939393939393939393001200080001bd52e721c05c"     \
	"00060005616c6963650000000015000d6e2d3031323334353637383961000000"     \
	"001400107475726e2e636f6e746f736f2e636f6d00080014df689b14507c78b1"     \
	"409853407878e9e94dfccfdc"

/* ChannelBind, to an IPv6 peer */
#define S4                                                                     \
	"000900742112a442949494949494949494949494000c00044001000000120014"     \
	"0002bd520113a9fa94949494949494949494948a00060005616c696365000000"     \
	"0015000d6e2d3031323334353637383961000000001400107475726e2e636f6e"     \
	"746f736f2e636f6d00080014972a648470574de21c621826e9d3f27e7392d0e6"     \
	"80280004f998dfec"

/* Send indication */
#define S5                                                                     \
	"001600302112a442959595959595959595959595001200080001bd52e721c05c"     \
	"001300166564676570726f62652072656c617920746573742031000080280004"     \
	"04b0b396"

/* Data indication */
#define S6                                                                     \
	"0017002c2112a442969696969696969696969696001200080001bd52e721c05c"     \
	"001300196564676570726f62652072656c617920746573742031206f6b000000"

/* a Refresh that releases */
#define S7                                                                     \
	"000400542112a442979797979797979797979797000d00040000000000060005"     \
	"616c6963650000000015000d6e2d303132333435363738396100000000140010"     \
	"7475726e2e636f6e746f736f2e636f6d00080014e3b6fe1613bf52e193c2ad18"     \
	"94f226ccce93a99d"

/* another server is to be tried */
#define S8                                                                     \
	"011300242112a442989898989898989898989898000900110000030054727920"     \
	"416c7465726e6174650000008023000800010d96c0000215"

/* a Binding request */
#define S9 "000100082112a442999999999999999999999999802800040d3470d1"

/* the answer to a Binding request of RFC 3489, without any cookie */
#define S10                                                                    \
	"010100249a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a000100080001d431c000020a"     \
	"0004000800010d96c00002140005000800010d97c0000215"

#endif
